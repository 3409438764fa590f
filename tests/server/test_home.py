"""The home folder."""

from __future__ import annotations

from pathlib import Path

from alula.server.home import link_secret


def test_an_empty_link_key_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "link.key").touch()
    first = link_secret(tmp_path)
    assert (len(first), link_secret(tmp_path)) == (32, first)
    assert (tmp_path / "link.key").stat().st_mode & 0o777 == 0o600
