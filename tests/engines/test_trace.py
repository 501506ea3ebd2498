"""The trace of a network has the bits of its engine: of `predict`, and of the gradient."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from glassnet import Dense, Members, Network, Stack
from glassnet.engines import NativeEngine, ReferenceEngine
from glassnet.engines.gradients import gradients
from glassnet.engines.trace import signals
from glassnet.errors import DataError
from glassnet.layers import BatchNorm, Dropout, Run
from glassnet.losses import Squared
from tests.laws.gradients import Problem
from tests.laws.random_networks import random_problem
from tests.laws.tables import all_layers

ENGINES = {"native": NativeEngine, "reference": ReferenceEngine}
SEEDS = range(60)


def drawn(seed: int, dtype: str) -> tuple[Problem, Network, Any, Any]:
    """A network, and its first row and target in a dtype."""
    problem = random_problem(np.random.default_rng(seed), 3, 5)
    y = problem.y[:1]
    network = problem.network.astype(dtype)
    return problem, network, problem.X[:1].astype(dtype), y.astype(dtype) if y.ndim == 2 else y


def runs_on(problem: Problem, engine: str) -> bool:
    return engine == "reference" or not problem.loss.loss.name.startswith(("log", "half"))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_last_signal_has_the_bits_of_predict(engine: str, dtype: str) -> None:
    for seed in SEEDS:
        _, network, X, _ = drawn(seed, dtype)
        found = signals(network, X, ENGINES[engine])
        assert np.array_equal([*found.values()][-1], ENGINES[engine](network, Squared()).predict(X))
        assert all(signal.dtype == dtype for signal in found.values())


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_gradients_have_the_bits_of_the_engine(engine: str, dtype: str) -> None:
    compared = 0
    for seed in SEEDS:
        problem, network, X, y = drawn(seed, dtype)
        random = any(isinstance(one, BatchNorm | Dropout) for one in all_layers(network.layers))
        if random or not runs_on(problem, engine):
            continue
        loss = problem.loss.loss
        found = gradients(network, loss, X, y, ENGINES[engine])
        assert ENGINES[engine](network, loss).loss_and_gradient(X, y) == found.loss
        for name, gradient in found.tensors.items():
            assert np.array_equal(network.parameters.gradient_of(name), gradient), name
        compared += 1
    assert compared > 10


@pytest.mark.parametrize("engine", ENGINES)
def test_gradients_are_those_of_the_layers_as_they_predict(engine: str) -> None:
    """Those of the layers' own backward pass, with running statistics and without dropout."""
    for seed in SEEDS:
        problem, network, X, y = drawn(seed, "float64")
        if not runs_on(problem, engine):
            continue
        found = gradients(network, problem.loss.loss, X, y, ENGINES[engine])
        Z, caches = network.forward(X, Run())
        _, dZ = problem.loss.loss.value_and_gradient(Z, y)
        dX = network.backward(caches, dZ, needs_dX=True)
        expected = {name: network.parameters.gradient_of(name) for name in found.tensors}
        trained = [name for name in network.parameters if network.spec(name).trained]
        assert sorted(found.tensors) == sorted(trained)
        for name, gradient in [*expected.items(), ("features", dX)]:
            own = found.tensors.get(name, found.signals.get(name))
            assert own is not None
            assert gradient is not None
            np.testing.assert_allclose(
                own.ravel(), gradient.ravel(), rtol=1e-9, atol=1e-12, err_msg=name
            )


@pytest.mark.parametrize("engine", ENGINES)
def test_wide_members_have_the_bits_too_also_where_one_is_traced(engine: str) -> None:
    """Wide enough for the native engine to divide the work by rows, and beyond."""
    for width in (70, 300):
        stack = Stack([Dense(width, "relu"), Dense(width, "tanh"), Dense(2)])
        network = Network([Dense(9, "silu"), Members([stack] * 3)], 4)
        X, y = np.ones((1, 4), np.float32), np.ones((1, 2), np.float32)
        made = ENGINES[engine]
        expected = made(network, Squared()).predict(X)
        made(network, Squared()).loss_and_gradient(X, y)
        own = network.parameters.gradient.copy()
        for member in (None, 1):
            found = signals(network, X, made, member)
            assert np.array_equal(found["layers.1"], expected)
            slope = gradients(network, Squared(), X, y, made, member)
            network.parameters.gradient[...] = own
            for name, gradient in slope.tensors.items():
                assert np.array_equal(network.parameters.gradient_of(name), gradient), name
            outside = [name for name in slope.signals if name.startswith("layers.1.layers.0")]
            assert bool(outside) == (member is None)
            assert ("layers.1.layers.0.layers.0" in found) == (member is None)


def test_gradients_of_several_rows_are_refused() -> None:
    network = Network([Dense(1)], 2)
    with pytest.raises(DataError, match="one row, got 3"):
        gradients(network, Squared(), np.ones((3, 2)), np.ones((3, 1)), ReferenceEngine)
