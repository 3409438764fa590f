"""The form of a launch: what is wrong with it whatever is registered."""

from __future__ import annotations

import re

from alula.errors import AlulaError
from alula.idl import admin
from alula.objectstore.location import parse

_NAME = re.compile(r"[a-z][a-z0-9-]{0,62}")
MAX_MARK_BYTES = 1_000
"""Of a tag, a label's key and its value, in UTF-8: they are looked up by indexes, whose entries PostgreSQL bounds."""


def form_problems(request: admin.ExecutionCreateRequest) -> list[tuple[str, str]]:
    """What is wrong with a launch whatever is registered: fields, and what is expected of them."""
    found, spec = [], request.spec
    if request.name and _NAME.fullmatch(request.name) is None:
        message = f'execution name "{request.name}": expected lower-case letters, digits and dashes, a letter first, at most 63'
        found.append(("name", message))
    if not spec.HasField("launch_plan"):
        found.append(("launch_plan", "spec.launch_plan: expected the identifier of a launch plan or a task, got none"))
    if spec.max_parallelism < 0:
        found.append(("max_parallelism", f"spec.max_parallelism: expected 0 (no limit) or more, got {spec.max_parallelism}"))
    return found + mark_problems(spec) + _env_problems(spec) + _place_problems(spec)


def _env_problems(spec: admin.ExecutionSpec) -> list[tuple[str, str]]:
    wrong = [e.key for e in spec.envs.values if not e.key or "=" in e.key or "\x00" in e.key + e.value]
    return [("envs", f"spec.envs: {key[:40]!r}: expected a name without '=', and no NUL in it or its value") for key in wrong]


def _place_problems(spec: admin.ExecutionSpec) -> list[tuple[str, str]]:
    """What is wrong with where large values go: no worker could write there."""
    prefix, where = spec.raw_output_data_config.output_location_prefix, "raw_output_data_config"
    if not prefix:
        return []
    try:
        is_relative = parse(prefix).is_local and "://" not in prefix and not prefix.startswith("/")
    except AlulaError as error:
        return [(where, f"spec.{where}: {error.message}")]
    return [(where, f"spec.{where}: {prefix[:80]!r} is relative; write the whole path, or s3://bucket/prefix")] if is_relative else []


def mark_problems(spec: admin.ExecutionSpec) -> list[tuple[str, str]]:
    """Tags and labels that are too long."""
    labels = [part for pair in sorted(spec.labels.values.items()) for part in pair]
    marks = [("tags", tag) for tag in spec.tags] + [("labels", part) for part in labels]
    sizes = [(field, mark, len(mark.encode())) for field, mark in marks]
    return [
        (field, f"spec.{field}: {mark[:40]!r} takes {size} bytes; use at most {MAX_MARK_BYTES}, in UTF-8")
        for field, mark, size in sizes
        if size > MAX_MARK_BYTES
    ]
