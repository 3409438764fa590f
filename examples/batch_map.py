"""A batch in which single items may fail: retries for the flaky, a quota for the hopeless.

alula run examples/batch_map.py batch
alula run examples/batch_map.py batch --lines '["1.5", "2"]'
"""

from typing import NamedTuple

import alula as al

LINES = ["3.5", "4", "flaky 2.5", "not a number", "10"]


class Summary(NamedTuple):
    total: float
    parsed: int
    lost: int


@al.task(retries=2)
def parse(line: str) -> float:
    """One line as a number.

    Any exception is tried again while `retries` are left; NonRecoverable says that trying again is of no use.
    """
    text = line.removeprefix("flaky ")
    if text != line and al.context().attempt == 0:
        raise ConnectionError("the source went away")  # goes well the second time
    try:
        return float(text)
    except ValueError as error:
        raise al.NonRecoverable(f"{line!r} is no number") from error


@al.task
def summarise(values: list[float | None]) -> Summary:
    """Adds up what there is; an item that failed is None."""
    parsed = [value for value in values if value is not None]
    return Summary(sum(parsed), len(parsed), len(values) - len(parsed))


@al.workflow
def batch(lines: list[str] = LINES) -> Summary:
    """Parses every line by itself, three at a time, and goes on if at least 60 % succeed.

    Args:
        lines: what to parse.
    """
    return summarise(al.map(parse, concurrency=3, min_success_ratio=0.6)(line=lines))


if __name__ == "__main__":
    print(batch(lines=["1.5", "2"]))  # a plain call does not retry
