"""Normalization by the root mean square of each row."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from glassnet.checks import check_number
from glassnet.layers.layer import Array, KeepsWidth, Run
from glassnet.parameters import Spec, Views


@dataclass(frozen=True)
class RMSNorm(KeepsWidth):
    """Divide every row by its root mean square, then scale each unit. Zhang and Sennrich 2019.

    N = X / sqrt(mean(X^2) + eps),  Y = gamma * N      mean (n, 1) over the units; gamma (n_units,)

    The same in training and prediction, for any batch size; without the mean and the shift of
    `LayerNorm`.

    Parameters
    ----------
    eps : added to the mean square
    """

    eps: float = 1e-6
    ones: ClassVar[tuple[str, ...]] = ("gamma",)

    def __post_init__(self) -> None:
        check_number("eps", self.eps, "(0, inf)")

    def forward(self, p: Views, X: Array, run: Run) -> tuple[Array, Any]:
        """Return Y and (N, 1 / sqrt(mean(X^2) + eps))."""
        inverse_rms = 1.0 / np.sqrt(np.mean(X * X, axis=1, keepdims=True) + self.eps)
        N = X * inverse_rms
        return N * p.gamma, (N, inverse_rms)

    def backward(
        self, p: Views, g: Views, cache: Any, dY: Array, needs_dX: bool = True
    ) -> Array | None:
        """Write dgamma into g; return dX = (dN - N mean(dN N)) / rms, dN = dY gamma."""
        N, inverse_rms = cache
        np.sum(dY * N, axis=0, out=g.gamma)
        dN = dY * p.gamma
        if not needs_dX:
            return None
        return np.asarray(inverse_rms * (dN - N * np.mean(dN * N, axis=1, keepdims=True)))

    def specs(self, n_in: int) -> dict[str, Spec]:
        """Return the scale, which does not decay."""
        return {"gamma": Spec((n_in,), decay_factor=0.0)}
