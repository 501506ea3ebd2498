"""Convert target values to an array and guess the task: classification or regression.

Labels are not changed, and integers keep all their digits.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassnet.data.files.arrow import refuse_damaged
from glassnet.data.tables import cells
from glassnet.data.tables.table import Table
from glassnet.data.tables.values import is_missing
from glassnet.errors import DataError

Array = NDArray[Any]

MAX_WHOLE_CLASSES = 20

RULE = (
    "Text, booleans and categories are classes. Numbers with any fraction are a regression. Whole "
    f"numbers are classes when there are at most {MAX_WHOLE_CLASSES} different ones and at most a "
    "fifth as many as rows (two always are classes), else a regression. Several columns are labels "
    "that may go together (multilabel) when every value is 0 or 1, else a regression."
)


def refuse_missing(y: NDArray[Any], names: Sequence[str]) -> None:
    """Raise a DataError if target values are missing or infinite, with their count and first row.

    Blank text is missing too; other text is a label.
    """
    invalid, kind = is_missing(y), "missing"
    if y.dtype.kind in "OU":
        blank = [isinstance(value, str) and not value.strip() for value in y.ravel().tolist()]
        invalid = invalid | np.array(blank, dtype=bool).reshape(y.shape)
    elif y.dtype.kind == "f":
        kinds = {"missing (NaN)": invalid, "infinite": np.isinf(y)}
        kind = " or ".join(what for what, found in kinds.items() if found.any())
        invalid = ~np.isfinite(y)
    if invalid.any():
        row, column = np.argwhere(invalid.reshape(len(y), -1))[0].tolist()
        raise DataError(
            f"target {names[column]!r}: {int(invalid.sum())} of {invalid.size} values are {kind}, "
            f"the first in row {row} (counting from 0): leave such rows out."
        )


def target_array(values: Any) -> NDArray[Any]:
    """Return target values as an array (n,) or (n, m > 1).

    It holds floats, integers, booleans, text, or objects.

    Raises
    ------
    DataError
        If the shape is different, or the values are complex numbers, dates or durations.
    """
    refuse_damaged(values)
    try:
        y = np.asarray(values)
    except ValueError:
        raise DataError(
            "the target must be one value a row, or the same number of values in every row."
        ) from None
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.ndim not in (1, 2) or (y.ndim == 2 and y.shape[1] == 0):
        raise DataError(
            f"the target must be 1-D, or 2-D with one column for each target, got shape {y.shape}."
        )
    if y.dtype.kind == "c":
        raise DataError("Complex data not supported: the target holds complex numbers.")
    if y.dtype.kind in "mM":
        raise DataError(
            "the target holds dates, times or durations: convert it to numbers first (days since a "
            "date, the hour)."
        )
    if y.dtype.kind == "U" and isinstance(values, (list, tuple)):
        objects = np.asarray(values, dtype=object)
        if not all(isinstance(value, str) for value in objects.ravel()):
            y = objects  # NumPy converts numbers and None in a list with text to text
    return y if y.dtype != object else _narrow(y)


def _narrow(y: NDArray[Any]) -> NDArray[Any]:
    """Return an array of objects as booleans, integers or floats if all of them are.

    Integers beyond 64 bits stay Python objects. None and pandas.NA among numbers become NaN.
    """
    types = set(map(type, y.ravel()))
    missing = {kind for kind in types if kind.__name__ in ("NoneType", "NAType")}
    known = types - missing
    booleans = {kind for kind in known if issubclass(kind, cells.BOOLS)}
    if booleans or not known:
        return y.astype(bool) if types and booleans == types else y
    if not missing and all(issubclass(kind, (int, np.integer)) for kind in known):
        whole = [int(value) for value in y.ravel()]
        fits = all(-(2**63) <= value < 2**63 for value in whole)
        return np.array(whole, dtype=np.int64 if fits else object).reshape(y.shape)
    if all(issubclass(kind, cells.NUMBERS) for kind in known):
        numbers = [np.nan if type(value) in missing else float(value) for value in y.ravel()]
        return np.array(numbers, dtype=np.float64).reshape(y.shape)
    return y


def exact_labels(values: Any) -> Any:
    """Return Python integers as an array that keeps their digits; other values unchanged.

    The array holds text if 64 bits are not enough.
    """
    is_sequence = isinstance(values, (list, tuple))
    if not is_sequence and getattr(getattr(values, "dtype", None), "kind", "") != "O":
        return values
    objects = np.asarray(values, dtype=object)
    whole = [isinstance(v, (int, np.integer)) and not isinstance(v, bool) for v in objects.ravel()]
    if objects.ndim != 1 or not whole or not all(whole):
        return values
    for dtype in (np.int64, np.uint64):
        if min(objects) >= np.iinfo(dtype).min and max(objects) <= np.iinfo(dtype).max:
            return objects.astype(dtype)
    return np.array([*map(str, objects)], dtype=object)


def guess_task(y: NDArray[Any]) -> str:
    """Return the task according to `RULE`."""
    if y.ndim == 2:
        labels = y.dtype.kind in "fiub" and bool(np.isin(y, (0, 1)).all())
        return "multilabel" if labels else "regression"
    beyond_int64 = y.dtype == object and all(type(value) is int for value in y)
    if y.dtype.kind not in "fiu" and not beyond_int64:
        return "classification"
    if y.dtype.kind == "f" and not bool((y == np.floor(y)).all()):
        return "regression"
    few = max(2, min(MAX_WHOLE_CLASSES, len(y) / 5))
    return "classification" if len(np.unique(y)) <= few else "regression"


def target_values(table: Table, names: Sequence[str]) -> Array:
    """Return the target columns of a table as one array, (n,) or (n, m).

    A single boolean column becomes an array of booleans (of objects with None if some are missing),
    a column of integers beyond 2^53 an array of integers, and a category an array of text with
    None. In several columns, booleans become 1 and 0.
    """
    for name in names:
        table.require(name)
    booleans = [table.schema.kinds[name] == "boolean" for name in names]
    truths = {"true": True, "false": False, None: None}
    columns = [
        np.array([truths[value] for value in table.column(name)], dtype=object)
        if boolean
        else table.labels(name)
        for name, boolean in zip(names, booleans, strict=True)
    ]
    if len(names) > 1:
        return np.column_stack(
            [
                column.astype(np.float64) if boolean else column
                for column, boolean in zip(columns, booleans, strict=True)
            ]
        )
    values = columns[0]
    return values.astype(bool) if booleans[0] and not is_missing(values).any() else values


def values_in_memory(
    given: Any, table: Table, names: Sequence[str], task: str | None
) -> tuple[Array, str | None]:
    """Return the target columns of a table, and their task if a declared type decides it.

    `given` is the original table in memory, None for a file. Predicted labels have the type of the
    given ones, so class labels such as "1" stay text.
    """
    values = target_values(table, names)
    if len(names) > 1:
        return values, None
    name, kind = names[0], table.schema.kinds[names[0]]
    if given is None and kind == "category" and name in table.exact:
        return values, "classification"
    raw = _raw_column(given, name)
    if raw is None or len(raw) != len(values):
        return values, None
    known = ~is_missing(values)
    labels = np.array([*raw, None], dtype=object)[:-1]  # 1-D also if they are lists
    labels[~known] = None
    types = {type(value) for value in labels[known].tolist()}
    if types and all(issubclass(one, str) for one in types):
        is_regression = kind == "number" and (task or guess_task(values[known])) == "regression"
        return (values if is_regression else labels), None
    if not types or kind != "category":
        return values, None
    if all(issubclass(one, cells.BOOLS) for one in types):
        labels[known] = labels[known].astype(bool)
        return (labels.astype(bool) if known.all() else labels), None
    are_numbers = all(
        issubclass(one, cells.NUMBERS) and not issubclass(one, cells.BOOLS) for one in types
    )
    return (labels, "classification") if are_numbers else (values, None)


def _raw_column(given: Any, name: str) -> list[Any] | None:
    """Return the original values of a column, or None for data without named columns."""
    if isinstance(given, list | tuple) and given and isinstance(given[0], Mapping):
        return [
            next((value for key, value in record.items() if str(key) == name), None)
            for record in given
        ]
    if isinstance(given, Mapping):
        keys: Any = given
    elif isinstance(given, Table):
        return None
    elif hasattr(given, "columns") and not hasattr(given, "dtype"):
        # In pyarrow, `columns` holds the columns, not their names.
        keys = getattr(given, "column_names", given.columns)
    else:
        return None
    column = next((given[key] for key in keys if str(key) == name), None)
    if isinstance(column, str | bytes) or not hasattr(column, "__len__"):
        return None
    # `to_pylist` is pyarrow's name, `to_list` that of pandas and polars.
    to_list = getattr(column, "to_pylist", getattr(column, "to_list", None))
    return list(np.asarray(column, dtype=object) if to_list is None else to_list())
