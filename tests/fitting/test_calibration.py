"""Calibration: the rows of a fit are parted without overlap, and one temperature, learned on the
last part, makes probabilities honest."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

import glassnet
from glassnet.data.coding.target import Target
from glassnet.data.rows import Rows, joined_rows
from glassnet.data.tables.assembly import table_of
from glassnet.fitting.class_weights import class_weighted
from glassnet.fitting.splits import SplitColumns, make_splits
from glassnet.fitting.temperature import (
    MAX_TEMPERATURE,
    MIN_TEMPERATURE,
    calibration,
    divide_raw_scores,
    ensemble_temperature_ratio,
    probability_scores,
    temperature,
)
from glassnet.losses import Logistic, Softmax
from glassnet.report.classes import calibration_curve as of_report
from glassnet.report.predictions import Predictions
from glassnet.training.plan import Plan
from glassnet.training.recipes import STANDARD
from glassnet.training.resolved_plan import ResolvedPlan
from tests.fitting.helpers import begin_session

RNG = np.random.default_rng(0)
N = 400
X = RNG.normal(size=(N, 3))
SMALL = replace(STANDARD, members=3, hidden_layer_sizes=(8,), max_epochs=8, min_epochs=8)


def drawn(
    loss: Logistic | Softmax, n_outputs: int, T: float, n: int = 4_000, weighted: bool = False
) -> Rows:
    """Labels drawn from the probabilities of raw scores, and raw scores that are T times as
    large."""
    rng = np.random.default_rng(1)
    Z = 2.0 * rng.normal(size=(n, n_outputs))
    P = loss.predict(Z)
    y: Any = (
        (rng.random((n, n_outputs)) < P).astype(float)
        if isinstance(loss, Logistic)
        else (rng.random((n, 1)) > P.cumsum(axis=1)).sum(1)
    )
    return Rows(T * Z, y, rng.integers(1, 4, n).astype(float) if weighted else None)


LOSSES = {
    "binary": (Logistic(), 1),
    "multilabel": (Logistic(0.1), 3),
    "multiclass": (Softmax(0.1), 4),
}


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("T", [0.4, 1.0, 2.5])
@pytest.mark.parametrize("kind", LOSSES)
def test_the_temperature_is_found_again(kind: str, T: float, weighted: bool) -> None:
    loss, n_outputs = LOSSES[kind]
    held = drawn(loss, n_outputs, T, weighted=weighted)
    assert temperature(held, loss) == pytest.approx(T, rel=0.08)
    found = calibration(held, loss)
    assert found.after.log_loss <= found.before.log_loss
    assert found.n_rows == len(held.y)


@pytest.mark.parametrize("kind", LOSSES)
def test_the_temperature_is_that_of_a_minimizer(kind: str) -> None:
    loss, n_outputs = LOSSES[kind]
    held = drawn(loss, n_outputs, 1.7, n=150)
    smoothed = replace(loss, label_smoothing=1.0 / 152.0)
    best = minimize_scalar(
        lambda b: smoothed.value_and_gradient(held.X * np.exp(b), held.y)[0],
        bounds=(-3, 3),
        method="bounded",
        options={"xatol": 1e-9},
    )
    assert temperature(held, loss) == pytest.approx(np.exp(-best.x), rel=1e-6)


def test_rows_that_are_all_right_do_not_ask_for_certainty() -> None:
    Z = np.array([[3.0], [-2.0], [4.0], [-5.0]])
    found = temperature(Rows(Z, (Z > 0.0).astype(float)), Logistic())
    assert 0.2 < found < 5.0
    assert temperature(Rows(Z, (Z < 0.0).astype(float)), Logistic()) == pytest.approx(
        MAX_TEMPERATURE
    )
    assert MIN_TEMPERATURE < 1.0 < MAX_TEMPERATURE


def test_where_no_temperature_helps_there_is_none() -> None:
    held = drawn(Softmax(), 3, 1.0, n=30)
    best = Rows(held.X / temperature(held, Softmax()), held.y)
    found = calibration(Rows(best.X * (1.0 + 1e-9), best.y), Softmax())
    assert found.temperature == pytest.approx(1.0, abs=1e-6)
    assert found.after.log_loss <= found.before.log_loss


def test_the_scores_are_those_of_scikit_learn_and_of_the_report() -> None:
    from sklearn.metrics import brier_score_loss, log_loss

    for kind in ("binary", "multiclass"):
        loss, n_outputs = LOSSES[kind]
        held = drawn(loss, n_outputs, 1.5, n=500, weighted=True)
        P = loss.predict(held.X)
        P = np.hstack([1.0 - P, P]) if n_outputs == 1 else P
        y = held.y[:, 0].astype(int) if n_outputs == 1 else held.y
        found = probability_scores(held, loss)
        assert found.log_loss == pytest.approx(log_loss(y, P, sample_weight=held.weight))
        assert found.brier_score == pytest.approx(
            brier_score_loss(y, P, sample_weight=held.weight, scale_by_half=False)
        )
        assert held.weight is not None
        told = of_report(Predictions(truth=y, values=P.argmax(axis=1), weight=held.weight, P=P))
        assert found.calibration_error == pytest.approx(told.error)


TARGETS: dict[str, Any] = {
    "binary": (X[:, 0] + RNG.normal(size=N) > 0.0).astype(int),
    "multiclass": np.array(["a", "b", "c"])[
        np.clip(np.round(X[:, 0] + RNG.normal(size=N)), -1, 1).astype(int) + 1
    ],
    "multilabel": (X[:, :2] + RNG.normal(size=(N, 2)) > 0.0).astype(int),
}


@pytest.mark.parametrize("members", [1, 3])
@pytest.mark.parametrize("target", TARGETS)
def test_the_last_layer_carries_the_temperature(target: str, members: int) -> None:
    plan = Plan(
        recipe=replace(SMALL, members=members, label_smoothing=0.6), dtype="float64", seed=5
    )  # far from sure enough
    session = begin_session(table_of(X), TARGETS[target], plan)
    calibrating = [fit.calibrating() for fit in session.ensemble.fits]
    model = session.finish()
    T = model.training["calibration"]["temperature"]
    assert T != 1.0
    assert model.training["calibration"]["n_rows"] == sum(rows.n for rows in calibrating)
    divide_raw_scores(model.network, 1.0 / T)
    members_scores = np.mean(
        [fit.network.predict(model.encode(X)) for fit in session.ensemble.fits],
        axis=0,
    )
    np.testing.assert_allclose(
        model.network.predict(model.encode(X)), members_scores, rtol=1e-9, atol=1e-12
    )


@pytest.mark.parametrize("given", [{}, {"early_stopping": False}, {"validation": True}])
@pytest.mark.parametrize("calibrate", [None, False, True])
def test_no_row_has_two_offices(calibrate: bool | None, given: dict[str, Any]) -> None:
    y = TARGETS["binary"]
    plan = Plan(
        recipe=SMALL, calibrate=calibrate, early_stopping=given.get("early_stopping"), seed=2
    )
    validation = (table_of(X[:20]), y[:20]) if given.get("validation") else None
    resolved = ResolvedPlan.of(plan, N, classes=True, has_validation=validation is not None)
    columns = SplitColumns(Target.fit(y).encode(y), None, None, np.arange(N), classes=True)
    splits = make_splits(columns, resolved, has_validation=validation is not None)
    held = [splits.stopping, splits.calibrating]
    assert bool(len(held[1])) == (calibrate is True or (calibrate is None and not given))
    assert bool(len(held[0])) == (not given)
    every = np.sort(np.concatenate([splits.learning, *held]))
    np.testing.assert_array_equal(every, np.arange(N))
    if not given and calibrate is not False:
        assert abs(len(held[0]) - len(held[1])) <= 1
    if validation:
        session = begin_session(table_of(X), y, plan, validation=validation)
        assert all(fit.validation and fit.validation.rows.n == 20 for fit in session.ensemble.fits)


@pytest.mark.parametrize("by", ["groups", "time"])
def test_groups_and_times_are_kept_apart(by: str) -> None:
    y = TARGETS["binary"]
    label = np.arange(N) // 5
    plan = ResolvedPlan.of(Plan(recipe=SMALL), N, classes=True)
    groups, time = (label if by == name else None for name in ("groups", "time"))
    columns = SplitColumns(Target.fit(y).encode(y), groups, time, np.arange(N), classes=True)
    splits = make_splits(columns, plan, has_validation=False)
    stopping, calibrating = (set(label[rows]) for rows in (splits.stopping, splits.calibrating))
    assert stopping
    assert calibrating
    assert not stopping & calibrating
    if by == "time":
        assert max(stopping) < min(calibrating)


def test_one_group_held_out_stops_the_training_alone() -> None:
    label = np.repeat([0, 1], N // 2)
    model = glassnet.fit(X, TARGETS["binary"], Plan(recipe=SMALL), groups=label)
    assert "calibration" not in model.training


def test_few_rows_and_regressions_have_no_temperature() -> None:
    assert (
        "calibration"
        not in glassnet.fit(X[:60], TARGETS["binary"][:60], Plan(recipe=SMALL)).training
    )
    assert "calibration" not in glassnet.fit(X, X[:, 0] + X[:, 1], Plan(recipe=SMALL)).training


def test_weights_of_the_calibrating_rows_count() -> None:
    y = TARGETS["binary"]
    target = Target.fit(y)
    plan = Plan(recipe=SMALL, class_weight={0: 1.0, 1: 5.0})
    session = begin_session(table_of(X), y, plan)
    rows = session.ensemble.fits[0].calibrating()
    np.testing.assert_array_equal(
        rows.weight, class_weighted(None, rows.y.ravel().astype(int), target, plan.class_weight)
    )


def scores_of_members(
    n_members: int, noise: float, rng: np.random.Generator, n: int = 4_000
) -> tuple[Rows, np.ndarray]:
    """Labels drawn from known raw scores; and what members say of them, each with accidents of its
    own."""
    Z = rng.normal(0.0, 2.0, (n, 1))
    y = (rng.random((n, 1)) < 1.0 / (1.0 + np.exp(-Z))).astype(float)
    return Rows(Z, y), Z + rng.normal(0.0, noise, (n_members, n, 1))


def test_the_mean_of_members_is_cooled_to_its_own_temperature() -> None:
    """Of eight members each held out a tenth of the rows; the mean of all is judged on others."""
    rng = np.random.default_rng(4)
    held, says = scores_of_members(8, 1.5, rng)
    rows = [np.sort(rng.choice(4_000, 800, replace=False)) for _ in says]
    parts = [Rows(Z[own], held.y[own]) for own, Z in zip(rows, says, strict=True)]
    member_temperature = temperature(joined_rows(parts), Logistic())
    fresh, told = scores_of_members(8, 1.5, rng, 50_000)
    best = temperature(replace(fresh, X=told.mean(axis=0)), Logistic())
    assert member_temperature > 1.3 * best
    assert member_temperature * ensemble_temperature_ratio(
        rows, parts, Logistic()
    ) == pytest.approx(best, rel=0.1)


def test_one_member_and_members_that_agree_are_not_cooled() -> None:
    rng = np.random.default_rng(5)
    held, says = scores_of_members(3, 0.0, rng)
    rows = [np.arange(0, 2_000), np.arange(1_000, 3_000), np.arange(2_000, 4_000)]
    parts = [Rows(Z[own], held.y[own]) for own, Z in zip(rows, says, strict=True)]
    assert ensemble_temperature_ratio(rows, parts, Logistic()) == pytest.approx(1.0)
    assert ensemble_temperature_ratio(rows[:1], parts[:1], Logistic()) == 1.0
    assert (
        ensemble_temperature_ratio([rows[0], rows[2]], [parts[0], parts[2]], Logistic()) == 1.0
    )  # no row in common
