"""Which rows of a table a model learned from, and which it did not."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassnet.data.coding.target_arrays import target_array, target_values
from glassnet.data.files.read import read_table
from glassnet.data.split import split_rows
from glassnet.data.tables.given import as_table
from glassnet.data.tables.schema import Schema
from glassnet.data.tables.table import Table
from glassnet.errors import DataError
from glassnet.fitting.ensemble import member_seed
from glassnet.model import Model

Index = NDArray[np.integer[Any]]


@dataclass(frozen=True, eq=False)
class Known:
    """The rows of a table whose target is known.

    Attributes
    ----------
    table : their features
    values : their targets, as they are
    y : their targets, encoded
    index : (n,) their row numbers in the source
    """

    table: Table
    values: NDArray[Any]
    y: NDArray[Any]
    index: Index

    def take(self, rows: Index) -> Known:
        """Return the rows with these indices."""
        return Known(self.table.take(rows), self.values[rows], self.y[rows], self.index[rows])

    @property
    def n(self) -> int:
        """The number of rows."""
        return len(self.y)


@dataclass(frozen=True, eq=False)
class Parts:
    """The rows of a table, and what each member of a model did with them.

    Attributes
    ----------
    rows : all rows whose target is known
    learning : rows that the first member learned from; all rows if unknown
    held_out : rows that the first member did not learn from; none if unknown
    unseen : (M, n) for each member whether it did not learn from a row; None if unknown
    test : rows of another table, none of which were used in training; None without one
    why : why the held-out rows are unknown; "" if they are known
    """

    rows: Known
    learning: Index
    held_out: Index
    unseen: NDArray[np.bool_] | None
    test: Known | None
    why: str = ""

    @property
    def outside(self) -> Known | None:
        """Rows that the first member did not learn from, the test rows before others."""
        if self.test is not None:
            return self.test
        return self.rows.take(self.held_out) if len(self.held_out) else None


def known_rows(model: Model, table: Any, target: Any = None) -> Known:
    """Read a table with the target of a model; leave out the rows whose target is missing.

    Parameters
    ----------
    model : says how the columns are read
    table : path of a file, data frame, array, mapping of columns, or a Table
    target : the target values, if they are not columns of the table

    Raises
    ------
    DataError
        If columns are missing, or no row has a target.
    """
    schema = model.encoder.to_read
    if target is None:
        wanted = Schema((*schema.columns, *model.target.columns))
        read = (
            read_table(table, schema=wanted, default=model.dialect)
            if isinstance(table, str) or hasattr(table, "__fspath__")
            else as_table(table, schema=wanted, dialect=model.dialect)
        )
        values = target_values(read, model.target.names)
    else:
        read, values = model.input.read(table), target_array(target)
    features = model.encoder.aligned(read.select(schema))
    if len(values) != features.n_rows:
        raise DataError(
            f"the table has {features.n_rows} rows and the target {len(values)}: they must be as "
            "many."
        )
    known = np.flatnonzero(model.target.known(values))
    if not len(known):
        raise DataError("the target is missing in every row: nothing to diagnose.")
    values = target_array(values[known])
    return Known(features.take(known), values, model.target.encode(values), known)


def parts_of(model: Model, rows: Known, test: Known | None = None) -> Parts:
    """Return which rows a model learned from, according to the record of its training."""
    record, everything = model.training, np.arange(rows.n)
    learned = everything
    if (scored := _held_out_for_score(record)) is not None:
        is_scored = np.isin(rows.index, scored)
        if is_scored.sum() == len(scored):
            learned = np.flatnonzero(~is_scored)
            test = test or rows.take(np.flatnonzero(is_scored))
    unseen, why = _unseen(model, rows.y[learned], len(learned))
    if unseen is None:
        return Parts(rows, learned, learned[:0], None, test, why)
    whole = np.ones((len(unseen), rows.n), bool)
    whole[:, learned] = unseen
    return Parts(rows, learned[~unseen[0]], learned[unseen[0]], whole, test)


def _held_out_for_score(record: Mapping[str, Any]) -> Index | None:
    """Return the row numbers that `glassnet train` held out for its score, if they are recorded."""
    rows = ((record.get("held_out") or {}).get("split") or {}).get("rows")
    return None if rows is None else np.asarray(rows, np.int64)


def _unseen(model: Model, y: NDArray[Any], n: int) -> tuple[NDArray[np.bool_] | None, str]:
    """Return (M, n): whether a member did not learn from a row; or None, and why it is unknown."""
    record = model.training
    split, n_learned = record.get("split"), record.get("rows")
    if not split:
        return None, "no rows were held out in training (give other rows as test)"
    if n_learned is None or n_learned + split["held_out"] != n:
        return None, (
            "the table is not that of the training: it has another number of rows (give the "
            "training table, and other rows as test)"
        )
    n_members = len(record.get("members", ())) or 1
    seeds = [member_seed(split["seed"], i) for i in range(n_members)]
    stratify = y if split["by"] == "class" else None
    first = split.get("rows")
    if split["by"] in ("class", "chance"):
        held = [split_rows(n, split["fraction"], seed=s, stratify=stratify)[1] for s in seeds]
        digest = hashlib.sha256(held[0].astype("<i8").tobytes()).hexdigest()
        if digest != split["sha256"]:
            return None, "the table is not that of the training: its rows are in another order"
        planned = record["plan"]["recipe"]["members"]
        held = held if n_members in (1, planned) else held[:1]
    elif first is None:
        return None, "the numbers of so many held-out rows are not in the model"
    else:
        held = [np.asarray(first, np.int64)]
    unseen = np.zeros((len(held), n), bool)
    for member, rows in enumerate(held):
        unseen[member, rows] = True
    return unseen, ""
