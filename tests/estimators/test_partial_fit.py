"""partial_fit continues from the last call: weights, optimizer state, permutations."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest

from glassnet import SGD, GlassNetClassifier, GlassNetRegressor
from glassnet.data.toys import moons

X, Y = moons(96)
QUICK: dict[str, Any] = {
    "recipe": "plain",
    "hidden_layer_sizes": 8,
    "learning_rate": 0.02,
    "random_state": 0,
    "schedule": "constant",
}


def theta(estimator: Any) -> Any:
    return estimator.network_.parameters.theta


def test_calls_of_partial_fit_are_the_epochs_of_fit() -> None:
    settings = QUICK | {"optimizer": SGD(0.1, momentum=0.9), "dropout": 0.1, "l2": 1e-4}
    whole = GlassNetClassifier(**settings, max_epochs=5).fit(X, Y)
    steps = GlassNetClassifier(**settings)
    for _ in range(5):
        steps.partial_fit(X, Y, classes=[0, 1])
    assert np.array_equal(theta(steps), theta(whole))
    assert steps.history_["training_loss"] == whole.history_["training_loss"]
    assert steps.n_iter_ == 5


def test_partial_fit_goes_on_after_fit() -> None:
    whole = GlassNetRegressor(**QUICK, max_epochs=7).fit(X, Y)
    steps = GlassNetRegressor(**QUICK, max_epochs=4).fit(X, Y)
    for _ in range(3):
        steps.partial_fit(X, Y)
    assert np.array_equal(theta(steps), theta(whole))
    assert steps.model_.training["epochs"] == len(steps.history_["lr"]) == 7
    assert steps.model_.training["ended"] == "epoch by epoch"


def test_partial_fit_trains_after_a_fit_that_stopped_early() -> None:
    estimator = GlassNetClassifier(**QUICK, max_epochs=20, early_stopping=True, patience=3).fit(
        X, Y
    )
    before = theta(estimator).copy()
    estimator.partial_fit(X, Y)
    assert not np.array_equal(theta(estimator), before)


@pytest.mark.parametrize("way", ["pickle", "joblib", "read-only memory map"])
@pytest.mark.parametrize("penalty", [0.0, 1e-3])
def test_partial_fit_trains_after_unpickling(way: str, penalty: float, tmp_path: Path) -> None:
    estimator = GlassNetClassifier(**QUICK, max_epochs=3, l2=penalty).fit(X, Y)
    if way == "pickle":
        copy = pickle.loads(pickle.dumps(estimator))  # noqa: S301
    else:
        joblib.dump(estimator, tmp_path / "estimator")
        copy = joblib.load(
            tmp_path / "estimator", mmap_mode="r" if way == "read-only memory map" else None
        )
    for _ in range(3):
        estimator.partial_fit(X, Y)
        copy.partial_fit(X, Y)
    assert np.array_equal(theta(copy), theta(estimator))
    assert np.array_equal(copy.predict_proba(X), estimator.predict_proba(X))
    assert (
        copy.network_
        is copy.model_.network
        is copy._session.network
        is copy._session.ensemble.trainer.engine.network
    )


def test_pickles_do_not_grow() -> None:
    estimator = GlassNetClassifier(**QUICK, max_epochs=1).fit(X, Y)
    sizes = []
    for _ in range(4):
        estimator.partial_fit(X, Y)
        sizes.append(len(pickle.dumps(estimator)))
    assert max(sizes) - min(sizes) < 1_000  # a history of a few numbers an epoch


def test_first_call_needs_all_classes() -> None:
    with pytest.raises(ValueError, match="classes must be passed on the first call to partial_fit"):
        GlassNetClassifier(**QUICK).partial_fit(X, Y)
    classifier = GlassNetClassifier(**QUICK).partial_fit(X[Y == 0], Y[Y == 0], classes=[2, 1, 0])
    assert classifier.classes_.tolist() == [0, 1, 2]
    assert classifier.partial_fit(X, Y).predict_proba(X).shape == (96, 3)
    with pytest.raises(ValueError, match="the classes must be those of the earlier fit"):
        classifier.partial_fit(X, Y, classes=[0, 1])
    with pytest.raises(
        ValueError, match=r"the label 6 in row 0 .* which training did not have: it had 0, 1, 2"
    ):
        classifier.partial_fit(X, Y + 5)
    with pytest.raises(ValueError, match="X has 1 features, but GlassNetClassifier is expecting 2"):
        classifier.partial_fit(X[:, :1], Y)


def test_multilabel_needs_no_classes() -> None:
    y = np.column_stack([Y, 1 - Y, X[:, 0] > 0])
    classifier = GlassNetClassifier(**QUICK).partial_fit(X, y).partial_fit(X, y)
    assert classifier.predict(X).shape == (96, 3)


def test_scaling_is_learned_in_the_first_call() -> None:
    regressor = GlassNetRegressor(**QUICK).partial_fit(X[:50], Y[:50])
    encoder = regressor.model_.encoder
    regressor.partial_fit(X[50:], Y[50:])
    assert regressor.model_.encoder is encoder
    assert regressor.model_.training["rows"] == 46


def test_many_calls_learn() -> None:
    rng = np.random.default_rng(0)
    classifier = GlassNetClassifier(**QUICK | {"hidden_layer_sizes": 32})
    for _ in range(200):
        rows = rng.choice(96, 32, replace=False)
        classifier.partial_fit(
            X[rows], Y[rows], classes=[0, 1], sample_weight=rng.uniform(0.5, 1.5, 32)
        )
    assert classifier.score(X, Y) > 0.95
    assert classifier.n_iter_ == 200


def test_lbfgs_has_no_partial_fit() -> None:
    assert not hasattr(GlassNetClassifier(optimizer="lbfgs"), "partial_fit")
    assert hasattr(GlassNetRegressor(), "partial_fit")
    with pytest.raises(AttributeError):
        GlassNetRegressor(optimizer="lbfgs").partial_fit(X, Y)
