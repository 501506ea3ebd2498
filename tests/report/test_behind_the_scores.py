"""Details of an evaluation: classes, confusion, calibration and residuals."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as theirs

from glassnet.report.classes import (
    MAX_CONFUSED,
    OTHERS,
    calibration_curve,
    class_scores,
    confusion_matrix,
)
from glassnet.report.metrics import scores
from glassnet.report.predictions import Predictions
from glassnet.report.residuals import MAX_POINTS, summarize_residuals
from tests.report.drawn import classified, measured

SEEDS = range(24)


def labels(p):
    return [f"class {c}" for c in range(p.P.shape[1])]


@pytest.mark.parametrize("seed", SEEDS)
def test_classes_are_those_of_scikit_learn(seed):
    p = classified(seed)
    k = p.P.shape[1]
    options = {
        "labels": np.arange(k),
        "average": None,
        "sample_weight": p.weight,
        "zero_division": 0,
    }
    precision, recall = (
        theirs.precision_score(p.truth, p.values, **options),
        theirs.recall_score(p.truth, p.values, **options),
    )
    f1 = theirs.f1_score(p.truth, p.values, **options)
    for c, row in enumerate(class_scores(p, labels(p))):
        assert (row.label, row.rows) == (f"class {c}", (p.truth == c).sum())
        assert row.precision == pytest.approx(precision[c])
        assert (row.recall, row.f1) == (
            (pytest.approx(recall[c]), pytest.approx(f1[c])) if row.rows else (None, None)
        )


@pytest.mark.parametrize("seed", SEEDS)
def test_confusion_is_that_of_scikit_learn(seed):
    p = classified(seed)
    found = confusion_matrix(p, labels(p))
    assert found.labels == tuple(labels(p))
    assert found.counts == tuple(
        map(
            tuple,
            theirs.confusion_matrix(p.truth, p.values, labels=np.arange(p.P.shape[1])).tolist(),
        )
    )


def test_rare_classes_of_many_are_counted_together():
    p = classified(1, n=500, k=40)
    found = confusion_matrix(p, labels(p))
    assert len(found.labels) == len(found.counts) == MAX_CONFUSED
    assert found.labels[-1] == OTHERS
    assert np.sum(found.counts) == 500
    often = np.argsort(-np.bincount(p.truth), kind="stable")[: MAX_CONFUSED - 1]
    assert set(found.labels[:-1]) == {f"class {c}" for c in often}
    for i, c in enumerate(sorted(often)):
        assert sum(found.counts[i]) == (p.truth == c).sum()


@pytest.mark.parametrize("seed", SEEDS)
def test_calibration_counts_every_row_once(seed):
    p = classified(seed)
    found = calibration_curve(p)
    assert sum(one.rows for one in found.bins) == p.n_rows
    assert [one.low for one in found.bins[1:]] == [one.high for one in found.bins[:-1]]
    for one in found.bins:
        assert (one.confidence is None) == (one.frequency is None) == (one.rows == 0)
        assert one.rows == 0 or one.low - 1e-12 <= one.confidence <= one.high + 1e-12
    assert 0.0 <= found.error <= 1.0


def test_calibration_error_by_hand():
    p = Predictions.of_classes(
        np.array([0, 0, 1, 0]), np.array([[0.85, 0.15], [0.85, 0.15], [0.85, 0.15], [1.0, 0.0]])
    )
    found = calibration_curve(p)
    assert (found.bins[8].rows, found.bins[8].confidence, found.bins[8].frequency) == (
        3,
        pytest.approx(0.85),
        pytest.approx(2 / 3),
    )
    assert found.bins[9].rows == 1  # 1.0 is in the last bin
    assert found.error == pytest.approx(0.75 * (0.85 - 2 / 3))


def test_honest_probabilities_are_calibrated():
    rng = np.random.default_rng(0)
    P = rng.dirichlet(np.ones(3), 40_000)
    truth = (rng.random((40_000, 1)) > P.cumsum(axis=1)).sum(axis=1)
    assert calibration_curve(Predictions.of_classes(truth, P)).error < 0.012
    sharpened = P**3 / (P**3).sum(axis=1, keepdims=True)
    assert calibration_curve(Predictions.of_classes(truth, sharpened)).error > 0.1


@pytest.mark.parametrize("seed", SEEDS)
def test_residuals(seed):
    p = measured(seed)
    names = [f"t{j}" for j in range(p.truth.shape[1])]
    found = summarize_residuals(p, names)
    assert [one.target for one in found] == names
    for j, one in enumerate(found):
        e = p.values[:, j] - p.truth[:, j]
        assert one.mean == pytest.approx(np.average(e, weights=p.weight))
        assert one.deviation**2 + one.mean**2 == pytest.approx(np.average(e**2, weights=p.weight))
        assert one.deviation**2 + one.mean**2 == pytest.approx(one.scores["RMSE"] ** 2)
        assert sum(one.counts) == p.n_rows
        assert len(one.edges) == len(one.counts) + 1
        assert one.edges[0] <= 0.0 <= one.edges[-1]
        assert list(one.quantiles) == sorted(one.quantiles)
        assert (one.quantiles[0], one.quantiles[-1]) == (e.min(), e.max())
        assert {b for _, b in one.points} <= set(p.values[:, j])
        assert len(one.points) == min(p.n_rows, MAX_POINTS)
    mean = {name: np.mean([one.scores[name] for one in found]) for name in scores(p)}
    assert scores(p) == pytest.approx(mean, rel=1e-9)


def test_no_error_at_all_has_a_histogram():
    y = np.arange(10.0)
    (found,) = summarize_residuals(Predictions.of_numbers(y, y), ["y"])
    assert sum(found.counts) == 10
    assert np.diff(found.edges).min() > 0.0


def test_one_odd_residual_does_not_squash_the_histogram():
    y = np.zeros(1000)
    e = np.random.default_rng(0).normal(size=1000)
    e[0] = 1e6
    (found,) = summarize_residuals(Predictions.of_numbers(y, y + e), ["y"])
    assert found.edges[-1] < 10.0
    assert found.counts[-1] >= 1
    assert found.quantiles[-1] == pytest.approx(1e6)
