"""What the tests of fitting share: a small table with numbers, categories and gaps, and a plan that
is quick."""

from typing import Any

import numpy as np

from glassnet import fitting
from glassnet.data.tables.assembly import table_of
from glassnet.data.tables.table import Table
from glassnet.fitting import Session, TrainingTable
from glassnet.training.plan import Plan

Array = np.ndarray[Any, np.dtype[Any]]

QUICK: dict[str, Any] = {
    "recipe": "plain",
    "hidden_layer_sizes": (8,),
    "max_epochs": 20,
    "batch_size": 16,
    "learning_rate": 0.02,
    "early_stopping": False,
}


def quick(**changed: Any) -> Plan:
    return Plan(**{**QUICK, **changed})


def columns(n: int = 120, seed: int = 0) -> dict[str, Any]:
    """Columns with gaps in both kinds, and the score by which targets are made."""
    rng = np.random.default_rng(seed)
    size, age = rng.normal(50.0, 10.0, n), rng.normal(0.0, 1e-3, n)
    island = rng.choice(["Biscoe", "Dream", "Torgersen"], n).astype(object)
    size[::17], island[::13] = np.nan, None
    return {"size": size.tolist(), "island": island.tolist(), "age": age.tolist()}


def score(table: dict[str, Any]) -> Array:
    shift = {"Biscoe": 1.0, "Dream": -1.0, "Torgersen": 0.0, None: 0.5}
    return (
        np.nan_to_num((np.array(table["size"]) - 50.0) / 10.0)
        + 1e3 * np.array(table["age"])
        + [shift[i] for i in table["island"]]
    )


def begin_session(
    table: Table,
    values: Any,
    plan: Plan,
    *,
    names: tuple[str, ...] = ("y",),
    sample_weight: Any = None,
    groups: Any = None,
    time: Any = None,
    task: str | None = None,
    **others: Any,
) -> Session:
    """The session of a fit on a table as it is, without a review of its columns."""
    data = TrainingTable(table, values, names, sample_weight, groups, time, task=task)
    return fitting.begin(data, plan, **others)


def begin(table: Any, values: Any, plan: Plan, **changed: Any) -> Session:
    return begin_session(table_of(table), values, plan, **changed)
