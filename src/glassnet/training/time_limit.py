"""Limit the time of training, with schedules that still run to their end."""

import math
from collections.abc import Generator
from time import monotonic
from typing import Any

import numpy as np

from glassnet.training.stopping import Epoch

Array = np.ndarray[Any, np.dtype[Any]]


class TimeLimit:
    """So many seconds from the moment that it is made; None is no limit.

    Attributes
    ----------
    epochs_left : how many more there was time for when the last one had ended, a whole number or
        infinite
    shortened : whether there were fewer epochs or fewer members for want of time
    """

    def __init__(self, seconds: float | None = None) -> None:
        self._made, self._seconds = monotonic(), math.inf if seconds is None else seconds
        self._began = 0.0
        self.epochs_left = math.inf
        self.shortened = False

    def too_short_to_prepare(self, done: int, planned: int) -> bool:
        """Return whether to prepare no more members.

        That is so where a quarter of the time is gone with these, and there is none for all.
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
        """Return how many more epochs there is time for, if they take as long as these did."""
        now = monotonic()
        left = self._made + self._seconds - now
        if left <= 0.0 or left == math.inf or not epochs or now == self._began:
            return 0.0 if left <= 0.0 else math.inf
        return float(left // ((now - self._began) / epochs))

    def watch(
        self, records: Generator[Epoch, None, None], planned: int
    ) -> Generator[Epoch, None, None]:
        """Pass records on, and end training where there is no time for another epoch.

        The time that the caller takes with a record counts too.
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
    """The planned step that each step stands for: the same one, until time gets short.

    Then the steps to come are spread over the rest of the plan, so that schedules skip some of it
    but run to their end.

    Parameters
    ----------
    first_step : number of the first step of the run
    epochs, steps_per_epoch : as planned

    Attributes
    ----------
    n_steps : planned steps
    epochs_left : to come
    """

    def __init__(self, first_step: int, epochs: int, steps_per_epoch: int) -> None:
        self.n_steps, self.epochs_left = epochs * steps_per_epoch, epochs
        self._steps_per_epoch = steps_per_epoch
        self._turn, self._place, self._pace = first_step, 0.0, 1.0

    def planned(self, steps: Array) -> Array:
        """Return the numbers, from 0, of the planned steps that these stand for."""
        return np.floor(self._place + (steps - self._turn) * self._pace).astype(np.int64)

    def fit_into(self, epochs: float, step: int) -> bool:
        """Limit the epochs from this step on, to at least one; return whether their number changes.

        Where more time is left than was thought, they become more again, up to the plan.
        """
        place = self._place + (step - self._turn) * self._pace
        planned = math.ceil(round((self.n_steps - place) / self._steps_per_epoch, 6))
        fitting = int(max(1, min(epochs, planned)))
        if fitting == self.epochs_left:
            return False
        self._turn, self._place, self.epochs_left = step, place, fitting
        self._pace = (self.n_steps - place) / (fitting * self._steps_per_epoch)
        return True
