"""What each feature looks like as IDL, and that the compiler takes all of it."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import json_format
from tests.sdk import programs as p

import alula as al
from alula.compiler.closure import LaunchPlanInterface, compile_workflow
from alula.errors import DefinitionError
from alula.idl import core
from alula.idl.identifier import EntityId
from alula.idl.v1 import service_pb2
from alula.sdk.serialize import Settings, serialize

SETTINGS = Settings("proj", "dev", "v1", bundle="s3://b/bundle.tar.zst", image="img")


@al.task(
    cache=al.Cache(version="7", ignore=["by"], serialize=True),
    retries=2,
    timeout="20m",
    resources=al.Resources(cpu=(0.5, 2), mem="2Gi", gpu=1, disk="10Gi"),
    interruptible=True,
    secrets=["team/token", al.Secret("team/key", env="KEY")],
    env={"B": "2", "A": "1"},
    deck=True,
    labels={"team": "x"},
    annotations={"note": "y"},
    deprecated="use add",
)
def everything(x: int, by: int = 1) -> int:
    return x + by


@al.workflow(on_failure=p.note, failure_policy="finish-independent", interruptible=True)
def big(x: int, flag: bool = True) -> str:
    ok = al.approve(p.add(x), "go-live", timeout="12h")
    al.sleep("5m") >> ok
    by = al.wait_for_input("by", int)
    al.map(everything, over="x", concurrency=4, min_success_ratio=0.75)(x=[1, ok, 3], by=by)
    sub = p.inner(ok)
    child = PLAN(sub)
    made = p.report([sub, child])
    told = p.tell(made.words[0])
    al.map(p.inner, over="x")(x=[1, 2]) >> told
    first, _ = p.pair(made.count)
    return al.when((p.score(first) > 1) & flag).then(p.tell(p.shout(told))).when(first == 3).then(p.shout("b")).otherwise(al.fail("weak"))


PLAN = al.LaunchPlan(
    p.inner,
    "plan",
    inputs={"x": 5},
    labels={"a": "b"},
    env={"E": "1"},
    max_parallelism=3,
    interruptible=False,
)


def compiled(request: service_pb2.RegisterRequest) -> core.CompiledWorkflowClosure:
    """The last workflow of a request, compiled against the rest of it."""
    tasks = {EntityId.from_proto(one.id): one.spec.template for one in request.tasks}
    outputs = {one.id.name: one.spec.template.interface.outputs for one in request.workflows}
    plans = {
        EntityId.from_proto(one.id): LaunchPlanInterface(
            one.spec.default_inputs, outputs.get(one.spec.workflow_id.name, core.VariableMap()), one.spec.fixed_inputs
        )
        for one in request.launch_plans
    }
    return compile_workflow(request.workflows[-1].spec, tasks, plans)


def nodes_of(request: service_pb2.RegisterRequest) -> dict[str, Any]:
    return {node.id: node for node in request.workflows[-1].spec.template.nodes}


@pytest.fixture(scope="module")
def request_() -> service_pb2.RegisterRequest:
    return serialize([big], SETTINGS)


def test_dependencies_come_first_and_once(request_: service_pb2.RegisterRequest) -> None:
    assert [one.id.name.rsplit(".", 1)[-1] for one in request_.tasks] == [
        "add", "everything", "report", "tell", "pair", "score", "shout", "note",
    ]  # fmt: skip
    assert [one.id.name for one in request_.workflows] == ["tests.sdk.programs.inner", f"{__name__}.big"]
    assert {one.id.name for one in request_.launch_plans} == {"tests.sdk.programs.inner", "plan", f"{__name__}.big"}
    assert request_ == serialize([big, p.inner, p.add], SETTINGS)


def test_everything_compiles(request_: service_pb2.RegisterRequest) -> None:
    closure = compiled(request_)
    assert len(closure.sub_workflows) == 2


def test_task_template() -> None:
    spec = serialize([everything], SETTINGS).tasks[0].spec.template
    assert list(spec.container.args) == [
        "alula-execute", "--inputs", "{{.input}}", "--output-prefix", "{{.outputPrefix}}",
        "--raw-output-data-prefix", "{{.rawOutputDataPrefix}}", "--checkpoint-path", "{{.checkpointOutputPrefix}}",
        "--prev-checkpoint", "{{.prevCheckpointPrefix}}", "--bundle", "s3://b/bundle.tar.zst",
        "--task", f"{__name__}:everything",
    ]  # fmt: skip
    shown = json_format.MessageToDict(spec)
    shown["container"].pop("args")
    assert shown == {
        "id": {"resourceType": "TASK", "project": "proj", "domain": "dev", "name": f"{__name__}.everything", "version": "v1"},
        "type": "python-task",
        "metadata": {
            "discoverable": True,
            "runtime": {"flavor": "alula"},
            "timeout": "1200s",
            "retries": {"retries": 2},
            "discoveryVersion": "7",
            "deprecatedErrorMessage": "use add",
            "interruptible": True,
            "cacheSerializable": True,
            "cacheIgnoreInputVars": ["by"],
            "generatesDeck": True,
            "metadata": {"labels": {"team": "x"}, "annotations": {"note": "y"}},
        },
        "interface": {
            "inputs": {"variables": {"x": {"type": {"simple": "INTEGER"}}, "by": {"type": {"simple": "INTEGER"}}}},
            "outputs": {"variables": {"o0": {"type": {"simple": "INTEGER"}}}},
        },
        "container": {
            "image": "img",
            "resources": {
                "requests": [
                    {"name": "CPU", "value": "500m"},
                    {"name": "MEMORY", "value": "2Gi"},
                    {"name": "GPU", "value": "1"},
                    {"name": "EPHEMERAL_STORAGE", "value": "10Gi"},
                ],
                "limits": [{"name": "CPU", "value": "2"}, {"name": "GPU", "value": "1"}],
            },
            "env": [{"key": "A", "value": "1"}, {"key": "B", "value": "2"}],
        },
        "securityContext": {
            "secrets": [
                {"group": "team", "key": "token"},
                {"group": "team", "key": "key", "mountRequirement": "ENV_VAR", "envVar": "KEY"},
            ]
        },
    }


def test_docstring_becomes_description() -> None:
    task = serialize([p.add], SETTINGS).tasks[0].spec
    assert task.description.short_description == "Add two numbers."
    assert task.template.interface.inputs.variables["x"].description == "the first number, on two lines."


def test_node_ids_follow_call_order(request_: service_pb2.RegisterRequest) -> None:
    assert [(node.id, node.metadata.name) for node in request_.workflows[-1].spec.template.nodes] == [
        ("n0", "add"), ("n1", "go-live"), ("n2", "sleep"), ("n3", "by"), ("n4", "map-everything"), ("n5", "inner"), ("n6", "plan"),
        ("n7", "report"), ("n8", "tell"), ("n9", "map-inner"), ("n10", "pair"), ("n11", "score"), ("n14", "when0"),
    ]  # fmt: skip


def test_gates(request_: service_pb2.RegisterRequest) -> None:
    nodes = nodes_of(request_)
    assert nodes["n1"].gate_node.approve.signal_id == "go-live"
    assert nodes["n1"].metadata.timeout.seconds == 43200
    assert list(nodes["n1"].upstream_node_ids) == ["n0", "n2"]
    assert nodes["n2"].gate_node.sleep.duration.seconds == 300
    assert nodes["n3"].gate_node.signal.type.simple == core.SimpleType.INTEGER
    assert not nodes["n3"].metadata.HasField("timeout")


def test_array(request_: service_pb2.RegisterRequest) -> None:
    array = nodes_of(request_)["n4"].array_node
    assert array.is_original_sub_node_interface.value
    assert list(array.bound_inputs) == ["by"]
    assert (array.parallelism, array.min_success_ratio) == (4, 0.75)
    assert array.node.task_node.reference_id.name.endswith("everything")
    assert [b.promise.node_id for b in array.node.inputs[0].binding.collection.bindings] == ["", "n1", ""]


def test_map_of_a_workflow_goes_by_its_launch_plan(request_: service_pb2.RegisterRequest) -> None:
    array = nodes_of(request_)["n9"].array_node
    assert array.node.workflow_node.launchplan_ref.name == "tests.sdk.programs.inner"


def test_sub_workflow_and_launch_plan_nodes(request_: service_pb2.RegisterRequest) -> None:
    nodes = nodes_of(request_)
    assert nodes["n5"].workflow_node.sub_workflow_ref.name == "tests.sdk.programs.inner"
    assert nodes["n6"].workflow_node.launchplan_ref.name == "plan"
    assert [one.id.name for one in request_.workflows[-1].spec.sub_workflows] == [
        "tests.sdk.programs.inner",
        f"{__name__}.big.when0-case0",
    ]


def test_path_of_a_promise(request_: service_pb2.RegisterRequest) -> None:
    promise = nodes_of(request_)["n8"].inputs[0].binding.promise
    assert (promise.node_id, promise.var) == ("n7", "o0")
    assert [(a.string_value, a.int_value) for a in promise.attr_path] == [("words", 0), ("", 0)]


def test_branch(request_: service_pb2.RegisterRequest) -> None:
    node = nodes_of(request_)["n14"]
    assert [one.var for one in node.inputs] == ["n11.o0", ".flag", "n10.o0"]
    block = node.branch_node.if_else
    left = block.case.condition.conjunction.left_expression.comparison
    assert (left.left_value.var, left.operator, left.right_value.primitive.float_value) == ("n11.o0", core.ComparisonExpression.GT, 1.0)
    assert block.case.then_node.workflow_node.sub_workflow_ref.name.endswith("big.when0-case0")
    assert block.other[0].then_node.task_node.reference_id.name.endswith("shout")
    assert block.error.message == "weak"
    assert list(node.upstream_node_ids) == ["n10", "n11", "n8"]


def test_workflow_metadata_and_failure_node(request_: service_pb2.RegisterRequest) -> None:
    template = request_.workflows[-1].spec.template
    assert template.metadata.on_failure == core.WorkflowMetadata.FAIL_AFTER_EXECUTABLE_NODES_COMPLETE
    assert template.metadata_defaults.interruptible
    assert (template.failure_node.id, template.failure_node.inputs[0].binding.promise.var) == ("fn0", "x")


def test_launch_plans(request_: service_pb2.RegisterRequest) -> None:
    plans = {one.id.name: one.spec for one in request_.launch_plans}
    parameters = plans[f"{__name__}.big"].default_inputs.parameters
    assert parameters["x"].required
    assert parameters["flag"].default.scalar.primitive.boolean
    assert plans["plan"].default_inputs.parameters["x"].default.scalar.primitive.integer == 5
    assert plans["plan"].workflow_id.name == "tests.sdk.programs.inner"
    assert plans["plan"].max_parallelism == 3


def test_fixed_inputs() -> None:
    plan = al.LaunchPlan(p.inner, "fixed", fixed={"x": 1})
    spec = next(one for one in serialize([plan], SETTINGS).launch_plans if one.id.name == "fixed").spec
    assert spec.fixed_inputs.literals["x"].scalar.primitive.integer == 1
    assert not spec.default_inputs.parameters


@pytest.mark.parametrize("is_first", [True, False])
def test_own_launch_plan_of_the_workflows_name_replaces_the_default(is_first: bool) -> None:
    plan = al.LaunchPlan(p.inner, p.inner.name, inputs={"x": 9})
    request = serialize([plan, p.inner] if is_first else [p.inner, plan], SETTINGS)
    (only,) = request.launch_plans
    assert only.spec.default_inputs.parameters["x"].default.scalar.primitive.integer == 9


def test_overrides_on_a_call() -> None:
    @al.workflow
    def wf(x: int) -> int:
        one = p.add.override(name="renamed", retries=3, resources=al.Resources(cpu=1))(x)
        return p.add(one).with_overrides(timeout="1m", cache="2", interruptible=False, image="other")  # type: ignore[attr-defined]

    first, second = serialize([wf], SETTINGS).workflows[0].spec.template.nodes
    assert (first.metadata.name, first.metadata.retries.retries) == ("renamed", 3)
    assert first.task_node.overrides.resources.requests[0].value == "1"
    assert (second.metadata.timeout.seconds, second.metadata.cache_version) == (60, "2")
    assert second.metadata.interruptible is False
    assert second.task_node.overrides.container_image == "other"


def test_references_are_not_registered() -> None:
    @al.reference_task(project="other", domain="prod", name="far.away", version="v9")
    def far(x: int) -> int: ...  # type: ignore[empty-body]

    @al.workflow
    def wf(x: int) -> int:
        return far(x)

    request = serialize([wf], SETTINGS)
    assert not request.tasks
    node = request.workflows[0].spec.template.nodes[0]
    assert EntityId.from_proto(node.task_node.reference_id) == EntityId(core.TASK, "other", "prod", "far.away", "v9")


def test_task_inside_a_function_cannot_be_registered() -> None:
    @al.task
    def local(x: int) -> int:
        return x

    with pytest.raises(DefinitionError, match="move it to module level"):
        serialize([local], SETTINGS)


def test_two_entities_of_one_name_are_refused() -> None:
    one, two = (al.task(name="same")(p.add.function) for _ in range(2))
    with pytest.raises(DefinitionError, match="two tasks are called same"):
        serialize([one, two], SETTINGS)


def test_default_and_constant_bindings() -> None:
    @al.workflow
    def wf(x: int = 4) -> int:
        return p.add(x)

    request = serialize([wf], SETTINGS)
    assert [b.var for b in request.workflows[0].spec.template.nodes[0].inputs] == ["x", "by"]
    compiled(request)


def test_by_code_version_is_the_hash() -> None:
    task = al.task(cache=al.Cache(by_code=True), name="x")(p.add.function)
    assert len(serialize([task], SETTINGS).tasks[0].spec.template.metadata.discovery_version) == 16
