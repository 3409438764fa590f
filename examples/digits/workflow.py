"""Reading handwritten digits: load, make features, train candidates side by side, choose one, evaluate it.

    alula run examples/digits/workflow.py digits
    alula run examples/digits/workflow.py digits --components 20

Every task is cached, so a second run computes nothing, and after a change only what the change reaches.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.metrics import ConfusionMatrixDisplay, accuracy_score, confusion_matrix, recall_score
from sklearn.neural_network import MLPClassifier

import alula as al

SEED = 7
SMALL = al.Resources(cpu=1, mem="512Mi")


@dataclass
class Candidate:
    """What one training tries.

    Args:
        hidden: units in the hidden layer.
        alpha: weight of the L2 penalty.
    """

    hidden: int
    alpha: float


CANDIDATES = [
    Candidate(hidden=8, alpha=1e-4),
    Candidate(hidden=16, alpha=1e-4),
    Candidate(hidden=32, alpha=1e-4),
    Candidate(hidden=48, alpha=1e-4),
]


class Features(NamedTuple):
    """Inputs float64 of shape (n, components) and digits int64 of shape (n,), for training, choosing and the final test."""

    x_train: np.ndarray
    y_train: np.ndarray
    x_valid: np.ndarray
    y_valid: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray


@dataclass
class Report:
    """How well the chosen model reads digits it has never seen.

    Args:
        accuracy: share read correctly, in [0, 1].
        hidden: units in its hidden layer.
        hardest: the digit it recognises least often.
    """

    accuracy: float
    hidden: int
    hardest: int


class Result(NamedTuple):
    model: MLPClassifier
    report: Report


@al.task(cache="1", resources=SMALL)
def load() -> pd.DataFrame:
    """The 1,797 images that scikit-learn brings along: 64 pixels and the digit, one row each."""
    return load_digits(as_frame=True).frame


@al.task(cache="1", resources=SMALL)
def features(images: pd.DataFrame, components: int) -> Features:
    """Shuffles, splits 60:20:20, and projects the pixels on their principal components.

    Args:
        images: 64 pixel columns and `target`.
        components: dimensions kept.
    """
    rows = images.sample(frac=1, random_state=SEED)
    y = rows.pop("target").to_numpy()
    x = rows.to_numpy() / 16
    train, valid = int(0.6 * len(x)), int(0.8 * len(x))
    project = PCA(components, random_state=SEED).fit(x[:train]).transform  # fitted on what training sees, nothing else
    return Features(project(x[:train]), y[:train], project(x[train:valid]), y[train:valid], project(x[valid:]), y[valid:])


@al.task(cache="1", retries=1, timeout="5m", resources=al.Resources(cpu=1, mem="1Gi"))
def train(x: np.ndarray, y: np.ndarray, candidate: Candidate) -> MLPClassifier:
    """Trains one network.

    Args:
        x: features.
        y: digits.
        candidate: what to try.
    """
    model = MLPClassifier((candidate.hidden,), alpha=candidate.alpha, max_iter=400, tol=1e-3, random_state=SEED)
    model.fit(x, y)
    for epoch, loss in enumerate(model.loss_curve_):
        al.log_metric("loss", loss, step=epoch)
    print(f"{candidate}: loss {model.loss_:.4f} after {model.n_iter_} epochs")
    return model


@al.task(cache="1", resources=SMALL)
def choose(models: list[MLPClassifier], x: np.ndarray, y: np.ndarray) -> MLPClassifier:
    """The model that reads the validation images best."""
    scores = [model.score(x, y) for model in models]
    for model, score in zip(models, scores, strict=True):
        print(f"hidden={model.hidden_layer_sizes[0]:<4} accuracy on the validation images {score:.4f}")
    return models[int(np.argmax(scores))]


@al.task(cache="1", resources=SMALL)
def evaluate(model: MLPClassifier, x: np.ndarray, y: np.ndarray) -> Report:
    """Accuracy on images that played no part in training or choosing."""
    read = model.predict(x)
    recall = recall_score(y, read, average=None)
    report = Report(accuracy=float(accuracy_score(y, read)), hidden=int(model.hidden_layer_sizes[0]), hardest=int(np.argmin(recall)))
    al.log_metric("accuracy", report.accuracy)
    al.deck("report").markdown(f"{report.hidden} hidden units read **{report.accuracy:.1%}** of {len(y)} unseen images.").plot(
        confusion(y, read)
    )
    return report


def confusion(y: np.ndarray, read: np.ndarray) -> Figure:
    """Which digit was read as which."""
    figure = Figure(figsize=(5, 5), layout="constrained")
    display = ConfusionMatrixDisplay(confusion_matrix(y, read))
    display.plot(ax=figure.subplots(), colorbar=False, cmap="Greens")
    return figure


@al.workflow
def digits(components: int = 30) -> Result:
    """Trains every candidate, keeps the best and measures it.

    Args:
        components: dimensions the 64 pixels are reduced to.
    """
    data = features(load(), components)
    models = al.map(train, over="candidate")(x=data.x_train, y=data.y_train, candidate=CANDIDATES)
    best = choose(models, data.x_valid, data.y_valid)
    return Result(best, evaluate(best, data.x_test, data.y_test))


if __name__ == "__main__":
    print(digits().report)
