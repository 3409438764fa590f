"""`python -m alula.worker FD [MODULE…]`: the zygote of one environment, started by the process executor."""

from __future__ import annotations

import sys

from alula.worker.zygote import serve

if __name__ == "__main__":
    serve(int(sys.argv[1]), sys.argv[2:])
