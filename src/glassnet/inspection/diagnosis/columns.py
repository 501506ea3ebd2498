"""What the columns of a table are like: how they are scaled, and what each tells of the target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassnet.data.tables.column_data import Categories
from glassnet.inspection.diagnosis.parts import Known
from glassnet.model import Model

Array = NDArray[Any]

#: The number of rows that are looked at, drawn at random if there are more.
MAX_ROWS = 10_000
#: The number of columns of numbers that are compared with each other.
MAX_COLUMNS = 500
#: Numbers with more different values are compared with their neighbors instead of their equals.
FEW_VALUES, NEIGHBORS = 32, 4
#: Columns are repetitions of each other from this absolute correlation on.
REPEATED = 0.9995


@dataclass(frozen=True)
class ColumnFacts:
    """The facts of one column.

    Attributes
    ----------
    name, kind : as in the schema
    distinct : the share of the rows with a value of their own, of those not missing
    explained : the share of the target's variance (of the ranks of numbers, of indicators of
        classes) that the column alone explains, by the rows with the nearest values
    middle : the width of the middle half of the values, as the network receives them; None for
        other columns than numbers
    deviation : the standard deviation of the same
    outlying : the largest distance from the median, in widths of the middle half of the column
    repeats : the earlier column that it repeats, "" if none
    """

    name: str
    kind: str
    distinct: float
    explained: float
    middle: float | None
    deviation: float | None
    outlying: float | None
    repeats: str


@dataclass(frozen=True)
class TableFacts:
    """The facts of the training rows of a table.

    Attributes
    ----------
    n_rows, n_features, n_parameters : rows learned from; inputs and parameters of one network
    columns : of the features
    left_out : (name, reason) of the columns that the fit left out
    scaled : whether the encoder scales numbers
    classes : number of rows of each class; () for a regression
    spread : the standard deviation of the target, as the loss receives it; None for classes
    tail : the 99th percentile of the target's size over its median; None for classes
    least : the least target value; None for classes
    """

    n_rows: int
    n_features: int
    n_parameters: int
    columns: tuple[ColumnFacts, ...]
    left_out: tuple[tuple[str, str], ...]
    scaled: bool
    classes: tuple[int, ...]
    spread: float | None
    tail: float | None
    least: float | None


def table_facts(model: Model, rows: Known, X: Array) -> TableFacts:
    """Return the facts of rows, given the network's input `X (n, n_features)` for them."""
    n = rows.n
    if n > MAX_ROWS:
        chosen = np.sort(np.random.default_rng(0).permutation(n)[:MAX_ROWS])
        rows, X = rows.take(chosen), X[chosen]
    numbers = model.encoder.numbers
    record = model.training.get("columns") or {}
    is_regression = model.task == "regression"
    y = rows.y.reshape(len(rows.y), -1)
    first = np.asarray(rows.values, object).reshape(len(y), -1)[:, 0] if is_regression else ()
    size = np.abs(np.asarray(first, np.float64))
    middle = float(np.median(size)) if is_regression else 0.0
    return TableFacts(
        n_rows=n,
        n_features=model.encoder.n_features,
        n_parameters=model.network.parameters.theta.size // model.network.n_members,
        columns=_columns(model, rows, X),
        left_out=tuple((record.get("left_out") or {}).items()),
        scaled=bool(numbers.centered and (np.asarray(numbers.scale) != 1.0).any()),
        classes=_class_counts(model, rows.y),
        spread=float(y.std(axis=0).max()) if is_regression else None,
        tail=float(np.quantile(size, 0.99)) / middle if middle > 0.0 else None,
        least=float(np.asarray(first, np.float64).min()) if is_regression else None,
    )


def _class_counts(model: Model, y: Array) -> tuple[int, ...]:
    if model.task not in ("binary", "multiclass"):
        return ()
    return tuple(np.bincount(y, minlength=len(model.classes)).tolist())


def _columns(model: Model, rows: Known, X: Array) -> tuple[ColumnFacts, ...]:
    table, n = rows.table, rows.n
    place = {name: i for i, name in enumerate(model.encoder.feature_names)}
    wanted = _ranked(rows.y) if model.task == "regression" else _indicators(model, rows.y)
    folds = np.random.default_rng(1).permutation(n) % 2
    repeats = _repeated(table)
    found = []
    for name in table.schema.names:
        stored, kind = table.stored(name), table.schema.kinds[name]
        codes, many, distinct = _codes(stored)
        middle = deviation = outlying = None
        if kind == "number" and name in place and not isinstance(stored, Categories):
            values = X[:, place[name]].astype(np.float64)
            low, high = np.quantile(values, [0.25, 0.75])
            middle, deviation = float(high - low), float(values.std())
            outlying = _outlying(np.asarray(stored, np.float64))
        found.append(
            ColumnFacts(
                name,
                kind,
                distinct,
                _explained(codes, many, wanted, folds),
                middle,
                deviation,
                outlying,
                repeats.get(name, ""),
            )
        )
    return tuple(found)


def _outlying(values: Array) -> float | None:
    known = values[np.isfinite(values)]
    if len(known) == 0:
        return None
    low, middle, high = np.quantile(known, [0.25, 0.5, 0.75])
    return float(np.abs(known - middle).max() / (high - low)) if high > low else None


def _indicators(model: Model, y: Array) -> Array:
    """Return one column for each class, or the 0/1 columns of several labels."""
    return y if y.ndim == 2 else np.eye(max(2, len(model.classes)))[y]


def _ranked(y: Array) -> Array:
    """Return the ranks of each column of numbers, from 0 to 1; robust to long tails."""
    columns = y.reshape(len(y), -1)
    order = columns.argsort(axis=0, kind="stable").argsort(axis=0, kind="stable")
    return order / max(1, len(y) - 1)


def _codes(stored: Any) -> tuple[Array, Array | None, float]:
    """Return the code of each row's value, many numbers themselves, and the share of distinct ones.

    Missing values have the code 0. The numbers are None if there are few different ones.
    """
    if isinstance(stored, Categories):
        known = stored.codes[stored.codes >= 0]
        return stored.codes + 1, None, len(np.unique(known)) / max(1, len(known))
    values = stored.astype(np.int64) if stored.dtype.kind == "M" else stored
    values = np.asarray(values, np.float64)
    is_known = np.isfinite(values)
    distinct = np.unique(values[is_known])
    codes = np.where(is_known, np.searchsorted(distinct, values) + 1, 0)
    many = values if len(distinct) > FEW_VALUES else None
    return codes, many, len(distinct) / max(1, int(is_known.sum()))


def _explained(codes: Array, values: Array | None, wanted: Array, folds: Array) -> float:
    """Return the share of variance that a column explains, at least 0.

    The prediction of a row is the mean over the rows of the other fold with the same code, or with
    the nearest values.
    """
    total = ((wanted - wanted.mean(axis=0)) ** 2).sum()
    if total == 0.0:
        return 0.0
    error = 0.0
    for fold in (0, 1):
        learned, scored = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        if len(learned) < NEIGHBORS:
            return 0.0
        predicted = _by_code(codes[learned], wanted[learned], codes[scored], int(codes.max()) + 1)
        if values is not None:
            known = [rows[np.isfinite(values[rows])] for rows in (learned, scored)]
            is_known = np.isfinite(values[scored])
            predicted[is_known] = _by_neighbors(
                values[known[0]], wanted[known[0]], values[known[1]]
            )
        error += float(((wanted[scored] - predicted) ** 2).sum())
    return max(0.0, 1.0 - error / float(total))


def _by_code(codes: Array, wanted: Array, asked: Array, n_codes: int) -> Array:
    counts = np.bincount(codes, minlength=n_codes)[:, None]
    sums = np.stack([np.bincount(codes, weights=w, minlength=n_codes) for w in wanted.T], axis=1)
    means = np.where(counts > 0, sums / np.maximum(counts, 1), wanted.mean(axis=0))
    return np.asarray(means[asked])


def _by_neighbors(values: Array, wanted: Array, asked: Array) -> Array:
    order = np.argsort(values, kind="stable")
    if len(order) < NEIGHBORS:
        return np.tile(wanted.mean(axis=0), (len(asked), 1))
    sums = np.vstack([np.zeros(wanted.shape[1]), np.cumsum(wanted[order], axis=0)])
    at = np.searchsorted(values[order], asked)
    start = np.clip(at - NEIGHBORS // 2, 0, len(order) - NEIGHBORS)
    return np.asarray((sums[start + NEIGHBORS] - sums[start]) / NEIGHBORS)


def _repeated(table: Any) -> dict[str, str]:
    """Return the columns of numbers that repeat an earlier one up to scale and shift."""
    names = [name for name in table.schema.numbers if name not in table.exact][:MAX_COLUMNS]
    if len(names) < 2:
        return {}
    values = np.stack([np.asarray(table.stored(name), np.float64) for name in names], axis=1)
    known = np.isfinite(values)
    with np.errstate(all="ignore"):
        values = values - np.where(known, values, 0.0).sum(0) / np.maximum(known.sum(0), 1)
        values[~known] = 0.0
        size = np.sqrt((values**2).sum(0))
        R = np.abs(values.T @ values) / np.outer(size, size)
    near = np.triu(np.nan_to_num(R) >= REPEATED, 1)
    return {
        names[j]: names[int(near[:, j].argmax())] for j in range(len(names)) if near[:, j].any()
    }
