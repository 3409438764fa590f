"""Alula: typed, versioned, cached, durable workflows for machine learning and data."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alula.client import connect, connect_async
    from alula.errors import CommandFailed, NonRecoverable, Recoverable, TaskFailed
    from alula.sdk.array import map
    from alula.sdk.builder import WorkflowBuilder
    from alula.sdk.caller import awaited, group, trace
    from alula.sdk.command import command
    from alula.sdk.conditional import fail, when
    from alula.sdk.context import context
    from alula.sdk.dynamic import dynamic
    from alula.sdk.gate import approve, sleep, wait_for_input
    from alula.sdk.kind import TaskKind
    from alula.sdk.launch_plan import LaunchPlan
    from alula.sdk.notebook import notebook
    from alula.sdk.reference import reference_launch_plan, reference_task, reference_workflow
    from alula.sdk.resources import Cache, Resources
    from alula.sdk.running import deck, log_metric, log_metrics, log_param, progress, track
    from alula.sdk.secret import Secret, secret
    from alula.sdk.shell import shell
    from alula.sdk.sql import sql
    from alula.sdk.task import Environment, task
    from alula.sdk.workflow import workflow
    from alula.types.value import Annotation, DataFrame, Directory, File, Format, HashMethod, Pickle, Trust, columns

# Where each public name lives. Loaded at first use: a server or an engine that imports `alula` never loads the SDK.
_HOMES = {
    "Annotation": "types.value",
    "Cache": "sdk.resources",
    "CommandFailed": "errors",
    "DataFrame": "types.value",
    "Directory": "types.value",
    "Environment": "sdk.task",
    "File": "types.value",
    "Format": "types.value",
    "HashMethod": "types.value",
    "LaunchPlan": "sdk.launch_plan",
    "NonRecoverable": "errors",
    "Pickle": "types.value",
    "Recoverable": "errors",
    "Resources": "sdk.resources",
    "Secret": "sdk.secret",
    "TaskFailed": "errors",
    "TaskKind": "sdk.kind",
    "Trust": "types.value",
    "WorkflowBuilder": "sdk.builder",
    "approve": "sdk.gate",
    "awaited": "sdk.caller",
    "columns": "types.value",
    "command": "sdk.command",
    "connect": "client",
    "connect_async": "client",
    "context": "sdk.context",
    "deck": "sdk.running",
    "dynamic": "sdk.dynamic",
    "fail": "sdk.conditional",
    "group": "sdk.caller",
    "log_metric": "sdk.running",
    "log_metrics": "sdk.running",
    "log_param": "sdk.running",
    "map": "sdk.array",
    "notebook": "sdk.notebook",
    "progress": "sdk.running",
    "reference_launch_plan": "sdk.reference",
    "reference_task": "sdk.reference",
    "reference_workflow": "sdk.reference",
    "secret": "sdk.secret",
    "shell": "sdk.shell",
    "sleep": "sdk.gate",
    "sql": "sdk.sql",
    "task": "sdk.task",
    "trace": "sdk.caller",
    "track": "sdk.running",
    "wait_for_input": "sdk.gate",
    "when": "sdk.conditional",
    "workflow": "sdk.workflow",
}

__all__ = [
    "Annotation",
    "Cache",
    "CommandFailed",
    "DataFrame",
    "Directory",
    "Environment",
    "File",
    "Format",
    "HashMethod",
    "LaunchPlan",
    "NonRecoverable",
    "Pickle",
    "Recoverable",
    "Resources",
    "Secret",
    "TaskFailed",
    "TaskKind",
    "Trust",
    "WorkflowBuilder",
    "approve",
    "awaited",
    "columns",
    "command",
    "connect",
    "connect_async",
    "context",
    "deck",
    "dynamic",
    "fail",
    "group",
    "log_metric",
    "log_metrics",
    "log_param",
    "map",
    "notebook",
    "progress",
    "reference_launch_plan",
    "reference_task",
    "reference_workflow",
    "secret",
    "shell",
    "sleep",
    "sql",
    "task",
    "trace",
    "track",
    "wait_for_input",
    "when",
    "workflow",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'alula' has no attribute {name!r}{_nearest(name)}")
    value = getattr(importlib.import_module(f"alula.{home}"), name)
    globals()[name] = value
    return value


def _nearest(name: str) -> str:
    """What a public name that is not there may be meant to be; tools probe for private ones in numbers, which costs nothing."""
    if name.startswith("_"):
        return ""
    import difflib

    near = difflib.get_close_matches(name, __all__, n=1)
    return f"; did you mean {near[0]}?" if near else ""


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
