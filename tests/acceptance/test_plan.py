"""Launch plans, what a launch may set, and how its settings reach the tasks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flytekit import Options
from flytekit.exceptions.base import FlyteException
from flytekit.models.common import Annotations, Labels, RawOutputDataConfig


def plan(run: Any, name: str) -> Any:
    return run.remote.fetch_launch_plan(name=name, version=run.version)


def test_default_and_fixed_inputs(run: Any) -> None:
    execution = run.finish(run.remote.execute(plan(run, "plans.with_defaults"), inputs={}))
    assert execution.outputs["o0"] == 17
    execution = run.finish(run.remote.execute(plan(run, "plans.with_defaults"), inputs={"base": 1}))
    assert execution.outputs["o0"] == 9


def test_fixed_input_cannot_be_given(run: Any, raw: Any, name: str) -> None:
    from flyteidl.admin import execution_pb2
    from flyteidl.core import literals_pb2

    request = execution_pb2.ExecutionCreateRequest(project="default", domain="development", name=name)
    request.spec.launch_plan.CopyFrom(plan(run, "plans.with_defaults").id.to_flyte_idl())
    literal = literals_pb2.Literal(scalar=literals_pb2.Scalar(primitive=literals_pb2.Primitive(integer=1)))
    request.inputs.literals["plus"].CopyFrom(literal)
    with pytest.raises(FlyteException, match="plus"):
        raw._stub.CreateExecution(request)


@pytest.mark.parametrize(("inputs", "message"), [({"x": 1, "y": 2}, "y"), ({}, "x")])
def test_unknown_and_missing_inputs_are_named(run: Any, inputs: dict[str, int], message: str) -> None:
    with pytest.raises(Exception, match=message):
        run.start("programs.graphs.with_subworkflow", inputs)


def test_labels_and_annotations_of_the_launch_replace_those_of_the_plan(run: Any) -> None:
    execution = run.finish(run.remote.execute(plan(run, "plans.labelled"), inputs={}))
    assert execution.spec.labels.values == {"team": "plan"}
    assert execution.spec.annotations.values == {"note": "plan"}
    assert execution.spec.max_parallelism == 3
    options = Options(labels=Labels({"team": "launch"}), annotations=Annotations({"other": "launch"}), max_parallelism=5)
    execution = run.finish(run.remote.execute(plan(run, "plans.labelled"), inputs={}, options=options))
    assert execution.spec.labels.values == {"team": "launch"}
    assert execution.spec.annotations.values == {"other": "launch"}
    assert execution.spec.max_parallelism == 5


def test_tags_and_environment(run: Any) -> None:
    execution = run.succeed(
        "programs.basics.environment", {"names": ["FROM_TASK", "FROM_LAUNCH"]}, envs={"FROM_LAUNCH": "launch"}, tags=["one", "two"]
    )
    assert execution.outputs["o0"] == {"FROM_TASK": "task", "FROM_LAUNCH": "launch"}
    assert sorted(execution.spec.tags) == ["one", "two"]


def test_environment_of_one_launch_does_not_stay_in_the_worker(run: Any) -> None:
    run.succeed("programs.basics.environment", {"names": ["STAYS"]}, envs={"STAYS": "yes"})
    assert run.succeed("programs.basics.environment", {"names": ["STAYS"]}).outputs["o0"] == {"STAYS": ""}


def test_raw_output_prefix(run: Any, tmp_path: Path) -> None:
    options = Options(raw_output_data_config=RawOutputDataConfig(str(tmp_path)))
    run.succeed("programs.values.frames", {"n": 2}, options=options)
    assert list(tmp_path.rglob("*"))


def test_activating_a_plan_deactivates_the_other_version(run: Any, raw: Any) -> None:
    found = plan(run, "programs.plans.power")
    run.remote.activate_launchplan(found.id)
    assert run.remote.fetch_active_launchplan(name="programs.plans.power").id.version == run.version
    run.remote.deactivate_launchplan(found.id)
    assert run.remote.fetch_active_launchplan(name="programs.plans.power") is None


def test_launch_plan_with_a_schedule_is_registered_inactive(run: Any) -> None:
    found = plan(run, "plans.nightly")
    assert found.entity_metadata.schedule.cron_schedule.schedule == "0 3 * * *"


def test_references_resolve_by_name(run: Any, remote: Any) -> None:
    from flytekit import reference_launch_plan, reference_task, workflow
    from flytekit.configuration import Image, ImageConfig, SerializationSettings

    @reference_task(project="default", domain="development", name="programs.basics.double", version=run.version)
    def double(x: int) -> int:  # type: ignore[empty-body]
        ...

    @reference_launch_plan(project="default", domain="development", name="plans.with_defaults", version=run.version)
    def power(base: int) -> int:  # type: ignore[empty-body]
        ...

    @workflow
    def referring(x: int) -> int:
        return power(base=double(x=x))

    settings = SerializationSettings(image_config=ImageConfig(Image("default", "none", "1")), project="default", domain="development")
    remote.register_workflow(referring, settings, version="references")
    execution = run.finish(remote.execute(remote.fetch_workflow(name=referring.name, version="references"), inputs={"x": 3}))
    assert execution.outputs["o0"] == 19
