"""The schema. Instants are µs since the epoch (BIGINT), spans µs, messages serialised protobuf.

Integer keys join; names are for people and for filters. Array items are rows of `task_execution` with `item` ≥ 0.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Double, Index, Integer, LargeBinary, MetaData, Table, Text, UniqueConstraint, text
from sqlalchemy.types import TypeEngine

metadata = MetaData()

KEY: TypeEngine[int] = BigInteger().with_variant(Integer(), "sqlite")


def _text(name: str, *, default: str | None = "") -> Column[str]:
    return Column(name, Text, nullable=False, server_default=default)


def _int(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default="0")


def _blob(name: str) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=True)


project = Table(
    "project",
    metadata,
    Column("id", Text, primary_key=True),
    _text("name"),
    _text("description"),
    _blob("labels"),
    _int("state"),
    _int("created_at"),
    _int("updated_at"),
)

named_entity = Table(
    "named_entity",
    metadata,
    Column("resource_type", BigInteger, primary_key=True, autoincrement=False),
    Column("project", Text, primary_key=True),
    Column("domain", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    _text("description"),
    _int("state"),
    _int("created_at"),
    _int("updated_at"),
)


def _entity(name: str, *columns: Column[str] | Column[int] | Column[bytes]) -> Table:
    return Table(
        name,
        metadata,
        Column("key", KEY, primary_key=True, autoincrement=True),
        _text("project"),
        _text("domain"),
        _text("name"),
        _text("version"),
        _blob("digest"),
        _text("short_description"),
        _int("created_at"),
        _int("updated_at"),
        *columns,
        UniqueConstraint("project", "domain", "name", "version", name=f"{name}_version"),
        Index(f"{name}_created", "project", "domain", "created_at"),
    )


task = _entity("task", _text("type"), _blob("closure"))
workflow = _entity("workflow", _blob("closure"), _blob("interface"))
launch_plan = _entity(
    "launch_plan",
    _blob("spec"),
    _blob("closure"),
    _int("state"),
    _text("schedule_type"),
    _text("workflow_project"),
    _text("workflow_domain"),
    _text("workflow_name"),
    _text("workflow_version"),
)
Index("launch_plan_active", launch_plan.c.project, launch_plan.c.domain, launch_plan.c.state)

# Where a version came from and who registered it: apart from the version's row, since it is no part of what the version is.
# `is_known`: a state of a git repository was sent.
version_source = Table(
    "version_source",
    metadata,
    Column("resource_type", BigInteger, primary_key=True, autoincrement=False),
    Column("project", Text, primary_key=True),
    Column("domain", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("version", Text, primary_key=True),
    _text("commit_id"),
    _text("branch"),
    _int("is_dirty"),
    _int("is_known"),
    _text("author"),
)

environment = Table(
    "environment",
    metadata,
    Column("image", Text, primary_key=True),
    _text("lock_digest"),
    _int("created_at"),
    _blob("content"),
)

SEARCHED = (
    *("phase", "state", "parent_key", "duration_us", "project", "domain", "principal"),
    *("workflow_name", "workflow_version", "launch_plan_name", "task_name", "name"),
)

execution = Table(
    "execution",
    metadata,
    Column("key", KEY, primary_key=True, autoincrement=False),
    _text("project"),
    _text("domain"),
    _text("name"),
    _int("phase"),
    _int("state"),
    _int("mode"),
    _int("created_at"),
    _int("started_at"),
    _int("ended_at"),
    _int("updated_at"),
    _int("duration_us"),
    _text("launch_plan_project"),
    _text("launch_plan_domain"),
    _text("launch_plan_name"),
    _text("launch_plan_version"),
    _text("workflow_project"),
    _text("workflow_domain"),
    _text("workflow_name"),
    _text("workflow_version"),
    _text("task_project"),
    _text("task_domain"),
    _text("task_name"),
    _text("task_version"),
    _text("principal"),
    _text("source"),
    _text("rerun_from"),
    _int("parent_key"),
    _text("parent_node"),
    _int("parent_item"),
    _text("error_code"),
    _text("error_kind"),
    _text("error_message"),
    _text("error_node"),
    _text("abort_cause"),
    _text("abort_principal"),
    _int("state_changed_at"),
    _text("state_principal"),
    _blob("spec"),
    _blob("user_inputs"),
    _blob("inputs"),
    _blob("outputs"),
    UniqueConstraint("project", "domain", "name", name="execution_name"),
    Index("execution_created", "project", "domain", "created_at"),
    Index("execution_workflow", "workflow_name", "workflow_project", "workflow_domain", "created_at", "workflow_version"),
    Index("execution_launch_plan", "launch_plan_name", "launch_plan_project", "launch_plan_domain", "created_at", "launch_plan_version"),
    Index("execution_phase", "phase"),
    Index("execution_parent", "parent_key"),
    # Everything that lists filter by: a million entries are gone through in a tenth of a second, and no row is read.
    Index("execution_search", "created_at", "key", *SEARCHED),
)
# SQLite finds names by place, a few of them at most. By bytes, so that a prefix is a range whatever the database's language.
Index("execution_prefix", execution.c.name.collate("C"), info={"dialect": "postgresql"})
_is_task = text("task_name <> ''")  # few are: other launches do not pay for it
Index(
    "execution_task",
    *(execution.c[name] for name in ("task_name", "task_project", "task_domain", "created_at", "task_version")),
    sqlite_where=_is_task,
    postgresql_where=_is_task,
)

execution_tag = Table(
    "execution_tag",
    metadata,
    Column("execution_key", BigInteger, primary_key=True, autoincrement=False),
    Column("name", Text, primary_key=True),
)

execution_label = Table(
    "execution_label",
    metadata,
    Column("execution_key", BigInteger, primary_key=True, autoincrement=False),
    Column("key", Text, primary_key=True),
    _text("value"),
    Index("execution_label_value", "key", "value", "execution_key"),
    sqlite_with_rowid=False,
)

node_execution = Table(
    "node_execution",
    metadata,
    Column("key", KEY, primary_key=True, autoincrement=True),
    _int("execution_key"),
    _text("node_id"),
    _text("spec_node_id"),
    _text("scope_id"),
    _text("parent_id"),
    _text("kind"),
    _int("phase"),
    _int("created_at"),
    _int("started_at"),
    _int("ended_at"),
    _int("updated_at"),
    _int("duration_us"),
    _int("user_failures"),
    _int("system_failures"),
    _int("cache_status"),
    _text("cache_reason"),
    _blob("cache_source"),
    _text("child"),
    _text("chosen"),
    _int("is_dynamic"),
    _int("answer_order"),
    Column("answer_clock_s", Double, nullable=False, server_default="0"),
    _text("error_code"),
    _text("error_kind"),
    _text("error_message"),
    _text("error_node"),
    _text("deck_uri"),
    _text("outputs_uri"),
    _blob("inputs"),
    _blob("outputs"),
    UniqueConstraint("execution_key", "node_id", name="node_execution_id"),
)

dynamic_closure = Table(
    "dynamic_closure",
    metadata,
    Column("execution_key", BigInteger, primary_key=True, autoincrement=False),
    Column("node_id", Text, primary_key=True),
    _blob("closure"),
)

# What a running task called: where in its code the call stands and what it called, by the node it became.
task_call = Table(
    "task_call",
    metadata,
    Column("execution_key", BigInteger, primary_key=True, autoincrement=False),
    Column("node_id", Text, primary_key=True),
    _text("owner_id"),
    _int("item"),
    _text("call_key"),
    _int("generation"),
    _int("after"),
    Column("clock_s", Double, nullable=False, server_default="0"),
    _blob("digest"),
    _text("place"),
    _blob("node"),
)

task_execution = Table(
    "task_execution",
    metadata,
    Column("key", KEY, primary_key=True, autoincrement=True),
    _int("execution_key"),
    _text("node_id"),
    _int("item"),
    _int("retry_attempt"),
    _int("phase"),
    _text("task_project"),
    _text("task_domain"),
    _text("task_name"),
    _text("task_version"),
    _int("created_at"),
    _int("started_at"),
    _int("ended_at"),
    _int("updated_at"),
    _int("duration_us"),
    _text("error_code"),
    _text("error_kind"),
    _text("error_message"),
    _int("is_recoverable"),
    _text("log_uri"),
    _int("log_start"),
    _int("log_end"),
    _int("queued_us"),
    _int("provisioning_us"),
    _int("import_us"),
    _int("read_us"),
    _int("run_us"),
    _int("write_us"),
    _int("peak_rss_bytes"),
    _int("cache_status"),
    _blob("cache_source"),
    _int("system_failures"),
    _text("child"),
    _text("worker"),
    _blob("outputs"),
    UniqueConstraint("execution_key", "node_id", "item", "retry_attempt", name="task_execution_id"),
)
_is_first = text("item < 1 AND retry_attempt = 0")  # a node that ran a task, however many items and attempts it had
Index(
    "task_execution_task",
    *(task_execution.c[name] for name in ("task_name", "task_project", "task_domain", "key")),
    sqlite_where=_is_first,
    postgresql_where=_is_first,
)

_ATTEMPT = ("execution_key", "node_id", "item", "attempt")


def _of_attempt(name: str, *columns: Column[str] | Column[int] | Column[float]) -> Table:
    """A table of what attempts said; in the order of its key, so that one attempt's rows lie together."""
    kinds = (BigInteger, Text, BigInteger, BigInteger)
    key: list[Column[Any]] = [
        Column(column, kind, primary_key=True, autoincrement=False) for column, kind in zip(_ATTEMPT, kinds, strict=True)
    ]
    return Table(name, metadata, *key, *columns, sqlite_with_rowid=False)


# `number` counts the points of a series from 0; `value` NULL is NaN, which SQLite cannot store.
metric = _of_attempt(
    "metric",
    Column("name", Text, primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    _int("step"),
    Column("value", Double, nullable=True),
    _int("at"),
)
parameter = _of_attempt("parameter", Column("name", Text, primary_key=True), _text("value"), _int("at"))
# The last progress, and where the deck lies; only for attempts that have either.
attempt_note = _of_attempt(
    "attempt_note",
    Column("done", Double, nullable=True),
    Column("total", Double, nullable=True),
    _text("message"),
    _text("deck_uri"),
    _int("at"),
)

event = Table(
    "event",
    metadata,
    Column("key", KEY, primary_key=True, autoincrement=True),
    _int("execution_key"),
    _int("sequence"),
    _int("at"),
    _text("kind"),
    _text("node_id"),
    _int("item"),
    _int("attempt"),
    _text("detail"),
    Index("event_execution", "execution_key", "sequence"),
)

signal = Table(
    "signal",
    metadata,
    Column("execution_key", BigInteger, primary_key=True, autoincrement=False),
    Column("signal_id", Text, primary_key=True),
    _text("node_id"),
    _blob("type"),
    _blob("value"),
    _text("principal"),
    _int("created_at"),
    _int("updated_at"),
)

cache_entry = Table(
    "cache_entry",
    metadata,
    Column("cache_key", LargeBinary, primary_key=True),
    _text("project"),
    _text("domain"),
    _text("task_name"),
    _text("cache_version"),
    _blob("interface_digest"),
    _blob("input_digests"),
    _blob("source"),
    _int("created_at"),
    _text("outputs_uri"),
    _blob("outputs"),
    Index("cache_entry_task", "project", "domain", "task_name", "created_at"),
)

attribute = Table(
    "attribute",
    metadata,
    Column("resource", BigInteger, primary_key=True, autoincrement=False),
    Column("project", Text, primary_key=True),
    Column("domain", Text, primary_key=True),
    Column("workflow", Text, primary_key=True),
    _blob("attributes"),
    _int("updated_at"),
)

setting = Table(
    "setting",
    metadata,
    Column("name", Text, primary_key=True),
    _blob("value"),
)
