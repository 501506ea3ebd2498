"""Stochastic gradient descent, plain or with momentum."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from glassnet.checks import check_number, check_switch
from glassnet.errors import SettingError
from glassnet.optimizers.optimizer import Array, OptimizerState, blocks, new_state
from glassnet.parameters import Segment


@dataclass(frozen=True)
class SGD:
    """Stochastic gradient descent, with momentum (Polyak 1964) or Nesterov's form of it.

    velocity = momentum * velocity + g
    theta   -= lr * velocity                      plain and heavy-ball
    theta   -= lr * (g + momentum * velocity)     Nesterov, as in Sutskever et al. 2013, rewritten
            for the gradient at theta

    The rate multiplies the velocity, as in PyTorch. With `lr_in_velocity` it enters the velocity,
    as in scikit-learn: each gradient keeps the rate of its own step, which differs where the rate
    changes.

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

    def start(self, theta: Array) -> OptimizerState:
        """Return the state before the first step."""
        return new_state(theta, *(["velocity"] if self.momentum else []))

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
            g, rate = gradient[block], lr * lr_factor
            move = state.scratch[0][: g.size]
            inside = self.lr_in_velocity or not self.momentum
            np.multiply(g, rate if inside else 1.0, out=move)
            if self.momentum:
                velocity = state.vectors["velocity"][block]
                velocity *= self.momentum
                velocity += move
                if not self.nesterov:
                    np.copyto(move, velocity)
                elif inside:
                    theta[block] -= move
                    np.multiply(velocity, self.momentum, out=move)
                else:
                    np.multiply(velocity, self.momentum, out=move)
                    move += g
                if not inside:
                    move *= rate
            theta[block] -= move
