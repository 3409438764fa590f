"""Whether something was defined where no file is, in a notebook's cell or at a prompt, and what its module is called then."""

from __future__ import annotations

import inspect
import os
import re
import sys
from pathlib import Path
from typing import Any


def is_interactive(entity: Any) -> bool:
    """Whether it was defined where no file is: in a notebook's cell or at a prompt."""
    function = getattr(getattr(entity, "workflow", entity), "function", None)
    code = getattr(inspect.unwrap(function), "__code__", None) if callable(function) else None
    return getattr(function, "__module__", "") == "__main__" and code is not None and not _is_file(code.co_filename)


def _is_file(name: str) -> bool:
    # Kernels name cells like files of theirs, and may even write them there for a debugger.
    return Path(name).is_file() and "ipykernel_" not in name


def module_name() -> str:
    """What the module is called: after the notebook if its front end says which it is."""
    main = vars(sys.modules["__main__"])
    path = main.get("__vsc_ipynb_file__") or main.get("__session__") or os.environ.get("JPY_SESSION_NAME") or ""
    stem = re.sub(r"\W", "_", Path(str(path)).stem) if str(path).endswith(".ipynb") else ""
    return f"{'_' if stem[:1].isdigit() else ''}{stem}_ipynb" if stem else "interactive"
