"""Checkpoints over a real folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from alula.errors import InvalidInput, NotFound
from alula.idl import paths
from alula.idl.identifier import ExecutionId
from alula.objectstore import store
from alula.sdk.checkpoint import Checkpoint


def files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    (folder / "layers").mkdir(parents=True)
    (folder / "layers" / "0").write_bytes(b"w0")
    (folder / "state").write_bytes(b"s")
    return folder


def test_a_folder_comes_back_as_it_was(tmp_path: Path, model: Path) -> None:
    first = Checkpoint(str(tmp_path / "c0"))
    first.save(model)
    restored = Checkpoint(str(tmp_path / "c1"), (str(tmp_path / "c0"),)).restore()
    assert restored is not None and files(restored) == files(model)
    assert first.restore(tmp_path / "here") == tmp_path / "here"
    with pytest.raises(InvalidInput, match=r"a folder was saved; al\.context\(\)\.checkpoint\.restore\(\) brings it"):
        first.read()


def test_a_file_comes_back_under_its_name(tmp_path: Path) -> None:
    (tmp_path / "weights.bin").write_bytes(b"w")
    checkpoint = Checkpoint(str(tmp_path / "c"))
    checkpoint.save(tmp_path / "weights.bin")
    restored = checkpoint.restore()
    assert restored is not None and (restored.name, restored.read_bytes()) == ("weights.bin", b"w")
    assert checkpoint.read() == b"w"


def test_the_last_one_counts_and_the_one_before_is_removed(tmp_path: Path, model: Path) -> None:
    checkpoint = Checkpoint(str(tmp_path / "c"))
    assert (checkpoint.read(), checkpoint.restore()) == (None, None)
    checkpoint.save(b"one")
    checkpoint.save(model)
    checkpoint.save(b"two")
    assert checkpoint.read() == b"two"
    assert len(files(tmp_path / "c")) == 2, "the index and what it names"


def test_one_that_was_interrupted_leaves_the_one_before(tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoint = Checkpoint(str(tmp_path / "c"))
    checkpoint.save(b"one")

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(store, "put_file", killed)
    with pytest.raises(KeyboardInterrupt):
        checkpoint.save(model)
    assert checkpoint.read() == b"one"


def test_an_attempt_that_saved_nothing_hides_none_before_it(tmp_path: Path) -> None:
    folders = [str(tmp_path / f"c{n}") for n in range(3)]
    Checkpoint(folders[0]).save(b"zero")
    assert Checkpoint(folders[2], (folders[1], folders[0])).read() == b"zero"
    Checkpoint(folders[1]).save(b"one")
    assert Checkpoint(folders[2], (folders[1], folders[0])).read() == b"one"


def test_a_path_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="nothing is neither a file nor a folder"):
        Checkpoint(str(tmp_path / "c")).save(tmp_path / "nothing")
    with pytest.raises(InvalidInput, match="given no folder"):
        Checkpoint("").save(b"")


@pytest.mark.parametrize("item", [-1, 4])
def test_earlier_folders_are_those_the_server_gave_out(item: int) -> None:
    execution = ExecutionId("p", "d", "run-1")
    raws = [paths.raw_output_prefix("s3://b/raw", execution, "n0-0-n1", attempt, item) for attempt in range(4)]
    found = paths.earlier_checkpoints(raws[3], "run-1", "n0-0-n1", 3, item)
    assert found == [paths.checkpoint_prefix(raw) for raw in reversed(raws[:3])]
    assert paths.earlier_checkpoints("s3://elsewhere/x", "run-1", "n0", 3) == []
