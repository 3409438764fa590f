"""What pages ask for, over HTTP, of a server that runs."""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.programs import shapes
from tests.server.harness import LiveServer

import alula as al
from alula.idl import core
from alula.sdk.discover import entities, load_file

SHAPES = "tests.programs.shapes."
PROGRAM = """
import alula as al
from pkg.helper import twice


@al.task
def double(x: int) -> int:
    return twice(x)


@al.workflow
def doubled(x: int = 2) -> int:
    return double(x)
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    live = LiveServer(tmp_path_factory.mktemp("browse") / "home").start()
    live.register(shapes)
    for name, inputs in (("line", {}), ("each", {"xs": [1, 2, 3]}), ("failing", {"x": 7})):
        live.wait(live.launch(SHAPES + name, execution=name, **inputs))
    yield live
    live.stop()


def ask(server: LiveServer, path: str, body: Any = None, /, **query: Any) -> Any:
    url = f"http://{server.http}/api/alula/v1/{path}?{urllib.parse.urlencode(query, doseq=True)}".rstrip("?")
    data = json.dumps(body).encode() if body is not None else None
    with urllib.request.urlopen(urllib.request.Request(url, data, {"content-type": "application/json"}), timeout=30) as answer:
        return json.load(answer)


def refused(server: LiveServer, path: str, body: Any = None, /, **query: Any) -> int:
    with pytest.raises(urllib.error.HTTPError) as error:
        ask(server, path, body, **query)
    error.value.close()
    return error.value.code


def test_the_overview(server: LiveServer) -> None:
    found = ask(server, "overview")
    [place] = [p for p in found["places"] if p["project"] == "default"]
    assert (place["domain"], place["succeeded"], place["failed"], place["running"]) == ("development", "2", "1", "0")
    assert [p["succeeded"] for p in found["people"]] == ["2"]
    assert found["grpc"] == server.address


def test_executions(server: LiveServer) -> None:
    found = ask(server, "executions", phases=["FAILED", "ABORTED"], project="default", count="true")
    assert ([e["id"]["name"] for e in found["executions"]], found["total"], found["is_total_exact"]) == (["failing"], "1", True)
    created = found["executions"][0]["closure"]["created_at"]
    assert ask(server, "executions", created_before=created, order="created_at")["executions"][0]["id"]["name"] == "line"
    for wrong in ({"token": "x"}, {"order": "x"}, {"phases": "X"}, {"nothing": 1}, {"limit": 5000}):
        assert refused(server, "executions", **wrong) == 400


def test_names_and_versions(server: LiveServer) -> None:
    found = ask(server, "entities/WORKFLOW/default/development", text="SHAPES.LINE")["entities"]
    assert [(e["latest"]["name"], e["versions"], [r["name"] for r in e["runs"]]) for e in found] == [(SHAPES + "line", "1", ["line"])]
    [version] = ask(server, f"versions/WORKFLOW/default/development/{SHAPES}line")["versions"]
    assert (version["id"]["version"], version["runs"]) == ("v1", "1")
    one = ask(server, f"entities/WORKFLOW/default/development/{SHAPES}line")
    assert (one["latest"]["name"], one["versions"]) == (SHAPES + "line", "1")
    assert refused(server, "entities/WORKFLOW/default/development/line") == 404
    assert refused(server, "versions/WORKFLOW/default/development/nothing") == 404
    assert refused(server, "entities/DATASET/default/development") == 400


def test_attempts_and_items(server: LiveServer) -> None:
    found = ask(server, "attempts/default/development/each")["attempts"]
    assert [(a["item"], a["phase"]) for a in found] == [(1, "SUCCEEDED"), (2, "SUCCEEDED"), (3, "SUCCEEDED")]
    assert len(ask(server, "attempts/default/development/each", node_id="n0", item=2)["attempts"]) == 1
    items = ask(server, "items/default/development/each/n0")
    assert (items["size"], base64.b64decode(items["phases"])) == (3, bytes([core.TaskExecution.SUCCEEDED]) * 3)
    assert refused(server, "items/default/development/line/n0") == 400
    summary = ask(server, "items_summary/default/development/each/n0")
    assert (summary["timed"], len(summary["slowest"]), summary.get("failures", [])) == (3, 3, [])
    assert refused(server, "items_summary/default/development/line/n0") == 400
    assert refused(server, "attempts/default/development/nothing") == 404
    one = ask(server, "attempts/default/development/line/n0/0")
    assert (one["phase"], one["has_log"], one["task_id"]["name"]) == ("SUCCEEDED", True, SHAPES + "inc")


def test_comparison_and_check(server: LiveServer) -> None:
    ids = [{"project": "default", "domain": "development", "name": name} for name in ("line", "failing")]
    found = ask(server, "compare", {"ids": ids})["executions"]
    assert [e["execution"]["closure"]["phase"] for e in found] == ["SUCCEEDED", "FAILED"]
    plan = {"resource_type": "LAUNCH_PLAN", "project": "default", "domain": "development", "name": SHAPES + "line", "version": "v1"}
    request = {"project": "default", "domain": "development", "name": "line", "spec": {"launch_plan": plan}}
    request["inputs"] = {"literals": {"x": {"scalar": {"primitive": {"string_value": "one"}}}}}
    problems = ask(server, "check", request)["problems"]
    assert [(p["field"], p["code"]) for p in problems] == [("name", "EXECUTION_EXISTS"), ("inputs.x", "INVALID_INPUT")]
    assert all(p["message"] for p in problems)


def test_the_code_of_a_version(server: LiveServer, tmp_path: Path) -> None:
    for name, text in {"program.py": PROGRAM, "pkg/__init__.py": "", "pkg/helper.py": "def twice(x):\n    return 2 * x\n"}.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    (tmp_path / "pyproject.toml").write_text("")
    with al.connect(server.address, project="default", domain="development") as client:
        version = client.register(*entities(load_file(tmp_path / "program.py")), root=tmp_path).version
    for kind, name in (("WORKFLOW", "program.doubled"), ("LAUNCH_PLAN", "program.doubled"), ("TASK", "program.double")):
        place = f"code/{kind}/default/development/{name}/{version}"
        files = {file["path"]: int(file["size"]) for file in ask(server, place)["files"]}
        assert files["pkg/helper.py"] == len("def twice(x):\n    return 2 * x\n")
        assert ask(server, f"{place}/file", path="program.py")["text"] == PROGRAM
        assert refused(server, f"{place}/file", path="../program.py") == 404
    installed = ask(server, f"code/WORKFLOW/default/development/{SHAPES}line/v1")
    assert (installed["files"], installed["uri"]) == ([], "")
    assert refused(server, f"code/WORKFLOW/default/development/{SHAPES}line/v9") == 404
    assert refused(server, "code/DATASET/default/development/x/v1") == 400
