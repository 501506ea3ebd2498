"""RMSprop: each element's step is divided by the recent size of its gradient."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from glassnet.checks import check_number
from glassnet.optimizers.optimizer import Array, OptimizerState, blocks, new_state
from glassnet.parameters import Segment


@dataclass(frozen=True)
class RMSprop:
    """Divide by a running root mean square of the gradient. Tieleman and Hinton 2012 (lecture 6.5).

    v      = rho * v + (1 - rho) * g^2
    theta -= lr * g / (sqrt(v) + eps)
    """

    lr: float = 1e-3
    rho: float = 0.9
    eps: float = 1e-8

    def __post_init__(self) -> None:
        check_number("the learning rate", self.lr, "(0, inf)")
        check_number("rho", self.rho, "[0, 1)")
        check_number("eps", self.eps, "(0, inf)")

    def start(self, theta: Array) -> OptimizerState:
        """Return the state before the first step."""
        return new_state(theta, "v")

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
        for block, lr_factor, _ in blocks(tuple(segments)):
            g, v = gradient[block], state.vectors["v"][block]
            move = state.scratch[0][: g.size]
            np.multiply(g, g, out=move)
            move *= 1.0 - self.rho
            v *= self.rho
            v += move
            np.sqrt(v, out=move)
            move += self.eps
            np.divide(g, move, out=move)
            move *= lr * lr_factor
            theta[block] -= move
