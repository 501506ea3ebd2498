"""Answers that are no numbers are refused, with the rows that they belong to."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassnet.errors import DataError

#: Rows that are named.
MOST_NAMED = 2
WHY = "the weights are damaged or far too large, or these rows hold numbers far beyond those of training. Train again, or leave them out."


def refuse_not_finite(values: NDArray[Any], what: str = "raw scores", first_row: int = 0) -> None:
    """Raise the DataError for raw scores or predictions (n,) or (n, k) that are not finite; `first_row` is the number of the first one."""
    finite = np.isfinite(values)
    if finite.all():
        return
    rows = (np.flatnonzero(~finite.reshape(len(values), -1).all(axis=1)) + first_row).tolist()
    raise DataError(
        f"the model's {what} for {_rows_in_words(rows)} (counting from 0) are not finite: {WHY}"
    )


def _rows_in_words(rows: list[int]) -> str:
    """Return "row 3", "rows 3 and 7" or "rows 3, 7 and 12 more"."""
    if len(rows) == 1:
        return f"row {rows[0]}"
    named, more = [str(row) for row in rows[:MOST_NAMED]], len(rows) - MOST_NAMED
    return (
        f"rows {', '.join(named)} and {more:,} more" if more > 0 else f"rows {' and '.join(named)}"
    )
