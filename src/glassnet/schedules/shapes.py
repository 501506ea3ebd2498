"""Schedules: functions from step numbers to multipliers of a rate.

    multipliers = schedule(steps, n_steps)

steps are (k,) integers from 0, n_steps is the length of the run, and the result is (k,) float64.
Most schedules depend on the fraction t = step / n_steps of the run, so that they mean the same for
every table and batch size. Beyond n_steps the last multiplier is kept, except for inverse scaling,
which does not depend on n_steps and decreases further.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.checks import check_integer, check_number

Array = np.ndarray[Any, np.dtype[Any]]
Schedule = Callable[[Array, int], Array]


def fraction(steps: Array, n_steps: int) -> Array:
    """Return t, the fraction of the run before each step, at most 1."""
    return np.minimum(np.asarray(steps, np.float64) / max(n_steps, 1), 1.0)


@dataclass(frozen=True)
class Constant:
    """A constant multiplier of 1."""

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
        # The last step is before t = 1, so that `every` = 1/3 gives three values, without a fourth
        # for a single step.
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
    """(step + 1)^-power. Robbins and Monro 1951, who require 1/2 < power <= 1."""

    power: float = 0.5

    def __post_init__(self) -> None:
        check_number("the power of inverse scaling", self.power, "[0, inf)")

    def __call__(self, steps: Array, n_steps: int) -> Array:
        """Multipliers of the learning rate at these steps."""
        return np.asarray((np.asarray(steps, np.float64) + 1.0) ** -self.power)


@dataclass(frozen=True)
class InverseScalingByRows:
    """(t + 1)^-power, where t is the number of rows seen before the epoch, as in scikit-learn.

    Parameters
    ----------
    power : zero or positive
    rows_per_epoch, steps_per_epoch : number of rows and steps of an epoch of this run
    rows_before : number of rows seen before the run
    fresh : whether the multiplier of the first epoch is 1, even if rows were seen before
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


@dataclass(frozen=True)
class Cosine:
    """final + (1 - final) (1 + cos(pi t)) / 2. Loshchilov and Hutter 2017, eq. 5, one period."""

    final: float = 0.0

    def __post_init__(self) -> None:
        check_number("the final multiplier of a cosine schedule", self.final, "[0, 1]")

    def __call__(self, steps: Array, n_steps: int) -> Array:
        """Multipliers of the learning rate at these steps."""
        return np.asarray(
            self.final + (1.0 - self.final) * 0.5 * (1.0 + np.cos(np.pi * fraction(steps, n_steps)))
        )


@dataclass(frozen=True)
class CosLog:
    """Cycles from 0 up to 1 and back to 0, each twice as long as the one before.

    (1 - cos(2 pi log2(1 + (2^cycles - 1) t))) / 2

    Holzmüller, Grinsztajn and Steinwart 2024, "Better by default" (RealMLP), whose schedule has
    four cycles.
    """

    cycles: int = 4

    def __post_init__(self) -> None:
        check_integer("cycles of a coslog schedule", self.cycles, 1, 64)

    def __call__(self, steps: Array, n_steps: int) -> Array:
        """Multipliers of the learning rate at these steps."""
        cycle = np.log2(1.0 + (2.0**self.cycles - 1.0) * fraction(steps, n_steps))
        return np.asarray(0.5 * (1.0 - np.cos(2.0 * np.pi * cycle)))


@dataclass(frozen=True)
class FlatCosine:
    """1 until t = flat, then a decrease to 0 along half a cosine, as in fastai.

    RealMLP uses it for dropout and weight decay.
    """

    flat: float = 0.5

    def __post_init__(self) -> None:
        check_number("the flat fraction of a flat-cosine schedule", self.flat, "[0, 1)")

    def __call__(self, steps: Array, n_steps: int) -> Array:
        """Multipliers at these steps."""
        t = np.maximum(fraction(steps, n_steps) - self.flat, 0.0) / (1.0 - self.flat)
        return np.asarray(0.5 * (1.0 + np.cos(np.pi * t)))


@dataclass(frozen=True)
class OneCycle:
    """An increase from `start` to 1 in the first `rise` of the run, then a decrease to `final`.

    Both follow half a cosine.

    Smith and Topin 2018; the cosine form and the default numbers are those of fastai and PyTorch.
    """

    rise: float = 0.3
    start: float = 1.0 / 25.0
    final: float = 4e-6

    def __post_init__(self) -> None:
        check_number("the rising fraction of a one-cycle schedule", self.rise, "(0, 1)")
        check_number("the first multiplier of a one-cycle schedule", self.start, "[0, 1]")
        check_number("the final multiplier of a one-cycle schedule", self.final, "[0, 1]")

    def __call__(self, steps: Array, n_steps: int) -> Array:
        """Multipliers of the learning rate at these steps."""
        t = fraction(steps, n_steps)
        up = self.start + (1.0 - self.start) * 0.5 * (1.0 - np.cos(np.pi * t / self.rise))
        down = self.final + (1.0 - self.final) * 0.5 * (
            1.0 + np.cos(np.pi * (t - self.rise) / (1.0 - self.rise))
        )
        return np.where(t < self.rise, up, down)


@dataclass(frozen=True)
class ReduceOnPlateau:
    """Multiply the learning rate by `factor`, down to `final`, when the loss stops improving.

    This happens after `patience` epochs without improvement of the validation loss, or of the
    training loss if there is no validation set.
    """

    factor: float = 0.5
    patience: int = 10
    final: float = 1e-3

    def __post_init__(self) -> None:
        check_number("the factor of reduce-on-plateau", self.factor, "(0, 1)")
        check_number("the patience of reduce-on-plateau, in epochs,", self.patience, "[1, inf]")
        check_number("the final multiplier of reduce-on-plateau", self.final, "[0, 1]")
