"""Intervals: they hold the share of rows that they promise, are as wide as the noise is where they
are, and come back from a file."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import glassnet
from glassnet.cli import main
from glassnet.errors import SettingError
from glassnet.fitting.conformal import learning_rows, order_statistics, residual_ratio
from glassnet.fitting.splits import Splits
from glassnet.intervals import (
    QUANTILES,
    Intervals,
    center_and_quantiles,
    middle_and_spreads,
    scores_of,
)
from glassnet.losses import Quantile, Squared
from glassnet.training.plan import Plan
from glassnet.training.recipes import STANDARD_FOR_NUMBERS

SMALL = replace(
    STANDARD_FOR_NUMBERS, members=3, hidden_layer_sizes=(16,), max_epochs=16, min_epochs=16
)
COVERAGES = (0.5, 0.8, 0.9, 0.95)


def noisy(n: int, seed: int = 0) -> tuple[Any, Any]:
    """Numbers whose noise is three times as large on one side, and skewed."""
    rng = np.random.default_rng(seed)
    X = rng.uniform(-1.0, 1.0, (n, 3))
    return X, 10.0 + 5.0 * np.sin(2.0 * X[:, 0]) + np.where(X[:, 1] > 0.0, 3.0, 1.0) * (
        rng.exponential(1.0, n) - 1.0
    )


@pytest.mark.parametrize("n", [39, 100, 999])
@pytest.mark.parametrize("coverage", COVERAGES)
def test_of_one_row_more_the_share_promised_lies_within(n: int, coverage: float) -> None:
    """Of n + 1 scores in random order the last lies between two ranks with a probability known
    beforehand: count it over all places."""
    intervals = Intervals(None, np.arange(n)[:, np.newaxis] + 0.5, np.ones(1))
    low, high = (float(bound[0, 0]) for bound in intervals.around(np.zeros((1, 1)), None, coverage))
    places = np.arange(n + 1)  # the new row lies below so many of the others
    share = np.mean((places > low) & (places <= high))
    assert coverage - 1e-9 <= share <= coverage + 2.0 / (n + 1)


def test_wider_coverage_holds_the_narrower() -> None:
    rng = np.random.default_rng(0)
    intervals = Intervals(None, np.sort(rng.normal(size=(500, 2)), axis=0), np.full(2, 0.1))
    center, quantiles = rng.normal(size=(7, 2)), rng.normal(size=(7, 6))
    bounds = [intervals.around(center, quantiles, coverage) for coverage in COVERAGES]
    for (low, high), (lower, higher) in pairwise(bounds):
        assert (lower <= low).all()
        assert (low <= high).all()
        assert (high <= higher).all()


def test_scores_undo_the_spreads() -> None:
    rng = np.random.default_rng(1)
    misses, quantiles, least = (
        rng.normal(size=(50, 2)),
        rng.normal(size=(50, 6)),
        np.array([0.05, 0.5]),
    )
    middle, below, above = middle_and_spreads(quantiles, misses.shape, least)
    score = scores_of(misses, quantiles, least)
    np.testing.assert_allclose(middle + score * np.where(score < 0.0, below, above), misses)
    assert (below >= least).all()
    assert (above >= least).all()


@pytest.mark.parametrize("coverage", [0.0, 1.0, -0.1, 90, True, "0.9", float("nan")])
def test_a_coverage_is_a_share(coverage: Any) -> None:
    with pytest.raises(SettingError, match=r"coverage, .* must be between 0 and 1"):
        Intervals(None, np.zeros((50, 1)), np.ones(1)).around(np.zeros((1, 1)), None, coverage)


def test_a_coverage_for_which_there_are_too_few_rows_is_refused() -> None:
    intervals = Intervals(None, np.zeros((38, 1)), np.ones(1))
    with pytest.raises(
        SettingError, match=r"38 rows were held out .* coverage of 0\.948 at most, but 0\.95"
    ):
        intervals.around(np.zeros((1, 1)), None, 0.95)
    intervals.around(np.zeros((1, 1)), None, 0.948)


def test_what_the_mean_of_members_misses_is_told_from_what_one_misses() -> None:
    rng = np.random.default_rng(2)
    n, n_members, noise = 4_000, 8, 0.7
    truth = rng.normal(size=n)
    said = truth + rng.normal(scale=noise, size=(n_members, n))  # each member errs on its own
    y = truth + rng.normal(size=n)
    members: Any = []
    misses = []
    for values in said:
        unseen = rng.permutation(n)[: n // 5]
        half = len(unseen) // 2
        scores = values[:, np.newaxis]
        splits = Splits(np.empty(0), unseen[:half], unseen[half:])
        members.append(SimpleNamespace(splits=splits, validation=None, scores=scores.__getitem__))
        misses.append((y - values)[unseen[half:], np.newaxis])
    expected = np.sqrt((1.0 + noise**2 / n_members) / (1.0 + noise**2))
    assert residual_ratio(np.concatenate(misses), members, Squared())[0] == pytest.approx(
        expected, rel=0.03
    )


def test_a_row_that_occurs_again_is_on_the_same_side() -> None:
    rows = np.random.default_rng(3).integers(0, 300, 900)
    learned = learning_rows(rows, 0)
    assert not set(rows[learned]) & set(rows[~learned])
    assert 0.3 < learned.mean() < 0.5


def test_weights_of_scores_are_repetitions() -> None:
    rng = np.random.default_rng(4)
    scores, weight = rng.normal(size=(2_000, 1)), rng.integers(1, 4, 2_000).astype(float)
    weighted, repeated = (
        order_statistics(scores, weight),
        np.sort(np.repeat(scores[:, 0], weight.astype(int))),
    )
    for share in (0.05, 0.5, 0.9):
        assert np.quantile(weighted, share) == pytest.approx(np.quantile(repeated, share), abs=0.01)
    assert len(weighted) < len(scores)
    np.testing.assert_array_equal(order_statistics(scores, None)[:, 0], np.sort(scores[:, 0]))


def test_quantiles_of_the_networks_own_lie_about_their_middle_one() -> None:
    Z = np.array([[1.0, 2.0, 4.0, 8.0, 16.0]])
    center, about = center_and_quantiles(Quantile((0.1, 0.2, 0.5, 0.8, 0.9)), Z)
    assert center.tolist() == [[4.0]]
    assert about is not None
    assert about.tolist() == [[-3.0, 0.0, 12.0]]


def test_they_hold_what_they_promise_and_follow_the_noise() -> None:
    X, y = noisy(6_000)
    model = glassnet.fit(
        X[:3_000], y[:3_000], Plan(recipe=replace(SMALL, members=6, max_epochs=64, min_epochs=64))
    )
    assert model.intervals is not None
    assert model.intervals.network is not None
    assert model.intervals.network.n_outputs == len(QUANTILES)
    n = len(X) - 3_000
    for coverage in (0.8, 0.9, 0.95):
        low, high = model.predict_interval(X[3_000:], coverage).T
        held = np.mean((y[3_000:] >= low) & (y[3_000:] <= high))
        spread = np.sqrt(
            coverage * (1.0 - coverage) * (1.0 / n + 1.0 / len(model.intervals.scores))
        )
        assert abs(held - coverage) < 3.0 * spread, coverage
    wide, narrow = (
        (high - low)[select].mean() for select in (X[3_000:, 1] > 0.1, X[3_000:, 1] < -0.1)
    )
    assert 1.5 < wide / narrow < 4.0, (
        wide,
        narrow,
    )  # 3 in truth; learned from some hundred rows it is drawn to the mean


CASES: dict[str, tuple[Any, dict[str, Any]]] = {
    "few rows": (150, {}),
    "many rows": (900, {}),
    "one member": (900, {"recipe": replace(SMALL, members=1)}),
    "quantiles": (400, {"loss": Quantile((0.1, 0.5, 0.9))}),
    "poisson": (900, {"loss": "poisson"}),
    "float64": (900, {"dtype": "float64"}),
}


@pytest.mark.parametrize("case", CASES)
def test_they_come_back_from_a_file(case: str, tmp_path: Path) -> None:
    n, settings = CASES[case]
    X, y = noisy(n)
    model = glassnet.fit(X, np.maximum(y, 0.0), Plan(**{"recipe": SMALL, **settings}))
    assert model.intervals is not None
    if case in ("few rows", "quantiles"):
        assert model.intervals.network is None
    found = model.predict_interval(X, 0.8)
    assert found.shape == (n, 2)
    assert (found[:, 0] < found[:, 1]).all()
    model.save(tmp_path / "m.glassnet")
    again = glassnet.load(tmp_path / "m.glassnet")
    np.testing.assert_array_equal(again.predict_interval(X, 0.8), found)
    again.save(tmp_path / "again.glassnet")
    assert (tmp_path / "again.glassnet").read_bytes() == (tmp_path / "m.glassnet").read_bytes()


def test_several_targets_have_an_interval_each() -> None:
    X, y = noisy(1_200)
    Y = np.c_[y, 100.0 * X[:, 2] + np.random.default_rng(5).normal(size=len(y))]
    regressor = glassnet.GlassNetRegressor(recipe=SMALL, random_state=0).fit(X[:800], Y[:800])
    found = regressor.predict_interval(X[800:])
    assert found.shape == (400, 2, 2)
    held = ((Y[800:] >= found[..., 0]) & (Y[800:] <= found[..., 1])).mean(axis=0)
    assert np.abs(held - 0.9).max() < 3.0 * np.sqrt(
        0.09 * (1.0 / 400.0 + 1.0 / len(regressor.model_.intervals.scores))
    )


def test_what_has_none_says_why() -> None:
    X, y = noisy(150)
    with pytest.raises(SettingError, match="none of its rows were held out"):
        glassnet.fit(X, y, Plan(recipe="plain", max_epochs=1)).predict_interval(X)
    regressor = glassnet.GlassNetRegressor(recipe=SMALL, random_state=0).fit(X, y)
    assert regressor.predict_interval(X).shape == (150, 2)
    with pytest.raises(SettingError, match="partial_fit has changed it since"):
        regressor.partial_fit(X, y).predict_interval(X)
    with pytest.raises(SettingError, match="use predict_proba"):
        glassnet.fit(X, y > 10.0, Plan(recipe=SMALL)).predict_interval(X)
    assert glassnet.fit(X, y, Plan(recipe="plain", max_epochs=1, calibrate=True)).predict_interval(
        X, 0.5
    ).shape == (150, 2)


def test_the_command_line_writes_bounds(tmp_path: Path) -> None:
    X, y = noisy(300)
    table = tmp_path / "t.csv"
    np.savetxt(table, np.c_[X, y], delimiter=",", header="a,b,c,price", comments="")
    glassnet.fit(str(table), "price", Plan(recipe=SMALL)).save(tmp_path / "m.glassnet")
    done = CliRunner().invoke(
        main,
        ["predict", str(tmp_path / "m.glassnet"), str(table), "--coverage", "0.8"],
        prog_name="glassnet",
    )
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[0] == "price,price_low,price_high"
    values = np.array([[float(cell) for cell in line.split(",")] for line in lines[1:]])
    assert (values[:, 1] < values[:, 2]).all()
    done = CliRunner().invoke(
        main,
        ["predict", str(tmp_path / "m.glassnet"), str(table), "--coverage", "80"],
        prog_name="glassnet",
    )
    assert done.exit_code == 2
    assert "between 0 and 1" in done.stderr
