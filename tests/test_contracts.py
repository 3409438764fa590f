"""The house rules that a machine can hold: who may import whom."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NO_SQL = {"Connection", "DBAPIError", "OperationalError"}
"""What other rooms than `database` may take from SQLAlchemy: what is handed through them, and what went wrong."""


def test_rooms_import_only_what_lies_below_them() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([str(linter), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:]


def test_sql_is_in_the_database_and_nowhere_else() -> None:
    found = []
    for path in sorted((ROOT / "src" / "alula").rglob("*.py")):
        if path.relative_to(ROOT / "src" / "alula").parts[0] in ("database", "testing"):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sqlalchemy"):
                found += [f"{path.name} imports {alias.name} of SQLAlchemy" for alias in node.names if alias.name not in NO_SQL]
            if isinstance(node, ast.ImportFrom) and node.module in ("alula.database", "alula.database.tables"):
                found += [
                    f"{path.name} imports the tables" for alias in node.names if alias.name == "tables" or node.module.endswith("tables")
                ]
            if isinstance(node, ast.Attribute) and node.attr == "exec_driver_sql":
                found.append(f"{path.name}:{node.lineno} runs a statement")
    assert found == []
