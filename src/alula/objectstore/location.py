"""Where an object lies: a local path or a bucket and a key, read from a URI."""

from __future__ import annotations

import posixpath
from pathlib import Path
from typing import NamedTuple

from alula.errors import InvalidInput, Unsupported

REMOTE_SCHEMES = ("s3", "gs", "az")
"""What obstore serves here; `az` is container and key."""


class Location(NamedTuple):
    """A parsed URI.

    `scheme` is `file` or one of `REMOTE_SCHEMES`; `bucket` is empty for files; `key` is an absolute local path or a key
    without a leading slash.
    """

    scheme: str
    bucket: str
    key: str

    @property
    def is_local(self) -> bool:
        return self.scheme == "file"

    @property
    def path(self) -> Path:
        """The local path; only for `is_local`."""
        return Path(self.key)

    def __str__(self) -> str:
        return self.key if self.is_local else f"{self.scheme}://{self.bucket}/{self.key}"


def parse(uri: str | Path) -> Location:
    """Reads a URI or a plain local path.

    A `file://` URI is not percent-decoded, because fsspec (which Flyte's containers read with) does not either.

    Raises:
        InvalidInput: empty, with a NUL, a `file://` URI with a host, a bucket without a name, `..` in a key.
        Unsupported: a scheme that no store serves.
    """
    text = str(uri)
    if not text or "\x00" in text:
        raise InvalidInput(f"object URI {text!r}: expected a path or scheme://bucket/key without NUL bytes; correct the URI")
    scheme, separator, rest = text.partition("://")
    if not separator:
        return Location("file", "", posixpath.abspath(text))
    if scheme == "file":
        if not rest.startswith("/"):
            raise InvalidInput(f"object URI {text!r}: a file URI names no host and an absolute path; write file:///{rest}")
        return Location("file", "", posixpath.normpath(rest))
    if scheme not in REMOTE_SCHEMES:
        known = ", ".join(f"{name}://" for name in ("file", *REMOTE_SCHEMES))
        raise Unsupported(f"object URI {text!r}: no object store serves {scheme}://; use a plain path or one of {known}")
    bucket, _, key = rest.partition("/")
    if not bucket:
        raise InvalidInput(f"object URI {text!r}: the bucket is missing; write {scheme}://bucket/key")
    if any(segment in (".", "..") for segment in key.split("/")):
        raise InvalidInput(f"object URI {text!r}: a key has no '.' or '..' segments; write the key in full")
    return Location(scheme, bucket, key.strip("/"))


def join(prefix: str, *names: str) -> str:
    """Appends path segments to a URI or path: `join("s3://b/run", "n0", "outputs.pb")`."""
    return "/".join([prefix.rstrip("/"), *(name.strip("/") for name in names)])
