"""Periodic embedding: learned cosine features of each numeric column."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.checks import check_integer, check_number
from glassnet.errors import SettingError
from glassnet.layers.layer import MAX_PER_COLUMN, Array, Leaf, Run
from glassnet.parameters import Spec, Views


@dataclass(frozen=True)
class PeriodicEmbedding(Leaf):
    """Add learned linear combinations of cosines of each of the first columns.

    The other columns follow, unchanged.

    y_j = [x_j, c_j W2_j + b2_j],  c_j = cos(2 pi x_j w1_j + b1_j)       for column j of the first
                                   n_numeric

    X (n, n_in); w1 and b1 (n_numeric, n_frequencies), W2 (n_numeric, n_frequencies, n_out), b2
    (n_numeric, n_out); Y (n, n_numeric (1 + n_out) + n_in - n_numeric), the 1 + n_out outputs of a
    column side by side.

    Gorishniy, Rubachev and Babenko 2022, "On Embeddings for Numerical Features in Tabular Deep
    Learning", section 3.3. The variant with a cosine and phase, the column itself and no activation
    ("PBLD") is from Holzmueller, Grinsztajn and Steinwart 2024, "Better by Default". All four
    tensors have a tenth of the learning rate; w1 and W2 have weight decay.

    Parameters
    ----------
    n_numeric : number of columns to embed, which should be scaled robustly before
    n_frequencies : number of cosines per column
    n_out : number of linear combinations per column
    sigma : standard deviation of the initial frequencies, in cycles per unit of x: the larger, the
        more the initial functions oscillate

    Initially w1 is N(0, sigma^2), b1 uniform in (-pi, pi), W2 and b2 uniform in (-1, 1) /
    sqrt(n_frequencies).

    Backpropagation. With the phase a = 2 pi x w1 + b1 of a column and the gradient dE of its linear
    combinations:

        dW2 = c^T dE,  db2 = sum_i dE_i       as for a dense layer on the cosines
        da = -sin(a) * (dE W2^T)              the derivative of the cosine
        dw1 = 2 pi sum_i x_i da_i,  db1 = sum_i da_i
        dx = dY_0 + 2 pi sum_f da_f w1_f      directly, and through each of its cosines

    Whole cycles are subtracted before the cosine, which they do not change.

    Examples
    --------
    >>> from glassnet import Dense, Network, PeriodicEmbedding
    >>> Network([PeriodicEmbedding(2), Dense(1)], n_features=5).widths
    [5, 11, 1]
    """

    n_numeric: int
    n_frequencies: int = 16
    n_out: int = 3
    sigma: float = 0.1

    def __post_init__(self) -> None:
        for name in ("n_numeric", "n_frequencies", "n_out"):
            high = np.inf if name == "n_numeric" else MAX_PER_COLUMN
            check_integer(f"{name} of a periodic embedding", getattr(self, name), 1, high)
        check_number("sigma of a periodic embedding", self.sigma, "(0, inf)")

    def forward(self, p: Views, X: Array, run: Run) -> tuple[Array, Any]:
        """Return Y and (x, c, turns).

        By column: x (n_numeric, n, 1), c and turns (n_numeric, n, n_frequencies).
        """
        n, k = self.n_numeric, self.n_out
        x = X[:, :n].T[:, :, None]
        turns = x * p.w1[:, None, :] + p.b1[:, None, :] / (2.0 * np.pi)
        turns -= np.rint(turns)
        C = np.cos(2.0 * np.pi * turns)
        Y = np.empty((len(X), self.output_width(X.shape[1])), X.dtype)
        embedded = Y[:, : n * (1 + k)]
        embedded[:, :: 1 + k] = X[:, :n]
        E = C @ p.W2 + p.b2[:, None, :]
        for j in range(k):
            embedded[:, 1 + j :: 1 + k] = E[:, :, j].T
        Y[:, n * (1 + k) :] = X[:, n:]
        return Y, (x, C, turns)

    def backward(
        self, p: Views, g: Views, cache: Any, dY: Array, needs_dX: bool = True
    ) -> Array | None:
        """Write dw1, db1, dW2 and db2 into g; return dX."""
        x, C, turns = cache
        n, k = self.n_numeric, self.n_out
        by_column = dY[:, : n * (1 + k)].reshape(len(dY), n, 1 + k).transpose(1, 0, 2)
        dE = by_column[:, :, 1:]
        np.matmul(C.transpose(0, 2, 1), dE, out=g.W2)
        np.sum(dE, axis=1, out=g.b2)
        da = -np.sin(2.0 * np.pi * turns) * (dE @ p.W2.transpose(0, 2, 1))
        np.sum(da, axis=1, out=g.b1)
        np.sum(2.0 * np.pi * x * da, axis=1, out=g.w1)
        if not needs_dX:
            return None
        dx = by_column[:, :, 0] + 2.0 * np.pi * (da * p.w1[:, None, :]).sum(axis=2)
        return np.concatenate([dx.T, dY[:, n * (1 + k) :]], axis=1)

    def output_width(self, n_in: int) -> int:
        """Return 1 + n_out per embedded column and 1 per other column."""
        if n_in < self.n_numeric:
            raise SettingError(
                f"a periodic embedding of {self.n_numeric} columns needs as many, but its input is "
                f"{n_in} wide."
            )
        return int(n_in + self.n_numeric * self.n_out)

    def specs(self, n_in: int) -> dict[str, Spec]:
        """Return the four tensors, with a tenth of the learning rate; b1 and b2 do not decay."""
        n, m, k = int(self.n_numeric), int(self.n_frequencies), int(self.n_out)
        return {
            "w1": Spec((n, m), lr_factor=0.1),
            "b1": Spec((n, m), lr_factor=0.1, decay_factor=0.0),
            "W2": Spec((n, m, k), lr_factor=0.1),
            "b2": Spec((n, k), lr_factor=0.1, decay_factor=0.0),
        }

    def initialize(self, p: Views, rng: np.random.Generator) -> None:
        """Draw low frequencies with random phases, and combinations of order 1."""
        limit = self.n_frequencies**-0.5
        p.w1[...] = rng.normal(0.0, self.sigma, p.w1.shape)
        p.b1[...] = rng.uniform(-np.pi, np.pi, p.b1.shape)
        p.W2[...] = rng.uniform(-limit, limit, p.W2.shape)
        p.b2[...] = rng.uniform(-limit, limit, p.b2.shape)
