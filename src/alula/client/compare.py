"""What two versions of a workflow, task or launch plan differ in: interface, graph, tasks, settings, code."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from google.protobuf.message import Message

from alula.client import rpc
from alula.client.code import fetch, files_of
from alula.client.transfer import LinkOffload
from alula.client.wire import Wire
from alula.errors import AlulaError, InvalidInput, NotFound
from alula.idl import admin, core
from alula.idl.command import our_command
from alula.idl.digest import differences
from alula.idl.identifier import ExecutionId

KINDS = {"workflow": core.WORKFLOW, "task": core.TASK, "launch-plan": core.LAUNCH_PLAN}
_LIMIT = 200
_TEXT_BYTES = 1 << 20  # a changed file above this is named, its lines are not compared


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    """One file of the code.

    Attributes:
        status: "added", "removed" or "changed".
        lines: unified diff, empty for what is no text or too large.
    """

    path: str
    status: str
    lines: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class Difference:
    """What changed from one version to another; empty lists mean no change. Lines read `path: old → new`.

    Attributes:
        graph: nodes that came, went, or call something else.
        tasks: how tasks that both versions call are run: resources, retries, cache, image, environment.
    """

    kind: str
    name: str
    old: str
    new: str
    interface: list[str] = field(default_factory=list)
    graph: list[str] = field(default_factory=list)
    tasks: list[str] = field(default_factory=list)
    settings: list[str] = field(default_factory=list)
    code: list[FileChange] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def _repr_html_(self) -> str:
        from alula.client.html import difference

        return difference(self)

    def __bool__(self) -> bool:
        return bool(self.interface or self.graph or self.tasks or self.settings or self.code)


@dataclass(slots=True)
class _Version:
    """One version, read: what is compared of it."""

    interface: core.TypedInterface
    nodes: dict[str, core.Node] = field(default_factory=dict)
    tasks: dict[str, core.TaskTemplate] = field(default_factory=dict)
    settings: Message | None = None
    bundle: str = ""


async def compare(wire: Wire, name: str, old: str = "", new: str = "", kind: str = "") -> Difference:
    """Compares two versions.

    Args:
        name: registered name.
        old: a version; empty: the one before `new`.
        new: a version; empty: the newest.
        kind: "workflow", "task" or "launch-plan"; empty: the first of these that has the name.
    Raises:
        NotFound: no such name or version; InvalidInput: there is only one version.
    """
    kind, versions = await _versions(wire, name, kind, other=old)
    new = new or versions[0]
    if not old:
        older = versions[versions.index(new) + 1 :] if new in versions else versions
        if not older:
            raise InvalidInput(f"{kind} {name}: {new} is the only version, or the oldest; there is nothing to compare it with")
        old = older[0]
    before, after = await _read(wire, kind, name, old), await _read(wire, kind, name, new)
    found = Difference(kind=kind, name=name, old=old, new=new, interface=differences(before.interface, after.interface, _LIMIT))
    found.graph = _graph(before.nodes, after.nodes)
    for task in before.tasks.keys() & after.tasks.keys():
        found.tasks += [f"{task}: {line}" for line in differences(before.tasks[task], after.tasks[task], _LIMIT)]
    found.tasks.sort()
    if before.settings is not None and after.settings is not None:
        found.settings = differences(before.settings, after.settings, _LIMIT)
    if before.bundle != after.bundle:
        try:
            found.code = await wire.blocking(lambda: _code(LinkOffload(wire), before.bundle, after.bundle))
        except AlulaError as error:
            found.notes.append(f"the code cannot be compared: {error.message}")
    return found


async def _versions(wire: Wire, name: str, kind: str, *, other: str) -> tuple[str, list[str]]:
    """Versions of a name, newest first."""
    listing: dict[str, tuple[Any, str]] = {
        "workflow": (rpc.LIST_WORKFLOWS, "workflows"),
        "task": (rpc.LIST_TASKS, "tasks"),
        "launch-plan": (rpc.LIST_LAUNCH_PLANS, "launch_plans"),
    }
    s = wire.settings
    named = admin.NamedEntityIdentifier(project=s.project, domain=s.domain, name=name)
    newest = admin.Sort(key="created_at", direction=admin.Sort.DESCENDING)
    for one in [kind] if kind else listing:
        call, plural = listing[one]
        answer = await wire.call(call, admin.ResourceListRequest(id=named, limit=1000, sort_by=newest))
        found = [each.id.version for each in getattr(answer, plural)]
        if found:
            return one, found
    of = await _launched_by(wire, name)
    if of:
        raise NotFound(
            f"{name!r} is an execution, diff compares versions of a workflow, task or launch plan: `alula diff {of}`; "
            f"executions are compared by `alula compare {name} {other or 'EXECUTION'}`"
        )
    raise NotFound(
        f"{name!r}: no {kind or 'workflow, task or launch plan'} of that name in {s.project}/{s.domain}; see `alula list workflows`"
    )


async def _launched_by(wire: Wire, name: str) -> str:
    """The name of what an execution was launched from; empty if there is no such execution."""
    identifier = ExecutionId(wire.settings.project, wire.settings.domain, name).to_proto()
    try:
        return (await wire.call(rpc.GET_EXECUTION, admin.WorkflowExecutionGetRequest(id=identifier))).spec.launch_plan.name
    except (NotFound, InvalidInput):  # a name that no execution can have
        return ""


async def _read(wire: Wire, kind: str, name: str, version: str) -> _Version:
    s = wire.settings
    identifier = core.Identifier(resource_type=KINDS[kind], project=s.project, domain=s.domain, name=name, version=version)
    request = admin.ObjectGetRequest(id=identifier)
    if kind == "task":
        template = (await wire.call(rpc.GET_TASK, request)).closure.compiled_task.template
        return _version(template.interface, [], [template], version)
    if kind == "workflow":
        closure = (await wire.call(rpc.GET_WORKFLOW, request)).closure.compiled_workflow
        nodes = [node for node in closure.primary.template.nodes if node.id not in ("start-node", "end-node")]
        return _version(closure.primary.template.interface, nodes, [task.template for task in closure.tasks], version)
    plan = await wire.call(rpc.GET_LAUNCH_PLAN, request)
    inputs = core.VariableMap(variables={n: p.var for n, p in plan.closure.expected_inputs.parameters.items()})
    made = _version(core.TypedInterface(inputs=inputs, outputs=plan.closure.expected_outputs), [], [], version)
    made.settings = _plain(plan.spec, version)
    return made


def _version(interface: core.TypedInterface, nodes: Iterable[Any], tasks: Iterable[Any], version: str) -> _Version:
    made = _Version(interface)
    made.nodes = {node.id: _plain(node, version) for node in nodes}
    for template in tasks:
        plain = _plain(template, version)
        if (command := our_command(plain.container)) is not None:
            made.bundle = command.bundle
            plain.container.args[:] = ["" if arg == command.bundle else arg for arg in plain.container.args]
        plain.ClearField("interface")
        made.tasks[template.id.name] = plain
    return made


def _plain(message: Any, version: str) -> Any:
    """A copy in which references of the same version say no version: it is no difference that they moved along."""
    made = type(message)()
    made.CopyFrom(message)
    _strip(made, version)
    return made


def _strip(message: Any, version: str) -> None:
    if message.DESCRIPTOR.full_name == "flyteidl.core.Identifier" and message.version == version:
        message.version = ""
        return
    for _, value in message.ListFields():
        if isinstance(value, Message):
            _strip(value, version)
        elif isinstance(value, Mapping):
            for one in value.values():
                if isinstance(one, Message):
                    _strip(one, version)
        elif not isinstance(value, (str, bytes)) and hasattr(value, "__iter__"):
            for one in value:
                if isinstance(one, Message):
                    _strip(one, version)


def _graph(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    lines = []
    for node_id in dict.fromkeys([*old, *new]):
        if node_id not in new:
            lines.append(f"{node_id} {_called(old[node_id])}: removed")
        elif node_id not in old:
            lines.append(f"{node_id} {_called(new[node_id])}: added")
        else:
            lines += [f"{node_id} {_called(new[node_id])}: {line}" for line in differences(old[node_id], new[node_id], 20)]
    return lines


def _called(node: core.Node) -> str:
    return node.metadata.name or (node.WhichOneof("target") or "")


def _code(offload: LinkOffload, old: str, new: str) -> list[FileChange]:
    try:
        with TemporaryDirectory(prefix="alula-diff-") as folder:
            before, after = (files_of(fetch(offload, uri, Path(folder))) if uri else {} for uri in (old, new))
            return [c for name in sorted({*before, *after}) if (c := _file(name, before.get(name), after.get(name))) is not None]
    finally:
        offload.close()


def _file(name: str, old: Path | None, new: Path | None) -> FileChange | None:
    left, right = old.read_bytes() if old else b"", new.read_bytes() if new else b""
    if old is not None and new is not None and left == right:
        return None
    status = "added" if old is None else "removed" if new is None else "changed"
    try:
        if max(len(left), len(right)) > _TEXT_BYTES:
            return FileChange(path=name, status=status)
        texts = left.decode().splitlines(), right.decode().splitlines()
    except UnicodeDecodeError:
        return FileChange(path=name, status=status)
    return FileChange(path=name, status=status, lines=tuple(difflib.unified_diff(*texts, f"{name} (old)", f"{name} (new)", lineterm="")))
