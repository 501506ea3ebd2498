"""Helpers for arrays: find missing and infinite values, stack columns, split rows into chunks."""

import decimal
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassnet.data.tables.cells import MISSING_TYPES
from glassnet.errors import DataError
from glassnet.messages import listed

FLOATS = (float, decimal.Decimal, np.generic)


def is_missing(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Return a mask of the missing values, in the shape of `values`."""
    if values.dtype == object:
        missing = [
            type(v).__name__ in MISSING_TYPES or (isinstance(v, FLOATS) and v != v)  # noqa: PLR0124
            for v in values.ravel()
        ]
        return np.array(missing, dtype=bool).reshape(values.shape)
    if values.dtype.kind in "mM":
        return np.asarray(np.isnat(values))
    return np.isnan(values) if values.dtype.kind == "f" else np.zeros(values.shape, dtype=bool)


def complete_rows(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which rows (n,) of values (n,) or (n, m) have no missing value."""
    missing = is_missing(values)
    return ~(missing if missing.ndim == 1 else np.asarray(missing.any(axis=1)))


def refuse_not_finite(values: NDArray[Any], what: str = "raw scores", first_row: int = 0) -> None:
    """Raise a DataError if raw scores or predictions (n,) or (n, k) are not finite.

    `first_row` is the index of the first row, for the message.
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


def stack_numbers(columns: Sequence[NDArray[Any]], n_rows: int) -> NDArray[np.floating[Any]]:
    """Stack columns as one block (n, n_columns): float32 if all are, otherwise float64."""
    is_single = bool(columns) and all(column.dtype == np.float32 for column in columns)
    block = np.empty((n_rows, len(columns)), dtype=np.float32 if is_single else np.float64)
    for start, stop in row_chunks(block.shape):  # a chunk stays in the cache while it is written
        for i, column in enumerate(columns):
            block[start:stop, i] = column[start:stop]
    return block


def refuse_infinite(names: Sequence[str], block: NDArray[np.floating[Any]]) -> None:
    """Raise a DataError if a number is infinite, with its column and row."""
    for start, stop in row_chunks(block.shape):
        infinite = np.isinf(block[start:stop])
        if infinite.any():
            row, column = np.argwhere(infinite)[0]
            raise DataError(
                f"column {names[column]!r} holds an infinite number in row {start + row} (counting "
                "from 0): replace it by a number, or by a missing value (NaN)."
            )


def row_chunks(shape: tuple[int, ...]) -> list[tuple[int, int]]:
    """Split rows into ranges (start, stop) of about 2^17 numbers, which fit the cache."""
    step = max(1, 2**17 // max(1, shape[1]))
    return [(start, min(start + step, shape[0])) for start in range(0, shape[0], step)]
