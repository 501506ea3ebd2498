"""Temperature scaling: calibrate predicted probabilities by one factor.

A network may be overconfident or, if it was trained with smoothed labels, underconfident. Dividing
the raw scores by a temperature T > 0 corrects this and keeps the order of the classes (Guo, Pleiss,
Sun and Weinberger 2017, "On Calibration of Modern Neural Networks", section 4.2). T is learned on
rows that were used neither to fit weights nor to choose the best epoch. The last layer is linear,
so its weights and biases are divided by T once.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np

from glassnet.data.rows import Array, Rows, joined_rows
from glassnet.fitting.network_fit import NetworkFit
from glassnet.layers import Members
from glassnet.losses import Loss, loss_traits, smoothed, unsmoothed
from glassnet.network import Network

MIN_TEMPERATURE, MAX_TEMPERATURE = 1.0 / 16.0, 16.0
BISECTION_STEPS = 40
#: Number of confidence bins of the calibration error.
BINS = 10
#: Minimum number of pairs to estimate how the temperature of a mean differs from that of a member.
MIN_PAIRS = 50


@dataclass(frozen=True)
class ProbabilityScores:
    """Scores of predicted probabilities on held-out rows; lower is better.

    Attributes
    ----------
    log_loss : mean of -log of the predicted probability of the true class, in nats
    brier_score : mean over rows (and labels, where a row has several) of the sum of (p - y)^2 over
        the classes (Brier 1950)
    calibration_error : sum over ten bins of (share of the rows) |share of right answers - mean
        confidence|, where the confidence is the highest predicted probability (Guo and others 2017,
        eq. 3)
    """

    log_loss: float
    brier_score: float
    calibration_error: float


@dataclass(frozen=True)
class Calibration:
    """The temperature, and its effect on the rows from which it was learned.

    Attributes
    ----------
    temperature : divisor of the raw scores
    member_temperature : the temperature of a single member; equal to `temperature` if there is only
        one network
    n_rows : number of rows from which it was learned
    before, after : scores of these rows without and with `member_temperature`
    """

    temperature: float
    member_temperature: float
    n_rows: int
    before: ProbabilityScores
    after: ProbabilityScores

    def to_plain(self) -> dict[str, Any]:
        """Return the calibration as JSON values."""
        plain = asdict(self)
        plain["of_one"] = plain.pop("member_temperature")  # its name in model files
        return plain


def learn_temperature(fits: Sequence[NetworkFit], loss: Loss) -> Calibration:
    """Learn the temperature of the mean of the members from their calibration rows."""
    held_out = [(fit.trainer.engine, fit.calibrating()) for fit in fits]
    scored = [replace(rows, X=engine.predict(rows.X)) for engine, rows in held_out]
    found = calibration(joined_rows(scored), loss)
    if found.member_temperature == 1.0:  # no temperature improves the log loss
        return found
    index = [fit.splits.calibrating for fit in fits]
    ratio = ensemble_temperature_ratio(index, scored, loss)
    return replace(found, temperature=found.member_temperature * ratio)


def ensemble_temperature_ratio(index: Sequence[Array], scored: Sequence[Rows], loss: Loss) -> float:
    """Return the ratio of the temperature of the mean of all M members to that of one, in [1/2, 1].

    The mean itself cannot be used, because some members learned from each row. But from the rows
    that two members held out, the temperature T_1 of single members and T_2 of their mean can be
    found. The variance of the mean of M members is proportional to 1 / M, and log T is assumed to
    depend linearly on it: log T_M = log T_1 + 2 (1 - 1/M) (log T_2 - log T_1).

    Parameters
    ----------
    index : for each member, the indices of its calibration rows
    scored : for each member, these rows with its raw scores as X
    loss : of the network
    """
    singles, means = [], []
    for i, j in combinations(range(len(scored)), 2):
        _, at_i, at_j = np.intersect1d(index[i], index[j], assume_unique=True, return_indices=True)
        one, other = scored[i].take(at_i), scored[j].take(at_j)
        singles += [one, other]
        means.append(replace(one, X=0.5 * (one.X + other.X)))
    if sum(mean.n for mean in means) < MIN_PAIRS:
        return 1.0
    ratio = temperature(joined_rows(means), loss) / temperature(joined_rows(singles), loss)
    return float(np.clip(ratio ** (2.0 * (1.0 - 1.0 / len(scored))), 0.5, 1.0))


def calibration(scored: Rows, loss: Loss) -> Calibration:
    """Return the calibration of rows whose X are raw scores; T = 1 if no T lowers their loss."""
    T = temperature(scored, loss)
    before = probability_scores(scored, loss)
    after = probability_scores(replace(scored, X=scored.X / T), loss)
    if not after.log_loss < before.log_loss:
        T, after = 1.0, before
    return Calibration(T, T, scored.n, before, after)


def temperature(scored: Rows, loss: Loss) -> float:
    """Return the T > 0 that minimizes the mean loss of Z / T, where Z are the X of the rows.

    The loss is convex in 1 / T, and its derivative by 1 / T is the sum of gradient(Z / T) Z, whose
    zero is found by bisection. Labels are smoothed by 1 / (n + 2), as in Platt 1999 ("Probabilistic
    Outputs for Support Vector Machines", section 2.2), so that few rows that are all predicted
    correctly do not lead to extreme probabilities.
    """
    softened = smoothed(loss, 1.0 / (scored.n + 2.0))
    Z = scored.X.astype(np.float64)
    low, high = math.log(MIN_TEMPERATURE), math.log(MAX_TEMPERATURE)
    for _ in range(BISECTION_STEPS):
        middle = 0.5 * (low + high)
        _, dZ = softened.value_and_gradient(Z * math.exp(-middle), scored.y, scored.weight)
        # If the derivative by 1 / T is negative, a lower temperature is better.
        low, high = (low, middle) if np.vdot(dZ, Z) < 0.0 else (middle, high)
    return math.exp(0.5 * (low + high))


def divide_raw_scores(network: Network, divisor: float) -> None:
    """Divide the raw scores of a network, by dividing weights and biases of its last layer."""
    for prefix in last_layers(network):
        for name in ("W", "b"):
            network.parameters[f"{prefix}.{name}"] = (
                network.parameters[f"{prefix}.{name}"] / divisor
            )


def last_layers(network: Network) -> list[str]:
    """Return the names of the last linear layers: one, or one for each member."""
    i, last = len(network.layers) - 1, network.layers[-1]
    if not isinstance(last, Members):
        return [f"layers.{i}"]
    return [
        f"layers.{i}.layers.{m}.layers.{len(stack.layers) - 1}"
        for m, stack in enumerate(last.layers)
    ]


def probability_scores(scored: Rows, loss: Loss) -> ProbabilityScores:
    """Return log loss, Brier score and calibration error of rows whose X are raw scores."""
    plain, Z = unsmoothed(loss), scored.X.astype(np.float64)
    value, _ = plain.value_and_gradient(Z, scored.y, scored.weight)
    P, Y = plain.predict(Z), scored.y
    if P.shape[1] > 1 and Y.ndim == 1:
        Y = np.eye(P.shape[1])[Y]
    if loss_traits(loss).link == "sigmoid":  # each output is a binary prediction
        squares = 2.0 * ((P - Y) ** 2).mean(axis=1)
        confidence, right = np.maximum(P, 1.0 - P), (P > 0.5) == (Y > 0.5)
    else:
        squares = ((P - Y) ** 2).sum(axis=1)
        confidence = P.max(axis=1, keepdims=True)
        right = (P.argmax(axis=1) == Y.argmax(axis=1))[:, np.newaxis]
    weight = np.ones(len(P)) if scored.weight is None else scored.weight
    share = (weight / weight.sum() / confidence.shape[1])[:, np.newaxis]
    shares = np.broadcast_to(share, confidence.shape)
    bins = np.minimum((confidence * BINS).astype(np.int64), BINS - 1)
    errors = np.bincount(bins.ravel(), (shares * (right - confidence)).ravel(), minlength=BINS)
    brier = np.average(squares, weights=scored.weight)
    return ProbabilityScores(float(value), float(brier), float(np.abs(errors).sum()))
