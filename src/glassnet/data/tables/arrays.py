"""Arrays, sparse matrices, rows, records and dicts of columns become the columns of a table."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassnet.data.tables import cells
from glassnet.data.tables.block import refuse_infinite
from glassnet.data.tables.cells import EXACT
from glassnet.data.tables.recognition import Texts
from glassnet.data.tables.schema import Column, Schema, refuse_duplicates, refuse_shape
from glassnet.data.tables.table import Categories, Table
from glassnet.data.tables.values import column_of_array, column_of_values, exact_codes
from glassnet.errors import DataError
from glassnet.messages import listed

_SINGLE = (str, bytes, *cells.NUMBERS, np.generic, dt.date, dt.time, dt.timedelta)
_SINGLE_BY_NAME = cells.GAPS | cells.NAMED


def columns_of(
    data: Any, names: Sequence[str] | None, empty: bool = False
) -> Table | dict[str, Any]:
    """Return a list of rows, an array or a sparse matrix as a table where it is one block of numbers, else as columns by name."""
    if hasattr(data, "tocsr"):
        return _table_of_sparse(data, names, empty)
    return _of_array(
        _array_of_rows(data) if isinstance(data, (list, tuple)) else data, names, empty
    )


def columns_of_records(records: Sequence[Mapping[Any, Any]]) -> dict[str, list[object]]:
    """Return records as columns, in the order in which their names first appear; what a record lacks is a gap (None)."""
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
    """Return a dict of columns, or one record (a dict of single values, such as {"age": 31}), as columns by name."""
    refuse_duplicates([str(name) for name in data])
    if data and all(
        isinstance(value, _SINGLE) or type(value).__name__ in _SINGLE_BY_NAME
        for value in data.values()
    ):
        data = {name: [value] for name, value in data.items()}
    return {str(name): _column_of(str(name), values) for name, values in data.items()}


def _column_of(name: str, values: Any) -> Any:
    """Return a column of a dict: a list, an array, or a series of a data frame, whose type counts."""
    if isinstance(values, (list, tuple)):
        return list(values)
    if type(values).__module__ == "pyarrow.lib" and hasattr(values, "type"):
        from glassnet.data.files import arrow, foreign

        column = (
            values if hasattr(values, "chunks") else arrow.arrow("pyarrow").chunked_array([values])
        )
        foreign.validated(column, name)
        return arrow.plain_column(name, column)
    if not isinstance(values, np.ndarray) and hasattr(values, "dtype"):
        from glassnet.data.tables import frames

        series = frames.series_of(name, values)
        if series is not None:
            return series
    array = np.asarray(values)
    if array.ndim != 1:
        raise DataError(f"column {name!r} must be 1-D but has shape {array.shape}.")
    return array


def _of_array(
    data: NDArray[Any], names: Sequence[str] | None, empty: bool
) -> Table | dict[str, Any]:
    refuse_shape(data.shape, empty)
    if np.issubdtype(data.dtype, np.complexfloating):
        raise DataError("Complex data not supported: the array holds complex numbers.")
    if isinstance(data, np.ma.MaskedArray):  # np.asarray would drop the mask and show what it hides
        data = np.ma.filled(data.astype(np.float64), np.nan)
    data = np.asarray(data)  # np.matrix has rules of its own
    names = _default_names(names, data.shape[1])
    if data.dtype.kind in "fiub":
        block = data if data.dtype in (np.float32, np.float64) else data.astype(np.float64)
        refuse_infinite(names, block)
        exact = (
            {name: exact_codes(data[:, i]) for i, name in enumerate(names)}
            if _has_large(data)
            else {}
        )
        kept = {name: Categories(*codes) for name, codes in exact.items() if codes is not None}
        return Table(Schema(tuple(Column(name, "number") for name in names)), block, exact=kept)
    refuse_duplicates(names)
    if data.dtype.kind != "U":
        return {name: column_of_array(name, data[:, i]) for i, name in enumerate(names)}
    columns = {name: column_of_values(name, data[:, i].tolist()) for i, name in enumerate(names)}
    # NumPy made text of numbers that stood beside text: that is no notice worth.
    return {
        name: Texts(column.codes, column.levels) if isinstance(column, Texts) else column
        for name, column in columns.items()
    }


def _has_large(data: NDArray[Any]) -> bool:
    """Return whether an array has whole numbers that floats may not tell apart."""
    if data.dtype.kind not in "iu" or data.dtype.itemsize < 8 or not data.size:
        return False
    return exact_codes(np.array([data.min(), data.max()])) is not None


def _table_of_sparse(data: Any, names: Sequence[str] | None, empty: bool) -> Table:
    refuse_shape(data.shape, empty)
    if np.issubdtype(data.dtype, np.complexfloating):
        raise DataError("Complex data not supported: the sparse matrix holds complex numbers.")
    block = data.tocsr()
    if block.dtype not in (np.float32, np.float64):
        block = block.astype(np.float64)
    if not block.has_canonical_format:
        block = block.copy()  # the caller's matrix stays as it is
        block.sum_duplicates()
    names = _default_names(names, block.shape[1])
    bad = np.flatnonzero(~np.isfinite(block.data))
    if bad.size:
        row = int(np.searchsorted(block.indptr, bad[0], side="right")) - 1
        what = "a NaN" if np.isnan(block.data[bad[0]]) else "an infinite number"
        name = names[block.indices[bad[0]]]
        raise DataError(
            f"column {name!r} of the sparse matrix holds {what} in row {row} (counting from 0): "
            "sparse input has no gaps."
        )
    return Table(Schema(tuple(Column(name, "number") for name in names)), block)


def _array_of_rows(rows: Sequence[Any]) -> NDArray[Any]:
    try:
        array = np.array(rows)
        large = array.dtype.kind == "f" and bool(
            (np.abs(array) >= EXACT).any()
        )  # whole numbers lose digits beside others
        truth = array.dtype.kind in "fiub" and any(
            bool in map(type, row) for row in rows if isinstance(row, (list, tuple))
        )
        if (
            array.dtype.kind not in "fiubcM" or large or truth
        ):  # text or a mixture: keep each value as it is
            array = np.array(rows, dtype=object)
    except ValueError:
        lengths = sorted({len(row) for row in rows if hasattr(row, "__len__")})
        raise DataError(
            f"a list of rows needs rows of one length, but they hold {listed(lengths)} values."
        ) from None
    return array


def _default_names(names: Sequence[str] | None, count: int) -> tuple[str, ...]:
    if names is None:
        return tuple(f"x{i}" for i in range(count))
    if len(names) != count:
        raise DataError(f"there are {len(names)} column names for {count} columns.")
    return tuple(str(name) for name in names)
