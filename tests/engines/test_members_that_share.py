"""A network that ends with the mean of its members is trained on the mean of their losses, never on the loss of their mean.

The definition is written out here, member by member; the reference engine is held to it and to
differences, the native engine to the reference in `test_native_parity` and here.
"""

from importlib import import_module
from typing import Any

import numpy as np
import pytest

from glassnet.engines import ReferenceEngine
from glassnet.engines.native import compiled
from glassnet.layers import (
    Activation,
    Dropout,
    Layer,
    MemberDense,
    MemberMean,
    Run,
    Scale,
    SharedDense,
)
from glassnet.losses import CustomLoss, Softmax
from glassnet.network import Network
from glassnet.optimizers import SGD, AdamW
from glassnet.penalties import Penalty
from tests.engines.test_native_parity import DTYPES, SHAPES, compare, needs_native, variants
from tests.laws.gradients import TOLERANCE, AtAKinkError, derivative
from tests.laws.tables import LOSS_CASES, WIDTH, LossCase

K = 3


def members(n_outputs: int, hidden: int = 5, k: int = K) -> list[Layer]:
    """A network of every layer that wide rows pass through."""
    first = [SharedDense(hidden, k, first=True), Activation("tanh", parametric=True), Dropout(0.3)]
    return [
        *first,
        SharedDense(hidden + 1, k, parametrization="ntk"),
        Activation("silu"),
        Scale(),
        MemberDense(n_outputs, k),
        MemberMean(k),
    ]


def mean_of_losses(
    network: Network, case: LossCase, X: Any, y: Any, weight: Any, run: Run
) -> float:
    """The loss of each member by itself, and their mean."""
    statistics = network.parameters.statistics.copy()
    scores = network.forward(X, run)[1][-1]
    network.parameters.statistics[...] = statistics
    loss = case.descends or case.loss
    apart = np.split(scores, K, axis=1)
    return float(np.mean([loss.value_and_gradient(Z, y, weight)[0] for Z in apart]))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", LOSS_CASES)
def test_training_takes_the_mean_of_the_losses(name: str, weighted: bool) -> None:
    case, rng = LOSS_CASES[name], np.random.default_rng(3)
    for _ in range(20):
        network = Network(
            members(case.n_outputs), WIDTH, seed=int(rng.integers(1000)), dtype="float64"
        )
        theta = network.parameters.theta
        theta += rng.normal(0.0, 0.3, theta.size)
        X, y = rng.standard_normal((6, WIDTH)), case.draw(rng, 6)
        weight = rng.integers(0, 3, 6) + 0.5 if weighted else None
        run = Run(training=True, seed=5, step=7)
        engine = ReferenceEngine(network, case.loss, seed=5)
        value = engine.loss_and_gradient(X, y, weight, step=7)
        gradient = network.parameters.gradient.copy()
        if case.descends is None:
            assert value == pytest.approx(
                mean_of_losses(network, case, X, y, weight, run), rel=1e-12
            )
        direction = rng.standard_normal(theta.size) / theta.size**0.5

        def objective(
            network: Network = network, X: Any = X, y: Any = y, weight: Any = weight, run: Run = run
        ) -> tuple[float, Any]:
            return mean_of_losses(network, case, X, y, weight, run), np.sign(
                np.concatenate(
                    [
                        case.kinks(Z, y).ravel()
                        for Z in np.split(network.forward(X, run)[1][-1], K, axis=1)
                    ]
                )
            )

        try:
            expected = derivative(objective, theta, direction)
        except AtAKinkError:
            continue
        assert abs(float(gradient @ direction) - expected) <= 10 * TOLERANCE * max(
            1.0, abs(expected)
        )
        return
    raise AssertionError("twenty points in a row lie at a kink")


def test_it_is_not_the_loss_of_the_mean_and_the_answer_is_the_mean() -> None:
    network = Network(
        [SharedDense(4, K, first=True), MemberDense(1, K), MemberMean(K)], WIDTH, dtype="float64"
    )
    case, rng = LOSS_CASES["squared"], np.random.default_rng(0)
    X, y = rng.standard_normal((9, WIDTH)), case.draw(rng, 9)
    engine = ReferenceEngine(network, case.loss)
    Z = engine.predict(X)
    np.testing.assert_allclose(Z[:, 0], network.forward(X)[1][-1].mean(axis=1))
    assert engine.loss_and_gradient(X, y) > 1.01 * case.loss.value_and_gradient(Z, y)[0]  # Jensen


@needs_native
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize(
    "name", [name for name, case in LOSS_CASES.items() if type(case.loss) is not CustomLoss]
)
def test_engines_agree_on_every_loss(name: str, seed: int, dtype: str) -> None:
    case = LOSS_CASES[name]
    compare(members(case.n_outputs), case, dtype, SGD(0.05, momentum=0.9), seed=seed)


@needs_native
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("variant", variants())
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_engines_agree_on_many_shapes(
    shape: tuple[int, int, int], variant: str, dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "glassnet.engines.native.compiled", lambda: import_module(f"glassnet._native{variant}")
    )
    n, hidden, n_outputs = shape
    case = LossCase(Softmax(0.05), n_outputs, lambda rng, n: rng.integers(0, n_outputs, n))
    layers = members(n_outputs, hidden // 4 + 1, k=1 + n % 5)
    compare(
        layers,
        case,
        dtype,
        SGD(0.05, momentum=0.9),
        seed=n,
        n=n,
        penalty=Penalty(l2=0.1),
        max_norm=1.0,
    )


@needs_native
def test_members_learn_xor_and_differ() -> None:
    """Random signs alone set them apart, and training keeps them so."""
    from glassnet.engines import NativeEngine, step_rates

    network = Network(
        [SharedDense(16, 8, first=True), Activation("tanh"), MemberDense(2, 8), MemberMean(8)],
        2,
        seed=1,
    )
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 2)).astype(np.float32)
    y = (X[:, 0] * X[:, 1] > 0).astype(np.int64)
    engine = NativeEngine(network, Softmax(), AdamW(0.01))
    order = np.concatenate([rng.permutation(400) for _ in range(60)])
    engine.run(X, y, None, order, np.arange(0, 24_001, 40), 0, step_rates(np.full(600, 0.01)))
    apart = network.forward(X)[1][-1].reshape(400, 8, 2)
    assert (engine.predict(X).argmax(axis=1) == y).mean() > 0.97
    assert apart.std(axis=1).min() > 0.0
    assert compiled() is not None
