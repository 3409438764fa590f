"""Offers of code, on a folder and on a bucket: what is there, what is missing, and what a worker then puts together."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.objectstore.test_store import root
from tests.objectstore.trees import write

from alula.control.code import FOLDER, Code
from alula.control.data import Links
from alula.control.limit import Limits
from alula.idl.v1 import code_pb2
from alula.objectstore import pack, store, tree
from alula.objectstore.assemble import assemble
from alula.objectstore.scan import scan
from alula.objectstore.signed import Signer

__all__ = ["root"]


@pytest.fixture
def code(root: str) -> Code:
    def now() -> None:
        raise AssertionError("no link is made")

    return Code(Links(root=root, base=lambda: "", signer=Signer(b"0123456789abcdef", now), limits=Limits()))  # type: ignore[arg-type]


def test_a_manifest_is_kept_once_its_packs_are_there(code: Code, root: str, tmp_path: Path) -> None:
    found = scan(write(tmp_path / "project", {"a.py": "1", "b.py": "2"}))
    packs = [pack.make([(digest, found.content(digest))]) for digest in found.sizes]
    names = [made.digest.hex() for made, _ in packs]
    manifest = tree.encode(pack.manifest(found, [made for made, _ in packs]))

    def offer(**fields: object) -> code_pb2.OfferResponse:
        return code.offer(code_pb2.OfferRequest(project="p", domain="d", digest=found.digest, **fields))  # type: ignore[arg-type]

    assert offer(packs=names) == code_pb2.OfferResponse(missing=names)
    store.put_bytes(packs[0][1], f"{root}/uploads/p/d/{FOLDER}/{pack.file_name(names[0])}")
    assert offer(packs=names) == code_pb2.OfferResponse(missing=names[1:])
    assert offer(manifest=manifest) == code_pb2.OfferResponse(missing=names[1:])
    assert offer() == code_pb2.OfferResponse()
    store.put_bytes(packs[1][1], f"{root}/uploads/p/d/{FOLDER}/{pack.file_name(names[1])}")
    uri = offer(manifest=manifest).uri
    assert offer().uri == uri
    folder = assemble(uri, store.get_bytes, tmp_path / "cache")
    assert {path.name: path.read_text() for path in folder.iterdir()} == {"a.py": "1", "b.py": "2"}
    store.delete(f"{root}/uploads/p/d/{FOLDER}/{pack.file_name(names[1])}")
    assert offer(packs=names) == code_pb2.OfferResponse(missing=names[1:]), "a tree that lacks a pack is not there"
