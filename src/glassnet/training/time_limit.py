"""Limit the time of training, with schedules that still run to their end."""

import math
from collections.abc import Generator
from time import monotonic
from typing import Any

import numpy as np

from glassnet.training.stopping import Epoch

Array = np.ndarray[Any, np.dtype[Any]]


class TimeLimit:
    """A limit in seconds from the creation of the object; None is no limit.

    Attributes
    ----------
    epochs_left : number of epochs for which there was time after the last one, an integer or
        infinity
    shortened : whether there are fewer epochs or members because of the limit
    """

    def __init__(self, seconds: float | None = None) -> None:
        self._made, self._seconds = monotonic(), math.inf if seconds is None else seconds
        self._began = 0.0
        self.epochs_left = math.inf
        self.shortened = False

    def too_short_to_prepare(self, done: int, planned: int) -> bool:
        """Return whether to stop preparing members.

        This is so if the preparation has taken a quarter of the time, and that of all members would
        take more than the limit.
        """
        spent = monotonic() - self._made
        short = (
            1 < done < planned
            and spent > self._seconds / 4.0
            and spent / done * planned > self._seconds
        )
        self.shortened |= short
        return short

    def after(self, epochs: int) -> float:
        """Return for how many more epochs there is time, if they are as long as the past ones."""
        now = monotonic()
        left = self._made + self._seconds - now
        if left <= 0.0 or left == math.inf or not epochs or now == self._began:
            return 0.0 if left <= 0.0 else math.inf
        return float(left // ((now - self._began) / epochs))

    def watch(
        self, records: Generator[Epoch, None, None], planned: int
    ) -> Generator[Epoch, None, None]:
        """Yield records, and end training when there is no time for another epoch.

        The time that the caller takes to process a record counts too.
        """
        self._began = monotonic()
        try:
            for done, record in enumerate(records, 1):
                yield record
                self.epochs_left = self.after(done)
                if not self.epochs_left:
                    self.shortened |= done < planned
                    return
        finally:
            records.close()


class ScheduleClock:
    """Maps each step to a step of the planned schedule: to itself, unless time is short.

    If time is short, the remaining steps are spread over the rest of the plan, so that schedules
    skip some of its steps but run to their end.

    Parameters
    ----------
    first_step : number of the first step of the run
    epochs, steps_per_epoch : as planned

    Attributes
    ----------
    n_steps : number of planned steps
    epochs_left : number of remaining epochs
    """

    def __init__(self, first_step: int, epochs: int, steps_per_epoch: int) -> None:
        self.n_steps, self.epochs_left = epochs * steps_per_epoch, epochs
        self._steps_per_epoch = steps_per_epoch
        self._from_step, self._planned_step, self._stride = first_step, 0.0, 1.0

    def planned(self, steps: Array) -> Array:
        """Return the planned steps, from 0, of these steps."""
        return np.floor(self._planned_step + (steps - self._from_step) * self._stride).astype(
            np.int64
        )

    def fit_into(self, epochs: float, step: int) -> bool:
        """Limit the epochs from this step on, to at least one; return whether their number changes.

        If there is more time than expected, their number increases again, up to the plan.
        """
        planned_step = self._planned_step + (step - self._from_step) * self._stride
        planned = math.ceil(round((self.n_steps - planned_step) / self._steps_per_epoch, 6))
        fitting = int(max(1, min(epochs, planned)))
        if fitting == self.epochs_left:
            return False
        self._from_step, self._planned_step, self.epochs_left = step, planned_step, fitting
        self._stride = (self.n_steps - planned_step) / (fitting * self._steps_per_epoch)
        return True
