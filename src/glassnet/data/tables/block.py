"""Blocks of numbers (n, n_columns): stacked from columns, read in chunks of rows, checked."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassnet.errors import DataError


def stack_numbers(columns: Sequence[NDArray[Any]], n_rows: int) -> NDArray[np.floating[Any]]:
    """Return columns as one block (n, n_columns): float32 when all are, else float64."""
    is_single = bool(columns) and all(column.dtype == np.float32 for column in columns)
    block = np.empty((n_rows, len(columns)), dtype=np.float32 if is_single else np.float64)
    for start, stop in row_chunks(block.shape):  # a chunk stays in the cache while it is written
        for i, column in enumerate(columns):
            block[start:stop, i] = column[start:stop]
    return block


def refuse_infinite(names: Sequence[str], block: NDArray[np.floating[Any]]) -> None:
    """Raise the DataError for an infinite number, with its column and row."""
    for start, stop in row_chunks(block.shape):
        infinite = np.isinf(block[start:stop])
        if infinite.any():
            row, column = np.argwhere(infinite)[0]
            raise DataError(
                f"column {names[column]!r} holds an infinite number in row {start + row} (counting "
                "from 0): replace it by a number, or by a missing value (NaN)."
            )


def row_chunks(shape: tuple[int, ...]) -> list[tuple[int, int]]:
    """Return row ranges of about 2^17 numbers, which stay in the cache as float64."""
    step = max(1, 2**17 // max(1, shape[1]))
    return [(start, min(start + step, shape[0])) for start in range(0, shape[0], step)]
