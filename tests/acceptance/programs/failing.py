"""What goes wrong, and what is done about it."""

import os
import signal
import time
from datetime import timedelta
from pathlib import Path

from flytekit import WorkflowFailurePolicy, task, workflow
from flytekit.exceptions.user import FlyteRecoverableException
from flytekit.types.error.error import FlyteError

from programs.basics import add, double


def count(path: str) -> int:
    """How often this was called with a path."""
    with Path(path).open("a") as file:
        file.write("x")
    return Path(path).stat().st_size


@task
def fail(x: int) -> int:
    if x >= 0:
        raise ValueError(f"no luck with {x}")
    return x


@workflow
def plain_failure(x: int) -> int:
    return add(a=fail(x=x), b=1)


@task(retries=3)
def recoverable(path: str, succeeds_at: int) -> int:
    n = count(path)
    if n < succeeds_at:
        raise FlyteRecoverableException(f"attempt {n} did not work")
    return n


@workflow
def retried(path: str, succeeds_at: int) -> int:
    return recoverable(path=path, succeeds_at=succeeds_at)


@task(retries=3)
def not_recoverable(path: str) -> int:
    n = count(path)
    if n < 10:
        raise RuntimeError("never again")
    return n


@workflow
def not_retried(path: str) -> int:
    return not_recoverable(path=path)


@task(retries=1)
def crash(path: str) -> int:
    if count(path) == 1:
        os._exit(7)
    return 1


@workflow
def crashing(path: str) -> int:
    return crash(path=path)


@task(retries=1)
def killed(path: str) -> int:
    if count(path) == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return 1


@workflow
def losing_worker(path: str) -> int:
    return killed(path=path)


@task(timeout=timedelta(seconds=1), retries=1)
def too_slow(path: str) -> int:
    count(path)
    time.sleep(60)
    return 1


@workflow
def timing_out(path: str) -> int:
    return too_slow(path=path)


@task
def clean_up(path: str, x: int, err: FlyteError | None = None) -> None:
    with Path(path).open("w") as file:
        file.write(f"{x}|{err.failed_node_id if err else ''}|{err.message if err else ''}")


@workflow(on_failure=clean_up)
def with_failure_node(path: str, x: int) -> int:
    return fail(x=x)


@task
def slow_write(path: str) -> int:
    time.sleep(0.5)
    return count(path)


@workflow
def fail_immediately(path: str) -> int:
    a = fail(x=1)
    b = slow_write(path=path)
    return add(a=a, b=add(a=b, b=1))


@workflow(failure_policy=WorkflowFailurePolicy.FAIL_AFTER_EXECUTABLE_NODES_COMPLETE)
def fail_after(path: str) -> int:
    a = fail(x=1)
    b = slow_write(path=path)
    return add(a=a, b=add(a=b, b=1))


@task
def only_with(path: str, x: int) -> int:
    if not Path(path).exists():
        raise ValueError("the file is not there")
    return x + 1


@workflow
def recovered(path: str, counter: str) -> int:
    return only_with(path=path, x=slow_write(path=counter))


@task
def hang(path: str) -> int:
    Path(path).write_text(str(os.getpid()))
    time.sleep(300)
    return 1


@workflow
def hanging(path: str) -> int:
    return hang(path=path)


@task
def wrong_type() -> int:
    return "text"  # type: ignore[return-value]


@workflow
def returns_wrong_type() -> int:
    return double(x=wrong_type())
