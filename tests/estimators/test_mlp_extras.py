"""What the drop-ins have beyond scikit-learn's; by default each addition changes nothing."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import roc_auc_score

from glassnet import Dense, MLPClassifier, MLPRegressor, Network
from glassnet.activations import ACTIVATIONS, ActivationFunction
from glassnet.data.toys import moons
from glassnet.engines.native import compiled
from glassnet.losses import Huber, Quantile
from glassnet.storage import load

X, Y = moons(96)
X2, Y2 = moons(40, seed=1)
T = X[:, 0] * 2.0 + np.random.default_rng(0).normal(size=96) * 0.3
QUICK: dict[str, Any] = {
    "hidden_layer_sizes": (6,),
    "random_state": 0,
    "max_iter": 5,
    "batch_size": 16,
}
NATIVE = pytest.mark.skipif(compiled() is None, reason="the native engine is not built")


@pytest.fixture(autouse=True)
def unconverged() -> Iterator[None]:
    """A few epochs are enough here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield


def numbers(estimator: Any) -> np.ndarray[Any, Any]:
    return np.concatenate([np.ravel(a) for a in [*estimator.coefs_, *estimator.intercepts_]])


def classifier(**changed: Any) -> MLPClassifier:
    return MLPClassifier(**QUICK | changed)


def regressor(**changed: Any) -> MLPRegressor:
    return MLPRegressor(**QUICK | changed)


# Nothing changes until it is asked for


@pytest.mark.parametrize(
    "changed",
    [
        {"dropout": 0.0},
        {"clip_norm": 1e9},
        {"callbacks": lambda epoch: None},
        {"callbacks": []},
        {"class_weight": {0: 1.0, 1: 1.0}},
        {"activation": ["relu"]},
        {"activation": ACTIVATIONS["relu"]},
        {"n_threads": 1},
        {"scoring": "roc_auc"},  # without early stopping there is nothing to score
    ],
    ids="".join,
)
def test_what_adds_nothing_changes_no_bit(changed: dict[str, Any]) -> None:
    np.testing.assert_array_equal(
        numbers(classifier(**changed).fit(X, Y)), numbers(classifier().fit(X, Y))
    )


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_validation_rows_that_are_only_watched_change_no_bit(solver: str) -> None:
    watched = classifier(solver=solver).fit(X, Y, X_val=X2, y_val=Y2)
    plain = classifier(solver=solver).fit(X, Y)
    np.testing.assert_array_equal(numbers(watched), numbers(plain))
    assert len(watched.validation_loss_curve_) == 5
    assert plain.validation_loss_curve_ is None


# class_weight


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@pytest.mark.parametrize(
    "given", [None, np.linspace(0.5, 2.0, 96)], ids=["alone", "with sample_weight"]
)
def test_class_weights_are_the_weights_of_their_rows(solver: str, given: Any) -> None:
    labels = np.array(["no", "yes"])[Y]
    by_class = classifier(solver=solver, class_weight={"no": 3.0, "yes": 0.5}).fit(
        X, labels, sample_weight=given
    )
    by_row = classifier(solver=solver).fit(
        X, labels, sample_weight=np.where(Y, 0.5, 3.0) * (1.0 if given is None else given)
    )
    np.testing.assert_array_equal(numbers(by_class), numbers(by_row))


def test_balanced_classes_weigh_the_same_however_rare() -> None:
    rows = np.r_[np.flatnonzero(Y == 0), np.flatnonzero(Y == 1)[:8]]
    y = Y[rows]
    balanced = classifier(class_weight="balanced").fit(X[rows], y)
    by_row = classifier().fit(X[rows], y, sample_weight=len(y) / (2.0 * np.bincount(y))[y])
    np.testing.assert_array_equal(numbers(balanced), numbers(by_row))
    in_parts = classifier(class_weight="balanced").partial_fit(X[rows], y, classes=[0, 1])
    np.testing.assert_array_equal(
        numbers(in_parts), numbers(classifier(class_weight="balanced", max_iter=1).fit(X[rows], y))
    )


# dropout, clip_norm


@pytest.mark.parametrize("setting", [{"dropout": 0.3}, {"clip_norm": 1e-3}], ids=str)
def test_it_changes_the_training_and_is_reproducible(setting: dict[str, Any]) -> None:
    still = {
        "solver": "sgd",
        "batch_size": 96,
        "shuffle": False,
    }  # dropout draws a seed, but here no order hangs on the draws
    plain, one, two = (
        classifier(**still),
        classifier(**still, **setting),
        classifier(**still, **setting),
    )
    assert np.array_equal(numbers(one.fit(X, Y)), numbers(two.fit(X, Y)))
    assert not np.array_equal(numbers(one), numbers(plain.fit(X, Y)))
    np.testing.assert_array_equal(
        one.predict_proba(X), one.predict_proba(X)
    )  # nothing is dropped in a prediction


def test_no_step_is_longer_than_the_rate_times_the_clipped_gradient() -> None:
    settings = {
        "solver": "sgd",
        "momentum": 0.0,
        "learning_rate_init": 0.5,
        "batch_size": 96,
        "alpha": 0.0,
        "max_iter": 1,
    }
    before = numbers(regressor(**settings | {"learning_rate_init": 1e-300}).fit(X, 100.0 * T))
    free = np.linalg.norm(numbers(regressor(**settings).fit(X, 100.0 * T)) - before)
    clipped = np.linalg.norm(
        numbers(regressor(**settings, clip_norm=0.25).fit(X, 100.0 * T)) - before
    )
    assert free > 1.0
    assert clipped == pytest.approx(0.5 * 0.25, rel=1e-9)


# Activations


CUBE = ActivationFunction("cube", lambda Z: Z**3, lambda Z, dA: 3 * Z**2 * dA, keeps="input")


@pytest.mark.parametrize(
    "activation",
    [
        ("tanh", "relu"),
        ["logistic", "identity"],
        np.array(["silu", "gelu"]),
        ("mish", CUBE),
        *sorted(ACTIVATIONS),
        "logistic",
    ],
    ids=str,
)
def test_each_layer_has_its_activation(activation: Any) -> None:
    fitted = classifier(hidden_layer_sizes=(5, 4), activation=activation).fit(X, Y)
    each = [activation] * 2 if isinstance(activation, str) else list(activation)
    names = ["sigmoid" if isinstance(name, str) and name == "logistic" else name for name in each]
    by_hand = Network([Dense(5, names[0]), Dense(4, names[1]), Dense(1)], 2, dtype="float64")
    for i in range(3):
        by_hand.parameters[f"layers.{i}.W"], by_hand.parameters[f"layers.{i}.b"] = (
            fitted.coefs_[i],
            fitted.intercepts_[i],
        )
    expected = 1.0 / (1.0 + np.exp(-by_hand.predict(X)[:, 0]))
    np.testing.assert_allclose(fitted.predict_proba(X)[:, 1], expected, rtol=1e-12)
    assert fitted.loss_curve_[-1] < fitted.loss_curve_[0]


def test_each_layer_starts_with_the_factor_of_its_activation() -> None:
    # Glorot and Bengio: sqrt(6 / (fan_in + fan_out)), with 2 in the place of 6 for the sigmoid.
    wide = regressor(
        hidden_layer_sizes=(400, 300),
        activation=("logistic", "tanh"),
        learning_rate_init=1e-300,
        max_iter=1,
    ).fit(X, T)
    for W, factor in zip(wide.coefs_, (2.0, 6.0, 6.0), strict=True):
        bound = math.sqrt(factor / sum(W.shape))
        assert 0.98 * bound < np.abs(W).max() <= bound


# Losses: a table without features has one answer, which statistics knows


CONSTANT = np.zeros((101, 1))
SKEWED = np.sort(np.random.default_rng(0).gamma(2.0, size=101))
STATISTIC: list[tuple[Any, Any]] = [
    ("squared_error", SKEWED.mean()),
    ("squared", SKEWED.mean()),
    ("absolute", SKEWED[50]),
    ("absolute_error", SKEWED[50]),
    ("quantile", SKEWED[50]),
    (Quantile((0.1, 0.5, 0.9)), SKEWED[[10, 50, 90]]),
    ("gamma", SKEWED.mean()),
    ("poisson", SKEWED.mean()),
]


@pytest.mark.parametrize(("loss", "expected"), STATISTIC, ids=[str(loss) for loss, _ in STATISTIC])
def test_a_table_without_features_is_answered_by_a_statistic(loss: Any, expected: Any) -> None:
    settings = {"batch_size": 101, "alpha": 0.0, "n_iter_no_change": 10_000, "random_state": 0}
    fitted = MLPRegressor(
        loss, (), solver="adam", learning_rate_init=0.02, max_iter=1_000, **settings
    ).fit(CONSTANT, SKEWED)
    np.testing.assert_allclose(fitted.predict(CONSTANT[:1])[0], expected, atol=0.03)


def test_huber_lies_where_its_clipped_errors_add_up_to_zero() -> None:
    settings = {"batch_size": 101, "alpha": 0.0, "n_iter_no_change": 10_000, "random_state": 0}
    for delta in (0.2, 1.0, 50.0):
        fitted = MLPRegressor(
            Huber(delta), (), learning_rate_init=0.02, max_iter=1_000, **settings
        ).fit(CONSTANT, SKEWED)
        assert (
            abs(np.clip(fitted.predict(CONSTANT[:1]) - SKEWED, -delta, delta).mean()) < 2e-3 * delta
        )


def test_quantiles_cover_their_share_of_the_rows_and_do_not_cross() -> None:
    quantiles = (0.1, 0.25, 0.75)
    fitted = regressor(
        loss=Quantile(quantiles), max_iter=400, learning_rate_init=0.01, n_iter_no_change=400
    ).fit(X, T)
    Q = fitted.predict(X)
    assert Q.shape == (96, 3)
    assert (np.diff(Q, axis=1) >= 0.0).all()
    np.testing.assert_allclose((T[:, None] <= Q).mean(axis=0), quantiles, atol=0.06)


def test_several_quantiles_are_stopped_by_their_loss() -> None:
    fitted = regressor(loss=Quantile((0.1, 0.9)), early_stopping=True).fit(
        X, T, X_val=X2, y_val=X2[:, 0]
    )
    np.testing.assert_allclose(
        fitted.validation_scores_, -np.array(fitted.validation_loss_curve_), rtol=1e-12
    )


# Validation rows of one's own


def mean_loss(fitted: Any, X: Any, y: Any) -> float:
    if isinstance(fitted, MLPRegressor):
        return 0.5 * float(np.mean((fitted.predict(X) - y) ** 2))
    return -float(np.mean(np.log(fitted.predict_proba(X)[np.arange(len(y)), y])))


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@pytest.mark.parametrize(
    ("make", "y", "y_val"),
    [(classifier, Y, Y2), (regressor, T, X2[:, 0])],
    ids=["classifier", "regressor"],
)
def test_the_validation_curve_is_the_loss_of_those_rows_after_each_epoch(
    make: Any, y: Any, y_val: Any, solver: str
) -> None:
    curve = [mean_loss(make(solver=solver, max_iter=n).fit(X, y), X2, y_val) for n in (1, 2, 5)]
    fitted = make(solver=solver).fit(X, y, X_val=X2, y_val=y_val)
    np.testing.assert_allclose(np.array(fitted.validation_loss_curve_)[[0, 1, 4]], curve, rtol=1e-9)


@pytest.mark.parametrize(
    "scoring",
    [
        None,
        "roc_auc",
        "neg_log_loss",
        lambda estimator, X, y: -abs(estimator.predict(X).mean() - 0.3),
    ],
)
def test_early_stopping_watches_the_rows_given_and_keeps_their_best_epoch(scoring: Any) -> None:
    settings: dict[str, Any] = {
        "early_stopping": True,
        "scoring": scoring,
        "learning_rate_init": 0.05,
        "n_iter_no_change": 4,
    }
    against = 1 - Y2  # rows on which learning makes it worse
    fitted = classifier(**settings, max_iter=60).fit(X, Y, X_val=X2, y_val=against)
    scores = fitted.validation_scores_
    assert fitted.stopped_early_
    assert fitted.n_iter_ == len(scores) < 60
    best = int(np.argmax(scores))
    until = classifier(learning_rate_init=0.05, max_iter=best + 1).fit(
        X, Y
    )  # all rows are learned from: none were held out
    np.testing.assert_array_equal(numbers(fitted), numbers(until))
    assert fitted.best_validation_score_ == scores[best]
    if scoring is None:
        assert scores[best] == fitted.score(X2, against)
    if scoring == "roc_auc":
        assert scores[best] == roc_auc_score(against, fitted.predict_proba(X2)[:, 1])


def test_partial_fit_stops_by_the_rows_given_and_puts_the_best_weights_back() -> None:
    settings: dict[str, Any] = {
        "early_stopping": True,
        "n_iter_no_change": 3,
        "learning_rate_init": 0.05,
    }
    estimator, kept = classifier(**settings), []
    for _ in range(60):
        estimator.partial_fit(X, Y, classes=[0, 1], X_val=X2, y_val=1 - Y2)
        if estimator.stopped_early_:
            break
        kept.append(numbers(estimator))
    best = int(np.argmax(estimator.validation_scores_))
    assert len(estimator.validation_scores_) == len(kept) + 1 < 60
    assert best < len(kept)
    np.testing.assert_array_equal(numbers(estimator), kept[best])
    with pytest.raises(
        ValueError, match="partial_fit does not support early_stopping=True without rows to stop by"
    ):
        estimator.partial_fit(X, Y)


# Engines and threads


@NATIVE
@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_threads_change_no_bit_and_engines_agree_to_rounding(solver: str) -> None:
    one, two, reference = (
        classifier(solver=solver, **c).fit(X, Y)
        for c in ({"n_threads": 1}, {"n_threads": 2}, {"engine": "reference"})
    )
    np.testing.assert_array_equal(numbers(one), numbers(two))
    np.testing.assert_allclose(numbers(one), numbers(reference), rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(one.predict_proba(X), reference.predict_proba(X), rtol=1e-7)


# Callbacks


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@pytest.mark.parametrize("several", [False, True])
def test_callbacks_see_every_epoch_and_true_ends_training(solver: str, several: bool) -> None:
    seen: list[Any] = []

    def third(epoch: Any) -> bool:
        seen.append(epoch)
        return len(seen) == 3

    others: list[Any] = []
    fitted = classifier(
        solver=solver, max_iter=9, callbacks=(third, others.append) if several else third
    ).fit(X, Y)
    assert [epoch.index for epoch in seen] == [0, 1, 2]
    assert others == (seen if several else [])
    assert fitted.n_iter_ == 3
    assert fitted.loss_ == seen[-1].training_loss
    if solver != "lbfgs":
        np.testing.assert_array_equal(
            numbers(fitted), numbers(classifier(solver=solver, max_iter=3).fit(X, Y))
        )


def test_a_callback_that_ends_training_restores_the_best_weights() -> None:
    settings: dict[str, Any] = {
        "early_stopping": True,
        "learning_rate_init": 0.05,
        "n_iter_no_change": 50,
        "max_iter": 50,
    }
    fitted = classifier(**settings, callbacks=lambda epoch: epoch.index == 19).fit(
        X, Y, X_val=X2, y_val=1 - Y2
    )
    best = int(np.argmax(fitted.validation_scores_))
    assert best < 19
    until = classifier(learning_rate_init=0.05, max_iter=best + 1).fit(X, Y)
    np.testing.assert_array_equal(numbers(fitted), numbers(until))


# model_


@pytest.mark.parametrize(
    ("make", "y", "changed"),
    [
        (classifier, Y, {"activation": ("mish",), "dropout": 0.2}),
        (classifier, np.array(["a", "b", "c"])[(X[:, 0] > 0).astype(int) + Y], {}),
        (classifier, np.column_stack([Y, 1 - Y, X[:, 0] > 0]), {"solver": "lbfgs"}),
        (regressor, T, {"loss": Quantile((0.1, 0.9))}),
        (regressor, np.exp(T), {"loss": "gamma"}),
        (regressor, np.column_stack([T, -T]), {"loss": "huber"}),
    ],
)
def test_the_model_of_a_file_predicts_the_same(
    make: Any, y: Any, changed: dict[str, Any], tmp_path: Any
) -> None:
    fitted = make(**changed).fit(X, y)
    fitted.model_.save(tmp_path / "m.glassnet")
    model = load(tmp_path / "m.glassnet")
    if make is regressor:
        np.testing.assert_allclose(np.squeeze(model.predict(X)), fitted.predict(X), rtol=1e-12)
    else:
        np.testing.assert_allclose(model.predict_proba(X), fitted.predict_proba(X), rtol=1e-12)
        np.testing.assert_array_equal(model.predict(X), fitted.predict(X))


# Refusals: one clear error, and an earlier fit stays as it was


SEVERAL = np.column_stack([Y, 1 - Y])
REFUSED: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    (
        {"class_weight": "balanced"},
        {"y": SEVERAL},
        "class_weight needs a y with one class for each row, got one with several labels",
    ),
    ({"class_weight": {7: 1.0}}, {}, r"The classes, \[0, 1\], are not in class_weight"),
    ({"class_weight": {0: 0.0, 1: 0.0}}, {}, "sample_weight is zero in every row"),
    ({"class_weight": {0: -1.0, 1: 1.0}}, {}, "sample_weight must hold finite numbers >= 0"),
    (
        {},
        {"sample_weight": np.r_[-1.0, np.ones(95)]},
        "sample_weight must hold finite numbers >= 0",
    ),
    (
        {"dropout": 0.2, "solver": "lbfgs"},
        {},
        "solver='lbfgs' needs a loss that is the same at every call, which dropout changes",
    ),
    ({"dropout": 1.0}, {}, r"The 'dropout' parameter .* \[0.0, 1.0\)"),
    ({"clip_norm": 0.0}, {}, "The 'clip_norm' parameter"),
    (
        {"activation": ["relu", "tanh"]},
        {},
        "activation names 2 functions for 1 hidden layers: give one, or one for each",
    ),
    ({"activation": ["rely"]}, {}, "unknown activation 'rely'.* Did you mean 'relu'"),
    ({"engine": "fast"}, {}, "The 'engine' parameter"),
    ({"n_threads": 0}, {}, "The 'n_threads' parameter"),
    ({"callbacks": [3]}, {}, r"a callback must be a function \(epoch\), got 3"),
    ({}, {"X_val": X2}, "X_val needs y_val: give both, or neither"),
    ({}, {"y_val": Y2}, "y_val needs X_val: give both, or neither"),
    (
        {},
        {"X_val": X2[:, :1], "y_val": Y2},
        r"the validation set \(X_val, y_val\) does not fit: X has 1 features",
    ),
    (
        {},
        {"X_val": X2, "y_val": Y2 + 1},
        r"the validation set .* the classes of y_val must be in .*, got \[2\]",
    ),
    ({}, {"X_val": X2, "y_val": Y2[:-1]}, "the validation set .* inconsistent numbers of samples"),
]


@pytest.mark.parametrize(
    ("changed", "arguments", "message"), REFUSED, ids=[message[:40] for _, _, message in REFUSED]
)
def test_a_refusal_is_one_clear_error_and_leaves_an_earlier_fit(
    changed: Any, arguments: Any, message: str
) -> None:
    fresh = classifier(**changed)
    with pytest.raises(ValueError, match=message):
        fresh.fit(X, **{"y": Y, **arguments})
    assert not hasattr(fresh, "coefs_")
    fitted = classifier().fit(X, Y)
    weights = numbers(fitted).copy()
    with pytest.raises(ValueError, match=message):
        fitted.set_params(**changed).fit(X, **{"y": Y, **arguments})
    np.testing.assert_array_equal(numbers(fitted), weights)


@pytest.mark.parametrize(
    ("changed", "y", "message"),
    [
        ({"loss": "gamma"}, T, "loss 'gamma' takes a target > 0, but its smallest value"),
        ({"loss": "poisson"}, T, "loss 'poisson' takes a target >= 0, but its smallest value"),
        ({"loss": "softmax"}, T, "The 'loss' parameter of MLPRegressor must be"),
        ({"loss": Huber}, T, r"got the class Huber: write Huber\(\)"),
    ],
)
def test_a_target_that_the_loss_cannot_take_is_refused_before_anything_changes(
    changed: Any, y: Any, message: str
) -> None:
    estimator = regressor(**changed)
    with pytest.raises(ValueError, match=message):
        estimator.fit(X, y)
    assert not hasattr(estimator, "coefs_")


def test_an_unknown_scorer_is_named() -> None:
    with pytest.raises(ValueError, match=r"unknown scorer 'acuracy': .* Did you mean 'accuracy'"):
        classifier(early_stopping=True, scoring="acuracy").fit(X, Y)
