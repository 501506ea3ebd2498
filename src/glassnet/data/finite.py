"""Refuses predictions that are not finite, and names their rows."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassnet.errors import DataError
from glassnet.messages import listed


def refuse_not_finite(values: NDArray[Any], what: str = "raw scores", first_row: int = 0) -> None:
    """Raise the DataError for raw scores or predictions (n,) or (n, k) that are not finite.

    `first_row` is the number of the first row.
    """
    is_finite = np.isfinite(values)
    if is_finite.all():
        return
    rows = np.flatnonzero(~is_finite.reshape(len(values), -1).all(axis=1)) + first_row
    raise DataError(
        f"the model's {what} for row{'s' if len(rows) > 1 else ''} {listed(rows.tolist(), 2)} "
        "(counting from 0) are not finite: the weights are damaged or far too large, or these rows "
        "hold numbers far beyond those of training. Train again, or leave them out."
    )
