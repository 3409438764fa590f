"""Tasks with packages of their own, that neither this machine nor the server has: two versions of one library in one workflow.

alula run examples/environments.py compare

The first run installs both environments, which takes seconds; the next ones find them. Needs `alula[environments]`.
"""

import alula as al

now = al.Environment("now", packages=["tabulate==0.9.0"], env={"STYLE": "github"})
before = al.Environment("before", packages=["tabulate==0.8.10"], env={"STYLE": "plain"})

ROWS = {"Ada": 36, "Grace": 85}


@now.task
def table(ages: dict[str, int]) -> str:
    """A table by the version of tabulate, and in the style, of the environment that the task runs in."""
    import os

    import tabulate  # here rather than above: only the environment has it

    text = tabulate.tabulate(sorted(ages.items()), headers=["name", "age"], tablefmt=os.environ["STYLE"])
    return f"tabulate {tabulate.__version__}\n{text}"


@al.task
def join(first: str, second: str) -> str:
    """Has no environment, so it runs where the server does."""
    return f"{first}\n\n{second}"


@al.workflow
def compare(ages: dict[str, int] = ROWS) -> str:
    """One task in two environments."""
    return join(table(ages), table.override(environment=before)(ages))
