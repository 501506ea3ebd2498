"""Counterfactuals: the class changes, no smaller change of one column does it, cells are real."""

from __future__ import annotations

import warnings
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

import glassnet
from glassnet.errors import DataError, SettingError
from glassnet.model import Model
from tests.inspection.tables import KINDS, mixed, price


@cache
def classes() -> tuple[Model, dict[str, Any]]:
    table = mixed()
    y = np.array(["low", "middle", "high"])[np.digitize(price(table), [10.0, 40.0])]
    plan = glassnet.Plan(recipe="plain", max_epochs=60, seed=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return glassnet.fit(table, y, plan), table


def row_of(table: dict[str, Any], i: int) -> dict[str, Any]:
    return {name: column[i] for name, column in table.items()}


@pytest.mark.parametrize("i", range(0, 60, 6))
def test_the_class_changes_by_cells_of_the_background(i: int) -> None:
    model, table = classes()
    row = row_of(table, i)
    found = model.counterfactual(row, table)
    assert found is not None
    assert found.before.prediction != found.after.prediction
    changed = {name: [value] for name, value in (row | dict(found.changes)).items()}
    assert model.predict(changed)[0] == found.after.prediction
    for name, value in found.changes.items():
        text = ["None" if cell != cell else str(cell) for cell in table[name]]  # noqa: PLR0124 - NaN
        known = {str(value), str(value)[:10], str(value).capitalize(), str(value == "true")}
        assert known & set(text), (name, value)


@pytest.mark.parametrize("i", range(0, 60, 6))
def test_no_smaller_change_of_a_number_flips_it(i: int) -> None:
    """All values of the column are tried here, one by one, by `predict`."""
    model, table = classes()
    row = row_of(table, i)
    found = model.counterfactual(row, table, columns=["size"])
    current = model.predict({name: [value] for name, value in row.items()})[0]
    sizes = np.unique(table["size"])
    many = {name: [value] * len(sizes) for name, value in row.items()} | {"size": sizes}
    flips = sizes[replace(model, reference=None).predict(many) != current]  # without notices
    if not len(flips):
        assert found is None
        return
    nearest = flips[np.abs(flips - row["size"]).argmin()]
    assert found is not None
    apart = np.abs(nearest - row["size"]) / np.std(table["size"])
    # At most a hundred of the 120 sizes are tried.
    assert apart * (1 - 1e-9) <= found.distance <= apart + 0.2
    assert found.distance == pytest.approx(
        abs(found.changes["size"] - row["size"]) / np.std(table["size"])
    )


def test_one_column_is_preferred_to_two() -> None:
    model, table = classes()
    for i in range(20):
        row = row_of(table, i)
        alone = model.counterfactual(row, table, max_columns=1)
        found = model.counterfactual(row, table)
        if alone is not None:
            assert found is not None
            assert found.changes == alone.changes


def test_two_columns_change_where_one_is_not_enough() -> None:
    X = np.random.default_rng(0).normal(size=(400, 3))
    y = (X[:, 0] > 0.0) & (X[:, 1] > 0.0)
    model = glassnet.fit(X, y, glassnet.Plan(recipe="plain", max_epochs=60, seed=0))
    row = np.array([[-1.5, -1.5, 0.0]])
    assert model.counterfactual(row, X, max_columns=1) is None
    found = model.counterfactual(row, X)
    assert found is not None
    assert set(found.changes) == {"x0", "x1"}
    assert found.after.prediction is True
    assert model.counterfactual(row, X, columns=["x0", "x2"]) is None


def test_a_class_can_be_asked_for() -> None:
    model, table = classes()
    row = row_of(table, 0)
    current = model.predict({name: [value] for name, value in row.items()})[0]
    for wanted in set(model.classes) - {current}:
        found = model.counterfactual(row, table, to=wanted)
        assert found is None or found.after.prediction == wanted
    with pytest.raises(SettingError, match="already"):
        model.counterfactual(row, table, to=current)


def test_bad_input_is_refused() -> None:
    model, table = classes()
    row = row_of(table, 0)
    with pytest.raises(SettingError, match="does not use a column 'sise'"):
        model.counterfactual(row, table, columns=["sise"])
    with pytest.raises(SettingError, match="the model has no class 'huge'"):
        model.counterfactual(row, table, to="huge")
    with pytest.raises(SettingError, match="max_columns"):
        model.counterfactual(row, table, max_columns=0)
    with pytest.raises(DataError, match="one row"):
        model.counterfactual(table, table)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        numbers, rows, background = KINDS["MLPRegressor"].make()
    with pytest.raises(SettingError, match="predicts one of several classes"):
        numbers.counterfactual(rows[:1], background)
