"""The values of a target, taken out of a table: labels stay what they name, whole numbers with all their digits, true and false as such."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassnet.data.coding.target_arrays import guess_task, present
from glassnet.data.tables import cells
from glassnet.data.tables.table import Table

Array = NDArray[Any]


def target_values(table: Table, names: Sequence[str]) -> Array:
    """Return the target columns of a table as one array, (n,) or (n, m).

    A single column of true and false is an array of booleans (of objects with None where some are
    missing), one of whole numbers beyond 2^53 one of integers, one of categories one of text with
    None. Of several columns, those that are true or false become 1 and 0.
    """
    for name in names:
        table.require(name)
    if len(names) > 1:
        return np.column_stack([_as_numbers(table, name) for name in names])
    if table.schema.kinds[names[0]] != "boolean":
        return table.labels(names[0])
    column = table.column(names[0])
    values = np.array(
        [None if value is None else value == "true" for value in column], dtype=object
    )
    return values if any(value is None for value in values) else values.astype(bool)


def values_in_memory(
    given: Any, table: Table, names: Sequence[str], task: str | None
) -> tuple[Array, str | None]:
    """Return target columns, and their task where a declared type settles it: `given` is what was read from memory, None for a file.

    Labels come back from a prediction as they were given, so text that spells numbers stays text
    where the numbers are classes.
    """
    values = target_values(table, names)
    if len(names) > 1:
        return values, None
    name, kind = names[0], table.schema.kinds[names[0]]
    if given is None and kind == "category" and name in table.exact:
        return values, "classification"
    raw = None if given is None else _raw(given, name)
    if raw is None or len(raw) != len(values):
        return values, None
    known = present(values)
    held = {type(value) for value, there in zip(raw, known.tolist(), strict=True) if there}
    numbers = bool(held) and all(
        issubclass(one, cells.NUMBERS) and not issubclass(one, cells.BOOLS) for one in held
    )
    truths = bool(held) and all(issubclass(one, cells.BOOLS) for one in held)
    texts = bool(held) and all(issubclass(one, str) for one in held)
    if kind == "category" and bool(held) and all(issubclass(one, cells.BOOLS) for one in held):
        truth = np.array(
            [
                bool(value) if there else None
                for value, there in zip(raw, known.tolist(), strict=True)
            ],
            dtype=object,
        )
        return (truth.astype(bool) if known.all() else truth), None
    if kind == "number" and texts:
        texts = (task or guess_task(values[known])) != "regression"
    if not texts and not ((numbers or truths) and kind == "category"):
        return values, None
    labels = np.array(
        [value if there else None for value, there in zip(raw, known.tolist(), strict=True)],
        dtype=object,
    )
    return labels, "classification" if numbers else None


def _as_numbers(table: Table, name: str) -> Array:
    column = table.labels(name)
    if table.schema.kinds[name] != "boolean":
        return column
    return np.array([np.nan if value is None else float(value == "true") for value in column])


def _raw(given: Any, name: str) -> list[Any] | None:
    """Return the values of a column as they were given, None where what was given has no columns by name."""
    if isinstance(given, Mapping):
        column = next((values for key, values in given.items() if str(key) == name), None)
    elif hasattr(given, "columns") and not hasattr(given, "dtype"):
        keys = getattr(
            given, "column_names", given.columns
        )  # of pyarrow, whose `columns` are the columns themselves
        key = next((key for key in keys if str(key) == name), None)
        column = None if key is None else given[key]
    elif isinstance(given, list | tuple) and given and isinstance(given[0], Mapping):
        column = [
            next((value for key, value in record.items() if str(key) == name), None)
            for record in given
        ]
    else:
        return None
    if column is None or isinstance(column, str | bytes) or not hasattr(column, "__len__"):
        return None
    to_list = getattr(
        column, "to_pylist", getattr(column, "to_list", None)
    )  # of pyarrow, and of pandas and polars
    return list(np.asarray(column, dtype=object) if to_list is None else to_list())
