"""Putting a server together: the platform as it is configured, and the services that answer over it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flyteidl.service import admin_pb2, auth_pb2, dataproxy_pb2, identity_pb2, signal_pb2
from google.protobuf.descriptor import ServiceDescriptor

from alula.control.code import Code
from alula.control.data import DataProxy, Links
from alula.control.follow import Follower
from alula.control.platform import Platform, Settings
from alula.control.query import Query
from alula.database.engine import sqlite_url
from alula.executors.process import Config, ProcessExecutor
from alula.idl.v1 import browse_pb2, code_pb2, gate_pb2, metric_pb2, service_pb2
from alula.objectstore.signed import Signer
from alula.provision.folder import Upkeep
from alula.server import rpc
from alula.server.config import ServerConfig
from alula.server.home import link_secret
from alula.server.services.admin import AdminService
from alula.server.services.browse import BrowseService
from alula.server.services.code import CodeService
from alula.server.services.dataproxy import DataProxyService
from alula.server.services.gate import GateService
from alula.server.services.identity import AuthMetadataService, IdentityService
from alula.server.services.metric import MetricService
from alula.server.services.run import RunService
from alula.server.services.signal import SignalService


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What both doors answer with.

    Attributes:
        descriptors: of the services.
        methods: implementations by full RPC name.
    """

    descriptors: list[ServiceDescriptor]
    methods: dict[str, Any]
    proxy: DataProxy
    follower: Follower


def make_platform(config: ServerConfig, endpoint: Callable[[], str]) -> Platform:
    """The control plane of a home folder, not started; within the event loop that it is to run in.

    Args:
        endpoint: where tasks reach this server, HOST:PORT of gRPC.
    """
    limits = config.limits
    executor = ProcessExecutor(
        Config(
            root=config.home,
            cpu_m=config.cpu_m,
            mem_bytes=config.mem_bytes,
            gpus=config.gpus,
            images=config.images,
            upkeep=Upkeep(idle_s=limits.environment_days * 86_400.0, max_bytes=limits.environment_bytes),
            code_idle_s=limits.code_days * 86_400.0,
        ),
        asyncio.get_running_loop(),
    )
    settings = Settings(
        database_url=config.database or sqlite_url(config.home),
        store=_store(config.store, config.home),
        limits=limits,
        images=frozenset(config.images),
        endpoint=endpoint,
    )
    return Platform(settings, executor)


def make_services(platform: Platform, home: Path, base: Callable[[], str]) -> Services:
    """Every service of a platform.

    Args:
        home: the home folder.
        base: URL of the HTTP door.
    """
    store = platform.settings.store
    query = Query(store, base)
    signer = Signer(link_secret(home), lambda: datetime.now(UTC))
    links = Links(root=store, base=base, signer=signer, limits=platform.limits)
    proxy = DataProxy(links, query)
    follower = Follower(platform, query)
    services = {
        admin_pb2.DESCRIPTOR.services_by_name["AdminService"]: AdminService(platform, query),
        dataproxy_pb2.DESCRIPTOR.services_by_name["DataProxyService"]: DataProxyService(platform, proxy),
        code_pb2.DESCRIPTOR.services_by_name["CodeService"]: CodeService(platform, Code(links)),
        signal_pb2.DESCRIPTOR.services_by_name["SignalService"]: SignalService(platform, query),
        identity_pb2.DESCRIPTOR.services_by_name["IdentityService"]: IdentityService(),
        auth_pb2.DESCRIPTOR.services_by_name["AuthMetadataService"]: AuthMetadataService(),
        service_pb2.DESCRIPTOR.services_by_name["RunService"]: RunService(platform, query, follower, str(home)),
        metric_pb2.DESCRIPTOR.services_by_name["MetricService"]: MetricService(platform),
        browse_pb2.DESCRIPTOR.services_by_name["BrowseService"]: BrowseService(platform),
        gate_pb2.DESCRIPTOR.services_by_name["GateService"]: GateService(platform),
    }
    methods: dict[str, Any] = {}
    for descriptor, service in services.items():
        methods.update(rpc.methods_of(descriptor, service))
    return Services(descriptors=list(services), methods=methods, proxy=proxy, follower=follower)


def _store(given: str, home: Path) -> str:
    """URI of the object store's root; a folder is a plain path, never file://: flytekit opens a FlyteFile only at a local path."""
    if "://" in given.removeprefix("file://"):
        return given
    return str(Path(given.removeprefix("file://") or home / "store").absolute())
