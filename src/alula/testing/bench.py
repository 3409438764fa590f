"""The bench: runs workflows in this process, one after the other, on one clock and one cache."""

from __future__ import annotations

import asyncio
import atexit
import contextvars
import datetime as dt
import functools
import itertools
import shutil
import tempfile
import threading
import weakref
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from alula.client.value import by_interface
from alula.errors import InvalidInput
from alula.idl import admin
from alula.sdk.task import Task
from alula.testing.answer import Answers
from alula.testing.cache import Entries
from alula.testing.clock import START, Clock
from alula.testing.fault import Fault
from alula.testing.mock import Mocks, named
from alula.testing.plane import Plane
from alula.testing.program import Program, origin_of
from alula.testing.read import values_of
from alula.testing.result import Result
from alula.testing.scene import Faults, Scene, Unanswered
from alula.types.offload import Offload

T = TypeVar("T")
_numbers = itertools.count(1)


class Workbench:
    """Runs tasks, workflows and launch plans in memory: the engine and the types are the real ones, nothing is registered or started.

    Args:
        folder: for large values, files and checkpoints; a temporary one, gone with `close` or the process, if None.
        now: where the clock begins, aware.
        secrets: by `"group/key"`, for tasks that declare them.
    """

    def __init__(self, *, folder: Path | str | None = None, now: dt.datetime = START, secrets: Mapping[str, str] | None = None) -> None:
        if now.tzinfo is None:
            raise InvalidInput(f"Workbench(now={now}): expected an instant with a time zone; write tzinfo=datetime.UTC")
        self.clock = Clock(now)
        self.secrets = dict(secrets or {})
        self._entries = (Entries(), Entries())
        self._programs: dict[int, Program] = {}
        self._planes: list[Plane] = []
        self._is_own_folder = folder is None
        self.folder = str(folder) if folder is not None else f"{_root()}/{next(_numbers)}"
        self._count = 0
        self._finalizer = weakref.finalize(self, _close, self._planes)

    def run(
        self,
        entity: Any,
        /,
        *,
        answers: Answers | None = None,
        mocks: Mapping[Any, Any] | None = None,
        faults: Sequence[Fault] = (),
        secrets: Mapping[str, str] | None = None,
        unanswered: Unanswered = "wait",
        overwrite_cache: bool = False,
        max_parallelism: int = 0,
        **inputs: Any,
    ) -> Result:
        """Runs a task, workflow or launch plan until it ends, or waits for what nobody gives.

        Inputs that are called like one of these arguments are given by `with_inputs`.

        Args:
            answers: by gate name what somebody answers, a function of a `Gate` that says it, or `after(span, value)`.
            mocks: by task, launch plan or name what is given instead of running it: a value, or a function of its inputs.
            faults: what goes wrong: `fail`, `lose`, `hang`, `oom`, `crash_after_commit`.
            secrets: beside those of the bench.
            unanswered: what a gate with a timeout and without an answer does: "wait" ends the run as WAITING, "time-out" lets it pass.
            overwrite_cache: compute anew and replace what is cached.
            max_parallelism: nodes that run at once; 0: no limit.
            inputs: of the entity.
        Raises:
            InvalidInput: a program that does not hold together; an input, mock, answer or fault that does not fit; a fault that did not
                happen.
        """
        return self.with_inputs(
            entity,
            inputs,
            answers=answers,
            mocks=mocks,
            faults=faults,
            secrets=secrets,
            unanswered=unanswered,
            overwrite_cache=overwrite_cache,
            max_parallelism=max_parallelism,
        )

    def with_inputs(
        self,
        entity: Any,
        inputs: Mapping[str, Any],
        *,
        answers: Answers | None = None,
        mocks: Mapping[Any, Any] | None = None,
        faults: Sequence[Fault] = (),
        secrets: Mapping[str, str] | None = None,
        unanswered: Unanswered = "wait",
        overwrite_cache: bool = False,
        max_parallelism: int = 0,
    ) -> Result:
        """As `run`, its inputs in a dictionary."""
        if unanswered not in ("wait", "time-out"):
            raise InvalidInput(f'unanswered={unanswered!r}: expected "wait" or "time-out"')
        program = self._program(entity)
        scene = Scene(
            mocks=Mocks(program, mocks or {}),
            answers=answers if answers is not None else {},
            faults=Faults.of(program, faults),
            secrets={**self.secrets, **(secrets or {})},
            unanswered=unanswered,
        )
        self._count += 1
        name = f"run{self._count}"
        offload = Offload(f"{self.folder}/uploads/{name}")
        literals = by_interface(program.interface, inputs, offload, with_defaults=isinstance(program.root, Task))
        spec = admin.ExecutionSpec(overwrite_cache=overwrite_cache, max_parallelism=max_parallelism)
        plane = Plane(program=program, scene=scene, clock=self.clock, entries=self._entries, folder=self.folder)
        self._planes.append(plane)

        def play() -> None:
            plane.launch(name, program.plan_id, literals, spec)
            plane.play()

        return self._played(plane, play)

    def _program(self, entity: Any) -> Program:
        origin = origin_of(entity)
        found = self._programs.get(id(origin))
        if found is None or found.root is not origin:
            found = self._programs[id(origin)] = Program(origin)
        return found

    def _played(self, plane: Plane, play: Callable[[], None]) -> Result:
        try:
            _outside_of_loops(play)
        except BaseException:
            _outside_of_loops(plane.close)
            raise

        def go_on(answers: Answers) -> Result:
            plane.scene.answers = answers

            def more() -> None:
                plane.ask_again()
                plane.play()

            return self._played(plane, more)

        result = Result(plane, go_on)
        if plane.run.is_terminal:
            _outside_of_loops(plane.close)
            if missed := plane.scene.faults.missed:
                raise InvalidInput(
                    f"these faults did not happen: {', '.join(missed)}; the run made {plane.commits} commits\n\n{result.tree()}"
                )
        return result

    def calls(self, task: Any) -> list[dict[str, Any]]:
        """The inputs of every attempt of a task that was begun on this bench, in order; those of mocks are in it."""
        found = []
        for plane in self._planes:
            entity = named(plane.program, task, "calls")
            for work in plane.hands.calls:
                if work.effect.call.id.name == entity.name:
                    found.append(values_of(entity.interface, work.effect.inputs))
        return found

    @property
    def cached(self) -> int:
        """Entries in the output cache, without those of mocks."""
        return len(self._entries[0])

    def clear_cache(self) -> None:
        """Forgets what is cached."""
        for entries in self._entries:
            entries.clear()

    def close(self) -> None:
        """Ends what still waits and removes the temporary folder; safe twice."""
        self._finalizer()
        if self._is_own_folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Workbench:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def _close(planes: list[Plane]) -> None:
    for plane in planes:
        _outside_of_loops(plane.close)


@functools.cache
def _root() -> str:
    """The folder of all benches of this process: what a run gave may be read after its bench is gone, until the process ends."""
    folder = tempfile.mkdtemp(prefix="alula-bench-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _outside_of_loops(work: Callable[[], T]) -> T:
    """Does something that runs event loops of its own: in a thread, if one runs in this thread, as in an async test."""
    if not _is_in_a_loop():
        return work()
    found: list[T] = []
    errors: list[BaseException] = []
    context = contextvars.copy_context()

    def target() -> None:
        try:
            found.append(context.run(work))
        except BaseException as error:  # noqa: BLE001 - raised where it belongs
            errors.append(error)

    thread = threading.Thread(target=target, name="alula-bench")
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return found[0]


def _is_in_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def run(
    entity: Any,
    /,
    *,
    answers: Answers | None = None,
    mocks: Mapping[Any, Any] | None = None,
    faults: Sequence[Fault] = (),
    secrets: Mapping[str, str] | None = None,
    unanswered: Unanswered = "wait",
    max_parallelism: int = 0,
    **inputs: Any,
) -> Result:
    """Runs a task, workflow or launch plan on a bench of its own; arguments as for `Workbench.run`."""
    return Workbench().with_inputs(
        entity,
        inputs,
        answers=answers,
        mocks=mocks,
        faults=faults,
        secrets=secrets,
        unanswered=unanswered,
        max_parallelism=max_parallelism,
    )
