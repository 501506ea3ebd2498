"""Contributions agree with the package shap: its exact and its permutation explainer."""

from __future__ import annotations

import warnings
from functools import cache
from typing import Any

import numpy as np
import pytest

import glassnet
from tests.conftest import oracle

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    shap = oracle("shap")


@cache
def fitted() -> tuple[Any, Any, Any, Any]:
    rng = np.random.default_rng(4)
    X = rng.normal(size=(300, 6))
    y = X[:, 0] * X[:, 1] + np.sin(2.0 * X[:, 2]) + X[:, 3] * X[:, 4] * X[:, 5]
    plan = glassnet.Plan(recipe="plain", max_epochs=30, seed=0)
    numbers = glassnet.fit(X, y, plan)
    classes = glassnet.fit(X, np.digitize(y, [-0.5, 0.5]), plan)
    return numbers, classes, X[:5], X[100:120]


@pytest.mark.parametrize("task", ["numbers", "classes"])
def test_exact_contributions_are_those_of_the_exact_explainer(task: str) -> None:
    numbers, classes, rows, background = fitted()
    model, f = (numbers, numbers.predict) if task == "numbers" else (classes, classes.predict_proba)
    theirs = shap.explainers.Exact(f, shap.maskers.Independent(background, max_samples=100))(rows)
    ours = model.explain(rows, background)
    assert ours.exact
    scale = np.abs(theirs.values).max()
    np.testing.assert_allclose(ours.contributions, theirs.values, rtol=0, atol=1e-6 * scale)
    np.testing.assert_allclose(
        np.broadcast_to(ours.base, theirs.base_values.shape), theirs.base_values, rtol=1e-6
    )


def test_estimates_agree_with_the_permutation_explainer() -> None:
    model, _, rows, background = fitted()
    masker = shap.maskers.Independent(background, max_samples=100)
    explainer = shap.explainers.Permutation(model.predict, masker, seed=0)
    theirs = explainer(rows, max_evals=60 * 13, silent=True)
    ours = model.explain(rows, background, pairs=30)
    exact = model.explain(rows, background)
    error = np.abs(theirs.values - exact.contributions).max()
    assert np.abs(ours.contributions - theirs.values).max() <= error + 4.5 * (
        ours.standard_errors.max()
    )
    # As many predictions, smaller errors: each background row has orders of its own.
    mean_square = [
        ((v - exact.contributions) ** 2).mean() for v in (ours.contributions, theirs.values)
    ]
    assert mean_square[0] < mean_square[1]


@pytest.mark.parametrize("task", ["numbers", "classes"])
def test_an_explanation_becomes_one_of_shap(task: str) -> None:
    numbers, classes, rows, background = fitted()
    ours = (numbers if task == "numbers" else classes).explain(rows, background)
    theirs = ours.to_shap()
    assert theirs.shape == ours.contributions.shape
    np.testing.assert_array_equal(theirs.values, ours.contributions)
    total = theirs.base_values + theirs.values.sum(axis=1)
    np.testing.assert_allclose(total, ours.answers, rtol=1e-9, atol=1e-12)
    assert list(theirs.feature_names) == list(ours.columns)
    assert theirs[0].data.tolist() == rows[0].tolist()
    if task == "classes":
        assert list(theirs.output_names) == ["0", "1", "2"]
        assert theirs[:, :, 1].values.shape == (5, 6)


def test_a_missing_cell_is_nan_in_shap() -> None:
    table = {"a": [1.0, None] * 20, "c": ["x", "y", None, "y"] * 10}
    plan = glassnet.Plan(recipe="plain", max_epochs=1, seed=0)
    found = glassnet.fit(table, [0.0, 1.5] * 20, plan).explain(table).to_shap()
    assert found.data[0].tolist() == [1.0, "x"]
    assert np.isnan(found.data[1, 0])
    assert np.isnan(found.data[2, 1])
