"""Prediction intervals by conformalized quantile regression, calibrated on held-out rows.

For each row a small network predicts where the middle of the residuals y - mean(x) lies, and how
far they spread below and above it: m, d and u, of its quantiles 0.1, 0.5 and 0.9. A held-out
residual e has the score

    s = (e - m) / u  where e >= m,  else (e - m) / d,

and the interval of coverage c = 1 - a runs between the scores of ranks floor((n + 1) a / 2) and
ceil((n + 1) (1 - a / 2)) of the n held-out rows, scaled back by d or u of the row that is asked
for. It holds the truth with a probability of about c, however wrong m, d and u are, as long as new
rows come from where the held-out ones did: conformalized quantile regression (Romano, Patterson and
Candes 2019) with the correction as a factor (Sesia and Candes 2020, section 2.2, CQR-r) and one for
each side.
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
    """What turns a mean into an interval, in the units of the encoded target.

    Attributes
    ----------
    network : X -> quantiles of the residuals (n, 3 m), output by output; None where there were too
        few rows: m = 0 and d = u = 1 for all
    scores : (n_scores, m), each column in rising order: the held-out residuals, scored as above
    least : (m,): d and u are never smaller than this
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
        quantiles : (n, 3 m) of their residuals; None where all intervals are equally wide
        coverage : probability that an interval holds the truth

        Raises
        ------
        SettingError
            For a coverage that is no number between 0 and 1, or for which there were too few
            held-out rows.
        """
        middle, below, above = frame(quantiles, center.shape, self.least)
        low, high = (
            center + middle + score * np.where(score < 0.0, below, above)
            for score in (self.scores[rank] for rank in self._ranks(coverage))
        )
        return low, high

    def _ranks(self, coverage: float) -> tuple[int, int]:
        """Return the places, from 0, of the two scores of a coverage."""
        if not is_number(coverage) or not 0.0 < coverage < 1.0:
            raise SettingError(
                "coverage is the share of rows that an interval is to hold, between 0 and 1, but "
                f"{coverage!r} came."
            )
        n, outside = len(self.scores), 0.5 * (1.0 - coverage)
        # Rounded first, for 0.5 (1 - 0.9) is not exactly 0.05.
        low, high = (
            math.floor(round((n + 1) * outside, 9)),
            math.ceil(round((n + 1) * (1.0 - outside), 9)),
        )
        if low < 1:
            most = max(0.0, 1.0 - 2.0 / (n + 1))
            raise SettingError(
                f"{n} rows were held out to calibrate intervals, enough for a coverage of "
                f"{math.floor(1000.0 * most) / 1000.0:g} at most, but {coverage:g} is asked for: "
                "train on more rows, or hold more out (validation_fraction)."
            )
        return low - 1, high - 1


def frame(
    quantiles: Array | None, shape: tuple[int, ...], least: Array
) -> tuple[Array, Array, Array]:
    """Return m, d and u, each `(n, m)`, of quantiles `(n, 3 m)`; crossing ones are sorted."""
    if quantiles is None:
        return np.zeros(shape), np.ones(shape), np.ones(shape)
    low, middle, high = np.sort(quantiles.astype(np.float64).reshape(*shape, 3), axis=2).transpose(
        2, 0, 1
    )
    return middle, np.maximum(middle - low, least), np.maximum(high - middle, least)


def scores_of(residuals: Array, quantiles: Array | None, least: Array) -> Array:
    """Return the scores `(n, m)` of residuals `(n, m)`."""
    middle, below, above = frame(quantiles, residuals.shape, least)
    beyond = residuals - middle
    return np.asarray(np.where(beyond >= 0.0, beyond / above, beyond / below))


def center_and_quantiles(loss: Loss, Z: Array) -> tuple[Array, Array | None]:
    """Return predictions `(n, m)`, and the quantiles `(n, 3 m)` about them where the loss has some.

    A network of several quantiles predicts the middle one; its first, middle and last quantile,
    less the middle one, are those about it.
    """
    Y = loss.predict(Z.astype(np.float64, copy=False))
    k = loss_traits(loss).n_per_target
    if k == 1:
        return Y, None
    Y = Y.reshape(len(Y), Y.shape[1] // k, k)
    center = Y[:, :, k // 2]
    about = Y[:, :, [0, k // 2, k - 1]] - center[:, :, np.newaxis]
    return center, about.reshape(len(Y), 3 * Y.shape[1])
