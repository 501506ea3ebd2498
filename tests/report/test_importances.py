"""Importances: as theory predicts for a linear target, 0 for noise, within the time."""

from __future__ import annotations

import numpy as np
import pytest

import glassnet
from glassnet.data.rows import Rows
from glassnet.data.tables.assembly import table_of
from glassnet.errors import DataNotice
from glassnet.report import importances as module
from glassnet.report import permutation_importances


@pytest.fixture(scope="module")
def linear():
    """y = 2 a + b, which the model learns almost exactly; "same" is constant, "kind" is noise."""
    rng = np.random.default_rng(0)
    n = 1_500
    columns = {
        "same": np.ones(n),
        "b": rng.normal(size=n),
        "kind": np.array(["p", "q"], dtype=object)[rng.integers(0, 2, n)],
        "a": rng.normal(size=n),
    }
    y = 2.0 * columns["a"] + columns["b"]
    with pytest.warns(DataNotice, match="'same' is left out"):
        model = glassnet.fit(columns, y, glassnet.Plan(hidden_layer_sizes=(32,), max_epochs=60))
    return model, Rows(table_of(columns), y)


def test_importances_are_what_theory_says(linear):
    """Shuffling a column of weight w adds 2 w^2 var(x) to the squared error of a linear model.

    So R2 falls by that over var(y).
    """
    model, part = linear
    found = permutation_importances(model, part)
    assert (found.metric, found.n_rows, found.n_left_out) == ("R2", 1_500, 0)
    assert [one.column for one in found.columns[:2]] == ["a", "b"]
    by_name = {one.column: one for one in found.columns}
    variance = np.var(part.y)
    assert by_name["a"].mean == pytest.approx(
        2 * 4.0 * np.var(part.X.column("a")) / variance, rel=0.1
    )
    assert by_name["b"].mean == pytest.approx(
        2 * 1.0 * np.var(part.X.column("b")) / variance, rel=0.1
    )
    assert "same" not in by_name
    assert abs(by_name["kind"].mean) < 0.01
    assert all(one.least <= one.mean <= one.most for one in found.columns)


def test_dates_are_shuffled_as_numbers_are():
    rng = np.random.default_rng(0)
    days, noise = rng.integers(0, 500, 400), rng.normal(size=400)
    columns = {"noise": noise, "day": np.datetime64("2026-01-01") + days.astype("timedelta64[D]")}
    model = glassnet.fit(
        columns, days * 1.0, glassnet.Plan(hidden_layer_sizes=(16,), max_epochs=30)
    )
    found = permutation_importances(model, Rows(table_of(columns), days * 1.0))
    assert [one.column for one in found.columns] == ["day", "noise"]
    assert found.columns[0].mean > 1.0


def test_data_stay_as_they_are(linear):
    model, part = linear
    before = np.array(part.X.numbers)
    permutation_importances(model, part)
    assert (before == part.X.numbers).all()


def test_same_seed_same_importances_whatever_time_is_left(linear, monkeypatch):
    model, part = linear
    whole = {one.column: one for one in permutation_importances(model, part).columns}
    clock = iter([0.0, 0.0, 0.0, 5.0])
    monkeypatch.setattr(module.time, "perf_counter", lambda: next(clock))
    cut = permutation_importances(model, part, seconds=1.0)
    assert cut.n_left_out == 1
    assert {one.column: one for one in cut.columns} == {name: whole[name] for name in ("b", "kind")}


def test_many_rows_are_sampled(linear, monkeypatch):
    model, part = linear
    monkeypatch.setattr(module, "MAX_ROWS", 100)
    assert permutation_importances(model, part).n_rows == 100


def test_classes_lose_log_loss_and_one_class_has_none():
    X = np.random.default_rng(0).normal(size=(200, 2))
    y = np.where(X[:, 1] > 0, "p", "q").astype(object)
    plan = glassnet.Plan(hidden_layer_sizes=(8,), max_epochs=30)
    model = glassnet.fit(X, y, plan)
    found = permutation_importances(model, Rows(table_of(X), y))
    assert found.metric == "log loss"
    assert found.columns[0].column == "x1"
    assert found.columns[0].mean > 0.5
    alone = glassnet.fit(X, np.full(200, "p", dtype=object), plan)
    assert (
        permutation_importances(alone, Rows(table_of(X), np.full(200, "p", dtype=object))) is None
    )


def test_sparse_tables_have_importances():
    from scipy.sparse import csr_array

    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 3)) * (rng.random((200, 3)) < 0.5)
    model = glassnet.fit(
        csr_array(X), X[:, 2], glassnet.Plan(hidden_layer_sizes=(8,), max_epochs=40)
    )
    assert (
        permutation_importances(model, Rows(table_of(csr_array(X)), X[:, 2])).columns[0].column
        == "x2"
    )
