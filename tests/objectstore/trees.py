"""Folders for the tests of code, and a store of theirs in memory."""

from __future__ import annotations

import subprocess
from pathlib import Path

from alula.errors import NotFound
from alula.objectstore import pack, tree
from alula.objectstore.scan import Scan, scan


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def git(root: Path, *args: str) -> None:
    subprocess.run(["git", "-C", str(root), "-c", "user.name=a", "-c", "user.email=a@b", *args], check=True, capture_output=True)


class Store:
    """Objects by URI, and which of them were fetched."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.fetched: list[str] = []

    def fetch(self, uri: str) -> bytes:
        self.fetched.append(uri.rpartition("/")[2])
        if uri not in self.objects:
            raise NotFound(f"{uri}: there is no such object")
        return self.objects[uri]

    def put(self, found: Scan, packs: list[pack.Pack]) -> tuple[str, list[pack.Pack]]:
        """Stores a scan as a client would; its URI, and all packs there are."""
        used, new = pack.choose(found.sizes, packs)
        if new:
            made, frame = pack.make([(digest, found.content(digest)) for digest in new])
            self.objects[f"mem/{pack.file_name(made.digest.hex())}"] = frame
            used, packs = [*used, made], [*packs, made]
        uri = f"mem/{tree.file_name(found.digest)}"
        self.objects[uri] = tree.encode(pack.manifest(found, used))
        return uri, packs


def stored(root: Path) -> tuple[Store, str]:
    store = Store()
    return store, store.put(scan(root), [])[0]
