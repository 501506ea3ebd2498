"""The one door to narwhals: any data frame it knows (pandas, polars, pyarrow and their kin) becomes plain columns."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassnet.errors import DataError, MissingDependencyError


def columns_of(frame: Any) -> dict[str, NDArray[Any] | list[object]]:
    """Return the columns of a data frame by name: float arrays (gaps NaN), date-times, or lists of Python values to be looked at.

    Raises
    ------
    DataError
        For what is no data frame, for column names that occur twice, and for columns of lists or records (named).
    """
    try:
        import narwhals as nw
    except ImportError:
        raise MissingDependencyError("narwhals", "taking data frames", "cli") from None
    try:
        wrapped: Any = nw.from_native(frame, eager_only=True, allow_series=True)
    except nw.exceptions.DuplicateError as error:
        raise DataError(f"every column needs a name of its own: {' '.join(str(error).split())}.") from None
    except TypeError:
        hint = " Collect it first: .collect()." if hasattr(frame, "collect") else ""
        module = type(frame).__module__
        kind = type(frame).__name__ if module == "builtins" else f"{module}.{type(frame).__name__}"
        raise DataError(
            f"a {kind} is no table: expected a data frame, a 2-D array, a SciPy sparse matrix, a dict of columns, rows or records.{hint}"
        ) from None
    if isinstance(wrapped, nw.Series):
        raise DataError("Expected a 2-D table but got 1-D data, one series. Reshape your data: .to_frame() makes a table of it.")
    names = wrapped.columns
    if len({str(name) for name in names}) < len(names):
        raise DataError("every column needs a name of its own, also when the names are read as text (1 and '1' are one name).")
    return {str(name): _values(str(name), wrapped.get_column(name), nw) for name in names}


def _values(name: str, series: Any, nw: Any) -> NDArray[Any] | list[object]:
    dtype = series.dtype
    if dtype.is_numeric():
        # A cast first: integers with gaps have no NumPy form of their own, and a nullable pandas column gives objects otherwise.
        values = (series if dtype == nw.Float32 else series.cast(nw.Float64)).to_numpy()
        return np.asarray(values, dtype=None if values.dtype == np.float32 else np.float64)
    if dtype == nw.Datetime:
        if getattr(dtype, "time_zone", None) is not None:
            series = series.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
        dates = np.asarray(series.to_numpy())
        if dates.dtype.kind == "M":
            return dates.astype("datetime64[us]")
    if dtype.is_nested():
        raise DataError(f"column {name!r} holds {dtype}: expected one number, text or boolean a row.")
    values_list: list[object] = series.to_list()
    return values_list
