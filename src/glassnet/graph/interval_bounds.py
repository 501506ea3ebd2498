"""Operations that make prediction intervals, see `glassnet.intervals`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from glassnet.graph.operation import FUNCTION, Array, Operation, float64


@dataclass(frozen=True, eq=False)
class Center(Operation):
    """The middle quantile of each target.

    n_quantiles : of each target, side by side
    """

    n_quantiles: int
    formula: ClassVar[str] = "y = the middle quantile of each target"

    def evaluate(self, *inputs: Array) -> Array:
        """Return the middle (n, m)."""
        return inputs[0][:, self.n_quantiles // 2 :: self.n_quantiles]

    def error(self, inputs: Sequence[Array], errors: Sequence[Array], output: Array) -> Array:
        """Nothing is computed."""
        return errors[0][:, self.n_quantiles // 2 :: self.n_quantiles]


@dataclass(frozen=True, eq=False)
class AroundCenter(Operation):
    """The first, the middle and the last quantile of each target, less the middle one.

    n_quantiles : of each target, side by side
    """

    n_quantiles: int
    formula: ClassVar[str] = "y = [q_first - q_middle, 0, q_last - q_middle] of each target"

    def evaluate(self, *inputs: Array) -> Array:
        """Return the differences (n, 3 m)."""
        q, middle = self.n_quantiles, self.n_quantiles // 2
        Y = inputs[0].reshape(len(inputs[0]), -1, q)
        return np.asarray(Y[:, :, [0, middle, q - 1]] - Y[:, :, [middle]]).reshape(len(Y), -1)

    def error(self, inputs: Sequence[Array], errors: Sequence[Array], output: Array) -> Array:
        """Both errors, and one rounding."""
        q, middle = self.n_quantiles, self.n_quantiles // 2
        e = errors[0].reshape(len(output), -1, q)
        both = e[:, :, [0, middle, q - 1]] + e[:, :, [middle]]
        return np.asarray(both.reshape(output.shape) + self.eps * np.abs(output))


@dataclass(frozen=True, eq=False)
class Bounds(Operation):
    """Lower and upper bound of each target by conformal scores, see `glassnet.intervals`.

    The inputs are the centers (n, m) and, if intervals differ in width, quantiles of the residuals
    (n, 3 m). Without them the middle is 0 and the spreads are 1.

    scores : (2, m) the scores at the ranks of the coverage, for the lower and the upper bound
    least : (m,) lower limits of the spreads
    coverage : the share of rows whose true value lies between the bounds
    """

    scores: Array
    least: Array
    coverage: float
    formula: ClassVar[str] = (
        "y = center + middle + score * spread, with the sorted residual quantiles low, middle, "
        "high; spread = max(middle - low, least) for score < 0, else max(high - middle, least)"
    )

    def _spreads(self, inputs: Sequence[Array]) -> tuple[Array, Array, Array]:
        if len(inputs) == 1:
            return np.zeros_like(inputs[0]), np.ones_like(inputs[0]), np.ones_like(inputs[0])
        Q = np.sort(inputs[1].reshape(*inputs[0].shape, 3), axis=2)
        low, middle, high = Q.transpose(2, 0, 1)
        least = float64(self.least)
        return middle, np.maximum(middle - low, least), np.maximum(high - middle, least)

    def evaluate(self, *inputs: Array) -> Array:
        """Return the bounds (n, 2 m): lower and upper of the first target, then of the next."""
        middle, below, above = self._spreads(inputs)
        ends = [
            inputs[0] + middle + score * np.where(score < 0.0, below, above)
            for score in float64(self.scores)
        ]
        return np.stack(ends, axis=2).reshape(len(middle), -1)

    def error(self, inputs: Sequence[Array], errors: Sequence[Array], output: Array) -> Array:
        """Errors of center, middle and spread, and the roundings of their sum."""
        middle, below, above = self._spreads(inputs)
        e = np.zeros_like(middle)
        if len(inputs) > 1:
            e = errors[1].reshape(*middle.shape, 3).max(axis=2)
        ends = []
        for score in np.abs(float64(self.scores)):
            spread = np.maximum(below, above)
            terms = np.abs(inputs[0]) + np.abs(middle) + score * spread
            ends.append(errors[0] + e + 2.0 * score * e + FUNCTION * self.eps * terms)
        return np.stack(ends, axis=2).reshape(len(middle), -1)
