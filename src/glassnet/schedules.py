"""How a rate changes over a run: step numbers go in, multipliers come out: of the learning rate, of dropout, of weight decay.

    multipliers = schedule(steps, n_steps)      steps: (k,) integers from 0; n_steps: length of the
                                                whole run; result (k,) float64

Shapes are told in fractions t = step / n_steps of the run, so that a schedule means the same for
every table and batch size. A run that goes on past its length keeps the last multiplier; only
inverse scaling, which asks for no length, goes on falling. `ReduceOnPlateau` looks at the losses,
which no step number tells; training keeps its state.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from numbers import Integral
from typing import Any

import numpy as np

from glassnet.errors import SettingError, is_number, unknown_name
from glassnet.protocols import name_of, require_arguments

Array = np.ndarray[Any, np.dtype[Any]]
Schedule = Callable[[Array, int], Array]


def _fraction(steps: Array, n_steps: int) -> Array:
    return np.minimum(np.asarray(steps, np.float64) / max(n_steps, 1), 1.0)


def _require(condition: bool, what: str, came: object) -> None:
    if not condition:
        raise SettingError(f"{what}, but {came!r} came.")


@dataclass(frozen=True)
class Constant:
    """1 throughout."""

    def __call__(self, steps: Array, n_steps: int) -> Array:
        """Multipliers of the learning rate at these steps."""
        return np.ones(len(steps))


@dataclass(frozen=True)
class StepDecay:
    """factor^floor(t / every): multiplied by `factor` each time another `every` of the run has passed."""

    factor: float = 0.1
    every: float = 1.0 / 3.0

    def __post_init__(self) -> None:
        _require(
            is_number(self.factor) and 0.0 < self.factor <= 1.0,
            "the factor of a step schedule must lie in (0, 1]",
            self.factor,
        )
        _require(
            is_number(self.every) and 0.0 < self.every <= 1.0,
            "a step schedule's `every` is a fraction of the run, in (0, 1]",
            self.every,
        )

    def __call__(self, steps: Array, n_steps: int) -> Array:
        """Multipliers of the learning rate at these steps."""
        # The last step stands just before t = 1, so `every` = 1/3 makes three levels and not a
        # fourth of one step.
        passed = np.floor(
            _fraction(np.minimum(steps, max(n_steps - 1, 0)), n_steps) / self.every + 1e-12
        )
        return np.asarray(self.factor**passed)


@dataclass(frozen=True)
class Exponential:
    """final^t: the same ratio from each step to the next, from 1 down to `final`."""

    final: float = 0.01

    def __post_init__(self) -> None:
        _require(
            is_number(self.final) and 0.0 < self.final <= 1.0,
            "the final multiplier of an exponential schedule must lie in (0, 1]",
            self.final,
        )

    def __call__(self, steps: Array, n_steps: int) -> Array:
        """Multipliers of the learning rate at these steps."""
        return np.asarray(self.final ** _fraction(steps, n_steps))


@dataclass(frozen=True)
class Cosine:
    """final + (1 - final) (1 + cos(pi t)) / 2. Loshchilov and Hutter 2017, eq. 5, one period."""

    final: float = 0.0

    def __post_init__(self) -> None:
        _require(
            is_number(self.final) and 0.0 <= self.final <= 1.0,
            "the final multiplier of a cosine schedule must lie in [0, 1]",
            self.final,
        )

    def __call__(self, steps: Array, n_steps: int) -> Array:
        """Multipliers of the learning rate at these steps."""
        return np.asarray(
            self.final
            + (1.0 - self.final) * 0.5 * (1.0 + np.cos(np.pi * _fraction(steps, n_steps)))
        )


@dataclass(frozen=True)
class CosLog:
    """(1 - cos(2 pi log2(1 + (2^cycles - 1) t))) / 2: cycles from 0 up to 1 and down again, each twice as long as the one before.

    Holzmüller, Grinsztajn and Steinwart 2024, "Better by default" (RealMLP), whose schedule has
    four cycles.
    """

    cycles: int = 4

    def __post_init__(self) -> None:
        whole = isinstance(self.cycles, Integral) and not isinstance(self.cycles, bool)
        _require(
            whole and 1 <= self.cycles <= 64,
            "the cycles of a coslog schedule are a whole number from 1 to 64",
            self.cycles,
        )

    def __call__(self, steps: Array, n_steps: int) -> Array:
        """Multipliers of the learning rate at these steps."""
        cycle = np.log2(1.0 + (2.0**self.cycles - 1.0) * _fraction(steps, n_steps))
        return np.asarray(0.5 * (1.0 - np.cos(2.0 * np.pi * cycle)))


@dataclass(frozen=True)
class FlatCosine:
    """1 until t = flat, then down to 0 along half a cosine. Known from fastai, and from RealMLP for dropout and weight decay."""

    flat: float = 0.5

    def __post_init__(self) -> None:
        _require(
            is_number(self.flat) and 0.0 <= self.flat < 1.0,
            "the flat part of a flat-cosine schedule is a fraction in [0, 1)",
            self.flat,
        )

    def __call__(self, steps: Array, n_steps: int) -> Array:
        """Multipliers at these steps."""
        t = np.maximum(_fraction(steps, n_steps) - self.flat, 0.0) / (1.0 - self.flat)
        return np.asarray(0.5 * (1.0 + np.cos(np.pi * t)))


@dataclass(frozen=True)
class OneCycle:
    """From `start` up to 1 in the first `rise` of the run, then down to `final`, both along half a cosine.

    Smith and Topin 2018; the cosine form and the default numbers are those of fastai and PyTorch.
    """

    rise: float = 0.3
    start: float = 1.0 / 25.0
    final: float = 4e-6

    def __post_init__(self) -> None:
        _require(
            is_number(self.rise) and 0.0 < self.rise < 1.0,
            "the rising part of a one-cycle schedule is a fraction in (0, 1)",
            self.rise,
        )
        _require(
            is_number(self.start) and 0.0 <= self.start <= 1.0,
            "the first multiplier of a one-cycle schedule must lie in [0, 1]",
            self.start,
        )
        _require(
            is_number(self.final) and 0.0 <= self.final <= 1.0,
            "the final multiplier of a one-cycle schedule must lie in [0, 1]",
            self.final,
        )

    def __call__(self, steps: Array, n_steps: int) -> Array:
        """Multipliers of the learning rate at these steps."""
        t = _fraction(steps, n_steps)
        up = self.start + (1.0 - self.start) * 0.5 * (1.0 - np.cos(np.pi * t / self.rise))
        down = self.final + (1.0 - self.final) * 0.5 * (
            1.0 + np.cos(np.pi * (t - self.rise) / (1.0 - self.rise))
        )
        return np.where(t < self.rise, up, down)


@dataclass(frozen=True)
class InverseScaling:
    """(step + 1)^-power; power 1/2 is the classic rate of stochastic approximation (Robbins and Monro 1951 need 1/2 < power <= 1)."""

    power: float = 0.5

    def __post_init__(self) -> None:
        _require(
            is_number(self.power) and 0.0 <= self.power < np.inf,
            "the power of inverse scaling must be zero or positive",
            self.power,
        )

    def __call__(self, steps: Array, n_steps: int) -> Array:
        """Multipliers of the learning rate at these steps."""
        return np.asarray((np.asarray(steps, np.float64) + 1.0) ** -self.power)


@dataclass(frozen=True)
class InverseScalingByRows:
    """(t + 1)^-power, t the rows seen before the epoch: the same rate for all steps of an epoch, as in scikit-learn.

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
        _require(
            is_number(self.power) and 0.0 <= self.power < np.inf,
            "the power of inverse scaling must be zero or positive",
            self.power,
        )

    def __call__(self, steps: Array, n_steps: int) -> Array:
        """Multipliers of the learning rate at these steps."""
        epochs = np.asarray(steps) // self.steps_per_epoch
        rates = (self.rows_before + epochs * float(self.rows_per_epoch) + 1.0) ** -self.power
        return np.where(epochs == 0, 1.0, rates) if self.fresh else np.asarray(rates)


@dataclass(frozen=True)
class Warmup:
    """A linear rise to 1 over the first `fraction` of the run, before any other schedule takes the rest.

    multiplier = (step + 1) / k for the first k = ceil(fraction * n_steps) steps; Goyal et al. 2017,
    section 2.2.
    """

    then: str | Schedule = field(default_factory=Constant)
    fraction: float = 0.05

    def __post_init__(self) -> None:
        _require(
            is_number(self.fraction) and 0.0 <= self.fraction < 1.0,
            "the warm-up is a fraction of the run, in [0, 1)",
            self.fraction,
        )
        if isinstance(schedule_function(self.then), ReduceOnPlateau):
            raise SettingError(
                "a warm-up cannot stand before 'reduce_on_plateau', which follows losses, not "
                "steps: use another schedule."
            )

    def __call__(self, steps: Array, n_steps: int) -> Array:
        """Multipliers of the learning rate at these steps."""
        then = schedule_function(self.then)
        assert not isinstance(then, ReduceOnPlateau)
        rise = int(np.ceil(self.fraction * n_steps - 1e-9))  # 0.07 * 100 is 7.000000000000001
        steps = np.asarray(steps)
        after = then(np.maximum(steps - rise, 0), n_steps - rise)
        return np.where(steps < rise, (steps + 1.0) / max(rise, 1), after)


@dataclass(frozen=True)
class ReduceOnPlateau:
    """Multiply the rate by `factor` whenever the watched loss has not improved for `patience` epochs, down to `final`.

    It watches the validation loss where there is one, else the training loss.
    """

    factor: float = 0.5
    patience: int = 10
    final: float = 1e-3

    def __post_init__(self) -> None:
        _require(
            is_number(self.factor) and 0.0 < self.factor < 1.0,
            "the factor of reduce-on-plateau must lie in (0, 1)",
            self.factor,
        )
        _require(
            is_number(self.patience) and self.patience >= 1,
            "the patience of reduce-on-plateau is at least 1 epoch",
            self.patience,
        )
        _require(
            is_number(self.final) and 0.0 <= self.final <= 1.0,
            "the final multiplier of reduce-on-plateau must lie in [0, 1]",
            self.final,
        )


def schedule_function(
    schedule: str | Schedule | ReduceOnPlateau | None,
) -> Schedule | ReduceOnPlateau:
    """Return the schedule of that name; None is constant, a callable (steps, n_steps) is returned as it is."""
    schedule = Constant() if schedule is None else schedule
    if isinstance(schedule, str):
        if schedule not in SCHEDULES:
            raise unknown_name("schedule", schedule, SCHEDULES)
        return SCHEDULES[schedule]
    if not isinstance(schedule, ReduceOnPlateau):
        require_arguments("a schedule", schedule, "steps, n_steps")
    return schedule


def stepwise_function(schedule: str | Schedule | None, what: str) -> Schedule:
    """Return the schedule of that name, as `schedule_function`, for what follows the step alone: dropout, weight decay."""
    made = schedule_function(schedule)
    if isinstance(made, ReduceOnPlateau):
        raise SettingError(
            f"'reduce_on_plateau' follows losses and is for the learning rate alone: give {what} "
            "another schedule."
        )
    return made


def multipliers(schedule: Schedule, steps: Array, n_steps: int, most: float = np.inf) -> Array:
    """Return a schedule's multipliers at these steps as float64, checked, for it may be the user's own; those of dropout are at most 1."""
    name = name_of(schedule)
    try:
        rates = np.asarray(schedule(np.array(steps), n_steps), np.float64)
    except (TypeError, ValueError) as error:
        raise SettingError(
            f"the schedule {name} must take an array of steps and return as many multipliers, but "
            f"{error!r}."
        ) from error
    if rates.shape != np.shape(steps) or not ((rates >= 0.0) & (rates <= most)).all():
        got = (
            f"{rates.min():g} to {rates.max():g}"
            if rates.shape == np.shape(steps)
            else f"shape {rates.shape}"
        )
        bounds = "none negative" if most > 1.0 else f"from 0 to {most:g}"
        raise SettingError(
            f"a schedule must return one multiplier for each of the {len(steps)} steps, {bounds}, "
            f"got {got} from {name}."
        )
    return rates


SCHEDULES: dict[str, Schedule | ReduceOnPlateau] = {
    "constant": Constant(),
    "step": StepDecay(),
    "exponential": Exponential(),
    "cosine": Cosine(),
    "coslog4": CosLog(),
    "flat_cosine": FlatCosine(),
    "one_cycle": OneCycle(),
    "inverse_scaling": InverseScaling(),
    "reduce_on_plateau": ReduceOnPlateau(),
    "warmup": Warmup(Constant()),
    "warmup_cosine": Warmup(Cosine()),
}
