"""Tables of all kinds of columns, and models of all kinds that answer for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

import glassnet
from glassnet import (
    Dense,
    GlassNetClassifier,
    GlassNetRegressor,
    MLPClassifier,
    MLPRegressor,
    Network,
    Plan,
)
from glassnet.losses import Quantile
from glassnet.model import Model
from tests.laws.tables import CUBE
from tests.storage.models import CASES, build

N = 120


def mixed() -> dict[str, Any]:
    """Numbers, a category, a boolean and dates, with missing values in each."""
    rng = np.random.default_rng(8)
    days = np.datetime64("2024-01-01") + rng.integers(0, 700, N).astype("m8[D]")
    sold = days.astype(object)
    sold[::17] = None
    size, age = rng.normal(30.0, 9.0, N), rng.normal(5.0, 2.0, N)
    age[::9] = np.nan
    color = rng.choice(np.array(["red", "green", "blue", "grey"], object), N)
    color[::11] = None
    new = rng.random(N) > 0.5
    return {
        "size": size,
        "age": age,
        "color": color.tolist(),
        "new": [None if i % 13 == 5 else bool(v) for i, v in enumerate(new)],
        "sold": sold.tolist(),
    }


def price(table: dict[str, Any]) -> Any:
    red = np.array([color == "red" for color in table["color"]])
    age = np.nan_to_num(table["age"], nan=5.0)
    return table["size"] * np.where(red, 2.0, 1.0) - age**2


def unusual(table: dict[str, Any]) -> dict[str, Any]:
    """Five rows, some with a new level, missing values, or numbers out of range."""
    rows = {name: list(column[:5]) for name, column in table.items()}
    rows["color"][0], rows["age"][1], rows["size"][2] = "never seen", np.nan, 500.0
    return rows


def _fitted(target: Callable[[dict[str, Any]], Any], **plan: Any) -> Any:
    def make() -> tuple[Model, Any, Any]:
        table = mixed()
        settings = {"max_epochs": 2, "seed": 0} | plan
        y = target(table)
        model = glassnet.fit(table, y, Plan(**settings))
        return model, unusual(table), table

    return make


def _estimator(estimator: Any, y: Callable[[Any], Any]) -> Any:
    def make() -> tuple[Model, Any, Any]:
        X = np.random.default_rng(3).normal(size=(N, 4))
        return estimator.fit(X, y(X)).model_, X[:5], X

    return make


def _stored(name: str) -> Any:
    def make() -> tuple[Model, Any, Any]:
        model, table = build(name)
        return model, table.take(slice(0, 5)), table

    return make


def _own_activation() -> tuple[Model, Any, Any]:
    """Something of one's own, which the reference engine runs."""
    model, table = build("squared")
    network = Network([Dense(3, CUBE), Dense(1)], model.encoder.n_features, seed=1)
    model = replace(model, network=network)
    assert model.engine.name == "reference"
    return model, table.take(slice(0, 5)), table


def _eight_columns() -> tuple[Model, Any, Any]:
    X = np.random.default_rng(5).normal(size=(400, 8))
    y = X[:, 0] * X[:, 1] * X[:, 2] + np.maximum(X[:, 3] + X[:, 4], X[:, 5]) + X[:, 6]
    return glassnet.fit(X, y, Plan(recipe="plain", max_epochs=30, seed=0)), X[:5], X


def _labels(table: dict[str, Any]) -> Any:
    return np.array(["low", "middle", "high"])[np.digitize(price(table), [10.0, 40.0])]


@dataclass(frozen=True)
class Kind:
    """make : returns a model, five rows for it, and a background."""

    make: Callable[[], tuple[Model, Any, Any]]


#: Every layer, loss and task with random weights; every recipe; the estimators.
KINDS: dict[str, Kind] = {
    **{f"stored {name}": Kind(_stored(name)) for name in CASES},
    "plain, numbers": Kind(_fitted(price, recipe="plain")),
    "plain, two classes": Kind(_fitted(lambda t: price(t) > 20.0, recipe="plain")),
    "fast, three classes": Kind(_fitted(_labels, recipe="fast")),
    "standard, numbers": Kind(_fitted(price, recipe="standard")),
    "standard, three classes": Kind(_fitted(_labels, recipe="standard")),
    "best, two classes": Kind(_fitted(lambda t: price(t) > 20.0, recipe="best", max_epochs=1)),
    "embedded categories": Kind(
        _fitted(price, recipe=glassnet.Recipe(max_one_hot=2, hidden_layer_sizes=(8,)))
    ),
    "quantiles": Kind(_fitted(price, recipe="plain", loss=Quantile((0.1, 0.5, 0.9)))),
    "two targets": Kind(_fitted(lambda t: np.column_stack([price(t), t["size"]]), recipe="fast")),
    "multilabel": Kind(
        _fitted(
            lambda t: np.column_stack([price(t) > 20.0, t["size"] > 30.0]).astype(int),
            recipe="fast",
        )
    ),
    "own activation": Kind(_own_activation),
    "eight columns": Kind(_eight_columns),
    "GlassNetClassifier": Kind(
        _estimator(GlassNetClassifier(max_epochs=2, random_state=0), lambda X: X[:, 0] > 0.0)
    ),
    "GlassNetRegressor": Kind(
        _estimator(GlassNetRegressor(max_epochs=2, random_state=0), lambda X: X[:, 0] * X[:, 1])
    ),
    "MLPClassifier": Kind(
        _estimator(
            MLPClassifier(hidden_layer_sizes=(8,), max_iter=200, tol=1.0, random_state=0),
            lambda X: np.digitize(X[:, 0], [-0.5, 0.5]),
        )
    ),
    "MLPRegressor": Kind(
        _estimator(
            MLPRegressor(hidden_layer_sizes=(8,), max_iter=200, tol=100.0, random_state=0),
            lambda X: X[:, 0] * X[:, 1],
        )
    ),
}
