"""Robust scaling of columns: the median as center, the distance of the quartiles as width.

    center = median,  width = q75 - q25;  where that is 0: (largest - smallest) / 2;  where that is
                      0 too: 1

Holzmueller, Grinsztajn and Steinwart 2024, "Better by Default", section 3 (robust scaling).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassnet.data.coding.moments import Float64, Mask
from glassnet.quantiles import weighted_quantiles


def quartiles(block: NDArray[np.floating[Any]], weight: Float64) -> tuple[Float64, Float64, Mask]:
    """Return center, width and has-missing of each column of a dense block (n, k).

    The weights of the rows are all above 0. A column of missing values only has center 0 and
    width 1.
    """
    k = block.shape[1]
    center, width, has_missing = np.zeros(k), np.ones(k), np.zeros(k, dtype=bool)
    for j in range(k):
        column = np.asarray(block[:, j], dtype=np.float64)
        known = ~np.isnan(column)
        has_missing[j] = not known.all()
        if known.any():
            center[j], width[j] = _center_and_width(column[known], weight[known])
    return center, width, has_missing


def _center_and_width(x: Float64, weight: Float64) -> tuple[float, float]:
    different = weight if (weight != weight[0]).any() else None
    low, median, high = weighted_quantiles(x, (0.25, 0.5, 0.75), different)
    smallest, largest = x.min(), x.max()
    with np.errstate(over="ignore"):
        # Halved first, because the range may be wider than the largest float; but not the tiniest
        # numbers, whose halves are rounded.
        half = (
            0.5 * largest - 0.5 * smallest
            if max(abs(smallest), abs(largest)) > 1.0
            else 0.5 * (largest - smallest)
        )
        width = next((w for w in (high - low, half, largest - smallest) if w > 0.0), 1.0)
    return float(median), float(min(width, np.finfo(np.float64).max))
