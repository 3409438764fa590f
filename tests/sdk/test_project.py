"""Where a worker imports a module from, and what it would take for another."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.objectstore.trees import write

from alula.errors import DefinitionError
from alula.sdk.project import check_import, import_folders, module_file


def test_src_and_root_come_first_and_a_scripts_folder_last(tmp_path: Path) -> None:
    write(tmp_path, {"src/pack/mod.py": "", "top.py": "", "jobs/nightly.py": ""})
    assert import_folders(tmp_path, "") == ([tmp_path / "src", tmp_path], [])
    assert import_folders(tmp_path, "top") == ([tmp_path / "src", tmp_path], [])
    flat = write(tmp_path / "flat", {"jobs/nightly.py": "", "pack/__init__.py": "", "pack/mod.py": ""})
    assert import_folders(flat, "jobs.nightly") == ([flat], [flat / "jobs"])
    assert import_folders(flat, "pack.mod") == ([flat], [])


def test_elsewhere_a_package_goes_before_what_is_installed_and_a_script_behind(tmp_path: Path) -> None:
    write(tmp_path, {"lib/pack/__init__.py": "", "lib/pack/mod.py": "", "jobs/b.py": "", "jobs/deep/b.py": "", ".hidden/c.py": ""})
    assert import_folders(tmp_path, "pack.mod") == ([tmp_path / "lib", tmp_path], [])
    assert import_folders(tmp_path, "b") == ([tmp_path], [tmp_path / "jobs"])
    assert import_folders(tmp_path, "c") == ([tmp_path], [])


def test_a_module_is_a_file_or_a_package(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "", "b/__init__.py": "", "c/d.py": ""})
    assert [module_file(tmp_path, name) for name in ("a", "b", "c", "c.d")] == [
        tmp_path / "a.py",
        tmp_path / "b" / "__init__.py",
        None,
        tmp_path / "c" / "d.py",
    ]


def test_what_a_worker_would_not_find_or_mistake_is_refused(tmp_path: Path) -> None:
    write(tmp_path, {"a/same.py": "", "b/same.py": "", "c/x.py": ""})
    check_import(tmp_path, "same", tmp_path / "a" / "same.py")
    with pytest.raises(DefinitionError, match=r"a/same\.py on a worker; rename one of them"):
        check_import(tmp_path, "same", tmp_path / "b" / "same.py")
    with pytest.raises(DefinitionError, match="in vain"):
        check_import(tmp_path, "other.x", tmp_path / "c" / "x.py")
