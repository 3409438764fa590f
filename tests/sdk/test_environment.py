from __future__ import annotations

import json
from typing import Any

import pytest

import alula as al
from alula.errors import DefinitionError
from alula.idl import core
from alula.sdk.environment import IMAGES
from alula.sdk.serialize import Settings, environments_of, serialize

PLACE = Settings("p", "d", "v1")

old = al.Environment("old", packages=["iniconfig==1.1.1"], env={"COLOUR": "red"}, resources=al.Resources(cpu=2))
new = al.Environment("new", packages=["iniconfig==2.0.0"], resources=al.Resources(mem="1Gi"))
shared = al.Environment("shared", env={"A": "1", "B": "2"}, image="torch")
IMAGES_OF = {"old": "alula-env:000000000001", "new": "alula-env:000000000002"}


@old.task
def before(x: int) -> int:
    return x + 1


@old.task(retries=2, resources=al.Resources(cpu=1))
def twice(x: int) -> int:
    return 2 * x


@al.task(environment=shared, env={"B": "3"})
def settled(x: int) -> int:
    return x


@al.task
async def drives(x: int) -> int:
    return await before.override(environment=new).aio(x)


@al.workflow
def flow(x: int = 1) -> int:
    return settled(twice(before.override(environment=new)(x)))


@al.workflow
def placed(xs: list[int], x: int = 1) -> int:
    al.map(before.override(environment=new), over="x")(x=xs)
    return al.when(x > 1).then(before.override(environment=new)(x)).otherwise(before(x))


def templates(*entities: Any, images: dict[str, str] | None = None) -> dict[str, core.TaskTemplate]:
    found = serialize(entities, Settings("p", "d", "v1", images=IMAGES_OF if images is None else images)).tasks
    return {each.spec.template.id.name.rsplit(".", 1)[-1]: each.spec.template for each in found}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"name": "1st"}, "name '1st'"),
        ({"packages": ["a"], "lock": "b"}, "packages and lock exclude each other"),
        ({"packages": ["a"], "image": "b"}, "image and packages, lock or python exclude each other"),
        ({"packages": ["../here"]}, r"package '../here': expected a requirement"),
        ({"packages": ["a\n--index-url http://x"]}, "expected a requirement"),
        ({"packages": ["a @ git+https://x"]}, "expected a requirement"),
        ({"python": "3.10"}, "3.11 or newer"),
        ({"python": "3.12.1"}, "expected major.minor"),
        ({"env": {"A B": "1"}}, "env 'A B'"),
    ],
)
def test_a_malformed_environment_is_refused_where_it_is_defined(options: dict[str, Any], says: str) -> None:
    with pytest.raises(DefinitionError, match=rf"test_environment\.py:\d+: Environment\(.*{says}"):
        al.Environment(**{"name": "e", **options})


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: al.task(environment="old"), "expected an al.Environment"),
        (lambda: al.task(environment=old, image="x"), "image and environment exclude each other"),
        (lambda: before.override(environment="old"), "expected an al.Environment"),
        (lambda: before.override(environment=old, image="x"), "give one of them"),
        (lambda: old.task(image="x")(lambda: None), "exclude each other"),
    ],
)
def test_misuse_is_refused_with_its_place(make: Any, says: str) -> None:
    with pytest.raises(DefinitionError, match=rf"test_environment\.py:\d+: .*{says}"):
        made = make()
        made(lambda: None)


def test_a_plain_call_ignores_environments() -> None:
    assert (before(1), flow(x=2), before.override(environment=new)(1)) == (2, 6, 2)


def test_tasks_name_the_image_their_environment_was_resolved_to() -> None:
    found = templates(flow)
    assert [found[name].container.image for name in ("before", "twice", "settled")] == [IMAGES_OF["old"], IMAGES_OF["old"], "torch"]


def test_variables_without_packages_are_the_tasks_own_with_packages_the_registered_environments() -> None:
    found = templates(flow)
    assert {e.key: e.value for e in found["settled"].container.env} == {"A": "1", "B": "3"}
    assert list(found["before"].container.env) == []


def test_resources_of_an_environment_are_those_of_tasks_that_name_none() -> None:
    found = templates(flow)
    assert [found[name].container.resources.requests[0].value for name in ("before", "twice")] == ["2", "1"]


def test_an_override_carries_image_and_resources_and_the_later_one_counts() -> None:
    [workflow] = serialize([flow], Settings("p", "d", "v1", images=IMAGES_OF)).workflows
    overrides = workflow.spec.template.nodes[0].task_node.overrides
    assert (overrides.container_image, overrides.resources.requests[0].value) == (IMAGES_OF["new"], "1Gi")
    later = before.override(environment=new).override(image="x")._overrides
    assert later is not None and (later.image, later.environment) == ("x", None)


def test_overrides_reach_calls_in_maps_and_branches() -> None:
    [workflow] = serialize([placed], Settings("p", "d", "v1", images=IMAGES_OF)).workflows
    array, branch = workflow.spec.template.nodes
    inner = [array.array_node.node, branch.branch_node.if_else.case.then_node, branch.branch_node.if_else.else_node]
    assert [node.task_node.overrides.container_image for node in inner] == [IMAGES_OF["new"], IMAGES_OF["new"], ""]


def test_what_no_call_can_carry_is_refused() -> None:
    with pytest.raises(DefinitionError, match="it has variables and no packages"):
        templates(builder(lambda x: before.override(environment=shared)(x)))
    with pytest.raises(DefinitionError, match="is no task; override the tasks it calls"):
        templates(builder(lambda x: flow.override(environment=new)(x)))


def builder(body: Any) -> Any:
    def outer(x: int = 1) -> int:
        return body(x)

    outer.__qualname__ = "outer"
    return al.workflow(outer)


def test_an_async_task_knows_the_images_it_may_call_others_in_whatever_else_is_registered() -> None:
    alone, together = templates(drives)["drives"], templates(drives, flow)["drives"]
    assert alone == together
    assert {e.key: json.loads(e.value) for e in alone.container.env} == {IMAGES: IMAGES_OF}


def test_environments_are_gathered_from_all_that_is_called() -> None:
    assert [one.name for one in environments_of([flow], PLACE)] == ["old", "new"]
    assert [one.name for one in environments_of([drives], PLACE)] == ["new", "old"]
    assert environments_of([settled], PLACE) == []


def test_one_name_with_two_contents_is_an_error_with_both_places() -> None:
    other = al.Environment("old", packages=["iniconfig==2.0.0"])
    with pytest.raises(
        DefinitionError, match=r"test_environment\.py:\d+: two environments are called 'old' .* at .*test_environment\.py:16$"
    ):
        environments_of([builder(lambda x: twice.override(environment=other)(x))], PLACE)
    same = al.Environment("new", packages=["iniconfig==2.0.0"], resources=al.Resources(mem="1Gi"))
    assert len(environments_of([builder(lambda x: twice.override(environment=same)(x)), drives], PLACE)) == 2


def test_what_was_not_resolved_is_not_serialized() -> None:
    with pytest.raises(DefinitionError, match="environment old was not part of what was registered"):
        templates(before, images={})
