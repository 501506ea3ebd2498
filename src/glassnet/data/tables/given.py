"""A table as a caller gives it: the path of a file, or an object that holds columns."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from glassnet.data.files.read import read_table
from glassnet.data.tables.assembly import table_of
from glassnet.data.tables.dialect import Dialect
from glassnet.data.tables.expected import Spelling
from glassnet.data.tables.names import has_names
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
    """Return a Table of a file or of whatever holds columns.

    An array of as many columns as there are names takes those names. The other parameters say how
    columns are read, see `glassnet.data.tables.assembly.table_of`.
    """
    if isinstance(table, str | Path):
        return read_table(table, types=types, dialect=dialect, targets=targets, keep=keep)
    fits = names is not None and not has_names(table) and np.shape(table)[1:] == (len(names),)
    return table_of(
        table,
        names=names if fits else None,
        types=types,
        schema=schema,
        targets=targets,
        keep=keep,
        spelling=dialect.spelling if dialect else Spelling(),
        empty=empty,
    )
