"""The prepared predictor answers a row as the model does, in every task, and refuses what is no
row."""

import pickle
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import glassnet
from glassnet import Plan
from glassnet.errors import DataError, UnsupportedError
from glassnet.predictor import Predictor

N, COLUMNS = 200, 5
RNG = np.random.default_rng(0)
X = RNG.standard_normal((N, COLUMNS)) * [1.0, 100.0, 1e-9, 1e200, 1.0] + [
    0.0,
    5.0,
    1.0,
    1e200,
    -3.0,
]
X[RNG.random(N) < 0.2, 1] = np.nan
FEATURES = {f"x{j}": X[:, j] for j in range(COLUMNS)}
SCORE = np.nan_to_num(X[:, 0] - 0.02 * X[:, 1] + X[:, 4])

TASKS: dict[str, tuple[dict[str, Any], Any, dict[str, Any]]] = {
    "binary": ({"y": SCORE > 0}, "y", {}),
    "binary by softmax": ({"y": SCORE > 0}, "y", {"loss": "softmax"}),
    "multiclass": ({"y": np.digitize(SCORE, [-4, -3]).astype(str)}, "y", {}),
    "multilabel": ({"a": SCORE > 0, "b": SCORE > 1}, ["a", "b"], {}),
    "regression": ({"y": 1e6 * SCORE + 7.0}, "y", {}),
    "two targets": ({"a": SCORE, "b": 3 - 100 * SCORE}, ["a", "b"], {}),
    "huber": ({"y": SCORE}, "y", {"loss": glassnet.losses.Huber(1.0)}),
    "quantiles": ({"y": SCORE}, "y", {"loss": glassnet.losses.Quantile((0.1, 0.5, 0.9))}),
    "poisson": ({"y": np.exp(np.clip(SCORE, -2, 2))}, "y", {"loss": "poisson"}),
    "gamma": ({"y": np.exp(np.clip(SCORE, -2, 2))}, "y", {"loss": "gamma"}),
    "tweedie": ({"y": np.exp(np.clip(SCORE, -2, 2))}, "y", {"loss": "tweedie"}),
    "reference engine": ({"y": SCORE > 0}, "y", {"activation": "tanh"}),
}


def model_of(task: str, **settings: Any) -> Any:
    target, names, plan = TASKS[task]
    return glassnet.fit(
        {**FEATURES, **target},
        names,
        Plan(hidden_layer_sizes=(37,), max_epochs=3, **plan, **settings),
    )


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("task", TASKS)
def test_a_row_is_answered_as_by_the_model(
    task: str, dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if task == "reference engine":
        monkeypatch.setattr("glassnet.engines.compiled", lambda: None)
    model = model_of(task, dtype=dtype)
    answers = (
        model.predict(FEATURES) if model.task == "regression" else model.predict_proba(FEATURES)
    )
    predictor = model.predictor()
    assert predictor.names == tuple(FEATURES)
    found = np.array([predictor(row) for row in X])
    bound = 1e-5 if dtype == "float32" else 1e-12
    np.testing.assert_allclose(
        found, answers.reshape(N, -1), rtol=bound, atol=bound * np.abs(answers).max()
    )


def test_rows_may_be_lists_and_other_dtypes() -> None:
    predictor = model_of("binary").predictor()
    expected = predictor(np.arange(5.0))
    for row in (
        [0, 1, 2, 3, 4],
        (0.0, 1, 2, 3, 4),
        np.arange(5),
        np.arange(5, dtype=np.float32),
        np.arange(10.0)[::2] / 2,
    ):
        np.testing.assert_array_equal(predictor(row), expected)


def test_many_threads_ask_at_once() -> None:
    predictor = model_of("multiclass").predictor()
    expected = [predictor(row) for row in X]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(5):
            np.testing.assert_array_equal(list(pool.map(predictor, X)), expected)


def test_a_pickle_answers_alike() -> None:
    predictor = model_of("quantiles").predictor()
    again = pickle.loads(pickle.dumps(predictor))  # noqa: S301 - our own
    np.testing.assert_array_equal(again(X[0]), predictor(X[0]))


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (np.zeros(4), "5 numbers .* shape \\(4,\\)"),
        (np.zeros((1, 5)), "shape \\(1, 5\\)"),
        (0.0, "shape \\(\\)"),
        (["a"] * 5, "5 numbers, got"),
        ([0, 0, np.inf, 0, 0], "infinite"),
        (None, "shape|5 numbers"),
    ],
    ids=str,
)
def test_what_is_no_row_is_refused(row: Any, said: str) -> None:
    with pytest.raises(DataError, match=said):
        model_of("binary").predictor()(row)


def test_a_table_with_categories_has_no_predictor() -> None:
    model = glassnet.fit(
        {"a": X[:, 0], "b": np.where(X[:, 4] > -3, "u", "v"), "y": SCORE}, "y", Plan(max_epochs=1)
    )
    with pytest.raises(UnsupportedError, match="columns 'b' hold"):
        Predictor(model)
