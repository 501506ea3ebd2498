"""What large weights cost: an L1 and an L2 term added to the objective, the same for every batch size.

    value    = sum over segments of decay_factor * (l1 * sum |theta_i| + l2 / 2 * sum theta_i^2)
    gradient = decay_factor * (l1 * sign(theta) + l2 * theta)

Biases and scales have decay_factor 0 and cost nothing. Decoupled weight decay, which is no part of the objective, is a setting
of the optimizer (Loshchilov and Hutter 2019).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.errors import SettingError, is_number
from glassnet.parameters import Segment

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Penalty:
    """The strengths of both terms.

    Parameters
    ----------
    l1 : pulls every weight to zero by the same amount, so that some end there (Tibshirani 1996)
    l2 : pulls in proportion to the weight (Hoerl and Kennard 1970); the gradient is l2 * theta, hence the half in the value
    """

    l1: float = 0.0
    l2: float = 0.0

    def __post_init__(self) -> None:
        for name, value in (("l1", self.l1), ("l2", self.l2)):
            if not is_number(value) or not 0.0 <= value < np.inf:
                raise SettingError(f"{name} must be zero or a positive number, but {value!r} came.")

    def add_gradient(self, theta: Array, gradient: Array, segments: Sequence[Segment], scratch: Array) -> float:
        """Add the penalty's gradient to `gradient` in place and return the penalty's value; scratch is laid out like theta."""
        value = 0.0
        for segment in segments:
            factor = segment.decay_factor
            if factor == 0.0:
                continue
            stretch = slice(segment.start, segment.stop)
            W, dW, room = theta[stretch], gradient[stretch], scratch[stretch]
            if self.l2:
                value += 0.5 * self.l2 * factor * float(np.dot(W, W))
                np.multiply(W, self.l2 * factor, out=room)
                dW += room
            if self.l1:
                np.abs(W, out=room)
                value += self.l1 * factor * float(room.sum(dtype=np.float64))
                np.sign(W, out=room)
                room *= self.l1 * factor
                dW += room
        return value
