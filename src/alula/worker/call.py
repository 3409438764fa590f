"""One attempt of one task: literals in, the user's function, literals out. Cheap enough to be called ten thousand times a second."""

from __future__ import annotations

import copy
import os
import time
from collections.abc import Callable, Coroutine, Generator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from alula.errors import AlulaError, Internal, InvalidInput, Unavailable
from alula.idl import core, paths
from alula.idl.v1 import worker_pb2
from alula.sdk import context as task_context
from alula.sdk.dynamic import Dynamic
from alula.sdk.environment import images_here
from alula.sdk.interface import MISSING
from alula.sdk.serialize import Settings, job
from alula.sdk.task import Task
from alula.types.base import Converter
from alula.types.offload import Offload
from alula.worker import environment, outbox
from alula.worker.failure import error_document
from alula.worker.link import Link
from alula.worker.load import ensure_bundle, load_task


@dataclass(frozen=True, slots=True)
class Plan:
    """What calling a task takes, worked out once per process."""

    function: Callable[..., Any]
    is_async: bool
    dynamic: Dynamic[..., Any] | None
    inputs: tuple[tuple[str, Converter, Any], ...]
    outputs: tuple[tuple[str, Converter], ...]
    interface: Any
    label: str
    has_deck: bool  # also if the task writes nothing to it
    source: Callable[..., Any]  # the task's own function, which is no other task's


_plans: dict[int, Plan] = {}
Stages = Generator[tuple[Coroutine[Any, Any, Any], Offload], Any, worker_pb2.Report]


def plan_of(task: Task[Any, Any]) -> Plan:
    """The task's plan."""
    found = _plans.get(id(task))
    if found is None or found.source is not task.function:  # the number may be that of a task which is gone
        interface = task.interface
        found = _plans[id(task)] = Plan(
            task.implementation,
            task.is_async,
            task if isinstance(task, Dynamic) else None,
            tuple((name, port.converter, port.default) for name, port in interface.inputs.items()),
            tuple((name, port.converter) for name, port in interface.outputs.items()),
            interface,
            f"task {task.label}",
            task.options.deck,
            task.function,
        )
    return found


def run(attempt: worker_pb2.Attempt, link: Link | None = None) -> worker_pb2.Report:
    """Runs one attempt of one of our own tasks.

    Never raises: whatever goes wrong, in the user's code or in ours, becomes `report.error`.

    Args:
        attempt: `task` names it, `inputs` are its literals, `bundle_path` (or `bundle`) its code.
        link: to the server, for what an async task calls.
    Returns:
        A report with exactly one of outputs, outputs_uri, error, and the times of each stage in microseconds.
    """
    steps = stages(attempt)
    try:
        coroutine, offload = next(steps)
    except StopIteration as ended:
        return ended.value
    from alula.worker.driver import drive

    try:
        result = drive(attempt, link, offload, coroutine)
    except BaseException as error:  # noqa: BLE001 - the attempt is the boundary, and says so itself
        return conclude(steps.throw, error)
    return conclude(steps.send, result)


def conclude(go_on: Callable[[Any], Any], value: Any) -> worker_pb2.Report:
    """The report of an attempt whose coroutine has ended, by its `send` or `throw`."""
    try:
        go_on(value)
    except StopIteration as ended:
        return ended.value
    raise Internal("an attempt has one coroutine, this one asked for a second")


def stages(
    attempt: worker_pb2.Attempt, task: Task[Any, Any] | None = None, on_error: Callable[[BaseException], None] | None = None
) -> Stages:
    """One attempt, up to where the coroutine of an async task is to be driven by whoever runs it, and from there on.

    Args:
        task: the task, if it need not be loaded.
        on_error: hears of what ended it; may raise what is no matter of the attempt.
    Yields:
        The coroutine of an async task, once; wants its result, or its exception thrown in.
    Returns:
        The report.
    """
    clock = [time.perf_counter_ns()]
    report = worker_pb2.Report(handle=attempt.handle, started_at_us=time.time_ns() // 1000)
    env = dict(attempt.env)
    before = {key: os.environ.get(key) for key in (*env, *attempt.secret_env)}
    offload = Offload(attempt.raw_output_prefix)
    try:
        os.environ.update(env)
        os.environ.update(environment.secrets_of(attempt))
        yield from _run(attempt, report, offload, clock, task)
    except BaseException as error:  # noqa: BLE001 - the attempt is the boundary: SystemExit of user code ends the attempt, not the worker
        if on_error is not None:
            on_error(error)
        report.ClearField("outputs")
        report.ClearField("futures")
        report.has_outputs = False
        report.error = error_document(error, worker=f"pid {os.getpid()}").SerializeToString()
    finally:
        offload.close()
        for key, value in before.items():
            if value is None:
                os.environ.pop(key, None)
            else:
                os.environ[key] = value
        _charge(report, clock)
    return report


def _charge(report: worker_pb2.Report, clock: list[int]) -> None:
    """Writes the time between the marks to the stages; a stage that failed is charged up to now, the rest stay 0."""
    clock.append(time.perf_counter_ns())
    times = report.times
    for name, begin, end in zip(("import_us", "read_us", "run_us", "write_us"), clock, clock[1:], strict=False):
        setattr(times, name, (end - begin) // 1000)


def _run(
    attempt: worker_pb2.Attempt, report: worker_pb2.Report, offload: Offload, clock: list[int], task: Task[Any, Any] | None
) -> Generator[tuple[Coroutine[Any, Any, Any], Offload], Any, None]:
    bundle_path = attempt.bundle_path
    if attempt.bundle and not bundle_path:
        bundle_path = attempt.bundle_path = str(ensure_bundle(attempt.bundle))
    plan = plan_of(task if task is not None else load_task(attempt.task, bundle_path))
    clock.append(time.perf_counter_ns())

    outbox.begin(attempt.handle)
    entered = task_context.enter(partial(_context, attempt))
    folder = _folder()
    environment.watch()
    try:
        values = read_inputs(plan, attempt, offload)
        clock.append(time.perf_counter_ns())
        built = plan.dynamic.build(values) if plan.dynamic is not None else None
        result = plan.function(**values) if built is None else plan.interface.pack(list(built.graph.outputs.values()))
        if plan.is_async:
            result = yield result, offload
        clock.append(time.perf_counter_ns())
        if built is not None and built.graph.nodes:
            settings = Settings(attempt.project, attempt.domain, attempt.task_version, attempt.bundle, images=images_here())
            report.futures = job(built, settings).SerializeToString()
            return
        packed = _returned(plan, result, offload).SerializeToString()
    finally:
        outbox.finish(entered, report, has_deck=plan.has_deck)
        task_context.leave(entered)
        environment.restore()
        with suppress(OSError):  # the next attempt in this process shall not start where this one went
            os.chdir(folder)
    if len(packed) <= attempt.inline_limit_bytes or not packed:
        report.outputs, report.has_outputs = packed, True
    else:
        from alula.objectstore import store

        uri = f"{attempt.output_prefix.rstrip('/')}/outputs.pb"
        try:
            store.put_bytes(packed, uri, is_durable=True)
        except (AlulaError, OSError) as error:
            raise Unavailable(f"the outputs cannot be written to {uri}: {error}") from error
        report.outputs_uri = uri


def _folder() -> str:
    try:
        return os.getcwd()  # noqa: PTH109 - with every attempt, and a Path costs five times as much
    except FileNotFoundError:  # somebody removed it
        return "/"


def _context(attempt: worker_pb2.Attempt) -> task_context.Context:
    return task_context.Context(
        project=attempt.project,
        domain=attempt.domain,
        execution=attempt.execution,
        node=attempt.node,
        attempt=attempt.retry_attempt,
        item=attempt.item,
        task=attempt.task_name,
        version=attempt.task_version,
        principal=attempt.principal,
        labels=dict(attempt.labels) if attempt.labels else {},
        output_prefix=attempt.output_prefix,
        raw_output_prefix=attempt.raw_output_prefix,
        checkpoint_prefix=attempt.checkpoint,
        earlier_checkpoints=partial(_earlier_checkpoints, attempt),
        limits=outbox.limits_of(attempt),
        wake=outbox.waker(),
    )


def _earlier_checkpoints(attempt: worker_pb2.Attempt) -> list[str]:
    """The folders of all attempts before: one that died before it saved anything hides none of them."""
    known = paths.earlier_checkpoints(attempt.raw_output_prefix, attempt.execution, attempt.node, attempt.retry_attempt, attempt.item)
    return known or [uri for uri in [attempt.prev_checkpoint] if uri]


def read_inputs(plan: Plan, attempt: worker_pb2.Attempt, offload: Offload) -> dict[str, Any]:
    """Arguments of the function; an input that is absent gets its default, or None if it is Optional.

    Raises:
        InvalidInput: names the input and what was expected.
    """
    literals = core.LiteralMap.FromString(attempt.inputs).literals
    is_whole = attempt.item >= 0 and not attempt.is_item_sliced
    values: dict[str, Any] = {}
    for name, converter, default in plan.inputs:
        if name not in literals:
            if default is not MISSING:
                # Of its own for each attempt: a list that one changes must not be what the next one begins with.
                values[name] = copy.deepcopy(default) if type(default) in (list, dict, set) else default
            elif converter.accepts(None):
                values[name] = None
            else:
                raise InvalidInput(f"{plan.label}, input {name!r}: no value was given", code="MISSING_INPUT")
            continue
        literal = literals[name]
        if is_whole and literal.WhichOneof("value") == "collection" and not converter.literal_type.HasField("collection_type"):
            literal = literal.collection.literals[attempt.item]
        try:
            values[name] = converter.to_python(literal, offload)
        except InvalidInput as error:
            raise InvalidInput(f"{plan.label}, input {name!r}: {error.message}", code=error.code) from error
    return values


def _returned(plan: Plan, result: Any, offload: Offload) -> core.LiteralMap:
    """The outputs of the task's own function, which may have come to its end without a `return`."""
    try:
        return write_outputs(plan, result, offload)
    except InvalidInput as error:
        if result is not None:
            raise
        message = f"{error.message}; did you forget `return`? ({plan.interface.where})"
        raise InvalidInput(message, code=error.code) from error


def write_outputs(plan: Plan, result: Any, offload: Offload) -> core.LiteralMap:
    """The result as literals; uploads what is too large for one.

    Raises:
        InvalidInput: names the output and what was expected.
    """
    outputs = plan.outputs
    values = plan.interface.unpack(result, plan.label)
    made: dict[str, core.Literal] = {}
    for (name, converter), value in zip(outputs, values, strict=True):
        try:
            made[name] = converter.to_literal(value, offload)
        except AlulaError as error:
            if not isinstance(error, InvalidInput):
                raise
            raise InvalidInput(f"{plan.label}, output {name!r}: {error.message}", code=error.code) from error
    return core.LiteralMap(literals=made)
