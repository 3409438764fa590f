"""Tasks in environments of their own: a real server, the real uv, packages from the index."""

from __future__ import annotations

import json
import logging
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.server.harness import LiveServer

from alula.cli.support.group import run
from alula.client import connect
from alula.client.sync import Client
from alula.errors import ExecutionFailed, InvalidInput
from alula.idl import core
from alula.idl.phase import ExecutionPhase
from alula.sdk.discover import load_file
from alula.server.embedded import EmbeddedServer

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("environments")]
SOURCE = Path(__file__).resolve().parents[1] / "programs" / "environments.py"


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project of its own, in a repository, with one program."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "pyproject.toml").write_text("[project]\nname='x'\nversion='0'\n")
    file = folder / "environments_program.py"
    file.write_text(SOURCE.read_text())
    git(folder, "init", "--quiet", "--initial-branch", "trunk")
    git(folder, "add", "-A")
    git(folder, "commit", "--quiet", "-m", "first")
    before, path = os.environ.get("ALULA_LOCK_CACHE"), list(sys.path)
    os.environ["ALULA_LOCK_CACHE"] = str(folder.parent / "locks")
    yield file
    sys.path[:] = path
    os.environ.pop("ALULA_LOCK_CACHE") if before is None else os.environ.update(ALULA_LOCK_CACHE=before)


def git(folder: Path, *command: str) -> str:
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    return subprocess.run(["git", "-C", folder, *who, *command], check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    with EmbeddedServer(tmp_path_factory.mktemp("server") / "home") as started:
        yield started


@pytest.fixture
def client(server: EmbeddedServer) -> Iterator[Client]:
    with connect(server.grpc_address) as connected:
        yield connected


def test_two_executions_at_once_build_each_environment_once_and_two_versions_of_a_package_run_in_one_workflow(
    program: Path, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "alula.executors.environment")
    module = load_file(program)
    running = [client.launch(module.both), client.launch(module.both)]
    assert [one.wait("2m").outputs for one in running] == ["1.1.1 red large then 2.0.0 -"] * 2
    built = [record.getMessage().split(" (")[0] for record in caplog.records if ": built in" in record.getMessage()]
    assert sorted(built) == ["environment new", "environment old"]


def test_waiting_for_an_environment_is_on_record_and_in_the_log(
    program: Path, server: EmbeddedServer, client: Client, tmp_path: Path
) -> None:
    with EmbeddedServer(tmp_path / "home") as fresh, connect(fresh.grpc_address) as other:
        execution = other.launch(load_file(program).before).wait("2m")
        [node] = [one for one in execution.nodes if one.name.endswith("before")]
        assert "alula: waited " in "".join(execution.logs(node.id))
        assert "for environment old to be built on this machine" in "".join(execution.logs(node.id))
        shown = json.loads(provisioning(fresh.http_address, execution.id, node.id))
        assert int(shown["provisioning_us"]) > 100_000


def provisioning(address: str, execution: tuple[str, str, str], node: str) -> bytes:
    from urllib.request import urlopen

    with urlopen(f"http://{address}/api/alula/v1/attempts/{'/'.join(execution)}/{node}/0") as answer:
        return bytes(answer.read())


def test_a_call_runs_in_another_environment_with_its_variables(program: Path, client: Client) -> None:
    assert client.launch(load_file(program).swapped).wait("2m").outputs == "2.0.0 - large then 2.0.0 -"


def test_async_and_dynamic_tasks_call_others_in_their_environments(program: Path, client: Client) -> None:
    module = load_file(program)
    assert client.launch(module.drives).wait("2m").outputs == "1.1.1 red large, 2.0.0 - large"
    assert client.launch(module.writes, count=2).wait("2m").outputs == "1.1.1 red large then 2.0.0 - then 2.0.0 -"


def test_an_environment_has_its_own_packages_alone_and_other_tasks_are_where_they_were(program: Path, client: Client) -> None:
    is_alone, outside = client.launch(load_file(program).separate).wait("2m").outputs
    assert is_alone and outside == sys.executable


def test_a_failed_resolution_is_reported_before_anything_is_sent(client: Client, server: EmbeddedServer, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    file = tmp_path / "unmet.py"
    file.write_text(
        "import alula as al\ne = al.Environment('unmet', packages=['iniconfig==99'])\n\n@e.task\ndef f() -> int:\n    return 1\n"
    )
    before = sorted(Path(server._config.home, "store").rglob("*"))
    with pytest.raises(InvalidInput, match=r"unmet\.py:2: environment unmet: [\s\S]*no version of iniconfig==99"):
        client.register(load_file(file).f)
    assert sorted(Path(server._config.home, "store").rglob("*")) == before
    assert not client.tasks("unmet.f").tasks


def test_a_lock_with_a_wrong_hash_ends_the_attempt_at_once_with_uvs_words(client: Client, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "wrong.lock").write_text("six==1.16.0 --hash=sha256:" + "0" * 64 + "\n")
    file = tmp_path / "wrong_hash.py"
    file.write_text(
        "import alula as al\ne = al.Environment('wrong', lock='wrong.lock')\n\n@e.task(retries=3)\ndef f() -> int:\n    return 1\n"
    )
    execution = client.launch(load_file(file).f).wait("1m", check=False)
    with pytest.raises(
        ExecutionFailed, match=r"environment wrong: its lock cannot be installed here[\s\S]*Hash mismatch for `six==1\.16\.0`"
    ):
        execution.outputs  # noqa: B018
    assert execution.phase is ExecutionPhase.FAILED
    assert execution.get().closure.error.kind == core.ExecutionError.USER


def test_a_lock_outside_the_project_is_refused(client: Client, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    file = tmp_path / "lock_outside.py"
    file.write_text("import alula as al\ne = al.Environment('e', lock='../x.lock')\n\n@e.task\ndef f() -> int:\n    return 1\n")
    with pytest.raises(InvalidInput, match="lies outside the project"):
        client.register(load_file(file).f)


def test_the_commit_is_recorded_with_a_version_and_does_not_make_another(program: Path, client: Client) -> None:
    module, first = load_file(program), git(program.parent, "rev-parse", "HEAD")
    made = client.register(module.both)
    found = client.provenance(module.both.name, made.version, kind="workflow")
    assert (found.source.commit, found.source.branch, found.source.is_dirty) == (first, "trunk", False)
    assert {each.name: each.lock_digest for each in found.environments} == {each.name: each.lock_digest for each in made.environments}
    git(program.parent, "commit", "--quiet", "--allow-empty", "-m", "second")
    again = client.register(module.both)
    assert again.version == made.version and not any(is_new for _, is_new in again.entries)
    assert client.provenance(module.both.name).source.commit == first
    (program.parent / "more.txt").write_text("x")
    try:
        client.register(module.both)
        assert client.provenance(module.both.name).source.is_dirty
    finally:
        (program.parent / "more.txt").unlink()


def test_the_command_line_shows_commit_and_environments(
    program: Path, server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ALULA_ADDRESS", server.grpc_address)
    monkeypatch.setenv("ALULA_SETTINGS", "/nowhere")
    assert run(["register", str(program), "--json"]) == 0
    done = json.loads(capsys.readouterr().out)
    images = {each["name"]: each["image"] for each in done["environments"]}
    assert set(images) == {"old", "new"}
    name = f"environments_program.before:{done['version']}"
    assert run(["get", "task", name]) == 0
    shown = capsys.readouterr().out
    commits = git(program.parent, "rev-list", "HEAD").split()
    assert any(f"commit {commit} (trunk)\n" in shown for commit in commits)
    assert f"environment old  {images['old']}  Python 3.{sys.version_info.minor}  lock " in shown
    assert run(["get", "task", name, "--json"]) == 0
    provenance = json.loads(capsys.readouterr().out)["provenance"]
    assert [each["image"] for each in provenance["environments"]] == [images["old"]]
    assert provenance["source"]["branch"] == "trunk"


def test_a_task_is_debugged_here_with_its_variables_and_a_note_on_its_packages(
    program: Path, server: EmbeddedServer, client: Client, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    execution = client.launch(load_file(program).before).wait("2m")
    [node] = [one.id for one in execution.nodes if one.name.endswith("before")]
    monkeypatch.setenv("ALULA_SETTINGS", "/nowhere")
    assert run(["debug", execution.name, node, "--run", "--address", server.grpc_address]) == 0
    shown = capsys.readouterr()
    assert "red large" in shown.out
    assert f"with the packages of {sys.executable}, not with those of environment old" in shown.err


def test_built_environments_are_listed_and_removed_when_no_server_holds_them(
    program: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    monkeypatch.setenv("ALULA_SETTINGS", "/nowhere")
    with EmbeddedServer(home) as server, connect(server.grpc_address) as client:
        client.launch(load_file(program).before).wait("2m")
        assert run(["env", "remove", "--all", "--home", str(home)]) == 3
        assert "is in use" in capsys.readouterr().err
    assert run(["env", "list", "--home", str(home), "--json"]) == 0
    [found] = json.loads(capsys.readouterr().out)
    assert (found["name"], found["size_bytes"] > 1000) == ("old", True)
    assert run(["doctor", "--home", str(home)]) == 0
    assert "1 built, " in capsys.readouterr().out
    assert run(["env", "remove", found["key"][:8], "--home", str(home)]) == 0
    assert run(["env", "list", "--home", str(home), "--json"]) == 0
    assert json.loads(capsys.readouterr().out.partition("\n")[2]) == []


class Stalled:
    """An index that takes a request and never answers: whoever asks is in the middle of a build."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}/simple"
        self.asked, self.ended = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        connection, _ = self._listener.accept()
        with connection:
            connection.recv(1 << 16)
            self.asked.set()
            while connection.recv(1 << 16):
                pass
            self.ended.set()

    def close(self) -> None:
        self._listener.close()


def test_a_server_killed_in_the_middle_of_a_build_leaves_nothing_half_used(
    program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, stalled = tmp_path / "home", Stalled()
    home.mkdir()
    with monkeypatch.context() as patched:
        patched.setenv("UV_DEFAULT_INDEX", stalled.address)
        patched.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
        first = LiveServer(home).start()
    with connect(first.address) as client:
        name = client.launch.with_options(name="killed")(load_file(program).before).name
    assert stalled.asked.wait(60)
    assert [path.name[:10] for path in (home / "environments").iterdir()] == [".building-"]
    first.kill()
    assert stalled.ended.wait(20), "uv outlived the server"
    stalled.close()
    second = LiveServer(home).start()
    try:
        with connect(second.address) as client:
            execution = client.execution(name).wait("2m")
            assert execution.outputs == "1.1.1 red large"
            said = [event.text for event in execution.events if event.kind == "AttemptInitializing"]
            assert said == ["attempt 0 waits until environment old is built on this machine"] * 2
            assert [event.attempt for event in execution.events if event.kind == "AttemptSucceeded"] == [0]
        assert not [path.name for path in (home / "environments").iterdir() if path.name.startswith(".")]
    finally:
        second.stop()


def test_an_image_that_names_an_unknown_environment_is_refused_when_it_runs(program: Path, client: Client, server: EmbeddedServer) -> None:
    from alula.client.rpc import REGISTER
    from alula.client.wire import drive
    from alula.sdk.serialize import Settings, serialize

    module, place = load_file(program), client.source.wire.settings
    images = {"old": "alula-env:ffffffffffff", "new": "alula-env:ffffffffffff"}
    request = serialize([module.before], Settings(place.project, place.domain, "unknown", images=images))
    drive(client.source.wire.call(REGISTER, request))
    execution = client.launch(f"{module.before.name}:unknown").wait("1m", check=False)
    assert "alula-env:ffffffffffff is not known to this server" in execution.get().closure.error.message
