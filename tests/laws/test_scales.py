"""Every scale gives the same answers.

Target, features and weights times powers of two, by every door, to the bit.
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix

import glassnet
from glassnet import GlassNetClassifier, GlassNetRegressor, MLPClassifier, MLPRegressor, Plan
from glassnet.errors import DataError, DataNotice
from glassnet.training.recipes import RECIPES
from tests.cli.invoked import report, run

N = 120
RNG = np.random.default_rng(0)
X = np.column_stack(
    [
        RNG.normal(size=N),
        RNG.exponential(size=N),
        100.0 + 1e-9 * RNG.normal(size=N),
        RNG.integers(0, 4, N),
    ]
)
X[::11, 1] = np.nan
WEIGHT = RNG.uniform(0.1, 3.0, N)
SCORE = X[:, 0] + np.nan_to_num(X[:, 1]) + 0.1 * RNG.normal(size=N)
LABELS = np.array(["a", "b", "c"])[np.digitize(SCORE, [0.0, 1.5])]
TARGETS = {
    "numbers": SCORE,
    "two numbers": np.column_stack([SCORE, 7.0 - SCORE**2]),
    "classes": LABELS,
}
#: What is multiplied by 2^k.
KINDS = {
    "target up": ("target", 900),
    "target down": ("target", -900),
    "target to the edge": ("target", -1000),
    "target by little": ("target", -3),
    "columns up": ("columns", 900),
    "columns down": ("columns", -900),
    "columns, each by another": ("columns", np.array([900, -900, 1000, -1000])),
    "weights up": ("weights", 1000),
    "weights down": ("weights", -1000),
}


def scaled(values: Any, k: Any) -> Any:
    return values if values.dtype.kind == "U" else np.ldexp(values, k)


def quick(name: str, **settings: Any) -> Plan:
    """The recipe of that name with a small network that learns for two epochs."""
    members = {"standard": 2, "best": 3}.get(name, 1)
    numbers = replace(
        RECIPES[name][1], members=members, hidden_layer_sizes=(8,), clip_predictions=name != "plain"
    )
    return Plan(recipe=numbers, max_epochs=2, seed=1, **settings)


def answers_of_fit(X: Any, y: Any, weight: Any, plan: Plan) -> dict[str, Any]:
    """What a model says and what its record and its evaluation hold.

    With its unit where it has one.
    """
    model = glassnet.fit(X, y, plan, sample_weight=weight)
    found: dict[str, Any] = {
        "predictions": model.predict(X),
        "members": model.predict(X, members=True),
    }
    if model.intervals:
        found["intervals"] = model.predict_interval(X, 0.5)
    history = model.training["history"]
    found["history"] = [
        history[name] for name in ("training_loss", "validation_loss", "gradient_norm", "lr")
    ]
    if model.task != "regression":
        found["probabilities"] = model.predict_proba(X)
    evaluation = glassnet.evaluate(model, X, y, weight=weight)
    found |= {
        f"{score.name}{' in units' if score.unit == 'units' else ''}": score.value
        for score in evaluation.scores
    }
    found |= {
        f"bounds of {score.name}": (score.low, score.high)
        for score in evaluation.scores
        if score.unit != "units"
    }
    found["counts of residuals"] = [one.counts for one in evaluation.residuals]
    found["judgement"] = evaluation.judgement if model.task != "regression" else ""
    beyond = model.drift(X * np.where(np.arange(N) % 7 == 0, 4.0, 1.0)[:, None])
    found["drift"] = (
        [column.outside.count for column in beyond.columns if column.outside] if beyond else []
    )
    return found


def in_unit(name: str, task: str) -> bool:
    return (
        name.endswith("in units")
        or name == "intervals"
        or (task != "classes" and name in ("predictions", "members"))
    )


DOORS: dict[str, Any] = {
    "plain, native, float32": ("numbers", {"name": "plain"}),
    "plain, reference, float64": (
        "two numbers",
        {"name": "plain", "engine": "reference", "dtype": "float64"},
    ),
    "plain, calibrated": ("numbers", {"name": "plain", "calibrate": True}),
    "fast, native": ("two numbers", {"name": "fast"}),
    "fast, reference, float32": ("numbers", {"name": "fast", "engine": "reference"}),
    "standard": ("numbers", {"name": "standard"}),
    "standard, float64": ("two numbers", {"name": "standard", "dtype": "float64"}),
    "standard, classes": ("classes", {"name": "standard"}),
    "quantiles": ("numbers", {"name": "fast", "loss": glassnet.losses.Quantile((0.1, 0.5, 0.9))}),
    "best": ("numbers", {"name": "best"}),
}
WITH_WEIGHTS = ("standard", "standard, classes", "fast, reference, float32")
#: Of a door the kinds that are quick to try; all others, and all of the other doors, are slow.
QUICK = {
    "plain, native, float32": ("target up", "target to the edge", "columns, each by another"),
    "plain, reference, float64": ("target down", "columns down"),
    "fast, reference, float32": ("target up", "weights down"),
    "standard": ("target down", "columns, each by another", "weights up"),
    "standard, classes": ("columns up", "weights down"),
}
REFERENCES: dict[tuple[str, bool], dict[str, Any]] = {}


def reference(door: str, weighted: bool) -> dict[str, Any]:
    """What a door says of the data as they are."""
    target, settings = DOORS[door]
    if (door, weighted) not in REFERENCES:
        REFERENCES[door, weighted] = answers_of_fit(
            X, TARGETS[target], WEIGHT if weighted else None, quick(**settings)
        )
    return REFERENCES[door, weighted]


CASES = [
    pytest.param(door, kind, marks=[] if kind in QUICK.get(door, ()) else [pytest.mark.slow])
    for door in DOORS
    for kind in KINDS
    if (DOORS[door][0] != "classes" or not kind.startswith("target"))
    and (not kind.startswith("weights") or door in WITH_WEIGHTS)
]


@pytest.mark.filterwarnings("ignore::glassnet.errors.DataNotice")
@pytest.mark.parametrize(("door", "kind"), CASES)
def test_a_power_of_two_changes_no_bit(door: str, kind: str) -> None:
    target, settings = DOORS[door]
    what, k = KINDS[kind]
    y, columns, weight = TARGETS[target], X, None
    if what == "target":
        y = scaled(y, k)
    elif what == "columns":
        columns = np.ldexp(X, k)
    else:
        weight = np.ldexp(WEIGHT, k)
    expected, found = (
        reference(door, what == "weights"),
        answers_of_fit(columns, y, weight, quick(**settings)),
    )
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        shift = k if what == "target" and in_unit(name, target) else 0
        wanted = np.ldexp(values, shift) if shift else values
        assert np.array_equal(wanted, found[name]), name


ESTIMATORS: dict[str, Any] = {
    "regressor": (GlassNetRegressor, {"recipe": "fast", "hidden_layer_sizes": 8, "max_epochs": 2}),
    "classifier": (
        GlassNetClassifier,
        {"recipe": "plain", "hidden_layer_sizes": 8, "max_epochs": 2, "class_weight": "balanced"},
    ),
    "MLP regressor": (MLPRegressor, {"hidden_layer_sizes": 8, "max_iter": 3, "alpha": 0.0}),
    "MLP classifier": (
        MLPClassifier,
        {"hidden_layer_sizes": 8, "max_iter": 3, "alpha": 0.0, "class_weight": "balanced"},
    ),
    "MLP classifier, lbfgs": (
        MLPClassifier,
        {"hidden_layer_sizes": 8, "max_iter": 3, "alpha": 0.0, "solver": "lbfgs"},
    ),
}


@pytest.mark.filterwarnings(
    "ignore:.*(Maximum iterations|failed to converge):sklearn.exceptions.ConvergenceWarning"
)
@pytest.mark.parametrize(
    "k",
    [
        -1040,
        pytest.param(-400, marks=pytest.mark.slow),
        pytest.param(5, marks=pytest.mark.slow),
        1020,
    ],
)
@pytest.mark.parametrize("name", ESTIMATORS)
def test_the_size_of_weights_counts_for_no_estimator(name: str, k: int) -> None:
    kind, settings = ESTIMATORS[name]
    features, y = np.nan_to_num(X[:, :2]), LABELS if "classifier" in name else SCORE
    weight = (
        np.round(WEIGHT * 2.0**20) * 2.0**-20
    )  # with few digits, of which none is lost at the small end
    answers = []
    for w in (weight, np.ldexp(weight, k)):
        one = kind(**settings, random_state=0).fit(features, y, sample_weight=w)
        said = [one.predict(features).tolist(), one.score(features, y, sample_weight=w)]
        if hasattr(one, "partial_fit"):
            one.partial_fit(features, y, sample_weight=w)
        answers.append(
            [
                *said,
                one.predict(features).tolist(),
                getattr(one, "predict_proba", one.predict)(features).tolist(),
            ]
        )
    assert answers[0] == answers[1]


def test_weights_in_training_and_validation_of_a_network() -> None:
    def losses(k: int) -> list[Any]:
        network = glassnet.Network(
            [glassnet.Dense(4, "tanh"), glassnet.Dense(1)], n_features=1, dtype="float64"
        )
        w = np.ldexp(WEIGHT, k)
        validation = (X[:, :1], SCORE, w)
        settings: dict[str, Any] = {
            "loss": "squared",
            "optimizer": "adam",
            "batch_size": 16,
            "epochs": 3,
            "validation": validation,
        }
        return [
            (e.training_loss, e.validation_loss)
            for e in glassnet.train(network, X[:, :1], SCORE, sample_weight=w, **settings)
        ]

    assert losses(-1000) == losses(0) == losses(1000)


@pytest.mark.parametrize("size", [5e-324, 1e-170, 0.3, 1.7e308])
def test_equal_weights_of_every_size_are_weights_of_one(size: float) -> None:
    plan, one, same = quick("fast"), np.ones(N), np.full(N, size)
    assert np.array_equal(
        glassnet.fit(X, SCORE, plan, sample_weight=one).predict(X),
        glassnet.fit(X, SCORE, plan, sample_weight=same).predict(X),
    )
    model = glassnet.fit(X, SCORE, plan)
    assert (
        glassnet.evaluate(model, X, SCORE, weight=same).scores
        == glassnet.evaluate(model, X, SCORE).scores
    )


def test_what_weighs_nothing_beside_the_largest_weight_leaves_no_trace() -> None:
    weight = np.where(np.arange(N) % 3 == 0, 1e-170, 1e200)
    kept = weight > 1.0
    mixed = glassnet.fit(X, SCORE, quick("fast"), sample_weight=weight)
    assert np.array_equal(
        mixed.predict(X),
        glassnet.fit(X[kept], SCORE[kept], quick("fast"), sample_weight=weight[kept]).predict(X),
    )


@pytest.mark.parametrize("kind", ["target", "columns", "weights"])
def test_the_command_line(tmp_path: Any, kind: str) -> None:
    said = []
    for k in (0, 600):
        table = pd.DataFrame(np.ldexp(X, k if kind == "columns" else 0), columns=list("abcd"))
        table["y"], table["w"] = (
            np.ldexp(SCORE, k if kind == "target" else 0),
            np.ldexp(WEIGHT, k if kind == "weights" else 0),
        )
        table.to_csv(tmp_path / "t.csv", index=False)
        options = (
            "--recipe",
            "fast",
            "--epochs",
            "2",
            "--hidden",
            "8",
            "--target",
            "y",
            "--weights",
            "w",
            "--seed",
            "0",
            "-o",
            tmp_path / "m.glassnet",
        )
        trained = report("train", tmp_path / "t.csv", *options)
        found = {score["name"]: score["value"] for score in trained["evaluation"]["scores"]}
        result = run(
            "predict", tmp_path / "m.glassnet", tmp_path / "t.csv", "-o", tmp_path / "p.csv"
        )
        assert result.exit_code == 0, result.output
        said.append((found, pd.read_csv(tmp_path / "p.csv")["y"].to_numpy()))
    (first, Y), (second, Y_scaled) = said
    shift = 600 if kind == "target" else 0
    assert np.array_equal(np.ldexp(Y, shift), Y_scaled)
    assert {
        name: np.ldexp(value, shift if name != "R2" else 0) for name, value in first.items()
    } == second


@pytest.mark.parametrize("k", [-900, 900])
def test_sparse_columns_and_a_score_to_stop_by(k: int) -> None:
    sparse = csr_matrix(np.where(np.abs(X[:, :2]) > 0.5, np.nan_to_num(X[:, :2]), 0.0))
    settings: dict[str, Any] = {
        "recipe": "plain",
        "hidden_layer_sizes": 8,
        "max_epochs": 3,
        "early_stopping": True,
        "scoring": "r2",
    }

    def answers(k: int) -> tuple[Any, list[float]]:
        regressor = GlassNetRegressor(**settings, random_state=0)
        regressor.fit(csr_matrix(sparse * 2.0**k), np.ldexp(SCORE, k))
        return np.ldexp(regressor.predict(csr_matrix(sparse * 2.0**k)), -k), regressor.history_[
            "validation_score"
        ]

    (first, scores), (second, others) = answers(0), answers(k)
    assert np.array_equal(first, second)
    assert scores == others


HUGE = 1.7e308
LIMITS: dict[str, Any] = {
    "target": (np.column_stack([X[:, 0]]), np.where(np.arange(N) == 3, HUGE, SCORE)),
    "target, several": (X, np.column_stack([SCORE, np.where(np.arange(N) == 3, -HUGE, SCORE)])),
}


@pytest.mark.parametrize("name", LIMITS)
@pytest.mark.parametrize("recipe", ["plain", "fast"])
def test_targets_near_the_largest_float_are_refused_with_a_reason(name: str, recipe: str) -> None:
    columns, y = LIMITS[name]
    with pytest.raises(
        DataError,
        match=r"target 'y1?' holds -?1.7e\+308 in row 3 .* divide the target by a constant",
    ):
        glassnet.fit(columns, y, quick(recipe))
    with pytest.raises(DataError, match="divide the target by a constant"):
        GlassNetRegressor(recipe=recipe).fit(columns, y)


def test_both_signs_of_the_largest_float_raise_no_warning_of_another() -> None:
    ends = np.where(np.arange(N) % 2 == 0, HUGE, -HUGE)
    with pytest.raises(DataError, match="divide the target by a constant"):
        GlassNetRegressor(recipe="plain").fit(X, ends)
    wide = np.column_stack([np.nan_to_num(X[:, :2]), ends])
    for kind, settings in (
        (GlassNetRegressor, {"recipe": "plain", "max_epochs": 1}),
        (GlassNetClassifier, {"recipe": "fast", "max_epochs": 1}),
    ):
        estimator = kind(**settings, random_state=0).fit(
            wide, LABELS if kind is GlassNetClassifier else SCORE
        )
        assert np.isfinite(estimator.score(wide, LABELS if kind is GlassNetClassifier else SCORE))
    for solver in ("adam", "lbfgs"):
        with pytest.raises(ValueError, match="Solver produced non-finite parameter weights"):
            MLPRegressor(hidden_layer_sizes=4, max_iter=2, solver=solver, random_state=0).fit(
                np.nan_to_num(X), ends
            )
        with pytest.raises(ValueError, match="Solver produced non-finite parameter weights"):
            MLPClassifier(hidden_layer_sizes=4, max_iter=2, solver=solver, random_state=0).fit(
                wide, LABELS
            )


@pytest.mark.parametrize("recipe", ["plain", "fast"])
def test_features_near_the_largest_float_are_answered(recipe: str) -> None:
    wide = np.column_stack([X[:, 0], X[:, 0] / np.abs(X[:, 0]).max() * HUGE])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataNotice)
        model = glassnet.fit(wide, SCORE, quick(recipe))
    Z = model.encode(wide)
    assert np.isfinite(model.predict(wide)).all()
    assert np.ptp(Z[:, 1]) > 1.0
