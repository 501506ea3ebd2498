"""L1 and L2 penalties on the weights, added to the objective.

    value    = sum over segments of decay_factor * (l1 * sum |theta_i| + l2 / 2 * sum theta_i^2)
    gradient = decay_factor * (l1 * sign(theta) + l2 * theta)

theta is the parameter vector. Biases and scales have decay_factor 0 and are not penalized.
Decoupled weight decay, which is not part of the objective, is a setting of the optimizer
(Loshchilov and Hutter 2019).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.checks import check_number, check_switch
from glassnet.parameters import Segment

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Penalty:
    """The strengths of the L1 and the L2 penalty.

    Parameters
    ----------
    l1 : shrinks every weight by the same amount, so that some become zero (Tibshirani 1996)
    l2 : shrinks weights in proportion to their size (Hoerl and Kennard 1970); the factor 1/2 in the
        value makes the gradient l2 * theta
    per_batch : divide value and gradient by the total weight of the batch (its number of rows if
        there are no weights), as in scikit-learn's networks; a batch of weight 0 is not penalized
    """

    l1: float = 0.0
    l2: float = 0.0
    per_batch: bool = False

    def __post_init__(self) -> None:
        check_number("l1", self.l1, "[0, inf)")
        check_number("l2", self.l2, "[0, inf)")
        check_switch("per_batch", self.per_batch)

    def add_gradient(
        self,
        theta: Array,
        gradient: Array,
        segments: Sequence[Segment],
        total_weight: float,
    ) -> float:
        """Add the penalty's gradient to `gradient` in place and return the penalty's value.

        total_weight : of the batch; its number of rows if there are no weights
        """
        divisor, value = total_weight if self.per_batch else 1.0, 0.0
        for segment in segments:
            factor = segment.decay_factor * (1.0 / divisor if divisor else 0.0)
            part = slice(segment.start, segment.stop)
            W, dW = theta[part], gradient[part]
            if factor and self.l2:
                value += 0.5 * self.l2 * factor * float(np.dot(W, W))
                dW += self.l2 * factor * W
            if factor and self.l1:
                value += self.l1 * factor * float(np.abs(W).sum(dtype=np.float64))
                dW += self.l1 * factor * np.sign(W)
        return value
