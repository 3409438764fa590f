"""When a workflow fails, somebody hears of it, and what does not depend on the failure still finishes.

    alula run examples/notify_on_failure.py nightly                 # succeeds
    alula run examples/notify_on_failure.py nightly --rows -1       # fails; `tell` runs, exit code 1

The webhook is a secret: the file HOME/secrets/alerts/webhook of the server, or the variable _FSEC_ALERTS_WEBHOOK.
"""

import alula as al
from alula.errors import NotFound


@al.task(secrets=[al.Secret("alerts/webhook")], retries=3, timeout="30s")
def tell(day: str) -> None:
    """Posts to the team's channel; takes those of the workflow's inputs that it names."""
    try:
        webhook = al.secret("alerts/webhook")
    except NotFound:
        print(f"no webhook is set; the nightly run of {day} failed")
        return
    print(f"posting to a webhook of {len(webhook)} characters: the nightly run of {day} failed")


@al.task(timeout="10m")
def load(day: str, rows: int) -> list[int]:
    """The rows of one day."""
    if rows < 0:
        raise al.NonRecoverable(f"{day}: the source says {rows} rows")
    return list(range(rows))


@al.task(timeout="1m")
def report(values: list[int]) -> str:
    return f"{len(values)} rows, sum {sum(values)}"


@al.task(timeout="1m")
def clean_up(day: str) -> str:
    """Does not need the data, so it finishes even if loading fails."""
    return f"scratch space of {day} is empty"


@al.workflow(on_failure=tell, failure_policy="finish-independent")
def nightly(day: str = "2026-01-31", rows: int = 5) -> tuple[str, str]:
    """Loads, reports and cleans up.

    Args:
        day: which one.
        rows: how many the source has; a negative number makes it fail.
    """
    return report(load(day, rows)), clean_up(day)


if __name__ == "__main__":
    print(nightly())
