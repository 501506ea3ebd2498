"""scikit-learn's MLPClassifier: one epoch by `partial_fit`, several by `fit` with a warm start."""

from __future__ import annotations

import time

import numpy as np
from cells import Cell
from sklearn.neural_network import MLPClassifier


class ScikitLearn:
    """The estimator on one BLAS thread or on the default number; no penalty, no early end."""

    def __init__(self, threads: int | None) -> None:
        """One thread is asked for by the environment before NumPy starts."""

    def prepare(self, cell: Cell) -> None:
        """Make the data and the estimator; with our first weights and batches where its shapes are
        ours.

        It takes one logistic unit for two classes, and knows no dropout.
        """
        self.cell = cell
        self.X, self.y = cell.data()
        self.model = MLPClassifier(
            cell.widths[1:-1],
            activation={"relu": "relu", "sigmoid": "logistic"}[cell.activation],
            solver=cell.solver,
            learning_rate_init=cell.rate,
            momentum=0.0,
            alpha=0.0,
            batch_size=cell.batch,
            tol=0.0,
            random_state=0,
            max_iter=1,
        )
        self.model.partial_fit(
            self.X[: cell.batch], self.y[: cell.batch], classes=np.arange(max(2, cell.widths[-1]))
        )
        del self.model._optimizer
        if cell.in_scikit_learn:
            for mine, b, (W, bias) in zip(
                self.model.coefs_, self.model.intercepts_, cell.weights(), strict=True
            ):
                mine[:], b[:] = W, bias

    def check(self) -> float:
        """Train on the batches that all are compared over, and return the mean loss."""
        order, _ = self.cell.last_batches()
        self.model.set_params(shuffle=False)
        self.model.partial_fit(self.X[order], self.y[order])
        self.model.set_params(shuffle=self.cell.batch < self.cell.rows)
        return float(self.model.loss_)

    def train(self, epochs: int) -> tuple[float, float]:
        """Train over batches that it draws itself, and return the seconds it took and the last
        epoch's mean loss."""
        self.model.set_params(max_iter=epochs, n_iter_no_change=epochs + 1, warm_start=epochs > 1)
        start = time.perf_counter()
        if epochs == 1:
            self.model.partial_fit(self.X, self.y)
        else:
            self.model.fit(self.X, self.y)
        return time.perf_counter() - start, float(self.model.loss_)
