"""Schedules that fall: in steps, exponentially, or by inverse scaling."""

from dataclasses import dataclass

import numpy as np

from glassnet.checks import check_number
from glassnet.schedules.schedule import Array, fraction


@dataclass(frozen=True)
class Constant:
    """1 throughout."""

    def __call__(self, steps: Array, n_steps: int) -> Array:
        """Multipliers of the learning rate at these steps."""
        return np.ones(len(steps))


@dataclass(frozen=True)
class StepDecay:
    """factor^floor(t / every): multiplied by `factor` after each `every` of the run."""

    factor: float = 0.1
    every: float = 1.0 / 3.0

    def __post_init__(self) -> None:
        check_number("the factor of a step schedule", self.factor, "(0, 1]")
        check_number("`every` of a step schedule, a fraction of the run,", self.every, "(0, 1]")

    def __call__(self, steps: Array, n_steps: int) -> Array:
        """Multipliers of the learning rate at these steps."""
        # The last step stands just before t = 1, so `every` = 1/3 makes three levels and not a
        # fourth of one step.
        passed = np.floor(
            fraction(np.minimum(steps, max(n_steps - 1, 0)), n_steps) / self.every + 1e-12
        )
        return np.asarray(self.factor**passed)


@dataclass(frozen=True)
class Exponential:
    """final^t: the same ratio from each step to the next, from 1 down to `final`."""

    final: float = 0.01

    def __post_init__(self) -> None:
        check_number("the final multiplier of an exponential schedule", self.final, "(0, 1]")

    def __call__(self, steps: Array, n_steps: int) -> Array:
        """Multipliers of the learning rate at these steps."""
        return np.asarray(self.final ** fraction(steps, n_steps))


@dataclass(frozen=True)
class InverseScaling:
    """(step + 1)^-power. Robbins and Monro 1951, who need 1/2 < power <= 1."""

    power: float = 0.5

    def __post_init__(self) -> None:
        check_number("the power of inverse scaling", self.power, "[0, inf)")

    def __call__(self, steps: Array, n_steps: int) -> Array:
        """Multipliers of the learning rate at these steps."""
        return np.asarray((np.asarray(steps, np.float64) + 1.0) ** -self.power)


@dataclass(frozen=True)
class InverseScalingByRows:
    """(t + 1)^-power, t the rows seen before the epoch, as in scikit-learn.

    Parameters
    ----------
    power : zero or positive
    rows_per_epoch, steps_per_epoch : of this run
    rows_before : rows seen before the run
    fresh : the first epoch has the full rate, whatever was seen before it
    """

    power: float
    rows_per_epoch: int
    steps_per_epoch: int
    rows_before: int = 0
    fresh: bool = True

    def __post_init__(self) -> None:
        check_number("the power of inverse scaling", self.power, "[0, inf)")

    def __call__(self, steps: Array, n_steps: int) -> Array:
        """Multipliers of the learning rate at these steps."""
        epochs = np.asarray(steps) // self.steps_per_epoch
        rates = (self.rows_before + epochs * float(self.rows_per_epoch) + 1.0) ** -self.power
        return np.where(epochs == 0, 1.0, rates) if self.fresh else np.asarray(rates)
