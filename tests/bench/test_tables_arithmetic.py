"""The arithmetic of the benchmark of tables, on numbers made up: splits, measures, means, ranks,
win rates."""

from __future__ import annotations

from itertools import pairwise
from xml.etree import ElementTree as ET

import comparison
import measures
import numpy as np
import plot
import pytest
import sets
import splits
from sklearn import metrics

LINES = {
    (name, seed, learner): {"set": name, "seed": seed, "learner": learner, "error": error}
    for (name, seed), errors in {
        ("a", 0): (0.1, 0.2, 0.2),
        ("a", 1): (0.3, 0.2, 0.4),
        ("b", 0): (0.0, 0.0, 0.5),
    }.items()
    for learner, error in zip("xyz", errors, strict=True)
}


def test_the_sets_alternate_between_developing_and_reporting():
    for names in (sets.CLASSIFICATION, sets.REGRESSION):
        assert list(names) == sorted(set(names))
        assert [name in sets.DEVELOPED_ON for name in names] == [
            i % 2 == 0 or name in sets.LOOKED_AT for i, name in enumerate(names)
        ]
        assert [name in sets.REPORTED_ON for name in names] == [
            name not in sets.DEVELOPED_ON for name in names
        ]
    assert not set(sets.APART) & {*sets.CLASSIFICATION, *sets.REGRESSION}


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_split_takes_its_share_of_every_class(seed):
    classes = np.repeat([0, 1, 2, 3], [30_000, 2_000, 10, 1])
    train, test = splits.split(len(classes), classes, seed)
    again = splits.split(len(classes), classes, seed)
    assert all(np.array_equal(a, b) for a, b in zip((train, test), again, strict=True))
    assert not set(train) & set(test)
    assert np.bincount(classes[test], minlength=4).tolist() == [6000, 400, 2, 0]
    assert np.bincount(classes[train]).tolist() == [
        5623,
        375,
        4,
        1,
    ]  # 6000 / 25609 of the rest, four of a class where there are


def test_a_split_without_classes_is_drawn_anew_by_each_seed():
    train, test = splits.split(1000, None, 0)
    assert (len(train), len(test)) == (800, 200)
    assert sorted([*train, *test]) == list(range(1000))
    assert set(test) != set(splits.split(1000, None, 1)[1])
    assert len(splits.split(1000, None, 0, most=100)[0]) == 100


@pytest.mark.parametrize("n_classes", [2, 4])
def test_measures_of_probabilities_are_those_of_scikit_learn(n_classes):
    generator = np.random.default_rng(0)
    y = generator.integers(n_classes, size=300)
    p = generator.dirichlet(np.ones(n_classes), size=300)
    found = measures.of_probabilities(y, p)
    assert found["error"] == pytest.approx(1 - metrics.accuracy_score(y, p.argmax(axis=1)))
    assert found["log_loss"] == pytest.approx(metrics.log_loss(y, p), rel=1e-12)
    expected = (
        metrics.roc_auc_score(y, p[:, 1])
        if n_classes == 2
        else metrics.roc_auc_score(y, p, multi_class="ovr")
    )
    assert found["auc"] == pytest.approx(expected, rel=1e-12)


def test_a_certain_mistake_costs_a_finite_loss_and_a_class_that_is_not_tested_no_area():
    found = measures.of_probabilities(
        np.array([0, 1]), np.array([[0.0, 0.9, 0.1], [0.0, 1.0, 0.0]])
    )
    assert found["log_loss"] == pytest.approx(-np.log(2.0**-23) / 2)
    assert found["error"] == 0.5
    assert np.isfinite(found["auc"])


def test_measures_of_numbers():
    generator = np.random.default_rng(0)
    y, predicted = generator.normal(5, 3, 200), generator.normal(5, 3, 200)
    found = measures.of_numbers(y, predicted)
    assert found["rmse"] == pytest.approx(metrics.root_mean_squared_error(y, predicted))
    assert found["mae"] == pytest.approx(metrics.mean_absolute_error(y, predicted))
    assert found["r2"] == pytest.approx(metrics.r2_score(y, predicted))
    assert found["nrmse"] ** 2 == pytest.approx(1 - found["r2"])
    assert measures.of_numbers(y, np.full(200, y.mean()))["nrmse"] == pytest.approx(1.0)


def test_several_outputs_are_measured_in_their_own_spread():
    generator = np.random.default_rng(0)
    y, predicted = generator.normal(size=(2, 200, 3))
    units = np.array([1.0, 10.0, 1e4])
    found = measures.of_numbers(y, predicted)
    assert measures.of_numbers(y * units, predicted * units) == pytest.approx(found)
    assert found["r2"] == pytest.approx(metrics.r2_score(y, predicted))
    assert found["rmse"] == pytest.approx(found["nrmse"])


@pytest.mark.parametrize("wrong", [np.full(3, np.nan), np.zeros((3, 2))])
def test_predictions_of_no_use_are_refused(wrong):
    with pytest.raises(ValueError, match=r"finite|shape"):
        measures.of_numbers(np.arange(3.0), wrong)


def test_only_complete_blocks_are_compared():
    assert comparison.blocks(LINES, "xyz", "error").sets == ("a", "a", "b")
    broken = LINES | {("a", 1, "z"): {"failed": "crashed"}}
    assert comparison.blocks(broken, "xyz", "error").sets == ("a", "b")
    assert comparison.blocks(broken, "xy", "error").sets == ("a", "a", "b")
    assert comparison.blocks(
        {key: line for key, line in LINES.items() if key != ("b", 0, "y")}, "xyz", "error"
    ).sets == ("a", "a")


def test_means_ranks_and_win_rates_by_hand():
    found = comparison.blocks(LINES, "xyz", "error")
    # x: 0.2 on a and 0 on b: the root of 0.21 * 0.01, less the shift.
    expected = [
        np.sqrt(0.21 * 0.01) - 0.01,
        np.sqrt(0.21 * 0.01) - 0.01,
        np.sqrt(0.31 * 0.51) - 0.01,
    ]
    assert comparison.shifted_geometric_means(found, 0.01) == pytest.approx(expected)
    logs = comparison.log_ratios(found, 0.01)
    assert logs == pytest.approx(np.log([[1.0, 1.0, 0.31 / 0.21], [1.0, 1.0, 0.51 / 0.01]]))
    # Ranks on a: x 1 and 2, y 2.5 and 1, z 2.5 and 3; on b: 1.5, 1.5, 3. Each set counts the same.
    assert comparison.mean_ranks(found) == pytest.approx([1.5, 1.625, 2.875])
    rates = comparison.win_rates(found)
    assert rates[0, 1] == pytest.approx(0.5)  # one of two on a, a tie on b
    assert rates[1, 2] == pytest.approx((0.75 + 1) / 2)  # a tie and a win on a, a win on b
    assert np.allclose((rates + rates.T)[~np.eye(3, dtype=bool)], 1.0)
    assert np.isnan(np.diag(rates)).all()


def test_a_learner_alone_has_rank_one():
    found = comparison.blocks(LINES, "z", "error")
    assert comparison.mean_ranks(found) == pytest.approx([1.0])
    assert comparison.blocks(LINES, "z", "error").within(["b"]).values.tolist() == [[0.5]]


def test_the_plot_is_svg_that_names_everyone_and_no_name_covers_another():
    points = [
        plot.Point(f"learner <{i}>", 10.0 ** (i / 9), 0.1 + 0.0001 * i, i == 0) for i in range(10)
    ]
    root = ET.fromstring(  # noqa: S314
        plot.quality_against_time(points, x_label="s", y_label="error", title="a & b")
    )
    texts = [element for element in root.iter() if element.tag.endswith("text")]
    assert {point.name for point in points} <= {element.text for element in texts}
    places = [(200.0, 50.0 + i % 3) for i in range(8)]
    at = sorted(plot.heights(places))
    assert min(np.diff(at)) >= plot.LINE


@pytest.mark.parametrize(("low", "high"), [(0.083, 0.118), (0.0, 1.0), (0.2, 0.2), (123.0, 4567.0)])
def test_ticks_hold_the_values_between_them(low, high):
    ticks = plot.nice_ticks(low, high)
    assert ticks[0] <= low <= high <= ticks[-1]
    assert 2 <= len(ticks) <= 9
    assert all(b > a for a, b in pairwise(ticks))
