"""A server that is killed: what flytekit's clients see when it is back."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.acceptance.conftest import HERE, SCRIPTS, VERSION, Runner, base_environment, start_server, stop_server


def client(address: str) -> Any:
    from flytekit.configuration import Config
    from flytekit.remote import FlyteRemote

    return FlyteRemote(
        Config.for_endpoint(address, insecure=True), default_project="default", default_domain="development", interactive_mode_enabled=False
    )


@pytest.fixture
def other_remotes(remote: Any) -> Iterator[None]:
    """flytekit keeps one `flyte://` file system, that of the last FlyteRemote made: gives it back to the shared one."""
    import fsspec
    from flytekit.remote.remote_fs import get_flyte_fs

    yield
    fsspec.register_implementation("flyte", get_flyte_fs(remote=remote), clobber=True)


@pytest.mark.slow
def test_executions_go_on_after_the_server_was_killed(tmp_path: Path, other_remotes: None) -> None:
    environment = base_environment(tmp_path / "user")
    first = start_server(tmp_path / "home", environment)
    register = [str(SCRIPTS / "pyflyte"), "register", "-p", "default", "-d", "development", "--version", VERSION, "programs"]
    subprocess.run(register, check=True, capture_output=True, env=first.environment, cwd=HERE)
    run = Runner(client(first.grpc), VERSION)
    pid_file = tmp_path / "pid"
    hanging = run.start("programs.failing.hanging", {"path": str(pid_file)})
    waiting = run.start("programs.gates.asking")
    while not pid_file.exists() or not run.remote.list_signals(waiting.id.name):
        run.remote.sync(hanging)
    first.process.kill()
    first.process.wait()
    assert first.process.stdout is not None
    first.process.stdout.close()
    pid_file.unlink()

    second = start_server(tmp_path / "home", environment)
    run = Runner(client(second.grpc), VERSION)
    hanging = run.remote.fetch_execution(name=hanging.id.name)
    while not pid_file.exists():  # the attempt that was lost is made anew, at the system's expense
        run.remote.sync(hanging)
        assert not hanging.is_done
    run.remote.set_input("number", waiting.id.name, 4)
    assert run.child(waiting.id.name).outputs["o0"] == 8
    run.remote.terminate(hanging, "seen")
    hanging = run.finish(run.remote.fetch_execution(name=hanging.id.name))
    attempts = sorted(hanging.node_executions["n0"].task_executions, key=lambda t: t.id.retry_attempt)
    assert [t.id.retry_attempt for t in attempts] == [0, 1]
    assert attempts[0].closure.error.kind == 2  # SYSTEM
    assert stop_server(second) == 0
