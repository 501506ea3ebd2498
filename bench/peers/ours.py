"""Our engine, many epochs in one call."""

from __future__ import annotations

import time

import numpy as np
from cells import Array, Cell

from glassnet.engines import Engine, make_engine, step_rates

FINDING = 0.1  # seconds in which an engine may try numbers of threads


class Ours:
    """The engine that "auto" takes; threads None is what a user gets who says nothing."""

    def __init__(self, threads: int | None) -> None:
        self.threads = threads

    def prepare(self, cell: Cell) -> None:
        """Make the data and the network."""
        self.cell = cell
        self.engine = self.bind(cell)
        self.X, y = cell.data()
        self.y = self.engine.loss.prepare(y, self.engine.network.n_outputs, np.float32)

    def bind(self, cell: Cell) -> Engine:
        """The engine of the cell's network."""
        return make_engine(
            "auto", cell.network(), cell.loss(), cell.optimizer(), n_threads=self.threads
        )

    def train(self, epochs: int) -> tuple[float, float]:
        """Train, and return the seconds it took and the mean loss."""
        return self.run(*self.cell.batches(epochs))

    def check(self) -> float:
        """Train on the batches that all are compared over, and return the mean loss."""
        return self.run(*self.cell.last_batches())[1]

    def run(self, order: Array, offsets: Array) -> tuple[float, float]:
        """Train on batches, and return the seconds it took and the mean loss."""
        rates = step_rates(np.full(len(offsets) - 1, self.cell.rate))
        start = time.perf_counter()
        steps = self.engine.run(self.X, self.y, None, order, offsets, 0, rates)
        seconds = time.perf_counter() - start
        assert steps.status == "done", steps.status
        return seconds, float(np.dot(steps.losses, steps.weights) / steps.weights.sum())

    def train_anew(self, epochs: int) -> tuple[float, float]:
        """Train with a new engine; what it needs to find its number of threads is not counted."""
        self.engine = self.bind(self.cell)
        until = time.perf_counter() + FINDING
        while time.perf_counter() < until:
            self.train(1)
        return self.train(epochs)


class Reference(Ours):
    """The NumPy engine: what all others are compared with."""

    def bind(self, cell: Cell) -> Engine:
        """The reference engine of the cell's network."""
        return make_engine(
            "reference", cell.network(), cell.loss(), cell.optimizer(), n_threads=self.threads
        )
