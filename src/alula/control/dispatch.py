"""Carrying out what the engine wants done: attempts rendered and handed to the executor, child executions, their answers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Set
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import DecodeError
from sqlalchemy import Connection

from alula.catalog.lookup import Elsewhere, Unread
from alula.compiler.closure import compile_dynamic, references
from alula.control.abort import Aborter
from alula.control.call import Calls
from alula.control.clock import Clock
from alula.control.drive import RETRY_AFTER_S, Driver
from alula.control.environment import Environments
from alula.control.launch import Launcher, Mode, Origin
from alula.control.library import Library
from alula.control.limit import Limits
from alula.control.telemetry import Telemetry
from alula.database import execution as rows
from alula.database import run as run_rows
from alula.database.engine import Database
from alula.database.writer import Writer
from alula.engine import effect as fx
from alula.engine import event as ev
from alula.engine.graph import TaskCall
from alula.engine.state import Run
from alula.errors import AlreadyExists, AlulaError, CompileFailed, Exhausted, InvalidInput, NotFound, Unavailable
from alula.executors.base import Executor, Outcome, Work, WorkKey
from alula.executors.template import render
from alula.idl import admin, core, paths
from alula.idl.command import our_command
from alula.idl.identifier import EntityId, ExecutionId
from alula.idl.phase import ExecutionPhase
from alula.idl.v1 import metric_pb2, worker_pb2
from alula.objectstore import store

log = logging.getLogger(__name__)
MAP_COMMAND = "pyflyte-map-execute"
CACHE_READS_S = (0.0, 0.2, 1.0, 3.0)  # an object of the cache is asked for after each of these; the store itself retries too


@dataclass(frozen=True, slots=True)
class _Command:
    """What a task template's command comes down to; worked out once per template."""

    task: str
    bundle: str
    args: tuple[str, ...]
    distribution: str
    is_map: bool
    is_async: bool
    base: worker_pb2.Attempt  # what is the same for every attempt of the task


class Dispatch:
    """The driver's dispatcher and the executor's listener."""

    def __init__(
        self,
        *,
        driver: Driver,
        launcher: Launcher,
        aborter: Aborter,
        executor: Executor,
        writer: Writer,
        library: Library,
        database: Database,
        limits: Limits,
        telemetry: Telemetry,
        clock: Clock,
        root: str,
        images: frozenset[str],
        environments: Environments,
        endpoint: Callable[[], str],
    ) -> None:
        self._driver = driver
        self._launcher = launcher
        self._aborter = aborter
        self._executor = executor
        self._writer = writer
        self._library = library
        self._database = database
        self._limits = limits
        self._telemetry = telemetry
        self._clock = clock
        self._root = root
        self._images = images
        self._environments = environments
        self._endpoint = endpoint
        self._commands: dict[int, tuple[core.TaskTemplate, _Command]] = {}
        self._raw_root = f"{root}/raw"
        self._tasks: set[asyncio.Task[None]] = set()
        self._preparing: set[WorkKey] = set()  # foreign attempts whose files are being written
        self._launching: dict[tuple[int, str], asyncio.Task[None]] = {}
        self._calls = Calls(post=driver.post, executor=executor, library=library, database=database, clock=clock)
        self.on_called = self._calls.on_called
        self.answer_call = self._calls.answer

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._on_done)
        return task

    def _on_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("an effect failed", exc_info=task.exception())

    async def stop(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # Effects ----------------------------------------------------------------------------------------------------------

    def start_attempt(self, run: Run, effect: fx.StartAttempt) -> None:
        key = WorkKey(run.key, effect.node_id, effect.item, effect.attempt)
        try:
            work = self._render(run, key, effect)
        except AlulaError as e:
            self._fail(key, ev.Failure(code=e.code, message=e.message, kind=e.kind))
            return
        if work.attempt.task:
            self._executor.submit(work)
        elif key not in self._preparing:
            self._preparing.add(key)
            self._spawn(self._or_fail(key, self._submit_foreign(run, work, effect)))

    def stop_attempt(self, run: Run, effect: fx.StopAttempt) -> None:
        self._stop(WorkKey(run.key, effect.node_id, effect.item, effect.attempt))

    def _stop(self, key: WorkKey) -> None:
        self._preparing.discard(key)
        self._driver.cancel_timer(key.execution, key.node_id, key.item)
        self._executor.cancel(key)
        self._telemetry.end(key)

    def keep_only(self, attempts: Set[tuple[int, str, int, int]], executions: Set[int]) -> None:
        """Stops every attempt that is not among these and not of these executions: its stop was lost with a commit that failed."""
        for key in [*self._executor.held(), *self._preparing]:
            if key not in attempts and key.execution not in executions:
                self._stop(key)

    def launch_child(self, run: Run, effect: fx.LaunchChild) -> None:
        self._launching[run.key, effect.name] = self._spawn(self._launch_child(run, effect))

    def abort_child(self, run: Run, effect: fx.AbortChild) -> None:
        self._spawn(self._abort_child(run, effect))

    async def _abort_child(self, run: Run, effect: fx.AbortChild) -> None:
        launching = self._launching.get((run.key, effect.name))
        if launching is not None:  # an abort must not overtake its launch
            await asyncio.wait([launching])
        child = ExecutionId(run.id.project, run.id.domain, effect.name)
        await _persist(lambda: self._aborter.abort_quietly(child, effect.cause))

    # Rendering --------------------------------------------------------------------------------------------------------

    def _command(self, call: TaskCall) -> _Command:
        known = self._commands.get(id(call.template))  # shared by every node that calls the task
        if known is not None and known[0] is call.template:
            return known[1]
        if len(self._commands) > 4096:
            self._commands.clear()
        container = call.template.container
        args = [*container.command, *container.args]
        task, bundle = our_command(container) or ("", "")
        distribution = args[args.index("--additional-distribution") + 1] if "--additional-distribution" in args else ""
        command = _Command(
            task=task,
            bundle=bundle,
            args=tuple(args),
            distribution=distribution,
            is_map=MAP_COMMAND in args,
            is_async=call.template.config.get("async", "") == "true",
            base=worker_pb2.Attempt(
                task=task,
                bundle=bundle,
                env={e.key: e.value for e in container.env},
                secrets=[f"{s.group}/{s.key}" for s in call.template.security_context.secrets],
                secret_env={s.env_var: f"{s.group}/{s.key}" for s in call.template.security_context.secrets if s.env_var},
                task_name=call.id.name,
                task_version=call.id.version,
                inline_limit_bytes=self._limits.inline_bytes,
                max_metrics=self._limits.max_metrics,
                max_parameters=self._limits.max_parameters,
                max_deck_bytes=self._limits.max_deck_bytes,
            ),
        )
        self._commands[id(call.template)] = (call.template, command)
        return command

    def _render(self, run: Run, key: WorkKey, effect: fx.StartAttempt) -> Work:
        call, execution = effect.call, run.id
        command = self._command(call)
        if not command.args:
            raise InvalidInput(f"task {call.id.name} has no container command; the process executor cannot run it", code="NO_COMMAND")
        envs, raw_root = run.envs, run.raw_root or self._raw_root
        raw = paths.raw_output_prefix(raw_root, execution, key.node_id, key.attempt, key.item)
        attempt = worker_pb2.Attempt()
        attempt.CopyFrom(command.base)
        attempt.output_prefix = paths.output_prefix(self._root, execution, key.node_id, key.attempt, key.item)
        attempt.raw_output_prefix, attempt.checkpoint = raw, paths.checkpoint_prefix(raw)
        attempt.project, attempt.domain, attempt.execution = execution
        attempt.node, attempt.retry_attempt, attempt.item, attempt.is_item_sliced = key.node_id, key.attempt, key.item, key.item >= 0
        attempt.replay_to = effect.record.answered
        for called, after, clock_s in effect.record.calls:
            attempt.recorded.add(key=called, after=after, clock_s=clock_s)
        if key.attempt:
            previous = paths.raw_output_prefix(raw_root, execution, key.node_id, key.attempt - 1, key.item)
            attempt.prev_checkpoint = paths.checkpoint_prefix(previous)
        environment = self._environments.of(call.image)
        if environment is not None:
            for name, value in environment.variables.items():
                if name not in attempt.env:
                    attempt.env[name] = value
        if envs:
            attempt.env.update(envs)
        attempt.principal = run.principal
        if run.labels:
            attempt.labels.update(run.labels)
        if call.image and call.image not in self._images and not command.task and environment is None:
            attempt.notice = f'alula: image "{call.image}" is not mapped to an environment; this attempt runs in the default environment'
        if command.task:
            attempt.inputs = effect.inputs.SerializeToString()
        pool = (execution.project, execution.domain, call.image, command.bundle or command.distribution)
        return Work(
            key=key,
            attempt=attempt,
            pool=pool,
            demand=call.demand,
            is_timed=call.timeout_us > 0,
            is_async=command.is_async,
            environment=environment,
        )

    async def _submit_foreign(self, run: Run, work: Work, effect: fx.StartAttempt) -> None:
        """A command of Flyte's container contract: real files, rendered arguments, and the environment it expects."""
        key, call, attempt = work.key, effect.call, work.attempt
        command = self._command(call)
        node_data = paths.node_data(self._root, run.id, key.node_id)
        inputs, input_uri = effect.inputs, f"{node_data}/inputs.pb"
        if key.item >= 0:
            input_uri = f"{attempt.output_prefix}/inputs.pb"
            inputs = _one_element_lists(inputs, effect.sliced) if command.is_map else inputs
        values = {
            "input": input_uri,
            "inputprefix": input_uri.rsplit("/", 1)[0],
            "outputprefix": attempt.output_prefix,
            "rawoutputdataprefix": attempt.raw_output_prefix,
            "checkpointoutputprefix": attempt.checkpoint,
            "prevcheckpointprefix": attempt.prev_checkpoint or '""',
            "perretryuniquekey": f"{run.id.name}-{key.node_id}-{key.attempt}",
            "tasktemplatepath": f"{node_data}/task.pb",
            "namespace": f"{run.id.project}-{run.id.domain}",
        }
        try:
            attempt.args.extend(render(command.args, values, inputs))
            await store.aput_bytes(inputs.SerializeToString(), input_uri)
            is_raw = call.template.container.data_config.enabled
            if is_raw:  # its inputs and outputs are files beside the command, which the worker lays out (worker/raw.py)
                attempt.env.update({"ALULA_TASK_TEMPLATE": values["tasktemplatepath"], "ALULA_INPUTS": input_uri})
            if is_raw or any("tasktemplatepath" in a.lower() for a in command.args):
                await store.aput_bytes(call.template.SerializeToString(), values["tasktemplatepath"])
        except AlulaError as e:
            self._preparing.discard(key)
            self._fail(key, ev.Failure(code=e.code, message=e.message, kind=e.kind))
            return
        for name, value in self._flyte_environment(run, key, call).items():
            attempt.env.setdefault(name, value)
        if key in self._preparing:  # else it was stopped meanwhile
            self._preparing.discard(key)
            self._executor.submit(work)

    def _flyte_environment(self, run: Run, key: WorkKey, call: TaskCall) -> dict[str, str]:
        execution, task = run.id, call.id
        found = {
            "FLYTE_INTERNAL_EXECUTION_ID": execution.name,
            "FLYTE_INTERNAL_EXECUTION_PROJECT": execution.project,
            "FLYTE_INTERNAL_EXECUTION_DOMAIN": execution.domain,
            "FLYTE_INTERNAL_EXECUTION_WORKFLOW": run.graph.primary.template.id.name,
            "FLYTE_ATTEMPT_NUMBER": str(key.attempt),
            "FLYTE_INTERNAL_TASK_PROJECT": task.project,
            "FLYTE_INTERNAL_TASK_DOMAIN": task.domain,
            "FLYTE_INTERNAL_TASK_NAME": task.name,
            "FLYTE_INTERNAL_TASK_VERSION": task.version,
            "FLYTE_INTERNAL_IMAGE": call.image,
            "FLYTE_PLATFORM_URL": self._endpoint(),
            "FLYTE_PLATFORM_INSECURE": "true",
        }
        if key.item >= 0:
            found["BATCH_JOB_ARRAY_INDEX_VAR_NAME"] = "FLYTE_K8S_ARRAY_INDEX"
            found["FLYTE_K8S_ARRAY_INDEX"] = "0"  # its lists hold its own element alone
            found["ALULA_ARRAY_INDEX"] = str(key.item)
        return found

    # The output cache -------------------------------------------------------------------------------------------------

    def read_cached(self, run: Run, entry: Elsewhere) -> None:
        self._spawn(self._read_cached(run.key, entry))

    async def _read_cached(self, key: int, entry: Elsewhere) -> None:
        """Answers a look-up whose outputs are an object; a store that does not answer is asked a few times, then it is a miss."""
        effect, reason = entry.effect, ""
        for delay_s in CACHE_READS_S:
            await asyncio.sleep(delay_s)
            try:
                outputs = core.LiteralMap.FromString(await store.aget_bytes(entry.uri))
            except (Unavailable, Exhausted) as e:
                reason = f"an entry exists but the object store did not answer: {e.message}"
            except NotFound:
                reason = "an entry exists but its outputs are gone from the object store"
                break
            except Exception as e:  # noqa: BLE001 - whatever is wrong with the entry, the node that asked must not wait for ever
                reason = f"an entry exists but its outputs cannot be read: {e}"
                break
            else:
                self._driver.post(key, ev.CacheHit(self._clock(), effect.node_id, effect.item, outputs, entry.source))
                return
        self._driver.ask_again(key, effect, Unread(entry.uri, reason))

    # Reports ----------------------------------------------------------------------------------------------------------

    def on_initializing(self, work: Work, reason: str) -> None:
        k = work.key
        self._driver.post(k.execution, ev.AttemptInitializing(self._clock(), k.node_id, k.item, k.attempt, reason))

    def on_started(self, work: Work, log_uri: str, log_start: int) -> None:
        k = work.key
        self._driver.post(k.execution, ev.AttemptStarted(self._clock(), k.node_id, k.item, k.attempt, log_uri, log_start))

    def on_update(self, work: Work, update: metric_pb2.AttemptUpdate, *, is_stopped: bool) -> None:
        self._telemetry.take_in(work, update, is_stopped=is_stopped)
        if update.deck_uri and not is_stopped:
            k = work.key
            self._driver.post(k.execution, ev.DeckPublished(self._clock(), k.node_id, k.item, k.attempt, update.deck_uri))

    def on_ended(self, work: Work, outcome: Outcome) -> None:
        k, at = work.key, self._clock()
        self._telemetry.end(k, outcome.report.deck_uri)
        if work.is_timed:
            self._driver.cancel_timer(k.execution, k.node_id, k.item)
        if outcome.failure is not None:
            self._fail(k, outcome.failure, outcome.report)
        elif outcome.outputs is not None:
            try:
                outputs = core.LiteralMap.FromString(outcome.outputs)
            except DecodeError as e:
                self._fail(k, _unreadable(e), outcome.report)
                return
            self._driver.post(k.execution, ev.AttemptSucceeded(at, k.node_id, k.item, k.attempt, outputs, outcome.report))
        elif outcome.futures is not None:
            self._spawn(self._or_fail(k, self._expand(work, outcome), outcome.report))
        else:
            self._spawn(self._or_fail(k, self._read_outputs(work, outcome), outcome.report))

    def on_stopped(self, work: Work, log_uri: str, log_end: int) -> None:
        """Its record ended with the stop, before its worker did: where its log ends is written now."""
        k = work.key
        self._spawn(_persist(lambda: self._writer.write(lambda c: run_rows.set_log_end(c, k, log_uri, log_end))))

    def _fail(self, key: WorkKey, failure: ev.Failure, report: ev.AttemptReport = ev.NO_REPORT) -> None:
        self._driver.post(key.execution, ev.AttemptFailed(self._clock(), key.node_id, key.item, key.attempt, failure, report))

    async def _or_fail(self, key: WorkKey, work: Coroutine[Any, Any, None], report: ev.AttemptReport = ev.NO_REPORT) -> None:
        """Does what an attempt waits for; a defect there ends the attempt, which would otherwise wait for ever."""
        try:
            await work
        except Exception as e:
            log.exception("attempt %s: a defect of the server", key)
            self._preparing.discard(key)
            message = f"a defect of the server ({type(e).__name__}: {e}); its log has the trace"
            self._fail(key, ev.Failure(code="Internal", message=message, kind="SYSTEM"), report)

    async def _read_outputs(self, work: Work, outcome: Outcome) -> None:
        k = work.key
        try:
            outputs = core.LiteralMap.FromString(await store.aget_bytes(outcome.outputs_uri))
        except AlulaError as e:
            self._fail(k, ev.Failure(code=e.code, message=f"the outputs cannot be read: {e.message}", kind="SYSTEM"), outcome.report)
            return
        except DecodeError as e:
            self._fail(k, _unreadable(e), outcome.report)
            return
        event = ev.AttemptSucceeded(self._clock(), k.node_id, k.item, k.attempt, outputs, outcome.report, outcome.outputs_uri)
        self._driver.post(k.execution, event)

    async def _expand(self, work: Work, outcome: Outcome) -> None:
        """Compiles what a dynamic task wrote; a graph that does not hold together is the user's failure."""
        k = work.key
        try:
            closure = await self._database.aread(lambda c: self._compile_dynamic(c, work, outcome.futures or b""))
        except AlulaError as e:
            message = f"the graph that the dynamic task built: {e.message}" if isinstance(e, CompileFailed) else e.message
            self._fail(k, ev.Failure(code="DynamicWorkflowBuildFailed", message=message), outcome.report)
            return
        self._driver.post(k.execution, ev.AttemptExpanded(self._clock(), k.node_id, k.attempt, closure, outcome.report, k.item))

    def _compile_dynamic(self, connection: Connection, work: Work, futures: bytes) -> core.CompiledWorkflowClosure:
        try:
            spec = core.DynamicJobSpec.FromString(futures)
        except DecodeError as e:
            raise InvalidInput(f"the dynamic task's futures.pb is no DynamicJobSpec: {e}") from e
        a = work.attempt
        task_id = core.Identifier(resource_type=core.TASK, project=a.project, domain=a.domain, name=a.task_name, version=a.task_version)
        template = self._library.task(connection, EntityId.from_proto(task_id))
        plans = {i: self._library.plan_interface(connection, i) for i in _launch_plans(spec)}
        return compile_dynamic(spec, task_id, template.interface, plans)

    # Children ---------------------------------------------------------------------------------------------------------

    async def _launch_child(self, run: Run, effect: fx.LaunchChild) -> None:
        try:
            await _persist(lambda: self._launch(run, effect))
        finally:
            self._launching.pop((run.key, effect.name), None)

    async def _launch(self, run: Run, effect: fx.LaunchChild) -> None:
        node = core.NodeExecutionIdentifier(node_id=effect.node_id, execution_id=run.id.to_proto())
        source = ExecutionId(run.id.project, run.id.domain, effect.recover_from) if effect.recover_from else None
        try:
            row = await self._database.aread(lambda c: rows.by_key(c, run.key))
            spec = admin.ExecutionSpec.FromString(row.spec)
            for inherited in ("inputs", "launch_plan", "metadata", "tags", "notifications"):
                spec.ClearField(inherited)
            spec.launch_plan.CopyFrom(effect.launch_plan.to_proto())
            request = admin.ExecutionCreateRequest(project=run.id.project, domain=run.id.domain, name=effect.name, spec=spec)
            request.inputs.CopyFrom(effect.inputs)
            origin = Origin(
                mode=Mode.CHILD_WORKFLOW,
                principal=row.principal,
                parent=(run.key, effect.node_id, effect.item),
                parent_id=node,
                nesting=admin.ExecutionSpec.FromString(row.spec).metadata.nesting + 1,
                source=source,
                is_recovery=source is not None,
            )
            await self._launcher.launch(request, origin)
        except AlreadyExists:
            await self._catch_up(run, effect)
        except (Unavailable, Exhausted):
            raise
        except AlulaError as e:
            failure = ev.Failure(
                code=e.code, message=f"launch plan {effect.launch_plan.name} could not be launched: {e.message}", kind=e.kind
            )
            ended = ev.ChildEnded(self._clock(), effect.node_id, effect.item, effect.name, int(ExecutionPhase.FAILED), None, failure)
            self._driver.post(run.key, ended)

    async def _catch_up(self, run: Run, effect: fx.LaunchChild) -> None:
        """An execution of that name exists: our child, launched before a crash; if it has ended, its parent is told now."""
        child = ExecutionId(run.id.project, run.id.domain, effect.name)
        row = await self._database.aread(lambda c: rows.get(c, child))
        phase = ExecutionPhase(row.phase)
        if (row.parent_key, row.parent_node, row.parent_item) != (run.key, effect.node_id, effect.item):
            message = f'the name of the child execution, "{child}", is taken by another execution'
            failure = ev.Failure(code="EXECUTION_EXISTS", message=message)
            ended = ev.ChildEnded(self._clock(), effect.node_id, effect.item, effect.name, int(ExecutionPhase.FAILED), None, failure)
            self._driver.post(run.key, ended)
        elif phase.is_terminal:
            found = ev.Failure(code=row.error_code, message=row.error_message, kind=row.error_kind) if row.error_code else None
            outputs = core.LiteralMap.FromString(row.outputs or b"")
            ended = ev.ChildEnded(self._clock(), effect.node_id, effect.item, child.name, int(phase), outputs, found)
            self._driver.post(run.key, ended)


async def _persist(work: Callable[[], Awaitable[None]]) -> None:
    """Does what was asked for in a commit, however long the database or the store is away: nobody asks again."""
    while True:
        try:
            return await work()
        except (Unavailable, Exhausted) as e:
            log.warning("tried again in %g s: %s", RETRY_AFTER_S, e)
            await asyncio.sleep(RETRY_AFTER_S)


def _unreadable(error: DecodeError) -> ev.Failure:
    message = f"outputs.pb: expected a serialized LiteralMap, found something else ({error}); mend what the command writes there"
    return ev.Failure(code="OutputsUnreadable", message=message)


def _one_element_lists(inputs: core.LiteralMap, sliced: tuple[str, ...]) -> core.LiteralMap:
    """What `pyflyte-map-execute` slices for itself: lists, here of the one element that is this item's."""
    result = core.LiteralMap()
    for name, literal in inputs.literals.items():
        if name in sliced:
            result.literals[name].collection.literals.append(literal)
        else:
            result.literals[name].CopyFrom(literal)
    return result


def _launch_plans(spec: core.DynamicJobSpec) -> set[Any]:
    probe = admin.WorkflowSpec(template=core.WorkflowTemplate(nodes=spec.nodes), sub_workflows=spec.subworkflows)
    return references(probe)[1]
