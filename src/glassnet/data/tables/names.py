"""Names of columns as callers give them: also by number, by place in an array, and as keys of a frame that are no text."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from glassnet.errors import DataError


def as_name(table: Any, name: Any) -> Any:
    """Return the name that a table has for what the caller calls a column; what is no name of a column stays as it is.

    Parameters
    ----------
    table : what holds the columns, as the caller gave it
    name : text; a whole number, which is a place in an array or a list of rows, and elsewhere the
        text that spells it; or any other key of a frame or mapping, such as the tuple of a pandas
        MultiIndex

    Raises
    ------
    DataError
        For a place that an array does not have.
    """
    if isinstance(name, str):
        return name
    if isinstance(name, int | np.integer) and not isinstance(name, bool | np.bool_):
        width = _width(table)
        if width is None:
            return str(name)
        if not 0 <= name < width:
            raise DataError(
                f"the array has no column {name}: its {width} columns are numbered from 0."
            )
        return f"x{name}"
    return str(name) if _is_key(table, name) else name


def as_names(table: Any, names: Any) -> Any:
    """Return names of columns, or a mapping from them, with the names that a table has; anything else stays as it is."""
    if isinstance(names, Mapping):
        return {as_name(table, name): value for name, value in names.items()}
    if isinstance(names, str) or not isinstance(names, Collection):
        return names
    found = [as_name(table, name) for name in names]
    return found if isinstance(names, list) else tuple(found)


def as_target(table: Any, target: Any) -> Any:
    """Return a target that is named, by one name or several, with the names that a table has; target values stay as they are.

    Numbers are names where there are not as many of them as rows, and all are names.
    """
    if isinstance(target, str) or np.ndim(target) == 0 or _is_key(table, target):
        return as_name(table, target)
    if isinstance(target, list | tuple | np.ndarray) and len(target) != _n_rows(table):
        held, width = _keys(table), _width(table)
        for name in target:
            if width is None and not (
                isinstance(name, Hashable) and (name in held or str(name) in map(str, held))
            ):
                return target
            if width is not None and not (isinstance(name, int | np.integer) and 0 <= name < width):
                return target
        return [as_name(table, name) for name in target]
    return target


def _is_key(table: Any, name: Any) -> bool:
    return (
        not isinstance(name, bool | np.bool_ | type(None))
        and isinstance(name, Hashable)
        and name in _keys(table)
    )


def _keys(table: Any) -> Collection[Any]:
    """Return the names of the columns of what has some, as they are."""
    if isinstance(table, Mapping):
        return table.keys()
    if isinstance(table, list | tuple) and table and isinstance(table[0], Mapping):
        return {key for record in table for key in record}
    keys = getattr(
        table, "column_names", getattr(table, "columns", ())
    )  # of pyarrow, whose `columns` are the columns themselves
    return list(keys) if not isinstance(table, str | Path) else ()


def _width(table: Any) -> int | None:
    """Return how many columns a table without names has, None for one with names."""
    records = isinstance(table, list | tuple) and bool(table) and isinstance(table[0], Mapping)
    if records or not (isinstance(table, np.ndarray | list | tuple) or hasattr(table, "tocsr")):
        return None
    shape = np.shape(table) if not hasattr(table, "tocsr") else table.shape
    return int(shape[1]) if len(shape) == 2 else None


def _n_rows(table: Any) -> int | None:
    if isinstance(table, str | Path):
        return None
    column = next(iter(table.values()), ()) if isinstance(table, Mapping) else table
    shape = getattr(column, "shape", None)
    return int(shape[0]) if shape else len(column) if hasattr(column, "__len__") else None
