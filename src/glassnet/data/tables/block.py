"""A block of numbers (n, n_columns): stacked from columns, walked through in stretches of rows, searched for infinite ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassnet.errors import DataError


def stack_numbers(columns: Sequence[NDArray[Any]], n_rows: int) -> NDArray[np.floating[Any]]:
    """Return columns as one block (n, n_columns): float32 when all are, else float64."""
    dtype = (
        np.float32
        if columns and all(column.dtype == np.float32 for column in columns)
        else np.float64
    )
    block = np.empty((n_rows, len(columns)), dtype=dtype)
    for start, stop in row_chunks(
        block.shape
    ):  # a stretch of rows stays in the cache while its columns are written
        for i, column in enumerate(columns):
            block[start:stop, i] = column[start:stop]
    return block


def refuse_infinite(names: Sequence[str], block: NDArray[np.floating[Any]]) -> None:
    """Raise the DataError for an infinite number, with its column and row."""
    for start, stop in row_chunks(block.shape):
        chunk = block[start:stop]
        if np.isinf(chunk).any():
            row, column = np.argwhere(np.isinf(chunk))[0]
            raise DataError(
                f"column {names[column]!r} holds an infinite number in row {start + row} (counting "
                "from 0): replace it by a number, or by a gap (NaN)."
            )


def row_chunks(shape: tuple[int, ...]) -> list[tuple[int, int]]:
    """Return the row ranges that cut a block into pieces of about 2^17 numbers, which stay in the cache as float64."""
    step = max(1, 2**17 // max(1, shape[1]))
    return [(start, min(start + step, shape[0])) for start in range(0, shape[0], step)]
