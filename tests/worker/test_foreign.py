"""Code archives of foreign commands: what stays inside is unpacked, what leads out is refused."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from alula.errors import InvalidInput
from alula.worker.foreign import _extract


def archive(*members: tuple[str, bytes, str]) -> tarfile.TarFile:
    """A tar of (name, type, link target or content)."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as tar:
        for name, kind, text in members:
            info = tarfile.TarInfo(name)
            info.type = kind
            if kind == tarfile.REGTYPE:
                info.size = len(text)
                tar.addfile(info, io.BytesIO(text.encode()))
            else:
                info.linkname = text
                tar.addfile(info)
    return tarfile.open(fileobj=io.BytesIO(data.getvalue()))


def test_files_folders_and_inner_links_are_unpacked(tmp_path: Path) -> None:
    members = [("pkg", tarfile.DIRTYPE, ""), ("pkg/a.py", tarfile.REGTYPE, "x = 1"), ("b.py", tarfile.SYMTYPE, "pkg/a.py")]
    _extract(archive(*members), tmp_path)
    assert (tmp_path / "b.py").read_text() == "x = 1"


@pytest.mark.parametrize(
    "member",
    [
        ("../out.py", tarfile.REGTYPE, "x"),
        ("/etc/out.py", tarfile.REGTYPE, "x"),
        ("link", tarfile.SYMTYPE, "../../etc/passwd"),
        ("link", tarfile.LNKTYPE, "../out"),
        ("device", tarfile.CHRTYPE, ""),
    ],
)
def test_what_leads_out_is_refused(tmp_path: Path, member: tuple[str, bytes, str]) -> None:
    with pytest.raises(InvalidInput, match="code archive"):
        _extract(archive(member), tmp_path / "inner")
    assert not (tmp_path / "out.py").exists()
