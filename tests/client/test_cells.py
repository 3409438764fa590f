"""Tasks and workflows of a notebook, run by a real kernel against a real server."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.objectstore.trees import write
from tests.server.harness import LiveServer

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")

pytestmark = pytest.mark.slow

Run = Callable[..., list[str]]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    live = LiveServer(tmp_path_factory.mktemp("notebook") / "home").start()
    yield live
    live.stop()


@pytest.fixture
def run(server: LiveServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Executes cells in a kernel; what each printed, or the message of what it raised."""
    monkeypatch.setenv("ALULA_ADDRESS", server.address)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")

    def execute(*cells: str, session: str = "") -> list[str]:
        monkeypatch.setenv("JPY_SESSION_NAME", session)
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        client = nbclient.NotebookClient(notebook, timeout=120, allow_errors=True, resources={"metadata": {"path": str(tmp_path)}})
        client.execute(env={**os.environ, "JPY_SESSION_NAME": session})
        return [_said(cell) for cell in notebook.cells]

    return execute


def _said(cell: dict) -> str:  # type: ignore[type-arg]
    said = ""
    for output in cell["outputs"]:
        said += output.get("text", "") if output["output_type"] == "stream" else ""
        said += f"{output['ename']}: {output['evalue']}" if output["output_type"] == "error" else ""
    return said.strip()


START = "import alula as al\nclient = al.connect()"
LAUNCH = "print(client.launch(flow, x=1).wait('1m').outputs)"


def test_a_workflow_of_cells_runs_with_all_that_it_needs(run: Run) -> None:
    cells = [
        START,
        "from __future__ import annotations\nimport os.path\nfrom math import floor as down",
        "from dataclasses import dataclass\nimport json as js",
        "RATE = 40.5\ndf = object()  # nothing that could travel, and nothing uses it",
        "@dataclass\nclass Point:\n    x: int\n    y: int = 0\n\nORIGIN = Point(0)",
        "def helper(x):\n    df = down(RATE)\n    return js.loads(str(x + df + ORIGIN.x))",
        "@al.task\ndef first(x: int) -> Point:\n    assert os.path.exists('/')\n    return Point(helper(x), y=later())",
        "def later():\n    return 1",
        "@al.task(cache=True)\ndef second(p: 'Point') -> int:\n    return p.x + p.y",
        "@al.workflow\ndef flow(x: int) -> int:\n    return second(first(x))",
        LAUNCH,
        "made = client.launch(first, x=2).wait('1m').outputs\nprint(isinstance(made, Point), made, flow.name)",
    ]
    said = run(*cells, session="/home/ada/my train.ipynb")
    assert said[-2:] == ["42", "True Point(x=42, y=1) my_train_ipynb.flow"], said


def test_what_is_defined_anew_is_what_runs_and_the_same_again_is_the_same_version(run: Run) -> None:
    version = "print(client.register(flow).version)"
    said = run(
        START,
        "def helper(x):\n    return x + 1",
        "@al.task\ndef one(x: int) -> int:\n    return helper(x)",
        "@al.workflow\ndef flow(x: int) -> int:\n    return one(x)",
        LAUNCH,
        version,
        "def helper(x):\n    return x + 2",
        LAUNCH,
        version,
        "@al.task\ndef one(x: int) -> int:\n    return helper(x) * 10",
        LAUNCH,
        "1/0\ndef helper(x):\n    return 'never defined'",
        LAUNCH,
        "def helper(x):\n    return x + 1\n\n@al.task\ndef one(x: int) -> int:\n    return helper(x)",
        version,
    )
    assert (said[4], said[7], said[10], said[12]) == ("2", "3", "30", "30"), said
    assert said[5] == said[14] != said[8]


def test_launch_plans_modules_beside_and_magics(run: Run, tmp_path: Path) -> None:
    write(tmp_path, {"pyproject.toml": "", "beside.py": "A = 39\n", "pack/__init__.py": "", "pack/deep.py": "B = 1\n"})
    said = run(
        START,
        "import beside\nimport pack.deep\nfrom typing import Annotated\nNumber = Annotated[int, 'a number']",
        "%%time\n@al.task\ndef one(x: Number) -> int:\n    return x + beside.A + pack.deep.B",
        "@al.workflow\ndef flow(x: int, y: int = 1) -> int:\n    return one(x)\nplan = al.LaunchPlan(flow, 'planned', fixed={'y': 5})",
        "print(client.launch(plan, x=2).wait('1m').outputs)",
    )
    assert said[-1] == "42", said
    assert not (tmp_path / "interactive.py").exists()


TASK = "@al.task\ndef one(x: int) -> int:\n    return "

STUCK: dict[str, tuple[list[str], str]] = {
    "an object": (
        ["table = object()", "def look():\n    return table", TASK + "len(look())"],
        "look uses 'table', of type object: it cannot travel with the code; make it an input",
    ),
    "a magic": ([TASK + "get_ipython().run_line_magic('pwd', '')"], "one uses get_ipython or a magic"),
    "no source": (["exec('def hidden(): return 1')", TASK + "hidden()"], "one uses 'hidden', whose source cannot be found here"),
    "changed since": (
        ["from dataclasses import dataclass\n@dataclass\nclass C:\n    x: int\nCONFIG = C(1)", "CONFIG.x = 2", TASK + "CONFIG.x"],
        "'CONFIG' is no longer what its cell made of it",
    ),
}


@pytest.mark.parametrize("case", STUCK)
def test_what_cannot_travel_is_said_before_anything_is_sent(run: Run, case: str) -> None:
    cells, says = STUCK[case]
    said = run(START, *cells, "client.register(one)")
    assert says in said[-1], said


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="its prompt keeps the source")
def test_a_prompt_that_keeps_no_source_says_so(tmp_path: Path) -> None:
    typed = f"import alula as al\n{TASK}1\n\nal.connect().register(one)\n"
    done = subprocess.run([sys.executable, "-i"], input=typed, capture_output=True, text=True, cwd=tmp_path, timeout=60)
    assert "'one' was typed at a prompt that keeps no source" in done.stderr


def test_an_entity_without_a_name_says_so(run: Run) -> None:
    said = run(START, TASK + "1", "kept = [one]\ndel one", "client.register(kept[0])")
    assert "task one: has no name in this notebook" in said[-1], said
