"""Environment variables that a task changes are as they were for the next one."""

from __future__ import annotations

import os

import pytest

from alula.worker import environment


def test_set_changed_and_removed_variables_are_put_back() -> None:
    os.environ["ALULA_TEST_OLD"], os.environ["ALULA_TEST_GONE"] = "old", "here"
    try:
        environment.watch()
        os.environ["ALULA_TEST_OLD"] = "new"
        os.environ["ALULA_TEST_OLD"] = "newer"
        os.environ["ALULA_TEST_NEW"] = "x"
        del os.environ["ALULA_TEST_GONE"]
        environment.restore()
        assert (os.environ["ALULA_TEST_OLD"], os.environ.get("ALULA_TEST_NEW"), os.environ["ALULA_TEST_GONE"]) == ("old", None, "here")
    finally:
        for name in ("ALULA_TEST_OLD", "ALULA_TEST_GONE"):
            os.environ.pop(name, None)


def test_what_is_set_outside_stays() -> None:
    environment.watch()
    environment.restore()
    os.environ["ALULA_TEST_KEPT"] = "1"
    environment.watch()
    environment.restore()
    assert os.environ.pop("ALULA_TEST_KEPT") == "1"


def test_changes_are_put_aside_and_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEPT", "before")
    monkeypatch.delenv("MADE", raising=False)
    monkeypatch.setenv("GONE", "before")
    environment.watch()
    os.environ.update(KEPT="changed", MADE="new")
    del os.environ["GONE"]
    changes = environment.pause()
    assert (os.environ["KEPT"], os.environ.get("MADE"), os.environ["GONE"]) == ("before", None, "before")
    environment.resume(changes)
    assert (os.environ["KEPT"], os.environ["MADE"], os.environ.get("GONE")) == ("changed", "new", None)
    environment.restore()
    assert (os.environ["KEPT"], os.environ.get("MADE"), os.environ["GONE"]) == ("before", None, "before")
