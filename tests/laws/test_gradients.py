"""The gradient law: every backward pass is the derivative of its forward pass, to 1e-7, by central differences in float64."""

from collections.abc import Callable

import numpy as np
import pytest

from glassnet.activations import ACTIVATIONS
from glassnet.layers import Activation, BatchNorm, Dense, Dropout, Layer, LayerNorm, Residual
from tests.laws.gradients import TOLERANCE, Problem, draw_problem, smooth
from tests.laws.tables import CUBE, LAYER_CASES, LOSS_CASES, PENALTIES, WIDTH, LossCase, real
from glassnet.losses import Squared

N_RANDOM = 200


def squared(n_outputs: int) -> LossCase:
    return LossCase(Squared(), n_outputs, real(n_outputs))


def check(draw: Callable[[np.random.Generator], Problem], record: Callable[[str, object], None]) -> None:
    for seed in range(3):
        errors, redraws = smooth(draw, seed)
        record("redraws", redraws)
        record("worst", max(errors.values()))
        assert max(errors.values()) <= TOLERANCE, errors


@pytest.mark.parametrize("n", [1, 7])
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("name", LAYER_CASES)
def test_gradient_of_every_layer(name: str, training: bool, n: int, record_property: Callable[[str, object], None]) -> None:
    layer = LAYER_CASES[name]
    loss = squared(layer.output_width(WIDTH))
    check(lambda rng: draw_problem([layer], loss, rng, n=n, n_features=WIDTH, training=training), record_property)


@pytest.mark.parametrize("n", [1, 7])
@pytest.mark.parametrize("layer", [BatchNorm(eps=0.1), LayerNorm(), Dense(1, "gelu"), Residual([Dense(1, "tanh")])], ids=str)
def test_gradient_at_width_one(layer: Layer, n: int, record_property: Callable[[str, object], None]) -> None:
    check(lambda rng: draw_problem([Dense(1), layer], squared(1), rng, n=n, n_features=1), record_property)


@pytest.mark.parametrize("name", [*ACTIVATIONS, "cube"])
def test_gradient_of_every_activation_in_a_dense_layer(name: str, record_property: Callable[[str, object], None]) -> None:
    layers = [Dense(5, CUBE if name == "cube" else name), Dense(2)]
    check(lambda rng: draw_problem(layers, squared(2), rng, n=6, n_features=3), record_property)


@pytest.mark.parametrize("n", [1, 8])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", LOSS_CASES)
def test_gradient_of_every_loss(name: str, weighted: bool, n: int, record_property: Callable[[str, object], None]) -> None:
    loss = LOSS_CASES[name]
    layers = [Dense(4, "tanh"), Dense(loss.n_outputs)]
    check(lambda rng: draw_problem(layers, loss, rng, n=n, n_features=3, weighted=weighted), record_property)


@pytest.mark.parametrize("name", PENALTIES)
def test_gradient_of_every_penalty(name: str, record_property: Callable[[str, object], None]) -> None:
    layers = [Dense(4, "tanh"), BatchNorm(eps=0.1), Dense(2)]
    check(lambda rng: draw_problem(layers, squared(2), rng, n=6, n_features=3, penalty=PENALTIES[name]), record_property)


def random_layers(rng: np.random.Generator, width: int, depth: int, inside: bool = False) -> list[Layer]:
    """A few layers for signals of this width; `inside` a residual block they end in the width they began with."""

    def activation() -> str:
        return str(rng.choice(list(ACTIVATIONS)))

    start, layers = width, list[Layer]()
    for _ in range(depth):
        kind = rng.choice(["dense", "normed", "dropped", "residual"], p=[0.4, 0.25, 0.15, 0.2])
        if kind == "residual" and not inside:
            layers.append(Residual(random_layers(rng, width, int(rng.integers(1, 3)), inside=True)))
            continue
        width = int(rng.integers(1, 13))
        if kind == "normed":
            norm = BatchNorm(eps=0.1) if rng.random() < 0.6 else LayerNorm(eps=0.1)
            layers += [Dense(width), norm, Activation(activation())]
        else:
            layers.append(Dense(width, activation()))
        if kind == "dropped":
            layers.append(Dropout(float(rng.uniform(0.1, 0.6))))
    return [*layers, Dense(start)] if inside else layers


def random_problem(rng: np.random.Generator, n: int, n_features: int) -> Problem:
    loss = LOSS_CASES[str(rng.choice(list(LOSS_CASES)))]
    layers = [*random_layers(rng, n_features, int(rng.integers(0, 5))), Dense(loss.n_outputs)]
    return draw_problem(
        layers,
        loss,
        rng,
        n=n,
        n_features=n_features,
        training=bool(rng.random() < 0.7),
        weighted=bool(rng.random() < 0.4),
        penalty=PENALTIES[str(rng.choice(list(PENALTIES)))],
    )


def test_gradient_of_two_hundred_random_networks(record_property: Callable[[str, object], None]) -> None:
    worst, redraws = 0.0, 0
    for seed in range(N_RANDOM):
        n, n_features = 1 + seed % 9, 1 + seed % 12
        errors, passed_over = smooth(lambda rng, n=n, d=n_features: random_problem(rng, n, d), 1000 + seed)
        worst, redraws = max(worst, *errors.values()), redraws + passed_over
        assert max(errors.values()) <= TOLERANCE, (seed, errors)
    record_property("worst", worst)
    record_property("redraws", redraws)
    assert redraws <= 0.05 * N_RANDOM
