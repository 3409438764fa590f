"""The data proxy: signed links into the store, and values by their flyte:// address. Clients never name a path of ours."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from google.protobuf.timestamp_pb2 import Timestamp
from sqlalchemy import Connection

from alula.control.limit import Limits
from alula.control.query import Query
from alula.errors import AlreadyExists, InvalidInput, NotFound
from alula.idl import core, service
from alula.objectstore import store
from alula.objectstore.signed import Signer, check_key, key_uri

_NAME = re.compile(r"[\w.=@+(),-][\w.=@+(), -]*")
_MAX_NAME_BYTES = 240  # of the 255 of file systems; a file that is being written has a longer name


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Makes links to objects under the store's root.

    Attributes:
        root: URI of the store.
        base: address of this server's HTTP door as clients reach it.
    """

    root: str
    base: Callable[[], str]
    signer: Signer
    limits: Limits

    def native(self, key: str) -> str:
        return key_uri(self.root, key)

    def checksum(self, key: str) -> str:
        """Where the MD5 of an upload lies: not beside it, where it would be taken for a file of an uploaded folder."""
        return key_uri(self.root, f"checksums/{key}")

    def link(self, method: str, key: str, span: timedelta, md5: bytes | None = None) -> tuple[str, datetime]:
        expires_at = datetime.now(UTC) + min(span, timedelta(seconds=self.limits.link_s * 24))
        query = self.signer.sign(method, key, expires_at, md5=md5, max_bytes=self.limits.max_upload_bytes if method == "PUT" else None)
        return f"{self.base()}/data/{quote(key)}?{query}", expires_at

    def key_of(self, uri: str) -> str:
        """The key of one of our own objects.

        Raises:
            InvalidInput: it lies outside this server's store.
        """
        for prefix in (self.root, self.root.removeprefix("file://")):
            if uri.startswith(prefix + "/"):
                return check_key(uri[len(prefix) + 1 :])
        raise InvalidInput(f'"{uri}" lies outside this server\'s store; links are made for its own objects only')


class DataProxy:
    """The use case of up- and downloads."""

    def __init__(self, links: Links, query: Query) -> None:
        self.links = links
        self._query = query

    def upload(self, request: service.CreateUploadLocationRequest) -> service.CreateUploadLocationResponse:
        """A link to put one object.

        Raises:
            InvalidInput: no project, domain, name or digest; a name that is a path.
            AlreadyExists: another content lies at that name.
        """
        if not request.project or not request.domain:
            raise InvalidInput("project and domain: expected both, so that uploads have a place")
        if not request.content_md5 and not request.filename_root:
            raise InvalidInput("content_md5 or filename_root: expected at least one of them")
        if request.content_md5 and len(request.content_md5) != hashlib.md5(usedforsecurity=False).digest_size:
            raise InvalidInput(f"content_md5: expected 16 bytes, got {len(request.content_md5)}")
        folder = request.filename_root or base64.b32encode(request.content_md5).decode().rstrip("=").lower()
        name = request.filename or secrets.token_hex(10)
        # A folder is sent file by file: the names of its files are paths within it.
        parts = [("filename", part) for part in name.split("/")]
        for what, text in (("project", request.project), ("domain", request.domain), ("filename_root", folder), *parts):
            _check_name(what, text)
        key = f"uploads/{request.project}/{request.domain}/{folder}/{name}"
        md5 = request.content_md5 or None
        self._check_free(key, md5)
        span = timedelta(seconds=request.expires_in.ToSeconds()) if request.HasField("expires_in") else self._span()
        url, expires_at = self.links.link("PUT", key, span, md5)
        headers = {"x-alula-content-md5": base64.b64encode(md5).decode()} if md5 and request.add_content_md5_metadata else {}
        return service.CreateUploadLocationResponse(
            signed_url=url, native_url=self.links.native(key), expires_at=_stamp(expires_at), headers=headers
        )

    def _span(self) -> timedelta:
        return timedelta(seconds=self.links.limits.link_s)

    def _check_free(self, key: str, md5: bytes | None) -> None:
        uri = self.links.native(key)
        if md5 is None or not store.exists(uri):
            return
        try:
            stored = store.get_bytes(self.links.checksum(key))
        except NotFound:
            return
        if stored != md5:
            raise AlreadyExists(f'"{key}" holds another content already; choose another file name', code="UPLOAD_EXISTS")

    def download(self, uri: str, span: timedelta | None = None) -> tuple[str, Timestamp]:
        """A link to get one of the store's objects.

        Raises:
            NotFound: nothing lies there; InvalidInput: it is not the store's.
        """
        key = self.links.key_of(uri)
        if not store.exists(self.links.native(key)):
            raise NotFound(f'"{uri}" does not exist in the store')
        url, expires_at = self.links.link("GET", key, span or self._span())
        return url, _stamp(expires_at)

    def deck(self, connection: Connection, request: service.CreateDownloadLinkRequest) -> service.CreateDownloadLinkResponse:
        """A link to a node's deck."""
        node = self._query.node(connection, request.node_execution_id)
        if not node.closure.deck_uri:
            raise NotFound(f'node "{request.node_execution_id.node_id}" wrote no deck')
        url, expires_at = self.download(node.closure.deck_uri)
        signed = service.PreSignedURLs(signed_url=[url], expires_at=expires_at)
        return service.CreateDownloadLinkResponse(signed_url=[url], expires_at=expires_at, pre_signed_urls=signed)

    def data(self, connection: Connection, address: str) -> service.GetDataResponse:
        """What lies at flyte://v1/PROJECT/DOMAIN/EXECUTION/NODE[/ATTEMPT]/i|o|d[/NAME].

        Raises:
            InvalidInput: another form; NotFound: no such execution, node or variable.
        """
        parts = address.removeprefix("flyte://v1/").split("/") if address.startswith("flyte://v1/") else []
        if len(parts) < 5:
            raise InvalidInput(f'"{address}": expected flyte://v1/PROJECT/DOMAIN/EXECUTION/NODE[/ATTEMPT]/i|o|d[/NAME]')
        project, domain, name, node_id, *rest = parts
        if rest and rest[0].isdigit():
            rest = rest[1:]
        execution = core.WorkflowExecutionIdentifier(project=project, domain=domain, name=name)
        node = core.NodeExecutionIdentifier(node_id=node_id, execution_id=execution)
        if not rest or rest[0] not in ("i", "o", "d"):
            raise InvalidInput(f'"{address}": expected i (inputs), o (outputs) or d (deck) behind the node')
        if rest[0] == "d":
            link = self.deck(connection, service.CreateDownloadLinkRequest(node_execution_id=node))
            return service.GetDataResponse(pre_signed_urls=link.pre_signed_urls)
        data = self._query.node_data(connection, node)
        values = data.full_inputs if rest[0] == "i" else data.full_outputs
        if len(rest) == 1:
            return service.GetDataResponse(literal_map=values)
        if rest[1] not in values.literals:
            raise NotFound(f'"{address}": there is no "{rest[1]}"; there are {sorted(values.literals)}')
        return service.GetDataResponse(literal=values.literals[rest[1]])


def _check_name(what: str, text: str) -> None:
    if _NAME.fullmatch(text) is None or text in (".", ".."):
        raise InvalidInput(f'{what} "{text[:80]}": expected a plain name of letters, digits, spaces and .-_=@+(), no path')
    if len(text.encode()) > _MAX_NAME_BYTES:
        raise InvalidInput(f'{what} "{text[:80]}…": {len(text.encode())} bytes, at most {_MAX_NAME_BYTES}')


def _stamp(at: datetime) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(at)
    return stamp
