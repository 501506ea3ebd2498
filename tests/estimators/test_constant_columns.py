"""A column that was constant in training changes no prediction, whatever values it has later."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

import glassnet
from glassnet import GlassNetClassifier, GlassNetRegressor, Plan
from glassnet.data.rows import Rows
from glassnet.data.tables.given import as_table
from glassnet.errors import DataError
from glassnet.report import permutation_importances
from glassnet.storage import load, save

pytestmark = pytest.mark.filterwarnings(
    "ignore:the table is not like the training rows:glassnet.errors.DataNotice"
)

N = 60
RNG = np.random.default_rng(0)
A, D = RNG.normal(size=(2, N))
Y = 3.0 * A + D
SOME = np.arange(N) % 4 == 0


def array(values: Any, dtype: str) -> Any:
    return np.column_stack([100 * A, 100 * D, values]).astype(dtype)


def frame(values: Any) -> Any:
    return pd.DataFrame({"x0": A, "x1": D, "x2": values})


def csr(values: Any) -> Any:
    return sp.csr_array(np.column_stack([A, D, values]))


#: A table to learn from, and the same with other values where it never varied.
CONSTANT: dict[str, tuple[Any, Any]] = {
    "numbers": (array(np.full(N, 105), "float64"), array(np.full(N, 112), "float64")),
    "float32": (array(np.full(N, 0.1), "float32"), array(np.linspace(-9, 9, N), "float32")),
    "whole numbers": (array(np.full(N, 5), "int64"), array(np.arange(N), "int64")),
    "numbers and gaps": (
        array(np.where(SOME, np.nan, 105), "float64"),
        array(np.where(SOME, np.nan, 112), "float64"),
    ),
    "gaps alone": (array(np.full(N, np.nan), "float64"), array(np.full(N, 1.0), "float64")),
    "always true": (frame([True] * N), frame([False] * N)),
    "always false": (frame([False] * N), frame([True, False] * (N // 2))),
    "false and gaps": (
        frame([None if some else False for some in SOME]),
        frame([None if some else True for some in SOME]),
    ),
    "one level": (frame(["x"] * N), frame(["y", "x"] * (N // 2))),
    "one level, then gaps": (frame(["x"] * N), frame([None] * N)),
    "one moment": (
        frame(pd.Timestamp("2024-01-31")),
        frame(pd.date_range("2024-01-31", periods=N)),
    ),
    "gaps, then text": (frame(np.array([None] * N)), frame(["x"] * N)),
    "gaps, then moments": (
        frame(np.array([None] * N)),
        frame(pd.date_range("2024-01-31", periods=N)),
    ),
    "sparse zeros": (csr(np.zeros(N)), csr(np.arange(N))),
    "sparse ones": (csr(np.ones(N)), csr(np.arange(N))),
}

QUICK: dict[str, Any] = {"random_state": 0, "max_epochs": 2}
PARTIAL: dict[str, Any] = {"recipe": "plain", "hidden_layer_sizes": 4, "random_state": 0}


def regressor(X: Any, **settings: Any) -> Any:
    return GlassNetRegressor(**QUICK | settings).fit(X, Y).predict


def classifier(X: Any) -> Any:
    return GlassNetClassifier(**QUICK).fit(X, Y > 0).predict_proba


def with_validation(X: Any) -> Any:
    return GlassNetRegressor(**QUICK, early_stopping=True).fit(X, Y, X_val=X, y_val=Y).predict


def warm(X: Any) -> Any:
    return GlassNetRegressor(**QUICK, warm_start=True).fit(X, Y).fit(X, Y).predict


def by_parts(X: Any) -> Any:
    estimator = GlassNetRegressor(**PARTIAL)
    for rows in (slice(0, 1), slice(1, 20), slice(20, N)):
        estimator.partial_fit(X.iloc[rows] if hasattr(X, "iloc") else X[rows], Y[rows])
    return estimator.predict


def of_table(X: Any) -> Any:
    kinds = {"x2": glassnet.data.tables.assembly.table_of(X).schema.kinds["x2"]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", glassnet.DataNotice)
        return glassnet.fit(X, Y, Plan(max_epochs=2), types=kinds).predict


DOORS = {
    "fit": regressor,
    "fast": lambda X: regressor(X, recipe="fast"),
    "plain": lambda X: regressor(X, recipe="plain"),
    "float64": lambda X: regressor(X, dtype="float64", engine="reference"),
    "lbfgs": lambda X: regressor(X, recipe="plain", optimizer="lbfgs"),
    "periodic": lambda X: regressor(
        X, recipe=glassnet.Recipe(n_frequencies=8, n_periodic=3, max_one_hot=0)
    ),
    "classes": classifier,
    "validation rows": with_validation,
    "warm start": warm,
    "partial_fit": by_parts,
    "a table": of_table,
}


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
@pytest.mark.parametrize(("training", "changed"), CONSTANT.values(), ids=CONSTANT)
def test_answers_stay_when_a_constant_column_changes(
    training: Any, changed: Any, door: Any
) -> None:
    answer = door(training)
    said = answer(training)
    assert np.ptp(said) > 0.0
    np.testing.assert_array_equal(answer(changed), said)


@pytest.mark.parametrize(("training", "changed"), CONSTANT.values(), ids=CONSTANT)
def test_answers_stay_once_saved_and_loaded(training: Any, changed: Any, tmp_path: Any) -> None:
    model = GlassNetRegressor(**QUICK).fit(training, Y).model_
    save(model, tmp_path / "m.glassnet")
    again = load(tmp_path / "m.glassnet")
    np.testing.assert_array_equal(again.predict(changed), model.predict(training))


@pytest.mark.parametrize(
    "name", [name for name, (X, _) in CONSTANT.items() if isinstance(X, np.ndarray)]
)
@pytest.mark.parametrize("recipe", ["plain", "fast"])
def test_a_predictor_says_the_same(name: str, recipe: str) -> None:
    training, changed = CONSTANT[name]
    model = GlassNetRegressor(**QUICK, recipe=recipe).fit(training, Y).model_
    answer = model.predictor()
    for X in (training, changed):
        np.testing.assert_allclose(
            [answer(row) for row in X], model.predict(X)[:, None], rtol=1e-14
        )
    np.testing.assert_array_equal(
        [answer(row) for row in changed], [answer(row) for row in training]
    )
    with pytest.raises(DataError, match="infinite"):
        answer([1.0, 2.0, np.inf])


@pytest.mark.parametrize(
    "name", ["one level", "one moment", "always true", "gaps, then text", "gaps, then moments"]
)
def test_answers_stay_for_rows_of_a_file(name: str, tmp_path: Any) -> None:
    training, changed = CONSTANT[name]
    model = GlassNetRegressor(**QUICK).fit(training, Y).model_
    said = []
    for X in (training, changed):
        X.to_csv(tmp_path / "rows.csv", index=False)
        said.append(model.predict(tmp_path / "rows.csv"))
    np.testing.assert_array_equal(said[1], said[0])


def test_reports_take_what_a_column_of_gaps_alone_holds_later() -> None:
    training, changed = CONSTANT["gaps, then text"]
    model = GlassNetRegressor(**QUICK).fit(training, Y).model_
    found = permutation_importances(model, Rows(as_table(changed), Y))
    assert found is not None
    assert [(one.least, one.most) for one in found.columns if one.column == "x2"] == [(0.0, 0.0)]


ALIVE = {name: both for name, both in CONSTANT.items() if not name.startswith("gaps, then")}


@pytest.mark.parametrize(("first", "later"), ALIVE.values(), ids=ALIVE)
def test_what_varies_in_a_later_batch_comes_alive_from_then_on(first: Any, later: Any) -> None:
    estimator = GlassNetRegressor(**PARTIAL).partial_fit(first, Y)
    before = estimator.model_
    np.testing.assert_array_equal(before.predict(later), before.predict(first))
    for _ in range(2):
        estimator.partial_fit(later, Y)
    assert not np.array_equal(estimator.predict(later), estimator.predict(first))
    np.testing.assert_array_equal(
        before.predict(later), before.predict(first)
    )  # that model was not trained on any of it


def test_a_batch_of_one_row_teaches_what_a_batch_of_many_does() -> None:
    """After the first row every column is constant; the second batch must not be scaled anew."""
    X = CONSTANT["numbers"][0]
    by_row = GlassNetRegressor(**PARTIAL).partial_fit(X[:1], Y[:1])
    assert by_row.model_.encoder.numbers.constant == ("value",) * 3
    by_row.partial_fit(X[1:], Y[1:])
    assert by_row.model_.encoder.numbers.constant == ("", "", "value")
    assert by_row.model_.encoder.numbers.mean == tuple(X[0])


def test_a_row_of_weight_0_wakes_nothing() -> None:
    first, later = CONSTANT["numbers"]
    estimator = GlassNetRegressor(**PARTIAL).partial_fit(first, Y)
    rows = np.concatenate([first, later])
    estimator.partial_fit(rows, np.concatenate([Y, Y]), sample_weight=np.repeat([1.0, 0.0], N))
    np.testing.assert_array_equal(estimator.predict(later), estimator.predict(first))


@pytest.mark.parametrize("recipe", ["plain", "standard"])
def test_a_warm_start_learns_what_varies_for_the_first_time(recipe: str) -> None:
    first, later = CONSTANT["whole numbers"]
    estimator = GlassNetRegressor(**QUICK, recipe=recipe, warm_start=True).fit(first, Y)
    np.testing.assert_array_equal(estimator.predict(later), estimator.predict(first))
    estimator.fit(later, Y)
    assert not np.array_equal(estimator.predict(later), estimator.predict(first))
