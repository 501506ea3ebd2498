"""Stochastic gradient descent, plain or with momentum."""

from dataclasses import dataclass

import numpy as np

from glassnet.checks import check_number, check_switch
from glassnet.errors import SettingError
from glassnet.optimizers.optimizer import Array, BlockOptimizer


@dataclass(frozen=True)
class SGD(BlockOptimizer):
    """Stochastic gradient descent, with momentum (Polyak 1964) or Nesterov's form of it.

    velocity = momentum * velocity + g
    theta   -= lr * velocity                      plain and heavy-ball
    theta   -= lr * (g + momentum * velocity)     Nesterov (Sutskever et al. 2013, rewritten for
                                                  the gradient at theta)

    The learning rate multiplies the velocity, as in PyTorch. With `lr_in_velocity` it multiplies
    the gradient before that is added to the velocity, as in scikit-learn. The two differ if the
    learning rate changes.

    velocity = momentum * velocity + lr * g
    theta   -= velocity                           heavy-ball
    theta   -= lr * g + momentum * velocity       Nesterov

    momentum : in [0, 1]

    Examples
    --------
    >>> from glassnet import SGD
    >>> SGD(0.1, momentum=0.9)
    SGD(lr=0.1, momentum=0.9, nesterov=False, lr_in_velocity=False)
    """

    lr: float
    momentum: float = 0.0
    nesterov: bool = False
    lr_in_velocity: bool = False

    def __post_init__(self) -> None:
        check_number("the learning rate", self.lr, "(0, inf)")
        check_number("momentum", self.momentum, "[0, 1]")
        check_switch("nesterov", self.nesterov)
        check_switch("lr_in_velocity", self.lr_in_velocity)
        if self.nesterov and self.momentum == 0.0:
            raise SettingError(
                "nesterov needs a momentum above 0, but momentum is 0: set momentum, for example "
                "to 0.9."
            )

    @property
    def vectors(self) -> tuple[str, ...]:
        """The velocity, if there is momentum."""
        return ("velocity",) if self.momentum else ()

    def move(
        self,
        theta: Array,
        g: Array,
        vectors: list[Array],
        move: Array,
        rate: float,
        decay_factor: float,
        t: int,
    ) -> None:
        """Update a block."""
        inside = self.lr_in_velocity or not self.momentum
        np.multiply(g, rate if inside else 1.0, out=move)
        if vectors:
            velocity = vectors[0]
            velocity *= self.momentum
            velocity += move
            if not self.nesterov:
                np.copyto(move, velocity)
            elif inside:
                theta -= move
                np.multiply(velocity, self.momentum, out=move)
            else:
                np.multiply(velocity, self.momentum, out=move)
                move += g
            if not inside:
                move *= rate
        theta -= move
