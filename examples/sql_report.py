"""SQL over data frames: a query is a task, its table inputs are what other tasks made, everything else a bound parameter.

alula run examples/sql_report.py top_customers --least 50
"""

from __future__ import annotations

import pandas as pd

import alula as al

spent = al.sql(
    "spent",
    """
    SELECT c.name, sum(o.amount)::DOUBLE AS total, count(*)::INT AS orders
    FROM orders o JOIN customers c ON c.id = o.customer
    GROUP BY c.name HAVING sum(o.amount) >= :least
    ORDER BY total DESC, c.name
    """,
    inputs={"orders": al.DataFrame, "customers": al.DataFrame, "least": (int, 0)},
    output=al.DataFrame,
    cache=True,
)


@al.task
def customers() -> al.DataFrame:
    return pd.DataFrame({"id": [1, 2, 3], "name": ["Ada", "Bea", "Cid"]})


@al.task
def orders() -> al.DataFrame:
    return pd.DataFrame({"customer": [1, 2, 1, 3, 2, 1], "amount": [40.0, 15.5, 30.0, 9.0, 60.0, 5.0]})


@al.task
def listing(table: al.DataFrame) -> list[str]:
    return [f"{row.name}: {row.total:.2f} in {row.orders} orders" for row in table.itertuples(index=False)]


@al.workflow
def top_customers(least: int = 20) -> list[str]:
    return listing(spent(orders(), customers(), least))


if __name__ == "__main__":
    print(*top_customers(), sep="\n")
