"""Probabilities that mean what they say: one temperature, learned on rows that no weight was fitted to and no epoch chosen by.

A network may be too sure of itself, or, where it learned from smoothed labels, not sure enough. Raw
scores divided by a temperature T > 0 keep the order of the classes and mend that (Guo, Pleiss, Sun
and Weinberger 2017, "On Calibration of Modern Neural Networks", section 4.2). The last layer is
linear, so the division is done once, in its numbers, and nothing else need know of it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from glassnet.layers import Members
from glassnet.losses import Logistic, Softmax, unsmoothed
from glassnet.network import Network

if TYPE_CHECKING:
    from glassnet.fitting.session import Session

Array = np.ndarray[Any, np.dtype[Any]]

#: Temperatures beyond these are not believed.
COLDEST, HOTTEST = 1.0 / 16.0, 16.0
HALVINGS = 40
#: Of the confidence, for the calibration error.
BINS = 10
#: Rows that two members did not see, from which on the temperature of their mean is believed.
FEWEST_PAIRS = 50


@dataclass(frozen=True)
class HeldOut:
    """Rows that calibrate.

    y as the loss prepared it; weight (n,) or None; Z (n, n_outputs), raw scores of a network that
    did not see these rows
    """

    y: Array
    weight: Array | None
    Z: Array

    @classmethod
    def from_session(cls, session: Session) -> HeldOut:
        """Return the rows that a session held out to calibrate with."""
        rows = session.calibrating
        assert rows is not None
        return cls(rows.y, rows.weight, session.engine.predict(rows.X))

    def of(self, chosen: Array) -> HeldOut:
        """Return some of the rows."""
        return HeldOut(
            self.y[chosen], None if self.weight is None else self.weight[chosen], self.Z[chosen]
        )

    @classmethod
    def joined(cls, parts: Sequence[HeldOut]) -> HeldOut:
        """Return the rows of several members, each with the raw scores of the member that did not see it."""
        weights = [part.weight for part in parts if part.weight is not None]
        return cls(
            np.concatenate([part.y for part in parts]),
            np.concatenate(weights) if len(weights) == len(parts) else None,
            np.concatenate([part.Z for part in parts]),
        )


@dataclass(frozen=True)
class ProbabilityScores:
    """How good probabilities are, by rows that were held out: lower is better.

    log_loss : mean of -log of the probability of what happened, nats
    brier_score : mean over rows (and labels, where a row has several) of the sum of (p - y)^2 over
        the classes (Brier 1950)
    calibration_error : sum over ten bins of (share of the rows) |share of right answers - mean
        confidence|, the confidence being that of the likeliest answer (Guo and others 2017, eq. 3)
    """

    log_loss: float
    brier_score: float
    calibration_error: float


@dataclass(frozen=True)
class Calibration:
    """The temperature and what it did to the rows it was learned on.

    temperature : that raw scores are divided by
    of_one : that of one member by itself, which `after` is told with and `before` without; the same
        number where there is but one
    """

    temperature: float
    of_one: float
    n_rows: int
    before: ProbabilityScores
    after: ProbabilityScores

    def to_plain(self) -> dict[str, Any]:
        """Return it as JSON-able values."""
        return asdict(self)


def calibrate(members: Sequence[Session]) -> Calibration:
    """Return the temperature of the mean of members, by the rows that each held out to calibrate with."""
    loss = members[0].loss
    assert isinstance(loss, Logistic | Softmax)
    parts = [HeldOut.from_session(member) for member in members]
    found = calibration(HeldOut.joined(parts), loss)
    if found.of_one == 1.0:  # none helps, so there is none
        return found
    rows = [member.unseen[-len(part.y) :] for member, part in zip(members, parts, strict=True)]
    return replace(found, temperature=found.of_one * cooling(rows, parts, loss))


def cooling(rows: Sequence[Array], parts: Sequence[HeldOut], loss: Logistic | Softmax) -> float:
    """Return how much lower the temperature of the mean of all M members is than that of one: a factor in [1/2, 1].

    The mean itself cannot be asked, for the members that learned from a row know its label. But of
    rows that two members held out there are T_1, the temperature of each of the two, and T_2, that
    of their mean. What members say by accident varies by 1 / M in the mean of M, and log T is taken
    to fall with it: log T_M = log T_1 + 2 (1 - 1/M) (log T_2 - log T_1).

    rows : the numbers of the rows of each part
    """
    singles, means = [], []
    for i, j in combinations(range(len(parts)), 2):
        _, at_i, at_j = np.intersect1d(rows[i], rows[j], assume_unique=True, return_indices=True)
        one, other = parts[i].of(at_i), parts[j].of(at_j)
        singles += [one, other]
        means.append(replace(one, Z=0.5 * (one.Z + other.Z)))
    if sum(len(mean.y) for mean in means) < FEWEST_PAIRS:
        return 1.0
    ratio = temperature(HeldOut.joined(means), loss) / temperature(HeldOut.joined(singles), loss)
    return float(np.clip(ratio ** (2.0 * (1.0 - 1.0 / len(parts))), 0.5, 1.0))


def calibration(held: HeldOut, loss: Logistic | Softmax) -> Calibration:
    """Return the temperature of these rows; it is 1 where none lowers their loss."""
    T = temperature(held, loss)
    before, after = (probability_scores(replace(held, Z=held.Z / t), loss) for t in (1.0, T))
    if not after.log_loss < before.log_loss:
        T, after = 1.0, before
    return Calibration(T, T, len(held.y), before, after)


def temperature(held: HeldOut, loss: Logistic | Softmax) -> float:
    """Return the T > 0 that minimizes the mean loss of Z / T.

    The loss is convex in 1 / T, and its derivative there is the sum of gradient(Z / T) Z: the
    interval is halved about its zero. Labels are smoothed by 1 / (n + 2), as Platt 1999 does
    ("Probabilistic Outputs for Support Vector Machines", section 2.2), so that few rows, all of
    them right, do not ask for certainty.
    """
    smoothed = replace(loss, label_smoothing=1.0 / (len(held.y) + 2.0))
    Z = held.Z.astype(np.float64)
    low, high = math.log(COLDEST), math.log(HOTTEST)
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        _, dZ = smoothed.value_and_gradient(Z * math.exp(-middle), held.y, held.weight)
        # More confidence (a lower temperature) gains where the derivative by 1 / T is negative.
        low, high = (low, middle) if np.vdot(dZ, Z) < 0.0 else (middle, high)
    return math.exp(0.5 * (low + high))


def divide_raw_scores(network: Network, divisor: float) -> None:
    """Divide the raw scores of a network by a number, in the weights and the biases of its last layer."""
    for prefix in last_layers(network):
        for name in ("W", "b"):
            network.parameters[f"{prefix}.{name}"] = (
                network.parameters[f"{prefix}.{name}"] / divisor
            )


def last_layers(network: Network) -> list[str]:
    """Return the names of the linear layers that raw scores come from: one, or one for each member."""
    i, last = len(network.layers) - 1, network.layers[-1]
    if not isinstance(last, Members):
        return [f"layers.{i}"]
    return [
        f"layers.{i}.layers.{m}.layers.{len(stack.layers) - 1}"
        for m, stack in enumerate(last.layers)
    ]


def probability_scores(held: HeldOut, loss: Logistic | Softmax) -> ProbabilityScores:
    """Return log loss, Brier score and calibration error of raw scores."""
    plain = unsmoothed(loss)
    value, _ = plain.value_and_gradient(held.Z.astype(np.float64), held.y, held.weight)
    P, Y = plain.predict(held.Z.astype(np.float64)), held.y
    if P.shape[1] > 1 and Y.ndim == 1:
        Y = np.eye(P.shape[1])[Y]
    # One yes-or-no answer has two classes; each of several labels is an answer of its own.
    squares = (
        2.0 * ((P - Y) ** 2).mean(axis=1)
        if isinstance(loss, Logistic)
        else ((P - Y) ** 2).sum(axis=1)
    )
    if isinstance(loss, Logistic):
        confidence, right = np.maximum(P, 1.0 - P), (P > 0.5) == (Y > 0.5)
    else:
        confidence, right = (
            P.max(axis=1, keepdims=True),
            (P.argmax(axis=1) == Y.argmax(axis=1))[:, np.newaxis],
        )
    weight = np.ones(len(P)) if held.weight is None else held.weight
    rows = np.broadcast_to(
        (weight / weight.sum() / confidence.shape[1])[:, np.newaxis], confidence.shape
    )
    bins = np.minimum((confidence * BINS).astype(np.int64), BINS - 1)
    gaps = np.bincount(bins.ravel(), (rows * (right - confidence)).ravel(), minlength=BINS)
    return ProbabilityScores(
        float(value), float(np.average(squares, weights=held.weight)), float(np.abs(gaps).sum())
    )
