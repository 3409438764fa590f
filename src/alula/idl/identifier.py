"""Typed, hashable ids: what the IDL's identifier messages say, cheap to compare and to use as keys."""

from __future__ import annotations

from typing import NamedTuple

from alula.idl import core

TASK: int = core.TASK
WORKFLOW: int = core.WORKFLOW
LAUNCH_PLAN: int = core.LAUNCH_PLAN

HIDDEN_PREFIX = ".flytegen."
"""Begins the name of the workflow and launch plan that stand for a task launched by itself; Flyte's clients expect it."""

KIND_NAMES = {TASK: "task", WORKFLOW: "workflow", LAUNCH_PLAN: "launch plan"}


def shown_name(name: str) -> str:
    """The name of a workflow or launch plan as people know it: the task's, if it stands for one."""
    return name.removeprefix(HIDDEN_PREFIX)


class EntityId(NamedTuple):
    """A version of a task, workflow or launch plan."""

    resource_type: int
    project: str
    domain: str
    name: str
    version: str

    @classmethod
    def from_proto(cls, message: core.Identifier) -> EntityId:
        return cls(message.resource_type, message.project, message.domain, message.name, message.version)

    def to_proto(self) -> core.Identifier:
        return core.Identifier(
            resource_type=self.resource_type, project=self.project, domain=self.domain, name=self.name, version=self.version
        )

    def __str__(self) -> str:
        return f"{KIND_NAMES.get(self.resource_type, 'entity')} {self.project}/{self.domain}/{self.name}:{self.version}"


class ExecutionId(NamedTuple):
    """One execution of a workflow or of a single task."""

    project: str
    domain: str
    name: str

    @classmethod
    def from_proto(cls, message: core.WorkflowExecutionIdentifier) -> ExecutionId:
        return cls(message.project, message.domain, message.name)

    def to_proto(self) -> core.WorkflowExecutionIdentifier:
        return core.WorkflowExecutionIdentifier(project=self.project, domain=self.domain, name=self.name)

    def __str__(self) -> str:
        return f"{self.project}/{self.domain}/{self.name}"


class NodeExecutionId(NamedTuple):
    """One node within an execution; `node_id` is unique in the execution (`n1-0-n0` for a nested one)."""

    execution: ExecutionId
    node_id: str

    @classmethod
    def from_proto(cls, message: core.NodeExecutionIdentifier) -> NodeExecutionId:
        return cls(ExecutionId.from_proto(message.execution_id), message.node_id)

    def to_proto(self) -> core.NodeExecutionIdentifier:
        return core.NodeExecutionIdentifier(node_id=self.node_id, execution_id=self.execution.to_proto())

    def __str__(self) -> str:
        return f"{self.execution}/{self.node_id}"


class AttemptId(NamedTuple):
    """One attempt of a task node (the IDL's task execution); `item` is the array index, -1 for an ordinary task."""

    node: NodeExecutionId
    retry_attempt: int
    item: int = -1

    def __str__(self) -> str:
        item = f"[{self.item}]" if self.item >= 0 else ""
        return f"{self.node}{item}/{self.retry_attempt}"
