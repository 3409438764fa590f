"""A file has one module name, wherever it is run from."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from alula.errors import DefinitionError, NotFound
from alula.sdk.discover import entities, find, import_root, load_file, module_name, project_root

FLOW = """
import alula as al

@al.task
def one(x: int) -> int:
    return x

@al.workflow
def flow(x: int = 1) -> int:
    return one(x)

plan = al.LaunchPlan(flow, "plan")
again = one
if __name__ == "__main__":
    print(one.name, flow.name, one.ref, flow(3))
"""


@pytest.fixture(autouse=True)
def _restore() -> Iterator[None]:
    path, modules = list(sys.path), set(sys.modules)
    yield
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        del sys.modules[name]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("pyproject.toml", "src/pack/__init__.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    for name in ("src/pack/sub.py", "top.py", "jobs/nightly.py", "jobs/bad-name.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(FLOW)
    return tmp_path


def test_names_start_at_the_project(project: Path) -> None:
    assert module_name(project / "src/pack/sub.py") == "pack.sub"
    assert module_name(project / "src/pack/__init__.py") == "pack"
    assert module_name(project / "top.py") == "top"
    assert module_name(project / "jobs/nightly.py") == "jobs.nightly"
    assert import_root(project / "src/pack/sub.py") == project / "src"
    assert project_root(project / "jobs/nightly.py") == project
    with pytest.raises(DefinitionError, match="'bad-name' cannot be part of a module name"):
        module_name(project / "jobs/bad-name.py")


def test_entities_are_those_the_module_defines(project: Path) -> None:
    module = load_file(project / "jobs/nightly.py")
    assert [entity.name for entity in entities(module)] == ["jobs.nightly.one", "jobs.nightly.flow", "plan"]
    assert find(module, "flow").name == "jobs.nightly.flow"
    assert find(module, "jobs.nightly.one").label == "one"
    with pytest.raises(NotFound, match="defines no 'other'; it defines one, flow, plan"):
        find(module, "other")
    with pytest.raises(NotFound, match="no such file"):
        load_file(project / "gone.py")


def test_a_script_that_is_run_has_the_same_names(project: Path) -> None:
    for folder in (project, project / "jobs"):
        done = subprocess.run([sys.executable, str(project / "jobs/nightly.py")], cwd=folder, check=True, capture_output=True, text=True)
        assert done.stdout.split() == ["jobs.nightly.one", "jobs.nightly.flow", "jobs.nightly:one", "3"]


def test_file_whose_name_is_taken_is_refused(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other") / "top.py"
    other.write_text(FLOW)
    load_file(project / "top.py")
    with pytest.raises(DefinitionError, match="rename the file"):
        load_file(other)
