"""Intervals hold the score, shrink with the rows, agree with a plain bootstrap, and cover."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, log_loss, r2_score, roc_auc_score

from glassnet.report import bootstrap
from glassnet.report.bootstrap import exact_interval, interval, resample_scores
from glassnet.report.metrics import METRICS, scores
from glassnet.report.predictions import Predictions
from tests.report.drawn import classified, measured


@pytest.mark.parametrize("draw", [classified, measured])
@pytest.mark.parametrize("seed", range(40))
def test_intervals_contain_the_score(seed, draw):
    p = draw(seed)
    (found,) = resample_scores([p], resamples=200)
    assert found.values == scores(p)
    for score in found.scores():
        assert score.low is None or score.low <= score.value <= score.high, score
        assert (
            (score.low is None)
            == (score.high is None)
            == (np.nanstd(found.resamples[score.name]) < 1e-12 and score.name != "accuracy")
        )
        assert METRICS[score.name].unit == score.unit


def plain_bootstrap(p, score, resamples=500, seed=1):
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, p.n_rows, (resamples, p.n_rows))
    return np.quantile(
        [score(p.truth[i], p.values[i], p.P[i] if p.is_classification else None) for i in rows],
        [0.025, 0.975],
    )


@pytest.mark.parametrize(
    ("p", "name", "score"),
    [
        (classified(1, n=400, k=2), "AUC", lambda y, f, P: roc_auc_score(y, P[:, 1])),
        (classified(2, n=300, k=3), "AUC", lambda y, f, P: roc_auc_score(y, P, multi_class="ovr")),
        (
            classified(1, n=400, k=4),
            "balanced accuracy",
            lambda y, f, P: balanced_accuracy_score(y, f),
        ),
        (classified(1, n=400, k=4), "log loss", lambda y, f, P: log_loss(y, P)),
        (measured(1, n=400, m=2), "R2", lambda y, f, P: r2_score(y, f)),
        (measured(2, n=400, m=1), "RMSE", lambda y, f, P: np.sqrt(np.mean((y - f) ** 2))),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_intervals_are_those_of_scores_taken_anew_on_each_resample(p, name, score):
    found = next(s for s in resample_scores([p])[0].scores() if s.name == name)
    low, high = plain_bootstrap(p, score)
    width = high - low
    assert abs(found.low - low) < 0.12 * width
    assert abs(found.high - high) < 0.12 * width


def test_same_seed_same_intervals():
    p = classified(5)
    first, again, other = (resample_scores([p], seed=seed)[0].scores() for seed in (3, 3, 4))
    assert first == again
    assert first != other


def test_those_who_are_compared_share_their_resamples():
    p = measured(3, n=50)
    ours, theirs = resample_scores([p, p])
    for name, values in ours.resamples.items():
        np.testing.assert_allclose(values, theirs.resamples[name], rtol=1e-12)


def test_groups_of_rows_give_intervals_of_the_same_width(monkeypatch):
    p = classified(1, n=4_000, k=3)
    alone = resample_scores([p])[0].scores()
    monkeypatch.setattr(bootstrap, "MAX_GROUPS", 1_000)
    grouped = resample_scores([p])[0].scores()
    for a, b in zip(alone, grouped, strict=True):
        assert a.value == b.value
        assert b.high - b.low == pytest.approx(a.high - a.low, rel=0.15)


def test_rows_in_order_of_their_class_make_no_difference_to_groups(monkeypatch):
    monkeypatch.setattr(bootstrap, "MAX_GROUPS", 500)
    right = np.arange(4_000) < 3_000
    p = Predictions.of_classes(
        np.zeros(4_000, int), np.where(right[:, None], [0.9, 0.1], [0.1, 0.9])
    )
    found = resample_scores([p])[0].scores()[0]
    assert found.high - found.low == pytest.approx(
        2 * 1.96 * np.sqrt(0.75 * 0.25 / 4_000), rel=0.15
    )


def test_resamples_without_a_class_are_left_out():
    truth = np.r_[np.ones(1, int), np.zeros(9, int)]
    p = Predictions.of_classes(
        truth,
        np.c_[np.linspace(0.3, 0.7, 10), np.linspace(0.7, 0.3, 10)][[4, 0, 1, 2, 3, 5, 6, 7, 8, 9]],
    )
    assert np.isnan(resample_scores([p])[0].resamples["AUC"]).mean() == pytest.approx(
        0.9**10, abs=0.05
    )
    assert all(score.low is not None for score in resample_scores([p])[0].scores())


@pytest.mark.parametrize(
    ("value", "bounds"), [(0.7, (0.5, 0.7)), (0.2, (0.2, 0.5)), (0.5, (0.5, 0.5))]
)
def test_interval_is_widened_to_hold_the_score(value, bounds):
    assert interval(np.full(9, 0.5), value) == bounds


def test_nothing_drawn_has_no_bounds():
    assert interval(np.full(3, np.nan), 0.5) == (None, None)


@pytest.mark.parametrize("n", [1, 10, 300])
def test_accuracy_without_a_mistake_has_the_interval_of_clopper_and_pearson(n):
    from scipy.stats import binomtest

    p = Predictions.of_classes(np.zeros(n, int), np.tile([0.9, 0.1], (n, 1)))
    wrong = Predictions.of_classes(np.ones(n, int), np.tile([0.9, 0.1], (n, 1)))
    for predictions, right in ((p, n), (wrong, 0)):
        score = resample_scores([predictions], resamples=20)[0].scores()[0]
        theirs = binomtest(right, n).proportion_ci(0.95, method="exact")
        assert (score.low, score.high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)
    assert exact_interval(1.0, n)[1] == 1.0


def coverage(draw, truths, samples, n):
    """How often the interval of each score holds the true one."""
    hits = dict.fromkeys(truths, 0)
    for seed in range(samples):
        for score in resample_scores(
            [draw(np.random.default_rng(seed), n)], seed=seed, resamples=400
        )[0].scores():
            hits[score.name] += score.low <= truths[score.name] <= score.high
    return {name: hit / samples for name, hit in hits.items()}


def binary(rng, n):
    z = rng.normal(0.0, 1.5, n)
    p = 1.0 / (1.0 + np.exp(-z))
    return Predictions.of_classes((rng.random(n) < p).astype(int), np.c_[1 - p, p])


def noisy(rng, n):
    y = rng.normal(size=n)
    return Predictions.of_numbers(y, 0.8 * y + rng.normal(0.0, 0.5, n))


@pytest.mark.parametrize("draw", [binary, noisy])
def test_intervals_cover_the_truth_as_often_as_they_say(draw):
    truths = scores(draw(np.random.default_rng(999), 1_000_000))
    found = coverage(draw, truths, samples=200, n=150)
    # Of 200 intervals 190 are expected to hold the truth; by chance seldom below 182. The bootstrap
    # is known to be a little short.
    assert all(0.905 <= share <= 0.985 for share in found.values()), found


@pytest.mark.slow
@pytest.mark.parametrize("draw", [binary, noisy])
@pytest.mark.parametrize("n", [100, 1_000])
def test_intervals_cover_in_many_samples(draw, n):
    truths = scores(draw(np.random.default_rng(999), 2_000_000))
    found = coverage(draw, truths, samples=600, n=n)
    assert all(0.92 <= share <= 0.975 for share in found.values()), found
