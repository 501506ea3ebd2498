"""Validation rows teach nothing; their loss and their score are those that can be computed by hand
from the network's own scores."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn import metrics

from glassnet.data.rows import Rows
from glassnet.data.split import split_rows
from glassnet.errors import DataError, SettingError
from glassnet.layers import Dropout
from glassnet.losses import Softmax
from glassnet.training.stopping import EarlyStopping
from glassnet.training.validation import Validation
from tests.training.helpers import N_FEATURES, Array, problem, sha, small_network, start

X, Y = problem(60)
X_VAL, Y_VAL = problem(30, seed=1)
W_VAL = np.random.default_rng(3).random(30)


def sigmoid(Z: Array) -> Array:
    return np.asarray(1.0 / (1.0 + np.exp(-Z)))


def softmax(Z: Array) -> Array:
    P = np.exp(Z - Z.max(axis=1, keepdims=True))
    return np.asarray(P / P.sum(axis=1, keepdims=True))


# Losses


@pytest.mark.parametrize("weighted", [False, True])
def test_the_validation_loss_is_that_of_the_network_after_the_epoch_without_dropout(
    weighted: bool,
) -> None:
    network = small_network(layers=[Dropout(0.5)])
    weight = W_VAL if weighted else np.ones(30)
    held = (X_VAL, Y_VAL, W_VAL) if weighted else (X_VAL, Y_VAL)
    for record in start(network, X, Y, validation=held):
        P = sigmoid(network.predict(X_VAL)[:, 0])
        by_hand = -(weight @ np.where(Y_VAL == 1, np.log(P), np.log(1.0 - P))) / weight.sum()
        assert record.validation_loss == pytest.approx(by_hand, rel=1e-12)
        assert record.validation_score is None


def test_validation_rows_change_no_bit_of_training() -> None:
    shas = []
    for held in (
        None,
        (X_VAL, Y_VAL),
        [X_VAL, Y_VAL, None],
        (X_VAL, 1 - Y_VAL, W_VAL),
        Validation(Rows(X_VAL, Y_VAL[:, None].astype(float))),
    ):
        network = small_network(layers=[Dropout(0.5)])
        list(start(network, X, Y, validation=held))
        shas.append(sha(network))
    assert len(set(shas)) == 1


@pytest.mark.parametrize("classes", [False, True], ids=["numbers", "classes"])
@pytest.mark.parametrize("fraction", [0.1, 0.34, np.float64(0.5)])
def test_a_fraction_holds_out_the_rows_that_split_rows_names(
    fraction: float, classes: bool
) -> None:
    y = Y if classes else Y.astype(float)
    weight = np.random.default_rng(1).random(60)
    kept, held = split_rows(60, fraction, seed=4, stratify=y if classes else None)
    settings = {"loss": "softmax" if classes else "squared", "seed": 4}
    by_fraction, by_hand = small_network(2 if classes else 1), small_network(2 if classes else 1)
    a = list(start(by_fraction, X, y, sample_weight=weight, validation=fraction, **settings))
    b = list(
        start(
            by_hand,
            X[kept],
            y[kept],
            sample_weight=weight[kept],
            validation=(X[held], y[held], weight[held]),
            **settings,
        )
    )
    assert sha(by_fraction) == sha(by_hand)
    assert [r.validation_loss for r in a] == [r.validation_loss for r in b]
    assert a[0].rows_per_second * a[0].seconds == pytest.approx(len(kept))


def test_a_validation_may_bring_a_score_of_its_own() -> None:
    network = small_network()
    seen = []

    def score(Z: Array) -> float:
        seen.append(Z)
        return float(len(seen))

    held = Validation(Rows(X_VAL, Y_VAL[:, None].astype(float)), score)
    assert [r.validation_score for r in start(network, X, Y, validation=held)] == [1.0, 2.0, 3.0]
    np.testing.assert_allclose(seen[-1], network.predict(X_VAL), rtol=1e-12)


# Scores: (loss, outputs, target, scorer, the same by hand from raw scores, truth and weights)


def labels(k: int) -> Callable[[Array], Array]:
    return lambda scores: np.clip(
        np.digitize(scores @ [1.0, -2.0, 0.5], np.linspace(-1.5, 1.5, k - 1)), 0, k - 1
    )


def several(scores: Array) -> Array:
    return (scores > 0.0).astype(int)


def numbers(scores: Array) -> Array:
    return np.asarray(scores @ [[1.0, 0.0], [-2.0, 1.0], [0.5, 1.0]])


def one_number(scores: Array) -> Array:
    return np.asarray(numbers(scores)[:, 0])


Case = tuple[Any, int, Callable[[Array], Array], str, Callable[[Array, Array, Any], float]]
SCORES: dict[str, Case] = {
    "binary, accuracy": (
        "logistic",
        1,
        labels(2),
        "accuracy",
        lambda Z, y, w: np.average((Z[:, 0] > 0) == y, weights=w),
    ),
    "binary, roc_auc": (
        "logistic",
        1,
        labels(2),
        "roc_auc",
        lambda Z, y, w: metrics.roc_auc_score(y, Z[:, 0], sample_weight=w),
    ),
    "binary, neg_log_loss": (
        "logistic",
        1,
        labels(2),
        "neg_log_loss",
        lambda Z, y, w: -metrics.log_loss(y, sigmoid(Z[:, 0]), sample_weight=w),
    ),
    "binary, f1_macro": (
        "logistic",
        1,
        labels(2),
        "f1_macro",
        lambda Z, y, w: metrics.f1_score(y, Z[:, 0] > 0, average="macro", sample_weight=w),
    ),
    "two of softmax, roc_auc": (
        "softmax",
        2,
        labels(2),
        "roc_auc",
        lambda Z, y, w: metrics.roc_auc_score(y, softmax(Z)[:, 1], sample_weight=w),
    ),
    "smoothed softmax, accuracy": (
        Softmax(0.1),
        3,
        labels(3),
        "accuracy",
        lambda Z, y, w: np.average(Z.argmax(axis=1) == y, weights=w),
    ),
    "multiclass, accuracy": (
        "softmax",
        4,
        labels(4),
        "accuracy",
        lambda Z, y, w: np.average(Z.argmax(axis=1) == y, weights=w),
    ),
    "multiclass, neg_log_loss": (
        "softmax",
        4,
        labels(4),
        "neg_log_loss",
        lambda Z, y, w: -metrics.log_loss(y, softmax(Z), labels=range(4), sample_weight=w),
    ),
    "multiclass, f1_macro": (
        "softmax",
        4,
        labels(4),
        "f1_macro",
        lambda Z, y, w: metrics.f1_score(y, Z.argmax(axis=1), average="macro", sample_weight=w),
    ),
    "multiclass, roc_auc_ovr": (
        "softmax",
        3,
        labels(3),
        "roc_auc_ovr",
        lambda Z, y, w: metrics.roc_auc_score(y, softmax(Z), multi_class="ovr", sample_weight=w),
    ),
    "two labels, accuracy": (
        "logistic",
        2,
        lambda S: several(S[:, :2]),
        "accuracy",
        lambda Z, y, w: np.average(((Z > 0) == y).all(axis=1), weights=w),
    ),
    "two labels, roc_auc": (
        "logistic",
        2,
        lambda S: several(S[:, :2]),
        "roc_auc",
        lambda Z, y, w: metrics.roc_auc_score(y, sigmoid(Z), sample_weight=w),
    ),
    "three labels, roc_auc": (
        "logistic",
        3,
        several,
        "roc_auc",
        lambda Z, y, w: metrics.roc_auc_score(y, sigmoid(Z), sample_weight=w),
    ),
    "three labels, f1_macro": (
        "logistic",
        3,
        several,
        "f1_macro",
        lambda Z, y, w: metrics.f1_score(y, (Z > 0).astype(int), average="macro", sample_weight=w),
    ),
    "regression, r2": (
        "squared",
        1,
        one_number,
        "r2",
        lambda Z, y, w: metrics.r2_score(y, Z[:, 0], sample_weight=w),
    ),
    "regression, mae": (
        "absolute",
        1,
        one_number,
        "neg_mean_absolute_error",
        lambda Z, y, w: -np.average(np.abs(y - Z[:, 0]), weights=w),
    ),
    "two numbers, r2": (
        "huber",
        2,
        numbers,
        "r2",
        lambda Z, y, w: metrics.r2_score(y, Z, sample_weight=w),
    ),
    "counts, mae": (
        "poisson",
        1,
        lambda S: np.abs(one_number(S)),
        "neg_mean_absolute_error",
        lambda Z, y, w: -np.average(np.abs(y - np.exp(Z[:, 0])), weights=w),
    ),
}


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", SCORES)
def test_a_named_score_is_scikit_learns_of_the_networks_predictions(
    name: str, weighted: bool
) -> None:
    loss, n_outputs, target, scoring, by_hand = SCORES[name]
    y, y_val = target(X), target(X_VAL)
    network = small_network(n_outputs)
    held = (X_VAL, y_val, W_VAL) if weighted else (X_VAL, y_val)
    for record in start(
        network, X, y, loss=loss, validation=held, stop=EarlyStopping(9, scoring), optimizer="adam"
    ):
        assert record.validation_score == pytest.approx(
            by_hand(network.predict(X_VAL), y_val, W_VAL if weighted else None), rel=1e-9
        )


def test_a_score_of_probabilities_takes_the_likelier_label() -> None:
    shares = np.where(Y_VAL == 1, 0.8, 0.3)
    both = np.column_stack([1.0 - shares, shares])
    for loss, n_outputs, y_val in (
        ("logistic", 1, shares),
        ("softmax", 2, both),
        ("logistic", 2, both),
    ):
        network = small_network(n_outputs)
        y = Y if loss == "softmax" or n_outputs == 1 else np.column_stack([1 - Y, Y])
        for record in start(
            network, X, y, loss=loss, validation=(X_VAL, y_val), stop=EarlyStopping(9, "accuracy")
        ):
            Z = network.predict(X_VAL)
            likelier = np.asarray(y_val).reshape(30, -1) > 0.5
            right = (
                Z.argmax(axis=1) == Y_VAL
                if loss == "softmax"
                else ((Z > 0) == likelier).all(axis=1)
            )
            assert record.validation_score == pytest.approx(right.mean())


def test_a_scorer_of_ones_own_meets_an_estimator_that_knows_the_validation_rows_and_others() -> (
    None
):
    network = small_network(3)
    y, y_val = labels(3)(X), labels(3)(X_VAL)
    seen = []

    def scorer(estimator: Any, X_given: Any, y_given: Any) -> float:
        np.testing.assert_array_equal(X_given, X_VAL)
        np.testing.assert_array_equal(y_given, y_val)
        np.testing.assert_array_equal(estimator.classes_, [0, 1, 2])
        np.testing.assert_allclose(
            estimator.predict_proba(X_given), softmax(network.predict(X_VAL)), rtol=1e-12
        )
        np.testing.assert_array_equal(
            estimator.predict(X[:4]), network.predict(X[:4]).argmax(axis=1)
        )
        seen.append(float((estimator.predict(X_given) == y_given).mean()))
        return seen[-1]

    records = list(
        start(
            network, X, y, loss="softmax", validation=(X_VAL, y_val), stop=EarlyStopping(9, scorer)
        )
    )
    assert [r.validation_score for r in records] == seen


# Refusals


def refused(match: str, kind: type[Exception] = SettingError, **changed: Any) -> None:
    with pytest.raises(kind, match=match):
        start(small_network(), X, Y, **changed)


def test_a_misspelt_scorer_suggests_one() -> None:
    refused(
        r"unknown scorer 'acuracy'.*Did you mean 'accuracy'",
        validation=(X_VAL, Y_VAL),
        stop=EarlyStopping(3, "acuracy"),
    )


def test_a_scorer_that_is_neither_name_nor_callable_is_refused() -> None:
    refused(
        "scoring must be a scorer's name or a callable",
        validation=(X_VAL, Y_VAL),
        stop=EarlyStopping(3, 7),
    )  # type: ignore[arg-type]


def test_a_score_needs_validation_rows() -> None:
    refused(
        "stopping by a score needs validation rows: give validation=0.1",
        stop=EarlyStopping(3, "accuracy"),
    )
    held = Validation(Rows(X_VAL, Y_VAL[:, None].astype(float)))
    refused(
        "stopping by a score needs a Validation with a score",
        stop=EarlyStopping(3, "accuracy"),
        validation=held,
    )


@pytest.mark.parametrize("odd", [1, (X_VAL,), (X_VAL, Y_VAL, W_VAL, 1), "some", {"X": X_VAL}])
def test_what_is_no_validation_is_refused(odd: Any) -> None:
    refused(
        "validation must be None, a fraction such as 0.1, \\(X, y\\) or \\(X, y, weight\\), got",
        validation=odd,
    )


@pytest.mark.parametrize("fraction", [0.0, 1.0, -0.1, 1.5, float("nan")])
def test_a_fraction_that_leaves_no_rows_is_refused(fraction: float) -> None:
    refused("the fraction of rows to hold out must lie between 0 and 1, got", validation=fraction)


GAPPY = X_VAL.copy()
GAPPY[3, 1] = np.nan


@pytest.mark.parametrize(
    ("held", "match"),
    [
        ((X_VAL, Y_VAL[:5]), "X has 30 and y has 5"),
        ((X_VAL[:, :2], Y_VAL), rf"X must have shape \(n, {N_FEATURES}\)"),
        ((X_VAL, Y_VAL + 5), "labels 0 and 1 or probabilities"),
        ((GAPPY, Y_VAL), "row 3, column 1 holds nan"),
        ((X_VAL[:0], Y_VAL[:0]), "X has no rows"),
        ((X_VAL, Y_VAL, W_VAL[:4]), r"sample_weight must have shape \(30,\)"),
        ((X_VAL, Y_VAL, -W_VAL), "finite numbers >= 0"),
        ((X_VAL, Y_VAL, 0.0 * W_VAL), "zero in every row"),
    ],
)
def test_validation_rows_are_checked_as_training_rows_are_and_named(held: Any, match: str) -> None:
    refused(f"the validation set does not fit: .*{match}", DataError, validation=held)


def test_a_held_out_part_that_weighs_nothing_is_refused() -> None:
    refused(
        "the validation set does not fit: sample_weight is zero",
        DataError,
        validation=0.1,
        sample_weight=np.eye(60)[split_kept()],
    )


def split_kept() -> int:
    """A row that seed 0 keeps for training."""
    return int(split_rows(60, 0.1, seed=0)[0][0])
