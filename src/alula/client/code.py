"""Code on its way to the server and back: only contents that the server lacks are sent, only what this machine lacks is fetched."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from alula.client import memory
from alula.client.rpc import OFFER
from alula.client.transfer import LinkOffload, upload
from alula.client.wire import Wire
from alula.errors import Unavailable
from alula.idl.v1 import code_pb2
from alula.objectstore import pack as packs
from alula.objectstore import tree
from alula.objectstore.assemble import assemble
from alula.objectstore.scan import Scan, scan

FOLDER = "code"
"""Folder of uploads in which manifests and packs lie."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """Code that is on the server.

    Attributes:
        uri: of its manifest.
        digest: of the tree.
        sent_bytes: 0: the identical tree was there before.
        skipped: what was left out and the user may miss: links out of the folder, repositories within it.
    """

    uri: str
    digest: str
    sent_bytes: int
    skipped: tuple[str, ...]


async def send(wire: Wire, root: Path) -> Sent:
    """Sends what the server lacks of a folder's code.

    Args:
        wire: to the server.
        root: the folder.
    Raises:
        LimitExceeded: it is too large; names the largest files.
    """
    known = await wire.blocking(lambda: memory.load(root))
    found = await wire.blocking(lambda: scan(root, known.stamps))
    sent = await send_scan(wire, found, known)
    await wire.blocking(known.save)
    return sent


async def send_scan(wire: Wire, found: Scan, known: memory.Memory) -> Sent:
    """Sends what the server lacks of a scan; `known` is brought up to date, not saved."""
    known.stamps = found.stamps
    settings = wire.settings
    offer = code_pb2.OfferRequest(project=settings.project, domain=settings.domain, digest=found.digest)
    offer.packs.extend(pack.digest.hex() for pack in known.packs)
    answer = await wire.call(OFFER, offer)
    sent_bytes = 0
    if not answer.uri:
        missing = set(answer.missing)
        known.packs = [pack for pack in known.packs if pack.digest.hex() not in missing]
        used, new = packs.choose(found.sizes, known.packs)
        if new:
            made, frame = await wire.blocking(lambda: packs.make([(digest, found.content(digest)) for digest in new]))
            await upload(wire, packs.file_name(made.digest.hex()), frame, folder=FOLDER)
            known.add(made)
            used.append(made)
            sent_bytes = len(frame)
        known.touch(used)
        offer.ClearField("packs")
        offer.manifest = tree.encode(packs.manifest(found, used))
        sent_bytes += len(offer.manifest)
        answer = await wire.call(OFFER, offer)
        if not answer.uri:
            raise Unavailable("the server lost code while it was sent; run it again")
    return Sent(uri=answer.uri, digest=found.digest, sent_bytes=sent_bytes, skipped=found.listing.skipped)


def fetch(offload: LinkOffload, uri: str, cache: Path) -> Path:
    """The folder of code by its URI, made under `cache`; used inside `wire.blocking`."""
    return assemble(uri, lambda each: offload.fetch(each).read_bytes(), cache)


def files_of(folder: Path) -> dict[str, Path]:
    """Files of fetched code by their path in it."""
    found = {}
    for here, _, names in os.walk(folder):
        for name in names:
            path = Path(here, name)
            if not path.is_symlink():
                found[path.relative_to(folder).as_posix()] = path
    return found
