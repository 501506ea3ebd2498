"""Contributions: they add up, and they are the Shapley values of the predictions themselves."""

from __future__ import annotations

import math
import sys
import warnings
from functools import cache
from typing import Any

import numpy as np
import pytest

import glassnet
from glassnet.errors import DataError, DataNotice, MissingDependencyError, SettingError
from glassnet.inspection.reading import read_rows
from glassnet.model import Model
from tests.inspection.tables import KINDS, mixed, price

UNITS = {"regression": ["target"]}


@cache
def made(kind: str) -> tuple[Model, Any, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of training for two epochs, and of drift
        return KINDS[kind].make()


def answers_of(model: Model, table: Any, unit: str) -> Any:
    """The numbers to explain, from the public methods alone."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataNotice)
        if unit == "target":
            return model.predict(table)
        P = model.predict_proba(table) if unit == "probability" else model.raw_scores(table)
    if model.task != "binary":
        return P.astype(float)
    if unit == "logit" and P.shape[1] == 2:
        return P[:, 1].astype(float) - P[:, 0].astype(float)
    return P[:, -1].astype(float)


@pytest.mark.parametrize("kind", KINDS)
def test_contributions_add_up_to_the_answers_of_predict(kind: str) -> None:
    model, rows, background = made(kind)
    for unit in UNITS.get(model.task, ["probability", "logit"]):
        found = model.explain(rows, background, unit=unit, n_background=7, pairs=2)
        np.testing.assert_array_equal(found.answers, answers_of(model, rows, unit))
        total = found.base + found.contributions.sum(axis=1)
        largest = max(np.abs(found.contributions).max(), np.abs(found.answers).max())
        assert np.abs(total - found.answers).max() <= 1e-9 * largest
        table = read_rows(model, background).take(found.background)
        np.testing.assert_allclose(
            found.base, answers_of(model, table, unit).mean(axis=0), rtol=1e-12
        )
        assert found.columns == model.encoder.schema.names
        assert found.standard_errors.shape == found.contributions.shape
        assert (found.standard_errors >= 0.0).all()
        assert not found.exact


def shapley(model: Model, rows: Any, background: Any, unit: str) -> Any:
    """Shapley values by their definition; every set of columns is a table for `predict`."""
    rows, background = read_rows(model, rows), read_rows(model, background)
    names, B = model.encoder.schema.names, background.n_rows
    p = len(names)
    found = []
    for i in range(rows.n_rows):
        values = []
        for chosen in range(2**p):
            table = background
            for j, name in enumerate(names):
                if chosen >> j & 1:
                    schema = type(rows.schema)((rows.schema.by_name[name],))
                    table = table.with_columns(rows.select(schema).take(np.full(B, i)))
            values.append(answers_of(model, table, unit).mean(axis=0))
        V = np.array(values)
        phi = []
        for j in range(p):
            total = 0.0
            for chosen in range(2**p):
                if not chosen >> j & 1:
                    size = chosen.bit_count()
                    weight = math.factorial(size) * math.factorial(p - size - 1) / math.factorial(p)
                    total = total + weight * (V[chosen | 1 << j] - V[chosen])
            phi.append(total)
        found.append(phi)
    return np.array(found)


ENUMERATED = [
    "stored binary",
    "stored multiclass",
    "stored still",
    "stored written",
    "fast, three classes",
    "embedded categories",
    "two targets",
    "multilabel",
    "MLPClassifier",
    "own activation",
]


@pytest.mark.parametrize("kind", ENUMERATED)
def test_exact_contributions_are_shapley_values(kind: str) -> None:
    model, rows, background = made(kind)
    rows = read_rows(model, rows).take(slice(0, 2))
    background = read_rows(model, background).take(slice(10, 13))
    unit = UNITS.get(model.task, ["probability"])[0]
    found = model.explain(rows, background, unit=unit)
    expected = shapley(model, rows, background, unit)
    assert found.exact
    assert not found.standard_errors.any()
    np.testing.assert_allclose(
        found.contributions, expected, rtol=0, atol=1e-9 * np.abs(expected).max()
    )


SAMPLED = [
    "embedded categories",
    "standard, numbers",
    "two targets",
    "fast, three classes",
    "eight columns",
]


@pytest.mark.parametrize("kind", SAMPLED)
def test_standard_errors_say_how_far_off_an_estimate_is(kind: str) -> None:
    """z = error / standard error: mean of z^2 in [0.8, 1.25], |z| <= 3 for 99 %."""
    model, rows, background = made(kind)
    settings: Any = {"n_background": 20, "unit": None}
    exact = model.explain(rows, background, **settings, max_error=0)
    assert exact.exact
    z = []
    for seed in range(60):
        # The seed chooses orders; the background must stay.
        table = read_rows(model, background).take(exact.background)
        found = model.explain(rows, table, pairs=8, seed=seed)
        off, error = found.contributions - exact.contributions, found.standard_errors
        varies = error > 1e-6 * np.abs(exact.contributions).max()
        assert (np.abs(off[~varies]) <= 1e-5 * np.abs(exact.contributions).max()).all()
        z.append((off[varies] / error[varies]).ravel())
    Z = np.concatenate(z)
    assert len(Z) > 500
    assert 0.8 <= (Z**2).mean() <= 1.25
    assert (np.abs(Z) <= 3.0).mean() >= 0.99


def test_a_row_has_the_same_contributions_alone_and_among_others() -> None:
    model, rows, background = made("fast, three classes")
    together = model.explain(rows, background, pairs=3)
    table = read_rows(model, rows)
    for i in range(table.n_rows):
        alone = model.explain(table.take(slice(i, i + 1)), background, pairs=3)
        np.testing.assert_array_equal(alone.contributions[0], together.contributions[i])


def test_more_columns_than_can_be_enumerated_are_estimated_to_the_error_asked_for() -> None:
    rng = np.random.default_rng(1)
    X = rng.normal(size=(200, 12))
    y = X[:, 0] * X[:, 1] * X[:, 2] + X[:, 3]
    model = glassnet.fit(X, y, glassnet.Plan(recipe="plain", max_epochs=20, seed=0))
    rough = model.explain(X[:3], X, n_background=10)
    fine = model.explain(X[:3], X, n_background=10, max_error=rough.standard_errors.max() / 4.0)
    assert not rough.exact
    assert not fine.exact
    assert fine.standard_errors.max() <= rough.standard_errors.max() / 4.0
    assert fine.n_evaluations > 8 * rough.n_evaluations
    exact = model.explain(X[:3], X, n_background=10, max_error=0)
    assert exact.exact
    for found in (rough, fine):
        z = (found.contributions - exact.contributions) / found.standard_errors
        assert np.abs(z).max() < 4.5


def test_an_error_that_cannot_be_reached_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    from glassnet.inspection import explain as module

    model, rows, background = made("GlassNetRegressor")
    monkeypatch.setattr(module, "EXACT", 3)
    monkeypatch.setattr(module, "MAX_PAIRS", 8)
    with pytest.warns(DataNotice, match="more than max_error=1e-12"):
        model.explain(rows, background, max_error=1e-12)


def test_two_columns_that_interact_are_exact_in_every_pair() -> None:
    """The orders of an antithetic pair average to the mean over all orders of two columns."""
    model, rows, background = made("stored squared")
    table = read_rows(model, background)
    schema = model.encoder.schema
    groups = {"others": [name for name in schema.names if name != "age"]}
    exact = model.explain(rows, table, groups=groups)
    found = model.explain(rows, table, groups=groups, pairs=2)
    np.testing.assert_allclose(found.contributions, exact.contributions, rtol=1e-9, atol=1e-12)


def test_a_group_contributes_as_one_column() -> None:
    model, rows, background = made("standard, numbers")
    found = model.explain(rows, background, groups={"both": ["age", "color"]})
    assert found.columns == ("size", "both", "new", "sold")
    assert found.cells[0, 1] == (None, "never seen")
    whole = model.explain(rows, background, groups={"all": list(model.encoder.schema.names)})
    assert whole.columns == ("all",)
    np.testing.assert_allclose(whole.contributions[:, 0], found.answers - found.base, rtol=1e-9)


def test_members_of_a_network_are_explained_by_the_same_orders() -> None:
    model, rows, background = made("standard, three classes")
    found = model.explain(rows, background, unit="logit", members=True, n_background=10, pairs=2)
    assert found.members is not None
    assert found.members.shape == (8, *found.contributions.shape)
    # The logits are the means of the members' logits, and so are the contributions.
    np.testing.assert_allclose(
        found.members.mean(axis=0), found.contributions, rtol=1e-3, atol=1e-4
    )
    np.testing.assert_array_equal(found.spread, found.members.std(axis=0))
    alone = model.explain(rows, background, unit="logit", n_background=10, pairs=2)
    np.testing.assert_array_equal(alone.contributions, found.contributions)
    with pytest.raises(SettingError, match="members=True"):
        alone.spread  # noqa: B018


def test_a_column_without_effect_contributes_nothing() -> None:
    model, rows, background = made("stored still")
    found = model.explain(rows, background, pairs=2)
    effect = np.abs(found.contributions).max(axis=0)
    assert {c for c, e in zip(found.columns, effect, strict=True) if e == 0.0} == {
        "day",
        "level",
        "yes",
    }


def test_cells_are_those_of_the_table() -> None:
    model, rows, background = made("standard, numbers")
    found = model.explain(rows, background)
    assert found.cells[2].tolist()[:2] == [500.0, pytest.approx(rows["age"][2])]
    assert found.cells[1, 1] is None
    assert found.cells[0, 2] == "never seen"


def test_twenty_rows_are_their_own_background() -> None:
    table = mixed()
    model = glassnet.fit(table, price(table), glassnet.Plan(recipe="plain", max_epochs=2, seed=0))
    found = model.explain(table)
    assert len(found.background) == 64
    np.testing.assert_allclose(found.base, found.answers[found.background].mean(), rtol=1e-12)


def test_a_file_is_read_as_in_training(tmp_path: Any) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a;b;y\n" + "".join(f"{i % 7}.5;{i % 3};{i % 2}\n" for i in range(60)))
    model = glassnet.fit(path, "y", glassnet.Plan(recipe="plain", max_epochs=2, seed=0))
    found = model.explain(path)
    assert found.cells[1].tolist() == [1.5, 1.0]
    np.testing.assert_array_equal(found.answers, model.predict_proba(path)[:, 1])


def test_no_rows_have_no_contributions() -> None:
    model, _, background = made("MLPRegressor")
    found = model.explain(np.empty((0, 4)), background)
    assert found.contributions.shape == (0, 4)


ROWS = np.zeros((2, 4))
REFUSED: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"unit": "probability"}, SettingError, "predicts numbers: unit must be 'target'"),
    ({"unit": "odds"}, SettingError, "unknown unit 'odds'"),
    ({"background": None}, DataError, "give some as background="),
    ({"background": np.empty((0, 4))}, DataError, "the background has no rows"),
    ({"n_background": 0}, SettingError, "n_background must be a whole number of at least 1"),
    ({"pairs": 1}, SettingError, "pairs must be a whole number from 2 to 4,096, got 1"),
    ({"max_error": -1.0}, SettingError, "max_error must be zero or a positive number"),
    ({"max_error": 0.1, "pairs": 3}, SettingError, "not both"),
    ({"groups": {"g": []}}, SettingError, "at least one column"),
    ({"groups": {"g": "x0"}}, SettingError, "must be a list"),
    ({"groups": {"g": ["x9"]}}, SettingError, "'x9', which the model does not use"),
    ({"groups": {"g": ["x0"], "h": ["x0"]}}, SettingError, "'x0' is in several"),
    ({"groups": {"x1": ["x0"]}}, SettingError, "has the name of a column that is not in it"),
]


@pytest.mark.parametrize(("settings", "error", "says"), REFUSED, ids=range(len(REFUSED)))
def test_bad_input_is_refused(settings: Any, error: type[Exception], says: str) -> None:
    model, _, background = made("MLPRegressor")
    with pytest.raises(error, match=says):
        model.explain(ROWS, **({"background": background} | settings))


def test_too_many_columns_to_enumerate_are_refused() -> None:
    X = np.random.default_rng(0).normal(size=(40, 17))
    model = glassnet.fit(X, X[:, 0], glassnet.Plan(recipe="plain", max_epochs=1, seed=0))
    with pytest.raises(SettingError, match="possible for 16 at most, but there are 17"):
        model.explain(X, max_error=0)


def test_without_shap_the_line_that_installs_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    model, rows, background = made("MLPRegressor")
    found = model.explain(rows, background)
    monkeypatch.setitem(sys.modules, "shap", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'glassnet\[shap\]'"):
        found.to_shap()
