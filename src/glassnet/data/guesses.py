"""Where pyarrow's guess at the type of a column of a text file is not to be taken: the column is read again as texts."""

from __future__ import annotations

import math
from typing import Any

from glassnet.data.arrow import arrow
from glassnet.data.schema import Kind


def is_misread(column: Any, *, suspect: bool) -> bool:
    """Return whether pyarrow may have misread text: 12:30 for a time, 0x10 and 007 for numbers, or a long number without all its digits."""
    kinds = arrow("pyarrow").types
    if kinds.is_time(column.type) or (suspect and kinds.is_integer(column.type)):
        return True
    if not kinds.is_floating(column.type):
        return False
    ends = arrow("pyarrow.compute").min_max(column).as_py()
    return any(end is not None and 2**63 <= abs(end) < math.inf for end in ends.values())  # it may be a whole number that no int64 holds


def is_other(column: Any, kind: Kind | None) -> bool:
    """Return whether pyarrow found another kind than the one that is asked for."""
    kinds = arrow("pyarrow").types
    if kind is None or kinds.is_null(column.type) or kinds.is_string(column.type):
        return False
    numbers = kinds.is_integer(column.type) or kinds.is_floating(column.type)
    return not {"number": numbers, "boolean": kinds.is_boolean(column.type), "datetime": kinds.is_temporal(column.type)}[kind]
