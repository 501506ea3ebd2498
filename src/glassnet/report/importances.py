"""Which columns a model leans on: how much worse it gets on rows it has not seen when one column is shuffled (Breiman 2001, section 10).

Two columns that tell the same share their importance, for the model can look at the other one: a
small number does not mean that a column has nothing to do with the target, but that this model does
without it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from glassnet.data.tables.column_data import Categories
from glassnet.data.tables.table import Table
from glassnet.model import Model
from glassnet.report.metrics import METRICS, Metric
from glassnet.report.predictions import Part, predictions_of
from glassnet.report.threads import one_thread

Array = np.ndarray[Any, np.dtype[Any]]

MAX_ROWS = 2_000
REPEATS = 3
SECONDS = 10.0
#: The first that is defined is what counts.
MEASURES = ("log loss", "R2", "RMSE")


@dataclass(frozen=True)
class Importance:
    """How much the measure gets worse, in its own terms, when the column is shuffled: the mean, least and most of the repeats."""

    column: str
    mean: float
    least: float
    most: float


@dataclass(frozen=True)
class Importances:
    """The importances of columns, the greatest first.

    metric : by which they are measured
    value : of the metric with all columns in their place
    n_rows, repeats : what they were measured on, and how often
    n_left_out : columns that time did not suffice for, the last of the table
    """

    metric: str
    value: float
    n_rows: int
    repeats: int
    columns: tuple[Importance, ...]
    n_left_out: int


def permutation_importances(
    model: Model, part: Part, *, seconds: float = SECONDS, seed: int = 0
) -> Importances | None:
    """Return the importance of each column on at most MAX_ROWS of these rows; None where the model has no measure to lose.

    Parameters
    ----------
    model : whose columns are shuffled, one at a time, REPEATS times each
    part : rows that it has not seen
    seconds : after which no further column is begun
    seed : of the rows and of the shuffling; each column has its own, so the time left changes no
        number
    """
    started = time.perf_counter()
    part, model = (
        part.present(),
        replace(model, reference=None),
    )  # shuffled or not, a column holds what it held
    if part.table.n_rows > MAX_ROWS:
        part = part.take(
            np.sort(np.random.default_rng(seed).permutation(part.table.n_rows)[:MAX_ROWS])
        )
    table = _dense(part.table.select(model.encoder.to_read))
    metric, value = _measure(model, replace(part, table=table))
    if metric is None:
        return None
    names, found = table.schema.names, []
    with one_thread():
        for i, name in enumerate(names):
            if time.perf_counter() - started > seconds:
                break
            rng = np.random.default_rng([seed, i])
            shuffled = [
                replace(part, table=_shuffled(table, name, rng.permutation(table.n_rows)))
                for _ in range(REPEATS)
            ]
            lost = [value - metric.value(predictions_of(model, other)) for other in shuffled]
            worse = lost if metric.greater_is_better else [-difference for difference in lost]
            found.append(Importance(name, float(np.mean(worse)), min(worse), max(worse)))
    ordered = sorted(found, key=lambda importance: -importance.mean)
    return Importances(
        metric.name, value, table.n_rows, REPEATS, tuple(ordered), len(names) - len(found)
    )


def _measure(model: Model, part: Part) -> tuple[Metric | None, float]:
    predictions = predictions_of(model, part)
    task = "regression" if predictions.P is None else "classification"
    for name in MEASURES:
        if METRICS[name].task == task and np.isfinite(value := METRICS[name].value(predictions)):
            return METRICS[name], value
    return None, np.nan


def _shuffled(table: Table, name: str, order: Array) -> Table:
    """Return the table with the values of one column in another order."""
    if name in table.schema.categories:
        place = table.schema.categories.index(name)
        columns = [
            Categories(c.codes[order], c.levels) if i == place else c
            for i, c in enumerate(table.categories)
        ]
        return replace(table, categories=tuple(columns))
    if name in table.schema.dates:
        place = table.schema.dates.index(name)
        return replace(
            table, dates=tuple(d[order] if i == place else d for i, d in enumerate(table.dates))
        )
    place = table.schema.numbers.index(name)
    numbers = np.array(table.numbers)
    numbers[:, place] = numbers[order, place]
    exact = {
        key: Categories(c.codes[order], c.levels) if key == name else c
        for key, c in table.exact.items()
    }
    return replace(table, numbers=numbers, exact=exact)


def _dense(table: Table) -> Table:
    return (
        table
        if isinstance(table.numbers, np.ndarray)
        else replace(table, numbers=table.numbers.toarray())
    )
