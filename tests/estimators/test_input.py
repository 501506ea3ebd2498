"""Input of the estimators: arrays, sparse matrices, data frames, targets, validation sets."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from sklearn.datasets import load_diabetes, load_iris
from sklearn.exceptions import DataConversionWarning, NotFittedError

from glassnet import GlassNetClassifier, GlassNetRegressor
from glassnet.errors import DataNotice, SettingError
from glassnet.losses import Quantile

QUICK: dict[str, Any] = {
    "recipe": "plain",
    "hidden_layer_sizes": 16,
    "max_epochs": 40,
    "learning_rate": 0.02,
    "random_state": 0,
}
RNG = np.random.default_rng(0)
N = 120
X = RNG.standard_normal((N, 3))
Y = (X[:, 0] > 0).astype(int)
TABLE = {
    "size": np.where(RNG.random(N) < 0.1, np.nan, X[:, 0]),
    "island": np.array(["Dream", "Biscoe", None], dtype=object)[RNG.integers(0, 3, N)],
    "sex": RNG.random(N) < 0.5,
    "count": RNG.integers(0, 9, N),
}
LABELS = np.where((np.nan_to_num(TABLE["size"]) > 0) ^ TABLE["sex"], "yes", "no")


def frames() -> dict[str, Any]:
    pandas = pd.DataFrame(TABLE)
    return {
        "pandas": pandas,
        "pandas categories": pandas.astype(
            {"island": "category", "sex": "boolean", "count": "Int64"}
        ),
        "polars": pl.DataFrame(
            {name: list(values) for name, values in TABLE.items()}, strict=False
        ).with_columns(pl.col("size").fill_nan(None)),
    }


@pytest.mark.parametrize("kind", ["pandas", "pandas categories", "polars"])
def test_frames_with_text_booleans_and_gaps(kind: str) -> None:
    frame = frames()[kind]
    classifier = GlassNetClassifier(**QUICK).fit(frame, LABELS)
    assert classifier.score(frame, LABELS) > 0.9
    assert classifier.feature_names_in_.tolist() == ["size", "island", "sex", "count"]
    assert classifier.predict(frame).dtype == LABELS.dtype
    assert classifier.model_.encoder.schema.categories == ("island", "sex")
    reordered = frame[["island", "size", "sex", "count"]]
    with pytest.raises(
        ValueError,
        match=r"feature names should match those that were passed during fit(.|\n)*same order",
    ):
        classifier.predict(reordered)
    assert np.array_equal(
        classifier.model_.predict(reordered), classifier.predict(frame)
    )  # the model realigns by name


def test_frame_and_array_of_the_same_cells_agree() -> None:
    frame = pd.DataFrame(TABLE)
    by_frame = GlassNetClassifier(**QUICK).fit(frame, LABELS)
    by_cells = GlassNetClassifier(**QUICK).fit(frame.to_numpy(dtype=object), LABELS)
    assert np.array_equal(
        by_frame.predict_proba(frame), by_cells.predict_proba(frame.to_numpy(dtype=object))
    )
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        assert np.array_equal(
            by_frame.predict(frame.to_numpy(dtype=object)), by_frame.predict(frame)
        )


def test_levels_never_seen_are_taken() -> None:
    frame = pd.DataFrame(TABLE)
    classifier = GlassNetClassifier(**QUICK).fit(frame, LABELS)
    with pytest.warns(
        DataNotice,
        match="120 of 120 values of 'island' have a level that the model does not know, such as "
        "'Torgersen'",
    ):
        assert len(classifier.predict(frame.assign(island="Torgersen"))) == N


def test_gaps_in_arrays() -> None:
    holed = np.where(RNG.random(X.shape) < 0.1, np.nan, X)
    assert GlassNetClassifier(**QUICK).fit(holed, Y).score(holed, Y) > 0.8
    masked = np.ma.masked_invalid(holed)
    assert np.array_equal(
        GlassNetClassifier(**QUICK).fit(masked, Y).predict(masked),
        GlassNetClassifier(**QUICK).fit(holed, Y).predict(holed),
    )


@pytest.mark.parametrize(
    "make", [sparse.csr_matrix, sparse.csr_array, sparse.csc_array, sparse.coo_array]
)
def test_sparse(make: Any) -> None:
    dense = np.where(RNG.random((N, 30)) < 0.2, 1.0 + RNG.random((N, 30)), 0.0)
    y = (dense[:, :5].sum(axis=1) > 1.3).astype(int)
    classifier = GlassNetClassifier(**QUICK).fit(make(dense), y)
    assert classifier.score(make(dense), y) > 0.9
    np.testing.assert_allclose(
        classifier.predict_proba(dense), classifier.predict_proba(make(dense)), atol=1e-12
    )
    dense[3, 4] = np.nan
    with pytest.raises(ValueError, match="column 'x4' of the sparse matrix holds a NaN in row 3"):
        classifier.predict(make(dense))


BAD_X = [
    (X[:, :2], "X has 2 features, but GlassNetClassifier is expecting 3 features as input"),
    (X[0], "Expected 2D array, got 1D array instead"),
    (np.where(X > 2, np.inf, X), "Input X contains infinity"),
    (X + 1j, "Complex data not supported"),
    (np.zeros((0, 2)), "X has 2 features, but GlassNetClassifier is expecting 3 features as input"),
    (pd.Series(X[:, 0]), "Expected a 2-dimensional container"),
    ({"a": X[:, 0]}, "X must be an array, a sparse matrix or a data frame, got a dict"),
    (
        np.array([["2020-01-01"] * 3] * 2, dtype="datetime64[D]"),
        "must hold numbers but holds date-times",
    ),
    (
        pd.DataFrame({"a": [1.0], "b": [np.inf], "c": [1.0]}),
        "column 'b' holds an infinite number in row 0",
    ),
]


@pytest.mark.parametrize(("bad", "says"), BAD_X, ids=[says for _, says in BAD_X])
def test_bad_input_is_refused(bad: Any, says: str) -> None:
    classifier = GlassNetClassifier(**QUICK | {"max_epochs": 1}).fit(X, Y)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of names, where a frame comes
        with pytest.raises(ValueError, match=says):
            classifier.predict(bad)


BAD_Y = [
    (GlassNetClassifier, np.where(Y > 0, np.nan, 0.0), "Input y contains NaN"),
    (GlassNetClassifier, np.where(Y > 0, None, "a"), "values are missing, the first in row"),
    (GlassNetClassifier, X[:, 0], "Unknown label type: continuous"),
    (
        GlassNetClassifier,
        np.column_stack([Y, Y + 1]),
        "y has several columns that hold more than 0 and 1",
    ),
    (GlassNetClassifier, None, "requires y to be passed, but the target y is None"),
    (GlassNetClassifier, Y[:-1], "inconsistent numbers of samples"),
    (GlassNetRegressor, np.where(Y > 0, np.nan, 0.0), "Input y contains NaN"),
    (GlassNetRegressor, np.where(Y > 0, np.inf, 0.0), "Input y contains infinity"),
    (
        GlassNetRegressor,
        np.where(Y > 0, "a", "b"),
        "dtype='numeric' is not compatible with arrays of bytes/strings",
    ),
]


@pytest.mark.parametrize(("kind", "y", "says"), BAD_Y, ids=[says for _, _, says in BAD_Y])
def test_bad_targets_are_refused(kind: Any, y: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        kind(**QUICK).fit(X, y)


def test_unfitted() -> None:
    with pytest.raises(NotFittedError):
        GlassNetClassifier().predict(X)
    with pytest.raises(NotFittedError):
        GlassNetRegressor().predict(X)


LABEL_KINDS = [
    np.array(["b", "a"])[Y],
    np.array(["b", "a"], dtype=object)[Y],
    Y.astype(bool),
    Y.astype(np.int8) - 1,
    Y.astype(np.uint64) + 2**63,
    Y.astype(float) + 1.0,
    np.array(["true", "True"])[Y],
    pd.Series(np.array(["b", "a"])[Y], dtype="category"),
    pl.Series(["b" if label else "a" for label in Y]),
]


@pytest.mark.parametrize("y", LABEL_KINDS, ids=range(len(LABEL_KINDS)))
@pytest.mark.parametrize("loss", [None, "softmax"])
def test_labels_come_back_as_they_went_in(y: Any, loss: str | None) -> None:
    classifier = GlassNetClassifier(**QUICK, loss=loss).fit(X, y)
    asked = np.unique(np.asarray(y))
    assert classifier.classes_.dtype == asked.dtype
    assert np.array_equal(classifier.classes_, asked)
    predicted = classifier.predict(X)
    assert predicted.dtype == asked.dtype
    assert np.mean(predicted == np.asarray(y)) > 0.9
    assert classifier.predict_proba(X).shape == (N, 2)


def test_a_column_of_labels_warns_as_scikit_learn_does() -> None:
    with pytest.warns(DataConversionWarning, match="A column-vector y was passed"):
        GlassNetClassifier(**QUICK | {"max_epochs": 1}).fit(X, Y[:, None])


def test_many_classes() -> None:
    X, y = load_iris(return_X_y=True)
    classifier = GlassNetClassifier(**QUICK).fit(X, y)
    assert classifier.score(X, y) > 0.95
    P = classifier.predict_proba(X)
    np.testing.assert_allclose(P.sum(axis=1), 1.0, rtol=1e-12)
    np.testing.assert_allclose(classifier.predict_log_proba(X), np.log(P))


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix, pd.DataFrame, np.ndarray.tolist])
def test_multilabel(form: Any) -> None:
    y = np.column_stack([X[:, 0] > 0, X[:, 1] > 0, X[:, 0] + X[:, 1] > 0]).astype(int)
    classifier = GlassNetClassifier(**QUICK).fit(X, form(y))
    assert classifier.predict_proba(X).shape == classifier.predict(X).shape == (N, 3)
    assert np.mean(classifier.predict(X) == y) > 0.9
    assert classifier.classes_.tolist() == [0, 1, 2]


def test_names_of_targets_reach_the_model() -> None:
    frame = pd.DataFrame({"low": X[:, 0], "high": X[:, 1]})
    assert GlassNetRegressor(**QUICK | {"max_epochs": 1}).fit(X, frame).model_.target.names == (
        "low",
        "high",
    )
    assert GlassNetRegressor(**QUICK | {"max_epochs": 1}).fit(
        X, frame["low"]
    ).model_.target.names == ("low",)


@pytest.mark.parametrize("loss", ["squared", "absolute", "huber"])
def test_regression(loss: str) -> None:
    X, y = load_diabetes(return_X_y=True)
    assert GlassNetRegressor(**QUICK, loss=loss).fit(X, y).score(X, y) > 0.5


def test_shapes_of_regressions() -> None:
    quick = QUICK | {"max_epochs": 1}
    assert GlassNetRegressor(**quick).fit(X, X[:, 0]).predict(X).shape == (N,)
    assert GlassNetRegressor(**quick).fit(X, X[:, :1]).predict(X).shape == (N, 1)
    assert GlassNetRegressor(**quick).fit(X, X[:, :2]).predict(X).shape == (N, 2)
    assert GlassNetRegressor(**quick, loss=Quantile((0.1, 0.5, 0.9))).fit(X, X[:, 0]).predict(
        X
    ).shape == (N, 3)


@pytest.mark.parametrize("loss", ["poisson", "gamma"])
def test_losses_with_a_logarithmic_link(loss: str) -> None:
    y = np.exp(X[:, 0]) + 0.1
    predicted = GlassNetRegressor(**QUICK, loss=loss).fit(X, y).predict(X)
    assert (predicted > 0).all()
    assert np.corrcoef(predicted, y)[0, 1] > 0.8


def test_quantiles_cover_what_they_say() -> None:
    rng = np.random.default_rng(1)
    X = rng.uniform(-1, 1, (600, 1))
    y = 100.0 + 10.0 * rng.standard_normal(600)
    low, middle, high = (
        GlassNetRegressor(**QUICK, loss=Quantile((0.1, 0.5, 0.9))).fit(X, y).predict(X).T
    )
    assert 0.03 < np.mean(y < low) < 0.17
    assert 0.4 < np.mean(y < middle) < 0.6
    assert 0.03 < np.mean(y > high) < 0.17


def test_several_quantiles_have_no_score() -> None:
    regressor = GlassNetRegressor(**(QUICK | {"max_epochs": 1}), loss=Quantile((0.1, 0.9))).fit(
        X, X[:, 0]
    )
    with pytest.raises(
        SettingError,
        match=r"R2 is for one prediction a row, .* quantiles \(0.1, 0.9\): score each with",
    ):
        regressor.score(X, X[:, 0])
    assert (
        GlassNetRegressor(**(QUICK | {"max_epochs": 1}), loss="quantile")
        .fit(X, X[:, 0])
        .score(X, X[:, 0])
        < 1.0
    )


def test_a_row_is_predicted_alike_alone_and_among_others() -> None:
    regressor = GlassNetRegressor(hidden_layer_sizes=(64, 64), max_epochs=30, random_state=0).fit(
        X, X[:, 0]
    )
    alone = np.concatenate([regressor.predict(X[i : i + 1]) for i in range(N)])
    np.testing.assert_allclose(alone, regressor.predict(X), rtol=1e-12, atol=1e-13)


# Validation sets of one's own


def test_validation_set() -> None:
    classifier = GlassNetClassifier(**QUICK).fit(X[:90], Y[:90], X_val=X[90:], y_val=Y[90:])
    assert len(classifier.history_["validation_loss"]) == classifier.n_iter_
    assert classifier.history_["validation_loss"][0] is not None
    plan = classifier.model_.training["plan"]
    assert plan["early_stopping"] is True
    assert classifier.model_.training["rows"] == 90
    watched = GlassNetClassifier(**QUICK, early_stopping=False).fit(
        X[:90], Y[:90], X_val=X[90:], y_val=Y[90:]
    )
    assert watched.n_iter_ == 40
    assert watched.history_["validation_loss"][-1] is not None


def test_validation_by_a_score() -> None:
    labels = np.array(["no", "yes"])[Y]
    classifier = GlassNetClassifier(**QUICK, scoring="roc_auc").fit(
        X[:90], labels[:90], X_val=X[90:], y_val=labels[90:]
    )
    assert max(classifier.history_["validation_score"]) > 0.95
    best = classifier.model_.training["best_epoch"]
    assert classifier.history_["validation_score"][best] == max(
        classifier.history_["validation_score"]
    )


BAD_VALIDATION = [
    ({"X_val": X}, "X_val needs y_val"),
    ({"y_val": Y}, "y_val needs X_val"),
    (
        {"X_val": X[:, :2], "y_val": Y},
        r"the validation set \(X_val, y_val\) does not fit: X has 2 features",
    ),
    (
        {"X_val": X, "y_val": Y[:-1]},
        "does not fit: Found input variables with inconsistent numbers of samples",
    ),
    (
        {"X_val": X, "y_val": Y + 1},
        "the label 2 in row .* which training did not have: it had 0, 1",
    ),
    ({"X_val": X, "y_val": X[:, 0]}, "does not fit: Unknown label type"),
]


@pytest.mark.parametrize(
    ("validation", "says"), BAD_VALIDATION, ids=[says for _, says in BAD_VALIDATION]
)
def test_bad_validation_sets_are_refused(validation: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        GlassNetClassifier(**QUICK).fit(X, Y, **validation)


def test_validation_columns_in_another_order_are_refused() -> None:
    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    with pytest.raises(ValueError, match=r"does not fit: The feature names should match"):
        GlassNetClassifier(**QUICK).fit(frame, Y, X_val=frame[["b", "a", "c"]], y_val=Y)


def test_class_weights_name_labels_in_any_form() -> None:
    by_number = GlassNetClassifier(**QUICK, class_weight={0: 1.0, 1: 5.0}).fit(X, Y)
    for weights, y in [
        ({0.0: 1.0, 1.0: 5.0}, Y),
        ({"0": 1.0, "1": 5.0}, Y),
        ({False: 1, True: 5}, Y == 1),
        ({0: 1, 1: 5, 2: 9}, Y),
    ]:
        other = GlassNetClassifier(**QUICK, class_weight=weights).fit(X, y)
        assert np.array_equal(other.predict_proba(X), by_number.predict_proba(X))
    assert not np.array_equal(
        GlassNetClassifier(**QUICK).fit(X, Y).predict_proba(X), by_number.predict_proba(X)
    )
