"""The page on writing workflows names every setting there is."""

from __future__ import annotations

import inspect
from dataclasses import fields

import pytest
from tests.docs.test_readme import ROOT

import alula as al
from alula.sdk.overrides import Overrides
from alula.sdk.task import TaskOptions

PAGE = (ROOT / "docs" / "authoring.md").read_text()
PLAN = [name for name, each in inspect.signature(al.LaunchPlan).parameters.items() if each.kind is each.KEYWORD_ONLY]


@pytest.mark.parametrize(
    ("heading", "names"),
    [
        ("Tasks", [each.name for each in fields(TaskOptions)]),
        ("Launch plans", PLAN),
        ("One call, run differently", [each.name for each in fields(Overrides)]),
    ],
)
def test_every_setting_is_on_the_page(heading: str, names: list[str]) -> None:
    part = PAGE.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    assert [name for name in names if f"`{name}`" not in part] == []
