"""Launch plans: a workflow with defaults, fixed inputs, and what its executions carry."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from alula.errors import DefinitionError, InvalidInput
from alula.sdk import option
from alula.sdk.entity import Entity
from alula.sdk.interface import MISSING, Interface, Port
from alula.sdk.where import user_place
from alula.sdk.workflow import Workflow

if TYPE_CHECKING:
    from alula.idl import admin, core


class LaunchPlan(Entity):
    """A named way to launch a workflow. In another workflow's body a call of it is a child execution.

    Args:
        workflow: what is launched.
        name: registered name.
        inputs: defaults; whoever launches may give others.
        fixed: inputs that nobody can change.
        labels: on each execution.
        annotations: on each execution.
        env: environment variables of each execution's tasks.
        max_parallelism: nodes running at a time; 0: no limit.
        interruptible: overrides the workflow's default.
        overwrite_cache: compute anew and replace what is cached.
    Raises:
        DefinitionError: an input the workflow lacks, one both default and fixed, or a value of the wrong type.
    """

    kind = "launch plan"

    def __init__(
        self,
        workflow: Workflow[Any, Any],
        name: str,
        *,
        inputs: Mapping[str, Any] | None = None,
        fixed: Mapping[str, Any] | None = None,
        labels: Mapping[str, str] | None = None,
        annotations: Mapping[str, str] | None = None,
        env: Mapping[str, str] | None = None,
        max_parallelism: int = 0,
        interruptible: bool | None = None,
        overwrite_cache: bool = False,
    ) -> None:
        if not isinstance(getattr(workflow, "origin", None), Workflow):
            raise DefinitionError(
                f"launch plan: expected a workflow and then a name, got {type(workflow).__name__} {str(workflow)[:40]!r} first; "
                'write al.LaunchPlan(workflow, "name")',
                where=user_place(),
            )
        super().__init__(option.text("name", name), user_place())
        self.workflow = workflow.origin
        self.inputs, self.fixed = option.by_name("inputs", inputs or {}), option.by_name("fixed", fixed or {})
        self.labels, self.annotations = option.text_by_name("labels", labels or {}), option.text_by_name("annotations", annotations or {})
        self.env = option.text_by_name("env", env or {})
        self.max_parallelism = option.whole("max_parallelism", max_parallelism)
        self.interruptible = None if interruptible is None else option.flag("interruptible", interruptible)
        self.overwrite_cache = option.flag("overwrite_cache", overwrite_cache)
        for key in (*self.inputs, *self.fixed):
            if key not in workflow.interface.inputs:
                raise DefinitionError(f"launch plan {name}: workflow {workflow.label} has no input {key!r}", where=self.where)
        for key in self.inputs.keys() & self.fixed.keys():
            raise DefinitionError(f"launch plan {name}: {key!r} is both default and fixed; keep one", where=self.where)

    @cached_property
    def interface(self) -> Interface:
        """The workflow's, without fixed inputs and with this plan's defaults."""
        of = self.workflow.interface
        inputs = {
            name: Port(name, port.annotation, port.place, self.inputs.get(name, port.default), port.description)
            for name, port in of.inputs.items()
            if name not in self.fixed
        }
        return Interface(inputs, of.outputs, of.shape, of.returns, self.where, of.summary)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """While a workflow is traced: a child execution's node; while an async task runs: the same, to be awaited.
        Else: the workflow is run here.
        """
        found = self.meant(args, kwargs)
        if found is not None:
            return found
        return self.run_here(self.interface.collect(args, kwargs, f"launch plan {self.label}"))

    def run_here(self, values: dict[str, Any]) -> Any:
        return self.workflow.run_here({**values, **self.fixed})

    def _literal(self, name: str, value: Any) -> core.Literal:
        from alula.types.offload import Offload

        port = self.workflow.interface.inputs[name]
        try:
            return port.converter.to_literal(value, Offload())
        except InvalidInput as error:
            raise DefinitionError(f"{port.place}: {error.message}", where=self.where, code=error.code) from error

    def spec(self, workflow_id: core.Identifier) -> admin.LaunchPlanSpec:
        """The plan as IDL."""
        from alula.idl import admin

        made = admin.LaunchPlanSpec(
            workflow_id=workflow_id,
            labels=admin.Labels(values=self.labels),
            annotations=admin.Annotations(values=self.annotations),
            max_parallelism=self.max_parallelism,
            overwrite_cache=self.overwrite_cache,
        )
        for name, port in self.interface.inputs.items():
            parameter = made.default_inputs.parameters[name]
            parameter.var.CopyFrom(self.workflow.interface.to_proto().inputs.variables[name])
            if port.default is MISSING:
                parameter.required = True
            else:
                parameter.default.CopyFrom(self._literal(name, port.default))
        for name, value in self.fixed.items():
            made.fixed_inputs.literals[name].CopyFrom(self._literal(name, value))
        if self.interruptible is not None:
            made.interruptible.value = self.interruptible
        for key, value in sorted(self.env.items()):
            made.envs.values.add(key=key, value=value)
            made.concurrency_policy.behavior = admin.ConcurrencyLimitBehavior.CONCURRENCY_LIMIT_BEHAVIOR_SKIP
        return made


def default_plan(workflow: Workflow[Any, Any]) -> LaunchPlan:
    """The launch plan every workflow brings: same name and version, the defaults of its inputs; made once."""
    origin: Any = workflow.origin
    found: LaunchPlan | None = vars(origin).get("_default_plan")
    if found is None:
        found = origin._default_plan = LaunchPlan(origin, origin.name)
    return found
