"""A task of a past execution again, here: its code of then (or of now) with the inputs it had."""

from __future__ import annotations

import asyncio
import inspect
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alula.client import rpc
from alula.client.attempt import computed_elsewhere
from alula.client.code import fetch
from alula.client.transfer import LinkOffload
from alula.client.wire import Wire
from alula.errors import InvalidInput, NotFound, Unsupported
from alula.idl import admin, core
from alula.idl.command import our_command
from alula.idl.identifier import ExecutionId
from alula.idl.phase import AttemptPhase
from alula.idl.v1 import worker_pb2
from alula.provision import spec
from alula.sdk import context as task_context
from alula.sdk.caller import locally
from alula.sdk.dynamic import Dynamic
from alula.sdk.task import Task
from alula.worker.call import plan_of, read_inputs
from alula.worker.load import load_task


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """A task with the inputs of one attempt.

    Attributes:
        values: inputs by name, as the function takes them.
        version: of the code that is run; empty: what lies in the working directory.
        env: environment variables of its spec.
        has_failed: how the attempt ended; of a map, the item's last one.
    """

    task: Task[Any, Any]
    values: dict[str, Any]
    version: str
    env: dict[str, str]
    context: task_context.Context
    offload: LinkOffload
    has_failed: bool

    @property
    def function(self) -> Callable[..., Any]:
        """The user's function, without the task around it."""
        return inspect.unwrap(self.task.function)

    def run(self) -> Any:
        """Calls it; what it raises comes through as it is. Calls of an async task are plain Python here."""
        with self._surroundings():
            if self.task.is_async:
                return asyncio.run(locally(self.task.function, (), self.values))
            if isinstance(self.task, Dynamic):
                return self.task.run_here(self.values)
            return self.task.implementation(**self.values)

    @contextmanager
    def _surroundings(self) -> Iterator[None]:
        before = {name: os.environ.get(name) for name in self.env}
        token = task_context.enter(lambda: self.context)
        os.environ.update(self.env)
        try:
            yield
        finally:
            task_context.leave(token)
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value


async def replay(wire: Wire, execution: ExecutionId, node: str, *, item: int = -1, folder: Path, is_source: bool = False) -> Replay:
    """Fetches code and inputs of a node's task.

    Args:
        node: id of a task node.
        item: index in an array node; -1: an ordinary task.
        folder: where the code and large inputs are put.
        is_source: take the code of the working directory instead of the registered one.
    Raises:
        NotFound: no such node, or it has not started a task.
        InvalidInput: an array node without an item, or an item it does not have.
        Unsupported: the task is not one of ours.
    """
    identifier = core.NodeExecutionIdentifier(node_id=node, execution_id=execution.to_proto())
    attempts = (
        await wire.call(rpc.LIST_ATTEMPTS, admin.TaskExecutionListRequest(node_execution_id=identifier, limit=1000))
    ).task_executions
    found = [attempt for attempt in attempts if attempt.id.task_id.name]
    if not found:
        if where := await computed_elsewhere(wire, execution, node, "can be run again", "debug"):
            raise NotFound(f"execution {execution}: {where}")
        raise NotFound(f"execution {execution}: node {node} has not run a task; `alula get execution {execution.name}` shows its nodes")
    shown = max(found, key=lambda attempt: attempt.id.retry_attempt)
    last = shown.id
    template = (await wire.call(rpc.GET_TASK, admin.ObjectGetRequest(id=last.task_id))).closure.compiled_task.template
    command = our_command(template.container)
    if command is None:
        raise Unsupported(f"task {template.id.name} was not written with Alula; only Alula's tasks can be run here")
    data = await wire.call(rpc.GET_NODE_DATA, admin.NodeExecutionGetDataRequest(id=identifier))
    offload = LinkOffload(wire)
    code = "" if is_source else await wire.blocking(lambda: _code(offload, command.bundle, folder))
    task = load_task(command.task, code)
    attempt = worker_pb2.Attempt(inputs=data.full_inputs.SerializeToString(), item=item)
    _check_item(task, data.full_inputs, item, node, any(attempt.closure.metadata.external_resources for attempt in found))
    values = await wire.blocking(lambda: read_inputs(plan_of(task), attempt, offload))
    return Replay(
        task=task,
        values=values,
        version="" if is_source else template.id.version,
        env={**await _variables(wire, template), **{e.key: e.value for e in template.container.env}},
        context=task_context.Context(
            project=execution.project,
            domain=execution.domain,
            execution=execution.name,
            node=node,
            attempt=last.retry_attempt,
            item=item,
            task=template.id.name,
            version=template.id.version,
            output_prefix=str(folder),
            raw_output_prefix=str(folder / "raw"),
            checkpoint_prefix=str(folder / "checkpoint"),
        ),
        offload=offload,
        has_failed=_phase(shown, item) in (AttemptPhase.FAILED, AttemptPhase.RETRYABLE_FAILED),
    )


def _phase(attempt: admin.TaskExecution, item: int) -> int:
    """Of the attempt, or of an item's last one."""
    tries = [each for each in attempt.closure.metadata.external_resources if each.index == item] if item >= 0 else []
    return max(tries, key=lambda each: each.retry_attempt).phase if tries else attempt.closure.phase


async def _variables(wire: Wire, template: core.TaskTemplate) -> dict[str, str]:
    """What the task's environment gives it; its packages stay where they are."""
    if not spec.is_environment(template.container.image):
        return {}
    found = await wire.call(rpc.GET_PROVENANCE, admin.ObjectGetRequest(id=template.id))
    return {name: text for each in found.environments for name, text in each.variables.items()}


def _code(offload: LinkOffload, uri: str, folder: Path) -> str:
    """Folder of the code; empty if it is installed."""
    return str(fetch(offload, uri, folder / "code")) if uri else ""


def _check_item(task: Task[Any, Any], inputs: core.LiteralMap, item: int, node: str, is_array: bool) -> None:
    if not is_array:
        if item >= 0:
            raise InvalidInput(f"node {node} is no map; leave the item out")
        return
    sliced = [
        len(inputs.literals[name].collection.literals)
        for name, port in task.interface.inputs.items()
        if inputs.literals[name].WhichOneof("value") == "collection" and not port.converter.literal_type.HasField("collection_type")
    ]
    size = sliced[0] if sliced else 1
    if not 0 <= item < size:
        raise InvalidInput(f"node {node} is a map of {size} items; name one with --item, from 0 to {size - 1}")
