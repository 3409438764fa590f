"""Data processing with data frames: make, clean, aggregate and report orders, the columns checked between tasks.

alula run examples/sales.py sales --weeks 8
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
import pandas as pd

import alula as al

Orders = Annotated[pd.DataFrame, al.columns(day=int, shop=str, amount=float)]
Weeks = Annotated[pd.DataFrame, al.columns(week=int, shop=str, amount=float, orders=int)]


@al.task(cache="1")
def extract(weeks: int) -> Orders:
    """Orders as they come in: some twice, some without an amount."""
    chance = np.random.default_rng(weeks)
    count = 200 * weeks
    rows = pd.DataFrame(
        {
            "day": chance.integers(0, 7 * weeks, count),
            "shop": chance.choice(["north", "south", "online"], count),
            "amount": np.where(chance.random(count) < 0.05, np.nan, chance.gamma(2, 30, count).round(2)),
        }
    )
    return pd.concat([rows, rows.head(count // 20)])


@al.task(cache="1")
def clean(orders: Orders) -> Orders:
    """Each order once, and only those with an amount."""
    kept = orders.drop_duplicates().dropna(subset=["amount"])
    print(f"{len(orders) - len(kept)} of {len(orders)} rows left out")
    return kept


@al.task(cache="1")
def by_week(orders: Orders) -> Weeks:
    """Turnover and number of orders by week and shop."""
    grouped = orders.assign(week=orders["day"] // 7).groupby(["week", "shop"])["amount"]
    return grouped.agg(amount="sum", orders="count").reset_index().astype({"week": int, "orders": int})


@al.task
def report(weeks: Weeks) -> str:
    """The best week of each shop, with a table in the deck."""
    al.deck("weeks").table(weeks)
    best = weeks.loc[weeks.groupby("shop")["amount"].idxmax()]
    return "; ".join(f"{row.shop}: week {row.week}, {row.amount:.0f}" for row in best.itertuples())


@al.workflow
def sales(weeks: int = 4) -> str:
    """Extract, clean, aggregate, report."""
    return report(by_week(clean(extract(weeks))))


if __name__ == "__main__":
    print(sales())
