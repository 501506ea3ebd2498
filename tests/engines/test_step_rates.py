"""The rates of a step on both engines: the learning rate, and factors of dropout and decay."""

from typing import Any

import numpy as np
import pytest

from glassnet.engines import NativeEngine, ReferenceEngine, step_rates
from glassnet.engines.native import compiled
from glassnet.layers import BatchNorm, Dense, Dropout
from glassnet.losses import Squared
from glassnet.network import Network
from glassnet.optimizers import SGD, Adam, AdamW
from glassnet.penalties import Penalty
from glassnet.rng import keep_mask
from tests.laws.tables import Array

SEED, N, WIDTH, N_STEPS = 9, 30, 4, 10
FACTORS = (1.0, 0.75, 1.0 / 3.0, 1e-3, 2.0**-31, 0.0)
ENGINES = [
    pytest.param(
        NativeEngine,
        marks=pytest.mark.skipif(compiled() is None, reason="the native engine is not built"),
    ),
    ReferenceEngine,
]


def trained(
    engine: Any,
    dtype: str,
    rates: Array,
    *,
    rate: float = 0.0,
    optimizer: Any = None,
    **settings: Any,
) -> tuple[Array, Array]:
    """theta and losses after ten steps of a network whose dropout has this rate."""
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((N, WIDTH)).astype(dtype), rng.standard_normal((N, 1)).astype(dtype)
    network = Network(
        [Dense(8, "tanh"), Dropout(rate), BatchNorm(), Dropout(rate), Dense(1)], WIDTH, dtype=dtype
    )
    bound = engine(network, Squared(), optimizer or Adam(), seed=SEED, **settings)
    order = np.concatenate([rng.permutation(N) for _ in range(3)])
    steps = bound.run(X, y, None, order, np.arange(0, 91, 9), 3, rates)
    assert steps.done == N_STEPS
    return network.parameters.theta, steps.losses


def same(one: tuple[Array, Array], other: tuple[Array, Array]) -> None:
    for ours, theirs in zip(one, other, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_row_of_rates_is_a_rate_and_two_factors() -> None:
    np.testing.assert_array_equal(step_rates([0.1, 0.2]), [[0.1, 1.0, 1.0], [0.2, 1.0, 1.0]])
    np.testing.assert_array_equal(
        step_rates([0.1, 0.2], [0.5, 0.0], 0.25), [[0.1, 0.5, 0.25], [0.2, 0.0, 0.25]]
    )
    assert step_rates([]).shape == (0, 3)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("factor", FACTORS)
@pytest.mark.parametrize("rate", [0.5, 0.1, 0.99])
def test_the_mask_of_a_step_is_that_of_its_own_rate(
    engine: Any, dtype: str, factor: float, rate: float
) -> None:
    """Biases of 1 after weights of 0 move where their unit was kept, by the squared scale."""
    n_units, step = 2000, 41
    network = Network([Dense(n_units), Dropout(rate)], 1, seed=None, dtype=dtype)
    network.parameters["layers.0.b"] = np.ones(n_units)
    bound = engine(network, Squared(), SGD(1.0), seed=SEED)
    X, y = np.zeros((1, 1), dtype), np.zeros((1, n_units), dtype)
    bound.run(X, y, None, np.zeros(1, np.int64), np.array([0, 1]), step, step_rates([1.0], factor))
    b = network.parameters["layers.0.b"]
    kept = keep_mask(SEED, step, 1, (1, n_units), rate * factor)[0]
    np.testing.assert_array_equal(b != 1.0, kept)
    scale = 1.0 / (1.0 - rate * factor)
    np.testing.assert_allclose(
        b[kept], 1.0 - scale**2 / n_units, rtol=1e-5 if dtype == "float32" else 1e-14
    )
    share = 1.0 - rate * factor
    assert abs(kept.mean() - share) <= 5.0 * np.sqrt(share * (1.0 - share) / n_units)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_dropout_times_zero_is_no_dropout(engine: Any, dtype: str) -> None:
    rates = np.linspace(0.05, 0.01, N_STEPS)
    same(
        trained(engine, dtype, step_rates(rates, 0.0), rate=0.4),
        trained(engine, dtype, step_rates(rates)),
    )


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_adamw_whose_decay_is_times_zero_is_adam(engine: Any, dtype: str) -> None:
    rates = np.linspace(0.05, 0.01, N_STEPS)
    decayed = trained(engine, dtype, step_rates(rates, 1.0, 0.0), optimizer=AdamW(weight_decay=0.5))
    same(decayed, trained(engine, dtype, step_rates(rates), optimizer=Adam()))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("per_batch", [False, True])
def test_a_penalty_times_zero_is_none(engine: Any, dtype: str, per_batch: bool) -> None:
    rates = np.linspace(0.05, 0.01, N_STEPS)
    penalized = trained(
        engine, dtype, step_rates(rates, 1.0, 0.0), penalty=Penalty(0.1, 0.5, per_batch=per_batch)
    )
    same(penalized, trained(engine, dtype, step_rates(rates)))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("factor", [0.5, 0.25])
def test_a_constant_factor_is_a_setting_so_many_times_smaller(
    engine: Any, dtype: str, factor: float
) -> None:
    """Powers of two are exact, so the bits agree."""
    rates = np.linspace(0.05, 0.01, N_STEPS)
    smaller = {
        "optimizer": AdamW(weight_decay=0.5 * factor),
        "penalty": Penalty(0.1 * factor, 0.5 * factor),
    }
    by_setting = trained(engine, dtype, step_rates(rates), rate=0.4 * factor, **smaller)
    whole = {"optimizer": AdamW(weight_decay=0.5), "penalty": Penalty(0.1, 0.5)}
    same(trained(engine, dtype, step_rates(rates, factor, factor), rate=0.4, **whole), by_setting)


@pytest.mark.parametrize("engine", ENGINES)
def test_each_step_has_its_own_row(engine: Any) -> None:
    """A run of ten rows is ten runs of one row."""
    rates = step_rates(
        np.linspace(0.05, 0.01, N_STEPS),
        np.linspace(1.0, 0.0, N_STEPS),
        np.linspace(0.0, 2.0, N_STEPS),
    )
    settings = {"rate": 0.4, "optimizer": AdamW(weight_decay=0.5), "penalty": Penalty(0.1, 0.5)}
    theta, losses = trained(engine, "float64", rates, **settings)
    shuffled, _ = trained(engine, "float64", rates[::-1], **settings)
    assert (theta != shuffled).any()

    class OneByOne(engine):  # type: ignore[misc]
        def run(
            self, X: Any, y: Any, weight: Any, order: Any, offsets: Any, first_step: int, rates: Any
        ) -> Any:
            single = [
                super(OneByOne, self).run(
                    X, y, weight, order, offsets[i : i + 2], first_step + i, rates[i : i + 1]
                )
                for i in range(10)
            ]
            return type(single[0])(
                N_STEPS, np.concatenate([s.losses for s in single]), np.zeros(0), 0.0, "done"
            )

    same((theta, losses), trained(OneByOne, "float64", rates, **settings))
