"""Laws of `find_learning_rate`: what it suggests is near the best, scales as it should, and is
missing where nothing can be told."""

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits

from glassnet import (
    LBFGS,
    SGD,
    Adam,
    Dense,
    LearningRateSearch,
    Network,
    find_learning_rate,
    train,
)
from glassnet.errors import SettingError
from glassnet.optimizers import Optimizer
from glassnet.training.learning_rate_search import judged

RNG = np.random.default_rng(0)
DIGITS, LABELS = load_digits(return_X_y=True)
DIGITS = DIGITS / 16.0
X = RNG.standard_normal((400, 3))
Y = X @ np.array([[1.0], [-2.0], [0.5]])


def linear(dtype: str = "float64") -> Network:
    return Network([Dense(1)], 3, seed=0, dtype=dtype)


def found(optimizer: Any = None, **settings: Any) -> LearningRateSearch:
    settings = {"loss": "squared", "batch_size": 50} | settings
    return find_learning_rate(linear(), X, Y, optimizer=optimizer or SGD(0.1), **settings)


@pytest.mark.parametrize("optimizer", [Adam(), SGD(0.1, momentum=0.9)])
def test_the_suggestion_is_nearly_the_best_of_a_grid(optimizer: Optimizer) -> None:
    def network() -> Network:
        return Network([Dense(32, "relu"), Dense(10)], 64, seed=0)

    def held_out_loss(lr: float) -> float:
        settings: Any = {"loss": "softmax", "batch_size": 64, "epochs": 8, "schedule": "cosine"}
        rate = type(optimizer)(**{**vars(optimizer), "lr": lr})
        *_, last = train(
            network(), DIGITS, LABELS, optimizer=rate, validation=0.25, seed=1, **settings
        )
        assert last.validation_loss is not None
        return last.validation_loss

    search = find_learning_rate(
        network(), DIGITS, LABELS, loss="softmax", optimizer=optimizer, batch_size=64
    )
    assert search.suggestion is not None
    best = min(held_out_loss(lr) for lr in np.geomspace(1e-3, 0.3, 6))
    assert held_out_loss(search.suggestion) < 1.4 * best


def test_with_inputs_twice_as_large_gradient_descent_needs_a_quarter_of_the_rate() -> None:
    suggestions = []
    for factor in (1.0, 2.0):
        network = linear()
        network.parameters["layers.0.W"] /= factor  # the same outputs
        search = find_learning_rate(
            network, factor * X, Y, loss="squared", optimizer=SGD(0.1), batch_size=400, n_steps=400
        )
        assert search.suggestion is not None
        suggestions.append(search.suggestion)
    assert suggestions[0] / suggestions[1] == pytest.approx(4.0, rel=0.1)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"rates": (1e-9, 1e-7)}, "the loss does not clearly fall in 5 of 5 runs"),
        ({"rates": (1e-6, 1e-2)}, "the loss still falls at the highest rate, 0.01"),
    ],
)
def test_it_says_why_it_cannot_tell(settings: dict[str, Any], reason: str) -> None:
    search = found(**settings)
    assert search.suggestion is None
    assert search.reason == reason
    assert str(search) == f"learning rate: cannot tell, because {reason}."


def test_runs_that_disagree_suggest_nothing() -> None:
    rates = np.geomspace(1e-4, 1.0, 100)
    early, late = (np.where(np.arange(100) < at, 1.0, 0.1) for at in (30, 70))
    search = judged(rates, np.stack([early, late]))
    assert search.suggestion is None
    assert search.reason.startswith("the runs disagree: they suggest ")
    assert np.isfinite(search.suggestions).all()


def test_the_suggestion_is_told_with_its_range() -> None:
    search = found()
    assert str(search).startswith(f"learning rate: {search.suggestion:.2g} (5 runs suggest ")
    low, high = np.nanmin(search.suggestions), np.nanmax(search.suggestions)
    assert low <= (search.suggestion or 0.0) <= high


def test_the_network_stays_as_it_was_and_the_same_seed_finds_the_same() -> None:
    network = linear()
    before = network.parameters.theta.copy()
    settings: Any = {"loss": "squared", "optimizer": SGD(0.1), "batch_size": 50, "seed": 3}
    first, second = (find_learning_rate(network, X, Y, **settings) for _ in range(2))
    assert (network.parameters.theta == before).all()
    np.testing.assert_array_equal(first.losses, second.losses)


def test_both_engines_find_the_same() -> None:
    native, reference = (found(engine=name) for name in ("native", "reference"))
    at_most = reference.rates < 0.5  # above, rounding grows from step to step
    np.testing.assert_allclose(native.losses[:, at_most], reference.losses[:, at_most], rtol=1e-9)
    assert native.suggestion == pytest.approx(reference.suggestion)


def test_losses_end_where_a_run_diverges() -> None:
    search = found(rates=(1e-4, 1e10), n_steps=300)
    diverged = np.isnan(search.losses)
    assert diverged[:, -1].all()
    assert (np.diff(diverged.astype(int), axis=1) >= 0).all()
    assert search.suggestion is not None


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"rates": (0.0, 1.0)}, "rates must be two positive numbers"),
        ({"rates": (1.0, 2.0)}, "the second at least ten times the first"),
        ({"rates": 1.0}, "rates must be two positive numbers"),
        ({"rates": (1e-3, np.inf)}, "rates must be two positive numbers"),
        ({"n_steps": 49}, "n_steps must be"),
        ({"n_runs": 1}, "n_runs must be"),
        ({"batch_size": 0}, "batch_size must be"),
        ({"seed": -1}, "seed must be"),
        ({"optimizer": LBFGS()}, "optimizer 'lbfgs' has no learning rate"),
    ],
)
def test_wrong_settings_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        found(**settings)
