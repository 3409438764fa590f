from __future__ import annotations

from typing import Any

import pytest
from tests.compiler import programs
from tests.compiler.specs import serialize

from alula.compiler.closure import compile_task
from alula.errors import CompileFailed
from alula.idl import core

R = core.Resources


def template(**fields: Any) -> Any:
    id_ = core.Identifier(resource_type=core.TASK, project="p", domain="d", name="t", version="v")
    return core.TaskTemplate(**{"id": id_, "type": "python-task", **fields})


def container(requests: dict[int, str] | None = None, limits: dict[int, str] | None = None, image: str = "python:3.11") -> Any:
    entries = {
        kind: [R.ResourceEntry(name=name, value=value) for name, value in (amounts or {}).items()]
        for kind, amounts in (("requests", requests), ("limits", limits))
    }
    return template(container=core.Container(image=image, resources=R(**entries)))


def pod(name: str, **config: str) -> Any:
    task = template(config=config)
    resources = {"requests": {"cpu": "2", "memory": "1Gi"}, "limits": {"cpu": 1}}
    task.k8s_pod.pod_spec.update({"containers": [{"name": name, "resources": resources}]})
    return task


def nameless() -> Any:
    task = template()
    task.id.name = ""
    task.id.resource_type = core.WORKFLOW
    task.interface.inputs.variables["a/b"].type.simple = core.SimpleType.INTEGER
    task.interface.outputs.variables["o"].SetInParent()
    return task


def test_tasks_as_flytekit_sends_them_compile() -> None:
    for task in serialize(programs.bound_mapping).tasks.values():
        assert compile_task(task).template == task


@pytest.mark.parametrize(
    "task",
    [
        template(),
        template(type="bigquery_query_job_task", sql=core.Sql(statement="select 1")),
        container({R.CPU: "500m", R.MEMORY: "1Gi"}, {R.CPU: "1", R.MEMORY: "1Gi"}),
        container({R.GPU: "1"}),
        container({}, {R.GPU: "1"}),
        container({R.GPU: "1"}, {R.GPU: "1000m"}),
    ],
)
def test_a_task_compiles(task: Any) -> None:
    assert compile_task(task).template == task


@pytest.mark.parametrize(
    ("task", "message"),
    [
        (nameless(), "ID task id: name is empty; give the task a name"),
        (nameless(), "ID task id: expected the id of a task, got that of a workflow"),
        (nameless(), 'VARIABLE_NAME input "a/b": this is no name for a variable'),
        (nameless(), 'VARIABLE_TYPE output "o": it has no type, or one this server does not know'),
        (template(type=""), "TASK_TYPE task: the type is empty; say what runs it, for instance python-task"),
        (container(image=""), "IMAGE container: the image is empty; name a container image"),
        (
            container({R.CPU: "many"}),
            "RESOURCE_QUANTITY container request \"cpu\": expected a quantity, got 'many'; write for instance 2, 500m or 1Gi",
        ),
        (container({R.CPU: "-1"}), "RESOURCE_QUANTITY container request \"cpu\": expected a quantity, got '-1'"),
        (
            container({R.MEMORY: "2Gi"}, {R.MEMORY: "2G"}),
            'RESOURCE_LIMIT container request "memory": 2Gi is above the limit 2G; lower the request or raise the limit',
        ),
        (container({R.GPU: "1"}, {R.GPU: "2"}), 'RESOURCE_GPU container request "gpu": request 1 and limit 2 differ'),
        (template(sql=core.Sql(statement=" ")), "SQL task: the statement is empty; write the query to run"),
        (template(k8s_pod=core.K8sPod()), "POD k8s_pod: the pod spec has no containers"),
        (pod("main"), 'RESOURCE_LIMIT container "main" request "cpu": 2 is above the limit 1'),
        (pod("main", primary_container_name="primary"), "POD k8s_pod: no container is called 'primary'; the containers are: main"),
    ],
)
def test_a_task_that_cannot_run_is_refused(task: Any, message: str) -> None:
    with pytest.raises(CompileFailed) as caught:
        compile_task(task)
    assert message in str(caught.value)


def test_a_resource_given_twice_is_refused() -> None:
    task = container({R.CPU: "1"})
    task.container.resources.requests.add(name=R.CPU, value="1")
    with pytest.raises(CompileFailed, match='RESOURCE_DUPLICATE container request "cpu": given twice; give it once'):
        compile_task(task)


def test_an_environment_variable_has_a_name() -> None:
    task = container()
    task.container.env.add(key="A=B", value="c")
    with pytest.raises(CompileFailed, match="ENVIRONMENT container env 'A=B': this is no environment variable; use NAME=value"):
        compile_task(task)
