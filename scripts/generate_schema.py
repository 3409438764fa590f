"""Writes the schema's SQL scripts, one per dialect, from `alula.database.tables`.

A script makes a fresh database in milliseconds; asking SQLAlchemy for the same statements at start-up costs ten times as much.
Usage: python scripts/generate_schema.py [OUTPUT_FOLDER]
"""

from __future__ import annotations

import sys
from pathlib import Path

from sqlalchemy.dialects import postgresql, sqlite

from alula.database.engine import schema_statements

TARGET = Path(__file__).resolve().parent.parent / "src" / "alula" / "database" / "schema"


def main() -> int:
    output = Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET
    output.mkdir(parents=True, exist_ok=True)
    for name, dialect in (("sqlite", sqlite.dialect()), ("postgresql", postgresql.dialect())):
        statements = [" ".join(s.split()) for s in schema_statements(dialect)]
        (output / f"{name}.sql").write_text("".join(f"{s};\n" for s in statements))
    return 0


if __name__ == "__main__":
    sys.exit(main())
