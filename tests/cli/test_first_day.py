"""The first day: what a newcomer does wrong, and what is said of it: where, what was expected, what to do. Nothing is left half done."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.cli.conftest import Result
from tests.server.harness import LiveServer

from alula.cli.support.group import run

# name: (exit code, what is said, the program); {file} stands for its path, {name} for its name.
MISTAKES: dict[str, tuple[int, str, str]] = {
    "unknown_type": (
        2,
        "type Thing is not supported; use int,",
        """\
import alula as al
class Thing:
    pass
@al.task
def f(x: Thing) -> int:
    return 1
@al.workflow
def wf() -> int:
    return f(Thing())
""",
    ),
    "launch_plan_in_the_wrong_order": (
        2,
        "7: launch plan: expected a workflow and then a name, got str 'nightly' first; write al.LaunchPlan(workflow, \"name\")",
        """\
import alula as al
@al.task
def f() -> int:
    return 1
@al.workflow
def wf() -> int: return f()
plan = al.LaunchPlan("nightly", wf)
""",
    ),
    "no_annotation": (
        2,
        "2: task f: input 'x' has no type; annotate it",
        """\
import alula as al
@al.task
def f(x) -> int:
    return 1
@al.workflow
def wf() -> int:
    return f(1)
""",
    ),
    "no_return_annotation": (
        2,
        "f returns nothing; order it with `>>`, or annotate what it returns",
        """\
import alula as al
@al.task
def f(x: int):
    return x
@al.workflow
def wf() -> int:
    return f(1)
""",
    ),
    "returns_undeclared": (
        1,
        "task f declares no output but returned int; annotate its return type",
        """\
import alula as al
@al.task
def f(x: int):
    return x
@al.workflow
def wf():
    f(1)
""",
    ),
    "mutable_default": (
        0,
        "1",
        """\
import alula as al
@al.task
def f(xs: list[int] = []) -> int:
    xs.append(1)
    return len(xs)
@al.workflow
def wf() -> int:
    return f()
""",
    ),
    "too_many_positional": (
        2,
        "7: task f takes 1 inputs, got 2",
        """\
import alula as al
@al.task
def f(x: int) -> int:
    return x
@al.workflow
def wf() -> int:
    return f(1, 2)
""",
    ),
    "unknown_argument": (
        2,
        "7: task f has no input 'y'; it takes x",
        """\
import alula as al
@al.task
def f(x: int) -> int:
    return x
@al.workflow
def wf() -> int:
    return f(y=1)
""",
    ),
    "missing_argument": (
        2,
        "7: task f needs input 'x'",
        """\
import alula as al
@al.task
def f(x: int) -> int:
    return x
@al.workflow
def wf() -> int:
    return f()
""",
    ),
    "wrong_constant": (
        2,
        "7: task f, input 'x': expected int, got str 'a'",
        """\
import alula as al
@al.task
def f(x: int) -> int:
    return x
@al.workflow
def wf() -> int:
    return f('a')
""",
    ),
    "wrong_promise_type": (
        2,
        'node "n1" (f) input "x": expected int, got str from node "n0" output "o0"; pass a whole number or annotate x: str ({file}:10)',
        """\
import alula as al
@al.task
def g() -> str:
    return 'a'
@al.task
def f(x: int) -> int:
    return x
@al.workflow
def wf() -> int:
    return f(g())
""",
    ),
    "returns_wrong_type": (
        1,
        "task f, output 'o0': expected int, got str 'a'",
        """\
import alula as al
@al.task
def f(x: int) -> int:
    return 'a'
@al.workflow
def wf() -> int:
    return f(1)
""",
    ),
    "returns_too_few": (
        1,
        "task f declares 2 outputs but returned int; return a tuple of that length",
        """\
import alula as al
@al.task
def f(x: int) -> tuple[int, int]:
    return x
@al.workflow
def wf() -> tuple[int, int]:
    return f(1)
""",
    ),
    "task_in_function": (
        2,
        "3: task f is defined inside a function; move it to module level",
        """\
import alula as al
def make():
    @al.task
    def f(x: int) -> int:
        return x
    return f
inner = make()
@al.workflow
def wf() -> int:
    return inner(1)
""",
    ),
    "lambda_task": (
        2,
        "input 'x' has no type; annotate it",
        """\
import alula as al
f = al.task(lambda x: x)
@al.workflow
def wf() -> int:
    return f(1)
""",
    ),
    "name_clash": (
        2,
        "two tasks are called same; give one of them name=",
        """\
import alula as al
@al.task(name='same')
def f(x: int) -> int:
    return x
@al.task(name='same')
def g(x: int) -> int:
    return x
@al.workflow
def wf() -> int:
    return g(f(1))
""",
    ),
    "if_promise": (
        2,
        "7: if, and, or, not, in, or a chain a < p < b on a comparison: the value is not known",
        """\
import alula as al
@al.task
def f(x: int) -> int:
    return x
@al.workflow
def wf() -> int:
    if f(1) > 0:
        return f(2)
    return f(3)
""",
    ),
    "loop_promise": (
        2,
        "write al.map(task, over=…)(…)",
        """\
import alula as al
@al.task
def f() -> list[int]:
    return [1]
@al.task
def g(x: int) -> int:
    return x
@al.workflow
def wf() -> list[int]:
    return [g(x) for x in f()]
""",
    ),
    "len_promise": (
        2,
        "len() of a result: the value is not known while the workflow is being defined; compute it in a @task",
        """\
import alula as al
@al.task
def f() -> list[int]:
    return [1]
@al.workflow
def wf() -> int:
    return len(f())
""",
    ),
    "add_promise": (
        2,
        "`+` on a result",
        """\
import alula as al
@al.task
def f() -> int:
    return 1
@al.workflow
def wf() -> int:
    return f() + 1
""",
    ),
    "fstring_promise": (
        2,
        "an f-string with a result",
        """\
import alula as al
@al.task
def f() -> int:
    return 1
@al.task
def g(x: str) -> str:
    return x
@al.workflow
def wf() -> str:
    return g(f'value {f()}')
""",
    ),
    "print_in_workflow": (
        2,
        "text made of a result",
        """\
import alula as al
@al.task
def f() -> int:
    return 1
@al.workflow
def wf() -> int:
    x = f()
    print('got', x)
    return x
""",
    ),
    "plain_function_in_workflow": (
        2,
        "3: `*` on a result",
        """\
import alula as al
def helper(x):
    return x * 2
@al.task
def f() -> int:
    return 1
@al.workflow
def wf() -> int:
    return helper(f())
""",
    ),
    "math_on_promise": (
        2,
        "float() of a result",
        """\
import alula as al
import math
@al.task
def f() -> float:
    return 1.0
@al.workflow
def wf() -> float:
    return math.sqrt(f())
""",
    ),
    "await_in_workflow": (
        2,
        "workflow wf is async, but a workflow's body is traced and waits for nothing; write `def`",
        """\
import alula as al
@al.task
def f() -> int:
    return 1
@al.workflow
async def wf() -> int:
    return await f()
""",
    ),
    "not_awaited": (
        1,
        "the call of task f was not awaited; write `await` before it",
        """\
import alula as al
@al.task
def f() -> int:
    return 1
@al.task
async def d() -> int:
    return f() + 1
@al.workflow
def wf() -> int:
    return d()
""",
    ),
    "workflow_without_return": (
        2,
        "expected int, got NoneType None",
        """\
import alula as al
@al.task
def f() -> int:
    return 1
@al.workflow
def wf() -> int:
    f()
""",
    ),
    "workflow_undeclared_return": (
        2,
        "workflow wf declares no output but returns one; annotate its return type",
        """\
import alula as al
@al.task
def f() -> int:
    return 1
@al.workflow
def wf():
    return f()
""",
    ),
    "empty_workflow": (
        2,
        "it has no nodes; call at least one task in it ({file}:2)",
        """\
import alula as al
@al.workflow
def wf() -> int:
    return 1
""",
    ),
    "recursion": (
        2,
        "workflow wf contains itself",
        """\
import alula as al
@al.workflow
def wf(x: int = 1) -> int:
    return wf(x)
""",
    ),
    "unknown_option": (
        2,
        "@task has no option 'retry'; there are name, cache, retries",
        """\
import alula as al
@al.task(retry=3)
def f() -> int:
    return 1
@al.workflow
def wf() -> int:
    return f()
""",
    ),
    "negative_retries": (
        2,
        "retries=-1: expected ≥ 0",
        """\
import alula as al
@al.task(retries=-1)
def f() -> int:
    return 1
@al.workflow
def wf() -> int:
    return f()
""",
    ),
    "bad_timeout": (
        2,
        "expected a span, got 'soon'; write \"20m\"",
        """\
import alula as al
@al.task(timeout='soon')
def f() -> int:
    return 1
@al.workflow
def wf() -> int:
    return f()
""",
    ),
    "bad_resources": (
        2,
        'Resources(mem=\'lots\'): not a quantity; write 2, "500m" or "2Gi"',
        """\
import alula as al
@al.task(resources=al.Resources(mem='lots'))
def f() -> int:
    return 1
@al.workflow
def wf() -> int:
    return f()
""",
    ),
    "too_much_memory": (
        1,
        "the task asks for 900.0 GiB of memory, this machine's executor has",
        """\
import alula as al
@al.task(resources=al.Resources(mem='900Gi'))
def f() -> int:
    return 1
@al.workflow
def wf() -> int:
    return f()
""",
    ),
    "missing_secret": (
        1,
        'secret "db/password" is neither in _FSEC_DB_PASSWORD nor in',
        """\
import alula as al
@al.task(secrets=['db/password'])
def f() -> str:
    return al.secret('db/password')
@al.workflow
def wf() -> str:
    return f()
""",
    ),
    "undeclared_secret": (
        1,
        'declare secrets=[al.Secret("db/password")] on the task and store it',
        """\
import alula as al
@al.task
def f() -> str:
    return al.secret('db/password')
@al.workflow
def wf() -> str:
    return f()
""",
    ),
    "missing_module": (
        1,
        "It is not installed where this task runs: install it there",
        """\
import alula as al
@al.task
def f() -> int:
    import not_installed_here
    return 1
@al.workflow
def wf() -> int:
    return f()
""",
    ),
    "missing_module_at_top": (
        2,
        "1: importing {file} failed with ModuleNotFoundError",
        """\
import not_installed_here
import alula as al
""",
    ),
    "syntax_error": (
        2,
        "3: importing {file} failed with SyntaxError",
        """\
import alula as al
@al.task
def f( -> int:
    return 1
""",
    ),
    "file_vanishes": (
        1,
        "/tmp/never_written_here.txt is not there; a File must exist when it is passed on",
        """\
import alula as al
@al.task
def f() -> al.File:
    return al.File('/tmp/never_written_here.txt')
@al.workflow
def wf() -> al.File:
    return f()
""",
    ),
    "unserialisable": (
        1,
        "output 'o0': ['a']: expected int, got function",
        """\
import alula as al
@al.task
def f() -> dict[str, int]:
    return {'a': lambda: 1}
@al.workflow
def wf() -> dict[str, int]:
    return f()
""",
    ),
    "non_string_keys": (
        2,
        "keys must be str; write dict[str, int]",
        """\
import alula as al
@al.task
def f() -> dict[int, int]:
    return {1: 2}
@al.workflow
def wf() -> dict[int, int]:
    return f()
""",
    ),
    "set_type": (
        2,
        "type set[int] is not supported",
        """\
import alula as al
@al.task
def f() -> set[int]:
    return {1}
@al.workflow
def wf() -> set[int]:
    return f()
""",
    ),
    "any_type": (
        2,
        "Any says nothing about the value; name the type",
        """\
import alula as al
from typing import Any
@al.task
def f(x: Any) -> Any:
    return x
@al.workflow
def wf() -> Any:
    return f(1)
""",
    ),
    "bare_list": (
        2,
        "list without an element type; write list[int]",
        """\
import alula as al
@al.task
def f(x: list) -> int:
    return 1
@al.workflow
def wf() -> int:
    return f([1])
""",
    ),
    "star_args": (
        2,
        "*xs has no fixed type; use a list or a dict parameter",
        """\
import alula as al
@al.task
def f(*xs: int) -> int:
    return 1
@al.workflow
def wf() -> int:
    return f(1)
""",
    ),
    "map_without_list": (
        2,
        'none of the inputs is a list to go over; write al.map(…, over="name")',
        """\
import alula as al
@al.task
def f(x: int) -> int:
    return 1
@al.workflow
def wf() -> list[int]:
    return al.map(f)(x=1)
""",
    ),
    "map_unequal": (
        1,
        "its lists differ in length (x: 2, y: 1); make them equal",
        """\
import alula as al
@al.task
def f(x: int, y: int) -> int:
    return 1
@al.workflow
def wf() -> list[int]:
    return al.map(f)(x=[1, 2], y=[1])
""",
    ),
    "map_plain_function": (
        2,
        "al.map goes over a task, got function; decorate the function with @al.task",
        """\
import alula as al
def f(x: int) -> int:
    return 1
@al.workflow
def wf() -> list[int]:
    return al.map(f)(x=[1])
""",
    ),
    "when_without_otherwise": (
        2,
        "without a last case; end it with .otherwise(…)",
        """\
import alula as al
@al.task
def f() -> int:
    return 1
@al.workflow
def wf() -> int:
    return al.when(f() > 1).then(f())
""",
    ),
    "when_python_and": (
        2,
        "joining comparisons by (…) & (…) and (…) | (…)",
        """\
import alula as al
@al.task
def f() -> int:
    return 1
@al.workflow
def wf() -> int:
    x = f()
    return al.when(x > 1 and x < 3).then(f()).otherwise(f())
""",
    ),
    "approve_constant": (
        2,
        "al.approve takes the result of a call, got int",
        """\
import alula as al
@al.task
def f(x: int) -> int:
    return 1
@al.workflow
def wf() -> int:
    return f(al.approve(3, 'go'))
""",
    ),
    "gate_outside": (
        2,
        "al.sleep(…) belongs in the body of a @workflow; in a plain function use time.sleep",
        """\
import alula as al
al.sleep('5m')
""",
    ),
    "exception": (
        1,
        'ZeroDivisionError: division by zero\n\nIn your code (most recent call last):\n  File "{name}", line 4, in f',
        """\
import alula as al
@al.task
def f(x: int) -> float:
    return 1 / x
@al.workflow
def wf(x: int = 0) -> float:
    return f(x)
""",
    ),
    "sys_exit": (
        1,
        "SystemExit: 3",
        """\
import alula as al
import sys
@al.task
def f() -> int:
    sys.exit(3)
@al.workflow
def wf() -> int:
    return f()
""",
    ),
    "decorator_order": (
        2,
        "task f is hidden by another decorator, so no worker would find it; put @al.task on top",
        """\
import alula as al
import functools
def log(g):
    @functools.wraps(g)
    def inner(*a, **k):
        return g(*a, **k)
    return inner
@log
@al.task
def f(x: int) -> int:
    return x
@al.workflow
def wf() -> int:
    return f(1)
""",
    ),
    "method_task": (
        2,
        "task f is a method; a task is a function at module level",
        """\
import alula as al
class A:
    @al.task
    def f(self, x: int) -> int:
        return x
@al.workflow
def wf() -> int:
    return A().f(1)
""",
    ),
    "forward_reference": (
        2,
        "annotation 'Later' cannot be resolved; define it at module level",
        """\
import alula as al
@al.task
def f(x: 'Later') -> int:
    return 1
@al.workflow
def wf() -> int:
    return f(1)
""",
    ),
    "use_output_of_none": (
        2,
        "f returns nothing; order it with `>>`",
        """\
import alula as al
@al.task
def f() -> None:
    pass
@al.task
def g(x: int) -> int:
    return x
@al.workflow
def wf() -> int:
    return g(f())
""",
    ),
    "unpack_single": (
        2,
        "a loop over a result or a, b = result",
        """\
import alula as al
@al.task
def f() -> int:
    return 1
@al.workflow
def wf() -> int:
    a, b = f()
    return a
""",
    ),
    "huge_int": (
        1,
        "expected int of at most 64 bits",
        """\
import alula as al
@al.task
def f() -> int:
    return 2**80
@al.workflow
def wf() -> int:
    return f()
""",
    ),
    "not_a_workflow": (
        2,
        "defines no 'wf'; it defines nothing",
        """\
import alula as al
def wf():
    return 1
""",
    ),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    live = LiveServer(tmp_path_factory.mktemp("first_day") / "home").start()
    yield live
    live.stop()


@pytest.fixture
def alula(server: LiveServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Result]:
    monkeypatch.setenv("ALULA_ADDRESS", server.address)
    monkeypatch.setenv("ALULA_SETTINGS", "/nowhere")
    monkeypatch.setattr(sys, "path", [*sys.path])  # what a program puts on it must not be there for other tests

    def call(*args: object) -> Result:
        code = run([str(arg) for arg in args])
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return call


def written(folder: Path, name: str, text: str) -> Path:
    (folder / "pyproject.toml").touch()
    file = folder / f"{name}.py"
    file.write_text(text)
    return file


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_with_its_place_and_remedy(alula: Callable[..., Result], tmp_path: Path, name: str) -> None:
    code, said, text = MISTAKES[name]
    file = written(tmp_path, f"first_day_{name}", text)
    done = alula("run", file, "wf", "--remote")
    told = done.out + done.err
    assert done.code == code, told
    assert said.replace("{file}", str(file)).replace("{name}", file.name) in told, told
    assert "Traceback" not in told and "internal error" not in told, told
    if code == 2:
        assert file.name in told or file.stem in told, "it must say where"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("cache=1", 'cache=1: expected a version as text, True or an al.Cache, got int; write cache="1"'),
        ("cache=al.Cache(version=1)", 'Cache(version=1): expected text, got int; write Cache(version="1")'),
        ("cache=al.Cache(version='1', ignore='x')", "Cache(ignore='x'): expected a list of text, got str; write Cache(ignore=[\"x\"])"),
        ("resources={'cpu': 1}", "resources={'cpu': 1}: expected an al.Resources, got dict; write resources=al.Resources(cpu=1)"),
        ("resources='1'", "resources='1': expected an al.Resources, got str; write resources=al.Resources(cpu=1, mem=\"2Gi\")"),
        ("resources=al.Resources(mem=512)", 'Resources(mem=512): 512 bytes; say the unit, "512Mi" or "512Gi"'),
        ("resources=al.Resources(mem='512m')", 'Resources(mem=\'512m\'): 512 thousandths of a byte; say the unit, "512Mi" or "512Gi"'),
        ("resources=al.Resources(mem=('1Gi', 2))", 'Resources(mem=2): 2 bytes; say the unit, "2Mi" or "2Gi"'),
        ("resources=al.Resources(disk=0.5)", 'Resources(disk=0.5): 0.5 bytes; say the unit, "0.5Mi" or "0.5Gi"'),
        ("env={'A': 1}", 'env={\'A\': 1}: expected text for names and values; write {"A": "1"}'),
        ("env=['A']", "env=['A']: expected a dict of text, got list"),
        ("labels=['a']", 'labels=[\'a\']: expected a dict of text, got list; write labels={"name": "text"}'),
        ("annotations='a'", "annotations='a': expected a dict of text, got str"),
        ("retries='3'", "retries='3': expected a whole number ≥ 0, got str; write retries=3"),
        ("retries=1.5", "retries=1.5: expected a whole number ≥ 0, got float"),
        ("retries=10**12", "retries=1000000000000: expected ≤ 2147483647"),
        ("timeout=float('inf')", "timeout: expected a span of less than 10⁹ days, got inf s"),
        ("name=1", "name=1: expected text, got int"),
        ("image=1", "image=1: expected text, got int"),
        ("deck='yes'", "deck='yes': expected True or False, got str"),
        ("interruptible=1", "interruptible=1: expected True or False, got int"),
        ("secrets='a/b'", "secrets='a/b': expected a list, got str; write secrets=[\"a/b\"]"),
        ("secrets=[1]", "secrets=[1]: expected names or al.Secret, found 1 in it"),
        ("environment='e'", "environment='e': expected an al.Environment, got str"),
        ("environment=al.Environment('e', env=['a'])", "Environment(env=['a']): expected a dict of text, got list"),
        ("environment=al.Environment('e', packages=1)", "Environment(packages=1): expected a list of text, got int"),
        ("environment=al.Environment('e', resources=1)", "resources=1: expected an al.Resources, got int"),
    ],
)
def test_a_malformed_option_of_a_task_is_told_at_its_line(alula: Callable[..., Result], tmp_path: Path, options: str, said: str) -> None:
    name = f"option_{abs(hash(options))}"
    file = written(tmp_path, name, f"import alula as al\n\n\n@al.task({options})\ndef wf() -> int:\n    return 1\n")
    done = alula("run", file, "wf", "--remote")
    assert done.code == 2 and f"{file}:4: {said}" in done.err, done.err


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("al.LaunchPlan(inner, 'p', labels=['a'])", "labels=['a']: expected a dict of text, got list"),
        ("al.LaunchPlan(inner, 'p', env={'A': 1})", "env={'A': 1}: expected text for names and values"),
        ("al.LaunchPlan(inner, 'p', fixed=['x'])", "fixed=['x']: expected a dict, got list"),
        ("al.LaunchPlan(inner, 1)", "name=1: expected text, got int"),
        ("al.LaunchPlan(inner, 'p', max_parallelism=-1)", "max_parallelism=-1: expected ≥ 0"),
        ("al.LaunchPlan(inner, 'p', overwrite_cache='no')", "overwrite_cache='no': expected True or False, got str"),
        ("al.workflow(interruptible='no')(lambda: None)", "interruptible='no': expected True or False, got str"),
        ("al.workflow(name=1)(lambda: None)", "name=1: expected text, got int"),
        ("al.workflow(1)", "@workflow decorates a function, got int"),
        ("f.override(retries='1')", "retries='1': expected a whole number ≥ 0, got str; write retries=1"),
        ("f.override(cache=1)", "cache=1: expected a version as text"),
        (
            "f.override(resources={'mem': '1Gi'})",
            "resources={'mem': '1Gi'}: expected an al.Resources, got dict; write",
        ),
        ("f.override(interruptible=1)", "interruptible=1: expected True or False, got int"),
        ("f.override(image=1)", "image=1: expected text, got int"),
        ("al.shell('s', None)", "script=None: expected text, got NoneType"),
        ("al.shell(1, 'echo')", "name=1: expected text, got int"),
        ("al.shell('s', 'echo', inputs=['x'])", "inputs=['x']: expected a dict, got list"),
        ("al.sql('s', 1)", "query=1: expected text, got int"),
        ("al.WorkflowBuilder(1)", "name=1: expected text, got int"),
        ("al.map(f, [1])", "al.map(f, …) takes the lists in a second call, by name; write al.map(f)(x=xs)"),
        ("al.map(f, over=1)", "map(over=1): expected a list of text, got int"),
        ("al.map(f, concurrency='2')", "map(concurrency='2'): expected a whole number ≥ 1, got str; write map(concurrency=2)"),
        ("al.map(f, concurrency=0)", "map(concurrency=0): expected ≥ 1; leave it out for no limit"),
        ("al.map(f, min_successes=1.0)", "map(min_successes=1.0): expected a whole number ≥ 0, got float"),
        ("al.map(f, min_success_ratio='1')", "map(min_success_ratio='1'): expected a share in (0, 1], got str"),
    ],
)
def test_a_malformed_option_of_anything_else_is_told_at_its_line(
    alula: Callable[..., Result], tmp_path: Path, line: str, said: str
) -> None:
    program = HELLO.replace("def wf(", "def inner(") + f"\n\n@al.workflow\ndef wf() -> int:\n    {line}\n    return f(1)\n"
    file = written(tmp_path, f"inside_{abs(hash(line))}", program)
    done = alula("run", file, "wf", "--remote")
    assert done.code == 2 and f"{file}:17: {said}" in done.err, done.err


@pytest.mark.parametrize("decorator", ["task", "workflow"])
def test_a_default_of_another_type_is_told_with_its_name_and_line(alula: Callable[..., Result], tmp_path: Path, decorator: str) -> None:
    text = f"import alula as al\n\n\n@al.{decorator}\ndef wf(x: int = 'a') -> int:\n    return x\n"
    file = written(tmp_path, f"default_of_a_{decorator}", text)
    done = alula("run", file, "wf", "--remote")
    assert done.code == 2 and f"{file}:4: {decorator} wf, input 'x': its default: expected int, got str 'a'" in done.err, done.err


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "@al.tsk\ndef f() -> int: ...",
            "4: importing {file} failed with AttributeError: module 'alula' has no attribute 'tsk'; did you mean task?",
        ),
        ("{}['nine']", "4: importing {file} failed with KeyError: nine; correct it there"),
        ("raise SystemExit(0)", "4: importing {file} failed with SystemExit: 0"),
        ("class Own(BaseException): ...\nraise Own('so')", "5: importing {file} failed with Own: so"),
        ("import json; json.loads('{')", "4: importing {file} failed with JSONDecodeError"),
        ("f(g(1)", "was never closed"),
    ],
)
def test_whatever_an_import_raises_is_the_files_own_mistake(alula: Callable[..., Result], tmp_path: Path, line: str, said: str) -> None:
    file = written(tmp_path, f"raises_{abs(hash(line))}", f"import alula as al\n\n\n{line}\n")
    done = alula("run", file, "wf", "--remote")
    assert done.code == 2 and f"{file}:" in done.err and said.replace("{file}", str(file)) in done.err, done.err


def test_whatever_the_body_of_a_workflow_raises_is_told_at_its_line(alula: Callable[..., Result], tmp_path: Path) -> None:
    file = written(tmp_path, "body_raises", HELLO.replace("    return f(x)", "    return f(1 // 0)"))
    done = alula("run", file, "wf", "--x", "1", "--remote")
    assert done.code == 2 and f"{file}:12: workflow wf: its body raised ZeroDivisionError" in done.err, done.err


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("return inc.aio(x)", "task wf, output 'o0': expected int, got what was not awaited; write `await inc.aio(…)`"),
        ("return inc(x)", "task wf, output 'o0': expected int, got what was not awaited; write `await inc(…)`"),
        ("return own()", "task wf, output 'o0': expected int, got what was not awaited; write `await own(…)`"),
        ("return await inc.aio(inc.aio(x))", "task inc, input 'x': expected int, got what was not awaited; write `await inc.aio(…)`"),
    ],
)
def test_a_forgotten_await_is_told(alula: Callable[..., Result], tmp_path: Path, line: str, said: str) -> None:
    head = "import alula as al\n\n\n@al.task\ndef inc(x: int) -> int:\n    return x + 1\n\n\nasync def own() -> int:\n    return 1\n"
    program = f"{head}\n\n@al.task\nasync def wf(x: int = 1) -> int:\n    {line}\n"
    file = written(tmp_path, f"await_{abs(hash(line))}", program)
    done = alula("run", file, "wf", "--remote")
    assert done.code == 1 and said in done.err, done.err


def test_a_range_of_a_result_is_told(alula: Callable[..., Result], tmp_path: Path) -> None:
    file = written(tmp_path, "ranges", HELLO.replace("    return f(x)", "    return [f(i) for i in range(x)][0]"))
    done = alula("run", file, "wf", "--x", "1", "--remote")
    assert done.code == 2 and f"{file}:12: range() of a result" in done.err, done.err
    assert "write al.map(task)(…) for each of a list, or loop in an @al.dynamic" in done.err, done.err


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ('{"layerz": 3}', "Net.layers is missing and has no default; it has no field 'layerz', did you mean layers?"),
        ('{"width": 3}', "Net.layers is missing and has no default; it has no field 'width', only layers"),
        ("{}", "Net.layers is missing and has no default"),
    ],
)
def test_a_misspelt_field_is_named(alula: Callable[..., Result], tmp_path: Path, given: str, said: str) -> None:
    program = """\
from dataclasses import dataclass

import alula as al


@dataclass
class Net:
    layers: int


@al.task
def wf(net: Net) -> int:
    return net.layers
"""
    file = written(tmp_path, f"field_{abs(hash(given))}", program)
    done = alula("run", file, "wf", "--net", given, "--remote")
    assert done.code == 2 and f"input 'net': {said}" in done.err, done.err


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        ("int", "task wf, output 'o0': expected int, got NoneType None; did you forget `return`?"),
        ("tuple[int, str]", "task wf declares 2 outputs but returned NoneType; return a tuple of that length; did you forget `return`?"),
    ],
)
def test_a_forgotten_return_is_told_with_the_line_of_the_task(
    alula: Callable[..., Result], tmp_path: Path, returned: str, said: str
) -> None:
    name = f"no_return_{abs(hash(returned))}"
    file = written(tmp_path, name, f"import alula as al\n\n\n@al.task\ndef wf() -> {returned}:\n    1 + 1\n")
    done = alula("run", file, "wf", "--remote")
    assert done.code == 1 and f"{said} ({file.name}:4)" in done.err, done.err


def test_a_task_that_nobody_registered_has_no_cache_to_evict(alula: Callable[..., Result], tmp_path: Path) -> None:
    assert alula("register", written(tmp_path, "evicting", HELLO)).code == 0
    for name, hint in (("nosuch", "see `alula list tasks`"), ("evicting.ff", "did you mean evicting.f?")):
        done = alula("cache", "evict", "--task", name)
        assert done.code == 2 and f'no task "{name}" in flytesnacks/development; {hint}' in done.err, done.err
    assert alula("cache", "evict", "--task", "evicting.f").out == "0 entries evicted\n"


def test_a_folder_where_a_file_is_expected_is_told(alula: Callable[..., Result], tmp_path: Path) -> None:
    done = alula("run", tmp_path, "wf")
    assert done.code == 2 and f"{tmp_path} is a folder; expected a Python file" in done.err, done.err


HELLO = """
import alula as al


@al.task
def f(x: int) -> int:
    return x


@al.workflow
def wf(x: int, loud: bool = False) -> int:
    return f(x)
"""


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("wf",), "missing --x (int)"),
        (("wf", "--x", "one"), "--x: expected int, got 'one'"),
        (("wf", "--y", "1"), "No such option"),
        (("wf", "--x", "1", "2"), "unexpected argument '2'; inputs are options"),
        (("wf", "-i", "x"), "expected NAME=VALUE"),
        (("wf", "--x", "1", "-i", "x=2"), "input 'x' is given twice"),
        (("nothing", "--x", "1"), "defines no 'nothing'; it defines f, wf"),
        (("wf", "--x", "1", "--local"), "--local and a server exclude each other"),
    ],
)
def test_a_wrong_command_line_is_told(alula: Callable[..., Result], tmp_path: Path, args: tuple[str, ...], said: str) -> None:
    file = written(tmp_path, f"typed_{abs(hash(args))}", HELLO)
    done = alula("run", file, *args, "--remote")
    assert (done.code, said in done.err) == (2, True), done.err


def test_modules_that_import_each_other_are_told_by_name(alula: Callable[..., Result], tmp_path: Path) -> None:
    written(tmp_path, "circle_b", "from circle_a import one\n")
    file = written(tmp_path, "circle_a", "from circle_b import two\nimport alula as al\none = 1\n")
    done = alula("run", file, "wf", "--remote")
    assert done.code == 2 and "partially initialized module 'circle_a'" in done.err and "circle_b.py:1" in done.err
    for name in ("circle_a", "circle_b"):
        sys.modules.pop(name, None)


def test_a_file_named_like_a_module_that_is_loaded_is_told(alula: Callable[..., Result], tmp_path: Path) -> None:
    done = alula("run", written(tmp_path, "json", HELLO), "wf", "--x", "1", "--remote")
    assert done.code == 2 and "rename the file" in done.err


def test_a_module_that_is_left_out_of_the_bundle_is_told(alula: Callable[..., Result], tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("secret_helper.py\n")
    written(tmp_path, "secret_helper", "value = 1\n")
    import subprocess

    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    program = HELLO.replace("    return x", "    from secret_helper import value\n    return x + value")
    done = alula("run", written(tmp_path, "left_out", program), "wf", "--x", "1", "--remote")
    assert done.code == 1 and "No module named 'secret_helper'" in done.err and "put it into the project" in done.err


def test_a_large_output_is_stored_and_comes_back_whole(alula: Callable[..., Result], tmp_path: Path) -> None:
    program = HELLO.replace("-> int", "-> str").replace("return x", "return 'a' * x")
    done = alula("run", written(tmp_path, "large", program), "wf", "--x", str(300_000), "--remote")
    assert done.code == 0 and len(done.out) == 300_001, "large text is stored and comes back whole"


def test_other_code_under_a_version_that_exists_is_told(alula: Callable[..., Result], tmp_path: Path) -> None:
    file = written(tmp_path, "same_version", HELLO)
    assert alula("register", file, "--version", "fixed").code == 0
    sys.modules.pop("same_version")
    file.write_text(HELLO.replace("loud: bool = False", "loud: bool = True"))
    done = alula("register", file, "--version", "fixed")
    assert done.code == 2 and "[DIFFERENT_STRUCTURE]" in done.err and "register it under a new version" in done.err, done.err
