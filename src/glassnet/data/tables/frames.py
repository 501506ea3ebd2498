"""The one door to narwhals: any data frame it knows (pandas, polars, pyarrow and their kin) becomes plain columns.

A declared type counts: categories are categories whatever they spell, and keep their words ("NA"
and "None", too); a column of strings without any string is one of text.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.data.files.foreign import validated
from glassnet.data.tables import cells
from glassnet.data.tables.forms import Form
from glassnet.data.tables.recognition import Recognized, Texts
from glassnet.data.tables.values import (
    SPANS,
    code_values,
    column_of_array,
    column_of_values,
    microseconds,
)
from glassnet.errors import DataError, MissingDependencyError


def columns_of(frame: Any) -> dict[str, Recognized | Texts]:
    """Return the columns of a data frame by name.

    Raises
    ------
    DataError
        For what is no data frame, for column names that occur twice, and for columns of lists,
        records or durations (named).
    """
    nw = _narwhals()
    try:
        wrapped: Any = nw.from_native(frame, eager_only=True, allow_series=True)
    except nw.exceptions.DuplicateError as error:
        raise DataError(
            f"every column needs a name of its own: {' '.join(str(error).split())}."
        ) from None
    except TypeError:
        hint = " Collect it first: .collect()." if hasattr(frame, "collect") else ""
        module = type(frame).__module__
        kind = type(frame).__name__ if module == "builtins" else f"{module}.{type(frame).__name__}"
        raise DataError(
            f"a {kind} is no table: expected a data frame, a 2-D array, a SciPy sparse matrix, a "
            f"dict of columns, rows or records.{hint}"
        ) from None
    if wrapped.implementation.is_pyarrow():
        validated(wrapped.to_native())
    if isinstance(wrapped, nw.Series):
        raise DataError(
            "Expected a 2-D table but got 1-D data, one series. Reshape your data: .to_frame() "
            "makes a table of it."
        )
    names = wrapped.columns
    if len({str(name) for name in names}) < len(names):
        raise DataError(
            "every column needs a name of its own, also when the names are read as text (1 and '1' "
            "are one name)."
        )
    return {str(name): _column(str(name), wrapped.get_column(name), nw) for name in names}


def series_of(name: str, values: Any) -> Recognized | Texts | None:
    """Return a series of a data frame as a column, None for what is no series."""
    nw = _narwhals()
    try:
        series: Any = nw.from_native(values, series_only=True)
    except TypeError:
        return None
    if series.implementation.is_pyarrow():
        validated(series.to_native(), name)
    return _column(name, series, nw)


def _narwhals() -> Any:
    try:
        import narwhals as nw
    except ImportError:
        raise MissingDependencyError("narwhals", "taking data frames", "cli") from None
    return nw


def _column(name: str, series: Any, nw: Any) -> Recognized | Texts:
    dtype = series.dtype
    if dtype.is_integer() or dtype.is_decimal():
        return _whole(name, series, nw)
    if dtype.is_numeric():
        # A cast first: a nullable pandas column gives objects otherwise.
        values = (series if dtype == nw.Float32 else series.cast(nw.Float64)).to_numpy()
        return Recognized(
            "number", np.asarray(values, dtype=None if values.dtype == np.float32 else np.float64)
        )
    if dtype == nw.Datetime:
        if getattr(dtype, "time_zone", None) is not None:
            series = series.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
        dates = np.asarray(series.to_numpy())
        if dates.dtype.kind == "M":
            return Recognized("datetime", microseconds(name, dates))
    if dtype.is_nested():
        raise DataError(
            f"column {name!r} holds {dtype}: expected one number, text or boolean a row."
        )
    if dtype == nw.Duration:
        raise DataError(f"column {name!r} {SPANS}.")
    values = series.to_list()
    if dtype in (nw.Categorical, nw.Enum):
        return Recognized("category", code_values(name, values), Form(verbatim=True))
    if dtype == nw.Boolean:
        return Recognized("boolean", code_values(name, values))
    if dtype == nw.Date and series.null_count() == len(series):
        return Recognized("datetime", np.full(len(values), "NaT", dtype="datetime64[us]"))
    column = column_of_values(name, values)
    if dtype == nw.String and isinstance(column, Recognized):  # no text in it, and no number either
        return Recognized("category", (np.full(len(values), -1, dtype=np.int32), ()))
    return column


def _whole(name: str, series: Any, nw: Any) -> Recognized:
    """Return a column of whole numbers or decimals, whose digits are kept where floats do not tell them apart."""
    ends = [series.min(), series.max()] if series.null_count() < len(series) else [0, 0]
    if all(end is not None and abs(end) < cells.EXACT for end in ends):
        return Recognized(
            "number", np.asarray(series.cast(nw.Float64).to_numpy(), dtype=np.float64)
        )
    small = series.dtype.is_integer() and series.dtype not in (
        nw.Int128,
        nw.UInt128,
    )  # which NumPy does not have
    if small and all(end is not None for end in ends) and series.null_count() == 0:
        column = column_of_array(name, np.asarray(series.to_numpy()))
    else:
        column = column_of_values(name, series.to_list())
    assert isinstance(column, Recognized)
    return column
