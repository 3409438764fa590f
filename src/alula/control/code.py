"""Code that clients offer: whether a tree is there, which packs are missing, and its manifest once all of them are."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from alula.control.data import Links
from alula.errors import AlulaError, LimitExceeded
from alula.idl.v1 import code_pb2
from alula.objectstore import location, pack, store, tree

FOLDER = "code"
MAX_ASKED = 256
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
