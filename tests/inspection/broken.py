"""Tables and plans with one fault each, and the verdict that must name it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet import Plan

N = 400
Columns = dict[str, Any]


def table(n: int = N, seed: int = 0) -> Columns:
    """Five columns of which a bent function is the target."""
    rng = np.random.default_rng(seed)
    X = rng.uniform(-1.0, 1.0, (n, 5))
    y = np.sin(3 * X[:, 0]) + X[:, 1] * X[:, 2] + 0.5 * X[:, 3] + 0.1 * rng.normal(size=n)
    return {**{f"x{i}": X[:, i] for i in range(5)}, "y": y}


def leaking() -> Columns:
    good = table()
    return good | {"late": 3.0 * good["y"] + 0.01 * np.random.default_rng(1).normal(size=N)}


def twice() -> Columns:
    return {name: np.tile(values, 2) for name, values in table(N // 2).items()}


def outlying() -> Columns:
    good = table()
    good["x1"] = np.where(np.arange(N) % 50 == 7, 1e6, good["x1"])
    return good


def far_off() -> Columns:
    good = table()
    good["y"] = np.where(np.arange(N) % 20 == 3, good["y"] + 30.0, good["y"])
    return good


def plan(**settings: Any) -> Plan:
    """A small network, as the recipe "plain" trains it."""
    given = {"recipe": "plain", "hidden_layer_sizes": (24, 24), "max_epochs": 40, **settings}
    return Plan(**given)


@dataclass(frozen=True)
class Broken:
    """A table and a plan, the code that must be found, and the setting that it must change."""

    code: str
    make: Callable[[], Columns]
    plan: Plan
    setting: str
    severity: str = "warning"


BROKEN = [
    Broken("GN101", leaking, plan(), "drop", "error"),
    Broken("GN102", lambda: table() | {"same": np.ones(N)}, plan(), "drop", "note"),
    Broken("GN103", lambda: table() | {"cm": table()["x0"] * 2.54}, plan(), "drop"),
    Broken("GN105", outlying, plan(), "recipe.scaling"),
    Broken("GN106", twice, plan(), "", "error"),
    Broken("GN107", far_off, plan(validation_fraction=0.3), "loss"),
    Broken("GN111", lambda: table(30), plan(max_epochs=None), "hidden_layer_sizes"),
    Broken("GN201", table, plan(learning_rate=3.0, schedule="constant"), "learning_rate", "error"),
    Broken("GN202", table, plan(learning_rate=1e-6), "learning_rate"),
    Broken("GN203", table, plan(max_epochs=1, learning_rate=2e-3), "max_epochs"),
    Broken("GN303", table, plan(hidden_layer_sizes=(16,) * 9, activation="sigmoid"), "activation"),
]
