"""Launch an execution again, keeping what succeeded."""

from __future__ import annotations

from alula.cli.support.again import again

command = again("recover", "Launch an execution again, keeping what succeeded; prints the new name.")
