"""`python -m bench`: the budgets of speed, measured against a real server, as a table and as JSON.

Figures are ratios of one run where a peer or a floor is at hand, absolute values beside them. `--full` adds the largest sizes
and the peers that need no service. Options: --full, --only S3,S4, --json FILE, --database URL.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from scripts.browser import find

from bench import browser, cases
from bench.table import Row, show


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--full", action="store_true", help="largest sizes, peers, PostgreSQL if --database is given")
    parser.add_argument("--only", default="", help="names of budgets, for instance S3,S4")
    parser.add_argument("--json", default="", help="write the figures to this file")
    parser.add_argument("--database", default="", help="run the server on this database instead of SQLite")
    options = parser.parse_args()
    wanted = {name.strip() for name in options.only.split(",") if name.strip()}
    rows: list[Row] = []
    if not wanted or wanted & browser.CASES.keys():
        find()  # what is missing is told now, not when all else has been measured
    for name, case in {**cases.CASES, **browser.CASES}.items():
        if wanted and name not in wanted:
            continue
        print(f"… {name}: {case.__doc__.splitlines()[0] if case.__doc__ else ''}", file=sys.stderr, flush=True)
        rows += case(cases.Options(full=options.full, database=options.database))
    show(rows)
    folder = Path(__file__).parent / "results"
    target = Path(options.json) if options.json else folder / "latest.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps([row.__dict__ for row in rows], indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
