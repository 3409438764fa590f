"""`alula run` without a server: the real control plane in this process."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.client.conftest import program

from alula.cli.support.group import run

__all__ = ["program"]


def test_run_without_a_server_leaves_its_record_in_the_home_folder(
    program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ALULA_SETTINGS", "/nowhere")
    for name in ("ALULA_ADDRESS", "FLYTE_PLATFORM_URL"):
        monkeypatch.delenv(name, raising=False)
    home = tmp_path / "home"
    assert run(["run", str(program), "twice", "--a", "3", "--home", str(home)]) == 0
    captured = capsys.readouterr()
    assert captured.out == "13\n"
    assert "n1 add SUCCEEDED" in captured.err
    assert run(["run", str(program), "add", "--a", "-1", "--home", str(home), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["outputs"] == {"o0": 1}
    assert (home / "alula.db").exists()


def test_limits_of_the_environment_hold_without_a_server_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ALULA_SETTINGS", "/nowhere")
    monkeypatch.setenv("ALULA_MAX_METRICS", "3")
    program = tmp_path / "chatter.py"
    program.write_text("import alula as al\n\n@al.task\ndef chatter() -> None:\n    for n in range(5):\n        al.log_metric('m', n)\n")
    assert run(["run", str(program), "chatter", "--local", "--home", str(tmp_path / "home")]) == 1
    assert "logged 3 points of at most 3; log less often, or raise ALULA_MAX_METRICS" in capsys.readouterr().err


def test_a_folder_given_to_a_run_holds_its_own_files_and_no_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ALULA_SETTINGS", "/nowhere")
    program = tmp_path / "lists_a_folder.py"
    program.write_text(
        "import alula as al\n\n@al.task\ndef listed(folder: al.Directory) -> list[str]:\n    return sorted(folder.names())\n"
    )
    (tmp_path / "given").mkdir()
    for name in ("a.txt", "b.md5"):
        (tmp_path / "given" / name).write_text(name)
    line = ["run", str(program), "listed", "--folder", str(tmp_path / "given"), "--local", "--home", str(tmp_path / "home"), "--json"]
    assert run(line) == 0
    assert json.loads(capsys.readouterr().out)["outputs"] == {"o0": ["a.txt", "b.md5"]}
