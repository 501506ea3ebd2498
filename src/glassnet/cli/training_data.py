"""Load the data of `glassnet train` and split its rows for training, early stopping and testing."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from glassnet.cli.option_types import refuse
from glassnet.data.coding.target import Target
from glassnet.data.coding.target_arrays import target_values
from glassnet.data.files.read import read_table
from glassnet.data.rows import Rows
from glassnet.data.split import Split
from glassnet.data.tables.dialect import Dialect
from glassnet.data.tables.schema import Column, Schema
from glassnet.data.tables.values import complete_rows
from glassnet.errors import DataError
from glassnet.fitting import Roles, TrainingTable, prepare
from glassnet.fitting.splits import SplitColumns
from glassnet.messages import counted
from glassnet.report.predictions import known_rows

#: Makes the test split differ from the validation split of training with the same seed.
HELD_OUT = 1


@dataclass(frozen=True, eq=False)
class TrainingData:
    """The rows for training, validation and testing.

    Attributes
    ----------
    path : the path of the table
    prepared : the features and the target of all rows whose target is known
    unknown : the number of rows whose target is not known
    task, guessed : the task, and whether it was guessed
    learned : the training rows, including those for early stopping unless a file has them
    validation : the rows for early stopping from a file, or None
    held_out : the test rows, or None
    split : how the test rows were chosen, with their indices; None if they come from a file
    test : the file of the test rows, or None
    """

    path: Path
    prepared: TrainingTable
    unknown: int
    task: str
    guessed: bool
    learned: TrainingTable
    validation: Rows | None
    held_out: Rows | None
    split: Split | None
    test: Path | None

    @property
    def training(self) -> Rows:
        """The training rows, for the report."""
        return _rows(self.learned)


def check_roles(roles: Roles) -> None:
    """Refuse a column with two roles, and two ways to hold out rows."""
    seen: dict[str, str] = {}
    options = {"--target": roles.targets, "--drop": list(dict.fromkeys(roles.drop))}
    options |= {"--weights": [roles.weights], "--group": [roles.groups]}
    for option, names in options.items():
        for name in filter(None, names):
            twice = "twice" if seen.get(name) == option else f"and {option}"
            refuse(
                name in seen,
                f"column {name!r} is given by {seen.get(name)} {twice}: it can do one thing only.",
            )
            seen[name] = option
    refuse(
        roles.time in roles.targets,
        f"column {roles.time!r} is given by --target and --time: rows cannot be ordered by what is "
        "predicted.",
    )
    refuse(
        roles.groups is not None and roles.time is not None,
        "rows are held out by --group or by --time: leave one of them out.",
    )


def gather(
    path: Path,
    roles: Roles,
    *,
    fraction: float,
    seed: int,
    validation: Path | None,
    test: Path | None,
) -> TrainingData:
    """Read a table and its validation and test files, and split the rows.

    Parameters
    ----------
    path : the path of the table
    roles : the roles of its columns
    fraction : the share of test rows, 0 for none
    seed : the same seed holds out the same rows
    validation, test : files with the rows for early stopping and testing, instead of rows of the
        table

    Raises
    ------
    DataError
        If a file cannot be read, a column does not exist, the target is missing in every row, or a
        validation or test file has labels that the table does not have.
    """
    read = read_table(
        path, types=roles.types, dialect=roles.dialect, targets=roles.targets, keep=roles.kept
    )
    values = target_values(read, roles.targets)
    known = complete_rows(values)
    shown = ", ".join(map(repr, roles.targets))
    never = "is missing in every row" if len(roles.targets) == 1 else "are never all there in a row"
    rows = known_rows(
        Rows(read, values), known, f"the target {shown} {never} of {path}: nothing to learn from."
    )
    values = rows.y
    table = replace(  # the remaining rows keep the notices from reading the table
        rows.X, notices=read.notices, column_notices=read.column_notices, dialect=read.dialect
    )
    prepared = replace(prepare(table, replace(roles, dialect=None)), values=values)
    names, weights = prepared.names, prepared.weights
    target = Target.fit(values, names=names, task=roles.task, weight=weights)
    target = replace(target, forms=prepared.forms)
    weight_column = [] if roles.weights is None else [Column(roles.weights, "number")]
    schema = Schema((*prepared.table.schema.columns, *target.columns, *weight_column))
    extra = [
        None if file is None else _read_extra(file, roles, schema, target, prepared.dialect)
        for file in (validation, test)
    ]
    learned, held_out, split = prepared, extra[1], None
    if test is None and fraction > 0.0 and target.task != "multilabel":
        columns = SplitColumns(
            values.astype(str) if target.task != "regression" else values,
            prepared.groups,
            prepared.time,
            np.flatnonzero(known),
            classes=target.task != "regression",
        )
        kept, held = columns.hold_out(np.arange(len(values)), fraction, [seed, HELD_OUT])
        learned, held_out = prepared.take(kept), _rows(prepared.take(held))
        split = Split(columns.by, fraction, seed, columns.numbers[held])
    return TrainingData(
        path=path,
        prepared=prepared,
        unknown=len(known) - len(values),
        task=target.task,
        guessed=roles.task is None,
        learned=replace(learned, task=target.task),
        validation=extra[0],
        held_out=held_out,
        split=split,
        test=test,
    )


def _rows(data: TrainingTable) -> Rows:
    return Rows(data.table, data.values, data.weights)


def unknown_notices(data: TrainingData) -> list[str]:
    """Return a notice about the rows without a target, if there were any."""
    names = " and ".join(map(repr, data.prepared.names[:3]))
    names += ", ..." if len(data.prepared.names) > 3 else ""
    return [f"{counted(data.unknown, 'row')} without {names} left out."] if data.unknown else []


def _read_extra(
    path: Path, roles: Roles, schema: Schema, target: Target, dialect: Dialect | None
) -> Rows:
    """Read the rows of a file that has the columns of the table, in any order."""
    read = read_table(path, schema=schema, dialect=roles.dialect, default=dialect)
    values = target_values(read, roles.targets)
    weights = None if roles.weights is None else read.column(roles.weights).astype(np.float64)
    others = (*roles.targets, *([] if roles.weights is None else [roles.weights]))
    rows = known_rows(
        Rows(read.drop(others), values, weights),
        target.known(values),
        f"the target {', '.join(map(repr, roles.targets))} is missing in every row of {path}: "
        "nothing to score or stop by.",
    )
    try:
        target.encode(rows.y)
    except DataError as error:
        raise DataError(f"{path}: {error}") from None
    return rows
