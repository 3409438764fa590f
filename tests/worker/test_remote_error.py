from __future__ import annotations

import pytest

from alula.errors import NonRecoverable, TaskFailed
from alula.worker.failure import error_document, message_of
from alula.worker.remote_error import remote_error


class Rate(ArithmeticError):
    def __init__(self, limit: int, unit: str) -> None:
        super().__init__(f"more than {limit} {unit}")


class Silent(Exception):
    def __str__(self) -> str:
        return self.missing  # type: ignore[attr-defined]


def raised(error: BaseException) -> BaseException:
    """What the caller of a task sees that raised this error in another process."""
    try:
        raise error
    except BaseException as e:  # noqa: BLE001 - any
        document = error_document(e).error
    return remote_error(document.code, document.message, "USER", "task train")


@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        (ValueError("too small"), ValueError, "too small"),
        (KeyError("x"), KeyError, "x"),
        (KeyError((1, "x")), KeyError, (1, "x")),
        (Rate(3, "calls"), Rate, "more than 3 calls"),
        (ValueError(), ValueError, ""),
        (ValueError("a: b\nc"), ValueError, "a: b\nc"),
        (NonRecoverable("never again"), NonRecoverable, "never again"),
    ],
)
def test_the_class_and_the_text_come_back(error: Exception, kind: type[Exception], text: object) -> None:
    found = raised(error)
    assert type(found) is kind
    assert found.args == (text,)
    assert isinstance(found.__cause__, TaskFailed) and "task train failed" in str(found.__cause__)


def test_used_up_retries_do_not_hide_the_class() -> None:
    found = remote_error(
        "RetriesExhausted|USER:ValueError", "[1/1] currentAttempt done. Last Error: USER::ValueError: no\n\nframes", "USER", "t"
    )
    assert type(found) is ValueError and found.args == ("no",)


@pytest.mark.parametrize(
    ("code", "message", "kind"),
    [
        ("USER:Gone", "some.module.Gone: text", "USER"),
        ("WorkerLost", "the worker was killed by signal 9", "SYSTEM"),
        ("OOM", "out of memory", "USER"),
        ("USER:SystemExit", "SystemExit: 3", "USER"),
        ("USER:print", "print: 3", "USER"),
    ],
)
def test_what_is_no_known_exception_class_is_task_failed(code: str, message: str, kind: str) -> None:
    found = remote_error(code, message, kind, "task t")
    assert type(found) is TaskFailed and found.code == code


def test_a_class_whose_text_cannot_be_made_is_task_failed() -> None:
    assert type(raised(Silent())) is TaskFailed


def test_frames_of_compiled_libraries_are_not_called_the_users() -> None:
    names: dict[str, object] = {}
    exec(compile("def get():\n    raise KeyError('x')", "pandas/_libs/index.pyx", "exec"), names)
    with pytest.raises(KeyError) as raised:
        names["get"]()  # type: ignore[operator]
    own, _, every = message_of(raised.value).partition("All frames")
    assert "test_remote_error.py" in own and "index.pyx" not in own
    assert "index.pyx" in every
