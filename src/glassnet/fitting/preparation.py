"""`prepare`: read a table and the roles of its columns into a training table."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from glassnet.data.coding.target_arrays import target_array, values_in_memory
from glassnet.data.review.leaks import leaks
from glassnet.data.review.screening import (
    imprecise,
    lookalikes,
    screening_notices,
    uninformative_columns,
)
from glassnet.data.tables.given import as_table
from glassnet.data.tables.schema import PLAIN, Column, Schema
from glassnet.data.tables.table import Table
from glassnet.errors import DataError
from glassnet.fitting.training_table import Roles, TrainingTable

Array = np.ndarray[Any, np.dtype[Any]]


def prepare(source: Any, roles: Roles) -> TrainingTable:
    """Return the training table of a table: features, target, weights, groups and times.

    Parameters
    ----------
    source : path of a file or folder, data frame, array, CSR matrix, mapping of columns, records,
        or a Table
    roles : of its columns

    Raises
    ------
    DataError
        For columns that do not exist or have other values than declared, and if no feature is left.
    SettingError
        For invalid types, drop, dialect or limits.
    """
    roles = roles.named(source)
    read = as_table(
        source,
        types=roles.types,
        targets=roles.targets,
        keep=roles.kept,
        dialect=roles.dialect,
        limits=roles.limits,
    )
    names, values = _target(source, read, roles.target)
    for name in (*roles.kept, *names) if values is None else roles.kept:
        read.require(name)
    others = tuple(
        dict.fromkeys([*([] if values is not None else names), *roles.beside, *roles.drop])
    )
    features = read.drop(others) if others else read
    columns, task = features.schema.names, roles.task
    if not columns:
        raise DataError("the table has no column beside its target: nothing to predict from.")
    if values is None:
        in_memory = None if isinstance(source, str | Path) else source
        values, declared = values_in_memory(in_memory, read, names, task)
        task = task or declared
    y = target_array(values)
    left_out = _uninformative(features, roles)
    features = features.drop(tuple(left_out)) if left_out else features
    leaking = leaks(features, y) if len(y) == features.n_rows else {}
    used = read.drop([*(name for name in roles.drop if name not in names), *left_out])
    alike = lookalikes(read, {*(roles.types or ()), *roles.beside, *roles.drop})
    known = read.schema.by_name
    return TrainingTable(
        table=features,
        values=y,
        names=names,
        weights=_weights(read, roles.weights),
        groups=_by(read, roles.groups, "groups"),
        time=_by(read, roles.time, "time"),
        columns=columns,
        others=others,
        left_out=left_out,
        notices=(
            *used.all_notices,
            *screening_notices(left_out, leaking, alike),
            *imprecise(features),
        ),
        task=task,
        forms=tuple(known[name].form if name in known else PLAIN for name in names),
        dialect=read.dialect or roles.dialect,
    )


def _target(source: Any, read: Table, target: Any) -> tuple[tuple[str, ...], Any]:
    """Return the names of the target, and its values if they were given instead, or None."""
    several = (
        isinstance(target, list | tuple) and target and all(isinstance(t, str) for t in target)
    )
    named = isinstance(target, str) or several
    if target is None or (np.ndim(target) == 0 and not named):
        raise DataError(
            "target must be the name of a column, a list of names, or the target values "
            f"themselves, got {target!r}."
        )
    from_file = isinstance(source, str | Path)
    if not named and from_file:
        raise DataError(
            "the target of a table in a file must be the name of one of its columns, or a list of "
            "names."
        )
    # A list of one string per row, not all of them column names, contains labels.
    labels = several and not from_file and len(target) == read.n_rows
    if not named or (labels and not set(target) <= set(read.schema.names)):
        return ("y",), target
    names: Sequence[str] = (target,) if isinstance(target, str) else target
    return tuple(names), None


def _uninformative(features: Table, roles: Roles) -> dict[str, str]:
    """Return the columns to leave out, each with the reason."""
    if features.n_rows < 2 or not isinstance(features.numbers, np.ndarray):
        return {}
    found = dict(uninformative_columns(features, roles.types or (), roles.limits))
    if len(found) == len(features.schema.names):
        shown = "; ".join(f"{name!r}: {reason}" for name, reason in list(found.items())[:5])
        raise DataError(
            f"no column of the table is of use to predict from. {shown}. types={{...}} keeps a "
            "column."
        )
    return found


def _by(table: Table, by: Any, what: str) -> Array | None:
    if by is None:
        return None
    if isinstance(by, str):
        return table.ranks(by) if what == "time" and by in table.exact else table.labels(by)
    values = np.asarray(by)
    if values.shape != (table.n_rows,):
        raise DataError(
            f"{what} must be the name of a column or one value a row: the table has "
            f"{table.n_rows} rows, got shape {values.shape}."
        )
    return values


def _weights(table: Table, weights: Any) -> Any:
    if not isinstance(weights, str):
        return weights
    column = table.select(Schema((Column(weights, "number"),))).column(weights)
    weight = np.asarray(column, dtype=np.float64)
    if (missing := np.isnan(weight)).any():
        raise DataError(
            f"the column of weights {weights!r} has a missing value in row {int(missing.argmax())} "
            "(counting from 0)."
        )
    return weight
