"""Registry of the schedules: how learning rate, dropout or weight decay changes over a run.

Schedules are functions of the step number. The exception is `ReduceOnPlateau`, which depends on the
losses; training keeps its state.
"""

from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from glassnet.checks import check_number
from glassnet.errors import SettingError, look_up
from glassnet.protocols import name_of, require_arguments
from glassnet.schedules.shapes import (
    Array,
    Constant,
    Cosine,
    CosLog,
    Exponential,
    FlatCosine,
    InverseScaling,
    InverseScalingByRows,
    OneCycle,
    ReduceOnPlateau,
    Schedule,
    StepDecay,
)

__all__ = [
    "SCHEDULES",
    "Constant",
    "CosLog",
    "Cosine",
    "Exponential",
    "FlatCosine",
    "InverseScaling",
    "InverseScalingByRows",
    "OneCycle",
    "ReduceOnPlateau",
    "RunSchedules",
    "Schedule",
    "StepDecay",
    "Warmup",
    "multipliers",
    "schedule_function",
    "stepwise_function",
]


@dataclass(frozen=True)
class Warmup:
    """A linear increase to 1 in the first `fraction` of the run, followed by another schedule.

    multiplier = (step + 1) / k for the first k = ceil(fraction * n_steps) steps; Goyal et al. 2017,
    section 2.2.
    """

    then: str | Schedule = field(default_factory=Constant)
    fraction: float = 0.05

    def __post_init__(self) -> None:
        check_number("the warm-up, a fraction of the run,", self.fraction, "[0, 1)")
        if isinstance(schedule_function(self.then), ReduceOnPlateau):
            raise SettingError(
                "a warm-up cannot stand before 'reduce_on_plateau', which follows losses, not "
                "steps: use another schedule."
            )

    def __call__(self, steps: Array, n_steps: int) -> Array:
        """Multipliers of the learning rate at these steps."""
        then: Any = schedule_function(self.then)
        rise = int(np.ceil(self.fraction * n_steps - 1e-9))  # 0.07 * 100 is 7.000000000000001
        steps = np.asarray(steps)
        after = then(np.maximum(steps - rise, 0), n_steps - rise)
        return np.where(steps < rise, (steps + 1.0) / max(rise, 1), after)


def schedule_function(
    schedule: str | Schedule | ReduceOnPlateau | None,
) -> Schedule | ReduceOnPlateau:
    """Return the schedule of a name, or a given callable; None is constant."""
    schedule = Constant() if schedule is None else schedule
    if isinstance(schedule, str):
        return look_up("schedule", schedule, SCHEDULES)
    if not isinstance(schedule, ReduceOnPlateau):
        require_arguments("a schedule", schedule, "steps, n_steps")
    return schedule


def stepwise_function(schedule: str | Schedule | None, what: str) -> Schedule:
    """Return a schedule for dropout or weight decay, which must not depend on losses."""
    made = schedule_function(schedule)
    if isinstance(made, ReduceOnPlateau):
        raise SettingError(
            f"'reduce_on_plateau' follows losses and is for the learning rate alone: give {what} "
            "another schedule."
        )
    return made


@dataclass(frozen=True)
class RunSchedules:
    """The schedules of a run.

    Attributes
    ----------
    learning_rate : schedule of the learning rate
    dropout : schedule of every dropout rate
    decay : schedule of weight decay and the penalty
    """

    learning_rate: Schedule | ReduceOnPlateau = field(default_factory=Constant)
    dropout: Schedule = field(default_factory=Constant)
    decay: Schedule = field(default_factory=Constant)

    @classmethod
    def of(
        cls,
        schedule: str | Schedule | ReduceOnPlateau | None = None,
        dropout_schedule: str | Schedule | None = None,
        decay_schedule: str | Schedule | None = None,
    ) -> Self:
        """Return the schedules given by name or as objects; None is constant."""
        return cls(
            schedule_function(schedule),
            stepwise_function(dropout_schedule, "dropout"),
            stepwise_function(decay_schedule, "weight decay"),
        )


def multipliers(schedule: Schedule, steps: Array, n_steps: int, maximum: float = np.inf) -> Array:
    """Return a schedule's multipliers at these steps as float64, from 0 to `maximum`.

    Raises
    ------
    SettingError
        If a user-defined schedule returns something else.
    """
    name = name_of(schedule)
    try:
        rates = np.asarray(schedule(np.array(steps), n_steps), np.float64)
    except (TypeError, ValueError) as error:
        raise SettingError(
            f"the schedule {name} must take an array of steps and return as many multipliers, but "
            f"{error!r}."
        ) from error
    if rates.shape != np.shape(steps) or not ((rates >= 0.0) & (rates <= maximum)).all():
        got = (
            f"{rates.min():g} to {rates.max():g}"
            if rates.shape == np.shape(steps)
            else f"shape {rates.shape}"
        )
        bounds = "none negative" if maximum > 1.0 else f"from 0 to {maximum:g}"
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
