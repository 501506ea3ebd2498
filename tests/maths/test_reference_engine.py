"""The reference engine's run is the same steps by hand.

It stops before harm, and passes over what weighs nothing.
"""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from glassnet.engines import ReferenceEngine, make_engine, step_rates
from glassnet.errors import SettingError
from glassnet.layers import BatchNorm, Dense, Dropout, Layer, Run
from glassnet.losses import Poisson, Softmax, Squared
from glassnet.network import Network
from glassnet.optimizers import SGD, Adam, AdamW
from glassnet.penalties import Penalty
from tests.laws.tables import STEPPERS, Array

LAYERS: list[Layer] = [Dense(5, "tanh"), BatchNorm(), Dropout(0.3), Dense(3)]
N, N_STEPS = 24, 6
OFFSETS = np.array([0, 5, 6, 12, 12 + 5, 20, 24])


def engine(
    optimizer: Any = None,
    dtype: str = "float64",
    layers: Any = LAYERS,
    loss: Any = None,
    **settings: Any,
) -> ReferenceEngine:
    return ReferenceEngine(
        Network(layers, 4, dtype=dtype),
        loss or Softmax(),
        optimizer or Adam(0.05),
        seed=7,
        **settings,
    )


def batches(dtype: str = "float64") -> tuple[Array, Array, Array, Array]:
    rng = np.random.default_rng(0)
    return (
        rng.normal(size=(N, 4)).astype(dtype),
        rng.integers(0, 3, N),
        rng.random(N).astype(dtype),
        rng.permutation(N),
    )


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", STEPPERS)
def test_a_run_is_the_steps_by_hand(name: str, dtype: str, weighted: bool) -> None:
    X, y, weight, order = batches(dtype)
    settings = {"penalty": Penalty(l1=0.01, l2=0.1), "max_norm": 0.5}
    whole, by_hand = (engine(STEPPERS[name], dtype, **settings) for _ in range(2))
    rates = np.linspace(0.05, 0.01, N_STEPS)
    steps = whole.run(X, y, weight if weighted else None, order, OFFSETS, 10, step_rates(rates))
    losses = []
    for i, lr in enumerate(rates):
        rows = order[OFFSETS[i] : OFFSETS[i + 1]]
        losses.append(
            by_hand.loss_and_gradient(X[rows], y[rows], weight[rows] if weighted else None, 10 + i)
        )
        norm = float(np.linalg.norm(by_hand.network.parameters.gradient))
        by_hand.update(float(lr))
    np.testing.assert_array_equal(whole.network.parameters.theta, by_hand.network.parameters.theta)
    np.testing.assert_array_equal(
        whole.network.parameters.statistics, by_hand.network.parameters.statistics
    )
    assert (steps.done, steps.status) == (N_STEPS, "done")
    np.testing.assert_array_equal(steps.losses, losses)
    sums = [
        weight[order[a:b]].sum(dtype=np.float64) if weighted else b - a
        for a, b in pairwise(OFFSETS)
    ]
    np.testing.assert_allclose(steps.weights, sums, rtol=1e-15)
    assert steps.gradient_norm == pytest.approx(norm, rel=1e-5)
    assert whole.state is not None
    assert whole.state.t == N_STEPS


def test_a_run_in_two_calls_is_the_run_in_one() -> None:
    X, y, weight, order = batches()
    rates = step_rates(np.full(N_STEPS, 0.05))
    whole, cut = engine(), engine()
    whole.run(X, y, weight, order, OFFSETS, 0, rates)
    cut.run(X, y, weight, order, OFFSETS[:4], 0, rates[:3])
    cut.run(X, y, weight, order[OFFSETS[3] :], OFFSETS[3:] - OFFSETS[3], 3, rates[3:])
    np.testing.assert_array_equal(whole.network.parameters.theta, cut.network.parameters.theta)


def test_the_first_steps_number_is_a_key_of_dropout() -> None:
    X, y, _, order = batches()
    losses = [
        engine().run(X, y, None, order, OFFSETS[:2], first, step_rates([0.1])).losses[0]
        for first in (0, 0, 1)
    ]
    assert losses[0] == losses[1] != losses[2]


def test_the_objective_is_the_loss_and_the_penalty() -> None:
    X, y, weight, _ = batches()
    layers = [Dense(5, "tanh"), Dense(3)]
    plain, penalized = engine(layers=layers), engine(layers=layers, penalty=Penalty(l2=0.2))
    loss = plain.loss_and_gradient(X, y, weight)
    gradient = plain.network.parameters.gradient.copy()
    weights = np.concatenate([plain.network.parameters[f"layers.{i}.W"].ravel() for i in (0, 1)])
    assert penalized.loss_and_gradient(X, y, weight) == pytest.approx(
        loss + 0.1 * float(weights @ weights), rel=1e-14
    )
    np.testing.assert_allclose(
        penalized.network.parameters.gradient[: weights.size],
        gradient[: weights.size] + 0.2 * weights,
        rtol=1e-14,
    )
    np.testing.assert_array_equal(
        penalized.network.parameters.gradient[weights.size :], gradient[weights.size :]
    )


def test_loss_and_gradient_move_nothing() -> None:
    X, y, weight, _ = batches()
    made = engine(penalty=Penalty(l2=0.2))
    theta = made.network.parameters.theta.copy()
    made.loss_and_gradient(X, y, weight)
    np.testing.assert_array_equal(made.network.parameters.theta, theta)
    np.testing.assert_array_equal(made.predict(X), made.network.predict(X))


def test_a_batch_of_zero_weight_is_passed_over() -> None:
    X, y, weight, order = batches()
    weight[order[OFFSETS[2] : OFFSETS[3]]] = 0.0
    made, without = (
        engine(AdamW(0.05, weight_decay=0.5), penalty=Penalty(l2=0.2)) for _ in range(2)
    )
    rates = step_rates(np.full(N_STEPS, 0.05))
    steps = made.run(X, y, weight, order, OFFSETS, 0, rates)
    assert (steps.done, steps.weights[2], steps.losses[2]) == (N_STEPS, 0.0, 0.0)
    without.run(X, y, weight, order, OFFSETS[:3], 0, rates[:2])
    without.run(X, y, weight, order, OFFSETS[3:], 3, rates[3:])
    np.testing.assert_array_equal(made.network.parameters.theta, without.network.parameters.theta)
    np.testing.assert_array_equal(
        made.network.parameters.statistics, without.network.parameters.statistics
    )


def test_a_long_gradient_is_clipped_and_a_short_one_is_not() -> None:
    X, y, _, order = batches()
    for max_norm in (1e-3, 1e3):
        made = engine(SGD(1.0), max_norm=max_norm)
        theta = made.network.parameters.theta.copy()
        steps = made.run(X, y, None, order, OFFSETS[:2], 0, step_rates([1.0]))
        moved = float(np.linalg.norm(made.network.parameters.theta - theta))
        assert moved == pytest.approx(min(max_norm, steps.gradient_norm), rel=1e-12)


# Divergence


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_batch_that_is_not_finite_changes_nothing(bad: float, dtype: str) -> None:
    X, y, _, order = batches(dtype)
    X[order[OFFSETS[3]]] = bad
    made, stopped = engine(dtype=dtype), engine(dtype=dtype)
    steps = made.run(X, y, None, order, OFFSETS, 0, step_rates(np.full(N_STEPS, 0.05)))
    assert (steps.done, steps.status, len(steps.losses), len(steps.weights)) == (
        3,
        "diverged",
        3,
        3,
    )
    assert np.isfinite(steps.losses).all()
    stopped.run(X, y, None, order, OFFSETS[:4], 0, step_rates(np.full(3, 0.05)))
    np.testing.assert_array_equal(made.network.parameters.theta, stopped.network.parameters.theta)
    np.testing.assert_array_equal(
        made.network.parameters.statistics, stopped.network.parameters.statistics
    )
    assert made.state is not None
    assert made.state.t == 3


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("loss", [Squared(), Poisson()], ids=str)
def test_too_high_a_rate_stops_with_finite_weights(loss: Any, dtype: str) -> None:
    made = ReferenceEngine(Network([Dense(4, "relu"), Dense(1)], 4, dtype=dtype), loss, SGD(1.0))
    X = np.random.default_rng(0).normal(size=(20, 4)).astype(dtype)
    y = loss.prepare(np.arange(20), 1, dtype)
    steps = made.run(
        X,
        y,
        None,
        np.tile(np.arange(20), 400),
        20 * np.arange(401),
        0,
        step_rates(np.full(400, 30.0)),
    )
    assert steps.status == "diverged"
    assert steps.done < 400
    assert np.isfinite(steps.losses).all()
    assert np.isfinite(made.network.parameters.theta).all()


# Doors


def test_a_sparse_table_trains_as_the_dense_one() -> None:
    X, y, weight, order = batches()
    dense, from_sparse = engine(), engine()
    for made, rows in ((dense, X), (from_sparse, sparse.csr_array(X))):
        made.run(rows, y, weight, order, OFFSETS, 0, step_rates(np.full(N_STEPS, 0.05)))
    np.testing.assert_allclose(
        from_sparse.network.parameters.theta, dense.network.parameters.theta, rtol=1e-10
    )


def test_a_run_of_no_steps_does_nothing() -> None:
    X, y, _, order = batches()
    steps = engine().run(X, y, None, order, OFFSETS[:1], 0, step_rates([]))
    assert (steps.done, steps.status, steps.losses.size) == (0, "done", 0)
    assert np.isnan(steps.gradient_norm)


def test_make_engine_binds_by_name() -> None:
    network = Network(LAYERS, 4, dtype="float64")
    for name in ("auto", "reference"):
        X, y, _, _ = batches()
        made = make_engine(name, network, Softmax(), Adam(), seed=7)
        Z, _ = network.forward(X, Run(training=True, seed=7))
        assert made.network is network
        assert made.loss_and_gradient(X, y) == pytest.approx(
            Softmax().value_and_gradient(Z, y)[0], rel=1e-14
        )


def test_an_engine_without_an_optimizer_tells_losses_and_refuses_updates() -> None:
    X, y, _, _ = batches()
    made = ReferenceEngine(Network(LAYERS, 4, dtype="float64"), Softmax())
    assert made.loss_and_gradient(X, y) > 0.0
    with pytest.raises(
        SettingError,
        match="this engine was made without an optimizer: give one to update parameters",
    ):
        made.update(0.1)


@pytest.mark.parametrize("max_norm", [0.0, -1.0, float("inf"), float("nan")])
def test_a_clip_norm_that_is_no_norm_is_refused(max_norm: float) -> None:
    with pytest.raises(SettingError, match="clip_norm must be a positive number or None, got"):
        engine(max_norm=max_norm)


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(SettingError, match=r"unknown engine 'refrence'.*Did you mean 'reference'"):
        make_engine("refrence", Network(LAYERS, 4), Softmax())
