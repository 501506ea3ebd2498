"""Detect target leakage: columns that contain the target in another form."""

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassnet.data.coding.moments import power_of_two
from glassnet.data.review.screening import stored_values
from glassnet.data.tables.table import Table

#: The minimum number of rows: with fewer, a column may determine the target at random.
MIN_ROWS = 50
#: The number of rows on which a relation is tested first.
SAMPLE = 10_000
#: A column with at most so many distinct numbers is compared with the target value by value.
FEW_VALUES = 20

Array = NDArray[Any]


def leaks(table: Table, target: Array, *, thresholds: bool = False) -> dict[str, str]:
    """Return the columns that contain the target (n,) in another form, each with the relation.

    These are copies and linear functions of a number, and columns that determine the target: each
    value occurs with one target value only. With `thresholds` also numbers whose ranges separate
    all classes without error, which may be legitimate. No target value may be missing.
    """
    if target.ndim != 1 or len(target) < MIN_ROWS or not isinstance(table.numbers, np.ndarray):
        return {}
    numeric = target.dtype.kind in "fiu"
    code_of: dict[Any, int] = {}
    values = target.tolist() if numeric else map(str, target.tolist())
    codes = np.array([code_of.setdefault(value, len(code_of)) for value in values])
    n_values = int(codes.max()) + 1
    if n_values < 2:
        return {}
    has_classes = not numeric or n_values <= FEW_VALUES
    numbers = target.astype(np.float64) if numeric else None
    sample = np.sort(np.random.Generator(np.random.Philox(0)).permutation(len(target))[:SAMPLE])
    found = {}
    for name in table.schema.names:
        column, _ = stored_values(table, name)
        is_number = table.schema.kinds[name] == "number" and name not in table.exact
        relation_of = partial(
            _relation,
            column,
            codes,
            numbers if is_number else None,
            is_number=is_number,
            has_classes=has_classes,
            thresholds=thresholds,
        )
        if relation_of(rows=sample) and (relation := relation_of(rows=slice(None))):
            found[name] = relation
    return found


def _relation(
    column: Array,
    codes: Array,
    numbers: Array | None,
    *,
    is_number: bool,
    has_classes: bool,
    thresholds: bool,
    rows: Array | slice,
) -> str:
    """Return the relation of a column to the target in some rows, given its codes and numbers."""
    column, codes = column[rows], codes[rows]
    numbers = None if numbers is None else numbers[rows]
    if column.dtype.kind == "f" and np.isnan(column).any():
        known = ~np.isnan(column)
        if known.mean() < 0.5:
            return ""
        column, codes = column[known], codes[known]
        numbers = None if numbers is None else numbers[known]
    if len(column) < MIN_ROWS or (codes == codes[0]).all():
        return ""
    if numbers is not None:
        if (column == numbers).all():
            return "is a copy of the target"
        if not has_classes and _is_linear(column, numbers):
            return "is a linear function of the target"
    levels, place = np.unique(column, return_inverse=True)
    if len(levels) < 2:
        return ""
    if len(levels) <= (FEW_VALUES if is_number else len(column) / 10):
        low, high = np.full(len(levels), np.iinfo(np.int64).max), np.full(len(levels), -1)
        np.minimum.at(low, place, codes)
        np.maximum.at(high, place, codes)
        return "alone determines the target" if (low == high).all() else ""
    if thresholds and is_number and has_classes:
        order = np.argsort(column, kind="stable")
        x, changes = column[order], np.flatnonzero(np.diff(codes[order]))
        n_classes = len(np.unique(codes))
        if len(changes) == n_classes - 1 and (x[changes] < x[changes + 1]).all():
            return "alone determines the target by thresholds"
    return ""


def _is_linear(x: Array, y: Array) -> bool:
    dx, dy = _scaled(x.astype(np.float64)), _scaled(y)
    dx, dy = _scaled(dx - dx.mean()), _scaled(dy - dy.mean())
    scale = float(dx @ dx) * float(dy @ dy)
    return scale > 0.0 and float(dx @ dy) ** 2 > (1.0 - 1e-12) * scale


def _scaled(x: Array) -> Array:
    """Return numbers times a power of two that brings the largest near 1."""
    return x * power_of_two(np.abs(x).max())
