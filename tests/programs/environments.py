"""Tasks that run in environments of their own."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import sys

import alula as al

old = al.Environment("old", packages=["iniconfig==1.1.1"], env={"COLOUR": "red", "SIZE": "small"})
new = al.Environment("new", packages=["iniconfig==2.0.0"])


def seen() -> str:
    return f"{importlib.metadata.version('iniconfig')} {os.environ.get('COLOUR', '-')}"


@old.task(env={"SIZE": "large"})
def before() -> str:
    return f"{seen()} {os.environ.get('SIZE', '-')}"


@new.task
def after(x: str) -> str:
    return f"{x} then {seen()}"


@new.task
def alone() -> bool:
    return importlib.util.find_spec("sqlalchemy") is None and sys.prefix != sys.base_prefix


@al.task
def outside() -> str:
    return sys.executable


@al.workflow
def both() -> str:
    return after(before())


@al.workflow
def swapped() -> str:
    return after(before.override(environment=new)())


@new.task
async def drives() -> str:
    return await before.aio() + ", " + await before.override(environment=new).aio()


@al.dynamic(environment=old)
def writes(count: int) -> str:
    found = before()
    for _ in range(count):
        found = after(found)
    return found


@al.workflow
def separate() -> tuple[bool, str]:
    return alone(), outside()
