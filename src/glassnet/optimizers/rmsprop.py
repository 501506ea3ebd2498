"""RMSprop: each element's step is divided by the recent size of its gradient."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from glassnet.checks import check_number
from glassnet.optimizers.optimizer import Array, BlockOptimizer


@dataclass(frozen=True)
class RMSprop(BlockOptimizer):
    """Divide by a running root mean square of the gradient. Tieleman and Hinton 2012 (lecture 6.5).

    v      = rho * v + (1 - rho) * g^2
    theta -= lr * g / (sqrt(v) + eps)
    """

    lr: float = 1e-3
    rho: float = 0.9
    eps: float = 1e-8
    vectors: ClassVar[tuple[str, ...]] = ("v",)

    def __post_init__(self) -> None:
        check_number("the learning rate", self.lr, "(0, inf)")
        check_number("rho", self.rho, "[0, 1)")
        check_number("eps", self.eps, "(0, inf)")

    def move(
        self,
        theta: Array,
        g: Array,
        vectors: list[Array],
        move: Array,
        rate: float,
        decay: float,
        t: int,
    ) -> None:
        """Make a step of a block."""
        (v,) = vectors
        np.multiply(g, g, out=move)
        move *= 1.0 - self.rho
        v *= self.rho
        v += move
        np.sqrt(v, out=move)
        move += self.eps
        np.divide(g, move, out=move)
        move *= rate
        theta -= move
