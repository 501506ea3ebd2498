"""A row of weight 2 counts as two rows and one of weight 0 as none, for every loss."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from glassnet import GlassNetClassifier, GlassNetRegressor
from glassnet.losses import LOSSES, CustomLoss, Quantile

RNG = np.random.default_rng(0)
N = 40
FULL: dict[str, Any] = {
    "recipe": "plain",
    "hidden_layer_sizes": 16,
    "max_epochs": 30,
    "learning_rate": 0.02,
}
FULL |= {"batch_size": 10_000, "dtype": "float64", "random_state": 0, "activation": "tanh"}
WEIGHT = RNG.integers(0, 4, N)
X = pd.DataFrame(
    {
        "size": np.where(RNG.random(N) < 0.15, np.nan, RNG.standard_normal(N)),
        "age": RNG.uniform(0, 90, N),
        "island": np.array(["Dream", "Biscoe", "Torgersen", None], dtype=object)[
            RNG.integers(0, 4, N)
        ],
    }
)
# What a row of weight 0 holds must leave no trace: a level, an outlier, a gap in a column that has
# none elsewhere.
X.loc[WEIGHT == 0, ["island", "size"]] = ["Nowhere", 1e9]
X.loc[np.flatnonzero(WEIGHT == 0)[0], "age"] = np.nan
TWO = RNG.integers(0, 2, N)
THREE = np.array(["a", "b", "c"])[RNG.integers(0, 3, N)]
NUMBER = RNG.uniform(0.1, 5.0, N) + np.where(WEIGHT == 0, 1e4, 0.0)

CASES = {
    "squared": (GlassNetRegressor, NUMBER, {}),
    "squared, several": (
        GlassNetRegressor,
        np.column_stack([NUMBER, -(NUMBER**2)]),
        {"loss": "squared"},
    ),
    "absolute": (GlassNetRegressor, NUMBER, {}),
    "huber": (GlassNetRegressor, NUMBER, {}),
    "quantile": (GlassNetRegressor, NUMBER, {}),
    "quantile, several": (GlassNetRegressor, NUMBER, {"loss": Quantile((0.1, 0.5, 0.9))}),
    "poisson": (GlassNetRegressor, NUMBER, {}),
    "gamma": (GlassNetRegressor, NUMBER, {}),
    "tweedie": (GlassNetRegressor, NUMBER, {}),
    "custom": (
        GlassNetRegressor,
        NUMBER,
        {"loss": CustomLoss(lambda Z, y: (np.log(np.cosh(Z - y)), np.tanh(Z - y)))},
    ),
    "logistic": (GlassNetClassifier, TWO, {}),
    "logistic, balanced": (
        GlassNetClassifier,
        TWO,
        {"loss": "logistic", "class_weight": "balanced"},
    ),
    "logistic, several": (
        GlassNetClassifier,
        np.column_stack([TWO, THREE == "a"]).astype(int),
        {"loss": "logistic"},
    ),
    "softmax": (GlassNetClassifier, THREE, {}),
    "softmax, weighed and smoothed": (
        GlassNetClassifier,
        THREE,
        {"loss": "softmax", "class_weight": {"a": 1, "b": 2, "c": 3}, "label_smoothing": 0.1},
    ),
    "softmax, balanced, lbfgs": (
        GlassNetClassifier,
        THREE,
        {
            "loss": "softmax",
            "class_weight": "balanced",
            "optimizer": "lbfgs",
            "learning_rate": None,
            "max_epochs": 10,
            "l2": 0.01,
        },
    ),
    "squared, layer normalization and clipping": (
        GlassNetRegressor,
        NUMBER,
        {"loss": "squared", "normalization": "layer", "clip_norm": 0.5},
    ),
}


def answers(estimator: Any) -> Any:
    X_known = X[WEIGHT > 0]
    return (
        estimator.predict_proba(X_known)
        if hasattr(estimator, "predict_proba")
        else estimator.predict(X_known)
    )


def test_every_loss_has_a_case() -> None:
    assert {name.partition(",")[0] for name in CASES} >= set(LOSSES)


@pytest.mark.parametrize("name", CASES)
def test_weights_are_repetitions(name: str) -> None:
    kind, y, settings = CASES[name]
    settings = FULL | {"loss": name} | settings if name in LOSSES else FULL | settings
    weighted = kind(**settings).fit(X, y, sample_weight=WEIGHT)
    rows = np.repeat(np.arange(N), WEIGHT)
    repeated = kind(**settings).fit(X.iloc[rows], y[rows])
    assert weighted.model_.encoder.feature_names == repeated.model_.encoder.feature_names
    np.testing.assert_allclose(
        weighted.model_.encoder.numbers.mean, repeated.model_.encoder.numbers.mean, rtol=1e-12
    )
    np.testing.assert_allclose(
        weighted.model_.encoder.numbers.scale, repeated.model_.encoder.numbers.scale, rtol=1e-12
    )
    np.testing.assert_allclose(
        weighted.model_.target.scale, repeated.model_.target.scale, rtol=1e-12
    )
    np.testing.assert_allclose(answers(weighted), answers(repeated), rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(
        weighted.history_["training_loss"], repeated.history_["training_loss"], rtol=1e-7
    )


HARD = {
    "normalization": "batch",
    "dropout": 0.2,
    "batch_size": 8,
    "dtype": "float32",
    "early_stopping": True,
}


@pytest.mark.parametrize(
    "settings",
    [{}, HARD],
    ids=["full batches", "mini-batches, dropout, batch statistics, a split, float32"],
)
@pytest.mark.parametrize("kind", [GlassNetClassifier, GlassNetRegressor])
def test_a_weight_of_zero_is_an_absent_row_to_the_bit(kind: Any, settings: dict[str, Any]) -> None:
    y = TWO if kind is GlassNetClassifier else NUMBER
    kept = WEIGHT > 0
    weighted = kind(**FULL | settings).fit(X, y, sample_weight=WEIGHT)
    absent = kind(**FULL | settings).fit(X[kept], y[kept], sample_weight=WEIGHT[kept])
    assert np.array_equal(answers(weighted), answers(absent))


@pytest.mark.parametrize("kind", [GlassNetClassifier, GlassNetRegressor])
def test_only_the_ratio_of_weights_counts(kind: Any) -> None:
    y = TWO if kind is GlassNetClassifier else NUMBER
    one = kind(**FULL).fit(X, y, sample_weight=WEIGHT)
    other = kind(**FULL).fit(X, y, sample_weight=1e6 * WEIGHT)
    np.testing.assert_allclose(answers(one), answers(other), rtol=1e-7, atol=1e-9)


def test_a_class_of_weight_zero_keeps_its_place() -> None:
    classifier = GlassNetClassifier(**FULL).fit(
        X, THREE, sample_weight=(THREE != "b").astype(float)
    )
    assert classifier.classes_.tolist() == ["a", "b", "c"]
    assert classifier.predict_proba(X)[:, 1].max() < 1e-3


@pytest.mark.parametrize(
    ("weight", "says"),
    [
        (np.zeros(N), "(weight.*zero)|(zero.*weight)"),
        (-np.ones(N), "Negative values in data passed to `sample_weight`"),
        (np.full(N, np.nan), "Input sample_weight contains NaN"),
        (np.ones(N - 1), r"sample_weight.shape == \(39,\), expected \(40,\)"),
    ],
)
def test_bad_weights_are_refused(weight: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        GlassNetClassifier(**FULL).fit(X, TWO, sample_weight=weight)
