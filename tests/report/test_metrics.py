"""Scores agree with scikit-learn's, with ties, absent classes and weights."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as theirs

from glassnet.report import metrics
from glassnet.report.metrics import METRICS, scores
from glassnet.report.predictions import Predictions
from tests.report.drawn import classified, measured

SEEDS = range(40)


def binary_or_macro_auc(p):
    k = p.P.shape[1]
    classes = [1] if k == 2 else range(k)
    areas = [
        theirs.roc_auc_score(p.truth == c, p.P[:, c], sample_weight=p.weight)
        for c in classes
        if 0 < (p.truth == c).sum() < p.n_rows
    ]
    return np.mean(areas)


def balanced_accuracy(p):
    return theirs.balanced_accuracy_score(p.truth, p.values, sample_weight=p.weight)


CLASS_ORACLES = {
    "accuracy": lambda p: theirs.accuracy_score(p.truth, p.values, sample_weight=p.weight),
    "AUC": binary_or_macro_auc,
    "log loss": lambda p: theirs.log_loss(
        p.truth, p.P, labels=np.arange(p.P.shape[1]), sample_weight=p.weight
    ),
}
NUMBER_ORACLES = {
    "R2": lambda p: theirs.r2_score(p.truth, p.values, sample_weight=p.weight),
    "RMSE": lambda p: np.mean(
        [
            theirs.mean_squared_error(y, f, sample_weight=p.weight) ** 0.5
            for y, f in zip(p.truth.T, p.values.T, strict=True)
        ]
    ),
    "MAE": lambda p: theirs.mean_absolute_error(p.truth, p.values, sample_weight=p.weight),
}


def test_table_and_oracles_name_the_same_metrics():
    assert set(METRICS) == {*CLASS_ORACLES, *NUMBER_ORACLES, "balanced accuracy"}
    assert all(name == metric.name for name, metric in METRICS.items())


@pytest.mark.parametrize("seed", SEEDS)
def test_scores_of_classes_are_those_of_scikit_learn(seed):
    p = classified(seed)
    found = scores(p)
    for name, oracle in CLASS_ORACLES.items():
        assert found[name] == pytest.approx(oracle(p), rel=1e-12, abs=1e-14), name
    if set(p.values) <= set(p.truth):  # it warns of a class that is predicted and never true
        assert found["balanced accuracy"] == pytest.approx(balanced_accuracy(p), rel=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_scores_of_numbers_are_those_of_scikit_learn(seed):
    p = measured(seed)
    found = scores(p)
    for name, oracle in NUMBER_ORACLES.items():
        assert found[name] == pytest.approx(oracle(p), rel=1e-12), name


@pytest.mark.parametrize("draw", [classified, measured])
@pytest.mark.parametrize("seed", range(8))
def test_row_of_weight_two_is_two_rows(seed, draw):
    p = draw(seed + 1 if seed % 4 == 0 else seed)  # without weights
    twice = np.repeat(np.arange(p.n_rows), 1 + np.arange(p.n_rows) % 2)
    weight = 1.0 + np.arange(p.n_rows) % 2
    if not p.is_classification:
        repeated, weighted = (
            Predictions.of_numbers(p.truth[i], p.values[i], w)
            for i, w in ((twice, None), (slice(None), weight))
        )
    else:
        repeated, weighted = (
            Predictions.of_classes(p.truth[i], p.P[i], w)
            for i, w in ((twice, None), (slice(None), weight))
        )
    assert scores(weighted) == pytest.approx(scores(repeated), rel=1e-12)


@pytest.mark.parametrize("seed", range(20))
def test_auc_of_two_classes_is_the_same_for_either(seed):
    p = classified(seed, k=2)
    swapped = Predictions.of_classes(1 - p.truth, p.P[:, ::-1], p.weight)
    turned = Predictions.of_classes(1 - p.truth, p.P, p.weight)
    assert METRICS["AUC"].value(swapped) == pytest.approx(METRICS["AUC"].value(p), abs=1e-12)
    assert METRICS["AUC"].value(turned) == pytest.approx(1.0 - METRICS["AUC"].value(p), abs=1e-12)


def test_what_is_not_defined_is_left_out():
    only = Predictions.of_classes(np.zeros(3, int), np.ones((3, 1)))
    assert scores(only) == {"accuracy": 1.0, "balanced accuracy": 1.0}
    one_kind = Predictions.of_classes(np.zeros(3, int), np.tile([0.4, 0.6], (3, 1)))
    assert "AUC" not in scores(one_kind)
    constant = Predictions.of_numbers(np.full(2, 3.0), np.array([1.0, 2.0]))
    assert scores(constant) == {"RMSE": pytest.approx(2.5**0.5), "MAE": 1.5}


def test_resample_of_one_row_has_no_r2():
    p = measured(2, n=30, m=1)
    columns = list(METRICS["R2"].columns(p))
    whole, sums = (
        np.array([column[i].sum() for column in columns]) for i in (slice(None), [3] * 30)
    )
    assert np.isnan(METRICS["R2"].combine(sums, whole))


def test_auc_of_many_classes_is_left_out():
    k = metrics.MAX_AUC_CLASSES
    assert "AUC" in scores(classified(1, n=200, k=k))
    assert "AUC" not in scores(classified(1, n=200, k=k + 1))


def test_certain_and_wrong_costs_much_but_not_endlessly():
    p = Predictions.of_classes(np.array([1, 0]), np.array([[1.0, 0.0], [1.0, 0.0]]))
    assert METRICS["log loss"].value(p) == pytest.approx(-0.5 * np.log(metrics.EPS), rel=1e-6)


@pytest.mark.parametrize(
    ("metric", "value", "text"),
    [
        ("accuracy", 0.97531, "97.5 %"),
        ("balanced accuracy", -0.00004, "0.0 %"),
        ("AUC", -0.0001, "0.000"),
        ("log loss", 1.23456, "1.235"),
        ("RMSE", 21_134.6, "21,130"),
        ("RMSE", 297.81, "297.8"),
        ("MAE", 1.5e-7, "1.5e-07"),
        ("MAE", 1.5e12, "1.5e+12"),
    ],
)
def test_scores_as_they_are_read(metric, value, text):
    assert metrics.format_score(metric, value) == text
