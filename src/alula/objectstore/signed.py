"""Signed links: a client uploads to or downloads from the local store without knowing where it lies.

A link carries method, key, expiry and the declared size and MD5, all under an HMAC; nothing is stored. Keys are names,
never paths: what could mean something to a file system or be decoded twice is refused, not cleaned.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlencode

from alula.errors import InvalidInput, PermissionDenied
from alula.objectstore.location import join, parse

MAX_KEY_BYTES = 1024
MAX_SEGMENT_BYTES = 255
_REFUSED = frozenset("\\%?#")
_MIN_SECRET_BYTES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a valid link allows.

    Attributes:
        md5: MD5 that the upload must have (16 bytes), None if none was declared.
        max_bytes: most bytes that may be uploaded, None for no bound of its own.
    """

    method: str
    key: str
    expires_at: datetime
    md5: bytes | None
    max_bytes: int | None


def check_key(key: str) -> str:
    """Returns the key, if it is a plain relative name such as `p/d/fast1a2b.tar.gz`.

    Raises:
        InvalidInput: empty, too long, absolute, with `.`, `..` or empty segments, control characters, `\\`, `%`, `?`, `#`.
    """
    problem = _problem(key)
    if problem:
        raise InvalidInput(f"object key {key[:80]!r}: {problem}; a key is a relative name like project/domain/file.bin")
    return key


def _problem(key: str) -> str:
    try:
        encoded = key.encode()
    except UnicodeEncodeError:
        return "it is not valid Unicode"
    if not key or len(encoded) > MAX_KEY_BYTES:
        return f"it has {len(encoded)} bytes, expected 1 to {MAX_KEY_BYTES}"
    refused = next((c for c in key if c in _REFUSED or not c.isprintable()), None)
    if refused is not None:
        return f"it contains {refused!r}"
    for segment in key.split("/"):
        if segment in ("", ".", ".."):
            return "it is absolute or has an empty, '.' or '..' segment"
        if segment.startswith(("~", ".alula-")):
            return f"the segment {segment[:20]!r} has a reserved beginning"
        if len(segment.encode()) > MAX_SEGMENT_BYTES:
            return f"a segment is longer than {MAX_SEGMENT_BYTES} bytes"
    return ""


def key_uri(root: str, key: str) -> str:
    """The URI of a key beneath the store's root; in a folder, symlinks on the way that lead out are refused.

    Raises:
        InvalidInput: it is no key, or leads out.
    """
    uri, base = join(root, check_key(key)), parse(root)
    if base.is_local and not parse(uri).path.resolve().is_relative_to(base.path.resolve()):
        raise InvalidInput(f"object key {key[:80]!r}: leads out of the store through a symbolic link; remove the link")
    return uri


class Signer:
    """Signs and verifies links; every replica that shares the secret accepts the links of the others.

    Args:
        secret: at least 16 random bytes.
        clock: now, as an aware datetime.
    """

    def __init__(self, secret: bytes, clock: Callable[[], datetime]) -> None:
        if len(secret) < _MIN_SECRET_BYTES:
            raise InvalidInput(f"link secret: has {len(secret)} bytes, expected at least {_MIN_SECRET_BYTES} random ones")
        self._secret = secret
        self._clock = clock

    def sign(self, method: str, key: str, expires_at: datetime, *, md5: bytes | None = None, max_bytes: int | None = None) -> str:
        """The query string of a link (`expires=…&signature=…`), to be appended to the key's URL after `?`."""
        if expires_at.tzinfo is None:
            raise InvalidInput(f"link expiry {expires_at}: expected an aware datetime; use datetime.now(UTC) + …")
        fields = {"expires": str(int(expires_at.timestamp()))}
        if md5 is not None:
            fields["md5"] = base64.urlsafe_b64encode(md5).decode()
        if max_bytes is not None:
            fields["max"] = str(max_bytes)
        fields["signature"] = self._signature(method, check_key(key), fields)
        return urlencode(fields)

    def verify(self, method: str, key: str, query: str | Mapping[str, str]) -> Grant:
        """Checks a link as it came in.

        Args:
            method: HTTP method of the request; HEAD is allowed by a link for GET or PUT.
            key: the key, percent-decoded once.
            query: raw query string, or its fields.
        Raises:
            InvalidInput: the key is no key.
            PermissionDenied: not signed by us for this method and key, or expired.
        """
        check_key(key)
        given = dict(parse_qsl(query, keep_blank_values=True)) if isinstance(query, str) else dict(query)
        signature = given.pop("signature", "")
        fields: dict[str, str] = {name: given[name] for name in ("expires", "md5", "max") if name in given}
        # HEAD asks only whether the object is there: who may read or write it may know.
        allowed = ("GET", "PUT") if method.upper() == "HEAD" else (method,)
        expected = [self._signature(each, key, fields).encode() for each in allowed]
        if not any(hmac.compare_digest(signature.encode(errors="replace"), each) for each in expected):
            raise PermissionDenied(f"link for {key!r}: the signature does not match; ask the server for a new link")
        try:
            expires_at = datetime.fromtimestamp(int(fields["expires"]), UTC)
            md5 = base64.urlsafe_b64decode(fields["md5"]) if "md5" in fields else None
            max_bytes = int(fields["max"]) if "max" in fields else None
        except (KeyError, ValueError, OverflowError, binascii.Error) as error:
            raise PermissionDenied(f"link for {key!r}: its fields cannot be read; ask the server for a new link") from error
        if self._clock() >= expires_at:
            raise PermissionDenied(f"link for {key!r}: expired at {expires_at.isoformat()}; ask the server for a new link")
        return Grant(method=method.upper(), key=key, expires_at=expires_at, md5=md5, max_bytes=max_bytes)

    def _signature(self, method: str, key: str, fields: Mapping[str, str]) -> str:
        # Length-prefixed, so that no two requests share a text whatever their keys contain.
        parts = [method.upper(), key, fields.get("expires", ""), fields.get("md5", ""), fields.get("max", "")]
        text = b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in parts)
        return hmac.new(self._secret, text, hashlib.sha256).hexdigest()
