"""Code on its way: only what changed is sent, and whatever is lost on either side only costs that again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.client.server_double import Double
from tests.objectstore.trees import write

from alula.client import code, memory
from alula.client.code import Sent
from alula.client.sync import Client
from alula.client.transfer import LinkOffload
from alula.client.wire import drive
from alula.errors import InvalidInput, LimitExceeded
from alula.idl.v1 import code_pb2
from alula.objectstore import scan as scans
from alula.objectstore import tree

Send = Callable[[], Sent]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose files count as old, so that they are remembered at once."""
    monkeypatch.setattr(scans, "SETTLED_NS", -(10**12))
    return write(tmp_path / "project", {f"{n}.py": f"# {n}\n" + f"{n * 7919}" * 300 for n in range(30)})


@pytest.fixture
def send(client: Client, root: Path) -> Send:
    return lambda: drive(code.send(client.source.wire, root))


def fetched(client: Client, uri: str, cache: Path) -> dict[str, str]:
    offload = LinkOffload(client.source.wire)
    try:
        return {name: path.read_text() for name, path in code.files_of(code.fetch(offload, uri, cache)).items()}
    finally:
        offload.close()


def contents(root: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in root.iterdir()}


def test_an_edit_sends_one_small_pack(client: Client, double: Double, send: Send, root: Path, tmp_path: Path) -> None:
    first = send()
    assert len(double.puts) == 1
    assert send() == Sent(uri=first.uri, digest=first.digest, sent_bytes=0, skipped=())
    (root / "3.py").write_text("x = 1")
    second = send()
    assert (second.digest != first.digest, len(double.puts)) == (True, 2)
    pack = double.root / "uploads/flytesnacks/development/code" / double.puts[1]
    assert pack.stat().st_size < 50
    assert fetched(client, second.uri, tmp_path / "cache") == contents(root)
    (root / "3.py").unlink()
    third = send()
    assert len(double.puts) == 2, "nothing new but the manifest"
    assert fetched(client, third.uri, tmp_path / "cache") == contents(root)


def test_the_same_tree_from_another_machine_is_the_same_bundle(
    double: Double, send: Send, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    send()
    (root / "3.py").write_text("x = 1")
    first = send()
    monkeypatch.setenv("ALULA_CACHE", str(tmp_path / "elsewhere"))
    assert (send().uri, send().sent_bytes, len(double.puts)) == (first.uri, 0, 2)


def test_a_wiped_server_costs_a_resend(client: Client, double: Double, send: Send, root: Path, tmp_path: Path) -> None:
    import shutil

    first = send()
    (root / "3.py").write_text("x = 1")
    send()
    shutil.rmtree(double.root)
    again = send()
    assert again.sent_bytes > first.sent_bytes / 2
    assert fetched(client, again.uri, tmp_path / "cache") == contents(root)


def test_a_lost_pack_is_sent_again_under_the_same_tree(client: Client, double: Double, send: Send, root: Path, tmp_path: Path) -> None:
    first = send()
    (double.root / "uploads/flytesnacks/development/code" / double.puts[0]).unlink()
    again = send()
    assert (again.uri, again.sent_bytes > 0) == (first.uri, True)
    assert fetched(client, again.uri, tmp_path / "cache") == contents(root)


@pytest.mark.parametrize("harm", ["gone", "cut", "other bytes"])
def test_a_lost_or_damaged_memory_costs_reading_alone(double: Double, send: Send, root: Path, harm: str) -> None:
    first = send()
    (file,) = (memory.cache_folder() / "code").iterdir()
    if harm == "gone":
        file.unlink()
    else:
        data = file.read_bytes()
        file.write_bytes(data[: len(data) // 2] if harm == "cut" else data[:-1] + b"?")
    assert send() == Sent(uri=first.uri, digest=first.digest, sent_bytes=0, skipped=())


def test_a_manifest_that_lies_on_the_server_is_replaced(client: Client, double: Double, send: Send, root: Path, tmp_path: Path) -> None:
    first = send()
    stored = Path(first.uri.removeprefix("file://"))
    stored.write_bytes(tree.encode(code_pb2.Tree()))
    assert send().uri == first.uri
    assert fetched(client, first.uri, tmp_path / "cache") == contents(root)


def test_unchanged_files_are_not_opened_again(send: Send, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    send()
    (root / "3.py").write_text("x = 1")
    read: list[str] = []
    plain = scans._read
    monkeypatch.setattr(scans, "_read", lambda base, member, *rest: (read.append(member.name), plain(base, member, *rest))[1])
    send()
    assert read == ["3.py"]


def test_a_cache_that_cannot_be_written_does_not_stop_anything(send: Send, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("ALULA_CACHE", str(tmp_path / "file"))
    assert send().sent_bytes > 0
    assert send().sent_bytes == 0


def test_offers_that_make_no_sense_are_refused(double: Double) -> None:
    def offer(**fields: object) -> code_pb2.OfferResponse:
        return double.offer(code_pb2.OfferRequest(project="p", domain="d", **fields))  # type: ignore[arg-type]

    with pytest.raises(InvalidInput, match="64 hex digits"):
        offer(digest="../x")
    with pytest.raises(InvalidInput, match="64 hex digits"):
        offer(digest="a" * 64, packs=["../../secret"])
    with pytest.raises(LimitExceeded, match="at most 256"):
        offer(digest="a" * 64, packs=["a" * 64] * 257)
    with pytest.raises(InvalidInput, match="not the one in its name"):
        offer(digest="a" * 64, manifest=tree.encode(code_pb2.Tree()))
    lacking = code_pb2.Tree(packs=[b"p" * 32])
    answer = offer(digest=tree.digest_of([]), manifest=tree.encode(lacking))
    assert (answer.uri, list(answer.missing)) == ("", [(b"p" * 32).hex()])
    assert not list(double.root.rglob("tree-*"))
