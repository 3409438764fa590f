"""Code that clients offer: whether a tree is there, which packs are missing, and its manifest once all of them are; and code shown."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import Connection

from alula.control.data import Links
from alula.control.library import Library
from alula.errors import AlulaError, InvalidInput, LimitExceeded
from alula.idl import core
from alula.idl.command import our_command
from alula.idl.identifier import KIND_NAMES, LAUNCH_PLAN, TASK, EntityId
from alula.idl.v1 import code_pb2
from alula.objectstore import contents, location, pack, store, tree

FOLDER = "code"
MAX_ASKED = 256
MAX_FILES = 20_000  # listed of one tree
MAX_TEXT_BYTES = 1024 * 1024
DISTRIBUTION = "--additional-distribution"
_AT_ONCE = 16


class Code:
    """The use case of code; manifests and packs lie in one folder of the place's uploads."""

    def __init__(self, links: Links) -> None:
        self._links = links

    def offer(self, request: code_pb2.OfferRequest) -> code_pb2.OfferResponse:
        """Answers what is there; a manifest that is sent is kept if all its packs are there.

        Raises:
            InvalidInput: no digest, or a manifest that is not the tree it is said to be.
            LimitExceeded: too many packs asked for, or too large a tree.
        """
        digest = pack.check_digest(request.digest)
        if len(request.packs) > MAX_ASKED:
            raise LimitExceeded(f"packs: {len(request.packs)} asked for, at most {MAX_ASKED} in one request")
        folder = self._links.native(f"uploads/{request.project}/{request.domain}/{FOLDER}")
        uri = f"{folder}/{tree.file_name(digest)}"
        if self._is_whole(folder, uri, digest):
            return code_pb2.OfferResponse(uri=uri)
        if not request.manifest:
            return code_pb2.OfferResponse(missing=_missing(folder, list(request.packs)))
        missing = _missing(folder, [each.hex() for each in tree.decode(request.manifest, digest).packs])
        if missing:
            return code_pb2.OfferResponse(missing=missing)
        store.put_bytes(request.manifest, uri, is_durable=True)
        return code_pb2.OfferResponse(uri=uri)

    def _is_whole(self, folder: str, uri: str, digest: str) -> bool:
        if not store.exists(uri):
            return False
        try:
            manifest = tree.decode(store.get_bytes(uri), digest)
        except AlulaError:
            return False  # whoever put it there: it is replaced by one that holds
        return not _missing(folder, [each.hex() for each in manifest.packs])

    def files(self, uri: str) -> code_pb2.ListFilesResponse:
        """The files of code that `code_of` found; of none if it found none.

        Raises:
            InvalidInput: it lies outside of the store, or is not what its name says; NotFound: it is gone.
        """
        if not uri:
            return code_pb2.ListFilesResponse()
        found, is_truncated = contents.list_files(uri, self._fetch, MAX_FILES)
        return code_pb2.ListFilesResponse(files=found, uri=uri, is_truncated=is_truncated)

    def file(self, uri: str, path: str) -> code_pb2.GetFileResponse:
        """The beginning of one of them, if it is text.

        Raises:
            NotFound: no such file; InvalidInput: as `files`.
        """
        if not uri:
            raise InvalidInput("these tasks bring no code: they run what is installed")
        data, size = contents.read_file(uri, path, self._fetch, MAX_TEXT_BYTES)
        is_truncated = size > len(data)
        if b"\0" in data:
            return code_pb2.GetFileResponse(is_binary=True, is_truncated=is_truncated, size=size)
        try:
            text = data.decode()
        except UnicodeDecodeError as error:
            if not is_truncated or error.start < len(data) - 3:  # else a letter was cut at the end
                return code_pb2.GetFileResponse(is_binary=True, is_truncated=is_truncated, size=size)
            text = data[: error.start].decode()
        return code_pb2.GetFileResponse(text=text, is_truncated=is_truncated, size=size)

    def _fetch(self, uri: str) -> bytes:
        own = self._links.native(self._links.key_of(uri))  # a command may name any address; only the store's own are read
        if store.size(own) > contents.MAX_STORED_BYTES:
            raise LimitExceeded(f"code {uri.rpartition('/')[2][:80]}: larger than {contents.MAX_STORED_BYTES >> 20} MiB; it is not shown")
        return store.get_bytes(own)


def code_of(connection: Connection, library: Library, wanted: EntityId) -> str:
    """URI of the code that the tasks of a version run, of the workflow's own version before that of others; empty: they bring none.

    Raises:
        NotFound: no such version; InvalidInput: the id has no kind.
    """
    if wanted.resource_type not in KIND_NAMES:
        raise InvalidInput(f"code: expected the kind of {wanted.name!r}, TASK, WORKFLOW or LAUNCH_PLAN")
    if wanted.resource_type == TASK:
        return _uri(library.task(connection, wanted))
    workflow = library.launch_plan(connection, wanted).workflow if wanted.resource_type == LAUNCH_PLAN else wanted
    templates = [task.template for task in library.workflow(connection, workflow).closure.tasks]
    own = [template for template in templates if template.id.version == workflow.version]
    return next(filter(None, map(_uri, [*own, *templates])), "")


def _uri(template: core.TaskTemplate) -> str:
    """Where a task's code lies, as its command says."""
    ours = our_command(template.container)
    if ours is not None:
        return ours.bundle
    args = [*template.container.command, *template.container.args]
    behind = args.index(DISTRIBUTION) + 1 if DISTRIBUTION in args else len(args)
    return args[behind] if behind < len(args) else ""


def pack_in(key: str) -> str:
    """The digest that an upload must have whose key is that of a pack, "" for other keys: whoever needs that pack takes what lies there."""
    folder, _, name = key.rpartition("/")
    return pack.digest_in(name) if folder.rpartition("/")[2] == FOLDER else ""


def _missing(folder: str, packs: list[str]) -> list[str]:
    uris = [f"{folder}/{pack.file_name(each)}" for each in packs]
    if location.parse(folder).is_local:
        found = [store.exists(uri) for uri in uris]
    else:  # a request each: one behind the other they would take longer than sending the code
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            found = list(threads.map(store.exists, uris))
    return [each for each, is_there in zip(packs, found, strict=True) if not is_there]
