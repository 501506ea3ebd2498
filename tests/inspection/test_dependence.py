"""Partial dependence and curves: those of `predict` on changed tables, and scikit-learn's."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from sklearn.inspection import partial_dependence, permutation_importance

from glassnet import GlassNetRegressor, MLPClassifier, MLPRegressor
from glassnet.errors import DataError, SettingError
from glassnet.inspection.reading import read_rows
from tests.inspection.tables import KINDS
from tests.inspection.test_explain import UNITS, answers_of, made


@pytest.mark.parametrize("kind", KINDS)
def test_curves_are_the_answers_with_the_values_in_place(kind: str) -> None:
    model, _, background = made(kind)
    unit = UNITS.get(model.task, ["probability"])[0]
    table = read_rows(model, background)
    for columns in [*model.encoder.schema.names, model.encoder.schema.names[:2]]:
        found = model.dependence(columns, table, n_values=4, n_rows=5)
        rows = table.take(found.rows)
        np.testing.assert_allclose(found.curves.mean(axis=0), found.mean, rtol=1e-12, atol=1e-300)
        for place in np.ndindex(found.mean.shape[: len(found.columns)]):
            changed = rows
            for name, values, i in zip(found.columns, found.values, place, strict=True):
                value = values[i]
                row = next(r for r in range(table.n_rows) if _cell(table, name, r) == value)
                schema = type(table.schema)((table.schema.by_name[name],))
                column = table.select(schema).take(np.full(rows.n_rows, row))
                changed = changed.with_columns(column)
            expected = answers_of(model, changed, unit)
            np.testing.assert_array_equal(found.curves[(slice(None), *place)], expected)


def _cell(table: Any, name: str, row: int) -> Any:
    value = table.labels(name)[row]
    return (
        None
        if table.missing(name)[row]
        else getattr(value, "item", lambda: value)()
        if (not isinstance(value, np.datetime64))
        else value
    )


def test_values_are_quantiles_and_the_most_frequent_levels() -> None:
    model, _, background = made("standard, numbers")
    sizes = model.dependence("size", background, n_values=3).values[0]
    assert sizes[0] == min(background["size"])
    assert sizes[2] == max(background["size"])
    colors = model.dependence("color", background, n_values=3).values[0]
    counts = {c: background["color"].count(c) for c in ("red", "green", "blue", "grey")}
    assert colors == [*sorted(sorted(counts, key=lambda c: -counts[c])[:2]), None]
    assert model.dependence("new", background).values[0] == ["false", "true", None]


@pytest.mark.parametrize("estimator", [MLPRegressor, MLPClassifier, GlassNetRegressor])
def test_scikit_learn_agrees_and_goes_on_working(estimator: Any) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 3)).round(1)
    y = X[:, 0] * X[:, 1] > 0.0 if estimator is MLPClassifier else X[:, 0] * X[:, 1]
    settings = {"max_epochs": 3} if estimator is GlassNetRegressor else {"max_iter": 40, "tol": 9.0}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = estimator(random_state=0, **settings).fit(X, y)
        theirs = partial_dependence(
            fitted, X, [1], kind="both", grid_resolution=1000, percentiles=(0.0, 1.0)
        )
    ours = fitted.model_.dependence("x1", X, n_values=1000)
    np.testing.assert_array_equal(ours.values[0], theirs["grid_values"][0])
    np.testing.assert_allclose(ours.mean, theirs["average"][0], rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(ours.curves, theirs["individual"][0], rtol=1e-5, atol=1e-6)
    importances = permutation_importance(fitted, X, y, n_repeats=2, random_state=0)
    assert importances.importances.shape == (3, 2)


REFUSED: list[tuple[Any, dict[str, Any], type[Exception], str]] = [
    ("x9", {}, SettingError, "does not use a column 'x9'"),
    (["x0", "x1", "x2"], {}, SettingError, "one column or two"),
    (["x0", "x0"], {}, SettingError, "one column or two"),
    ("x0", {"n_values": 1}, SettingError, "n_values"),
    ("x0", {"n_rows": 0}, SettingError, "n_rows"),
    ("x0", {"unit": "logit"}, SettingError, "unit must be 'target'"),
]


@pytest.mark.parametrize(("columns", "settings", "error", "says"), REFUSED, ids=range(len(REFUSED)))
def test_bad_input_is_refused(columns: Any, settings: Any, error: Any, says: str) -> None:
    model, rows, _ = made("MLPRegressor")
    with pytest.raises(error, match=says):
        model.dependence(columns, rows, **settings)


def test_no_rows_are_refused() -> None:
    model, _, _ = made("MLPRegressor")
    with pytest.raises(DataError, match="needs rows"):
        model.dependence("x0", np.empty((0, 4)))
