"""Offers of code, on a folder and on a bucket: what is there, what is missing, and what a worker then puts together."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.objectstore.test_store import root
from tests.objectstore.trees import write

from alula.control.code import FOLDER, Code
from alula.control.data import Links
from alula.control.limit import Limits
from alula.errors import InvalidInput, LimitExceeded
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


def stored(root: str, tmp_path: Path, files: dict[str, bytes]) -> str:
    """A tree in the store; its URI."""
    for name, data in files.items():
        path = tmp_path / "project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    found = scan(tmp_path / "project")
    made, frame = pack.make([(digest, found.content(digest)) for digest in found.sizes])
    folder = f"{root}/uploads/p/d/{FOLDER}"
    store.put_bytes(frame, f"{folder}/{pack.file_name(made.digest.hex())}")
    uri = f"{folder}/{tree.file_name(found.digest)}"
    store.put_bytes(tree.encode(pack.manifest(found, [made])), uri)
    return uri


def test_text_is_shown_up_to_a_limit_and_what_is_binary_is_not(
    code: Code, root: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alula.control.code.MAX_TEXT_BYTES", 8)
    files = {
        "a.py": "äöü!".encode(),
        "long.py": "éééééé".encode(),
        "odd.py": b"xxxxxxx\xc3\xa9",
        "zero.bin": b"a\0b",
        "latin.txt": b"caf\xe9",
    }
    uri = stored(root, tmp_path, files)
    assert [file.path for file in code.files(uri).files] == sorted(files)
    assert code.file(uri, "a.py") == code_pb2.GetFileResponse(text="äöü!", size=7)
    assert code.file(uri, "long.py") == code_pb2.GetFileResponse(text="éééé", size=12, is_truncated=True)
    assert code.file(uri, "odd.py") == code_pb2.GetFileResponse(text="xxxxxxx", size=9, is_truncated=True)
    assert code.file(uri, "zero.bin") == code_pb2.GetFileResponse(is_binary=True, size=3)
    assert code.file(uri, "latin.txt") == code_pb2.GetFileResponse(is_binary=True, size=4)
    assert code.files("") == code_pb2.ListFilesResponse()
    with pytest.raises(InvalidInput, match="bring no code"):
        code.file("", "a.py")


def test_an_address_outside_of_the_store_is_not_read(code: Code, root: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret.tar.gz"
    secret.write_bytes(b"x")
    for uri in (str(secret), f"file://{secret}", f"{root}/../secret.tar.gz", f"{root}/uploads/../../secret.tar.gz", "s3://other/x.tar.gz"):
        with pytest.raises(InvalidInput):
            code.files(uri)


def test_code_that_is_too_large_is_not_read(code: Code, root: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    uri = stored(root, tmp_path, {"a.py": b"1"})
    monkeypatch.setattr("alula.objectstore.contents.MAX_STORED_BYTES", 10)
    with pytest.raises(LimitExceeded, match="not shown"):
        code.files(uri)
