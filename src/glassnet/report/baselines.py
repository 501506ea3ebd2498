"""What a network has to beat: always the same guess, and a linear model. The one door to scikit-learn's linear models."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.data.table import Table
from glassnet.data.target import Target
from glassnet.model import Model
from glassnet.report.scores import Answers

Array = np.ndarray[Any, np.dtype[Any]]

#: A linear model is fitted on as many rows as make so many cells, which takes seconds.
MOST_CELLS = 10_000_000


@dataclass(frozen=True, eq=False)
class Part:
    """Some rows of a table, and the values of their target as they stand in it."""

    table: Table
    values: Any


@dataclass(frozen=True, eq=False)
class Baseline:
    """A simple model's name ("always 'Adelie'", "linear model"), its answers for the held-out rows, and how many rows it learned from."""

    name: str
    answers: Answers
    n_rows: int


def constant(target: Target, training: Part, n: int) -> Baseline:
    """Return the same answer for n rows: the most frequent class with the shares of all classes, or the mean."""
    y = target.encode(training.values)
    if target.task == "regression":
        return Baseline("always the mean", Answers(np.full(n, float(np.mean(target.decode_numbers(y))))), len(y))
    counts = np.bincount(y, minlength=len(target.classes))
    most = int(counts.argmax())
    P = np.tile(counts / counts.sum(), (n, 1))
    return Baseline(f"always {target.classes[most]!r}", Answers(np.full(n, most), P), len(y))


def linear(model: Model, training: Part, table: Table) -> Baseline | None:
    """Return the answers for a table of logistic or ridge regression on the model's own features; None where there is but one class.

    Of many rows a random part is taken to learn from, the same one each time, see `MOST_CELLS`.
    """
    target = model.target
    rows = _some_rows(training.table.n_rows, model.encoder.n_features)
    y = target.encode(training.values)[rows]
    X, X_held = model.encode(training.table.take(rows)), model.encode(table)
    if target.task == "regression":
        from sklearn.linear_model import Ridge

        ridge = Ridge(alpha=1.0).fit(X, y)
        return Baseline("linear model", Answers(target.decode_numbers(ridge.predict(X_held))), len(rows))
    if len(np.unique(y)) < 2:
        return None
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # 200 steps are near enough for a comparison
        regression = LogisticRegression(max_iter=200).fit(X, y)
    P = np.zeros((X_held.shape[0], len(target.classes)))
    P[:, regression.classes_] = regression.predict_proba(X_held)
    return Baseline("linear model", Answers(P.argmax(axis=1), P), len(rows))


def _some_rows(n: int, n_features: int) -> Array:
    most = max(1_000, MOST_CELLS // n_features)
    if n <= most:
        return np.arange(n)
    return np.sort(np.random.Generator(np.random.Philox(0)).permutation(n)[:most])
