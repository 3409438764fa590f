"""Python's debugger, stopping first at one line of one function."""

from __future__ import annotations

import bdb
import pdb
from collections.abc import Callable
from types import CodeType, FrameType


class _Debugger(pdb.Pdb):
    """Says nothing before it is where it was sent, and nothing of the breakpoint that brought it there."""

    def __init__(self, code: CodeType, line: int) -> None:
        super().__init__()
        self._code: CodeType | None = code
        self.set_break(code.co_filename, line)

    def user_line(self, frame: FrameType) -> None:
        if self._code is not None:
            if frame.f_code is not self._code:
                self.set_continue()
                return
            self._code = None
            self.clear_all_breaks()
            bdb.Breakpoint.clearBreakpoints()  # the user's own are counted from 1
        super().user_line(frame)


def run_to(code: CodeType, line: int, call: Callable[[], object]) -> None:
    """Calls a function under the debugger, which stops when a line of some code is reached.

    Args:
        code: of the function that the call comes to.
        line: within it.
        call: what is run; it does not return if somebody leaves the debugger.
    """
    _Debugger(code, line).runcall(call)
