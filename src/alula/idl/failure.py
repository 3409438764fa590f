"""Codes of failures that one side of a worker's channel records and the other acts on."""

from __future__ import annotations

ORDER_CHANGED = "CallOrderChanged"  # an async task called something else at a place than an attempt before it
