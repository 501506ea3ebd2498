"""Ten models of every kind that a table can ask for, trained for a moment.

Both tasks and several targets, all recipes, missing cells and levels never seen, dates, embeddings
of categories, batch normalization, quantiles and intervals.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np

import glassnet
from glassnet import Plan
from glassnet.losses import Gamma, Quantile
from glassnet.model import Model

N = 240
Table = dict[str, Any]


def numbers(rng: np.random.Generator) -> Table:
    return {"a": rng.normal(50.0, 10.0, N), "b": rng.lognormal(0.0, 1.0, N)}


def with_gaps(rng: np.random.Generator) -> Table:
    """Numbers, one with gaps and one constant, a category, a boolean, and a column of gaps."""
    table = numbers(rng)
    table["b"][rng.random(N) < 0.1] = np.nan
    level = rng.choice(["u", "v", "w", None], N, p=[0.4, 0.3, 0.2, 0.1])
    return {
        **table,
        "fixed": np.full(N, 7.0),
        "level": level.tolist(),
        "yes": (rng.random(N) < 0.5).tolist(),
        "empty": [None] * N,
    }


def with_codes(rng: np.random.Generator) -> Table:
    """Also a category with many levels, which is embedded, and a date-time."""
    start, seconds = np.datetime64("2020-01-01", "us"), rng.integers(0, 10**9, N)
    return {
        **with_gaps(rng),
        "many": [f"k{i}" for i in rng.integers(0, 25, N)],
        "day": start + seconds.astype("m8[s]"),
    }


def with_times(rng: np.random.Generator) -> Table:
    """Whole numbers beyond 2^53: times in nanoseconds."""
    times = 1_700_000_000_000_000_001 + rng.integers(0, 10**6, N)
    return {**numbers(rng), "time": times.astype(np.int64)}


def score(table: Table) -> Any:
    return table["a"] / 10.0 - np.nan_to_num(table["b"], nan=1.0)


def classes(table: Table) -> Any:
    return np.array(["low", "mid", "high"])[np.digitize(score(table), [3.0, 4.5])]


def labels(table: Table) -> Any:
    return np.column_stack([score(table) > 3.5, table["a"] > 50.0]).astype(int)


def fit(
    columns: Callable[[np.random.Generator], Table],
    target: Callable[[Table], Any],
    task: str | None = None,
    **settings: Any,
) -> Callable[[], tuple[Model, Table]]:
    def made() -> tuple[Model, Table]:
        table = columns(np.random.default_rng(0))
        plan = Plan(**{"max_epochs": 2, **settings})
        return glassnet.fit(table, target(table), plan, task=task), table

    return made


#: Name -> the model and its table, which are made when they are first asked for.
MADE: Mapping[str, Callable[[], tuple[Model, Table]]] = {
    "plain, two classes": fit(numbers, lambda t: score(t) > 3.5, recipe="plain"),
    "standard, two classes": fit(with_codes, lambda t: score(t) > 3.5),
    "standard, three classes": fit(with_gaps, classes, calibrate=True),
    "fast, three classes": fit(with_codes, classes, recipe="fast"),
    "best, number with intervals": fit(with_codes, score, recipe="best", calibrate=True),
    "fast, number beyond 2^53": fit(with_times, score, recipe="fast"),
    "batch normalization and dropout": fit(
        with_gaps, score, recipe="plain", normalization="batch", dropout=0.2
    ),
    "layer normalization, labels": fit(
        numbers, labels, "multilabel", recipe="plain", normalization="layer", activation="gelu"
    ),
    "three quantiles of two targets": fit(
        with_gaps,
        lambda t: np.column_stack([score(t), t["a"]]),
        recipe="plain",
        loss=Quantile((0.1, 0.5, 0.8)),
        early_stopping=True,
        validation_fraction=0.4,
        calibrate=True,
    ),
    "gamma, float64": fit(
        numbers, lambda t: np.exp(score(t) / 3.0), loss=Gamma(), dtype="float64", recipe="fast"
    ),
}


@cache
def made(name: str) -> tuple[Model, Table]:
    return MADE[name]()


def unusual(table: Table) -> Table:
    """Some of the rows, then a row with gaps and a row with extreme numbers and new levels."""
    rows = {name: list(column[:6]) for name, column in table.items()}
    for name, column in rows.items():
        gap = None if name in ("b", "level", "yes", "many", "empty", "day") else column[0]
        odd = {"a": -1e9, "b": 1e12, "level": "new", "many": "new", "fixed": 8.0}
        column += [gap, odd.get(name, column[1])]
    return rows


def rows_of(name: str) -> Table:
    """The rows on which a model is looked into."""
    return unusual(made(name)[1])
