"""What a running task says of itself, live and on record: `log_metric`, `log_metrics`, `log_param`, `progress`, `track`, `deck`."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, SupportsFloat, SupportsIndex, TypeVar

from alula.errors import DefinitionError, InvalidInput
from alula.sdk.context import Context, context
from alula.sdk.deck import Deck
from alula.sdk.graph import current_graph
from alula.sdk.journal import MAX_MESSAGE_CHARACTERS, Progress
from alula.sdk.where import user_place

T = TypeVar("T")


def log_metric(name: str, value: SupportsFloat, step: SupportsIndex | None = None) -> None:
    """Adds a point to a metric of the running attempt.

    Cheap: points are sent a few times a second and kept with the attempt, also if it fails or is killed later. NaN and infinities
    are values like others. Outside a run the point is kept in `al.context().metrics`.

    Args:
        name: up to 200 characters.
        value: anything `float()` takes, text excepted.
        step: a whole number; None: one after the metric's last, from 0.
    Raises:
        LimitExceeded: the attempt has logged as many points as the server takes.
        InvalidInput: no number, or no name.
    """
    _here().journal.metrics({name: value}, step)


def log_metrics(values: Mapping[str, SupportsFloat], step: SupportsIndex | None = None) -> None:
    """`log_metric` for several at one step."""
    if values:
        _here().journal.metrics(values, step)


def log_param(name: str, value: Any) -> None:
    """Records a parameter of the running attempt; given twice, the last value counts.

    Args:
        name: up to 200 characters.
        value: a number, text, bool or None.
    Raises:
        LimitExceeded: too many, or a value of more than 4 KiB.
        InvalidInput: another type.
    """
    _here().journal.parameter(name, value)


def progress(done: SupportsFloat, total: SupportsFloat | None = None, message: str = "") -> None:
    """Says how far the running attempt is; shown live, the last one is kept.

    Args:
        done: in any unit.
        total: in the same unit; None: not known.
        message: a few words.
    """
    try:
        text = str(message)[:MAX_MESSAGE_CHARACTERS].encode("utf-8", "replace").decode()  # it travels as UTF-8
        made = Progress(float(done), 0.0 if total is None else float(total), text)
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"progress({done!r}, {total!r}): expected numbers") from error
    _here().journal.advance(made)


def track(items: Iterable[T], total: int | None = None, message: str = "") -> Iterator[T]:
    """The items, saying `progress` as they are taken: `for batch in al.track(batches): …`.

    Args:
        items: any iterable.
        total: how many there are; None: what `len` says, if it says anything.
        message: a few words.
    """
    count = operator.length_hint(items, 0) if total is None else total
    done = 0
    progress(done, count, message)
    for item in items:
        yield item
        done += 1
        progress(done, count, message)


def deck(name: str = "main", *values: Any) -> Deck:
    """A section of the running attempt's deck, with what is given added to it: `al.deck("training", frame, figure)`.

    Using it is enough: the deck is written when the task ends, also when it fails. Outside a run it is written to a temporary
    folder, at `al.context().decks.uri`, when it is published and when the program ends.

    Args:
        name: of the section; a tab of the page.
        values: each shown as what it is, see `Deck.show`; none: the section's methods say how.
    Raises:
        InvalidInput: a value that has no one evident form.
    """
    section = _here().decks.section(name)
    for value in values:
        section.show(value)
    return section


def _here() -> Context:
    if current_graph() is not None:
        raise DefinitionError("metrics, progress and decks belong in a task; a workflow's function only wires tasks", where=user_place())
    return context()
