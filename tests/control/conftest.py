"""A control plane without doors, on either database, with real warm workers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import pytest_asyncio
from tests.server.harness import literals, plain

from alula.control.follow import Follower
from alula.control.launch import Origin
from alula.control.platform import Platform, Settings
from alula.control.query import Query
from alula.executors.process import Config, ProcessExecutor
from alula.idl import admin, core
from alula.idl.identifier import ExecutionId
from alula.sdk.discover import entities
from alula.sdk.serialize import Settings as Serialization
from alula.sdk.serialize import serialize


@dataclass
class Plane:
    """A started platform with the few calls that tests make all the time."""

    platform: Platform
    query: Query
    follower: Follower
    home: Path
    url: str

    async def register(self, module: ModuleType, version: str = "v1") -> list[tuple[Any, bool]]:
        return await self.platform.registrar.register(serialize(entities(module), Serialization("default", "development", version)))

    async def launch(self, name: str, version: str = "v1", execution: str = "", principal: str = "", **inputs: Any) -> ExecutionId:
        plan = core.Identifier(resource_type=core.LAUNCH_PLAN, project="default", domain="development", name=name, version=version)
        request = admin.ExecutionCreateRequest(
            project="default", domain="development", name=execution, spec=admin.ExecutionSpec(launch_plan=plan), inputs=literals(**inputs)
        )
        return (await self.platform.launcher.launch(request, Origin(principal=principal)))[0]

    async def wait(self, execution: ExecutionId) -> admin.Execution:
        last = admin.Execution()
        async with asyncio.timeout(60):
            async for update in self.follower.watch(execution, with_nodes=False):
                last = update.execution
        return last

    async def ended(self, name: str, **inputs: Any) -> ExecutionId:
        """An execution that was launched and has come to its end."""
        execution = await self.launch(name, **inputs)
        await self.wait(execution)
        return execution

    async def run(self, name: str, version: str = "v1", **inputs: Any) -> tuple[admin.Execution, dict[str, Any]]:
        execution = await self.launch(name, version, **inputs)
        final = await self.wait(execution)
        data = await self.platform.read(lambda c: self.query.execution_data(c, execution.to_proto()))
        return final, {k: plain(v) for k, v in data.full_outputs.literals.items()}

    async def nodes(self, execution: ExecutionId, parent: str = "", filters: str = "") -> list[admin.NodeExecution]:
        request = admin.NodeExecutionListRequest(
            workflow_execution_id=execution.to_proto(), limit=1000, unique_parent_id=parent, filters=filters
        )
        return list((await self.platform.read(lambda c: self.query.nodes(c, request))).node_executions)


async def open_plane(home: Path, url: str, mem_bytes: int = 0) -> Plane:
    await asyncio.to_thread(home.mkdir, parents=True, exist_ok=True)
    store = f"file://{home / 'store'}"
    executor = ProcessExecutor(Config(root=home, mem_bytes=mem_bytes), asyncio.get_running_loop())
    platform = Platform(Settings(database_url=url, store=store), executor)
    await platform.start()
    query = Query(store, lambda: "")
    return Plane(platform, query, Follower(platform, query), home, url)


@pytest_asyncio.fixture
async def plane(tmp_path: Path, database_url: str) -> AsyncIterator[Plane]:
    found = await open_plane(tmp_path / "home", database_url)
    yield found
    await found.platform.stop()


@pytest.fixture(autouse=True)
def program_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers import the tests' programs from the tree."""
    root = Path(__file__).resolve().parents[2]
    monkeypatch.setenv("PYTHONPATH", f"{root / 'src'}:{root}")
