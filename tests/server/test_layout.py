"""However a project is laid out, what runs here is found by a fresh worker on a server."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.objectstore.trees import write
from tests.server.harness import LiveServer

pytestmark = pytest.mark.slow

TASK = "import alula as al\n{imports}\n\n@al.task\ndef ask(x: int) -> int:\n    {late}\n    return x + {answer}\n"
FLOW = "\n@al.workflow\ndef flow(x: int = 1) -> int:\n    return {call}(x)\n"
LAUNCH = """
if __name__ == "__main__":
    with al.connect() as client:
        print(client.launch(flow, x=1).wait("1m").outputs)
"""
RUN = ("-m", "alula.cli", "run")


def flow(imports: str, answer: str, late: str = "pass", call: str = "ask") -> str:
    return TASK.format(imports=imports, answer=answer, late=late) + FLOW.format(call=call)


IMPORTED = "import alula as al; from {module} import flow; print(al.connect().launch(flow, x=1).wait('1m').outputs)"
HELPER = "A = 41\n"

LAYOUTS: dict[str, tuple[dict[str, str], tuple[str, ...]]] = {
    "a lone script": ({"flows.py": flow("import helper", "helper.A"), "helper.py": HELPER}, (*RUN, "flows.py", "flow", "--x", "1")),
    "a lone script that launches itself": ({"flows.py": flow("import helper", "helper.A") + LAUNCH, "helper.py": HELPER}, ("flows.py",)),
    "a package": (
        {
            "pyproject.toml": "",
            "pack/__init__.py": "",
            "pack/flows.py": flow("from .helper import A", "A + late.B", "from pack.deep import late"),
            "pack/helper.py": HELPER,
            "pack/deep/__init__.py": "",
            "pack/deep/late.py": "B = 0\n",
        },
        (*RUN, "pack/flows.py", "flow", "--x", "1"),
    ),
    "a src layout": (
        {
            "pyproject.toml": "",
            "src/pack/__init__.py": "",
            "src/pack/flows.py": flow("from pack import helper", "helper.A"),
            "src/pack/helper.py": HELPER,
        },
        (*RUN, "src/pack/flows.py", "flow", "--x", "1"),
    ),
    "a namespace package": (
        {"pyproject.toml": "", "ns/part/flows.py": flow("import ns.other.helper as helper", "helper.A"), "ns/other/helper.py": HELPER},
        (*RUN, "ns/part/flows.py", "flow", "--x", "1"),
    ),
    "a namespace package below src": (
        {
            "pyproject.toml": "",
            "src/ns/part/flows.py": flow("import ns.other.helper as helper", "helper.A"),
            "src/ns/other/helper.py": HELPER,
        },
        (*RUN, "src/ns/part/flows.py", "flow", "--x", "1"),
    ),
    "a script beside a package": (
        {
            "pyproject.toml": "",
            "pack/__init__.py": "",
            "pack/helper.py": HELPER,
            "jobs/nightly.py": flow("import beside\nfrom pack import helper", "helper.A + beside.B"),
            "jobs/beside.py": "B = 0\n",
        },
        (*RUN, "jobs/nightly.py", "flow", "--x", "1"),
    ),
    "a script that launches itself with tasks of its neighbour": (
        {
            "pyproject.toml": "",
            "jobs/nightly.py": "import alula as al\nimport beside\n" + FLOW.format(call="beside.ask") + LAUNCH,
            "jobs/beside.py": TASK.format(imports="import helper", answer="helper.A", late="pass"),
            "jobs/helper.py": HELPER,
        },
        ("jobs/nightly.py",),
    ),
    "a module run by -m": (
        {
            "pyproject.toml": "",
            "pack/__init__.py": "",
            "pack/flows.py": flow("from . import helper", "helper.A") + LAUNCH,
            "pack/helper.py": HELPER,
        },
        ("-m", "pack.flows"),
    ),
    "a task behind another's decorator": (
        {
            "pyproject.toml": "",
            "flows.py": flow("import contextlib\n\n@contextlib.contextmanager\ndef quiet():\n    yield\n", "41").replace(
                "@al.task\n", "@al.task\n@quiet()\n"
            ),
        },
        (*RUN, "flows.py", "flow", "--x", "1"),
    ),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    live = LiveServer(tmp_path_factory.mktemp("layout") / "home").start()
    yield live
    live.stop()


def run(server: LiveServer, folder: Path, args: tuple[str, ...], python: str = sys.executable) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "ALULA_ADDRESS": server.address}
    environment.pop("PYTHONPATH", None)
    return subprocess.run([python, *args], cwd=folder, env=environment, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_fresh_worker_finds_what_runs_here(server: LiveServer, tmp_path: Path, layout: str) -> None:
    files, args = LAYOUTS[layout]
    done = run(server, write(tmp_path, files), args)
    assert (done.stdout, done.returncode) == ("42\n", 0), done.stderr


@pytest.mark.parametrize("folder", ["src", "lib"])
def test_a_project_that_is_installed_editable(server: LiveServer, tmp_path: Path, folder: str) -> None:
    name = f"editable_{folder}"
    project = f"""
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "{name}"
version = "1"
[tool.hatch.build.targets.wheel]
packages = ["{folder}/{name}"]
"""
    files = {"pyproject.toml": project, f"{folder}/{name}/__init__.py": "", f"{folder}/{name}/helper.py": HELPER}
    root = write(tmp_path / "project", {**files, f"{folder}/{name}/flows.py": flow(f"from {name} import helper", "helper.A")})
    uv, venv = str(Path(sys.executable).with_name("uv")), tmp_path / "venv"
    subprocess.run([uv, "venv", "-q", "--python", sys.executable, str(venv)], check=True, capture_output=True)
    (site,) = venv.glob("lib/python*/site-packages")
    ours = "\n".join(path for path in sys.path if path.endswith(("site-packages", "/src")))
    (site / "ours.pth").write_text(ours + "\n")
    python = str(venv / "bin" / "python")
    install = [uv, "pip", "install", "-q", "--offline", "--python", python, "--no-deps", "--no-build-isolation", "-e", str(root)]
    subprocess.run(install, check=True, capture_output=True, text=True)
    done = run(server, tmp_path, ("-c", IMPORTED.format(module=f"{name}.flows")), python)
    assert (done.stdout, done.returncode) == ("42\n", 0), done.stderr


def test_a_module_that_a_worker_would_mistake_for_another_is_refused_here(server: LiveServer, tmp_path: Path) -> None:
    files = {
        "pyproject.toml": "",
        "a/beside.py": "B = 0\n",
        "jobs/nightly.py": "import alula as al\nimport beside\n" + FLOW.format(call="beside.ask") + LAUNCH,
        "jobs/beside.py": TASK.format(imports="", answer="1", late="pass"),
    }
    done = run(server, write(tmp_path, files), ("jobs/nightly.py",))
    assert done.returncode == 1
    assert "module beside is" in done.stderr and "a/beside.py on a worker; rename one of them" in done.stderr
