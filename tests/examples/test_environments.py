from __future__ import annotations

import pytest
from tests.examples.conftest import EXAMPLES, Alula

PROGRAM = EXAMPLES / "environments.py"
SHOWN = """\
tabulate 0.9.0
| name   |   age |
|--------|-------|
| Ada    |    36 |
| Grace  |    85 |

tabulate 0.8.10
name      age
Ada        36
Grace      85
"""


@pytest.mark.slow
def test_one_task_runs_with_two_versions_of_a_package(alula: Alula) -> None:
    result = alula("run", PROGRAM, "compare")
    assert (result.code, result.out) == (0, SHOWN), result.err
