"""Is the network worth having? One plain sentence, which does not call noise a gain."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from glassnet.report.bootstrap import Resampled, Score, interval
from glassnet.report.metrics import format_score
from glassnet.report.predictions import Predictions

Array = np.ndarray[Any, np.dtype[Any]]
Outcome = Literal["better", "same", "worse"]

#: What a network is judged by, the first of these that is defined; probabilities come second.
MAIN = ("accuracy", "R2", "RMSE")
PROBABILITIES = "log loss"
#: Two that differ on fewer rows are not told apart: even if all of them went one way, chance would
#: do so more often than once in twenty.
MIN_ROWS = 6
LINEAR = "linear model"


@dataclass(frozen=True)
class Difference:
    """Our score minus theirs on the same rows, the 95 % interval of the same resamples, and what they say."""

    metric: str
    value: float
    low: float
    high: float
    outcome: Outcome


def main_metric(ours: Resampled) -> str:
    """Return the name of the score that a network is judged by."""
    return next(name for name in MAIN if name in ours.values)


def paired_difference(
    ours: Resampled, theirs: Resampled, name: str, n_differing: int
) -> Difference:
    """Return how the score of that name differs; it counts where 0 lies outside the interval and enough rows were told differently.

    Parameters
    ----------
    ours, theirs : from the same resamples
    name : of the metric
    n_differing : rows on which the two are not equally good
    """
    greater = next(metric.greater_is_better for metric in ours.metrics if metric.name == name)
    value = ours.values[name] - theirs.values[name]
    low, high = interval(ours.resamples[name] - theirs.resamples[name], value)
    outcome: Outcome = "same"
    if low is not None and high is not None and n_differing >= MIN_ROWS and not low <= 0.0 <= high:
        outcome = "better" if (value > 0.0) == greater else "worse"
    return Difference(
        name, value, value if low is None else low, value if high is None else high, outcome
    )


def differing_rows(a: Predictions, b: Predictions, name: str) -> int:
    """Return on how many rows two are not equally good by the measure of that name."""
    if a.P is None or b.P is None:
        ours, theirs = (np.square((one.values - one.truth) / a.unit).sum(axis=1) for one in (a, b))
        return int((ours != theirs).sum())
    if name == PROBABILITIES:
        rows = np.arange(a.n_rows)
        return int((a.P[rows, a.truth] != b.P[rows, b.truth]).sum())
    return int(((a.values == a.truth) != (b.values == b.truth)).sum())


def sentence(
    main: Score,
    n_rows: int,
    outcomes: Mapping[str, Outcome],
    rivals: Mapping[str, float],
    probabilities: Collection[str] = (),
    cut_short: Collection[str] = (),
) -> str:
    """Return what to make of an evaluation in one sentence.

    Parameters
    ----------
    main : the network's main score
    n_rows : that it was taken from
    outcomes : the network against each rival, by the rival's name
    rivals : each rival's main score
    probabilities : the rivals from which the network differs in nothing but that its probabilities
        are better
    cut_short : the rivals that could have learned more in more time
    """
    said = _fact(main, n_rows)
    if not outcomes:
        return f"{said}."
    cut = dict.fromkeys(cut_short, " (cut short)")
    groups = {
        kind: [
            _called(name) + cut.get(name, "")
            for name, outcome in outcomes.items()
            if outcome == kind
        ]
        for kind in ("better", "same", "worse")
    }
    words = {"better": "better than", "same": "no clear difference from", "worse": "worse than"}
    compared = "; ".join(
        f"{words[kind]} {_listed(names)}" for kind, names in groups.items() if names
    )
    return f"{said}: {compared}{_advice(main, outcomes, rivals, probabilities)}."


def _advice(
    main: Score,
    outcomes: Mapping[str, Outcome],
    rivals: Mapping[str, float],
    probabilities: Collection[str],
) -> str:
    """Return what to do, or nothing where the network earns its keep."""
    guess = next((name for name in outcomes if name.startswith("always")), None)
    worse = [name for name, outcome in outcomes.items() if outcome == "worse"]
    if guess in worse:
        return ", so do not use it"
    if worse:
        best = (max if main.greater_is_better else min)(worse, key=lambda name: rivals[name])
        return f": consider {_called(best)}"
    believed = f", though its probabilities are better than those of {_listed([_called(name) for name in probabilities])}"
    if guess is not None and outcomes[guess] == "same":
        return (
            believed
            if guess in probabilities
            else ", so these columns may not tell the target, or there are too few rows"
        )
    if outcomes.get(LINEAR) == "same":
        return believed if LINEAR in probabilities else "; the linear model is simpler: consider it"
    return ""


def _fact(main: Score, n_rows: int) -> str:
    rows = f"{n_rows:,} row{'' if n_rows == 1 else 's'}"
    if main.name == "RMSE":
        bounds = (
            ""
            if main.low is None or main.high is None
            else f" (95 % interval {format_score(main.name, main.low)} to {format_score(main.name, main.high)})"
        )
        return f"The network is off by {format_score(main.name, main.value)} (root mean square) on {rows}{bounds}"
    if main.name == "R2" and main.value <= 0.0:
        bounds = (
            ""
            if main.low is None or main.high is None
            else f", 95 % interval {main.low:.3f} to {main.high:.3f}"
        )
        return f"The network explains nothing of the target's variance on {rows} (R2 {main.value:.3f}{bounds})"
    bounds = ""
    if main.low is not None and main.high is not None:
        bounds = f" (95 % interval {_percent(main.low)} to {_percent(main.high)} %)"
    if main.name == "accuracy":
        return f"The network is right in {_percent(main.value)} % of {rows}{bounds}"
    return (
        f"The network explains {_percent(main.value)} % of the target's variance on {rows}{bounds}"
    )


def _called(name: str) -> str:
    if name == LINEAR:
        return "the linear model"
    return name.replace("always", "always guessing", 1) if name.startswith("always") else name


def _listed(names: Sequence[str]) -> str:
    return "".join(names) if len(names) < 2 else f"{', '.join(names[:-1])} and {names[-1]}"


def _percent(share: float) -> str:
    return f"{round(100.0 * share, 1) + 0.0:.1f}"
