"""Options and signatures are checked where they are written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from tests.sdk import programs as p

import alula as al
from alula.errors import DefinitionError, NotFound
from alula.sdk.duration import parse_span
from alula.sdk.interface import argument_descriptions
from alula.sdk.task import code_hash


def _bad_types() -> list[tuple[Any, str]]:
    def no_type(x) -> int:  # type: ignore[no-untyped-def]
        return 1

    def variadic(*x: int) -> int:
        return 1

    def untyped(x: dict) -> int:  # type: ignore[type-arg]
        return 1

    def endless(x: int) -> tuple[int, ...]:
        return (1,)

    def unknown(x: Nowhere) -> int:  # type: ignore[name-defined]  # noqa: F821
        return 1

    def strange(x: int) -> set[int]:
        return {x}

    return [
        (no_type, "input 'x' has no type; annotate it"),
        (variadic, "use a list or a dict parameter"),
        (untyped, "task untyped, input 'x': dict without types; write dict[str, int]"),
        (endless, "use list[T]"),
        (unknown, "'Nowhere' cannot be resolved"),
        (strange, "output (its return type): type set[int] is not supported; use int"),
    ]


@pytest.mark.parametrize(("function", "message"), _bad_types())
def test_bad_signature_names_place_and_remedy(function: Callable[..., Any], message: str) -> None:
    task = al.task(function)
    with pytest.raises(DefinitionError) as caught:
        task.interface.to_proto()
    assert message in str(caught.value)
    assert str(caught.value).startswith(__file__)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: al.task(retires=2), "@task has no option 'retires'; there are name, cache"),
        (lambda: al.task(retries=-1)(print), "expected ≥ 0"),
        (lambda: al.task(timeout="soon")(print), "timeout: expected a span"),
        (lambda: al.Cache(), "Cache needs version"),
        (lambda: al.Cache(version="1", ignore="x"), 'write Cache(ignore=["x"])'),
        (lambda: al.Resources(mem="lots"), "not a quantity"),
        (lambda: al.Resources(cpu=(1, 2, 3)), "a tuple is (request, limit)"),  # type: ignore[arg-type]
        (lambda: al.Secret("nothing/"), 'expected "group/key"'),
        (lambda: al.workflow(failure_policy="never")(print), "expected one of fail-immediately"),  # type: ignore[arg-type]
        (lambda: al.workflow(on_failure=print)(print), "on_failure takes a task or workflow"),  # type: ignore[arg-type]
        (lambda: al.LaunchPlan(p.inner, "x", inputs={"y": 1}), "workflow inner has no input 'y'"),
        (lambda: al.LaunchPlan(p.inner, "x", inputs={"x": 1}, fixed={"x": 1}), "both default and fixed"),
        (lambda: al.reference_task(project="", domain="d", name="n", version="v"), "needs project"),
        (lambda: p.add.override(retry=1), "cannot override 'retry'"),
    ],
)
def test_bad_option_is_refused(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        made = make()
        if callable(made):
            made(p.add.function)
    assert message in str(caught.value)


def test_workflow_output_must_match_its_annotation() -> None:
    @al.workflow
    def nothing(x: int):  # type: ignore[no-untyped-def]
        return p.add(x)

    @al.workflow
    def two(x: int) -> tuple[int, int]:
        return p.add(x)  # type: ignore[return-value]

    @al.workflow
    def again(x: int) -> int:
        return again(x)

    @al.workflow(on_failure=p.tell)
    def handled(x: int) -> int:
        return p.add(x)

    for workflow, message in (
        (nothing, "declares no output but returns one"),
        (two, "declares 2 outputs but returned"),
        (again, "contains itself"),
        (handled, "on_failure=tell needs input 'text'"),
    ):
        with pytest.raises(DefinitionError, match=message):
            _ = workflow.graph


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("20m", 1200), ("1h30m", 5400), ("250ms", 0.25), (3, 3), (1.5, 1.5), (dt.timedelta(hours=1), 3600), ("1.5h", 5400)],
)
def test_spans(text: Any, seconds: float) -> None:
    assert parse_span(text) == dt.timedelta(seconds=seconds)


def test_code_hash_follows_code_only() -> None:
    def one(x: int) -> int:
        """Says one thing."""
        return x + 1  # a comment

    first = code_hash(one)

    def one(x: int) -> int:  # type: ignore[no-redef]
        """Says another."""
        return x + 1

    second = code_hash(one)

    def one(x: int) -> int:  # type: ignore[no-redef]
        return x + 2

    assert first == second
    assert code_hash(one) != first


def test_descriptions_come_from_the_docstring() -> None:
    assert argument_descriptions(p.add.__doc__ or "") == {"x": "the first number, on two lines.", "by": "the second."}


def test_secret_is_found_in_environment_then_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv("FLYTE_SECRETS_DEFAULT_DIR", str(tmp_path))
    with pytest.raises(NotFound, match='secret "team/token" is neither in _FSEC_TEAM_TOKEN'):
        al.secret("team/token")
    (tmp_path / "team").mkdir()
    (tmp_path / "team" / "token").write_text("file\n")
    assert al.secret("team/token") == "file"
    monkeypatch.setenv("_FSEC_TEAM_TOKEN", "env")
    assert al.secret("team/token") == "env"


def test_context_outside_a_run_is_local() -> None:
    context = al.context()
    assert context.execution == "local"
    context.checkpoint.write(b"1")
    assert context.checkpoint.read() == b"1"
    assert context.logger.name == "alula.task.local"
