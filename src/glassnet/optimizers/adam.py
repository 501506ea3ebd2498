"""Adam and AdamW: steps from running means of the gradient and of its square."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from glassnet.checks import check_number, check_switch
from glassnet.optimizers.optimizer import Array, OptimizerState, blocks, new_state
from glassnet.parameters import Segment


@dataclass(frozen=True)
class Adam:
    """Adaptive moments, both corrected for their start at 0. Kingma and Ba 2015, algorithm 1.

    m      = beta1 * m + (1 - beta1) * g
    v      = beta2 * v + (1 - beta2) * g^2
    theta -= lr * (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps)

    With `uncorrected_eps`, eps is added to the root of the uncorrected v (their section 2, last
    paragraph), as in scikit-learn: it weighs more in the first steps, while v is still small.

    theta -= lr * sqrt(1 - beta2^t) / (1 - beta1^t) * m / (sqrt(v) + eps)

    Examples
    --------
    >>> from glassnet import Adam
    >>> Adam(lr=3e-4)
    Adam(lr=0.0003, beta1=0.9, beta2=0.999, eps=1e-08, uncorrected_eps=False)
    """

    lr: float = 1e-3
    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8
    uncorrected_eps: bool = False

    def __post_init__(self) -> None:
        _check(self)
        check_switch("uncorrected_eps", self.uncorrected_eps)

    def start(self, theta: Array) -> OptimizerState:
        """Return the state before the first step."""
        return new_state(theta, "m", "v")

    def step(
        self,
        state: OptimizerState,
        theta: Array,
        gradient: Array,
        segments: Sequence[Segment],
        lr: float,
    ) -> None:
        """Move theta by one step, in place."""
        state.t += 1
        corrected2 = 1.0 - self.beta2**state.t
        root, factor = (1.0, corrected2**0.5) if self.uncorrected_eps else (corrected2**-0.5, 1.0)
        for block, lr_factor, _ in blocks(tuple(segments)):
            move = _move(self, state, gradient, block, root)
            move *= lr * lr_factor * factor / (1.0 - self.beta1**state.t)
            theta[block] -= move


@dataclass(frozen=True)
class AdamW:
    """Adam with decoupled weight decay. Loshchilov and Hutter 2019, algorithm 2.

    theta -= lr * weight_decay * theta      before Adam's step, on segments with a decay factor
    """

    lr: float = 1e-3
    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8
    weight_decay: float = 0.01

    def __post_init__(self) -> None:
        _check(self)
        check_number("weight_decay", self.weight_decay, "[0, inf)")

    def start(self, theta: Array) -> OptimizerState:
        """Return the state before the first step."""
        return new_state(theta, "m", "v")

    def step(
        self,
        state: OptimizerState,
        theta: Array,
        gradient: Array,
        segments: Sequence[Segment],
        lr: float,
    ) -> None:
        """Move theta by one step, in place."""
        state.t += 1
        root = (1.0 - self.beta2**state.t) ** -0.5
        for block, lr_factor, decay_factor in blocks(tuple(segments), by_decay=True):
            decay = lr * lr_factor * self.weight_decay * decay_factor
            if decay:
                theta[block] *= 1.0 - decay
            move = _move(self, state, gradient, block, root)
            move *= lr * lr_factor / (1.0 - self.beta1**state.t)
            theta[block] -= move


def _check(settings: Adam | AdamW) -> None:
    check_number("the learning rate", settings.lr, "(0, inf)")
    check_number("beta1", settings.beta1, "[0, 1)")
    check_number("beta2", settings.beta2, "[0, 1)")
    check_number("eps", settings.eps, "(0, inf)")


def _move(
    settings: Adam | AdamW, state: OptimizerState, gradient: Array, block: slice, root: float
) -> Array:
    """Update both moments of a block; return m / (root * sqrt(v) + eps) in the scratch array."""
    g, m, v = gradient[block], state.vectors["m"][block], state.vectors["v"][block]
    move = state.scratch[0][: g.size]
    np.multiply(g, 1.0 - settings.beta1, out=move)
    m *= settings.beta1
    m += move
    np.multiply(g, g, out=move)
    move *= 1.0 - settings.beta2
    v *= settings.beta2
    v += move
    np.sqrt(v, out=move)
    move *= root
    move += settings.eps
    np.divide(m, move, out=move)
    return move
