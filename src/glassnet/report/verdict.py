"""Compare the main score of a network with its baselines, and write the verdict as a sentence."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from glassnet.messages import counted
from glassnet.report.bootstrap import Resampled, Score, interval
from glassnet.report.metrics import format_interval, format_score
from glassnet.report.predictions import Predictions

Outcome = Literal["better", "same", "worse"]

#: The main metric is the first of these that is defined; metrics of probabilities come second.
MAIN = ("accuracy", "R2", "RMSE")
PROBABILITIES = "log loss"
#: With fewer differing rows there is no clear difference: even if all of them favored one model,
#: that would occur by chance more often than once in twenty.
MIN_ROWS = 6
LINEAR = "linear model"
#: The sentence about a main metric, with its value and the number of rows.
FACTS = {
    "accuracy": "is right in {} of {}",
    "R2": "explains {} of the target's variance on {}",
    "RMSE": "is off by {} (root mean square) on {}",
}


@dataclass(frozen=True)
class ScoreDifference:
    """The score of a model minus that of another, its paired 95 % interval, and the outcome."""

    difference: float
    low: float
    high: float
    outcome: Outcome


def main_metric(ours: Resampled) -> str:
    """Return the name of the score by which a network is compared."""
    return next(name for name in MAIN if name in ours.values)


def paired_difference(ours: Resampled, theirs: Resampled, name: str) -> ScoreDifference:
    """Return the difference of a score; it is clear if its interval excludes 0 on enough rows.

    Parameters
    ----------
    ours, theirs : the scores of both models from the same resamples
    name : the name of the metric
    """
    value = ours.values[name] - theirs.values[name]
    low, high = interval(ours.resamples[name] - theirs.resamples[name], value)
    if low is None or high is None:
        return ScoreDifference(value, value, value, "same")
    outcome: Outcome = "same"
    n_differing = n_differing_rows(ours.predictions, theirs.predictions, name)
    if n_differing >= MIN_ROWS and not low <= 0.0 <= high:
        outcome = "better" if (value > 0.0) == ours.metrics[name].greater_is_better else "worse"
    return ScoreDifference(value, low, high, outcome)


def n_differing_rows(a: Predictions, b: Predictions, name: str) -> int:
    """Return the number of rows on which two models differ in a metric."""
    if not a.is_classification:
        ours, theirs = (np.square((p.values - p.truth) / a.unit).sum(axis=1) for p in (a, b))
    elif name == PROBABILITIES:
        ours, theirs = (p.P[np.arange(p.n_rows), p.truth] for p in (a, b))
    else:
        ours, theirs = (p.values == p.truth for p in (a, b))
    return int((ours != theirs).sum())


def verdict(
    main: Score,
    n_rows: int,
    outcomes: Mapping[str, Outcome],
    rivals: Mapping[str, float],
    probabilities: Collection[str] = (),
    cut_short: Collection[str] = (),
) -> str:
    """Write the verdict of an evaluation in one sentence.

    Parameters
    ----------
    main : the main score of the network
    n_rows : the number of scored rows
    outcomes : the outcome against each baseline, by name
    rivals : the main score of each baseline
    probabilities : the baselines that the network beats only by better probabilities
    cut_short : the baselines whose training was stopped by the time limit
    """
    text = _fact(main, n_rows)
    phrases = {"better": "better than", "same": "no clear difference from", "worse": "worse than"}
    groups = []
    for kind, phrase in phrases.items():
        names = [
            _called(name) + (" (cut short)" if name in cut_short else "")
            for name, outcome in outcomes.items()
            if outcome == kind
        ]
        groups += [f"{phrase} {_and(names)}"] if names else []
    if not groups:
        return f"{text}."
    return f"{text}: {'; '.join(groups)}{_advice(main, outcomes, rivals, probabilities)}."


def _advice(
    main: Score,
    outcomes: Mapping[str, Outcome],
    rivals: Mapping[str, float],
    probabilities: Collection[str],
) -> str:
    """Return a recommendation, "" if the network is worth its cost."""
    guess = next((name for name in outcomes if name.startswith("always")), None)
    worse = [name for name, outcome in outcomes.items() if outcome == "worse"]
    if guess in worse:
        return ", so do not use it"
    if worse:
        best = (max if main.greater_is_better else min)(worse, key=lambda name: rivals[name])
        return f": consider {_called(best)}"
    for name, advice in (
        (guess, ", so these columns may not tell the target, or there are too few rows"),
        (LINEAR, "; the linear model is simpler: consider it"),
    ):
        if name is not None and outcomes.get(name) == "same":
            better = _and([_called(name) for name in probabilities])
            believed = f", though its probabilities are better than those of {better}"
            return believed if name in probabilities else advice
    return ""


def _fact(main: Score, n_rows: int) -> str:
    """Return the main score as a sentence without its end."""
    rows, nothing = counted(n_rows, "row"), main.name == "R2" and main.value <= 0.0
    # R2 above 0 is a share of the variance
    shown_as = "accuracy" if main.name == "R2" and not nothing else main.name
    value = format_score(shown_as, main.value)
    bounds = format_interval(shown_as, main.low, main.high)
    bounds = f"95 % interval {bounds}" if bounds else ""
    if nothing:
        inside = ", ".join(filter(None, (f"R2 {value}", bounds)))
        return f"The network explains nothing of the target's variance on {rows} ({inside})"
    return f"The network {FACTS[main.name].format(value, rows)}{bounds and f' ({bounds})'}"


def _called(name: str) -> str:
    if name == LINEAR:
        return "the linear model"
    return name.replace("always", "always guessing", 1) if name.startswith("always") else name


def _and(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
