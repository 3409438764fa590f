"""Watching a model: compare what comes in with what it was trained on, and train again when the two have drifted apart.

alula run examples/drift.py watch --shift 0.0
alula run examples/drift.py watch --shift 1.5
"""

from __future__ import annotations

import numpy as np

import alula as al

LIMIT = 0.2  # population stability index: below 0.1 stable, above 0.2 drifted


@al.task(cache="1")
def reference() -> np.ndarray:
    """What the model was trained on: float64 of shape (n,)."""
    return np.random.default_rng(0).normal(0, 1, 4000)


@al.task
def incoming(shift: float) -> np.ndarray:
    """Today's values, moved by `shift`: float64 of shape (n,)."""
    return np.random.default_rng(1).normal(shift, 1, 1000)


@al.task
def drift(before: np.ndarray, now: np.ndarray) -> float:
    """Population stability index over ten quantiles of the reference."""
    edges = np.quantile(before, np.linspace(0, 1, 11))
    edges[0], edges[-1] = -np.inf, np.inf
    share = [np.clip(np.histogram(x, edges)[0] / len(x), 1e-4, None) for x in (before, now)]
    index = float(((share[1] - share[0]) * np.log(share[1] / share[0])).sum())
    al.log_metric("psi", index)
    al.deck("drift").table([{"bin": i, "before": float(b), "now": float(n)} for i, (b, n) in enumerate(zip(*share, strict=True))])
    return index


@al.task
def retrain(now: np.ndarray, index: float) -> str:
    """Trains on what comes in today; a real one would register the model."""
    print(f"index {index:.2f} is above {LIMIT}")
    return f"retrained on {len(now)} values, mean {now.mean():.2f}"


@al.task
def keep(index: float) -> str:
    return f"kept: index {index:.2f}"


@al.workflow
def watch(shift: float = 0.0) -> str:
    """Acts only if it must."""
    now = incoming(shift)
    index = drift(reference(), now)
    return al.when(index > LIMIT).then(retrain(now, index)).otherwise(keep(index))


if __name__ == "__main__":
    print(watch(0.0), "|", watch(1.5))
