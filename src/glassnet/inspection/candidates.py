"""The values of a column that occur in some rows, as few as are asked for, with their encoding."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.data.tables.column_data import Categories
from glassnet.data.tables.table import Table
from glassnet.inspection.answering import Answering
from glassnet.inspection.shapley import Array


@dataclass(frozen=True, eq=False)
class Candidates:
    """Values of a column that occur in a table.

    Attributes
    ----------
    name : the column
    rows : (g,), for each value the number of a row that has it
    values : the values, None for a missing one
    features : the positions of the features that encode the column
    encoded : (g, len(features)), the encoded values
    """

    name: str
    rows: Array
    values: list[Any]
    features: Array
    encoded: Array

    def put(self, X: Array) -> Array:
        """Return encoded rows (n, n_features) with each value in turn, (n, g, n_features)."""
        out = np.repeat(X[:, None], len(self.rows), axis=1)
        out[:, :, self.features] = self.encoded
        return out


def candidates_of(answer: Answering, table: Table, X: Array, name: str, limit: int) -> Candidates:
    """Return at most `limit` values of a column, in ascending order, a missing value last.

    Of more numbers or dates, quantiles of the distinct values are taken (with the smallest and the
    largest), and of more categories the most frequent ones.

    answer : of the model
    table, X : the rows, and their encoding
    """
    rows = _rows(table, name, limit)
    features = np.flatnonzero(np.array(answer.model.encoder.feature_columns) == name)
    return Candidates(
        name, rows, cell_values(table.take(rows), name), features, X[np.ix_(rows, features)]
    )


def _rows(table: Table, name: str, limit: int) -> Array:
    """Return for each value the number of the first row that has it."""
    stored, gone = table.stored(name), table.missing(name)
    known = np.flatnonzero(~gone)
    keys = stored.codes if isinstance(stored, Categories) else stored
    if name in table.exact and not isinstance(stored, Categories):
        keys = table.ranks(name)  # floats do not tell them all apart
    _, first, counts = np.unique(keys[known], return_index=True, return_counts=True)
    n_missing = min(1, int(gone.sum()))
    room = max(1, limit - n_missing)
    if len(first) > room:
        if isinstance(stored, Categories):
            most = np.sort(np.argsort(-counts, kind="stable")[:room])
        else:
            most = np.unique(np.linspace(0, len(first) - 1, room).round().astype(np.intp))
        first = first[most]
    return np.concatenate([known[first], np.flatnonzero(gone)[:n_missing]])


def cell_values(table: Table, name: str) -> list[Any]:
    """Return the values of a column as Python values or date-times; None if missing."""
    missing = table.missing(name).tolist()
    values = table.labels(name)
    items = values if values.dtype.kind == "M" else values.tolist()
    return [None if gone else value for gone, value in zip(missing, items, strict=True)]
