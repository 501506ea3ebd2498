"""Where pyarrow's guess at the type of a column of a text file is not to be taken: the column is read again as texts."""

from __future__ import annotations

import math
from typing import Any

from glassnet.data.files.arrow import arrow
from glassnet.data.tables import cells
from glassnet.data.tables.schema import Kind


def is_misread(column: Any, *, suspect: bool, floats: bool) -> bool:
    """Return whether pyarrow may have misread text: 12:30 for a time, 0x10 and 007 for numbers, or a long number without all its digits.

    `suspect` says that the file holds what looks like 0x10 or 007, and `floats` that a point is no
    decimal mark in it.
    """
    kinds = arrow("pyarrow").types
    if kinds.is_time(column.type) or (suspect and kinds.is_integer(column.type)):
        return True
    if not kinds.is_floating(column.type) or floats:
        return bool(kinds.is_floating(column.type))
    ends = arrow("pyarrow.compute").min_max(column).as_py()
    return any(
        end is not None and cells.EXACT <= abs(end) < math.inf for end in ends.values()
    )  # whole numbers, if one is no int64: +5


def is_other(column: Any, kind: Kind | None) -> bool:
    """Return whether pyarrow found another kind than the one that is asked for."""
    kinds = arrow("pyarrow").types
    if kind is None or kinds.is_null(column.type) or kinds.is_string(column.type):
        return False
    numbers = kinds.is_integer(column.type) or kinds.is_floating(column.type)
    return not {
        "number": numbers,
        "boolean": kinds.is_boolean(column.type),
        "datetime": kinds.is_temporal(column.type),
    }[kind]
