"""Convert arrays, sparse matrices, lists of rows or dicts, and dicts of columns to columns."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassnet.data.files.arrow import validated
from glassnet.data.files.arrow_columns import plain_column
from glassnet.data.tables import cells, frames
from glassnet.data.tables.column_data import (
    categories_of,
    column_of_array,
    exceeds_floats,
)
from glassnet.data.tables.schema import Column, Schema, refuse_duplicates, refuse_shape
from glassnet.data.tables.table import Table
from glassnet.data.tables.values import refuse_infinite
from glassnet.errors import DataError
from glassnet.messages import listed

_SINGLE = (str, bytes, *cells.NUMBERS, np.generic, dt.date, dt.time, dt.timedelta)
_SINGLE_BY_NAME = cells.MISSING_TYPES | cells.NAMED


def columns_of(
    data: Any, names: Sequence[str] | None, empty: bool = False
) -> Table | dict[str, Any]:
    """Return rows, an array or a sparse matrix as columns by name; only numbers as a table."""
    is_sparse = hasattr(data, "tocsr")
    if not is_sparse and isinstance(data, (list, tuple)):
        data = _array_of_rows(data)
    refuse_shape(data.shape, empty)
    if np.issubdtype(data.dtype, np.complexfloating):
        what = "sparse matrix" if is_sparse else "array"
        raise DataError(f"Complex data not supported: the {what} holds complex numbers.")
    width = data.shape[1]
    if names is not None and len(names) != width:
        raise DataError(f"there are {len(names)} column names for {width} columns.")
    names = [f"x{i}" for i in range(width)] if names is None else [*map(str, names)]
    return _of_sparse(data, names) if is_sparse else _of_array(data, names)


def columns_of_records(records: Sequence[Mapping[Any, Any]]) -> dict[str, list[object]]:
    """Return a list of dicts as columns, in order of first appearance; absent values are None."""
    columns: dict[str, list[object]] = {}
    for row, record in enumerate(records):
        for name, value in record.items():
            columns.setdefault(str(name), [None] * row).append(value)
        for name, values in columns.items():
            if len(values) > row + 1:
                raise DataError(f"record {row} (counting from 0) names {name!r} twice.")
            if len(values) == row:
                values.append(None)
    return columns


def columns_of_mapping(data: Mapping[Any, Any]) -> dict[str, Any]:
    """Return a dict of columns, or of single values such as {"age": 31}, as columns."""
    refuse_duplicates([str(name) for name in data])
    if data and all(
        isinstance(value, _SINGLE) or type(value).__name__ in _SINGLE_BY_NAME
        for value in data.values()
    ):
        data = {name: [value] for name, value in data.items()}
    return {str(name): _column_of(str(name), values) for name, values in data.items()}


def _column_of(name: str, values: Any) -> Any:
    """Return a column of a dict: a list, an array, or a typed series of a data frame."""
    if isinstance(values, (list, tuple)):
        return list(values)
    if type(values).__module__ == "pyarrow.lib" and hasattr(values, "type"):
        return plain_column(name, validated(values, name))
    if not isinstance(values, np.ndarray) and hasattr(values, "dtype"):
        series = frames.series_of(name, values)
        if series is not None:
            return series
    array = np.asarray(values)
    if array.ndim != 1:
        raise DataError(f"column {name!r} must be 1-D but has shape {array.shape}.")
    return array


def _table_of_numbers(names: Sequence[str], block: Any, **exact: Any) -> Table:
    return Table(Schema(tuple(Column(name, "number") for name in names)), block, **exact)


def _of_array(data: NDArray[Any], names: Sequence[str]) -> Table | dict[str, Any]:
    if isinstance(data, np.ma.MaskedArray):  # np.asarray would drop the mask
        data = np.ma.filled(data.astype(np.float64), np.nan)
    data = np.asarray(data)  # np.matrix behaves differently from other arrays
    if data.dtype.kind in "fiub":
        block = data if data.dtype in (np.float32, np.float64) else data.astype(np.float64)
        refuse_infinite(names, block)
        columns = zip(names, data.T, strict=True) if data.dtype.kind in "iu" else ()
        exact = {name: categories_of(column) for name, column in columns if exceeds_floats(column)}
        return _table_of_numbers(names, block, exact=exact)
    refuse_duplicates(names)
    made = ((name, column_of_array(name, data[:, i])) for i, name in enumerate(names))
    # NumPy converts numbers in an array with text to text: no notice is needed.
    is_text = data.dtype.kind == "U"
    return {name: replace(column, typed=column.typed and not is_text) for name, column in made}


def _of_sparse(data: Any, names: Sequence[str]) -> Table:
    block = data.tocsr()
    if block.dtype not in (np.float32, np.float64):
        block = block.astype(np.float64)
    if not block.has_canonical_format:
        block = block.copy()  # the caller's matrix is not changed
        block.sum_duplicates()
    bad = np.flatnonzero(~np.isfinite(block.data))
    if bad.size:
        row = int(np.searchsorted(block.indptr, bad[0], side="right")) - 1
        what = "a NaN" if np.isnan(block.data[bad[0]]) else "an infinite number"
        raise DataError(
            f"column {names[block.indices[bad[0]]]!r} of the sparse matrix holds {what} in row "
            f"{row} (counting from 0): sparse input cannot have missing values."
        )
    return _table_of_numbers(names, block)


def _array_of_rows(rows: Sequence[Any]) -> NDArray[Any]:
    try:
        array = np.array(rows)
        kind = array.dtype.kind
        # In an array with floats integers lose digits, and with numbers True becomes 1.
        is_large = kind == "f" and bool((np.abs(array) >= cells.EXACT).any())
        sequences = (row for row in rows if kind in "fiub" and isinstance(row, (list, tuple)))
        if kind not in "fiubcM" or is_large or any(bool in map(type, row) for row in sequences):
            array = np.array(rows, dtype=object)
    except ValueError:
        lengths = sorted({len(row) for row in rows if hasattr(row, "__len__")})
        raise DataError(
            f"all rows of a list must have the same length, got {listed(lengths)} values."
        ) from None
    return array
