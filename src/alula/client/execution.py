"""A launched execution: wait for it, read it, stop it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from datetime import timedelta
from typing import Any

from alula.client import figures, log, rpc, tree, value
from alula.client.attempt import attempts_of, last_attempt, last_of_item, node_identifier
from alula.client.culprit import culprit
from alula.client.gate import answer_gate, answered_gates, waiting_gates
from alula.client.names import Names
from alula.client.node import Nodes, Reuse
from alula.client.outage import Outage
from alula.client.show import show
from alula.client.target import exact
from alula.client.transfer import LinkOffload
from alula.client.views import ExecutionView, NodeDetail, execution_view, node_detail, plain
from alula.client.wire import Stream, Wire
from alula.client.wording import readable
from alula.errors import ExecutionFailed, InvalidInput, NotFound, Unavailable, WaitTimeout
from alula.idl import admin, core
from alula.idl.identifier import ExecutionId
from alula.idl.phase import ExecutionPhase
from alula.idl.v1 import gate_pb2
from alula.idl.v1 import service_pb2 as v1
from alula.sdk.duration import parse_span
from alula.sdk.interface import Interface

_PAGE = 1000


class AsyncExecution:
    """A handle; made by `launch` and by `execution(name)`.

    Args:
        wire: to the server.
        execution_id: which one.
        interface: of what was launched, if its function is at hand; outputs are then of its types.
        stream: changes from the launch on.
    """

    def __init__(
        self, wire: Wire, execution_id: ExecutionId, interface: Interface | None = None, stream: Stream[v1.ExecutionUpdate] | None = None
    ) -> None:
        self.id = execution_id
        self.interface = interface
        self.wire, self._stream = wire, stream
        self._ended: admin.Execution | None = None
        self._names: Names | None = None

    @property
    def name(self) -> str:
        return self.id.name

    def __repr__(self) -> str:
        return f"<execution {self.id}>"

    def __del__(self) -> None:
        if getattr(self, "_stream", None) is not None:
            self._stream.cancel()  # type: ignore[union-attr]

    async def get(self) -> admin.Execution:
        """The execution as it is now."""
        if self._ended is None:
            found = await self.wire.call(rpc.GET_EXECUTION, admin.WorkflowExecutionGetRequest(id=self.id.to_proto()))
            self._note(found)
            return found
        return self._ended

    def _note(self, execution: admin.Execution) -> None:
        if ExecutionPhase(execution.closure.phase).is_terminal:
            self._ended = execution
            self._stream = None

    async def phase(self) -> ExecutionPhase:
        return ExecutionPhase((await self.get()).closure.phase)

    async def error(self) -> str:
        """Why it failed or was aborted, as recorded; empty while it runs and if it succeeded."""
        return (await self.view()).error

    async def updates(self, *, nodes: bool = False, timeout_s: float | None = None) -> AsyncIterator[v1.ExecutionUpdate]:
        """The state as it is, then each change until the end; goes on after a restart of the server.

        Args:
            nodes: also changes of node executions.
            timeout_s: how long to follow.
        Raises:
            WaitTimeout: it did not end in time.
            Unavailable: the server stayed away for two minutes.
        """
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        outage = Outage(self.wire)
        while True:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            stream = self.wire.stream(rpc.WATCH, v1.WatchRequest(id=self.id.to_proto(), nodes=nodes), left)
            try:
                async for update in stream:
                    outage.over()
                    if update.HasField("execution"):
                        self._note(update.execution)
                    yield update
                if self._ended is not None:
                    return
                raise Unavailable(f"execution {self.id}: the server ended the watch before the execution ended")
            except WaitTimeout as error:
                raise self._still_running(timeout_s) from error
            except Unavailable as error:
                await outage.wait(error, deadline)
            finally:
                stream.cancel()

    def _still_running(self, timeout_s: float | None) -> WaitTimeout:
        return WaitTimeout(f"execution {self.id}: still running after {timeout_s} s; it goes on, wait again or abort it")

    async def wait(self, timeout: float | str | timedelta | None = None, *, check: bool = True) -> AsyncExecution:
        """Waits for the end.

        Args:
            timeout: seconds or text such as `20m`; None waits for ever.
            check: raise if it did not succeed.
        Returns:
            This handle.
        Raises:
            ExecutionFailed: it ended without success; the message is the recorded cause.
            WaitTimeout: it is still running.
        """
        timeout_s = None if timeout is None else parse_span(timeout).total_seconds()
        if self._ended is None and self._stream is not None and timeout_s is None:
            await self._follow_launch()
        if self._ended is None:
            async for _ in self.updates(timeout_s=timeout_s):
                pass
        if check:
            await self.check()
        return self

    async def _follow_launch(self) -> None:
        stream, self._stream = self._stream, None
        assert stream is not None
        try:
            async for update in stream:
                if update.HasField("execution"):
                    self._note(update.execution)
        except Unavailable:
            return  # the server went away; `updates` waits for it to come back

    async def check(self) -> None:
        """Raises ExecutionFailed, with the node that failed, if it is known to have ended without success."""
        if self._ended is None:
            return
        closure = self._ended.closure
        phase = ExecutionPhase(closure.phase)
        if phase is ExecutionPhase.SUCCEEDED:
            return
        if phase is ExecutionPhase.ABORTED:
            cause = closure.abort_metadata.cause or "no cause given"
            raise ExecutionFailed(f"execution {self.id} ended ABORTED: {cause}", code="ABORTED", execution=self.name, phase=phase.name)
        cause, code = readable(closure.error.message) or "no cause recorded", closure.error.code
        found = await culprit(self.wire, self.id, closure.error, self.names)
        place = f" in {found.place()}" if found is not None else ""
        advice = found.advice(self.name, code) if found is not None else ""
        raise ExecutionFailed(
            f"execution {self.id} ended {phase.name}{place}: {cause.rstrip()}" + (f"\n{advice}" if advice else ""),
            code=code or None,
            execution=self.name,
            phase=phase.name,
            node=found.node if found is not None else "",
            item=found.item if found is not None else -1,
        )

    async def output_literals(self) -> core.LiteralMap:
        """The outputs as they are on the wire.

        Raises:
            ExecutionFailed, WaitTimeout: it has not succeeded, or not yet.
        """
        if self._ended is None and not (await self.phase()).is_terminal:
            raise WaitTimeout(f"execution {self.id}: has no outputs yet, it is still running; wait for it")
        await self.check()
        answer = await self.wire.call(rpc.GET_EXECUTION_DATA, admin.WorkflowExecutionGetDataRequest(id=self.id.to_proto()))
        return answer.full_outputs

    async def outputs(self) -> Any:
        """The result in Python: the value itself for one output, a named tuple for several, None for none."""
        literals = await self.output_literals()
        interface = self.interface
        if interface is None:
            return value.outputs_by_name(literals)
        return await self.wire.blocking(lambda: value.outputs_by_interface(literals, interface, LinkOffload(self.wire)))

    async def inputs(self) -> dict[str, Any]:
        """What it was launched with, defaults included: of the function's types if it is at hand, else as JSON values."""
        answer = await self.wire.call(rpc.GET_EXECUTION_DATA, admin.WorkflowExecutionGetDataRequest(id=self.id.to_proto()))
        literals, interface = answer.full_inputs, self.interface
        if interface is None:
            return plain(literals)
        return await self.wire.blocking(lambda: value.inputs_by_interface(literals, interface, LinkOffload(self.wire)))

    async def view(self) -> ExecutionView:
        """It as it is now: phase, workflow, version, times, error."""
        return execution_view(await self.get())

    async def node(self, node: str) -> NodeDetail:
        """One node by id or name: its inputs and outputs, its attempts and where their time went."""
        node_id = await self.node_id(node)
        return await node_detail(self.wire, node_identifier(self.id, node_id), await attempts_of(self.wire, self.id, node_id))

    async def nodes(self) -> Nodes:
        """Every node execution, parents before their children."""
        return await tree.read(self.wire, self.id, await self.names())

    async def names(self) -> Names:
        """What its nodes are called; read once."""
        if self._names is None:
            execution = await self.get()
            try:
                workflow = await self.wire.call(rpc.GET_WORKFLOW, admin.ObjectGetRequest(id=execution.closure.workflow_id))
            except NotFound:
                workflow = admin.Workflow()
            self._names = Names(workflow.closure.compiled_workflow)
        return self._names

    async def learn(self, node_id: str) -> None:
        """Reads what the nodes beneath a dynamic one are called."""
        await tree.learn(self.wire, self.id, node_id, await self.names())

    async def show(self, timeout: float | str | timedelta | None = None) -> None:
        """Follows it to its end: a display that changes in a notebook, lines on stdout elsewhere.

        Raises:
            WaitTimeout: it is still running.
        """
        await show(self, None if timeout is None else parse_span(timeout).total_seconds())

    async def events(self) -> list[v1.ExecutionEvent]:
        """What happened to it so far, oldest first."""
        found: list[v1.ExecutionEvent] = []
        token = ""
        while True:
            answer = await self.wire.call(rpc.EVENTS, v1.EventsRequest(id=self.id.to_proto(), limit=_PAGE, token=token))
            found += answer.events
            token = answer.token
            if not token:
                return found

    async def reuse(self) -> list[Reuse]:
        """Per task node that has ended well, in order: how much was computed and how much came from the output cache."""
        return await tree.reuse(self.wire, self.id, await self.nodes())

    async def logs(self, node: str = "", *, item: int = -1, follow: bool = False, tail_bytes: int = 0) -> AsyncIterator[str]:
        """What attempts wrote, as text pieces.

        Args:
            node: id or name of the node; empty for the only one that ran a task.
            item: index in a map, -1 for an ordinary task.
            follow: go on until the attempt ends, and with the next one if it is tried again; also after a restart of the server.
            tail_bytes: at most this far before the present end; 0 for all.
        Raises:
            NotFound: no attempt has started.
            InvalidInput: no node named and several ran, or no item of a map; the message lists them.
            Unavailable: the server stayed away for two minutes.
        """
        shown = await self._last_attempt(await self._logged(node) if node else "")
        named = last_of_item(self.id, shown, item)
        async with aclosing(log.read(self.wire, self.id, named, item, follow=follow, tail_bytes=tail_bytes)) as pieces:
            async for piece in pieces:
                yield piece

    async def metrics(self, node: str = "", *, all_attempts: bool = False) -> list[figures.Figures]:
        """What the attempts of a node, or of every node, said of themselves; see `figures.read`."""
        return await figures.read(self.wire, self.id, await self.node_id(node) if node else "", all_attempts=all_attempts)

    async def series(self, node: str, metric: str, *, item: int = -1, attempt: int | None = None) -> list[figures.Point]:
        """Every point of one metric; see `figures.series`."""
        return await figures.series(self.wire, self.id, await self.node_id(node), metric, item=item, attempt=attempt)

    async def deck(self, node: str, *, item: int = -1, attempt: int | None = None) -> str:
        """The deck of a node's last attempt that wrote one, as HTML; see `figures.deck`."""
        return await figures.deck(self.wire, self.id, await self.node_id(node), item=item, attempt=attempt)

    async def _logged(self, node: str) -> str:
        """The id of a node given by id or name; of an execution that goes on, one that has not begun yet is taken for an id."""
        try:
            return await self.node_id(node)
        except NotFound:
            if (await self.phase()).is_terminal:
                raise
            return node

    async def _last_attempt(self, node: str) -> admin.TaskExecution:
        others = [] if node else [view.id for view in await self.nodes() if view.id not in ("start-node", "end-node")]
        return await last_attempt(self.wire, self.id, node, others)

    async def abort(self, cause: str = "aborted by the user") -> None:
        """Ends it; returns at once, the phase follows."""
        await self.wire.call(rpc.TERMINATE, admin.ExecutionTerminateRequest(id=self.id.to_proto(), cause=cause))

    async def signal(self, name: str, approved: bool | Any) -> None:
        """Answers a gate: True or False for an approval, else the value it waits for."""
        await answer_gate(self.wire, self.id, name, approved)

    async def gates(self) -> dict[str, core.LiteralType]:
        """The gates that wait, with the type of what they wait for; an approval waits for a bool."""
        return await waiting_gates(self.wire, self.id)

    async def answers(self) -> list[gate_pb2.Gate]:
        """The gates that were answered: with what, by whom and when."""
        return await answered_gates(self.wire, self.id)

    async def explain_cache(self, node: str) -> v1.CacheExplanation:
        """What the output cache said of a node, and why."""
        return await self.wire.call(rpc.EXPLAIN_CACHE, admin.NodeExecutionGetRequest(id=node_identifier(self.id, node)))

    async def evict_cache(self, node: str) -> int:
        """Has the cache forget what a node computed or was given; how many entries there were."""
        return (await self.wire.call(rpc.EVICT_CACHE, v1.EvictCacheRequest(node=node_identifier(self.id, node)))).evicted

    async def rerun(
        self,
        from_: str | Sequence[str] = (),
        *,
        version: str = "",
        name: str = "",
        overwrite_cache: bool = False,
        inputs: Mapping[str, Any] | None = None,
        **changes: Any,
    ) -> AsyncExecution:
        """The same again with changes: `execution.rerun(from_="train", lr=0.1)`.

        Args:
            from_: nodes by id or name that are computed anew, with all that follows; what lies before is taken over where its inputs are
                still the same. Empty: the whole.
            version: another registered version of what was launched.
            name: of the new execution.
            overwrite_cache: compute anew and replace what is cached.
            inputs: those that change, in Python; for names that are arguments here.
            changes: likewise.
        Raises:
            InvalidInput: an unknown input, or a value of another type.
        """
        identifier = core.Identifier()
        identifier.CopyFrom((await self.get()).spec.launch_plan)
        identifier.version = version or identifier.version
        target = await exact(self.wire, identifier)
        values = {**(inputs or {}), **changes}
        literals = await self.wire.blocking(lambda: value.changed(target.parameters, self.interface, values, LinkOffload(self.wire)))
        nodes = [from_] if isinstance(from_, str) else list(from_)
        return await self.restart([one for one in nodes if one], target.id, literals, name=name, overwrite_cache=overwrite_cache)

    async def restart(
        self,
        from_nodes: Sequence[str] = (),
        launch_plan: core.Identifier | None = None,
        inputs: core.LiteralMap | None = None,
        *,
        name: str = "",
        overwrite_cache: bool = False,
    ) -> AsyncExecution:
        """`rerun` with literals, and with the exact id of what is to run."""
        request = v1.RerunRequest(id=self.id.to_proto(), name=name, from_nodes=from_nodes, overwrite_cache=overwrite_cache)
        if launch_plan is not None:
            request.launch_plan.CopyFrom(launch_plan)
        if inputs is not None:
            request.inputs.CopyFrom(inputs)
        answer = await self.wire.call(rpc.RERUN, request)
        return AsyncExecution(self.wire, ExecutionId.from_proto(answer.id), self.interface)

    async def node_id(self, node: str) -> str:
        """The id of a node given by id or name.

        Raises:
            NotFound: there is none; InvalidInput: several nodes have that name.
        """
        return tree.find(self.id, await self.nodes(), node)

    async def task_of(self, node: str) -> tuple[core.Identifier, core.LiteralMap]:
        """The task that a node ran last, and the inputs the node had; the node by id or name.

        Raises:
            NotFound: no such node, or it has not run a task; InvalidInput: several nodes have that name, or it is a map.
        """
        node_id = await self.node_id(node)
        attempt = await self._last_attempt(node_id)
        if attempt.closure.metadata.external_resources:
            raise InvalidInput(f"node {node} is a map, and a task runs alone with the inputs of one call; rerun from it: --from {node}")
        ran = attempt.id
        data = await self.wire.call(rpc.GET_NODE_DATA, admin.NodeExecutionGetDataRequest(id=node_identifier(self.id, node_id)))
        return ran.task_id, data.full_inputs

    async def relaunch(self, name: str = "") -> AsyncExecution:
        """The same again: version and inputs as the user gave them."""
        answer = await self.wire.call(rpc.RELAUNCH, admin.ExecutionRelaunchRequest(id=self.id.to_proto(), name=name))
        return AsyncExecution(self.wire, ExecutionId.from_proto(answer.id), self.interface)

    async def recover(self, name: str = "") -> AsyncExecution:
        """A new execution that takes over what succeeded and runs the rest."""
        answer = await self.wire.call(rpc.RECOVER, admin.ExecutionRecoverRequest(id=self.id.to_proto(), name=name))
        return AsyncExecution(self.wire, ExecutionId.from_proto(answer.id), self.interface)
