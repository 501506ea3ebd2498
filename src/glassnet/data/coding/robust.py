"""Where a column lies and how wide it is by its quartiles, which no odd value moves.

    centre = median,  width = q75 - q25;  where that is 0: (largest - smallest) / 2;  where that is
                      0 too: 1

Holzmueller, Grinsztajn and Steinwart 2024, "Better by Default", section 3 (robust scaling).
Quantiles are those of the inverted distribution function, so a row of weight 2 counts as two rows,
and one of weight 0 as absent.
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]

QUARTERS = np.array([0.25, 0.5, 0.75])


def quartiles(
    block: NDArray[np.floating[Any]], weight: Float64
) -> tuple[Float64, Float64, NDArray[np.bool_]]:
    """Return centre, width and has-gaps of each column of a dense block (n, k), given the weights of its rows, all above 0.

    A column of gaps alone has centre 0 and width 1.
    """
    k = block.shape[1]
    centre, width, has_gaps = np.zeros(k), np.ones(k), np.zeros(k, dtype=bool)
    for j in range(k):
        column = np.asarray(block[:, j], dtype=np.float64)
        held = ~np.isnan(column)
        has_gaps[j] = not held.all()
        if held.any():
            centre[j], width[j] = _of_column(column[held], weight[held])
    return centre, width, has_gaps


def _of_column(x: Float64, weight: Float64) -> tuple[float, float]:
    low, median, high = _places(weight if (weight != weight[0]).any() else None, x)
    with np.errstate(over="ignore"):
        # Halved first, for the range may be wider than the largest float; but not the tiniest
        # numbers, whose halves are rounded.
        least, most = x.min(), x.max()
        half = (
            0.5 * most - 0.5 * least if max(abs(least), abs(most)) > 1.0 else 0.5 * (most - least)
        )
        width = next((w for w in (high - low, half, most - least) if w > 0.0), 1.0)
    return float(median), float(min(width, np.finfo(np.float64).max))


def _places(weight: Float64 | None, x: Float64) -> Float64:
    """Return the three quartiles: the smallest values that reach these shares of the weight."""
    if weight is None:
        at = np.ceil(QUARTERS * len(x)).astype(np.int64) - 1
        return cast(Float64, np.partition(x, at)[at])
    order = np.argsort(x, kind="stable")
    share = np.cumsum(weight[order])
    # The shares are sums of rounded numbers: what is a quarter but for rounding is a quarter.
    at = np.searchsorted(share, QUARTERS * share[-1] * (1.0 - 1e-12))
    return cast(Float64, x[order][np.minimum(at, len(x) - 1)])
