"""The scaling layer: a learned factor for each input."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from glassnet.layers.layer import Array, KeepsWidth, Run
from glassnet.parameters import Spec, Views


@dataclass(frozen=True)
class Scale(KeepsWidth):
    """Y = X * s, a factor for each column.

    X and Y (n, n_in), s (n_in,)

    s starts at 1, does not decay, and learns at six times the rate: an uninformative column is
    scaled down in a few steps, while otherwise each weight behind it would shrink by itself.
    Holzmueller, Grinsztajn and Steinwart 2024, "Better by Default: Strong Pre-Tuned MLPs and
    Boosted Trees on Tabular Data".

    Backpropagation: ds = sum_i dY_i * X_i, because s_j meets every row, and dX = dY * s.

    Examples
    --------
    >>> from glassnet import Dense, Scale
    >>> layers = [Scale(), Dense(64, "relu"), Dense(1)]
    """

    ones: ClassVar[tuple[str, ...]] = ("s",)

    def forward(self, p: Views, X: Array, run: Run) -> tuple[Array, Any]:
        """Return Y and X."""
        return X * p.s, X

    def backward(
        self, p: Views, g: Views, X: Any, dY: Array, needs_dX: bool = True
    ) -> Array | None:
        """Write ds into g; return dX."""
        np.sum(dY * X, axis=0, out=g.s)
        return dY * p.s if needs_dX else None

    def specs(self, n_in: int) -> dict[str, Spec]:
        """Return s, which learns fast and does not decay."""
        return {"s": Spec((n_in,), lr_factor=6.0, decay_factor=0.0)}
