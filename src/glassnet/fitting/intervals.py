"""The intervals of a regression, learned from what each member misses on rows that it did not see."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from glassnet.data.split import split_rows
from glassnet.errors import DivergenceError
from glassnet.fitting.members import member_seed, network_of
from glassnet.intervals import QUANTILES, Intervals, own_quantiles, scores_of
from glassnet.losses import Quantile
from glassnet.network import Network
from glassnet.training.plan import Plan
from glassnet.training.validation import Validation

if TYPE_CHECKING:
    from glassnet.fitting.session import Session

Array = np.ndarray[Any, np.dtype[Any]]

#: From so many rows on their spread is learned; of fewer all intervals are as wide.
FEWEST_TO_LEARN_FROM = 200
#: Share of the rows that it is learned from.
LEARNING = 0.4
#: Networks of the misses, which answer as their mean.
LEARNERS = 4
#: Rows that two members did not see, from which on their difference is believed.
FEWEST_PAIRS = 20
#: No spread is smaller than this share of the usual one.
LEAST = 0.05
#: Scores that are kept; of more, as many in even steps.
MOST_SCORES = 10_000


@dataclass(frozen=True)
class Missed:
    """What members miss on the rows that each held out to calibrate with.

    rows (n,): the numbers of the rows, of which several members may have held out the same; X (n,
    n_features); values (n, m): y less what the member says, in the units of the encoded target;
    weight (n,) or None
    """

    rows: Array
    X: Any
    values: Array
    weight: Array | None

    def of(self, chosen: Array) -> Missed:
        """Return some of them."""
        return Missed(
            self.rows[chosen],
            self.X[chosen],
            self.values[chosen],
            None if self.weight is None else self.weight[chosen],
        )


def learn_intervals(members: Sequence[Session], *, constant: bool = False) -> Intervals:
    """Return the intervals of members, each of which held rows out to calibrate with; `constant`: of one width, which takes no time.

    A network learns the misses of some of the rows, the others calibrate; where its quantiles are
    no better there than constants are, all intervals are as wide, and all rows calibrate.
    """
    first = members[0]
    missed, own = _missed(members)
    least = np.full(missed.values.shape[1], np.finfo(np.float32).tiny)
    if own is not None:  # the network says quantiles itself
        return _intervals(None, scores_of(missed.values, own, least), missed.weight, least, first)
    missed = replace(missed, values=missed.values * shrinkage(missed.values, members))
    if not constant and len(missed.values) >= FEWEST_TO_LEARN_FROM:
        learned = learning_rows(missed.rows, first.plan.seed)
        rest = missed.of(~learned)
        with suppress(DivergenceError):
            network, quantiles, helps = _network_of_misses(first, missed.of(learned), rest)
            if helps:
                spread = np.diff(
                    np.sort(quantiles.reshape(len(quantiles), -1, len(QUANTILES)), axis=2), axis=2
                )
                least = np.maximum(LEAST * np.median(spread.mean(axis=2), axis=0), least)
                return _intervals(
                    network, scores_of(rest.values, quantiles, least), rest.weight, least, first
                )
    return _intervals(None, missed.values, missed.weight, least, first)


def _missed(members: Sequence[Session]) -> tuple[Missed, Array | None]:
    """Return the misses of all members, and the quantiles about the middle one where the network says quantiles itself."""
    held = [member.calibrating for member in members if member.calibrating]
    rows = np.concatenate(
        [member.unseen[-part.n :] for member, part in zip(members, held, strict=True)]
    )
    X = held[0].X if len(held) == 1 else np.concatenate([part.X for part in held])
    weight = (
        None
        if held[0].weight is None
        else np.concatenate([part.weight for part in held if part.weight is not None])
    )
    answers = [
        own_quantiles(member.loss, member.engine.predict(part.X))
        for member, part in zip(members, held, strict=True)
    ]
    misses = np.concatenate(
        [part.y - center for part, (center, _) in zip(held, answers, strict=True)]
    ).astype(np.float64)
    own = (
        None
        if answers[0][1] is None
        else np.concatenate([quantiles for _, quantiles in answers if quantiles is not None])
    )
    return Missed(rows, X, misses, weight), own


def _network_of_misses(
    first: Session, learned: Missed, rest: Missed
) -> tuple[Network, Array, bool]:
    """Return the network that learned some misses, its quantiles of the rest, and whether they are better there than constants."""
    taught = [_of_misses(first, learned, i) for i in range(LEARNERS)]
    network, pinball = network_of([session.finish().network for session in taught]), taught[0].loss
    quantiles = np.mean([session.engine.predict(rest.X) for session in taught], axis=0)
    usual = np.broadcast_to(
        pinball.baseline(learned.values, network.n_outputs, learned.weight), quantiles.shape
    )
    loss, of_usual = (
        pinball.value_and_gradient(Q, rest.values, rest.weight)[0] for Q in (quantiles, usual)
    )
    return network, quantiles, loss < of_usual


def _intervals(
    network: Network | None, scores: Array, weight: Array | None, least: Array, first: Session
) -> Intervals:
    """Return intervals whose numbers are in the network's dtype, as a file keeps them."""
    return Intervals(
        network,
        order_statistics(scores, weight).astype(first.plan.dtype),
        least.astype(first.plan.dtype),
    )


def _of_misses(first: Session, learned: Missed, member: int) -> Session:
    """Return a session on what members miss: the recipe as it is for one network, quantiles its loss."""
    first_plan, loss = first.plan, Quantile(QUANTILES)
    recipe = replace(first_plan.resolved_recipe, members=1, calibrate=False)
    seed = member_seed(first_plan.seed, member)
    n, m = learned.values.shape
    plan = Plan(
        recipe=recipe, loss=loss, dtype=first_plan.dtype, seed=seed, engine=first_plan.engine
    ).resolved(n, classes=False)
    assert plan.max_epochs is not None
    assert first_plan.max_epochs is not None
    plan = replace(
        plan, max_epochs=min(plan.max_epochs, first_plan.max_epochs), early_stopping=True
    )
    assert plan.validation_fraction is not None
    kept, held = (
        learned.of(part)
        for part in split_rows(n, plan.validation_fraction, seed=[first_plan.seed, 3, member])
    )
    session = type(first).on(
        kept.X,
        kept.values,
        kept.weight,
        plan,
        first.encoder,
        first.target,
        loss,
        m * len(QUANTILES),
    )
    session.held_out = Validation(
        held.X,
        loss.prepare(held.values, session.network.n_outputs, session.network.dtype),
        held.weight,
    )
    return session


def shrinkage(misses: Array, members: Sequence[Session]) -> Array:
    """Return, for each output, how much smaller the misses of the mean of all members are than those of one: a factor in [1/2, 1].

    The mean of M members varies by v / M where one varies by v, so that its squared misses are
    smaller by (1 - 1/M) v. v is the variance of what different members say of a row that they did
    not see. The mean itself cannot be asked, for the members that learned from a row know its
    target.
    """
    rows = np.concatenate([member.unseen for member in members])
    seen = [
        [part.X for part in (member.held_out, member.calibrating) if part] for member in members
    ]
    said = np.concatenate(
        [
            member.loss.predict(member.engine.predict(X))
            for member, parts in zip(members, seen, strict=True)
            for X in parts
        ]
    )
    if len(said) != len(
        rows
    ):  # rows to stop by that were given are the same for all, and unseen by all
        return np.ones(misses.shape[1])
    _, place, counts = np.unique(rows, return_inverse=True, return_counts=True)
    degrees = int((counts - 1).sum())
    if degrees < FEWEST_PAIRS:
        return np.ones(misses.shape[1])
    means = np.zeros((len(counts), said.shape[1]))
    np.add.at(means, place, said)
    v = ((said - (means / counts[:, np.newaxis])[place]) ** 2).sum(axis=0) / degrees
    share = (
        (1.0 - 1.0 / len(members))
        * v
        / np.maximum((misses**2).mean(axis=0), np.finfo(np.float64).tiny)
    )
    return np.asarray(np.sqrt(np.clip(1.0 - share, 0.25, 1.0)))


def learning_rows(rows: Array, seed: int) -> Array:
    """Return which of the rows, given by their numbers, the network of the misses learns from, all occurrences of a row."""
    found, place = np.unique(rows, return_inverse=True)
    learned = np.zeros(len(found), dtype=bool)
    learned[split_rows(len(found), LEARNING, seed=[seed, 2])[1]] = True
    return np.asarray(learned[place])


def order_statistics(scores: Array, weight: Array | None) -> Array:
    """Return the scores in rising order; with weights as many as they are worth, (sum w)^2 / sum w^2, at even steps of the weight."""
    n = len(scores) if weight is None else int(weight.sum() ** 2 / (weight**2).sum())
    if weight is None and n <= MOST_SCORES:
        return np.sort(scores, axis=0)
    kept = min(n, MOST_SCORES)
    weight = np.ones(len(scores)) if weight is None else weight
    steps = np.arange(1, kept + 1) / (kept + 1)
    columns = []
    for column in scores.T:
        order = np.argsort(column, kind="stable")
        total = np.cumsum(weight[order])
        columns.append(np.interp(steps, (total - 0.5 * weight[order]) / total[-1], column[order]))
    return np.column_stack(columns)
