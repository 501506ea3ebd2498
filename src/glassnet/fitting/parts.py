"""Which rows a fit learns from, which it stops by, and which it calibrates with: no row is in two of these parts."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from glassnet.data.coding.target import Target
from glassnet.data.coding.weights import relative_weight
from glassnet.data.split import Split, split_rows
from glassnet.data.tables.given import as_table
from glassnet.data.tables.schema import Schema
from glassnet.data.tables.table import Table
from glassnet.errors import DataError, SettingError
from glassnet.fitting.construction import class_weighted
from glassnet.training.checks import check_weight
from glassnet.training.plan import Plan

Array = np.ndarray[Any, np.dtype[Any]]
#: Some rows: their features, their encoded target, their weights.
Part = tuple[Table, Array, Array | None]

#: Share of the rows held out that calibrate: as many as those that stop the training.
CALIBRATING = 0.5


@dataclass(frozen=True)
class Parts:
    """The rows of one network.

    Attributes
    ----------
    learned : rows that the weights are fitted to
    stopping : rows that the best epoch is chosen by, or None
    calibrating : rows that neither saw, or None
    split : how those of the last two that came out of the table were chosen, and their numbers in
        it; None where none did
    stopping_rows, calibrating_rows : their numbers among all rows that weigh something, int64
    """

    learned: Part
    stopping: Part | None = None
    calibrating: Part | None = None
    split: Split | None = None
    stopping_rows: Array = field(default_factory=lambda: np.empty(0, np.int64))
    calibrating_rows: Array = field(default_factory=lambda: np.empty(0, np.int64))


def present(
    table: Table, values: Any, weight: Array | None, target: Target, plan: Plan
) -> tuple[Part, Array]:
    """Return the rows that weigh something, with their encoded target and their weights, and their numbers in the table.

    A row of weight 0 leaves no trace.
    """
    y = target.encode(values)
    if len(y) != table.n_rows:
        raise DataError(
            f"the table has {table.n_rows} rows and the target {len(y)}: they must be as many."
        )
    weight = class_weighted(weight, y, target, plan.class_weight)
    if weight is not None and plan.class_weight is not None:
        weight = relative_weight(weight)
    if weight is None or weight.all():
        return (table, y, weight), np.arange(len(y))
    rows = np.flatnonzero(weight > 0.0)
    if not len(rows):
        raise DataError(
            "sample_weight and class_weight together are zero in every row: nothing is left to "
            "train on."
        )
    return (table.take(rows), y[rows], weight[rows]), rows


def parted(
    part: Part, numbers: Array, target: Target, plan: Plan, validation: Any, groups: Any, time: Any
) -> Parts:
    """Return the rows to learn from, to stop by and to calibrate with, as a resolved plan asks for them.

    `numbers` are those of the part's rows in the table that groups and time belong to. Rows are
    held out by group, by time, by class, or at random; where there are too few to part them once
    more, all of them stop the training and none calibrates.
    """
    stopping = None if validation is None else _given(target, plan, validation, part[0].schema)
    stops = plan.early_stopping and validation is None
    if not stops and not plan.calibrate:
        return Parts(part, stopping)
    y = part[1]
    by = (
        "group"
        if groups is not None
        else "time"
        if time is not None
        else "class"
        if y.dtype.kind == "i"
        else "chance"
    )
    groups, time = (
        None if values is None else np.asarray(values)[numbers] for values in (groups, time)
    )

    def hold_out(rows: Array, fraction: float, seed: Any) -> tuple[Array, Array]:
        of = {"stratify": y if by == "class" else None, "groups": groups, "time": time}
        kept, held = split_rows(
            len(rows),
            fraction,
            seed=seed,
            **{k: None if v is None else v[rows] for k, v in of.items()},
        )
        return rows[kept], rows[held]

    assert plan.validation_fraction is not None
    fraction = plan.validation_fraction if stops else plan.validation_fraction * CALIBRATING
    learned, held = hold_out(np.arange(len(y)), fraction, plan.seed)
    first, last = (held, held[:0]) if stops else (held[:0], held)
    if stops and plan.calibrate:
        with suppress(DataError):  # one group, one time, or no class with two rows
            first, last = hold_out(held, CALIBRATING, [plan.seed, 1])
    return Parts(
        _take(part, learned),
        _take(part, first) if len(first) else stopping,
        _take(part, last) if len(last) else None,
        Split(by, fraction, plan.seed, numbers[held]),
        first,
        last,
    )


def _take(part: Part, rows: Array) -> Part:
    table, y, weight = part
    return table.take(rows), y[rows], None if weight is None else weight[rows]


def _given(target: Target, plan: Plan, validation: Any, schema: Schema) -> Part:
    """Return the rows to stop by that were given."""
    if not isinstance(validation, tuple | list) or len(validation) not in (2, 3):
        raise SettingError(
            "validation is (table, target values) or (table, target values, weights), but "
            f"{validation!r} came."
        )
    held = as_table(validation[0], schema.names, schema=schema)
    held_y = target.encode(validation[1])
    held_weight = check_weight(validation[2], held.n_rows) if len(validation) > 2 else None
    return held, held_y, class_weighted(held_weight, held_y, target, plan.class_weight)
