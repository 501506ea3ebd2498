"""The neural tangent parametrization is the explicit form, Z = X W / sqrt(n_in) + b.

Learned by AdamW.
"""

from typing import Any

import numpy as np
import pytest

from glassnet.engines import NativeEngine, ReferenceEngine
from glassnet.engines.native import compiled
from glassnet.errors import SettingError
from glassnet.layers import Dense
from glassnet.losses import Squared
from glassnet.network import Network
from glassnet.optimizers import AdamW
from tests.laws.tables import Array

LR, DECAY, BETA1, BETA2, N_STEPS = 0.05, 0.4, 0.9, 0.95, 10
ENGINES = [
    pytest.param(
        NativeEngine,
        marks=pytest.mark.skipif(compiled() is None, reason="the native engine is not built"),
    ),
    ReferenceEngine,
]


def batches() -> list[tuple[Array, Array]]:
    rng = np.random.default_rng(4)
    return [(rng.standard_normal((12, 5)), rng.standard_normal((12, 2))) for _ in range(N_STEPS)]


def explicit(start: dict[str, Array], eps: dict[str, float]) -> tuple[dict[str, Array], float]:
    """Ten steps with the division in every pass.

    Returns the parameters and the smallest root of Adam's second moment.
    """
    theta = {name: view.copy() for name, view in start.items()}
    m, v = ({name: np.zeros_like(view) for name, view in theta.items()} for _ in range(2))
    smallest = np.inf
    for t, (X, y) in enumerate(batches(), start=1):
        W1, b1, W2, b2 = (
            theta[name] for name in ("layers.0.W", "layers.0.b", "layers.1.W", "layers.1.b")
        )
        A = np.tanh(X @ W1 / np.sqrt(5) + b1)
        Z = A @ W2 / np.sqrt(7) + b2
        dZ2 = (Z - y) / Z.size
        dZ1 = dZ2 @ W2.T / np.sqrt(7) * (1.0 - A * A)
        gradient = {
            "layers.0.W": X.T @ dZ1 / np.sqrt(5),
            "layers.0.b": dZ1.sum(axis=0),
            "layers.1.W": A.T @ dZ2 / np.sqrt(7),
            "layers.1.b": dZ2.sum(axis=0),
        }
        for name, g in gradient.items():
            m[name] = BETA1 * m[name] + (1.0 - BETA1) * g
            v[name] = BETA2 * v[name] + (1.0 - BETA2) * g * g
            root = np.sqrt(v[name] / (1.0 - BETA2**t))
            smallest = min(smallest, float(root.min()))
            is_weight = name.endswith("W")
            theta[name] *= 1.0 - (LR * DECAY if is_weight else 0.0)
            theta[name] -= (
                (LR if is_weight else 0.1 * LR) * m[name] / (1.0 - BETA1**t) / (root + eps[name])
            )
    return theta, smallest


def both(
    engine: Any, eps: float, whole_eps: dict[str, float]
) -> tuple[dict[str, Array], dict[str, Array], dict[str, Array], float]:
    """Our tensors, W multiplied back, before and after ten steps, the explicit ones.

    And the smallest root.
    """
    layers = [Dense(7, "tanh", parametrization="ntk"), Dense(2, parametrization="ntk")]
    network = Network(layers, 5, seed=3, dtype="float64")
    roots = {"layers.0.W": 5**0.5, "layers.1.W": 7**0.5}

    def whole() -> dict[str, Array]:
        return {name: view * roots.get(name, 1.0) for name, view in network.parameters.items()}

    start = whole()
    bound = engine(network, Squared(), AdamW(LR, BETA1, BETA2, eps, DECAY))
    for X, y in batches():
        bound.loss_and_gradient(X, y)
        bound.update(LR)
    return start, whole(), *explicit(start, whole_eps)


@pytest.mark.parametrize("engine", ENGINES)
def test_ten_steps_are_those_of_the_explicit_form(engine: Any) -> None:
    """A gradient by W is one by W / sqrt(n) over sqrt(n).

    With eps divided alike the two are the same numbers but for rounding.
    """
    eps = 1e-3  # large, so that it counts
    start, ours, theirs, _ = both(
        engine,
        eps,
        {
            "layers.0.W": eps / 5**0.5,
            "layers.0.b": eps,
            "layers.1.W": eps / 7**0.5,
            "layers.1.b": eps,
        },
    )
    for name, view in ours.items():
        np.testing.assert_allclose(view, theirs[name], rtol=1e-11, atol=1e-13)
        assert np.abs(view - start[name]).min() > 1e-4  # every number did move


@pytest.mark.parametrize("engine", ENGINES)
def test_the_same_eps_makes_a_difference_of_its_own_size(engine: Any) -> None:
    """A step is lr m / (r + eps).

    R the root. Another eps moves it by lr (m / r) eps / r at most, m / r being about 1: in ten
    steps by
    10 lr eps / r, and by as much again, with room, through the gradients that follow."""
    eps = 1e-8
    _, ours, theirs, smallest = both(
        engine, eps, dict.fromkeys(("layers.0.W", "layers.0.b", "layers.1.W", "layers.1.b"), eps)
    )
    bound = 2.0 * N_STEPS * LR * eps / smallest
    assert bound < 1e-4
    for name, view in ours.items():
        assert np.abs(view - theirs[name]).max() <= bound, name


def test_weights_start_with_variance_one_over_the_inputs_and_biases_at_zero() -> None:
    for activation in ("relu", "tanh", "selu"):
        p = Network(
            [Dense(300, activation, parametrization="ntk")], 200, dtype="float64"
        ).parameters
        W = p["layers.0.W"]
        assert abs(W.var() * 200 - 1.0) <= 5.0 * np.sqrt(2.0 / W.size)
        assert not p["layers.0.b"].any()
    given = [
        Network([Dense(3, "relu", "glorot_normal", how)], 4).parameters["layers.0.W"]
        for how in ("standard", "ntk")
    ]
    np.testing.assert_array_equal(given[0], given[1])


def test_it_changes_factors_alone() -> None:
    standard, ntk = Dense(3).specs(16), Dense(3, parametrization="ntk").specs(16)
    assert [(s.lr_factor, s.decay_factor) for s in standard.values()] == [(1.0, 1.0), (1.0, 0.0)]
    assert [(s.lr_factor, s.decay_factor) for s in ntk.values()] == [(0.25, 4.0), (0.1, 0.0)]
    assert {name: s.shape for name, s in standard.items()} == {
        name: s.shape for name, s in ntk.items()
    }


def test_an_unknown_parametrization_is_refused() -> None:
    with pytest.raises(
        SettingError,
        match=r"unknown parametrization 'nkt': expected one of ntk, standard.*Did you mean 'ntk'",
    ):
        Dense(3, parametrization="nkt")
