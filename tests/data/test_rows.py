"""Splits, batches and toys: which rows go where, and that the same seed says the same."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glassnet.data.split import Split, split_rows
from glassnet.data.toys import circles, moons, spirals, xor
from glassnet.errors import DataError, SettingError


@settings(max_examples=100, deadline=None)
@given(st.integers(2, 300), st.floats(0.01, 0.99), st.integers(0, 2**40))
def test_a_split_is_a_partition(n, fraction, seed):
    train, held = split_rows(n, fraction, seed=seed)
    assert sorted([*train, *held]) == list(range(n))
    assert (np.diff(train) > 0).all()
    assert (np.diff(held) > 0).all()
    assert len(held) == min(max(1, round(n * fraction)), n - 1)
    assert train.dtype == held.dtype == np.int64


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.integers(0, 5), min_size=3, max_size=200), st.floats(0.05, 0.9), st.integers(0, 100)
)
def test_a_stratified_split_keeps_every_class_and_its_share(labels, fraction, seed):
    labels, n = np.array(labels), len(labels)
    classes, counts = np.unique(labels, return_counts=True)
    if len(classes) == n:
        return
    train, held = split_rows(n, fraction, seed=seed, stratify=labels)
    assert sorted([*train, *held]) == list(range(n))
    assert set(labels[train]) == set(classes)
    assert len(held) == min(max(1, round(n * fraction)), n - 1, n - len(classes))
    if counts.min() > 1 / (1 - fraction) + 1:
        share = np.array([(labels[held] == label).sum() for label in classes])
        assert np.abs(share - counts * len(held) / n).max() <= 1.0


def test_the_seed_decides():
    one, same, other = (split_rows(100, 0.3, seed=seed)[1].tolist() for seed in (1, 1, 2))
    assert one == same != other
    assert split_rows(100, 0.3, seed=np.random.SeedSequence(1))[1].tolist() == one
    labels = np.arange(100) % 3
    assert (
        split_rows(100, 0.3, seed=[1, 2], stratify=labels)[1].tolist()
        != split_rows(100, 0.3, seed=[1, 3], stratify=labels)[1].tolist()
    )


def test_splits_that_cannot_be():
    with pytest.raises(DataError, match="at least 2 rows, got 1"):
        split_rows(1, 0.5, seed=0)
    with pytest.raises(DataError, match="each of the 3 rows is the only one of its class"):
        split_rows(3, 0.5, seed=0, stratify=["a", "b", "c"])
    with pytest.raises(DataError, match=r"\(2,\)"):
        split_rows(3, 0.5, seed=0, stratify=["a", "b"])
    for fraction in (0.0, 1.0, -1, float("nan")):
        with pytest.raises(SettingError, match="between 0 and 1"):
            split_rows(10, fraction, seed=0)


def test_xor():
    X, y = xor()
    assert [int(a != b) for a, b in X] == y.tolist()


@pytest.mark.parametrize("toy", [moons, circles, spirals])
def test_toys(toy):
    X, y = toy(101, seed=1)
    assert X.shape == (101, 2)
    assert np.bincount(y).tolist() == [51, 50]
    np.testing.assert_array_equal(X, toy(101, seed=1)[0])
    assert (toy(101, seed=2)[0] != X).any()
    # Without noise the nearest neighbor of a point is of its own class: the classes are apart,
    # though no line parts them.
    X, y = toy(200, noise=0.0)
    distance = np.linalg.norm(X[:, None] - X[None], axis=2) + 1e9 * np.eye(200)
    assert (y[distance.argmin(axis=1)] == y).mean() > 0.97
    A = np.column_stack([X, np.ones(200)])
    guess = A @ np.linalg.lstsq(A, 2.0 * y - 1, rcond=None)[0] > 0
    assert (guess == y).mean() < 0.95


def test_circles_have_their_radii():
    X, y = circles(40, noise=0.0, inner=0.25)
    np.testing.assert_allclose(np.linalg.norm(X, axis=1), np.where(y == 1, 0.25, 1.0))


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.integers(0, 8), min_size=2, max_size=120).filter(lambda g: len(set(g)) > 1),
    st.floats(0.05, 0.95),
    st.integers(0, 100),
)
def test_no_group_is_on_both_sides(groups, fraction, seed):
    n, groups = len(groups), np.array(groups)
    for labels in (
        groups,
        groups * 1.5,
        groups.astype(str),
        groups.astype(str).astype(object),
        groups.astype("M8[D]"),
    ):
        train, held = split_rows(n, fraction, seed=seed, groups=labels)
        assert sorted([*train, *held]) == list(range(n))
        assert len(train)
        assert len(held)
        assert not set(groups[train]) & set(groups[held])
        # As near to the number asked for as one group more or less allows.
        assert abs(len(held) - n * fraction) <= np.bincount(groups).max() + 1
    assert held.tolist() == split_rows(n, fraction, seed=seed, groups=labels)[1].tolist()


def test_other_seeds_hold_other_groups_out():
    groups = np.repeat(np.arange(20), 5)
    assert (
        len({tuple(split_rows(100, 0.25, seed=seed, groups=groups)[1]) for seed in range(10)}) > 5
    )


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.integers(-5, 12), min_size=2, max_size=120).filter(lambda t: len(set(t)) > 1),
    st.floats(0.05, 0.95),
    st.integers(0, 100),
)
def test_the_latest_rows_are_held_out(times, fraction, seed):
    n, times = len(times), np.array(times)
    for moments in (times, times / 3, times.astype("M8[s]")):
        train, held = split_rows(n, fraction, seed=seed, time=moments)
        assert sorted([*train, *held]) == list(range(n))
        assert moments[train].max() < moments[held].min()
    wanted = min(max(1, round(n * fraction)), n - 1)
    at_the_cut = (times == times[held].min()).sum()
    assert len(held) - at_the_cut < wanted <= len(held) or times[train].max() == times.min()
    assert held.tolist() == split_rows(n, fraction, seed=seed + 1, time=moments)[1].tolist()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"groups": ["a"] * 4}, "all rows are of one group"),
        (
            {"groups": ["a", None, "b", "b"]},
            "groups to split by have 1 missing values, the first in row 1",
        ),
        (
            {"groups": [1.0, 2.0, np.nan, np.nan]},
            "groups to split by have 2 missing values, the first in row 2",
        ),
        ({"groups": ["a", "b"]}, r"the groups to split by must have shape \(4,\), got \(2,\)"),
        ({"time": [1, 1, 1, 1]}, "all rows are of one time"),
        (
            {"time": [1.0, np.nan, 2.0, 3.0]},
            "times to split by have 1 missing values, the first in row 1",
        ),
        (
            {"time": np.array(["2020", "NaT", "2021", "2022"], dtype="M8[Y]")},
            "1 missing values, the first in row 1",
        ),
        ({"time": ["a", "b", "c", "d"]}, "are text: expected numbers or date-times"),
    ],
)
def test_groups_and_times_that_split_nothing(settings, message):
    with pytest.raises(DataError, match=message):
        split_rows(4, 0.5, seed=0, **settings)


def test_one_way_to_split_at_a_time():
    with pytest.raises(SettingError, match="give one of stratify, groups and time"):
        split_rows(4, 0.5, seed=0, groups=[1, 1, 2, 2], time=[1, 2, 3, 4])


def test_the_record_of_a_split():
    rows = np.array([1, 5, 7])
    plain = Split("group", 0.1, 3, rows).to_plain()
    assert plain == {
        "by": "group",
        "fraction": 0.1,
        "seed": 3,
        "held_out": 3,
        "rows": [1, 5, 7],
        "sha256": hashlib.sha256(b"".join(i.to_bytes(8, "little") for i in (1, 5, 7))).hexdigest(),
    }
    many = Split("chance", 0.1, 3, np.arange(10_001)).to_plain()
    assert many["held_out"] == 10_001
    assert "rows" not in many
