"""The smallest change of a row that changes its predicted class.

A change puts the cells of background rows into some columns. One change is smaller than another if
it changes fewer columns; of changes of equally many columns, the one with the smaller sum of

    |new - old| / (standard deviation of the column in the background)     numbers and dates
    1                                                                      other columns,
                                                                           and missing values

is smaller. Up to a hundred values of each column are tried. Changes of several columns are searched
from the most promising ones of one column less (beam search), so a smaller one may exist.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.checks import check_integer
from glassnet.data.tables.column_data import Categories
from glassnet.data.tables.schema import Schema
from glassnet.data.tables.table import Table
from glassnet.errors import DataError, SettingError
from glassnet.inspection.answering import answering
from glassnet.inspection.candidates import Candidates, candidates_of
from glassnet.inspection.reading import read_rows
from glassnet.inspection.shapley import Array, Float64
from glassnet.inspection.what_if import RowAnswer, check_columns, one_row, row_answer
from glassnet.messages import listed
from glassnet.model import Model

#: The largest number of values of each column that are tried; of unfinished changes that are
#: extended by a column; and of those among them that change the same columns.
MAX_VALUES, BEAM, ALIKE = 100, 40, 4


@dataclass(frozen=True, eq=False)
class Counterfactual:
    """A change of a row that changes the predicted class.

    Attributes
    ----------
    changes : the new cells by column; None is a missing value
    distance : the sum that is described in `glassnet.inspection.counterfactual`
    before, after : the answers for the row and for the changed row
    """

    changes: Mapping[str, Any]
    distance: float
    before: RowAnswer
    after: RowAnswer


@dataclass(frozen=True, eq=False)
class _Change:
    """New values of some columns: for each the place of its value among the candidates."""

    places: Mapping[str, int]
    margin: float
    distance: float


def counterfactual(
    model: Model,
    row: Any,
    background: Any,
    *,
    columns: Sequence[str] | None = None,
    to: Any = None,
    max_columns: int = 3,
) -> Counterfactual | None:
    """Return the smallest change that changes the class, or None; see `Model.counterfactual`."""
    if model.task not in ("binary", "multiclass") or len(model.classes) < 2:
        raise SettingError("a counterfactual needs a model that predicts one of several classes.")
    check_integer("max_columns", max_columns)
    names = model.encoder.schema.names if columns is None else tuple(columns)
    check_columns(model, names)
    table, others = one_row(model, row), read_rows(model, background)
    if not others.n_rows:
        raise DataError("the background has no rows: its cells are the values that are tried.")
    search = _Search(model, table, others, names, to)
    found = search.run(max_columns)
    if found is None:
        return None
    changes = {name: search.candidates[name].values[i] for name, i in found.places.items()}
    changed = table
    for name, i in found.places.items():
        cell = others.select(Schema((others.schema.by_name[name],)))
        changed = changed.with_columns(cell.take(search.candidates[name].rows[[i]]))
    before, after = row_answer(model, table), row_answer(model, changed)
    return Counterfactual(changes, found.distance, before, after)


class _Search:
    """Searches the smallest change that puts a wanted class on top.

    The margin is that of the logits, because probabilities near 0 or 1 hardly differ.
    """

    def __init__(
        self, model: Model, table: Table, others: Table, names: Sequence[str], to: Any
    ) -> None:
        self._answer = answering(model, "logit")
        self._x = self._answer.encode(table)[0]
        X = self._answer.encode(others)
        self.candidates: dict[str, Candidates] = {
            name: candidates_of(self._answer, others, X, name, MAX_VALUES) for name in names
        }
        self._distances = {
            name: _distances(table, others, one) for name, one in self.candidates.items()
        }
        self._wanted = self._wanted_classes(model, to)

    def _wanted_classes(self, model: Model, to: Any) -> Array:
        """Return a mask of the wanted classes."""
        current = int(self._logits(self._x[None])[0].argmax())
        wanted = np.asarray(np.arange(len(model.classes)) != current)
        if to is None:
            return wanted
        if to not in model.classes:
            raise SettingError(f"the model has no class {to!r}: it has {listed(model.classes)}.")
        if to == model.classes[current]:
            raise SettingError(f"the row is predicted as {to!r} already.")
        return np.array([label == to for label in model.classes])

    def _logits(self, X: Array) -> Float64:
        Z = self._answer(X)
        return np.hstack([np.zeros_like(Z), Z]) if Z.shape[1] == 1 else Z

    def run(self, max_columns: int) -> _Change | None:
        """Return the smallest change of at most so many columns, or None."""
        beam = [_Change({}, 0.0, 0.0)]
        for _ in range(min(max_columns, len(self.candidates))):
            changes = [longer for change in beam for longer in self._extended(change)]
            flips = [change for change in changes if change.margin > 0.0]
            if flips:
                return min(flips, key=lambda change: change.distance)
            beam = _most_promising(changes)
        return None

    def _extended(self, change: _Change) -> list[_Change]:
        """Return the change with each value of each further column."""
        x = self._x.copy()
        for name, i in change.places.items():
            x[self.candidates[name].features] = self.candidates[name].encoded[i]
        free = [name for name in self.candidates if name not in change.places]
        if not free:
            return []
        X = np.concatenate([self.candidates[name].put(x[None])[0] for name in free])
        Z = self._logits(X)
        margins = iter((Z[:, self._wanted].max(1) - Z[:, ~self._wanted].max(1)).tolist())
        return [
            _Change({**change.places, name: i}, next(margins), change.distance + distance)
            for name in free
            for i, distance in enumerate(self._distances[name])
        ]


def _most_promising(changes: Sequence[_Change]) -> list[_Change]:
    """Return the changes with the largest margins, at most ALIKE of the same columns."""
    counts: Counter[frozenset[str]] = Counter()
    found: list[_Change] = []
    for change in sorted(changes, key=lambda change: -change.margin):
        columns = frozenset(change.places)
        counts[columns] += 1
        if counts[columns] <= ALIKE:
            found.append(change)
    return found[:BEAM]


def _distances(table: Table, others: Table, candidates: Candidates) -> list[float]:
    """Return the distance of each candidate from the cell of the row."""
    name = candidates.name
    old, new = table.stored(name), others.stored(name)
    if isinstance(new, Categories):
        levels = [None if code < 0 else new.levels[code] for code in new.codes[candidates.rows]]
        current = None if old.codes[0] < 0 else old.levels[old.codes[0]]
        return [float(level != current) for level in levels]
    known = new[~others.missing(name)]
    old, new, known = (_as_floats(values) for values in (old, new[candidates.rows], known))
    deviation = float(known.std()) if len(known) else 0.0
    apart = np.abs(new - old[0]) / (deviation or 1.0)
    both_missing = np.isnan(new) & np.isnan(old[0])
    return list(map(float, np.where(np.isnan(apart), ~both_missing, apart)))


def _as_floats(values: Array) -> Float64:
    """Return numbers, or date-times in days, as floats with NaN for missing values."""
    if values.dtype.kind == "M":
        days = values.astype("M8[us]").astype(np.int64) / 86_400_000_000
        return np.where(np.isnat(values), np.nan, days)
    return values.astype(np.float64)
