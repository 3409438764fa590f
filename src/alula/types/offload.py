"""Where values too large for a literal go, and how they come back; the only file of this room that touches the object store."""

from __future__ import annotations

import hashlib
import importlib
import shutil
import tempfile
from pathlib import Path
from typing import IO, Any

from alula.errors import DefinitionError
from alula.types.location import is_remote, local_path


def file_digest(path: Path) -> str:
    """Sha-256 of the file's content, as hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def store() -> Any:
    """The object store's module, loaded when the first value is offloaded."""
    from alula.objectstore import store as module

    return module


class Offload:
    """Uploads below one prefix, downloads into one scratch folder.

    Objects are named by their content (`<prefix>/<sha256>/<name>`), so identical content of two runs is recognisable.
    A client that may only use signed links subclasses this and replaces `put_bytes`, `put_file` and `fetch`.

    Args:
        prefix: URI (or path) of the folder that this attempt may fill; empty where nothing can be uploaded, as while a
            workflow is being defined.
        scratch: folder for downloads; a temporary one is made at first use if None.
    """

    def __init__(self, prefix: str = "", scratch: Path | None = None) -> None:
        self.prefix = prefix.rstrip("/")
        self._scratch = scratch
        self._is_own_scratch = scratch is None

    @property
    def scratch(self) -> Path:
        if self._scratch is None:
            self._scratch = Path(tempfile.mkdtemp(prefix="alula-"))
        return self._scratch

    def close(self) -> None:
        """Removes the scratch folder if it was made here; safe twice."""
        if self._is_own_scratch and self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)
            self._scratch = None

    def target(self, digest: str, name: str) -> str:
        """The URI for content of this digest; an empty name stands for the folder."""
        if not self.prefix:
            raise DefinitionError(
                f"{name or 'a folder'} would have to be uploaded, and nothing can be while a workflow is defined; "
                "pass it as a workflow input or make it in a task",
            )
        return f"{self.prefix}/{digest}/{name}".rstrip("/")

    def put_bytes(self, data: bytes, name: str, digest: str) -> str:
        """Stores `data` as `<prefix>/<digest>/<name>` and returns that URI."""
        uri = self.target(digest, name)
        store().put_bytes(data, uri, is_durable=True)  # a commit will refer to it: it must survive a power cut as that does
        return uri

    def put_file(self, path: Path, name: str, digest: str) -> str:
        """Like `put_bytes` for a file that already lies on disk; `name` may contain `/`."""
        uri = self.target(digest, name)
        store().put_file(str(path), uri, is_durable=True)
        return uri

    def fetch(self, uri: str) -> Path:
        """A local path with the object's content: the object itself if it is on this machine, else a copy in `scratch`."""
        if not is_remote(uri):
            return local_path(uri)
        target = self.scratch / hashlib.sha256(uri.encode()).hexdigest()[:16] / (uri.rstrip("/").rsplit("/", 1)[-1] or "data")
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            self._download(uri, target)
        return target

    @staticmethod
    def _download(uri: str, target: Path) -> None:
        if uri.startswith(("http://", "https://")):
            from alula.types import remote

            remote.web_file(uri, target)
        else:
            store().get_file(uri, str(target))

    def open(self, uri: str) -> IO[bytes]:
        """The object's content to read in parts; a remote one is not downloaded as a whole if its server gives parts."""
        if not is_remote(uri):
            return local_path(uri).open("rb")
        from alula.types import remote

        if remote.is_web(uri):
            size, has_parts = remote.web_size(uri)
            if size < 0 or not has_parts:
                return self.fetch(uri).open("rb")
            return remote.reader(uri, size, lambda start, end: remote.web_range(uri, start, end))
        return remote.reader(uri, store().size(uri), lambda start, end: store().get_bytes(uri, start, end))

    def size(self, uri: str) -> int:
        """Bytes of an object, without fetching it."""
        if uri.startswith(("http://", "https://")):
            from alula.types import remote

            found, _ = remote.web_size(uri)
            return found if found >= 0 else self.fetch(uri).stat().st_size
        return int(store().size(uri))

    def list(self, uri: str) -> list[str]:
        """Names of everything below a folder, relative to it and sorted, without fetching any of it."""
        if not is_remote(uri):
            folder = local_path(uri)
            return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
        root = uri.rstrip("/") + "/"
        return [item.removeprefix(root) for item in store().list_prefix(root)]

    def upload(self, path: Path, uri: str) -> None:
        """Puts a file where a URI says."""
        store().put_file(str(path), uri, is_durable=True)

    def fetch_folder(self, uri: str) -> Path:
        """Like `fetch` for everything below `uri`."""
        if not is_remote(uri):
            return local_path(uri)
        folder = self.scratch / hashlib.sha256(uri.encode()).hexdigest()[:16] / "folder"
        folder.mkdir(parents=True, exist_ok=True)
        for name in self.list(uri):
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            store().get_file(f"{uri.rstrip('/')}/{name}", str(target))
        return folder


def needs(module: str, extra: str) -> Any:
    """An optional dependency, imported now.

    Raises:
        DefinitionError: it is not installed; says which extra brings it.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != module.partition(".")[0]:
            raise
        from alula.version import installing

        raise DefinitionError(f"{module} is not installed; {installing(extra)}", code="MISSING_EXTRA") from error
