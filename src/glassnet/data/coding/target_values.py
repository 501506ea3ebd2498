"""Target columns of a table as an array that keeps what their values name.

Labels stay as they were given, whole numbers keep all their digits, and true and false are
booleans.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassnet.data.coding.target_arrays import guess_task
from glassnet.data.missing import is_missing
from glassnet.data.tables import cells
from glassnet.data.tables.table import Table

Array = NDArray[Any]


def target_values(table: Table, names: Sequence[str]) -> Array:
    """Return the target columns of a table as one array, (n,) or (n, m).

    A single column of true and false is an array of booleans (of objects with None where some are
    missing), one of whole numbers beyond 2^53 one of integers, one of categories one of text with
    None. Of several columns, those of true and false become 1 and 0.
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
    """Return target columns, and their task where a declared type settles it.

    `given` is the table in memory that was read, None for a file. Labels come back from a
    prediction as they were given, so text that spells numbers stays text where the numbers are
    classes.
    """
    values = target_values(table, names)
    if len(names) > 1:
        return values, None
    name, kind = names[0], table.schema.kinds[names[0]]
    if given is None and kind == "category" and name in table.exact:
        return values, "classification"
    raw = None if given is None else _raw_column(given, name)
    if raw is None or len(raw) != len(values):
        return values, None
    known = ~is_missing(values)
    labels = np.full(len(values), None, dtype=object)
    for i in np.flatnonzero(known).tolist():
        labels[i] = raw[i]
    types = {type(value) for value in labels[known].tolist()}
    booleans = any(issubclass(one, cells.BOOLS) for one in types)
    if not types:
        return values, None
    if all(issubclass(one, cells.BOOLS) for one in types):
        if kind != "category":
            return values, None
        labels[known] = labels[known].astype(bool)
        return (labels.astype(bool) if known.all() else labels), None
    if all(issubclass(one, str) for one in types):
        is_regression = kind == "number" and (task or guess_task(values[known])) == "regression"
        return (values if is_regression else labels), None
    if kind == "category" and not booleans and all(issubclass(one, cells.NUMBERS) for one in types):
        return labels, "classification"
    return values, None


def _raw_column(given: Any, name: str) -> list[Any] | None:
    """Return the values of a column as they were given, or None for data without named columns."""
    if isinstance(given, list | tuple) and given and isinstance(given[0], Mapping):
        return [
            next((value for key, value in record.items() if str(key) == name), None)
            for record in given
        ]
    if isinstance(given, Mapping):
        keys: Any = given
    elif hasattr(given, "columns") and not hasattr(given, "dtype"):
        # In pyarrow, `columns` are the columns themselves.
        keys = getattr(given, "column_names", given.columns)
    else:
        return None
    column = next((given[key] for key in keys if str(key) == name), None)
    if column is None or isinstance(column, str | bytes) or not hasattr(column, "__len__"):
        return None
    # `to_pylist` is of pyarrow, `to_list` of pandas and polars.
    to_list = getattr(column, "to_pylist", getattr(column, "to_list", None))
    return list(np.asarray(column, dtype=object) if to_list is None else to_list())
