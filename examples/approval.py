"""A person decides before a model goes live: a gate with a deadline, then a branch.

Start a server with `alula up`, then

    alula run examples/approval.py release --remote     # waits at the gate
    alula list                                          # in another terminal: the execution's name
    alula signal EXECUTION go-live --approve            # or --reject
"""

import alula as al


@al.task(cache="1")
def score(depth: int) -> float:
    """How good the candidate is, in [0, 1]."""
    return 1 - 1 / (1 + depth)


@al.task
def summarise(depth: int, accuracy: float) -> str:
    """What the person who decides gets to see."""
    return f"candidate of depth {depth}, accuracy {accuracy:.2f}"


@al.task
def publish(summary: str) -> str:
    return f"live: {summary}"


@al.task
def keep_in_staging(summary: str) -> str:
    return f"staging: {summary}"


@al.workflow
def release(depth: int = 9, bar: float = 0.8) -> str:
    """Publishes a candidate that a person approves and that clears the bar.

    Args:
        depth: of the candidate.
        bar: accuracy needed to go live.
    """
    accuracy = score(depth)
    # No process waits here, only a row; a rejection, or nobody answering in time, fails the execution.
    approved = al.approve(summarise(depth, accuracy), "go-live", timeout="12h")
    return al.when(accuracy >= bar).then(publish(approved)).otherwise(keep_in_staging(approved))


if __name__ == "__main__":
    print(release.run_local(signals={"go-live": True}, depth=9))
