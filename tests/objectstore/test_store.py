"""One suite over a plain path, file:// and s3://: the same calls, the same answers."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.objectstore import s3_double

from alula.errors import Exhausted, InvalidInput, NotFound, PermissionDenied, Unsupported
from alula.objectstore import local, remote, store
from alula.objectstore.location import parse


@pytest.fixture(params=["path", "file", "s3"])
def root(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    if request.param == "path":
        yield str(tmp_path / "store")
    elif request.param == "file":
        yield f"file://{tmp_path}/store"
    else:
        with s3_double.serve() as address:
            monkeypatch.setenv("FLYTE_AWS_ENDPOINT", address)
            monkeypatch.setenv("FLYTE_AWS_ACCESS_KEY_ID", "test")
            monkeypatch.setenv("FLYTE_AWS_SECRET_ACCESS_KEY", "secret")
            yield "s3://bucket/store"


def test_what_is_put_is_got(root: str) -> None:
    store.put_bytes(b"one", f"{root}/a/b.bin")
    store.put_bytes(b"", f"{root}/empty")
    assert store.get_bytes(f"{root}/a/b.bin") == b"one"
    assert store.get_bytes(f"{root}/empty") == b""
    assert store.size(f"{root}/a/b.bin") == 3


def test_put_replaces(root: str) -> None:
    store.put_bytes(b"one", f"{root}/a")
    store.put_bytes(b"second", f"{root}/a")
    assert store.get_bytes(f"{root}/a") == b"second"


def test_ranges_are_slices(root: str) -> None:
    data = bytes(range(100))
    store.put_bytes(data, f"{root}/a")
    for start, end in [(None, None), (0, 10), (10, 20), (90, 200), (None, 5), (95, None), (100, None), (150, 160), (20, 10), (7, 7)]:
        assert store.get_bytes(f"{root}/a", start, end) == data[start:end], (start, end)


def test_negative_range_is_refused(root: str) -> None:
    with pytest.raises(InvalidInput, match="not negative"):
        store.get_bytes(f"{root}/a", -1)


def test_files_of_several_chunks_come_back(root: str, tmp_path: Path) -> None:
    data = os.urandom(3_000_001)
    source = tmp_path / "source"
    source.write_bytes(data)
    store.put_file(source, f"{root}/deep/er/file")
    store.get_file(f"{root}/deep/er/file", tmp_path / "made" / "target")
    assert (tmp_path / "made" / "target").read_bytes() == data


def test_list_is_what_lies_beneath(root: str) -> None:
    for name in ("x/b", "x/a", "x/c/d", "xy/z"):
        store.put_bytes(b".", f"{root}/{name}")
    assert store.list_prefix(f"{root}/x") == [f"{root}/x/a", f"{root}/x/b", f"{root}/x/c/d"]
    assert store.list_prefix(f"{root}/none") == []


def test_missing_is_not_found(root: str, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no such object"):
        store.get_bytes(f"{root}/none")
    with pytest.raises(NotFound):
        store.size(f"{root}/none")
    with pytest.raises(NotFound):
        store.get_file(f"{root}/none", tmp_path / "target")
    assert not (tmp_path / "target").exists()
    assert not store.exists(f"{root}/none")


def test_delete_twice_is_no_error(root: str) -> None:
    store.put_bytes(b"one", f"{root}/a")
    assert store.exists(f"{root}/a")
    store.delete(f"{root}/a")
    store.delete(f"{root}/a")
    assert not store.exists(f"{root}/a")


async def test_async_face_answers_the_same(root: str, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"from a file")
    await store.aput_bytes(b"0123456789", f"{root}/a")
    await store.aput_file(source, f"{root}/b")
    assert await store.aget_bytes(f"{root}/a") == b"0123456789"
    assert await store.aget_bytes(f"{root}/a", 2, 4) == b"23"
    assert await store.aget_bytes(f"{root}/a", 20) == b""
    assert await store.alist_prefix(root) == [f"{root}/a", f"{root}/b"]
    assert await store.asize(f"{root}/b") == 11
    assert b"".join([chunk async for chunk in store.chunks(f"{root}/b")]) == b"from a file"
    await store.aget_file(f"{root}/b", tmp_path / "target")
    assert (tmp_path / "target").read_bytes() == b"from a file"
    await store.adelete(f"{root}/a")
    assert not await store.aexists(f"{root}/a")
    with pytest.raises(NotFound):
        await store.aget_bytes(f"{root}/a")


def test_refused_credentials_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with s3_double.serve() as address:
        monkeypatch.setenv("FLYTE_AWS_ENDPOINT", address)
        monkeypatch.setenv("FLYTE_AWS_ACCESS_KEY_ID", "other")
        monkeypatch.setenv("FLYTE_AWS_SECRET_ACCESS_KEY", "secret")
        with pytest.raises(PermissionDenied, match="s3://bucket/a"):
            store.get_bytes("s3://bucket/a")


def test_flyte_names_win_and_keep_no_foreign_token() -> None:
    environment = {
        "FLYTE_AWS_ENDPOINT": "http://flyte",
        "AWS_ENDPOINT_URL": "http://aws",
        "FLYTE_AWS_ACCESS_KEY_ID": "f",
        "FLYTE_AWS_SECRET_ACCESS_KEY": "g",
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SESSION_TOKEN": "t",
        "AWS_REGION": "eu-central-1",
    }
    assert remote.s3_options(environment) == {
        "endpoint": "http://flyte",
        "access_key_id": "f",
        "secret_access_key": "g",
        "region": "eu-central-1",
    }
    assert remote.s3_options({"AWS_ACCESS_KEY_ID": "a", "AWS_SESSION_TOKEN": "t"}) == {"access_key_id": "a", "session_token": "t"}


def test_presigned_links_are_for_remote_objects(monkeypatch: pytest.MonkeyPatch) -> None:
    with s3_double.serve() as address:
        monkeypatch.setenv("FLYTE_AWS_ENDPOINT", address)
        monkeypatch.setenv("FLYTE_AWS_ACCESS_KEY_ID", "test")
        monkeypatch.setenv("FLYTE_AWS_SECRET_ACCESS_KEY", "secret")
        link = store.presign("PUT", "s3://bucket/a/b", timedelta(minutes=5))
    assert link.startswith(f"{address}/bucket/a/b?")
    assert "X-Amz-Signature=" in link and "X-Amz-Expires=300" in link
    assert "secret" not in link
    with pytest.raises(Unsupported, match="Signer"):
        store.presign("GET", "/a/b", timedelta(minutes=5))


@pytest.mark.parametrize("uri", ["", "a\0b", "file://host/a", "s3:///key", "s3://bucket/a/../b"])
def test_bad_uris_are_invalid(uri: str) -> None:
    with pytest.raises(InvalidInput):
        store.get_bytes(uri)


def test_unknown_scheme_names_the_known() -> None:
    with pytest.raises(Unsupported, match="s3://"):
        store.get_bytes("ftp://host/a")


def test_full_disk_is_exhausted_and_leaves_nothing() -> None:
    # /dev/full answers every write with ENOSPC; a real write through our own path, without a full disk.
    with (
        pytest.raises(Exhausted, match="free some space"),
        local.translated("/dev/full"),
        Path("/dev/full").open("wb", buffering=0) as file,
    ):
        file.write(b"x")


def test_failed_write_leaves_the_old_content_and_no_temporary(tmp_path: Path) -> None:
    store.put_bytes(b"old", str(tmp_path / "a"))

    def fill(file: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(Exhausted), local.translated("a"):
        local.write(tmp_path / "a", fill)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert store.get_bytes(str(tmp_path / "a")) == b"old"


def test_unfinished_writes_are_not_listed(tmp_path: Path) -> None:
    (tmp_path / f"{local.TEMPORARY_PREFIX}1234").write_bytes(b"half")
    assert store.list_prefix(str(tmp_path)) == []


def test_folder_is_no_object(tmp_path: Path) -> None:
    assert not store.exists(str(tmp_path))
    with pytest.raises(InvalidInput):
        store.get_bytes(str(tmp_path))


def test_no_permission_is_said(tmp_path: Path) -> None:
    number = errno.EACCES
    assert isinstance(local.translate(OSError(number, os.strerror(number)), "a"), PermissionDenied)


def test_written_files_follow_the_umask_and_are_durable_on_request(tmp_path: Path) -> None:
    store.put_bytes(b"x", str(tmp_path / "a"), is_durable=True)
    umask = os.umask(0)
    os.umask(umask)
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o666 & ~umask


def test_location_prints_as_uri() -> None:
    assert str(parse("s3://b/k/x")) == "s3://b/k/x"
    assert str(parse("file:///a/b")) == "/a/b"
    assert store.join("s3://b/k/", "/x", "y") == "s3://b/k/x/y"
