"""Testing workflows: in this process, with the real engine and real types, and without a server, a worker or a database.

```python
from alula.testing import run

result = run(flow, x=1)
assert result.outputs == 4
```
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alula.testing.answer import Gate, after
    from alula.testing.bench import Workbench, run
    from alula.testing.fault import crash_after_commit, fail, hang, lose, oom
    from alula.testing.mock import HANGS
    from alula.testing.result import Result

# Loaded at first use: the pytest plugin lives here, and a suite that tests no workflow shall not pay for it.
_HOMES = {
    "Gate": "answer",
    "HANGS": "mock",
    "Result": "result",
    "Workbench": "bench",
    "after": "answer",
    "crash_after_commit": "fault",
    "fail": "fault",
    "hang": "fault",
    "lose": "fault",
    "oom": "fault",
    "run": "bench",
}

__all__ = ["HANGS", "Gate", "Result", "Workbench", "after", "crash_after_commit", "fail", "hang", "lose", "oom", "run"]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'alula.testing' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"alula.testing.{home}"), name)
    globals()[name] = value
    return value
