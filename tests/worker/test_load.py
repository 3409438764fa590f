"""Bundles: fetched once, checked, unpacked whole or not at all; two versions of one module never mix."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from alula.errors import InvalidInput, NotFound
from alula.idl import core
from alula.idl.v1 import worker_pb2
from alula.objectstore import pack, tree
from alula.objectstore.scan import scan
from alula.worker import load
from alula.worker.call import run


@pytest.fixture(autouse=True)
def _restore() -> Iterator[None]:
    path, modules = list(sys.path), set(sys.modules)
    yield
    load._activate("")
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        del sys.modules[name]


def project(folder: Path, answer: int) -> Path:
    """A project with a helper beside the script and a package below src."""
    for name, text in {
        "helper.py": f"ANSWER = {answer}\n",
        "flows.py": "import alula as al\nimport helper\n\n@al.task\ndef ask() -> int:\n    import late\n"
        "    return helper.ANSWER + late.MORE\n",
        "late.py": f"MORE = {answer * 100}\n",
        "scripts/job.py": "import alula as al\nimport beside\n\n@al.task\ndef ask() -> int:\n    return beside.B\n",
        "scripts/beside.py": "B = 3\n",
        "src/pack/__init__.py": "",
        "src/pack/mod.py": "import alula as al\n\n@al.task\ndef ask() -> int:\n    return 9\n",
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def answer(ref: str, folder: Path | str) -> int:
    report = run(worker_pb2.Attempt(task=ref, bundle_path=str(folder), item=-1, inline_limit_bytes=1000))
    assert not report.error, core.ErrorDocument.FromString(report.error).error.message
    return core.LiteralMap.FromString(report.outputs).literals["o0"].scalar.primitive.integer


def test_two_bundles_with_the_same_modules_do_not_mix(tmp_path: Path) -> None:
    one, two = project(tmp_path / "one", 1), project(tmp_path / "two", 2)
    for folder, expected in ((one, 101), (two, 202), (one, 101), (two, 202)):
        assert answer("flows:ask", _flat(folder)) == expected


def _flat(folder: Path) -> Path:
    """Without src, so that the folder itself is where modules start."""
    import shutil

    shutil.rmtree(folder / "src", ignore_errors=True)
    return folder


def test_src_layout_scripts_and_their_neighbours(tmp_path: Path) -> None:
    folder = project(tmp_path / "one", 1)
    assert answer("pack.mod:ask", folder) == 9
    assert answer("scripts.job:ask", _flat(folder)) == 3


def packed(tmp_path: Path) -> tuple[str, str]:
    found = scan(_flat(project(tmp_path / "source", 4)))
    made, frame = pack.make([(digest, found.content(digest)) for digest in found.sizes])
    (tmp_path / pack.file_name(made.digest.hex())).write_bytes(frame)
    path = tmp_path / tree.file_name(found.digest)
    path.write_bytes(tree.encode(pack.manifest(found, [made])))
    return str(path), found.digest


def test_bundle_is_put_together_once_and_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    uri, digest = packed(tmp_path)
    cache = tmp_path / "cache"
    monkeypatch.setenv("ALULA_BUNDLE_CACHE", str(cache))
    folder = load.ensure_bundle(uri)
    assert folder == cache / digest
    Path(uri).unlink()
    assert load.ensure_bundle(uri) == folder
    assert answer("flows:ask", folder) == 404


def test_bundle_of_another_content_is_refused(tmp_path: Path) -> None:
    uri, _ = packed(tmp_path)
    Path(uri).write_bytes(b"else")
    with pytest.raises(InvalidInput, match="manifest is not readable"):
        load.ensure_bundle(uri, tmp_path / "cache")
    with pytest.raises(InvalidInput, match="expected a name like"):
        load.ensure_bundle("s3://b/code.zip", tmp_path / "cache")


def test_task_is_remembered() -> None:
    from tests.worker import tasks

    ref = f"{tasks.__name__}:inc"
    assert load.load_task(ref) is load.load_task(ref)
    with pytest.raises(NotFound, match="it must be a @task at module level"):
        load.load_task(f"{tasks.__name__}:nope.nope")
