"""From whatever holds a table to what a fit needs: features that are of use, the target, and what stands beside them in other columns."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from glassnet.data.coding.target_arrays import target_array
from glassnet.data.coding.target_values import values_in_memory
from glassnet.data.files.limits import Limits
from glassnet.data.review.leaks import leaks
from glassnet.data.review.lookalikes import lookalikes
from glassnet.data.review.screening import imprecise, screening_notices, uninformative_columns
from glassnet.data.tables.dialect import Dialect, check_overrides
from glassnet.data.tables.forms import PLAIN, Form
from glassnet.data.tables.given import as_name, as_names, as_table, as_target
from glassnet.data.tables.schema import Column, Kind, Schema
from glassnet.data.tables.table import Table
from glassnet.errors import DataError
from glassnet.model import Model

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, eq=False)
class Prepared:
    """What a fit learns from, and what there is to say about it.

    Attributes
    ----------
    table : the features, without the columns that are of no use
    values : of the target, (n,) or (n, m)
    names : of the target's columns
    weights, groups, time : (n,) or None
    columns : the names of all features in the order of the table, also of those left out
    others : the names of the columns that are no features: target, weights, groups, and what was
        dropped on request
    left_out : the features that are of no use, each with the reason
    notices : sentences
    task : what is to be predicted, where that was said or is declared by the target's type
    forms : how the cells of the target's columns are written
    dialect : how the table is written
    """

    table: Table
    values: Any
    names: tuple[str, ...]
    weights: Array | None = None
    groups: Array | None = None
    time: Array | None = None
    columns: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)
    notices: tuple[str, ...] = ()
    task: str | None = None
    forms: tuple[Form, ...] = ()
    dialect: Dialect | None = None

    def remembered(self, model: Model) -> Model:
        """Return a model that knows what this says of its columns, and how they are written."""
        regression = model.task == "regression" and any(form != PLAIN for form in self.forms)
        target = replace(model.target, forms=self.forms) if regression else model.target
        return replace(
            model, target=target, dialect=self.dialect, training={**model.training, **self.record()}
        )

    def record(self) -> dict[str, Any]:
        """Return what a model remembers of this as JSON-able values; `Model` tells by it which columns it knows."""
        columns = {
            "features": list(self.columns),
            "others": list(self.others),
            "left_out": dict(self.left_out),
        }
        return {"columns": columns, "notices": list(self.notices)}


def prepare(
    table: Any,
    target: Any,
    *,
    types: Mapping[str, Kind] | None = None,
    task: str | None = None,
    drop: Collection[str] = (),
    weights: str | None = None,
    groups: Any = None,
    time: Any = None,
    dialect: Dialect | None = None,
    limits: Limits | None = None,
) -> Prepared:
    """Return what a fit needs of a table.

    Parameters
    ----------
    table : path of a file or folder (see `glassnet.data.files.read.read_table`), or what
        `glassnet.data.tables.assembly.table_of` takes
    target : name of the target's column (or a list of names), which is then not a feature; or the
        target values themselves
    types : kinds of some columns ("number", "category", "boolean", "datetime"); such a column is
        never left out
    task : of the target, where it is known
    drop : names of columns that are no features
    weights : name of the column that holds the weights of the rows; it is no feature
    groups : name of the column by which rows belong together, which is then no feature; or the
        group of each row (n,)
    time : name of the column by which rows are ordered, which stays a feature; or the time of each
        row (n,)
    dialect, limits : for files

    Raises
    ------
    DataError
        For columns that do not exist, do not hold what was said of them, and where no feature is
        left.
    SettingError
        For types, drop, dialect or limits of another kind.
    """
    types, drop, target = as_names(table, types), as_names(table, drop), as_target(table, target)
    weights, groups, time = as_name(table, weights), as_name(table, groups), as_name(table, time)
    check_overrides(types, drop, dialect, limits)
    given = table
    targets = [
        name
        for name in (
            [target]
            if isinstance(target, str)
            else target
            if isinstance(target, list | tuple)
            else ()
        )
        if isinstance(name, str)
    ]
    keep = [name for name in (weights, groups, time, *drop) if isinstance(name, str)]
    if isinstance(table, str | Path):
        from glassnet.data.files.read import read_table

        read = read_table(
            table, types=types, dialect=dialect, limits=limits, targets=targets, keep=keep
        )
    else:
        read = as_table(table, types=types, targets=targets, keep=keep, dialect=dialect)
    names, values = _target(given, read, target)
    beside = [name for name in (weights, groups) if isinstance(name, str)]
    for name in (*beside, *([time] if isinstance(time, str) else [])):
        read.require(name)
    weight = None if weights is None else _weights(read, weights)
    group, moment = (_by(read, by, what) for by, what in ((groups, "groups"), (time, "time")))
    for name in drop:
        read.require(name)
    others = tuple(dict.fromkeys([*([] if values is not None else names), *beside, *drop]))
    features = read.drop(others) if others else read
    columns = features.schema.names
    if not columns:
        raise DataError("the table has no column beside its target: nothing to predict from.")
    declared = None
    if values is None:
        values, declared = values_in_memory(
            None if isinstance(given, str | Path) else given, read, names, task
        )
    uninformative = (
        uninformative_columns(features, types or (), limits)
        if features.n_rows > 1 and isinstance(features.numbers, np.ndarray)
        else {}
    )
    if len(uninformative) == len(columns):
        shown = "; ".join(f"{name!r}: {reason}" for name, reason in list(uninformative.items())[:5])
        raise DataError(
            f"no column of the table is of use to predict from. {shown}. types={{...}} keeps a "
            "column."
        )
    features = features.drop(tuple(uninformative)) if uninformative else features
    y = target_array(values)
    leaking = leaks(features, y) if len(y) == features.n_rows else {}
    used = read.drop([name for name in drop if name not in names] + list(uninformative))
    alike = lookalikes(read, {*(types or ()), *beside, *drop})
    notices = (
        *used.all_notices,
        *screening_notices(uninformative, leaking, alike),
        *imprecise(features),
    )
    forms = tuple(
        read.schema.by_name[name].form if name in read.schema.kinds else PLAIN for name in names
    )
    return Prepared(
        features,
        values,
        names,
        weight,
        group,
        moment,
        columns,
        others,
        uninformative,
        notices,
        task or declared,
        forms,
        read.dialect or dialect,
    )


def _target(given: Any, read: Table, target: Any) -> tuple[tuple[str, ...], Any]:
    """Return the target's names, and its values where they were given instead."""
    named = isinstance(target, str) or (
        isinstance(target, list | tuple) and target and all(isinstance(t, str) for t in target)
    )
    if target is None or (np.ndim(target) == 0 and not named):
        raise DataError(
            "target is the name of a column, a list of names, or the target values themselves, "
            f"but {target!r} came."
        )
    from_file = isinstance(given, str | Path)
    if not named and from_file:
        raise DataError(
            "for a table in a file the target is the name of one of its columns (or a list of "
            "names)."
        )
    held = set(read.schema.names)
    if not named or (
        not isinstance(target, str)
        and not from_file
        and len(target) == read.n_rows
        and not set(target) <= held
    ):
        return ("y",), target
    names: Sequence[str] = (target,) if isinstance(target, str) else tuple(target)
    for name in names:
        read.require(name)
    return tuple(names), None


def _by(table: Table, by: Any, what: str) -> Array | None:
    if by is None:
        return None
    if isinstance(by, str):
        return table.ranks(by) if what == "time" and by in table.exact else table.labels(by)
    values = np.asarray(by)
    if values.shape != (table.n_rows,):
        raise DataError(
            f"{what} is the name of a column or one value a row: the table has {table.n_rows} "
            f"rows, but shape {values.shape} came."
        )
    return values


def _weights(table: Table, name: str) -> Array:
    weight = np.asarray(
        table.select(Schema((Column(name, "number"),))).column(name), dtype=np.float64
    )
    if np.isnan(weight).any():
        raise DataError(
            f"the column of weights {name!r} has a gap in row {int(np.isnan(weight).argmax())} "
            "(counting from 0)."
        )
    return weight
