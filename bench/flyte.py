"""The flytekit side of S9: a chain of unmodified flytekit tasks, and the container command it replaces."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from bench.flyte_chain import chain_50, inc
from bench.server import Bench, environment, now

VERSION = "v1"


def register_chain(bench: Bench, length: int) -> str:
    """Registers the chain as `pyflyte register --copy none` would; its launch plan's name."""
    from flytekit.configuration import Image, ImageConfig, SerializationSettings
    from flytekit.tools.translator import get_serializable

    from alula.idl import admin, core
    from alula.idl.v1 import service_pb2

    image = ImageConfig(default_image=Image(name="default", fqn="bench", tag="1"), images=[])
    settings = SerializationSettings(project="default", domain="development", version=VERSION, image_config=image)
    made: dict[object, object] = {}
    workflow = get_serializable(made, settings, chain_50)  # type: ignore[arg-type]
    task = get_serializable(made, settings, inc)  # type: ignore[arg-type]

    def id_(kind: int, name: str) -> core.Identifier:
        return core.Identifier(resource_type=kind, project="default", domain="development", name=name, version=VERSION)

    template = core.TaskTemplate.FromString(task.template.to_flyte_idl().SerializeToString())
    spec = admin.WorkflowSpec.FromString(workflow.to_flyte_idl().SerializeToString())
    name = spec.template.id.name
    bench.stub.Register(
        service_pb2.RegisterRequest(
            tasks=[admin.TaskCreateRequest(id=template.id, spec=admin.TaskSpec(template=template))],
            workflows=[admin.WorkflowCreateRequest(id=spec.template.id, spec=spec)],
            launch_plans=[
                admin.LaunchPlanCreateRequest(
                    id=id_(core.LAUNCH_PLAN, name),
                    spec=admin.LaunchPlanSpec(workflow_id=spec.template.id, default_inputs=_defaults(spec)),
                )
            ],
        )
    )
    return str(name)


def _defaults(spec: object) -> object:
    from alula.idl import core

    variable = spec.template.interface.inputs.variables["x"]  # type: ignore[attr-defined]
    default = core.Literal(scalar=core.Scalar(primitive=core.Primitive(integer=0)))
    return core.ParameterMap(parameters={"x": core.Parameter(var=variable, default=default)})


def container_command_s() -> float:
    """Wall seconds of `pyflyte-execute` as a container would run it, the least of three."""
    from alula.idl import core

    found = []
    with tempfile.TemporaryDirectory(prefix="alula-bench-") as name:
        folder = Path(name)
        inputs = core.LiteralMap()
        inputs.literals["x"].scalar.primitive.integer = 1
        (folder / "inputs.pb").write_bytes(inputs.SerializeToString())
        command = [
            *(str(Path(sys.executable).with_name("pyflyte-execute")), "--inputs", str(folder / "inputs.pb")),
            *("--output-prefix", str(folder / "out"), "--raw-output-data-prefix", str(folder / "raw")),
            *("--checkpoint-path", str(folder / "check"), "--prev-checkpoint", '""'),
            *("--resolver", "flytekit.core.python_auto_container.default_task_resolver", "--"),
            *("task-module", "bench.flyte_chain", "task-name", "inc"),
        ]
        for _ in range(3):
            begin = now()
            subprocess.run(command, check=True, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            found.append(now() - begin)
    return min(found)
