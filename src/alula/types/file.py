"""Placeholder."""

from __future__ import annotations

from typing import Any


def make(annotation: Any, metadata: tuple[Any, ...]) -> Any:
    return None
