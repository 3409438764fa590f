"""What tests look for on the page of an execution."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page

from alula.idl import core


def panel(page: Page) -> Locator:
    """The drawer of a node."""
    return page.get_by_role("complementary", name=re.compile("^Node "))


def shown(page: Page) -> str:
    """The name of the execution whose page this is."""
    found = re.search(r"/executions/default/development/([^?]+)", page.url)
    assert found is not None, page.url
    return found[1]


def execution(name: str) -> core.WorkflowExecutionIdentifier:
    return core.WorkflowExecutionIdentifier(project="default", domain="development", name=name)
