from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alula.errors import InvalidInput, PermissionDenied
from alula.objectstore.signed import Signer, check_key, key_uri

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
SECRET = b"0123456789abcdef"


def signer(now: datetime = NOW, secret: bytes = SECRET) -> Signer:
    return Signer(secret, lambda: now)


def test_link_carries_what_was_declared() -> None:
    query = signer().sign("PUT", "p/d/file.bin", LATER, md5=b"0" * 16, max_bytes=10)
    grant = signer().verify("put", "p/d/file.bin", query)
    assert (grant.method, grant.key, grant.md5, grant.max_bytes, grant.expires_at) == ("PUT", "p/d/file.bin", b"0" * 16, 10, LATER)


def test_get_link_allows_head_but_not_put() -> None:
    query = signer().sign("GET", "p/a", LATER)
    assert signer().verify("HEAD", "p/a", query).md5 is None
    with pytest.raises(PermissionDenied, match="signature"):
        signer().verify("PUT", "p/a", query)
    assert signer().verify("HEAD", "p/a", signer().sign("PUT", "p/a", LATER, md5=b"0" * 16)).md5 == b"0" * 16


def test_expired_link_says_so() -> None:
    query = signer().sign("GET", "p/a", LATER)
    with pytest.raises(PermissionDenied, match="expired"):
        signer(LATER).verify("GET", "p/a", query)


def test_other_secret_other_key_are_refused() -> None:
    query = signer().sign("GET", "p/a", LATER)
    with pytest.raises(PermissionDenied):
        signer(secret=b"f" * 16).verify("GET", "p/a", query)
    with pytest.raises(PermissionDenied):
        signer().verify("GET", "p/b", query)
    with pytest.raises(PermissionDenied):
        signer().verify("GET", "p/a", "")


@given(st.sampled_from(["expires", "md5", "max", "signature"]), st.text(max_size=20))
def test_no_field_can_be_changed(name: str, value: str) -> None:
    fields = dict(parse_qsl(signer().sign("PUT", "p/a", LATER, md5=b"0" * 16, max_bytes=10)))
    if fields[name] == value:
        return
    fields[name] = value
    with pytest.raises(PermissionDenied):
        signer().verify("PUT", "p/a", urlencode(fields))


@given(st.sampled_from(["expires", "md5", "max", "signature"]))
def test_no_field_can_be_dropped(name: str) -> None:
    fields = dict(parse_qsl(signer().sign("PUT", "p/a", LATER, md5=b"0" * 16, max_bytes=10)))
    del fields[name]
    with pytest.raises(PermissionDenied):
        signer().verify("PUT", "p/a", urlencode(fields))


@pytest.mark.parametrize(
    "key",
    [
        "",
        "/a",
        "a/",
        "a//b",
        "..",
        "a/../b",
        "a/.",
        "%2e%2e/a",
        "a%00",
        "a\0b",
        "a\\b",
        "a?b",
        "a#b",
        "~root/a",
        "a\nb",
        "\ud800",
        "a" * 256,
        "a/" * 600 + "a",
        ".alula-1",
    ],
)
def test_hostile_keys_are_refused(key: str, tmp_path: Path) -> None:
    for use in (check_key, lambda key: key_uri(str(tmp_path), key), lambda key: signer().sign("GET", key, LATER)):
        with pytest.raises(InvalidInput, match="object key"):
            use(key)


@pytest.mark.parametrize("key", ["a", "p/d/fast0a.tar.gz", "p/d/räume 1.csv", "p/d/.hidden", "p/..a/b.."])
def test_plain_keys_are_kept(key: str, tmp_path: Path) -> None:
    assert key_uri(str(tmp_path), key) == f"{tmp_path}/{key}"
    assert key_uri("s3://bucket/here", key) == f"s3://bucket/here/{key}"


_HOSTILE = st.lists(
    st.sampled_from(["..", ".", "/", "//", "\\", "%2e", "%2E%2e", "\0", "a", "b.c", "~", "C:", "\u202e", "．．"]), max_size=8
).map("".join)


@given(st.one_of(st.text(max_size=40), _HOSTILE))
def test_no_key_leaves_the_root(key: str) -> None:
    root = Path("/srv/alula-store")
    try:
        path = Path(key_uri(str(root), key))
    except InvalidInput:
        return
    assert path.is_relative_to(root) and path != root
    assert ".." not in path.parts


def test_links_that_lead_out_are_refused(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "out").symlink_to(tmp_path)
    with pytest.raises(InvalidInput, match="symbolic link"):
        key_uri(str(root), "out/secret")
    (tmp_path / "elsewhere").symlink_to(root)
    assert key_uri(str(tmp_path / "elsewhere"), "a/b") == f"{tmp_path}/elsewhere/a/b"


def test_short_secret_and_naive_expiry_are_refused() -> None:
    with pytest.raises(InvalidInput, match="at least 16"):
        Signer(b"short", lambda: NOW)
    with pytest.raises(InvalidInput, match="aware"):
        signer().sign("GET", "a", datetime(2026, 1, 1))
