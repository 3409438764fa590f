"""What this installation is and what its extras hold, from its package's metadata."""

import re
from importlib.metadata import PackageNotFoundError, requires, version

try:
    __version__ = version("alula")
except PackageNotFoundError:  # run from a source tree that was never installed
    __version__ = "0.0.0"


def installing(extra: str) -> str:
    """How to get what an extra brings: its packages by name, since Alula itself may have come from elsewhere than an index."""
    try:
        lines = requires("alula") or []
    except PackageNotFoundError:
        lines = []
    named = [re.split(r"[ ;<>=!~(]", line, maxsplit=1)[0] for line in lines if re.search(rf"extra == ['\"]{extra}['\"]", line)]
    packages = " ".join(f'"{one}"' if "[" in one else one for one in named if not one.startswith("alula"))
    return f"pip install {packages} (Alula's extra `{extra}`)" if packages else f'pip install "alula[{extra}]"'
