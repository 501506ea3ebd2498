"""The gradient law.

Every backward pass is the derivative of its forward pass, to 1e-7, by central differences in
float64.
"""

from collections import Counter
from collections.abc import Callable
from functools import partial

import numpy as np
import pytest

from glassnet.activations import ACTIVATIONS
from glassnet.layers import (
    BatchNorm,
    CategoryEmbedding,
    Dense,
    Dropout,
    Layer,
    LayerNorm,
    Members,
    PeriodicEmbedding,
    PiecewiseLinearEmbedding,
    Residual,
    Scale,
)
from glassnet.losses import Squared
from tests.laws.gradients import TOLERANCE, Problem, draw_problem, smooth
from tests.laws.random_networks import random_problem
from tests.laws.tables import (
    CUBE,
    LAYER_CASES,
    LOSS_CASES,
    PENALTIES,
    WIDTH,
    LossCase,
    all_layers,
    real,
)

N_RANDOM = 200
KINDS = (
    BatchNorm,
    LayerNorm,
    Dropout,
    Residual,
    Members,
    Scale,
    PeriodicEmbedding,
    PiecewiseLinearEmbedding,
    CategoryEmbedding,
)


def squared(n_outputs: int) -> LossCase:
    return LossCase(Squared(), n_outputs, real(n_outputs))


def check(
    draw: Callable[[np.random.Generator], Problem], record: Callable[[str, object], None]
) -> None:
    for seed in range(3):
        errors, redraws = smooth(draw, seed)
        record("redraws", redraws)
        record("worst", max(errors.values()))
        assert max(errors.values()) <= TOLERANCE, errors


@pytest.mark.parametrize("n", [1, 7])
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("name", LAYER_CASES)
def test_gradient_of_every_layer(
    name: str, training: bool, n: int, record_property: Callable[[str, object], None]
) -> None:
    layer = LAYER_CASES[name]
    loss = squared(layer.output_width(WIDTH))
    check(
        lambda rng: draw_problem([layer], loss, rng, n=n, n_features=WIDTH, training=training),
        record_property,
    )


@pytest.mark.parametrize("n", [1, 7])
@pytest.mark.parametrize(
    "layer",
    [
        BatchNorm(eps=0.1),
        LayerNorm(),
        Dense(1, "gelu"),
        Residual([Dense(1, "tanh")]),
        Scale(),
        PeriodicEmbedding(1),
        PiecewiseLinearEmbedding(edges=[(-1.0, 0.0, 0.5)]),
        CategoryEmbedding([2]),
    ],
    ids=str,
)
def test_gradient_at_width_one(
    layer: Layer, n: int, record_property: Callable[[str, object], None]
) -> None:
    check(
        lambda rng: draw_problem([Dense(1), layer], squared(1), rng, n=n, n_features=1),
        record_property,
    )


@pytest.mark.parametrize("name", [*ACTIVATIONS, "cube"])
def test_gradient_of_every_activation_in_a_dense_layer(
    name: str, record_property: Callable[[str, object], None]
) -> None:
    layers = [Dense(5, CUBE if name == "cube" else name), Dense(2)]
    check(lambda rng: draw_problem(layers, squared(2), rng, n=6, n_features=3), record_property)


@pytest.mark.parametrize("n", [1, 8])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", LOSS_CASES)
def test_gradient_of_every_loss(
    name: str, weighted: bool, n: int, record_property: Callable[[str, object], None]
) -> None:
    loss = LOSS_CASES[name]
    layers = [Dense(4, "tanh"), Dense(loss.n_outputs)]
    check(
        lambda rng: draw_problem(layers, loss, rng, n=n, n_features=3, weighted=weighted),
        record_property,
    )


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", PENALTIES)
def test_gradient_of_every_penalty(
    name: str, weighted: bool, record_property: Callable[[str, object], None]
) -> None:
    layers, penalty = [Dense(4, "tanh"), BatchNorm(eps=0.1), Dense(2)], PENALTIES[name]
    check(
        lambda rng: draw_problem(
            layers, squared(2), rng, n=6, n_features=3, weighted=weighted, penalty=penalty
        ),
        record_property,
    )


def numbered_problem(seed: int, rng: np.random.Generator) -> Problem:
    return random_problem(rng, n=1 + seed % 9, n_features=1 + seed % 12)


def test_gradient_of_two_hundred_random_networks(
    record_property: Callable[[str, object], None],
) -> None:
    worst, redraws = 0.0, 0
    for seed in range(N_RANDOM):
        errors, passed_over = smooth(partial(numbered_problem, seed), 1000 + seed)
        worst, redraws = max(worst, *errors.values()), redraws + passed_over
        assert max(errors.values()) <= TOLERANCE, (seed, errors)
    record_property("worst", worst)
    record_property("redraws", redraws)
    assert redraws <= 0.05 * N_RANDOM


def test_random_networks_hold_all_that_they_should() -> None:
    seen = Counter[str]()
    for seed in range(N_RANDOM):
        problem = numbered_problem(seed, np.random.default_rng([1000 + seed, 0]))
        mode = "training" if problem.run.training else "prediction"
        layers = problem.network.layers
        seen.update({f"{type(layer).__name__} in {mode}" for layer in all_layers(layers)})
        seen.update(
            {f"depth {sum(isinstance(layer, Dense | Residual | Members) for layer in layers)}"}
        )
        seen["batch 1"] += len(problem.X) == 1
        seen["parametric"] += any(
            getattr(layer, "parametric", False) for layer in all_layers(layers)
        )
        seen["width 1"] += 1 in problem.network.widths[1:-1]
        seen["weights"] += problem.weight is not None
        seen["penalty"] += problem.penalty is not None
    kinds = [f"{kind.__name__} in {mode}" for kind in KINDS for mode in ("training", "prediction")]
    wanted = [
        *kinds,
        *(f"depth {depth}" for depth in range(1, 6)),
        "batch 1",
        "width 1",
        "weights",
        "penalty",
        "parametric",
    ]
    assert {what: seen[what] for what in wanted if seen[what] < 10} == {}
