"""Configurations of scikit-learn's two perceptrons on real tables, for the parity tests."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from sklearn import datasets
from sklearn.preprocessing import OneHotEncoder, StandardScaler

Array = np.ndarray[Any, np.dtype[Any]]
Settings = dict[str, Any]
Configuration = tuple[str, Settings]
PENGUINS = Path(__file__).parents[2] / "examples" / "penguins.csv"


def penguins() -> tuple[Array, Array]:
    """The rows without gaps: four numbers and two categories; the species."""
    with PENGUINS.open(newline="", encoding="utf-8") as file:
        rows = [
            row
            for row in csv.DictReader(file)
            if "" not in row.values() and "NA" not in row.values()
        ]
    numbers = [
        [
            float(row[name])
            for name in ("bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g")
        ]
        for row in rows
    ]
    categories = OneHotEncoder(sparse_output=False).fit_transform(
        [[row["island"], row["sex"]] for row in rows]
    )
    return np.hstack([numbers, categories]), np.array([row["species"] for row in rows])


def digits() -> tuple[Array, Array]:
    X, y = datasets.load_digits(return_X_y=True)
    return X[:500], y[:500]


def several_labels() -> tuple[Array, Array]:
    """Wine: is it of the first class, is its alcohol above the mean."""
    X, y = datasets.load_wine(return_X_y=True)
    return X[:, 1:], np.column_stack([y == 0, X[:, 0] > X[:, 0].mean()]).astype(int)


def diabetes() -> tuple[Array, Array]:
    X, y = datasets.load_diabetes(return_X_y=True)
    return X, (y - y.mean()) / y.std()


def linnerud() -> tuple[Array, Array]:
    X, y = datasets.load_linnerud(return_X_y=True)
    return X, StandardScaler().fit_transform(y)


def counts() -> tuple[Array, Array]:
    """Diabetes with a target of small whole numbers, for the Poisson loss."""
    X, y = datasets.load_diabetes(return_X_y=True)
    return X, np.floor(y / 50.0)


TABLES: dict[str, Callable[[], tuple[Array, Array]]] = {
    "iris": lambda: datasets.load_iris(return_X_y=True),
    "wine": lambda: datasets.load_wine(return_X_y=True),
    "cancer": lambda: datasets.load_breast_cancer(return_X_y=True),
    "digits": digits,
    "penguins": penguins,
    "several labels": several_labels,
    "diabetes": diabetes,
    "linnerud": linnerud,
    "counts": counts,
}
REGRESSION = {"diabetes", "linnerud", "counts"}


@cache
def table(name: str) -> tuple[Array, Array]:
    X, y = TABLES[name]()
    return StandardScaler().fit_transform(X), y


SGD: Settings = {"solver": "sgd", "learning_rate_init": 0.05}
STOP: Settings = {
    "early_stopping": True,
    "validation_fraction": 0.2,
    "n_iter_no_change": 2,
    "tol": 1e-2,
    "max_iter": 60,
}
LBFGS: Settings = {"solver": "lbfgs", "alpha": 0.1, "max_iter": 20}


def rates() -> Iterator[Configuration]:
    """Every way of sgd, each on the next table."""
    tables = ("iris", "cancer", "diabetes", "wine", "linnerud", "penguins", "several labels")
    n = 0
    for rate in ("constant", "invscaling", "adaptive"):
        for momentum, nesterov in ((0.0, False), (0.0, True), (0.9, False), (0.9, True)):
            more = (
                {"power_t": 0.2}
                if rate == "invscaling"
                else {"tol": 0.02, "n_iter_no_change": 2}
                if rate == "adaptive"
                else {}
            )
            yield (
                tables[n % len(tables)],
                SGD
                | more
                | {"learning_rate": rate, "momentum": momentum, "nesterovs_momentum": nesterov},
            )
            n += 1


# A configuration is the table and what differs from 20 epochs of the default.
STEPS: list[Configuration] = [
    *rates(),
    *((name, {}) for name in TABLES if name != "counts"),
    ("counts", {"loss": "poisson"}),
    ("counts", SGD | {"loss": "poisson", "learning_rate_init": 0.01, "activation": "tanh"}),
    *(
        (name, {"activation": activation})
        for name in ("cancer", "diabetes")
        for activation in ("identity", "logistic", "tanh")
    ),
    *(
        (name, SGD | {"activation": activation})
        for name in ("iris", "several labels")
        for activation in ("identity", "logistic", "tanh")
    ),
    ("wine", {"beta_1": 0.5, "beta_2": 0.9}),
    ("iris", {"beta_1": 0.0, "beta_2": 0.0}),
    ("cancer", {"epsilon": 1e-2}),
    ("linnerud", {"epsilon": 1e-4, "learning_rate_init": 0.01}),
    *(
        (name, {"hidden_layer_sizes": sizes})
        for name in ("wine", "diabetes")
        for sizes in ((), 7, (12, 6), (16, 8, 4))
    ),
    ("cancer", SGD | {"hidden_layer_sizes": (8, 8, 8), "activation": "tanh"}),
    *(
        (name, {"batch_size": size})
        for name, size in (
            ("iris", 32),
            ("penguins", 32),
            ("diabetes", 442),
            ("iris", 149),
            ("linnerud", 50),
        )
    ),
    ("several labels", {"batch_size": 1}),
    *((name, {"alpha": alpha}) for name in ("wine", "diabetes") for alpha in (0.0, 1.0)),
    ("cancer", SGD | {"alpha": 1.0, "batch_size": 50}),
    *((name, {"shuffle": False, "batch_size": 32}) for name in ("cancer", "linnerud", "penguins")),
    ("digits", {"hidden_layer_sizes": (30,), "batch_size": 64}),
    ("digits", SGD | {"hidden_layer_sizes": (20, 10)}),
    ("cancer", STOP),
    ("penguins", STOP | {"learning_rate_init": 0.02}),
    ("several labels", STOP | {"learning_rate_init": 0.02}),
    ("diabetes", STOP | {"learning_rate_init": 0.02}),
    ("wine", STOP | SGD | {"learning_rate": "adaptive"}),
    ("iris", {"tol": 0.05, "n_iter_no_change": 1, "learning_rate_init": 0.02, "max_iter": 60}),
    ("diabetes", {"tol": 0.02, "n_iter_no_change": 3, "learning_rate_init": 0.02, "max_iter": 60}),
]

# Answers so wrong that their probability is clipped; in float32 scikit-learn itself moves by a
# hundredth here.
CLIPPED: list[Configuration] = [
    (name, {"learning_rate_init": 2.0, "activation": "identity", "alpha": 0.0})
    for name in ("wine", "cancer", "several labels")
]

WEIGHTED: list[Configuration] = [
    ("cancer", {}),
    ("iris", SGD | {"momentum": 0.0, "batch_size": 50}),
    ("several labels", {"alpha": 1.0}),
    ("diabetes", SGD | {"learning_rate": "adaptive"}),
    ("linnerud", {}),
    ("counts", {"loss": "poisson"}),
    ("penguins", STOP | {"learning_rate_init": 0.02}),
    ("diabetes", STOP | {"learning_rate_init": 0.02}),
]

PARTIAL: list[Configuration] = [
    ("cancer", {}),
    ("iris", SGD),
    ("penguins", SGD | {"learning_rate": "invscaling", "batch_size": 16}),
    ("several labels", {"random_state": None}),
    ("diabetes", SGD | {"learning_rate": "adaptive", "tol": 1.0, "n_iter_no_change": 1}),
    ("linnerud", {"shuffle": False}),
    ("counts", {"loss": "poisson"}),
]

WARM: list[Configuration] = [
    ("cancer", {}),
    ("iris", SGD | {"learning_rate": "invscaling", "power_t": 0.2}),
    ("diabetes", {"tol": 0.02, "n_iter_no_change": 2, "learning_rate_init": 0.02}),
    ("several labels", {"max_iter": 5}),
]

# L-BFGS doubles a rounding error in every few steps of a problem with many minima: scikit-learn
# itself ends 1e-3 away under another BLAS kernel after hundreds of them. So few steps, or a problem
# with one minimum.
MINIMA: list[Configuration] = [
    *(
        (name, LBFGS)
        for name in (
            "iris",
            "wine",
            "cancer",
            "digits",
            "penguins",
            "several labels",
            "diabetes",
            "linnerud",
        )
    ),
    ("counts", LBFGS | {"loss": "poisson"}),
    *(
        (name, LBFGS | {"activation": a})
        for name in ("cancer", "diabetes")
        for a in ("identity", "logistic", "tanh")
    ),
    *(
        (name, LBFGS | {"hidden_layer_sizes": (), "max_iter": 500})
        for name in ("iris", "cancer", "digits", "several labels", "diabetes", "linnerud")
    ),
    ("counts", LBFGS | {"hidden_layer_sizes": (), "max_iter": 500, "loss": "poisson"}),
    ("wine", LBFGS | {"max_fun": 12}),
]


def words(name: str, settings: Settings) -> str:
    return ", ".join([name, *(f"{key} {value}" for key, value in settings.items())]) or name


def identify(configurations: list[Configuration]) -> list[str]:
    return [words(*configuration) for configuration in configurations]


def estimator_of(home: Any, name: str, settings: Settings) -> Any:
    """An unfitted estimator of `home`, which is glassnet or sklearn.neural_network."""
    kind = "MLPRegressor" if name in REGRESSION else "MLPClassifier"
    return getattr(home, kind)(
        **{"hidden_layer_sizes": (16,), "max_iter": 20, "random_state": 3} | settings
    )


def weights_for(n: int) -> Array:
    """Of rows: some are nothing, some count twice or thrice."""
    return np.random.default_rng(0).integers(0, 4, n) * 0.75
