from __future__ import annotations

from pathlib import Path

import pytest

from alula.errors import Exhausted, InvalidInput, Unavailable
from alula.provision import uv

AWAY = "error: Request failed after 3 retries in 8.7s\n  cause: error sending request for url (http://x/)\n  cause: Connection refused"


@pytest.mark.parametrize(
    ("output", "kind"),
    [
        (AWAY, Unavailable),
        ("error: No space left on device (os error 28)", Exhausted),
        ("error: Because networkx was not found in the package registry and you require networkx", InvalidInput),
        ("error: Failed to download `six==1.16.0`\n  cause: Hash mismatch for `six==1.16.0`", InvalidInput),
    ],
)
def test_network_and_disk_are_the_systems_all_else_the_users(output: str, kind: type[Exception]) -> None:
    found = uv.failure("environment x", output, "change its packages")
    assert type(found) is kind
    assert str(found).startswith("environment x: ") and output.splitlines()[0] in str(found)


def test_without_uv_the_message_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(__import__("sys").modules, "uv", None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unavailable, match=r"pip install uv \(the extra `environments`\)"):
        uv.find_uv()
    (tmp_path / "uv").write_text("#!/bin/sh\n")
    (tmp_path / "uv").chmod(0o755)
    assert uv.find_uv() == str(tmp_path / "uv")
