"""Entry of the `alula` command."""

from __future__ import annotations

import sys

from alula.cli.support.group import run


def main() -> int:
    """Runs the command line; the exit codes are in `alula.cli.support.group`."""
    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
