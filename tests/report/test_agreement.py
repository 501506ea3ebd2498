"""Two models on one table: all differences are found, in their rows, and nothing else."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_iris, make_multilabel_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

import glassnet
from glassnet import GlassNetClassifier, GlassNetRegressor, compare
from glassnet.errors import DataError, SettingError

X, Y = load_iris(return_X_y=True)
D, Z = load_diabetes(return_X_y=True)


def classes(P, labels, **changes):
    """A classifier that answers with these probabilities whatever it is asked."""
    P, labels = np.asarray(P, float), np.asarray(labels)
    predict = changes.pop("predict", lambda X: labels[P.argmax(axis=1)])
    return SimpleNamespace(classes_=labels, predict=predict, predict_proba=lambda X: P, **changes)


def numbers(y):
    return SimpleNamespace(predict=lambda X: np.asarray(y))


P = np.tile([[0.7, 0.2, 0.1]], (50, 1))


def test_the_same_is_the_same():
    old = LogisticRegression(max_iter=1000).fit(X, Y)
    found = compare(old, old, X)
    assert (found.rows, found.largest, found.mean, found.different_labels) == (150, 0.0, 0.0, 0)
    assert found.label_differences == found.farthest == ()
    assert found.same_classes
    assert found.same_shape
    assert found.same_dtype


def test_probabilities_that_differ_are_found():
    Q = P.copy()
    Q[7] = [0.65, 0.25, 0.1]
    Q[9] = [0.1, 0.2, 0.7]
    found = compare(classes(P, list("abc")), classes(Q, list("abc")), X[:50])
    assert found.compared == "probabilities"
    assert found.largest == pytest.approx(0.6)
    assert found.mean == pytest.approx((0.05 * 2 + 0.6 * 2) / 150)
    assert found.different_labels == 1
    assert [(one.row, one.old, one.new) for one in found.label_differences] == [(9, "a", "c")]
    assert [(one.row, one.old, one.new) for one in found.farthest] == [(9, "a", "c"), (7, "a", "a")]
    assert found.farthest[1].difference == pytest.approx(0.05)
    assert found.largest_relative is None


def test_classes_are_matched_by_label():
    found = compare(classes(P, [0, 1, 2]), classes(P[:, [2, 0, 1]], [2, 0, 1]), X[:50])
    assert (found.largest, found.different_labels, found.same_classes) == (0.0, 0, False)
    assert found.classes == ((0, 1, 2), (2, 0, 1))


def test_a_class_that_one_does_not_know_has_probability_0_there():
    found = compare(classes(P, list("abc")), classes(P[:, :2] / 0.9, list("ab")), X[:50])
    assert found.largest == pytest.approx(0.1)
    assert found.different_labels == 0
    assert not found.same_classes


def test_no_more_than_twenty_rows_are_kept_and_the_first_and_farthest_are():
    Q = P.copy()
    Q[10:, 0] -= np.linspace(0.6, 0.65, 40)
    Q[10:, 1] += np.linspace(0.6, 0.65, 40)
    found = compare(classes(P, list("abc")), classes(Q, list("abc")), X[:50])
    assert found.different_labels == 40
    assert [one.row for one in found.label_differences] == list(range(10, 30))
    assert [one.row for one in found.farthest] == list(range(49, 29, -1))


def test_numbers_are_compared_and_held_to_their_spread():
    y = np.array([1.0, 2.0, 3.0, 4.0])
    found = compare(numbers(y), numbers(y + np.array([0.0, 0.0, 0.5, -0.1])), X[:4])
    assert found.compared == "predictions"
    assert found.largest == pytest.approx(0.5)
    assert found.mean == pytest.approx(0.15)
    assert found.largest_relative == pytest.approx(0.5 / y.std())
    assert found.mean_relative == pytest.approx(0.15 / y.std())
    assert found.different_labels is None
    assert [(one.row, one.old, one.new) for one in found.farthest] == [(2, 3.0, 3.5), (3, 4.0, 3.9)]


def test_several_numbers_each_by_its_own_spread():
    y = np.array([[1.0, 1e6], [2.0, 2e6], [3.0, 3e6]])
    found = compare(numbers(y), numbers(y + np.array([[0.1, 1.0], [0.0, 0.0], [0.0, 0.0]])), X[:3])
    assert found.largest == 1.0
    assert found.largest_relative == pytest.approx(0.1 / y[:, 0].std())
    assert found.farthest[0].new == [1.1, 1e6 + 1]


@pytest.mark.parametrize(
    ("old", "new", "largest"),
    [
        ([np.nan, 1.0], [np.nan, 1.0], 0.0),
        ([np.nan, 1.0], [0.0, 1.0], np.inf),
        ([np.inf, 1.0], [np.inf, 1.0], 0.0),
        ([1.0, 1.0], [1.0, 2.0], 1.0),
    ],
)
def test_what_is_not_finite_is_no_agreement_by_chance(old, new, largest):
    found = compare(numbers(old), numbers(new), X[:2])
    assert found.largest == largest
    assert found.largest_relative in (None, 0.0)
    json.dumps(found.to_plain(), allow_nan=False)
    assert str(found)


def test_shape_and_dtype_are_told():
    found = compare(numbers([1.0, 2.0]), numbers(np.array([[1], [2]], np.float32)), X[:2])
    assert (found.largest, found.same_shape, found.same_dtype) == (0.0, False, False)
    assert (found.shapes, found.dtypes) == (((2,), (2, 1)), ("float64", "float32"))


def test_text_is_text_however_it_is_kept():
    labels = classes(P, list("abc"))
    kept = classes(P, list("abc"), predict=lambda X: labels.predict(X).astype(object))
    found = compare(labels, kept, X[:50])
    assert (found.dtypes, found.same_dtype, found.different_labels) == (("text", "text"), True, 0)


def test_text_and_numbers_are_different_labels():
    labels = classes(P, [0, 1, 2])
    found = compare(labels, classes(P, [0, 1, 2], predict=lambda X: np.array(["0"] * 50)), X[:50])
    assert found.different_labels == 50


def test_without_probabilities_labels_are_compared():
    found = compare(LogisticRegression(max_iter=1000).fit(X, Y), LinearSVC().fit(X, Y), X)
    assert (found.compared, found.largest, found.farthest) == ("labels", None, ())
    assert found.different_labels == len(found.label_differences) > 0
    assert found.label_differences[0].difference is None


def test_models_of_every_kind_are_taken():
    settings = {"max_epochs": 2, "hidden_layer_sizes": (), "random_state": 0}
    pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, Y)
    estimator = GlassNetClassifier(**settings).fit(X, Y)
    search = GridSearchCV(LogisticRegression(max_iter=1000), {"C": [1.0]}, cv=2).fit(X, Y)
    for new in (estimator, estimator.model_, search):
        found = compare(pipeline, new, X)
        assert found.same_classes
        assert found.largest == pytest.approx(
            np.abs(pipeline.predict_proba(X) - new.predict_proba(X)).max()
        )
        assert found.different_labels == (pipeline.predict(X) != new.predict(X)).sum()
    assert found.old == "Pipeline of LogisticRegression"
    regressor = GlassNetRegressor(**settings).fit(D, Z)
    assert compare(regressor, regressor.model_, D).largest_relative < 1e-6
    assert compare(LinearRegression().fit(D, Z), regressor, D).largest > 1.0


def test_labels_that_go_together_are_compared_column_by_column():
    M, L = make_multilabel_classification(100, 6, n_classes=3, random_state=0)
    forest = RandomForestClassifier(5, random_state=0).fit(M, L)
    model = glassnet.fit(M, L, glassnet.Plan(max_epochs=1), task="multilabel")
    found = compare(forest, model, M)
    assert found.different_labels == (forest.predict(M) != model.predict(M)).any(axis=1).sum()
    apart = np.abs(
        np.column_stack([one[:, 1] for one in forest.predict_proba(M)]) - model.predict_proba(M)
    )
    assert found.largest == pytest.approx(apart.max())
    assert found.same_classes


def test_it_is_printed_in_a_screen_and_written_as_json():
    Q = P[:, ::-1]
    found = compare(classes(P, list("abc")), classes(Q, list("abc")), X[:50])
    shown = str(found)
    assert len(shown.splitlines()) <= 24
    for words in (
        "SimpleNamespace (old)",
        "on 50 rows",
        "labels         differ in 50 of 50 rows",
        "differ by at most 0.6",
        "the same: 'a', 'b', 'c'",
    ):
        assert words in shown
    plain = json.loads(json.dumps(found.to_plain(), allow_nan=False))
    assert plain["different_labels"] == 50
    assert plain["same_classes"]
    assert plain["label_differences"][0] == {
        "row": 0,
        "old": "a",
        "new": "c",
        "difference": pytest.approx(0.6),
    }


REFUSED = {
    "no predict": (3, numbers([1.0]), SettingError, "got int, which has no predict"),
    "nor the new one": (
        numbers([1.0]),
        None,
        SettingError,
        "got NoneType, which has no predict",
    ),
    "classes and numbers": (
        classes(P, [0, 1, 2]),
        numbers([1.0]),
        SettingError,
        "predicts classes and the new one .* numbers",
    ),
    "other rows": (
        numbers([1.0, 2.0]),
        numbers([1.0]),
        DataError,
        "predicts 2 rows and the new one .* 1:",
    ),
    "other columns": (
        numbers(np.ones((2, 3))),
        numbers(np.ones((2, 2))),
        DataError,
        "predicts 3 columns and the new one .* 2:",
    ),
    "no rows at all": (numbers(1.0), numbers(1.0), DataError, "one answer a row"),
    "no class in common": (
        classes(P, [0, 1, 2]),
        classes(P, list("abc")),
        DataError,
        "no class in common: the old one 0, 1, 2, the new one 'a'",
    ),
    "probabilities of other classes": (
        classes(P, [0, 1, 2]),
        classes(P[:, :2], [0, 1, 2]),
        DataError,
        r"knows 3 classes, but .* \(50, 2\)",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_compared_is_refused(name):
    old, new, error, says = REFUSED[name]
    with pytest.raises(error, match=says):
        compare(old, new, X[:50])
