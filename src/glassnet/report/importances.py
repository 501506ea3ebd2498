"""Permutation importance: how much the score of a model drops when one column is shuffled.

Breiman 2001, section 10. Two columns with the same information share their importance, because the
model can use the other one. So a small importance does not mean that a column is unrelated to the
target, but that this model does not depend on it.
"""

import time
from dataclasses import dataclass, replace

import numpy as np

from glassnet.data.rows import Rows
from glassnet.data.tables.table import Table
from glassnet.model import Model
from glassnet.report.metrics import Metric, metrics_for
from glassnet.report.predictions import Array, predictions_of, weighted
from glassnet.report.threads import one_thread

MAX_ROWS = 2_000
REPEATS = 3
SECONDS = 10.0
#: The metric is the first of these that is defined.
MEASURES = ("log loss", "R2", "RMSE")


@dataclass(frozen=True)
class Importance:
    """How much worse the metric is with a column shuffled: mean, minimum and maximum of repeats."""

    column: str
    mean: float
    least: float
    most: float


@dataclass(frozen=True)
class Importances:
    """The importances of columns, the largest first.

    metric : the name of the metric
    value : the metric without shuffling
    n_rows, repeats : the number of rows and of repeats
    n_left_out : the number of columns for which there was no time, the last ones of the table
    """

    metric: str
    value: float
    n_rows: int
    repeats: int
    columns: tuple[Importance, ...]
    n_left_out: int


def permutation_importances(
    model: Model, rows: Rows, *, seconds: float = SECONDS, seed: int = 0
) -> Importances | None:
    """Return the importance of each column on at most MAX_ROWS rows, None if no metric is defined.

    Parameters
    ----------
    model : the model; its columns are shuffled one at a time, REPEATS times each
    rows : rows that were not used in training
    seconds : the time after which no further column is started
    seed : the seed of sampling and shuffling; each column has its own stream, so the results do not
        depend on the time limit
    """
    started = time.perf_counter()
    model, rows = replace(model, reference=None), weighted(rows)  # without notices of drift
    if rows.n > MAX_ROWS:
        rows = rows.take(np.sort(np.random.default_rng(seed).permutation(rows.n)[:MAX_ROWS]))
    table = rows.X.select(model.encoder.to_read)
    if not isinstance(table.numbers, np.ndarray):
        table = replace(table, numbers=table.numbers.toarray())
    metric, value = _measure(model, replace(rows, X=table))
    if metric is None:
        return None
    names, found = table.schema.names, []
    with one_thread():
        for i, name in enumerate(names):
            if time.perf_counter() - started > seconds:
                break
            rng = np.random.default_rng([seed, i])
            shuffled = [
                replace(rows, X=_shuffled(table, name, rng.permutation(rows.n)))
                for _ in range(REPEATS)
            ]
            lost = [value - metric.value(predictions_of(model, other)) for other in shuffled]
            worse = lost if metric.greater_is_better else [-difference for difference in lost]
            found.append(Importance(name, float(np.mean(worse)), min(worse), max(worse)))
    found.sort(key=lambda importance: -importance.mean)
    n_left_out = len(names) - len(found)
    return Importances(metric.name, value, rows.n, REPEATS, tuple(found), n_left_out)


def _measure(model: Model, rows: Rows) -> tuple[Metric | None, float]:
    """Return the first metric that is defined, with its value."""
    predictions = predictions_of(model, rows)
    metrics = {metric.name: metric for metric in metrics_for(predictions)}
    for name in MEASURES:
        if name in metrics and np.isfinite(value := metrics[name].value(predictions)):
            return metrics[name], value
    return None, np.nan


def _shuffled(table: Table, name: str, order: Array) -> Table:
    """Return the table with the values of one column in another order."""
    if name in table.others:
        return replace(table, others={**table.others, name: table.others[name][order]})
    index = table.schema.number_index[name]
    numbers = np.array(table.numbers)
    numbers[:, index] = numbers[order, index]
    exact = {key: column[order] if key == name else column for key, column in table.exact.items()}
    return replace(table, numbers=numbers, exact=exact)
