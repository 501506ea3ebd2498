"""A function Z -> (A, slope) is an activation wherever a name is."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone

from glassnet import (
    Activation,
    Dense,
    GlassNetRegressor,
    MLPRegressor,
    Network,
    Plan,
    check_gradients,
    fit,
    train,
)
from glassnet.activations import ActivationFunction, activation_function
from glassnet.differences import TOLERANCE

Array = np.ndarray[Any, np.dtype[Any]]

pytestmark = pytest.mark.filterwarnings("ignore:the reference engine runs:RuntimeWarning")

RNG = np.random.default_rng(0)
X = RNG.standard_normal((60, 3))
Y = np.sin(X[:, 0])


def bent(Z: Array) -> tuple[Array, Array]:
    """tanh, by another name."""
    A = np.tanh(Z)
    return A, 1.0 - A * A


def test_it_trains_as_the_activation_that_it_is() -> None:
    thetas = []
    for activation in (bent, "tanh"):
        network = Network(
            [Dense(5, activation), Activation(activation, parametric=True), Dense(1)],
            3,
            dtype="float64",
        )
        list(
            train(
                network,
                X,
                Y,
                loss="squared",
                optimizer="adam",
                batch_size=16,
                epochs=5,
                engine="reference",
            )
        )
        thetas.append(network.parameters.theta)
    np.testing.assert_allclose(*thetas, rtol=1e-9, atol=1e-12)


def test_it_is_right_by_check_gradients() -> None:
    assert (
        check_gradients(Network([Dense(5, bent), Dense(1)], 3), X, Y, loss="squared").largest
        <= TOLERANCE
    )


def test_it_has_the_name_of_the_function_in_a_summary() -> None:
    assert Network([Dense(5, bent)], 3).summary() == [("layers.0", "Dense 5, bent", 5, 20)]


def test_layers_of_the_same_function_are_equal_and_can_be_copied() -> None:
    layer = Dense(5, bent)
    assert layer == Dense(5, bent) == copy.deepcopy(layer) == pickle.loads(pickle.dumps(layer))  # noqa: S301 - our own
    assert layer.activation == activation_function(bent)


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
@pytest.mark.parametrize(
    "make",
    [
        lambda activation: GlassNetRegressor(
            activation=activation, hidden_layer_sizes=(4, 3), max_epochs=3, random_state=0
        ),
        lambda activation: MLPRegressor(
            activation=activation, hidden_layer_sizes=(4, 3), max_iter=5, random_state=0
        ),
    ],
    ids=["GlassNetRegressor", "MLPRegressor"],
)
@pytest.mark.parametrize("activation", [bent, [bent, "relu"]], ids=["one", "one for each"])
def test_estimators_take_it(make: Any, activation: Any) -> None:
    estimator = clone(make(activation)).fit(X, Y)
    again = pickle.loads(pickle.dumps(estimator))  # noqa: S301 - our own
    np.testing.assert_array_equal(again.predict(X), estimator.predict(X))


def test_fit_takes_it_and_records_its_name() -> None:
    model = fit(X, Y, Plan("fast", activation=bent, max_epochs=2, hidden_layer_sizes=(4,)))
    assert model.training["plan"]["activation"] == "bent"


def test_a_callable_object_is_one_too() -> None:
    class Leaky:
        def __call__(self, Z: Array) -> tuple[Array, Array]:
            slope = np.where(Z > 0.0, 1.0, 0.25).astype(Z.dtype)
            return Z * slope, slope

    assert isinstance(Dense(3, Leaky()).activation, ActivationFunction)
