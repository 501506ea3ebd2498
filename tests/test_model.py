"""A model answers in the target's terms, refuses what it cannot know, and is the same model after a
copy and from many threads."""

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from glassnet.data.tables.given import as_table
from glassnet.errors import SettingError
from glassnet.fitting import fit
from glassnet.losses import Quantile
from glassnet.model import Model
from tests.fitting.helpers import columns, quick, score

TABLE = columns()
SCORE = score(TABLE)

#: (target, settings, task, shape of predict, columns of predict_proba, raw scores)
CASES: dict[str, tuple[Any, dict[str, Any], str, tuple[int, ...], int | None, int]] = {
    "binary": (np.where(SCORE > 0, "yes", "no"), {}, "binary", (), 2, 1),
    "binary by softmax": (SCORE > 0, {"loss": "softmax"}, "binary", (), 2, 2),
    "one class": (["same"] * 120, {}, "binary", (), 1, 1),
    "multiclass": (np.digitize(SCORE, [-1, 0, 1]), {}, "multiclass", (), 4, 4),
    "multilabel": (
        np.column_stack([SCORE > 0, SCORE > 1, SCORE < 0]),
        {},
        "multilabel",
        (3,),
        3,
        3,
    ),
    "regression": (SCORE, {}, "regression", (), None, 1),
    "two numbers": (np.column_stack([SCORE, -SCORE]), {}, "regression", (2,), None, 2),
    "two quantiles": (SCORE, {"loss": Quantile((0.2, 0.8))}, "regression", (2,), None, 2),
    "counts": (np.floor(np.exp(SCORE)), {"loss": "poisson"}, "regression", (), None, 1),
    "normalized": (SCORE, {"normalization": "batch", "dropout": 0.2}, "regression", (), None, 1),
    "float64": (np.where(SCORE > 0, 1, 0), {"dtype": "float64"}, "binary", (), 2, 1),
}
MODELS = {name: fit(TABLE, case[0], quick(max_epochs=5, **case[1])) for name, case in CASES.items()}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("n", [1, 7, 120])
def test_answers_have_the_shape_of_their_task(name: str, n: int) -> None:
    _, _, task, shape, n_probabilities, n_raw = CASES[name]
    model, part = MODELS[name], {column: cells[:n] for column, cells in TABLE.items()}
    assert model.task == task
    assert model.raw_scores(part).shape == (n, n_raw)
    assert model.raw_scores(part).dtype == model.network.dtype
    assert model.predict(part).shape == (n, *shape)
    assert model.encode(part).shape == (n, model.encoder.n_features)
    if n_probabilities is None:
        assert model.classes == ()
        assert np.isfinite(model.predict(part)).all()
    else:
        assert len(model.classes) == n_probabilities
        assert model.predict_proba(part).shape == (n, n_probabilities)


@pytest.mark.parametrize(
    "name", [name for name, case in CASES.items() if case[2] in ("binary", "multiclass")]
)
def test_probabilities_sum_to_one_and_the_likeliest_class_is_predicted(name: str) -> None:
    model = MODELS[name]
    P = model.predict_proba(TABLE)
    assert (P >= 0.0).all()
    np.testing.assert_allclose(P.sum(axis=1), 1.0, rtol=1e-6)
    assert model.predict(TABLE).tolist() == [model.classes[i] for i in P.argmax(axis=1)]


def test_labels_that_may_go_together_are_predicted_where_they_are_likelier_than_not() -> None:
    model = MODELS["multilabel"]
    P = model.predict_proba(TABLE)
    assert ((P > 0.0) & (P < 1.0)).all()
    np.testing.assert_array_equal(model.predict(TABLE), (P > 0.5).astype(int))
    assert model.predict(TABLE).dtype.kind == "i"


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case[4] is None])
def test_a_regression_knows_no_probabilities(name: str) -> None:
    with pytest.raises(
        SettingError, match="this model predicts numbers and has no probabilities: use predict"
    ):
        MODELS[name].predict_proba(TABLE)


@pytest.mark.parametrize("name", [name for name in CASES if name != "two quantiles"])
def test_truth_is_the_target_as_predict_would_answer_it(name: str) -> None:
    values, model = CASES[name][0], MODELS[name]
    truth = model.truth(model.target.encode(values))
    assert truth.shape == model.predict(TABLE).shape
    assert truth.dtype == model.predict(TABLE).dtype
    if CASES[name][2] == "regression":
        np.testing.assert_allclose(truth, values, rtol=1e-12, atol=1e-12)
    else:
        assert truth.tolist() == np.asarray(values).tolist()


@pytest.mark.parametrize("name", CASES)
def test_a_copy_predicts_the_same_bits_and_shares_no_weights(name: str) -> None:
    model = MODELS[name]
    Z = model.raw_scores(TABLE)
    for other in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):  # noqa: S301 - our own bytes
        assert isinstance(other, Model)
        np.testing.assert_array_equal(other.raw_scores(TABLE), Z)
        np.testing.assert_array_equal(other.predict(TABLE), model.predict(TABLE))
        assert (other.encoder, other.target, other.loss, other.training) == (
            model.encoder,
            model.target,
            model.loss,
            model.training,
        )
        other.network.parameters.theta[...] = 0.0
        np.testing.assert_array_equal(model.raw_scores(TABLE), Z)


@pytest.mark.parametrize("name", ["binary", "normalized", "two quantiles"])
def test_many_threads_predict_the_same_bits(name: str) -> None:
    model = MODELS[name]
    tables = [columns(40 + i, seed=i) for i in range(8)]
    alone = [model.predict(table) for table in tables]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(5):
            for one, other in zip(alone, pool.map(model.predict, tables), strict=True):
                np.testing.assert_array_equal(one, other)


def test_predicting_changes_nothing() -> None:
    for model in MODELS.values():
        before = (
            model.network.parameters.theta.tobytes() + model.network.parameters.statistics.tobytes()
        )
        np.testing.assert_array_equal(model.predict(TABLE), model.predict(TABLE))
        assert (
            before
            == model.network.parameters.theta.tobytes()
            + model.network.parameters.statistics.tobytes()
        )


def test_an_array_takes_the_names_that_a_model_knows_when_it_has_as_many_columns() -> None:
    X = np.zeros((2, 3))
    assert as_table(X, ("a", "b", "c")).schema.names == ("a", "b", "c")
    assert as_table(X, ("a", "b")).schema.names == ("x0", "x1", "x2")
    assert as_table(X).schema.names == ("x0", "x1", "x2")
    frame = {"p": [1.0], "q": [2.0]}
    assert as_table(frame, ("a", "b")).schema.names == ("p", "q")


def test_arrays_predict_for_a_model_of_named_columns() -> None:
    table = {"a": [0.0, 1.0, 2.0, 3.0] * 5, "b": [1.0, 0.0] * 10}
    model = fit(table, np.arange(20.0), quick(max_epochs=2))
    rows = np.column_stack(list(table.values()))
    np.testing.assert_array_equal(model.predict(rows), model.predict(table))
    np.testing.assert_array_equal(model.predict(rows.tolist()), model.predict(table))
