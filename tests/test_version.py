from __future__ import annotations

import pytest

from alula.errors import DefinitionError
from alula.types.offload import needs
from alula.version import installing


def test_an_extra_is_told_by_the_packages_it_brings() -> None:
    assert installing("tui") == "pip install textual (Alula's extra `tui`)"
    assert installing("postgres") == 'pip install "psycopg[binary]" (Alula\'s extra `postgres`)'
    assert {"numpy", "pandas", "pyarrow"} <= set(installing("data").split())


def test_what_is_not_installed_is_asked_for_by_name() -> None:
    with pytest.raises(DefinitionError, match=r"^no_such_module is not installed; pip install cloudpickle \(Alula's extra `pickle`\)$"):
        needs("no_such_module", "pickle")
