"""A table as a caller gives it: the path of a file, or whatever holds columns in memory."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from glassnet.data.tables.assembly import table_of
from glassnet.data.tables.dialect import Dialect
from glassnet.data.tables.readers import Spelling
from glassnet.data.tables.schema import Kind, Schema
from glassnet.data.tables.table import Table


def as_table(
    table: Any,
    names: tuple[str, ...] | None = None,
    *,
    types: Mapping[str, Kind] | None = None,
    schema: Schema | None = None,
    targets: Collection[str] = (),
    keep: Collection[str] = (),
    dialect: Dialect | None = None,
    empty: bool = False,
) -> Table:
    """Return a Table of whatever holds columns, or of a file; an array of as many columns as there are names takes those names.

    The others say how columns are read, see `glassnet.data.tables.assembly.table_of`.
    """
    if isinstance(table, str | Path):
        from glassnet.data.files.read import read_table

        return read_table(table, types=types, dialect=dialect, targets=targets, keep=keep)
    records = isinstance(table, list | tuple) and len(table) > 0 and isinstance(table[0], Mapping)
    nameless = (isinstance(table, np.ndarray | list | tuple) and not records) or hasattr(
        table, "tocsr"
    )
    fits = nameless and names is not None and np.shape(table)[1:] == (len(names),)
    spelling = dialect.spelling if dialect else Spelling()
    known: dict[str, Any] = {"types": types, "schema": schema, "targets": targets, "keep": keep}
    return table_of(table, names=names if fits else None, **known, spelling=spelling, empty=empty)
