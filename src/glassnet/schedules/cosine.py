"""Schedules along half cosines: down once, up and down in cycles, or up and then down."""

from dataclasses import dataclass

import numpy as np

from glassnet.checks import check_number, check_whole
from glassnet.schedules.schedule import Array, fraction


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
    """Cycles from 0 up to 1 and down again, each twice as long as the one before.

    (1 - cos(2 pi log2(1 + (2^cycles - 1) t))) / 2

    Holzmüller, Grinsztajn and Steinwart 2024, "Better by default" (RealMLP), whose schedule has
    four cycles.
    """

    cycles: int = 4

    def __post_init__(self) -> None:
        check_whole("cycles of a coslog schedule", self.cycles, 1, 64)

    def __call__(self, steps: Array, n_steps: int) -> Array:
        """Multipliers of the learning rate at these steps."""
        cycle = np.log2(1.0 + (2.0**self.cycles - 1.0) * fraction(steps, n_steps))
        return np.asarray(0.5 * (1.0 - np.cos(2.0 * np.pi * cycle)))


@dataclass(frozen=True)
class FlatCosine:
    """1 until t = flat, then down to 0 along half a cosine, as in fastai.

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
    """Up from `start` to 1 in the first `rise` of the run, then down to `final`.

    Both along half a cosine.

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
