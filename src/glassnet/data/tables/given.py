"""Convert tables and column names from arguments: paths, objects, positions, keys of a frame."""

from collections.abc import Collection, Hashable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from glassnet.data.files.read import read_table
from glassnet.data.tables.assembly import table_of
from glassnet.data.tables.dialect import Dialect, Limits
from glassnet.data.tables.schema import Kind, Schema, Spelling
from glassnet.data.tables.table import Table
from glassnet.errors import DataError


def as_name(table: Any, name: Any) -> Any:
    """Return the name of a column in a table; anything that is not a name is returned unchanged.

    Parameters
    ----------
    table : the table that the caller gave
    name : text; an integer, which is a position in an array or a list of rows, and otherwise a
        name; or any other key of a frame or mapping, such as the tuple of a pandas MultiIndex

    Raises
    ------
    DataError
        If an array does not have this position.
    """
    if not isinstance(name, int | np.integer) or isinstance(name, bool | np.bool_):
        return str(name) if not isinstance(name, str) and _is_key(table, name) else name
    width = _width(table)
    if width is None:
        return str(name)
    if not 0 <= name < width:
        raise DataError(f"the array has no column {name}: its {width} columns are numbered from 0.")
    return f"x{name}"


def as_names(table: Any, names: Any) -> Any:
    """Return column names, or a mapping from them, as they are in a table; others unchanged."""
    if isinstance(names, Mapping):
        return {as_name(table, name): value for name, value in names.items()}
    if isinstance(names, str) or not isinstance(names, Collection):
        return names
    found = [as_name(table, name) for name in names]
    return found if isinstance(names, list) else tuple(found)


def as_target(table: Any, target: Any) -> Any:
    """Return the names of a target as they are in a table; target values unchanged.

    Numbers are names if their count differs from the number of rows, and all are names.
    """
    if isinstance(target, str) or np.ndim(target) == 0 or _is_key(table, target):
        return as_name(table, target)
    if not isinstance(target, list | tuple | np.ndarray) or len(target) == _n_rows(table):
        return target
    keys, width = _keys(table), _width(table)
    texts = set(map(str, keys))
    are_names = all(
        isinstance(name, Hashable) and (name in keys or str(name) in texts)
        if width is None
        else isinstance(name, int | np.integer) and 0 <= name < width
        for name in target
    )
    return [as_name(table, name) for name in target] if are_names else target


def has_names(table: Any) -> bool:
    """Return whether the columns of a table have names: arrays, rows and sparse matrices do not."""
    if isinstance(table, list | tuple) and table and isinstance(table[0], Mapping):
        return True
    return not isinstance(table, np.ndarray | list | tuple) and not hasattr(table, "tocsr")


def _width(table: Any) -> int | None:
    """Return the number of columns of a table without names, None for one with names."""
    shape: tuple[int, ...] = () if has_names(table) else np.shape(table)
    return int(shape[1]) if len(shape) == 2 else None


def _is_key(table: Any, name: Any) -> bool:
    is_hashable = isinstance(name, Hashable) and not isinstance(name, bool | np.bool_ | type(None))
    return is_hashable and name in _keys(table)


def _keys(table: Any) -> Collection[Any]:
    """Return the keys of the columns of a table, none for a table without keys."""
    if isinstance(table, Mapping):
        return table.keys()
    if isinstance(table, list | tuple) and table and isinstance(table[0], Mapping):
        return {key for record in table for key in record}
    # In pyarrow, `columns` holds the columns, not their names.
    keys = getattr(table, "column_names", getattr(table, "columns", ()))
    return list(keys) if not isinstance(table, str | Path) else ()


def _n_rows(table: Any) -> int | None:
    if isinstance(table, str | Path):
        return None
    column = next(iter(table.values()), ()) if isinstance(table, Mapping) else table
    shape = getattr(column, "shape", None)
    return int(shape[0]) if shape else len(column) if hasattr(column, "__len__") else None


def as_table(
    table: Any,
    names: tuple[str, ...] | None = None,
    *,
    types: Mapping[str, Kind] | None = None,
    schema: Schema | None = None,
    targets: Collection[str] = (),
    keep: Collection[str] = (),
    dialect: Dialect | None = None,
    limits: Limits | None = None,
    empty: bool = False,
) -> Table:
    """Return a Table from a file or from any supported data.

    An array with as many columns as there are names gets those names. For the other parameters see
    `glassnet.data.tables.assembly.table_of`; `limits` applies to files.
    """
    if isinstance(table, str | Path):
        return read_table(
            table, types=types, dialect=dialect, limits=limits, targets=targets, keep=keep
        )
    return table_of(
        table,
        names=names
        if names is not None and not has_names(table) and np.shape(table)[1:] == (len(names),)
        else None,
        types=types,
        schema=schema,
        targets=targets,
        keep=keep,
        spelling=dialect.spelling if dialect else Spelling(),
        empty=empty,
    )
