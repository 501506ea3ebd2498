"""Which values are missing: None, NaN, NaT and pandas.NA."""

import decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassnet.data.tables.cells import MISSING_TYPES

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
