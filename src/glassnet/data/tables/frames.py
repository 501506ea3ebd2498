"""Convert the columns of data frames: pandas, polars, pyarrow and others, through narwhals.

No other file imports narwhals. A column keeps its declared type: categories stay categories even if
they spell numbers, and keep words such as "NA" and "None"; a string column stays text even if all
values are missing.
"""

from typing import Any

import numpy as np

from glassnet.data.files.arrow import validated
from glassnet.data.tables import cells
from glassnet.data.tables.column_data import (
    DURATIONS,
    Categories,
    ColumnData,
    categories_of_values,
    column_of_array,
    column_of_values,
    microseconds,
)
from glassnet.data.tables.schema import Form
from glassnet.errors import DataError, MissingDependencyError


def columns_of(frame: Any) -> dict[str, ColumnData]:
    """Return the columns of a data frame by name.

    Raises
    ------
    DataError
        If the argument is not a data frame, two columns have one name, or a column holds lists,
        records or durations (its name is in the message).
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
        kind = f"{type(frame).__module__}.{type(frame).__name__}".removeprefix("builtins.")
        raise DataError(
            f"a {kind} is not a table: expected a data frame, a 2-D array, a SciPy "
            f"sparse matrix, a dict of columns, rows or records.{hint}"
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


def series_of(name: str, values: Any) -> ColumnData | None:
    """Convert a series of a data frame to a column; return None for anything else."""
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


def _column(name: str, series: Any, nw: Any) -> ColumnData:
    dtype = series.dtype
    if dtype.is_integer() or dtype.is_decimal():
        return _whole_numbers(name, series, nw)
    if dtype.is_numeric():
        # Cast first: otherwise a nullable pandas column gives objects.
        values = (series if dtype == nw.Float32 else series.cast(nw.Float64)).to_numpy()
        return ColumnData(
            "number", np.asarray(values, dtype=None if values.dtype == np.float32 else np.float64)
        )
    if dtype == nw.Datetime:
        if getattr(dtype, "time_zone", None) is not None:
            series = series.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
        dates = np.asarray(series.to_numpy())
        if dates.dtype.kind == "M":
            return ColumnData("datetime", microseconds(name, dates))
    if dtype.is_nested():
        raise DataError(
            f"column {name!r} holds {dtype}: expected one number, text or boolean a row."
        )
    if dtype == nw.Duration:
        raise DataError(f"column {name!r} {DURATIONS}.")
    values = series.to_list()
    n = len(values)
    if dtype in (nw.Categorical, nw.Enum):
        return ColumnData("category", categories_of_values(name, values), Form(verbatim=True))
    if dtype == nw.Boolean:
        return ColumnData("boolean", categories_of_values(name, values))
    if dtype == nw.Date and series.null_count() == n:
        return ColumnData("datetime", np.full(n, "NaT", dtype="datetime64[us]"))
    column = column_of_values(name, values)
    if dtype == nw.String and column.kind is not None:  # neither text nor numbers in it
        return ColumnData("category", Categories(np.full(n, -1, dtype=np.int32), ()))
    return column


def _whole_numbers(name: str, series: Any, nw: Any) -> ColumnData:
    """Convert integers or decimals; those that are not exact as floats keep their digits."""
    ends = [series.min(), series.max()] if series.null_count() < len(series) else [0, 0]
    if all(end is not None and abs(end) < cells.EXACT for end in ends):
        return ColumnData(
            "number", np.asarray(series.cast(nw.Float64).to_numpy(), dtype=np.float64)
        )
    in_numpy = series.dtype.is_integer() and series.dtype not in (nw.Int128, nw.UInt128)
    if in_numpy and None not in ends and series.null_count() == 0:
        return column_of_array(name, np.asarray(series.to_numpy()))
    return column_of_values(name, series.to_list())
