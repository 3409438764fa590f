"""A program whose tasks say all there is to say of themselves."""

from __future__ import annotations

import math
import os
import threading
import time
from pathlib import Path

import alula as al


def wait_for(path: str) -> None:
    """Until somebody makes the file."""
    while not Path(path).exists():
        time.sleep(0.01)


@al.task
def train(epochs: int = 5) -> float:
    al.log_param("rate", 0.1)
    al.log_param("optimiser", "adam")
    for epoch in al.track(range(epochs), message="training"):
        al.log_metrics({"loss": 1 / (epoch + 1), "accuracy": epoch / epochs}, step=epoch * 10)
    al.log_metric("odd", math.nan)
    al.log_metric("odd", math.inf)
    al.deck().markdown("# Done\n\nall well")
    al.deck("table").table([{"a": 1, "b": "<x>"}])
    return 1.0


@al.workflow
def training(epochs: int = 5) -> float:
    return train(epochs)


@al.task(cache="1")
def cached(x: int) -> int:
    al.log_metric("score", x)
    al.log_metric("score", x + 1)
    return x


@al.workflow
def memo(x: int) -> int:
    return cached(x)


@al.task
def flood(points: int) -> float:
    """Logs in a tight loop; seconds that it took."""
    begin = time.perf_counter()
    for number in range(points):
        al.log_metric("loss", number * 0.5)
    return time.perf_counter() - begin


@al.workflow
def flooding(points: int) -> float:
    return flood(points)


@al.task(retries=1)
def stumble() -> int:
    attempt = al.context().attempt
    al.log_metric("tried", attempt)
    al.deck().markdown(f"attempt {attempt}")
    raise ValueError("on purpose")


@al.workflow
def stumbling() -> int:
    return stumble()


@al.task
def linger(started: str, go_on: str) -> int:
    al.progress(3, 7, "half way")
    al.log_metric("before", 1)
    al.deck().markdown("so far").publish()
    Path(started).write_text(str(os.getpid()))
    wait_for(go_on)
    return 1


@al.workflow
def lingering(started: str, go_on: str) -> int:
    return linger(started, go_on)


def wait_to_be_killed(folder: str) -> None:
    Path(folder, f"pid-{al.context().attempt}").write_text(str(os.getpid()))
    time.sleep(600)


@al.task
def resume(folder: str, epochs: int) -> list[int]:
    """A training loop; its first attempt is killed after epoch 2, the second before it saves anything. The epochs this attempt ran."""
    attempt, checkpoint, ran = al.context().attempt, al.context().checkpoint, []
    state = checkpoint.restore()
    begin = int((state / "epoch").read_text()) if state is not None else 0
    if attempt == 1:
        wait_to_be_killed(folder)
    for epoch in range(begin, epochs):
        ran.append(epoch)
        saved = Path(folder, f"state-{attempt}")
        (saved / "weights").mkdir(exist_ok=True, parents=True)
        (saved / "epoch").write_text(str(epoch + 1))
        (saved / "weights" / "layer").write_bytes(bytes(epoch))
        checkpoint.save(saved)
        if attempt == 0 and epoch == 2:
            wait_to_be_killed(folder)
    return ran


@al.workflow
def resuming(folder: str, epochs: int = 6) -> list[int]:
    return resume(folder, epochs)


@al.workflow
def memos(xs: list[int]) -> list[int]:
    return al.map(cached)(x=xs)


@al.task
def each(x: int) -> int:
    al.log_metric("x", x)
    al.progress(x, 10)
    al.deck().markdown(f"x is {x}")
    return x


@al.workflow
def mapped(xs: list[int]) -> list[int]:
    return al.map(each)(x=xs)


@al.task
def threaded() -> list[str]:
    """A thread of the task's own says something; so does a thread that it leaves behind, for the next attempt to find."""
    thread = threading.Thread(target=lambda: al.log_metric("in a thread", 1))
    thread.start()
    thread.join()
    return [f"{name}={points}" for name, points in al.context().metrics.items()]


@al.workflow
def in_threads() -> list[str]:
    return threaded()


@al.task(deck=True)
def silent(x: int) -> int:
    return x


@al.workflow
def quiet(x: int) -> int:
    return silent(x)


@al.task
def describe() -> list[str]:
    c = al.context()
    c.logger.warning("look here", extra={"loss": 0.25, "who": "a b"})
    return [c.project, c.domain, c.execution, c.node, c.task, c.version, c.principal, str(dict(c.labels)), str(c.attempt), str(c.item)]


@al.workflow
def described() -> list[str]:
    return describe()


@al.task
def crash() -> int:
    """Says something, and dies in the very moment in which it was sent."""
    from alula.worker import outbox

    al.log_metric("sent", 1)
    outbox._open[0].flush()
    os._exit(3)


@al.workflow
def crashing() -> int:
    return crash()


@al.task
def gate(x: int, mark: str) -> int:
    if not Path(mark).exists():
        raise al.NonRecoverable("no mark yet")
    al.log_metric("passed", 1)
    return x


@al.workflow
def half_done(mark: str) -> int:
    return gate(each(7), mark)


@al.task
def first_of(xs: list[int]) -> int:
    return xs[0]


@al.workflow
def memos_and_gate(xs: list[int], mark: str) -> int:
    return gate(first_of(al.map(cached)(x=xs)), mark)


@al.task(resources=al.Resources(cpu=0.1))
def held(path: str, x: int) -> int:
    wait_for(f"{path}/{x}")
    return x


@al.workflow
def held_items(path: str, xs: list[int]) -> list[int]:
    """A map of which each item ends when its file is there."""
    return al.map(held)(path=path, x=xs)


@al.task
def wave(points: int, path: str = "") -> None:
    """A wave with steps that count, every 1,777th value of which is no number; then waits for a file, if there is one to wait for."""
    for number in range(points):
        al.log_metric("wave", math.nan if number % 1777 == 1776 else math.sin(number / 50) * number, step=number)
    if path:
        wait_for(path)


@al.workflow
def waves(points: int) -> None:
    wave(points)


@al.workflow
def waiting_waves(points: int, path: str) -> None:
    wave(points, path)


@al.task
def tell_extremes() -> int:
    """Numbers that a plot can hardly tell apart, or that lie further apart than numbers reach."""
    for step in range(5):
        al.log_metric("far", 1.7e308 if step % 2 else -1.7e308, step=step)
        al.log_metric("near", 1e16 + 2 * step, step=2**53 + step)
    return 5


@al.workflow
def extremes() -> int:
    return tell_extremes()
