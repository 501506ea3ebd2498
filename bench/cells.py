"""The networks that the benchmarks train, with their data: the same for every contender."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from glassnet import SGD, Adam, Dense, Dropout, Network
from glassnet.losses import Logistic, Loss, Softmax
from glassnet.optimizers import Optimizer
from glassnet.training.batch_plan import BatchPlan

Array = np.ndarray[Any, np.dtype[Any]]
CHECKED = 20  # steps
MANY_CORES = 8  # from here on the aims for many cores (16) hold, below those for few (2)


@dataclass(frozen=True)
class Cell:
    """A network and its data, float32 throughout.

    Attributes
    ----------
    widths : of the input, the hidden layers and the output; one output means cross-entropy of one
        logistic unit, more mean softmax
    rows, batch : of the data and of a step; the last batch of an epoch may be shorter
    aims : best peer / ours that is aimed at, with few and with many cores; None where there is no
        aim
    dropout : rate behind every hidden layer; scikit-learn knows none and goes without
    """

    name: str
    widths: tuple[int, ...]
    rows: int
    batch: int
    aims: tuple[float, float] | None = None
    dropout: float = 0.0
    activation: str = "relu"
    solver: str = "adam"
    rate: float = 1e-3

    @property
    def steps(self) -> int:
        """Steps of an epoch."""
        return -(-self.rows // self.batch)

    @property
    def shape(self) -> str:
        """The network in words."""
        words = "-".join(map(str, self.widths))
        words += ", sigmoid, SGD" if self.solver == "sgd" else ""
        return words + (f", dropout {self.dropout}" if self.dropout else "")

    @property
    def in_scikit_learn(self) -> bool:
        """Whether scikit-learn trains the same network: one logistic unit for two classes, and no
        dropout, is all that it knows."""
        return self.widths[-1] != 2 and not self.dropout

    def aim(self, n_cores: int) -> float | None:
        """The aim for a machine with so many cores."""
        return self.aims[n_cores >= MANY_CORES] if self.aims else None

    @property
    def multiplications(self) -> float:
        """Floating-point operations of the matrix products in an average step: forward, both
        gradients, the input's gradient left out."""
        products = (
            3 * sum(a * b for a, b in pairwise(self.widths)) - self.widths[0] * self.widths[1]
        )
        return 2.0 * self.rows / self.steps * products

    def data(self) -> tuple[Array, Array]:
        """X standard normal, float32; y the labels (n,) int64 of a linear teacher with noise, that
        no network can learn wholly."""
        if self.rows == 4:
            return np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32), np.array([0, 1, 1, 0])
        rng = np.random.default_rng(0)
        X = rng.standard_normal((self.rows, self.widths[0]), dtype=np.float32)
        teacher = rng.standard_normal(
            (self.widths[0], self.widths[-1]), dtype=np.float32
        ) / np.sqrt(self.widths[0])
        noise = rng.gumbel(scale=0.3, size=(self.rows, self.widths[-1]))
        return X, (X @ teacher + noise).argmax(axis=1)

    def network(self) -> Network:
        """The network of ours, whose first weights all others take over."""
        dropout = [Dropout(self.dropout)] if self.dropout else []
        hidden = [
            layer for n in self.widths[1:-1] for layer in (Dense(n, self.activation), *dropout)
        ]
        return Network([*hidden, Dense(self.widths[-1])], self.widths[0])

    def weights(self) -> list[tuple[Array, Array]]:
        """W (n_in, n_out) and b (n_out,) of each dense layer."""
        parameters = self.network().parameters
        names = [name for name in parameters if name.endswith(".W")]
        return [(parameters[name].copy(), parameters[name[:-1] + "b"].copy()) for name in names]

    def loss(self) -> Loss:
        """Cross-entropy."""
        return Logistic() if self.widths[-1] == 1 else Softmax()

    def optimizer(self) -> Optimizer:
        """Adam, or plain gradient descent."""
        return Adam(self.rate) if self.solver == "adam" else SGD(self.rate)

    def batches(self, epochs: int) -> tuple[Array, Array]:
        """The order of the rows over several epochs and where each batch begins; drawn beforehand,
        the same for all who can be told."""
        return BatchPlan.seeded(self.rows, self.batch, seed=0).batches(0, epochs)

    def last_batches(self) -> tuple[Array, Array]:
        """The end of an epoch, with the shorter batch: all are compared over these few steps, since
        after more of them rounding alone moves the loss."""
        order, offsets = self.batches(1)
        offsets = offsets[-1 - min(CHECKED, self.steps) :]
        return order[offsets[0] :], offsets - offsets[0]


CELLS = (
    Cell("xor", (2, 3, 1), 4, 4, activation="sigmoid", solver="sgd", rate=0.4),
    Cell("tiny", (4, 16, 3), 150, 32),
    Cell("narrow", (7, 32, 32, 2), 10_000, 64, (4, 4)),
    Cell("small", (20, 64, 64, 2), 10_000, 128, (2.5, 3)),
    Cell("table", (100, 100, 5), 10_000, 200, (2, 3)),
    Cell("wide", (54, 256, 256, 256, 7), 20_000, 256, (1.7, 2.5)),
    Cell("dropout", (54, 256, 256, 256, 7), 20_000, 256, dropout=0.15),
    Cell("mnist", (784, 128, 10), 20_000, 128, (1.4, 2)),
    Cell("digits", (784, 256, 128, 10), 20_000, 100, (1.2, 2)),
    Cell("mid", (784, 512, 512, 10), 20_000, 256, (1.15, 1.5)),
    Cell("thousand", (300, 1000, 1000, 50), 10_000, 400, (1.1, 1.2)),
    Cell("big", (1024, 2048, 2048, 1000), 4_096, 512, (1.05, 1.1)),
    Cell("batch", (100, 256, 256, 10), 40_960, 4_096, (1.2, 1.3)),
)
