"""The schedules of one run: of the learning rate, of dropout, and of decay and penalties."""

from __future__ import annotations

from dataclasses import dataclass, field

from glassnet.schedules import (
    Constant,
    ReduceOnPlateau,
    Schedule,
    schedule_function,
    stepwise_function,
)


@dataclass(frozen=True)
class RunSchedules:
    """Schedules of one run.

    Attributes
    ----------
    learning_rate : of the optimizer's learning rate
    dropout : of every dropout rate
    decay : of weight decay and the penalty
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
    ) -> RunSchedules:
        """Return the schedules that a caller gave by name or as objects; None is constant."""
        return cls(
            schedule_function(schedule),
            stepwise_function(dropout_schedule, "dropout"),
            stepwise_function(decay_schedule, "weight decay"),
        )

    @property
    def constant(self) -> bool:
        """Whether nothing changes over the run."""
        return self == RunSchedules()
