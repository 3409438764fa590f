"""Launch an execution again, same version and inputs."""

from __future__ import annotations

from alula.cli.support.again import again

command = again("relaunch", "Launch an execution again, same version and inputs; prints the new name.")
