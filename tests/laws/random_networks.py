"""Networks drawn by chance, for the laws and the oracles that should hold for any."""

import numpy as np

from glassnet.activations import ACTIVATIONS
from glassnet.layers import Activation, BatchNorm, Dense, Dropout, Layer, LayerNorm, Residual
from tests.laws.gradients import Problem, draw_problem
from tests.laws.tables import LOSS_CASES, PENALTIES


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
