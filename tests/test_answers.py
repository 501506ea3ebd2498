"""What a model answers: never a number that is none, and by every door the same bits, before and
after it was saved."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import glassnet
from glassnet import (
    GlassNetClassifier,
    GlassNetRegressor,
    MLPClassifier,
    MLPRegressor,
    Plan,
    Recipe,
)
from glassnet.data.tables.values import refuse_not_finite
from glassnet.errors import DataError
from glassnet.losses import LOSSES, Quantile, Softmax
from tests.cli.invoked import run

N = 160
RNG = np.random.default_rng(0)
X = RNG.normal(size=(N, 2))
SCORE = X[:, 0] - X[:, 1] + 0.1 * RNG.normal(size=N)
TABLE = {"a": X[:, 0], "b": X[:, 1]}
TARGETS: dict[str, Any] = {
    "binary": SCORE > 0.0,
    "multiclass": np.array(["u", "v", "w"])[np.digitize(SCORE, [-0.5, 0.5])],
    "multilabel": np.column_stack([SCORE > 0.0, X[:, 0] > 0.3]).astype(int),
    "regression": SCORE,
    "two numbers": np.column_stack([SCORE, X[:, 0]]),
}
RECIPE = Recipe(hidden_layer_sizes=(6,), members=2, calibrate=True, validation_fraction=0.4)
PLAN = Plan(recipe=RECIPE, max_epochs=2, seed=0)
#: The rows that a weight of 3e38 makes infinite, and those that it leaves alone.
ODD, FINE = [1, 3], [0, 2]
ROWS = {"a": np.array([0.0, 1e3, 0.0, 1e3, 0.0]), "b": np.zeros(5)}


def fitted(target: str, plan: Plan = PLAN) -> Any:
    return glassnet.fit(
        TABLE, TARGETS[target], plan, task="multilabel" if target == "multilabel" else None
    )


def damaged(model: Any) -> Any:
    """The model with huge weights for its first column, whose mean leaves them without effect."""
    model = replace(model, network=model.network.astype(str(model.network.dtype)))
    for name, values in model.network.parameters.items():
        if name.endswith(".W") and values.shape[0] == 2:
            values[0] = 3e38
        elif name.endswith(".W"):
            values[...] = np.sign(values) * 10.0
    numbers = replace(model.encoder.numbers, mean=(0.0, 0.0))
    return replace(model, encoder=replace(model.encoder, numbers=numbers), reference=None)


REFUSED = r"^the model's raw scores for rows 1, 3 \(counting from 0\) are not finite: "
ANSWERS: dict[str, Callable[[Any, Any], Any]] = {
    "predict": lambda model, rows: model.predict(rows),
    "members": lambda model, rows: model.predict(rows, members=True),
    "predict_proba": lambda model, rows: model.predict_proba(rows),
    "members' predict_proba": lambda model, rows: model.predict_proba(rows, members=True),
    "predict_interval": lambda model, rows: model.predict_interval(rows, 0.5),
    "evaluate": lambda model, rows: glassnet.evaluate(
        model, rows, model.truth(np.zeros((5, 1)) if model.classes == () else np.zeros(5, int))
    ),
}


def cases() -> list[Any]:
    found = []
    for target in TARGETS:
        regression = target in ("regression", "two numbers")
        for answer in ANSWERS:
            if ("proba" in answer and regression) or ("interval" in answer and not regression):
                continue
            if answer == "evaluate" and target in ("multilabel", "two numbers"):
                continue
            found.append((target, answer))
    return found


@pytest.mark.parametrize(("target", "answer"), cases())
def test_raw_scores_that_are_not_finite_are_no_answer(target: str, answer: str) -> None:
    with pytest.raises(DataError, match=REFUSED):
        ANSWERS[answer](damaged(fitted(target)), ROWS)


def test_the_command_line_writes_nothing(tmp_path: Path) -> None:
    damaged(fitted("multiclass")).save(tmp_path / "m.glassnet")
    pd.DataFrame(ROWS | {"y": list("uvwuv")}).to_csv(tmp_path / "t.csv", index=False)
    for arguments in (("predict", "-o", tmp_path / "p.csv"), ("evaluate",)):
        result = run(arguments[0], tmp_path / "m.glassnet", tmp_path / "t.csv", *arguments[1:])
        assert result.exit_code != 0
        assert "raw scores for rows 1, 3 (counting from 0) are not finite" in " ".join(
            result.output.split()
        )
    assert not (tmp_path / "p.csv").exists()


def test_rows_are_counted_from_the_first_of_a_file(tmp_path: Path) -> None:
    damaged(fitted("multiclass")).save(tmp_path / "m.glassnet")
    rows = 150_000  # more than a stretch
    pd.DataFrame({"a": np.where(np.arange(rows) == rows - 2, 1e3, 0.0), "b": 0.0}).to_csv(
        tmp_path / "t.csv", index=False
    )
    result = run("predict", tmp_path / "m.glassnet", tmp_path / "t.csv", "-o", tmp_path / "p.csv")
    assert f"raw scores for row {rows - 2} (counting from 0)" in " ".join(result.output.split())


ESTIMATORS: dict[str, tuple[Any, dict[str, Any], str]] = {
    "classifier": (GlassNetClassifier, {"recipe": RECIPE, "max_epochs": 2}, "multiclass"),
    "regressor": (GlassNetRegressor, {"recipe": RECIPE, "max_epochs": 2}, "regression"),
    "MLP classifier": (
        MLPClassifier,
        {"hidden_layer_sizes": 6, "max_iter": 2, "solver": "adam"},
        "multiclass",
    ),
    "MLP regressor": (
        MLPRegressor,
        {"hidden_layer_sizes": 6, "max_iter": 2, "solver": "adam"},
        "regression",
    ),
}


@pytest.mark.filterwarnings("ignore:.*Maximum iterations:sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("name", ESTIMATORS)
def test_no_estimator_answers_by_them(name: str) -> None:
    kind, settings, target = ESTIMATORS[name]
    estimator = kind(**settings, random_state=0).fit(X.astype(np.float32), TARGETS[target])
    rows = np.column_stack([ROWS["a"], ROWS["b"]]).astype(np.float32)
    if name.startswith("MLP"):
        estimator.coefs_[0][0], estimator.intercepts_[0][:] = 3e38, 1.0
        estimator.coefs_[1][:] = 10.0
    else:
        estimator.model_ = damaged(estimator.model_)
    for method in ("predict", "predict_proba"):
        if hasattr(estimator, method):
            with pytest.raises(DataError, match=REFUSED):
                getattr(estimator, method)(rows)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_huge_scores_that_are_finite_are_answered(dtype: Any) -> None:
    largest = float(np.finfo(dtype).max)
    Z = np.array(
        [[largest, -largest, 0.0], [-largest, -largest, largest], [largest, largest, -largest]],
        dtype,
    )
    expected = [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.5, 0.5, 0.0]]
    assert Softmax().predict(Z).tolist() == expected
    model = fitted("multiclass")
    assert model.probabilities(Z).tolist() == expected
    assert model.predictions(Z).tolist() == ["u", "w", "u"]


def test_the_rows_are_named() -> None:
    def said(rows: list[int], first: int = 0) -> str:
        values = np.zeros((20, 2))
        values[rows, 1] = np.nan
        with pytest.raises(DataError) as caught:
            refuse_not_finite(values, first_row=first)
        return str(caught.value).partition("for ")[2].partition(" (")[0]

    assert said([3]) == "row 3"
    assert said([3, 7]) == "rows 3, 7"
    assert said([3, 7, 9]) == "rows 3, 7 and 1 more"
    assert said([0, 19], first=1000) == "rows 1000, 1019"


def test_a_mean_beyond_the_largest_number_is_no_answer() -> None:
    model = glassnet.fit(TABLE, np.exp(SCORE), replace(PLAN, loss="poisson"))
    with pytest.raises(DataError, match="the model's predictions for row 1 "):
        model.predictions(np.array([[0.0], [1e4]]))


DTYPES = [(engine, dtype) for engine in ("native", "reference") for dtype in ("float32", "float64")]


@pytest.mark.parametrize(("engine", "dtype"), DTYPES)
@pytest.mark.parametrize("target", TARGETS)
def test_model_estimator_and_file_say_the_same_bits(
    target: str, engine: str, dtype: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if engine == "reference":  # as where nothing was compiled
        monkeypatch.setattr("glassnet.engines.native.compiled", lambda: None)
        warnings.simplefilter("ignore", RuntimeWarning)
    regression = target in ("regression", "two numbers")
    kind = GlassNetRegressor if regression else GlassNetClassifier
    estimator = kind(recipe=RECIPE, max_epochs=2, random_state=0, dtype=dtype).fit(
        X, TARGETS[target]
    )
    estimator.model_.save(tmp_path / "m.glassnet")
    again = glassnet.load(tmp_path / "m.glassnet")
    names = ["predict"] + (["predict_interval"] if regression else ["predict_proba"])
    for name in names:
        options = [{"coverage": 0.5}] if name == "predict_interval" else [{}, {"members": True}]
        for option in options:
            answers = [
                np.asarray(getattr(one, name)(X, **option))
                for one in (estimator, estimator.model_, again)
            ]
            assert np.array_equal(answers[0], answers[1]), name
            assert np.array_equal(answers[0], answers[2]), name
            assert answers[0].dtype.kind != "f" or {one.dtype for one in answers} == {
                np.dtype(np.float64)
            }


@pytest.mark.parametrize("loss", [name for name in LOSSES if name not in ("logistic", "softmax")])
def test_every_loss_of_numbers_says_the_same_bits(loss: str) -> None:
    chosen: Any = Quantile((0.2, 0.8)) if loss == "quantile" else loss
    regressor = GlassNetRegressor(
        recipe="plain", hidden_layer_sizes=4, max_epochs=1, loss=chosen, random_state=0
    ).fit(X, np.exp(SCORE))
    assert np.array_equal(regressor.predict(X), regressor.model_.predict(X))
