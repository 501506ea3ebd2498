"""Columns of whole numbers beyond 2^53, which floats do not tell apart: their differences are taken as whole numbers first.

The mean of such a column is a float that is a whole number itself, and what is left when it is
subtracted has few digits where the column lies close together, as times in nanoseconds do.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from glassnet.data.coding.columns import Float64
from glassnet.data.tables.cells import EXACT
from glassnet.data.tables.column_data import Categories
from glassnet.data.tables.table import Table

Exact = Mapping[str, Categories]


def exact_columns(names: Sequence[str], exact: Exact) -> Iterator[tuple[int, Categories]]:
    """Yield the place among these names of each column that is held exactly, and the column."""
    return ((place, exact[name]) for place, name in enumerate(names) if name in exact)


def smallest(column: Categories) -> int:
    """Return the smallest number of a column that is not all gaps."""
    return min(_held(column))


def less(column: Categories, number: float) -> Float64:
    """Return a column less a number, (n,), rounded once; a gap is NaN."""
    whole = math.floor(number)
    rest = number - whole
    differences = np.array([*(float(int(level) - whole) - rest for level in column.levels), np.nan])
    return np.asarray(differences[column.codes])  # the last entry answers code -1


def wide(table: Table, name: str) -> bool:
    """Say whether a column of `exact` spans so much that its differences are not told apart either."""
    held = _held(table.exact[name])
    return bool(held) and max(held) - min(held) >= EXACT


def _held(column: Categories) -> list[int]:
    used = np.unique(column.codes[column.codes >= 0]).tolist()
    return [int(column.levels[code]) for code in used]
