"""What `glassnet train` learns from and what it is scored on: which columns do what, which rows go where, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import click
import numpy as np

from glassnet.data.coding.target import Target
from glassnet.data.coding.target_arrays import target_array
from glassnet.data.coding.target_values import target_values
from glassnet.data.files.read import read_table
from glassnet.data.missing import complete_rows
from glassnet.data.split import Split, split_rows
from glassnet.data.tables.dialect import Dialect
from glassnet.data.tables.schema import Column, Kind, Schema
from glassnet.data.tables.table import Table
from glassnet.errors import DataError
from glassnet.fitting.preparation import Prepared, prepare
from glassnet.messages import counted
from glassnet.report import Part

Array = np.ndarray[Any, np.dtype[Any]]

#: Keeps the rows that are held out for the score apart from those that training holds out to stop
#: by, for the same seed.
HELD_OUT = 1


@dataclass(frozen=True)
class Roles:
    """Which columns do what, and how files are written: what the options say.

    targets : to be predicted
    types : kinds of columns, where the guess is wrong
    drop : not to be learned from
    weights, group, time : of the rows
    task : None where it is to be guessed
    dialect : of text files
    """

    targets: tuple[str, ...]
    types: Mapping[str, Kind] = field(default_factory=dict)
    drop: tuple[str, ...] = ()
    weights: str | None = None
    group: str | None = None
    time: str | None = None
    task: str | None = None
    dialect: Dialect | None = None

    def check(self) -> None:
        """Refuse a column that is to do two things at once, and rows that are to be held out in two ways."""
        seen: dict[str, str] = {}
        given = [
            *(("--target", name) for name in self.targets),
            *(("--drop", name) for name in dict.fromkeys(self.drop)),
        ]
        given += [
            (option, name)
            for option, name in (("--weights", self.weights), ("--group", self.group))
            if name is not None
        ]
        for option, name in given:
            if name in seen:
                twice = "twice" if seen[name] == option else f"and {option}"
                raise click.UsageError(
                    f"column {name!r} is given by {seen[name]} {twice}: it can do one thing only."
                )
            seen[name] = option
        if self.time in self.targets:
            raise click.UsageError(
                f"column {self.time!r} is given by --target and --time: rows cannot be ordered by "
                "what is predicted."
            )
        if self.group is not None and self.time is not None:
            raise click.UsageError(
                "rows are held out by --group or by --time: leave one of them out."
            )


@dataclass(frozen=True, eq=False)
class TrainingData:
    """The rows of a training, sorted by their use.

    path : of the table
    prepared : the features and the target of all rows whose target is known
    unknown : how many other rows there were
    task, guessed : what is to be predicted, and whether nobody said so
    training : the rows to learn from, those to stop by among them where no file holds these
    group, time : of the rows to learn from, or None
    validation : the rows of a file to stop by, or None
    held_out : the rows to be scored on, or None
    split : how they were chosen, with their numbers in the table; None where they come from a file
    test : that file, or None
    """

    path: Path
    prepared: Prepared
    unknown: int
    task: str
    guessed: bool
    training: Part
    group: Array | None
    time: Array | None
    validation: Part | None
    held_out: Part | None
    split: Split | None
    test: Path | None


def gather(
    path: Path,
    roles: Roles,
    *,
    fraction: float,
    seed: int,
    validation: Path | None,
    test: Path | None,
) -> TrainingData:
    """Read a table, and the files beside it, and say which rows do what.

    Parameters
    ----------
    path : of the table
    roles : of its columns
    fraction : of its rows that is held out for the score, 0 for none
    seed : the same seed holds out the same rows
    validation, test : files with the rows to stop by and with those to be scored on, instead of
        rows of the table

    Raises
    ------
    DataError
        For files that cannot be read, columns that do not exist, a target that is missing in every
        row, and labels in the files beside that the table does not hold.
    """
    keep = [
        name for name in (roles.weights, roles.group, roles.time, *roles.drop) if name is not None
    ]
    read = read_table(
        path, types=roles.types, dialect=roles.dialect, targets=roles.targets, keep=keep
    )
    table, values, known = labelled(read, roles.targets, path)
    prepared = prepare(
        table,
        list(roles.targets),
        types=roles.types,
        task=roles.task,
        drop=roles.drop,
        weights=roles.weights,
        groups=roles.group,
        time=roles.time,
    )
    prepared = replace(prepared, values=values)
    target = replace(
        Target.fit(values, names=roles.targets, task=roles.task, weight=prepared.weights),
        forms=prepared.forms,
    )
    beside_features = [
        *target.columns,
        *([] if roles.weights is None else [Column(roles.weights, "number")]),
    ]
    schema = Schema((*prepared.table.schema.columns, *beside_features))
    beside = [
        None if file is None else _beside(file, roles, schema, target, prepared.dialect)
        for file in (validation, test)
    ]
    everything = Part(prepared.table, values, prepared.weights)
    rows, held, split = np.arange(len(values)), None, None
    if test is None and fraction > 0.0 and target.task != "multilabel":
        by = (
            "group"
            if roles.group
            else "time"
            if roles.time
            else "class"
            if target.task != "regression"
            else "chance"
        )
        rows, held = split_rows(
            len(values),
            fraction,
            seed=[seed, HELD_OUT],
            stratify=values.astype(str) if by == "class" else None,
            groups=prepared.groups,
            time=prepared.time,
        )
        split = Split(by, fraction, seed, np.flatnonzero(known)[held])
    return TrainingData(
        path=path,
        prepared=prepared,
        unknown=len(known) - len(values),
        task=target.task,
        guessed=roles.task is None,
        training=everything if held is None else everything.take(rows),
        group=None if prepared.groups is None else prepared.groups[rows],
        time=None if prepared.time is None else prepared.time[rows],
        validation=beside[0],
        held_out=beside[1] if held is None else everything.take(held),
        split=split,
        test=test,
    )


def labelled(read: Table, names: tuple[str, ...], path: Path) -> tuple[Table, Array, Array]:
    """Return the rows of a table whose target is known, its values (n,) or (n, m), and which rows of the table they are (a mask)."""
    values = target_values(read, names)
    known = complete_rows(values)
    if not known.any():
        every = "is missing in every row" if len(names) == 1 else "are never all there in a row"
        raise DataError(
            f"the target {', '.join(map(repr, names))} {every} of {path}: nothing to learn from."
        )
    if known.all():
        return read, values, known
    kept = replace(
        read.take(known),
        notices=read.notices,
        column_notices=read.column_notices,
        dialect=read.dialect,
    )
    return kept, target_array(values[known]), known


def unknown_in_words(data: TrainingData) -> list[str]:
    """Return a note on the rows without a target, if there were any."""
    names = " and ".join(map(repr, data.prepared.names[:3])) + (
        ", ..." if len(data.prepared.names) > 3 else ""
    )
    return [f"{counted(data.unknown, 'row')} without {names} left out."] if data.unknown else []


def _beside(
    path: Path, roles: Roles, schema: Schema, target: Target, dialect: Dialect | None
) -> Part:
    """Return the rows of a file that has the columns of the table, in any order."""
    read = read_table(path, schema=schema, dialect=roles.dialect, default=dialect)
    values = target_values(read, roles.targets)
    known = target.known(values)
    if not known.any():
        raise DataError(
            f"the target {', '.join(map(repr, roles.targets))} is missing in every row of {path}: "
            "nothing to score or stop by."
        )
    table, values = (
        (read, values) if known.all() else (read.take(known), target_array(values[known]))
    )
    try:
        target.encode(values)
    except DataError as error:
        raise DataError(f"{path}: {error}") from None
    weight = None if roles.weights is None else table.column(roles.weights).astype(np.float64)
    others = (*roles.targets, *([] if roles.weights is None else [roles.weights]))
    return Part(table.drop(others), values, weight)
