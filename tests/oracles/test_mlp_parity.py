"""The numbers of the two drop-ins are those of scikit-learn's, for configurations on real tables.

Weights and losses are compared by the norm of their difference over the norm of theirs; all else
must be equal. 1e-8 leaves room for sums in another order: scikit-learn itself moves by 2e-15 at
most where another BLAS kernel adds up (bench/sensitivity.py).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import sklearn.neural_network as theirs

import glassnet
from tests.oracles.mlp_configurations import (
    CLIPPED,
    LBFGS,
    MINIMA,
    PARTIAL,
    REGRESSION,
    STEPS,
    STOP,
    WARM,
    WEIGHTED,
    Settings,
    estimator_of,
    identify,
    table,
    weights_for,
)

Array = np.ndarray[Any, np.dtype[Any]]
LEAST = 60  # configurations
BOUND = 1e-8
FLOAT32 = 7e-6  # ten times what scikit-learn itself moves at most under another BLAS kernel


def both(name: str, settings: Settings) -> tuple[Any, Any]:
    """Ours and theirs, unfitted."""
    return estimator_of(glassnet, name, settings), estimator_of(theirs, name, settings)


def told(work: Callable[[], object]) -> list[tuple[str, str]]:
    """Category and text of the warnings that a call raises."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        work()
    return [(warning.category.__name__, str(warning.message)) for warning in caught]


def away(one: Any, other: Any) -> float:
    """||one - other|| / ||other||."""
    a, b = (np.ravel(np.asarray(value, dtype=np.float64)) for value in (one, other))
    assert a.shape == b.shape
    return float(np.linalg.norm(a - b) / max(np.linalg.norm(b), np.finfo(np.float64).tiny))


EQUAL = ("n_iter_", "t_", "n_layers_", "n_outputs_", "out_activation_", "n_features_in_")


def agree(ours: Any, other: Any, X: Array, bound: float) -> None:
    """Every number and every attribute of two fitted estimators."""
    assert [W.shape for W in ours.coefs_] == [W.shape for W in other.coefs_]
    assert [W.dtype for W in ours.coefs_ + ours.intercepts_] == [
        W.dtype for W in other.coefs_ + other.intercepts_
    ]
    for a, b in zip(
        [*ours.coefs_, *ours.intercepts_], [*other.coefs_, *other.intercepts_], strict=True
    ):
        assert away(a, b) <= bound
    for key in ("loss_curve_", "loss_", "best_loss_"):
        assert hasattr(ours, key) == hasattr(other, key), key
        if getattr(other, key, None) is None:
            assert getattr(ours, key, None) is None, key
        else:
            assert away(getattr(ours, key), getattr(other, key)) <= bound, key
    for key in EQUAL:
        assert getattr(ours, key) == getattr(other, key), key
    scores(ours, other, bound)
    assert np.array_equal(getattr(ours, "classes_", ()), getattr(other, "classes_", ()))
    answers(ours, other, X, bound)


def scores(ours: Any, other: Any, bound: float) -> None:
    """Shares of right answers are equal; an R2 is a sum."""
    for key in ("validation_scores_", "best_validation_score_"):
        assert hasattr(ours, key) == hasattr(other, key), key
        found, expected = getattr(ours, key, None), getattr(other, key, None)
        if expected is None or hasattr(other, "classes_"):
            assert found == expected, key
        else:
            assert away(found, expected) <= bound, key


def answers(ours: Any, other: Any, X: Array, bound: float) -> None:
    if not hasattr(other, "classes_"):
        assert away(ours.predict(X), other.predict(X)) <= bound
        assert ours.predict(X).dtype == other.predict(X).dtype
        return
    assert np.array_equal(ours.predict(X), other.predict(X))
    assert ours.predict(X).dtype == other.predict(X).dtype
    assert np.abs(ours.predict_proba(X) - other.predict_proba(X)).max() <= bound
    assert ours.predict_proba(X).dtype == other.predict_proba(X).dtype


def test_there_are_enough_and_none_twice() -> None:
    names = identify(STEPS)
    assert len(set(names)) == len(names) >= LEAST


@pytest.mark.parametrize(("name", "settings"), STEPS + CLIPPED, ids=identify(STEPS + CLIPPED))
def test_steps(name: str, settings: Settings) -> None:
    X, y = table(name)
    ours, other = both(name, settings)
    assert told(lambda: ours.fit(X, y)) == told(lambda: other.fit(X, y))
    agree(ours, other, X, BOUND)


@pytest.mark.parametrize("settings", [{}, STOP, LBFGS], ids=["adam", "early stopping", "lbfgs"])
@pytest.mark.parametrize("name", ["iris", "diabetes"])
def test_what_is_not_private_is_there_too(name: str, settings: Settings) -> None:
    ours, other = both(name, settings)
    for estimator in (ours, other):
        told(lambda estimator=estimator: estimator.fit(*table(name)))
    assert {
        key for key in vars(other) if not key.startswith("_") and not hasattr(ours, key)
    } == set()


@pytest.mark.parametrize(("name", "settings"), STEPS, ids=identify(STEPS))
def test_steps_in_float32(name: str, settings: Settings) -> None:
    X, y = table(name)
    X = X.astype(np.float32)
    ours, other = both(name, settings)
    assert told(lambda: ours.fit(X, y)) == told(lambda: other.fit(X, y))
    assert {W.dtype for W in other.coefs_} == {np.dtype(np.float32)}
    agree(ours, other, X, FLOAT32)


@pytest.mark.parametrize(("name", "settings"), WEIGHTED, ids=identify(WEIGHTED))
def test_sample_weight(name: str, settings: Settings) -> None:
    X, y = table(name)
    weight = weights_for(len(X))
    ours, other = both(name, settings)
    assert told(lambda: ours.fit(X, y, sample_weight=weight)) == told(
        lambda: other.fit(X, y, sample_weight=weight)
    )
    agree(ours, other, X, BOUND)
    assert (
        away(ours.score(X, y, sample_weight=weight), other.score(X, y, sample_weight=weight))
        <= BOUND
    )


@pytest.mark.parametrize(("name", "settings"), PARTIAL, ids=identify(PARTIAL))
def test_partial_fit_in_chunks(name: str, settings: Settings) -> None:
    X, y = table(name)
    chunks = np.array_split(np.random.default_rng(1).permutation(len(X)), 3) * 4
    ours, other = both(name, settings)
    for estimator in (ours, other):
        if settings.get("random_state", 3) is None:
            estimator.random_state = np.random.RandomState(
                7
            )  # a stream that goes on, where a number begins anew at every call
        first = (
            {"classes": np.unique(y) if y.ndim == 1 else [0, 1]} if name not in REGRESSION else {}
        )
        for i, rows in enumerate(chunks):
            estimator.partial_fit(
                X[rows],
                y[rows],
                weights_for(len(rows)) if i % 3 == 2 else None,
                **(first if i == 0 else {}),
            )
    agree(ours, other, X, BOUND)


@pytest.mark.parametrize(("name", "settings"), WARM, ids=identify(WARM))
def test_warm_start_twice(name: str, settings: Settings) -> None:
    X, y = table(name)
    ours, other = both(name, settings | {"warm_start": True})
    for _ in range(3):
        assert told(lambda: ours.fit(X, y)) == told(lambda: other.fit(X, y))
        agree(ours, other, X, BOUND)


def test_a_second_fit_without_gain_keeps_the_best_weights() -> None:
    """Where ours differs on purpose: scikit-learn's next fit overwrites its best weights."""
    X, y = table("penguins")
    ours, other = both(
        "penguins", STOP | {"learning_rate_init": 0.02, "max_iter": 10, "warm_start": True}
    )
    for estimator in (ours, other):
        told(lambda estimator=estimator: estimator.fit(X, y))
    agree(ours, other, X, BOUND)
    best, score = [W.copy() for W in ours.coefs_], ours.best_validation_score_
    for estimator in (ours, other):
        told(lambda estimator=estimator: estimator.fit(X, y))
    assert ours.validation_scores_ == other.validation_scores_
    assert ours.best_validation_score_ == other.best_validation_score_ == score
    assert all(np.array_equal(W, kept) for W, kept in zip(ours.coefs_, best, strict=True))
    assert not all(np.allclose(W, kept) for W, kept in zip(other.coefs_, best, strict=True))


@pytest.mark.parametrize("name", ["iris", "diabetes"])
def test_a_generator_is_used_up_alike(name: str) -> None:
    X, y = table(name)
    generators = [np.random.RandomState(11) for _ in range(2)]
    ours, other = (
        e.set_params(random_state=g) for e, g in zip(both(name, STOP), generators, strict=True)
    )
    for estimator in (ours, other):
        told(lambda estimator=estimator: estimator.fit(X, y).fit(X, y))
    agree(ours, other, X, BOUND)
    assert generators[0].uniform() == generators[1].uniform()


@pytest.mark.parametrize(("name", "settings"), MINIMA, ids=identify(MINIMA))
def test_lbfgs(name: str, settings: Settings) -> None:
    X, y = table(name)
    ours, other = both(name, settings)
    said = [[category for category, _ in told(lambda e=e: e.fit(X, y))] for e in (ours, other)]
    assert said[0] == said[1]
    assert abs(ours.loss_ - other.loss_) <= 1e-6 * max(1.0, other.loss_)
    for key in ("loss_curve_", "best_loss_", "validation_scores_", "best_validation_score_"):
        assert not hasattr(ours, key)
    assert ours.t_ == other.t_ == 0
