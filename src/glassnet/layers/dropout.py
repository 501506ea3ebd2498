"""Dropout: in training, units are set to 0 at random, so that no unit relies on another."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from glassnet.checks import check_number
from glassnet.layers.layer import Array, KeepsWidth, Run
from glassnet.parameters import Views
from glassnet.rng import keep_mask


@dataclass(frozen=True)
class Dropout(KeepsWidth):
    """Set units to 0 at random in training.

    Y = X * M / (1 - rate) in training, Y = X in prediction; M is 1 with probability 1 - rate or 0.

    The rate of a pass is `rate * run.dropout`: a schedule may lower it over the run.
    The division keeps the expected value, so that prediction needs no scaling ("inverted" dropout).
    Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov 2014, section 10.

    Parameters
    ----------
    rate : probability that a unit is left out, in [0, 1)

    The mask of a step follows from the run's seed, the step, the layer and the unit's place alone
    (`glassnet.rng`).
    """

    rate: float
    repeatable: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check_number("a dropout rate", self.rate, "[0, 1)")

    def forward(self, p: Views, X: Array, run: Run) -> tuple[Array, Any]:
        """Return Y and the scaled mask, or None where nothing is dropped."""
        rate = self.rate * run.dropout
        if not run.training or rate == 0.0:
            return X, None
        keep = keep_mask(run.seed, run.step, p.number, X.shape, rate)
        M = keep * np.asarray(1.0 / (1.0 - rate), X.dtype)
        return X * M, M

    def backward(
        self, p: Views, g: Views, M: Any, dY: Array, needs_dX: bool = True
    ) -> Array | None:
        """Return dX = dY * M / (1 - rate)."""
        if not needs_dX:
            return None
        return dY if M is None else dY * M
