"""A real `alula up` and unmodified Flyte clients before it: one server, one registration, shared by every test here."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
SCRIPTS = Path(sys.executable).parent
SOURCE = HERE.parents[1] / "src"
VERSION = "v1"
PROJECT, DOMAIN = "default", "development"
POLL = timedelta(milliseconds=30)
_UP = re.compile(r"Alula is up: http://(\S+) \(gRPC (\S+), home (.+)\)")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings("ignore"))  # flytekit's own warnings are not ours to mend


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """A server that is up."""

    grpc: str
    http: str
    home: Path
    process: subprocess.Popen[str]
    environment: dict[str, str]


def start_server(home: Path, environment: Mapping[str, str], *options: str) -> Deployment:
    """Runs `alula up` on free ports and waits for the line that says it is up."""
    command = [str(SCRIPTS / "alula"), "up", "--home", str(home), "--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0", *options]
    log = (home.parent / f"{home.name}.log").open("w")
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, env=dict(environment), text=True)
    assert process.stdout is not None
    line = process.stdout.readline()
    found = _UP.match(line)
    if found is None:
        process.kill()
        raise AssertionError(f"alula up said {line!r}; {Path(log.name).read_text()}")
    http, grpc, _ = found.groups()
    client = dict(environment) | {"FLYTECTL_CONFIG": str(home / "flyte.yaml")}  # which the server leaves there
    return Deployment(grpc=grpc, http=http, home=home, process=process, environment=client)


def stop_server(deployment: Deployment) -> int:
    """Asks the server to end; its exit code."""
    deployment.process.send_signal(signal.SIGTERM)
    code = deployment.process.wait(20)
    assert deployment.process.stdout is not None
    deployment.process.stdout.close()
    return code


def base_environment(folder: Path) -> dict[str, str]:
    """What server and clients inherit: this checkout, this interpreter's scripts, and a home of their own."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("FLYTE", "_F", "ALULA"))}
    folder.mkdir(parents=True, exist_ok=True)
    return inherited | {
        "PATH": f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": f"{SOURCE}{os.pathsep}{SOURCE.parent}",
        "HOME": str(folder),
        "FLYTE_SDK_LOGGING_LEVEL": "40",
    }


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    root = tmp_path_factory.mktemp("acceptance")
    environment = base_environment(root / "user") | {"_FSEC_ACCEPT_WORD": "open-sesame"}
    secrets = root / "home" / "secrets" / "accept"
    secrets.mkdir(parents=True)
    (secrets / "filed").write_text("from a file")
    deployment = start_server(root / "home", environment)
    yield deployment
    assert stop_server(deployment) == 0


@pytest.fixture(scope="session")
def pyflyte(server: Deployment) -> Callable[..., str]:
    """Runs the `pyflyte` command against the server; its output. A failure of the command is an error unless `fails`."""

    def run(*args: str, fails: bool = False) -> str:
        command = [str(SCRIPTS / "pyflyte"), *args]
        done = subprocess.run(command, capture_output=True, text=True, env=server.environment, cwd=HERE, timeout=120)
        output = done.stdout + done.stderr
        assert (done.returncode != 0) == fails, output
        return output

    return run


@pytest.fixture(scope="session")
def registered(pyflyte: Callable[..., str]) -> str:
    """Every program, registered by `pyflyte register`; the version."""
    output = pyflyte("register", "-p", PROJECT, "-d", DOMAIN, "--version", VERSION, "programs")
    assert "Successfully registered" in output
    return VERSION


@pytest.fixture(scope="session")
def remote(server: Deployment) -> Any:
    from flytekit.configuration import Config
    from flytekit.remote import FlyteRemote

    config = Config.for_endpoint(server.grpc, insecure=True)
    return FlyteRemote(config, default_project=PROJECT, default_domain=DOMAIN, interactive_mode_enabled=False)


@pytest.fixture(scope="session")
def raw(remote: Any) -> Any:
    """flytekit's own client of the admin service."""
    return remote.client


class Runner:
    """Launches registered workflows and waits for them, with every node read."""

    def __init__(self, remote: Any, version: str) -> None:
        self.remote = remote
        self.version = version

    def start(self, name: str, inputs: dict[str, Any] | None = None, **options: Any) -> Any:
        workflow = self.remote.fetch_workflow(name=name, version=self.version)
        return self.remote.execute(workflow, inputs=inputs or {}, **options)

    def finish(self, execution: Any, timeout_s: float = 60) -> Any:
        return self.remote.wait(execution, timeout=timedelta(seconds=timeout_s), poll_interval=POLL, sync_nodes=True)

    def __call__(self, name: str, inputs: dict[str, Any] | None = None, timeout_s: float = 60, **options: Any) -> Any:
        return self.finish(self.start(name, inputs, **options), timeout_s)

    def succeed(self, name: str, inputs: dict[str, Any] | None = None, **options: Any) -> Any:
        """Runs to success, with the error's text if it does not."""
        from flytekit.models.core.execution import WorkflowExecutionPhase

        execution = self(name, inputs, **options)
        assert execution.closure.phase == WorkflowExecutionPhase.SUCCEEDED, execution.error
        return execution

    def fail(self, name: str, inputs: dict[str, Any] | None = None, **options: Any) -> Any:
        """Runs to failure."""
        from flytekit.models.core.execution import WorkflowExecutionPhase

        execution = self(name, inputs, **options)
        assert execution.closure.phase == WorkflowExecutionPhase.FAILED, execution.closure.phase
        return execution

    def child(self, name: str) -> Any:
        """An execution that another one started."""
        return self.finish(self.remote.fetch_execution(name=name))


@pytest.fixture(scope="session")
def run(remote: Any, registered: str) -> Runner:
    return Runner(remote, registered)


@pytest.fixture
def name() -> str:
    """A free execution name."""
    return f"t{uuid.uuid4().hex[:16]}"
