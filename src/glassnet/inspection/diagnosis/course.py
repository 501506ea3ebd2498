"""The course of a training, from the history in the model: how the losses went."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True)
class Course:
    """How the losses went.

    Attributes
    ----------
    epochs : epochs that were done
    updates : updates of one network
    planned : epochs that were planned; None if unknown
    ended : why training ended
    first, last, best : the training loss of the first, the last and the best epoch
    largest : the largest training loss after the first epoch
    rises : share of the epochs of the second half whose training loss rose by more than a
        hundredth
    slope : how much of the training loss the last tenth of the epochs took off
    outside_best, outside_last : the lowest and the last loss of the held-out rows; None without
        them
    best_at : the share of the epochs at which the held-out loss was lowest; None without them
    stopped_on_best : whether the weights of the best epoch were kept
    gradient_spike : the largest gradient norm over the median
    not_finite : whether a loss was not finite, which ended training
    """

    epochs: int
    updates: int
    planned: int | None
    ended: str
    first: float
    last: float
    best: float
    largest: float
    rises: float
    slope: float
    outside_best: float | None
    outside_last: float | None
    best_at: float | None
    stopped_on_best: bool
    gradient_spike: float
    not_finite: bool


def course_of(training: Mapping[str, Any]) -> Course | None:
    """Return the course of a training from its record; None without a history."""
    history = training.get("history") or {}
    losses = _numbers(history.get("training_loss"))
    known = losses[np.isfinite(losses)]
    if not len(known):
        return None
    plan = training.get("plan") or {}
    outside = _numbers(history.get("validation_loss"))
    has_outside = len(outside) > 0 and bool(np.isfinite(outside).any())
    at = int(np.nanargmin(outside)) if has_outside else 0
    half = known[len(known) // 2 :]
    tail = max(1, len(known) // 10)
    norms = _numbers(history.get("gradient_norm"))
    norms = norms[np.isfinite(norms)]
    middle = float(np.median(norms)) if len(norms) else 0.0
    return Course(
        epochs=int(training.get("epochs", len(losses))),
        updates=n_updates(training),
        planned=plan.get("max_epochs"),
        ended=str(training.get("ended", "")),
        first=float(known[0]),
        last=float(known[-1]),
        best=float(known.min()),
        largest=float(known[1:].max(initial=known[0])),
        rises=float((np.diff(half) > 0.01 * np.abs(half[:-1])).mean()) if len(half) > 1 else 0.0,
        slope=float(known[-tail - 1] - known[-1]) if len(known) > tail else 0.0,
        outside_best=float(np.nanmin(outside)) if has_outside else None,
        outside_last=float(outside[np.isfinite(outside)][-1]) if has_outside else None,
        best_at=(at + 1) / len(outside) if has_outside else None,
        stopped_on_best=bool(plan.get("early_stopping")),
        gradient_spike=float(norms.max()) / middle if middle > 0.0 else 1.0,
        not_finite=bool((~np.isfinite(losses)).any()) or training.get("ended") == "diverged",
    )


def _numbers(values: Any) -> Array:
    """Return a column of the history as floats, with NaN for what was not recorded."""
    return np.array([np.nan if v is None else float(v) for v in values or ()], np.float64)


def n_updates(training: Mapping[str, Any]) -> int:
    """Return the number of updates of one network."""
    members = training.get("members") or ()
    return int(training.get("updates") or 0) // max(1, len(members))
