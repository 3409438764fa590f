"""Comparing versions, going back to one, and asking the cache: the commands against a real server."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.conftest import Result

PROGRAM = """
import alula as al


@al.task
def greet(name: str) -> str:
    return f"Hello, {name}!"


@al.task(cache="1")
def shout(text: str, times: int) -> str:
    return " ".join([text.upper()] * times)


@al.workflow
def hello(who: str = "world", times: int = 2) -> str:
    return shout(greet(who), times)
"""


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program of its own name, so that its workflow has no versions of other tests."""
    path = tmp_path / f"prog_{tmp_path.name.replace('-', '_')}.py"
    path.write_text(PROGRAM)
    monkeypatch.syspath_prepend(str(tmp_path))
    return path


def register(live: Callable[..., Result], program: Path, text: str, version: str) -> str:
    """Registers a changed program in a fresh import; the workflow's name."""
    program.write_text(text)
    sys.modules.pop(program.stem, None)
    done = live("register", program, "--version", version)
    assert done.code == 0, done.err
    return f"{program.stem}.hello"


def test_diff_names_what_changed_and_nothing_else(live: Callable[..., Result], program: Path) -> None:
    name = register(live, program, PROGRAM, "v1")
    changed = PROGRAM.replace("Hello", "Good day").replace('cache="1"', 'cache="2", retries=3').replace("times: int = 2", "times: int = 3")
    register(live, program, changed, "v2")
    found = json.loads(live("diff", name, "--json").out)
    assert (found["old"], found["new"], found["interface"], found["graph"]) == ("v1", "v2", [], [])
    task = f"{program.stem}.shout"
    assert found["tasks"] == [f"{task}: metadata.discovery_version: '1' → '2'", f"{task}: metadata.retries.retries: nothing → 3"]
    (file,) = found["code"]
    assert (
        file["path"] == program.name
        and '-    return f"Hello, {name}!"' in file["lines"]
        and '+    return f"Good day, {name}!"' in file["lines"]
    )
    shown = live("diff", name, "v1", "v2").out
    assert shown.startswith(f"workflow {name}  v1 → v2\n\ntasks\n") and "no difference" not in shown
    plan = json.loads(live("diff", name, "--kind", "launch-plan", "--json").out)
    assert plan["settings"] and all("default_inputs" in line for line in plan["settings"])
    assert live("diff", name, "v1", "v1").out.endswith("no difference\n")


def test_diff_of_interface_and_graph(live: Callable[..., Result], program: Path) -> None:
    name = register(live, program, PROGRAM, "v1")
    changed = (
        PROGRAM.replace("def greet(name: str)", 'def greet(name: str, mark: str = "!")')
        .replace("return shout(greet(who), times)", "return shout(shout(greet(who), times), times)")
        .replace('who: str = "world"', 'who: str = "world", more: bool = True')
    )
    register(live, program, changed, "v2")
    found = json.loads(live("diff", name, "--json").out)
    assert found["interface"] == ["inputs.variables['more']: nothing → type { simple: BOOLEAN }"]
    assert "n2 shout: added" in found["graph"] and any(line.startswith("n0 greet: inputs[mark]") for line in found["graph"])
    task = json.loads(live("diff", f"{program.stem}.greet", "--json").out)
    assert task["kind"] == "task" and task["interface"] == ["inputs.variables['mark']: nothing → type { simple: STRING }"]


def test_diff_of_what_is_not_there_says_so(live: Callable[..., Result], program: Path) -> None:
    name = register(live, program, PROGRAM, "v1")
    assert (live("diff", name).code, "v1 is the only version" in live("diff", name).err) == (2, True)
    assert "no workflow, task or launch plan of that name" in live("diff", "nothing").err
    assert "does not exist" in live("diff", name, "v8", "v9").err


def test_diff_of_executions_points_to_compare(live: Callable[..., Result], program: Path) -> None:
    name = register(live, program, PROGRAM, "v1")
    for execution in ("one", "other"):
        assert live("launch", name, "--wait", "--name", execution).code == 0
    both = live("diff", "one", "other")
    assert (
        both.code,
        f"'one' is an execution, diff compares versions of a workflow, task or launch plan: `alula diff {name}`" in both.err,
    ) == (2, True)
    assert "executions are compared by `alula compare one other`" in both.err
    assert "`alula compare one EXECUTION`" in live("diff", "one").err
    assert live("compare", "one", "other").code == 0


MAPPED = """
import alula as al


@al.task(cache="1")
def square(x: int) -> int:
    print(f"squaring {x}")
    return x * x


@al.workflow
def squares(xs: list[int]) -> list[int]:
    return al.map(square)(x=xs)
"""


def test_items_from_the_cache_say_who_computed_them(live: Callable[..., Result], program: Path) -> None:
    name = register(live, program, MAPPED, "v1").replace("hello", "squares")
    for execution, xs in (("sq1", "[1, 2]"), ("sq2", "[2, 3]")):
        assert live("launch", name, "--xs", xs, "--wait", "--name", execution).code == 0
    rows = [line.split() for line in live("get", "node", "sq2", "n0").out.splitlines()]
    at = rows.index(["ITEM", "PHASE", "ATTEMPTS", "CACHE", "COMPUTED", "BY"])
    assert rows[at + 1 :] == [["0", "SUCCEEDED", "0", "HIT", "sq1", "n0[1]"], ["1", "SUCCEEDED", "1", "POPULATED"]]
    items = json.loads(live("get", "node", "sq2", "n0", "--json").out)["items"]
    hit = {"item": 0, "phase": "SUCCEEDED", "attempts": 0, "cache": "HIT", "computed_by": "sq1 n0[1]", "execution": "", "error": ""}
    assert items[0] == hit
    assert "computed before, by sq1 n0[1]" in live("cache", "explain", "sq2", "n0").out
    (explained,) = json.loads(live("cache", "explain", "sq2", "n0", "--json").out)
    assert [(one["item"], one["source"]) for one in explained["items"]] == [(0, {"execution": "sq1", "node": "n0", "item": 1})]
    assert live("logs", "sq2", "n0", "--item", "1").out == "squaring 3\n"
    log = live("logs", "sq2", "n0", "--item", "0")
    assert (log.code, "sq2 n0[0] came from the cache" in log.err, "`alula logs sq1 n0 --item 1`" in log.err) == (2, True, True)
    assert live("logs", "sq1", "n0", "--item", "1").out == "squaring 2\n"
    assert live("cache", "evict", "sq2", "n0").out == "2 entries evicted\n", "what it was given, and what it computed"


def test_rollback_decides_what_is_launched_by_name_and_back(live: Callable[..., Result], program: Path) -> None:
    name = register(live, program, PROGRAM, "v1")
    register(live, program, PROGRAM.replace("Hello", "Good day"), "v2")
    assert live("launch", name, "--who", "Ada", "--times", "1", "--wait").out == "GOOD DAY, ADA!\n"
    assert live("rollback", name, "v1").out == f"{name} launches v1 (before: the newest)\n"
    assert live("launch", name, "--who", "Ada", "--times", "1", "--wait").out == "HELLO, ADA!\n"
    assert [line.split()[1:3] for line in live("list", "launch-plans", name).out.splitlines()[1:]][1] == ["v1", "ACTIVE"]
    assert live("launch", f"{name}:v2", "--who", "Ada", "--times", "1", "--wait").out == "GOOD DAY, ADA!\n"
    assert json.loads(live("rollback", name, "latest", "--json").out) == {"name": name, "active": "", "before": "v1", "newest": "v2"}
    assert live("launch", name, "--who", "Ada", "--times", "1", "--wait").out == "GOOD DAY, ADA!\n"
    assert (live("rollback", name, "v7").code, "v7 does not exist" in live("rollback", name, "v7").err) == (2, True)
    assert "no workflow or launch plan of that name" in live("rollback", "nothing", "v1").err


def test_a_new_version_that_is_not_launched_is_said_to_be_so(live: Callable[..., Result], program: Path) -> None:
    name = register(live, program, PROGRAM, "v1")
    register(live, program, PROGRAM.replace("Hello", "Good day"), "v2")
    assert "active" not in live("get", "workflow", name).out and "STATE" not in live("list", "workflows", name).out
    assert live("rollback", name, "v1").code == 0
    program.write_text(PROGRAM.replace("Hello", "Good evening"))
    sys.modules.pop(program.stem)
    done = live("register", program, "--version", "v3", "--json")
    follow = f"`alula rollback {name} latest` follows the newest"
    assert done.err == f"note: {name} launches v1, to which it was rolled back; {follow}\n" and json.loads(done.out)["version"] == "v3"
    assert live("get", "workflow", name).out.splitlines()[:2] == [f"workflow {name}:v3", f"active: v1, launched by name; {follow}"]
    assert live("get", "workflow", f"{name}:v1").out.splitlines()[1] == "active: v1"
    assert json.loads(live("get", "workflow", name, "--json").out)["active"] == "v1"
    shown = [line.split()[1:2] + line.split()[4:] for line in live("list", "workflows", name).out.splitlines()[1:]]
    assert shown == [["v3", "launches", "v1"], ["v2"], ["v1", "ACTIVE"]]
    assert live("rollback", name, "latest").code == 0
    assert "note" not in live("register", program, "--version", "v3").err


def test_the_cache_says_why_and_forgets_when_told(live: Callable[..., Result], program: Path) -> None:
    name = register(live, program, PROGRAM, "v1")
    first = json.loads(live("launch", name, "--who", "Eve", "--wait", "--json").out)["execution"]
    again = json.loads(live("launch", name, "--who", "Eve", "--wait", "--json").out)["execution"]
    explained = {each["node"]: each for each in json.loads(live("cache", "explain", again, "--json").out)}
    assert explained["n0"]["status"] == "DISABLED"
    assert (explained["n1"]["status"], explained["n1"]["source"]) == ("HIT", {"execution": first, "node": "n1"})
    assert f"by {first} n1" in live("cache", "explain", again, "n1").out
    log, debugged = live("logs", again, "n1"), live("debug", again, "n1")
    assert (log.code, debugged.code) == (2, 2)
    assert f"{again} n1 came from the cache; who computed it has the log: `alula logs {first} n1` [NOT_FOUND]" in log.err
    assert f"{again} n1 came from the cache; who computed it can be run again: `alula debug {first} n1`" in debugged.err
    assert live("cache", "evict", again, "n1").out == "1 entry evicted\n", "a hit names the entry, too"
    assert live("cache", "evict", first, "n1").out == "0 entries evicted\n"
    third = json.loads(live("launch", name, "--who", "Eve", "--wait", "--json").out)["execution"]
    assert json.loads(live("cache", "explain", third, "n1", "--json").out)[0]["status"] == "POPULATED"
    assert live("cache", "evict", "--task", f"{program.stem}.shout", "--cache-version", "9").out == "0 entries evicted\n"
    assert live("cache", "evict", "--task", f"{program.stem}.shout").out == "1 entry evicted\n"
    for wrong in ((), (first,), (first, "--task", "x"), (first, "n9")):
        assert live("cache", "evict", *wrong).code == 2, wrong
