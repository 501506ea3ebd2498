"""Networks drawn by chance, for the laws and the oracles that should hold for any."""

import numpy as np

from glassnet.activations import ACTIVATIONS
from glassnet.layers import (
    Activation,
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
    Stack,
)
from glassnet.layers.stack import stack_widths
from tests.laws.gradients import Problem, draw_problem
from tests.laws.tables import LOSS_CASES, PENALTIES


def random_layers(
    rng: np.random.Generator, width: int, depth: int, inside: bool = False
) -> list[Layer]:
    """A few layers for signals of this width.

    `inside` a residual block or a member they end in the width they began with.
    """

    def activation() -> str:
        return str(rng.choice(list(ACTIVATIONS)))

    start, layers = width, list[Layer]()
    for _ in range(depth):
        kind = rng.choice(
            ["dense", "normed", "dropped", "residual", "members"], p=[0.32, 0.24, 0.14, 0.15, 0.15]
        )
        if kind == "residual" and not inside:
            layers.append(Residual(random_layers(rng, width, int(rng.integers(1, 3)), inside=True)))
            continue
        if kind == "members" and not inside:
            stacks = [
                Stack(random_layers(rng, width, int(rng.integers(1, 3)), inside=True))
                for _ in range(int(rng.integers(1, 4)))
            ]
            layers.append(Members(stacks))
            continue
        width = int(rng.integers(1, 13))
        if kind == "normed":
            # Layer normalization of one unit is a constant: its gradients are 0 but for the
            # rounding that an oracle may leave.
            norm = BatchNorm(eps=0.1) if rng.random() < 0.6 or width == 1 else LayerNorm(eps=0.1)
            layers += [
                Dense(width),
                norm,
                Activation(activation(), parametric=bool(rng.random() < 0.5)),
            ]
        else:
            layers.append(Dense(width, activation()))
        if kind == "dropped":
            layers.append(Dropout(float(rng.uniform(0.1, 0.6))))
    return [*layers, Dense(start)] if inside else layers


def random_first_layers(rng: np.random.Generator, width: int) -> tuple[list[Layer], int]:
    """The input layers of a table, each there or not, for signals of this width.

    And the width that they make.
    """
    layers = list[Layer]()
    n_codes = int(rng.integers(0, min(width, 4)))
    if rng.random() < 0.5:
        layers.append(
            PeriodicEmbedding(
                int(rng.integers(1, width - n_codes + 1)),
                int(rng.integers(1, 7)),
                int(rng.integers(1, 4)),
                0.3,
            )
        )
    elif rng.random() < 0.5:
        counts = rng.integers(2, 6, int(rng.integers(1, width - n_codes + 1)))
        edges = [np.sort(rng.normal(0.0, 1.0, n)).tolist() for n in counts]
        layers.append(PiecewiseLinearEmbedding(edges=edges, n_out=int(rng.integers(1, 4))))
    if n_codes:
        layers.append(
            CategoryEmbedding(rng.integers(1, 5, n_codes).tolist(), int(rng.integers(1, 4)))
        )
    if rng.random() < 0.5:
        layers.append(Scale())
    return layers, stack_widths(layers, width)[-1]


def random_problem(rng: np.random.Generator, n: int, n_features: int) -> Problem:
    loss = LOSS_CASES[str(rng.choice(list(LOSS_CASES)))]
    first, width = random_first_layers(rng, n_features)
    layers = [*first, *random_layers(rng, width, int(rng.integers(0, 5))), Dense(loss.n_outputs)]
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
