from __future__ import annotations

import getpass
from pathlib import Path
from urllib.parse import quote

import pytest

from alula.client.settings import load
from alula.errors import InvalidInput
from alula.server.principal import decide


def test_explicit_then_environment_then_file_then_default(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    environment = {"ALULA_SETTINGS": str(file)}
    assert load(environment=environment).address == "127.0.0.1:8089"
    assert load(environment=environment).is_default
    file.write_text('address = "file:1"\nproject = "p"')
    settled = load(environment=environment)
    assert (settled.address, settled.project, settled.domain, settled.is_default) == ("file:1", "p", "development", False)
    environment["FLYTE_PLATFORM_URL"] = "dns:///flyte:2"
    assert load(environment=environment).address == "flyte:2"
    environment["ALULA_ADDRESS"] = "https://alula.example"
    assert (load(environment=environment).address, load(environment=environment).is_secure) == ("alula.example:443", True)
    assert load("explicit:3", environment=environment).address == "explicit:3"
    assert load("[::1]:3", environment=environment).address == "[::1]:3"


@pytest.mark.parametrize(("text", "says"), [("adress = 'x:1'", "'adress' is not"), ("address = 5", "'address'"), ("x", "cannot be read")])
def test_wrong_settings_are_named(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "settings.toml").write_text(text)
    with pytest.raises(InvalidInput, match=says):
        load(environment={"ALULA_SETTINGS": str(tmp_path / "settings.toml")})


@pytest.mark.parametrize("address", ["host", "ftp://host:1", "::1]"])
def test_wrong_addresses_are_named(address: str) -> None:
    with pytest.raises(InvalidInput, match="server address"):
        load(address, environment={"ALULA_SETTINGS": "/nowhere"})


def test_the_user_is_who_is_named_and_else_the_account(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    environment = {"ALULA_SETTINGS": str(file)}
    assert load(environment=environment).user == getpass.getuser()
    file.write_text('user = "Ada Lovelace"')
    assert load(environment=environment).user == "Ada Lovelace"
    assert load(environment={**environment, "ALULA_USER": "grace"}).user == "grace"
    for wrong in ("a\nb", " ", "x" * 257, "ü" * 129):
        with pytest.raises(InvalidInput, match="user"):
            load(environment={**environment, "ALULA_USER": wrong})


@pytest.mark.parametrize(
    ("account", "user"),
    [
        ("ada", "ada"),
        ("DOMAIN\\ada.lovelace@example.org", "DOMAIN\\ada.lovelace@example.org"),
        (" Ada  Lovelace ", "Ada  Lovelace"),
        ("a\tb\x7fc\u202e", "a?b?c?"),
        ("caf\udce9", "caf?"),
        ("x" * 300, "x" * 256),
        ("ü" * 200, "ü" * 128),
        ("x" * 255 + "ü", "x" * 255),
        ("", ""),
        (" \n", ""),
    ],
)
def test_a_strange_account_is_given_a_name_that_the_server_takes(monkeypatch: pytest.MonkeyPatch, account: str, user: str) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: account)
    settled = load(environment={"ALULA_SETTINGS": "/nowhere"})
    assert settled.user == user
    if user:
        assert decide(quote(settled.user), is_loopback=False) == user
