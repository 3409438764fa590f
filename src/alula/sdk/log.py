"""The logger of a task: one line a record in the attempt's log, with time, level and the fields given as `extra`."""

from __future__ import annotations

import logging
import os
import sys
import time

NAME = "alula.task"
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class _Line(logging.Formatter):
    """`2026-11-23 16:37:35.120 INFO epoch done loss=0.25`, in UTC."""

    converter = staticmethod(time.gmtime)
    default_msec_format = "%s.%03d"

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:
        given = [f"{name}={_shown(value)}" for name, value in vars(record).items() if name not in _STANDARD]
        return " ".join([super().formatMessage(record), *given])


def _shown(value: object) -> str:
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return repr(text) if not text or any(c.isspace() for c in text) else text


class _Stderr(logging.Handler):
    """Writes to whatever stderr is at that moment: a test or a notebook may have put another in its place."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            sys.stderr.write(self.format(record) + "\n")
        except Exception:  # noqa: BLE001 - as every handler of the standard library: a log line never ends the program
            self.handleError(record)


def logger_of(task: str) -> logging.Logger:
    """The logger of a task; the first call sets up where it writes.

    Its level is `ALULA_LOG_LEVEL`, else INFO. Whoever wants it elsewhere adds handlers to the logger `alula.task`.
    """
    parent = logging.getLogger(NAME)
    if not any(isinstance(handler, _Stderr) for handler in parent.handlers):
        handler = _Stderr()
        handler.setFormatter(_Line())
        parent.addHandler(handler)
        parent.propagate = False
        parent.setLevel(os.environ.get("ALULA_LOG_LEVEL", "INFO").upper())
    return logging.getLogger(f"{NAME}.{task or 'local'}")
