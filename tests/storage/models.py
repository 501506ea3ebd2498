"""Models to store: every layer, loss and task, both dtypes, sparse input, missing values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from glassnet.data.coding.encoder import Encoder
from glassnet.data.coding.target import Target
from glassnet.data.review.reference import Reference
from glassnet.data.tables.assembly import table_of
from glassnet.data.tables.dialect import Dialect
from glassnet.data.tables.schema import Form
from glassnet.data.tables.table import Table
from glassnet.layers import BatchNorm, Dense, Dropout, LayerNorm, Residual, RMSNorm
from glassnet.losses import (
    Absolute,
    Gamma,
    Huber,
    Logistic,
    Poisson,
    Quantile,
    Softmax,
    Squared,
    Tweedie,
)
from glassnet.model import Model
from glassnet.network import Network
from tests.storage.test_plain import LAYERS_WITH_NAMES

N = 40


def numbers() -> Table:
    return table_of(np.random.default_rng(0).normal(size=(N, 4)))


def gappy() -> Table:
    rng = np.random.default_rng(1)
    age = rng.normal(40.0, 9.0, N)
    age[::7] = np.nan
    island = rng.choice(np.array(["Dream", "Biscoe", 'ü, "x"\n'], dtype=object), N)
    island[::5] = None
    return table_of(
        {"age": age, "island": island.tolist(), "empty": np.full(N, np.nan), "constant": np.ones(N)}
    )


def still() -> Table:
    """Columns that never varied, each in its way; of the months the cosine alone did not."""
    months = np.array(["2024-02-01", "2024-12-01"], "M8[us]")[np.arange(N) % 2]
    gaps = np.arange(N) % 3 == 0
    return table_of(
        {
            "moved": np.random.default_rng(4).normal(size=N),
            "month": months,
            "day": np.full(N, "2024-05-01", "M8[us]"),
            "yes": [True] * N,
            "no": [None if gap else False for gap in gaps],
            "level": ["x"] * N,
        }
    )


def written() -> Table:
    """Columns as people write them: each has a form of its own."""
    rng = np.random.default_rng(5)
    days = [f"{1 + i % 28:02d}/{1 + i % 12:02d}/20{10 + i % 9}" for i in range(N)]
    texts = {
        "price": [f"${value:,.2f}" for value in rng.uniform(500.0, 5000.0, N)],
        "share": [f"{value:.1f}".replace(".", ",") + "%" for value in rng.uniform(0.0, 100.0, N)],
        "opens": [f"{7 + i % 5}:30 AM" for i in range(N)],
        "sold": days,
        "country": ["NA", "NO", None, "DE"] * (N // 4),
    }
    return table_of(texts, types={"country": "category"})


def sparse() -> Table:
    from scipy.sparse import random_array

    return table_of(random_array((N, 6), density=0.3, rng=np.random.default_rng(2), format="csr"))


def floats() -> Any:
    return np.random.default_rng(3).gamma(2.0, 3.0, N)


def labels(*names: Any) -> Any:
    return np.array(names, dtype=object if isinstance(names[0], str) else None)[
        np.arange(N) % len(names)
    ]


@dataclass(frozen=True)
class Case:
    table: Callable[[], Table]
    values: Any
    loss: Any
    n_outputs: int
    hidden: tuple[Any, ...] = (Dense(3, "tanh"),)
    task: str | None = None
    dtype: str = "float32"
    forms: tuple[Form, ...] = ()
    dialect: Dialect | None = None


CASES = {
    "binary": Case(gappy, labels("no", "yes"), Logistic(), 1),
    "binary, one class": Case(numbers, labels("yes"), Logistic(), 1),
    "binary by softmax": Case(numbers, labels(0, 1), Softmax(0.1), 2),
    "booleans": Case(numbers, labels(False, True), Logistic(0.2), 1),
    "multiclass": Case(gappy, labels("a", "b", "c"), Softmax(), 3, dtype="float64"),
    "floats for labels": Case(numbers, labels(0.5, 1.5, 2.5), Softmax(), 3, task="multiclass"),
    "multilabel": Case(numbers, np.eye(3, dtype=int)[np.arange(N) % 3], Logistic(), 3),
    "squared": Case(gappy, floats(), Squared(), 1),
    "two targets": Case(
        numbers, np.column_stack([floats(), floats()]), Squared(), 2, dtype="float64"
    ),
    "absolute": Case(numbers, floats(), Absolute(), 1),
    "huber": Case(numbers, floats(), Huber(0.3), 1),
    "one quantile": Case(numbers, floats(), Quantile(), 1),
    "quantiles of two targets": Case(
        numbers, np.column_stack([floats(), floats()]), Quantile((0.1, 0.5, 0.9)), 6
    ),
    "poisson": Case(numbers, floats(), Poisson(), 1),
    "gamma": Case(numbers, floats(), Gamma(), 1),
    "tweedie": Case(numbers, floats(), Tweedie(1.3), 1, hidden=(Dense(3), RMSNorm())),
    "sparse": Case(sparse, labels("a", "b"), Logistic(), 1),
    "linear": Case(gappy, floats(), Squared(), 1, hidden=()),
    "no trained tensor last": Case(
        numbers, floats(), Squared(), 1, hidden=(Dense(3), BatchNorm(), Dropout(0.5), LayerNorm())
    ),
    "written": Case(
        written,
        floats(),
        Squared(),
        1,
        forms=(Form(unit="%"),),
        dialect=Dialect(
            delimiter=";",
            encoding="cp1252",
            decimal=",",
            missing=["-"],
            skip_rows=[1, 3],
            comment="#",
            dates="dmy",
        ),
    ),
    "still": Case(still, floats(), Squared(), 1),
    "nested": Case(
        numbers,
        floats(),
        Squared(),
        1,
        hidden=(Residual([Dense(4), Residual([BatchNorm()])]),),
        dtype="float64",
    ),
    **{
        f"layer {name}": Case(numbers, floats(), Squared(), 1, hidden=(layer,))
        for name, layer in LAYERS_WITH_NAMES.items()
    },
}


def build(name: str) -> tuple[Model, Table]:
    """A model of that row, with random weights and statistics, and a table for it."""
    case = CASES[name]
    table = case.table()
    encoder = Encoder.fit(table)
    target = replace(Target.fit(case.values, task=case.task), forms=case.forms)
    network = Network(
        [*case.hidden, Dense(case.n_outputs)], encoder.n_features, seed=7, dtype=case.dtype
    )
    rng = np.random.default_rng(11)
    network.parameters.theta[...] = rng.normal(0.0, 0.3, network.parameters.theta.shape)
    network.parameters.statistics[...] = rng.uniform(0.5, 1.5, network.parameters.statistics.shape)
    for tensor, values in network.parameters.items():
        is_valid = network.parameters.spec(tensor).is_valid
        if is_valid and not is_valid(values):
            values.sort()  # edges of bins rise
    record = {
        "rows": N,
        "ended": "all epochs done",
        "history": {"gradient_norm": [0.1, np.nan, np.inf], "lr": (np.float32(0.5), 1)},
    }
    return Model(
        encoder,
        target,
        network,
        case.loss,
        record,
        dialect=case.dialect,
        reference=Reference.of(table, encoder),
    ), table
