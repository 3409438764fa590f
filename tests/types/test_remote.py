"""Files elsewhere: read in parts, listed without a download, written through a spool, over a real S3 and real HTTP."""

from __future__ import annotations

import functools
import http.server
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import polars as pl
import pytest
from tests.objectstore import s3_double

import alula as al
from alula.errors import InvalidInput, NotFound
from alula.objectstore import store
from alula.types import remote
from alula.types.base import to_literal, to_python
from alula.types.offload import Offload
from alula.types.remote import BLOCK_BYTES

PIECE = bytes(range(256)) * (BLOCK_BYTES // 256)
BIG = b"".join(bytes([n]) + PIECE[1:] for n in range(4))


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Sizes of the bodies the S3 has sent."""
    found: list[int] = []
    send = s3_double.Handler._send

    def record(self: Any, status: int, body: bytes = b"", *rest: Any, **named: Any) -> None:
        if self.command == "GET":
            found.append(len(body))
        send(self, status, body, *rest, **named)

    monkeypatch.setattr(s3_double.Handler, "_send", record)
    return found


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch, sent: list[int]) -> Iterator[str]:
    with s3_double.serve() as address:
        monkeypatch.setenv("FLYTE_AWS_ENDPOINT", address)
        monkeypatch.setenv("FLYTE_AWS_ACCESS_KEY_ID", "test")
        monkeypatch.setenv("FLYTE_AWS_SECRET_ACCESS_KEY", "secret")
        yield "s3://bucket/data"


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


class _Parts(_Quiet):
    """One that gives parts."""

    def end_headers(self) -> None:
        self.send_header("Accept-Ranges", "bytes")
        super().end_headers()

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        start, stop = (int(part) for part in self.headers["Range"].removeprefix("bytes=").split("-"))
        with path.open("rb") as file:
            file.seek(start)
            data = file.read(stop + 1 - start)
        self.send_response(206)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@contextmanager
def serve_web(folder: Path, kind: type[_Quiet]) -> Iterator[str]:
    """Serves a folder by plain HTTP."""
    folder.mkdir(exist_ok=True)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(kind, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_part_of_a_remote_file_is_read_without_the_rest(bucket: str, sent: list[int], tmp_path: Path) -> None:
    store.put_bytes(BIG, f"{bucket}/big.bin")
    offload = Offload(scratch=tmp_path)
    file = to_python(to_literal(al.File(f"{bucket}/big.bin"), al.File, offload), al.File, offload)
    assert file.size == len(BIG)
    with file.open("rb") as stream:
        stream.seek(2 * BLOCK_BYTES)
        assert stream.read(3) == bytes([2, 1, 2])
        stream.seek(-1, os.SEEK_END)
        assert stream.read() == BIG[-1:]
    assert sum(sent) <= 2 * BLOCK_BYTES
    assert list(tmp_path.iterdir()) == []


def test_whole_remote_file_is_read_and_its_path_is_a_copy(bucket: str) -> None:
    store.put_bytes(BIG, f"{bucket}/big.bin")
    store.put_bytes("größe\r\nzwei\n".encode(), f"{bucket}/text.txt")
    assert al.File(f"{bucket}/big.bin").read_bytes() == BIG
    assert al.File(f"{bucket}/text.txt").read_text() == "größe\nzwei\n"
    with al.File(f"{bucket}/text.txt").open(newline="") as stream:
        assert stream.read() == "größe\r\nzwei\n"
    copy = Path(os.fspath(al.File(f"{bucket}/big.bin")))
    assert copy.read_bytes() == BIG


def test_file_that_is_not_there_is_named(bucket: str) -> None:
    with pytest.raises(NotFound, match="gone"):
        al.File(f"{bucket}/gone").open()


def test_folder_is_listed_without_a_download_and_one_file_is_fetched(bucket: str, sent: list[int], tmp_path: Path) -> None:
    for name in ("a.txt", "sub/b.txt", "sub/c.txt"):
        store.put_bytes(name.encode(), f"{bucket}/folder/{name}")
    store.put_bytes(b"x", f"{bucket}/folder-of-another/d.txt")
    offload = Offload(scratch=tmp_path)
    folder = to_python(to_literal(al.Directory(f"{bucket}/folder"), al.Directory, offload), al.Directory, offload)
    assert folder.names() == ["a.txt", "sub/b.txt", "sub/c.txt"]
    files = list(folder)
    assert list(tmp_path.iterdir()) == []
    before = len(sent)
    assert files[1].read_text() == folder.file("sub/b.txt").read_text() == "sub/b.txt"
    assert len(sent) == before + 2
    assert (folder / "sub" / "c.txt").read_text() == "sub/c.txt"  # a path: the whole folder


def test_what_is_written_is_uploaded_on_close_and_dropped_on_failure(bucket: str) -> None:
    with al.File(f"{bucket}/out.txt").open("w") as sink:
        sink.write("größe\n")
        assert not store.exists(f"{bucket}/out.txt")
        sink.writelines(["a\n", "b\n"])
    assert store.get_bytes(f"{bucket}/out.txt") == "größe\na\nb\n".encode()
    assert al.File(f"{bucket}/out.bin").write_bytes(PIECE).read_bytes() == PIECE
    with pytest.raises(ZeroDivisionError), al.File(f"{bucket}/bad.bin").open("wb") as sink:
        sink.write(b"half")
        _ = 1 / 0
    with pytest.raises(ZeroDivisionError), al.File(f"{bucket}/bad.txt").open("w") as sink:
        sink.write("half")
        _ = 1 / 0
    assert not store.exists(f"{bucket}/bad.bin")
    assert not store.exists(f"{bucket}/bad.txt")


@pytest.mark.parametrize(
    ("uri", "mode", "message"),
    [("s3://bucket/x", "a", "written as a whole, with 'w' or 'wb'"), ("https://example.com/x.csv", "w", "cannot be written by HTTP")],
)
def test_what_cannot_be_written_is_refused_with_the_remedy(uri: str, mode: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        al.File(uri).open(mode)


def test_an_input_is_not_written_to(tmp_path: Path) -> None:
    offload = Offload(str(tmp_path))
    file = to_python(to_literal(al.File.new("x").write_text("1"), al.File, offload), al.File, offload)
    with pytest.raises(InvalidInput, match=r"is an input, and others may read it; write to al\.File\.new\('x'\)"):
        file.write_text("2")
    assert file.read_text() == "1"


def test_web_file_without_parts_is_downloaded(tmp_path: Path) -> None:
    with serve_web(tmp_path / "web", _Quiet) as web:
        (tmp_path / "web" / "a.csv").write_text("a,b\n1,2\n")
        file = al.File(f"{web}/a.csv?token=x")
        assert (file.name, file.size) == ("a.csv", 8)
        assert file.read_text() == "a,b\n1,2\n"
        assert Path(file).read_text() == "a,b\n1,2\n"
        with pytest.raises(NotFound, match=r"/gone: the server answered 404"):
            al.File(f"{web}/gone?token=secret").read_bytes()


def test_web_file_with_parts_is_read_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve_web(tmp_path / "web", _Parts) as web:
        (tmp_path / "web" / "big.bin").write_bytes(BIG)
        monkeypatch.setattr(remote, "web_file", None)  # nothing may be downloaded
        with al.File(f"{web}/big.bin").open("rb") as stream:
            stream.seek(3 * BLOCK_BYTES)
            assert stream.read(2) == b"\x03\x01"


@pytest.mark.parametrize("annotation", [pd.DataFrame, pl.DataFrame])
def test_only_the_asked_for_columns_of_a_remote_frame_are_read(bucket: str, sent: list[int], annotation: Any, tmp_path: Path) -> None:
    import numpy as np

    rows = 400_000
    frame = pd.DataFrame({"wide": np.random.default_rng(0).random(rows), "small": np.zeros(rows, np.int64)})
    literal = to_literal(frame, pd.DataFrame, Offload(str(tmp_path)))
    uri = literal.scalar.structured_dataset.uri
    store.put_bytes(Path(uri).read_bytes(), f"{bucket}/data.parquet")
    literal.scalar.structured_dataset.uri = f"{bucket}/data.parquet"
    back = to_python(literal, Annotated[annotation, al.columns(small=int)], Offload())
    assert list(back.columns) == ["small"]
    assert len(back) == rows
    assert 0 < sum(sent) < Path(uri).stat().st_size
