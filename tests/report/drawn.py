"""Random predictions and small tasks that the tests of reports share."""

from __future__ import annotations

import numpy as np

import glassnet
from glassnet.data.rows import Rows
from glassnet.data.tables.assembly import table_of
from glassnet.report.predictions import Predictions


def classified(seed, *, n=None, k=None):
    """Predictions of classes; the seed chooses ties, an absent class, weights and the rows."""
    rng = np.random.default_rng(seed)
    k = k or int(rng.integers(2, 6))
    n = n or int(rng.integers(8, 120))
    truth = rng.integers(0, k, n)
    if seed % 3 == 0 and k > 2:
        truth[truth == k - 1] = 0
    P = rng.dirichlet(np.full(k, 0.5), n) + 0.7 * np.eye(k)[truth] * rng.random((n, 1))
    if seed % 2:
        P = np.round(P, 1) + 1e-3  # ties
    weight = rng.integers(1, 4, n) * rng.random() if seed % 4 == 0 else None
    return Predictions.of_classes(truth, P, weight)


def measured(seed, *, n=None, m=None):
    """Predictions of numbers; the seed chooses the number of targets, ties and weights."""
    rng = np.random.default_rng(seed)
    m = m or int(rng.integers(1, 4))
    n = n or int(rng.integers(3, 120))
    Y = rng.normal(100.0, 10.0 ** rng.integers(-2, 4, m), (n, m))
    if seed % 2:
        Y = np.round(Y)
        Y[0] += 1.0
    weight = rng.random(n) + 0.1 if seed % 4 == 0 else None
    return Predictions.of_numbers(
        Y, Y + rng.normal(size=(n, m)) * Y.std(axis=0) * rng.random(), weight
    )


def drawn(kind, n=600, seed=0):
    """Features and a target: only a network or trees learn `steps`, any model learns `line`."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 4))
    truth = {
        "steps": X[:, 0] * X[:, 1],
        "line": X @ [1.0, 2.0, -1.0, 0.5],
        "noise": rng.normal(size=n),
    }[kind]
    return table_of(X), truth + 0.1 * rng.normal(size=n)


def parts(kind, *, classes):
    """Rows to learn from and rows held out."""
    table, y = drawn(kind)
    values = np.where(y > 0, "high", "low").astype(object) if classes else y
    training, held_out = np.arange(400), np.arange(400, 600)
    return Rows(table.take(training), values[training]), Rows(
        table.take(held_out), values[held_out]
    )


def trained(training, **plan):
    """A small network on some rows."""
    return glassnet.fit(
        training.X,
        training.y,
        glassnet.Plan(**{"hidden_layer_sizes": (32,), "max_epochs": 60, **plan}),
    )
