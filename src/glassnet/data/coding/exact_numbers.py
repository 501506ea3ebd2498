"""Differences of whole numbers beyond 2^53, which floats cannot distinguish.

The differences are taken as integers first. The mean of such a column is a float that is a whole
number itself, and the difference to it has few digits where the values lie close together, as times
in nanoseconds do.
"""

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from glassnet.data.coding.moments import Float64
from glassnet.data.tables.cells import EXACT
from glassnet.data.tables.column_data import Categories
from glassnet.data.tables.table import Table

Exact = Mapping[str, Categories]


def exact_columns(names: Sequence[str], exact: Exact) -> Iterator[tuple[int, Categories]]:
    """Yield the position among these names of each column that is held exactly, and the column."""
    return ((place, exact[name]) for place, name in enumerate(names) if name in exact)


def smallest(column: Categories) -> int:
    """Return the smallest number of a column that has known values."""
    return min(_known(column))


def difference(column: Categories, number: float) -> Float64:
    """Return a column minus a number, (n,), rounded once; a missing value is NaN."""
    whole = math.floor(number)
    rest = number - whole
    levels = np.array([*(float(int(level) - whole) - rest for level in column.levels), np.nan])
    return np.asarray(levels[column.codes])  # the last entry is for code -1


def has_wide_range(table: Table, name: str) -> bool:
    """Return whether floats cannot distinguish even the differences of a column of `exact`."""
    known = _known(table.exact[name])
    return bool(known) and max(known) - min(known) >= EXACT


def _known(column: Categories) -> list[int]:
    used = np.unique(column.codes[column.codes >= 0]).tolist()
    return [int(column.levels[code]) for code in used]
