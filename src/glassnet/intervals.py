"""Prediction intervals by conformalized quantile regression, calibrated on held-out rows.

For each row, a small network predicts the 0.1, 0.5 and 0.9 quantiles of the residual y - mean(x).
They give the middle m of the residuals and their spreads d below and u above the middle. The score
of a held-out residual e is

    s = (e - m) / u  if e >= m,  else (e - m) / d.

The interval of coverage c = 1 - a for a new row lies between the scores of ranks
floor((n + 1) a / 2) and ceil((n + 1) (1 - a / 2)) of the n held-out rows, multiplied by d or u of
the new row. It contains the true value with a probability of about c, even if m, d and u are wrong,
as long as new rows come from the same distribution as the held-out rows. This is conformalized
quantile regression (Romano, Patterson and Candes 2019) with a multiplicative correction (Sesia and
Candes 2020, section 2.2, CQR-r), one for each side.
"""

import math
from dataclasses import dataclass

import numpy as np

from glassnet.errors import SettingError, is_number
from glassnet.losses import Loss, loss_traits
from glassnet.network import Array, Network

#: The quantiles that the network of the residuals predicts.
QUANTILES = (0.1, 0.5, 0.9)


@dataclass(frozen=True, eq=False)
class Intervals:
    """Converts a predicted mean to an interval, in the units of the encoded target.

    Attributes
    ----------
    network : X -> quantiles of the residuals (n, 3 m), output by output. It is None if the
        loss of the model predicts quantiles itself. It is also None if there were too few rows, or
        if it was not better than constants; then m = 0 and d = u = 1 for all rows.
    scores : (n_scores, m) scores of the held-out residuals, each column in ascending order
    least : (m,) lower limits of d and u
    """

    network: Network | None
    scores: Array
    least: Array

    @property
    def n_outputs(self) -> int:
        """The number of targets."""
        return int(self.scores.shape[1])

    def around(
        self, center: Array, quantiles: Array | None, coverage: float
    ) -> tuple[Array, Array]:
        """Return the lower and the upper bounds `(n, m)`.

        Parameters
        ----------
        center : (n, m) predictions
        quantiles : (n, 3 m) of their residuals; None if all intervals are equally wide
        coverage : probability that an interval contains the true value

        Raises
        ------
        SettingError
            If the coverage is not a number between 0 and 1, or if there were too few held-out rows
            for it.
        """
        middle, below, above = middle_and_spreads(quantiles, center.shape, self.least)
        low, high = (
            center + middle + score * np.where(score < 0.0, below, above)
            for score in (self.scores[rank] for rank in self.ranks(coverage))
        )
        return low, high

    def ranks(self, coverage: float) -> tuple[int, int]:
        """Return the indices of the two scores for a coverage; see `around` for errors."""
        if not is_number(coverage) or not 0.0 < coverage < 1.0:
            raise SettingError(
                "coverage, the share of rows that an interval contains, must be between 0 and 1, "
                f"got {coverage!r}."
            )
        n, outside = len(self.scores), 0.5 * (1.0 - coverage)
        # Rounded first, because 0.5 (1 - 0.9) is not exactly 0.05.
        low, high = (
            math.floor(round((n + 1) * outside, 9)),
            math.ceil(round((n + 1) * (1.0 - outside), 9)),
        )
        if low < 1:
            maximum = max(0.0, 1.0 - 2.0 / (n + 1))
            raise SettingError(
                f"{n} rows were held out to calibrate intervals, enough for a coverage of "
                f"{math.floor(1000.0 * maximum) / 1000.0:g} at most, but {coverage:g} is asked "
                "for: train on more rows, or hold more out (validation_fraction)."
            )
        return low - 1, high - 1


def middle_and_spreads(
    quantiles: Array | None, shape: tuple[int, ...], min_spread: Array
) -> tuple[Array, Array, Array]:
    """Return m, d and u, each `(n, m)`, of quantiles `(n, 3 m)`, which are sorted first."""
    if quantiles is None:
        return np.zeros(shape), np.ones(shape), np.ones(shape)
    low, middle, high = np.sort(quantiles.astype(np.float64).reshape(*shape, 3), axis=2).transpose(
        2, 0, 1
    )
    return middle, np.maximum(middle - low, min_spread), np.maximum(high - middle, min_spread)


def scores_of(residuals: Array, quantiles: Array | None, min_spread: Array) -> Array:
    """Return the scores `(n, m)` of residuals `(n, m)`."""
    middle, below, above = middle_and_spreads(quantiles, residuals.shape, min_spread)
    deviation = residuals - middle
    return np.asarray(np.where(deviation >= 0.0, deviation / above, deviation / below))


def center_and_quantiles(loss: Loss, Z: Array) -> tuple[Array, Array | None]:
    """Return predictions `(n, m)`, and quantiles `(n, 3 m)` relative to them, or None.

    For a loss with several quantiles, the prediction is the middle one, and the first, middle and
    last quantile minus the middle one are returned too. Other losses have no quantiles.
    """
    Y = loss.predict(Z.astype(np.float64, copy=False))
    k = loss_traits(loss).n_per_target
    if k == 1:
        return Y, None
    Y = Y.reshape(len(Y), Y.shape[1] // k, k)
    center = Y[:, :, k // 2]
    about = Y[:, :, [0, k // 2, k - 1]] - center[:, :, np.newaxis]
    return center, about.reshape(len(Y), 3 * Y.shape[1])
