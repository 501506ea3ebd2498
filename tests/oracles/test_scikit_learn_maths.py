"""scikit-learn's networks agree, where their conventions are chosen by name: ten steps of their
optimizers, and the values of their losses.

What is held against is their private arithmetic, the parts that their estimators are made of, so
that nothing of a fit hides a difference.
"""

from typing import Any

import numpy as np
import pytest
from sklearn.neural_network._base import LOSS_FUNCTIONS
from sklearn.neural_network._stochastic_optimizers import AdamOptimizer, SGDOptimizer

from glassnet.engines import NativeEngine, ReferenceEngine
from glassnet.engines.native import compiled
from glassnet.layers import Dense
from glassnet.losses import Logistic, Loss, Poisson, Softmax, Squared
from glassnet.network import Network
from glassnet.optimizers import SGD, Adam
from glassnet.parameters import Segment
from glassnet.penalties import Penalty
from tests.laws.tables import Array

DTYPES = ["float64", "float32"]
N = 30
RATES = 0.1 / np.arange(1, 11) ** 0.5

OPTIMIZERS: dict[str, SGD | Adam] = {
    "sgd": SGD(0.1, lr_in_velocity=True),
    "momentum": SGD(0.1, momentum=0.9, lr_in_velocity=True),
    "momentum 1": SGD(0.1, momentum=1.0, lr_in_velocity=True),
    "nesterov": SGD(0.1, momentum=0.9, nesterov=True, lr_in_velocity=True),
    "nesterov, momentum 1": SGD(0.1, momentum=1.0, nesterov=True, lr_in_velocity=True),
    "adam": Adam(uncorrected_eps=True),
    "adam, other settings": Adam(beta1=0.5, beta2=0.9, eps=1e-2, uncorrected_eps=True),
    "adam, beta2 of 0": Adam(beta1=0.0, beta2=0.0, uncorrected_eps=True),
}


def their_optimizer(ours: SGD | Adam, theta: Array) -> Any:
    if isinstance(ours, SGD):
        return SGDOptimizer([theta], momentum=ours.momentum, nesterov=ours.nesterov)
    return AdamOptimizer([theta], beta_1=ours.beta1, beta_2=ours.beta2, epsilon=ours.eps)


def their_step(theirs: Any, theta: Array, gradient: Array, lr: float) -> None:
    theirs.learning_rate = theirs.learning_rate_init = lr
    theirs.update_params([theta], [gradient])


def difference(ours: Array, theirs: Array) -> float:
    return float(
        np.linalg.norm(ours.astype(float) - theirs.astype(float))
        / np.linalg.norm(theirs.astype(float))
    )


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_ten_steps_with_changing_rates(name: str, dtype: str) -> None:
    rng = np.random.default_rng(0)
    theta = rng.standard_normal(N).astype(dtype)
    ours, theirs = theta.copy(), theta.copy()
    state, other = OPTIMIZERS[name].start(ours), their_optimizer(OPTIMIZERS[name], theirs)
    for lr in RATES:
        gradient = (0.3 * rng.standard_normal(N)).astype(dtype)
        OPTIMIZERS[name].step(state, ours, gradient, [Segment(0, N, 1.0, 1.0)], float(lr))
        their_step(other, theirs, gradient, float(lr))
    assert difference(ours - theta, theirs - theta) <= {"float64": 1e-13, "float32": 1e-5}[dtype]


needs_native = pytest.mark.skipif(compiled() is None, reason="the native engine is not built")
ENGINES = [ReferenceEngine, pytest.param(NativeEngine, marks=needs_native)]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("make", ENGINES)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_ten_steps_of_a_network_on_both_engines(name: str, make: Any, dtype: str) -> None:
    """Gradients are the engine's own, their penalty divided by the batch's weight; a last batch has
    fewer rows."""
    rng = np.random.default_rng(1)
    X, y, weight = (
        rng.standard_normal((N, 4)).astype(dtype),
        rng.standard_normal((N, 2)).astype(dtype),
        rng.random(N) + 0.5,
    )
    engine = make(
        Network([Dense(2)], 4, dtype=dtype),
        Squared("mean_of_sum"),
        OPTIMIZERS[name],
        penalty=Penalty(l2=0.3, per_batch=True),
    )
    parameters = engine.network.parameters
    W, b = parameters["layers.0.W"].copy(), parameters["layers.0.b"].copy()
    theirs = [their_optimizer(OPTIMIZERS[name], part) for part in (W, b)]
    values, expected = [], []
    for i, lr in enumerate(RATES):
        rows = np.arange(9 * i, 9 * i + 9 - i % 2) % N
        E, w = X[rows] @ W + b - y[rows], weight[rows]
        value = (
            LOSS_FUNCTIONS["squared_error"](y[rows], X[rows] @ W + b, w)
            + 0.5 * 0.3 * float((W * W).sum()) / w.sum()
        )
        expected.append(value)
        wE = (E * w[:, None]).astype(dtype)
        gradients = [
            ((X[rows].T @ wE + 0.3 * W) / w.sum()).astype(dtype),
            (wE.sum(axis=0) / w.sum()).astype(dtype),
        ]
        for part, gradient, optimizer in zip((W, b), gradients, theirs, strict=True):
            their_step(optimizer, part, gradient, float(lr))
        values.append(engine.loss_and_gradient(X[rows], y[rows], w))
        engine.update(float(lr))
    bound = {"float64": 1e-12, "float32": 1e-4}[dtype]
    np.testing.assert_allclose(values, expected, rtol=bound)
    assert difference(parameters["layers.0.W"], W) <= bound
    assert difference(parameters["layers.0.b"], b) <= bound


def sure(rng: np.random.Generator, n_outputs: int) -> Array:
    """Scores that are moderate, or so sure that probabilities are clipped: between, theirs loses
    digits in 1 - p, and ours does not."""
    signs = rng.choice([-1.0, 1.0], (N, n_outputs))
    return np.concatenate(
        [rng.normal(size=(N, n_outputs)), signs * rng.uniform(60.0, 600.0, (N, n_outputs))]
    )


def one_hot(y: Array) -> Array:
    return np.eye(int(y.max()) + 1)[y]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    "name",
    [
        "squared_error",
        "poisson",
        "log_loss",
        "log_loss, two classes",
        "binary_log_loss",
        "multi-label",
    ],
)
def test_values_of_losses(name: str, dtype: str, weighted: bool) -> None:
    rng = np.random.default_rng(2)
    eps = float(np.finfo(dtype).eps)
    n_outputs = {"log_loss, two classes": 2, "binary_log_loss": 1}.get(name, 3)
    Z = (
        rng.normal(size=(2 * N, n_outputs))
        if name in ("squared_error", "poisson")
        else sure(rng, n_outputs)
    ).astype(dtype)
    loss: Loss
    match name:
        case "squared_error":
            loss, y = Squared("mean_of_sum"), rng.normal(size=Z.shape).astype(dtype)
        case "poisson":
            loss, y = Poisson("sum"), rng.poisson(1.5, Z.shape).astype(dtype)
        case "log_loss" | "log_loss, two classes":
            loss, y = Softmax(clip_eps=eps), rng.permutation(np.arange(2 * N) % n_outputs)
        case _:
            loss, y = (
                Logistic(reduction="sum", clip_eps=eps),
                rng.integers(0, 2, Z.shape).astype(dtype),
            )
    weight = rng.random(2 * N) if weighted else None
    theirs = LOSS_FUNCTIONS[{"multi-label": "binary_log_loss"}.get(name, name.partition(",")[0])](
        one_hot(y) if y.ndim == 1 else y, loss.predict(Z), weight
    )
    assert loss.value_and_gradient(Z, y, weight)[0] == pytest.approx(theirs, rel=20 * eps)
