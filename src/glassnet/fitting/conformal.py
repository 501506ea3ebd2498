"""Learn conformal prediction intervals from the residuals of held-out rows."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

import numpy as np

from glassnet.data.coding.encoder import Encoder
from glassnet.data.rows import Array, Rows
from glassnet.data.split import split_rows
from glassnet.errors import DivergenceError
from glassnet.fitting.ensemble import member_seed, network_of
from glassnet.fitting.network_fit import NetworkFit
from glassnet.fitting.splits import Splits
from glassnet.intervals import QUANTILES, Intervals, center_and_quantiles, scores_of
from glassnet.losses import Loss, Quantile
from glassnet.network import Network
from glassnet.training.plan import Plan
from glassnet.training.resolved_plan import ResolvedPlan

#: From so many residuals on their spread is learned; of fewer all intervals are equally wide.
MIN_RESIDUALS = 200
#: Share of the residuals that their spread is learned from.
LEARNING_SHARE = 0.4
#: Networks of the residuals, which answer as their mean.
N_NETWORKS = 4
#: Rows that two members did not see, from which on their difference is estimated.
MIN_PAIRS = 20
#: No spread is smaller than this share of the median one.
MIN_SPREAD = 0.05
#: Scores that are kept; of more, as many in even steps.
MAX_SCORES = 10_000


def learn_intervals(
    fits: Sequence[NetworkFit], encoder: Encoder, loss: Loss, *, constant: bool = False
) -> Intervals:
    """Return the intervals of members, each of which held rows out to calibrate with.

    A network learns the residuals of some of the rows, the others calibrate. Where its quantiles
    are no better there than constants, all intervals are equally wide, and all rows calibrate.

    Parameters
    ----------
    fits : of the members
    encoder, loss : of the fit
    constant : make all intervals equally wide, which takes no time
    """
    plan = fits[0].plan
    residuals, own = _residuals(fits, loss)
    least = np.full(residuals.y.shape[1], np.finfo(np.float32).tiny)
    if own is not None:  # the network predicts quantiles itself
        scores = scores_of(residuals.y, own, least)
        return _intervals(None, scores, residuals.weight, least, plan.dtype)
    index, X = residuals.X, fits[0].data.X
    residuals = replace(residuals, y=residuals.y * residual_ratio(residuals.y, fits, loss))
    if not constant and residuals.n >= MIN_RESIDUALS:
        chosen = learning_rows(index, plan.seed)
        learned, rest = (
            replace(residuals.take(part), X=X[index[part]]) for part in (chosen, ~chosen)
        )
        with suppress(DivergenceError):
            network, quantiles, helps = _learn(learned, rest, plan, encoder)
            if helps:
                by_output = quantiles.reshape(len(quantiles), -1, len(QUANTILES))
                spread = np.diff(np.sort(by_output, axis=2), axis=2).mean(axis=2)
                least = np.maximum(MIN_SPREAD * np.median(spread, axis=0), least)
                scores = scores_of(rest.y, quantiles, least)
                return _intervals(network, scores, rest.weight, least, plan.dtype)
    return _intervals(None, residuals.y, residuals.weight, least, plan.dtype)


def _residuals(fits: Sequence[NetworkFit], loss: Loss) -> tuple[Rows, Array | None]:
    """Return the residuals of the rows that members held out, y less the prediction.

    Their X are the numbers of the rows, of which several members may have held out the same. Where
    the network predicts quantiles itself, the second result holds them about the middle one.
    """
    held = [fit.calibrating() for fit in fits]
    answers = [
        center_and_quantiles(loss, fit.trainer.engine.predict(rows.X))
        for fit, rows in zip(fits, held, strict=True)
    ]
    centers, quantiles = zip(*answers, strict=True)
    differences = [rows.y - center for rows, center in zip(held, centers, strict=True)]
    weights = [rows.weight for rows in held if rows.weight is not None]
    index = np.concatenate([fit.splits.calibrating for fit in fits])
    values = np.concatenate(differences).astype(np.float64)
    weight = np.concatenate(weights) if weights else None
    own = [about for about in quantiles if about is not None]
    return Rows(index, values, weight), np.concatenate(own) if own else None


def _learn(
    learned: Rows, rest: Rows, plan: ResolvedPlan, encoder: Encoder
) -> tuple[Network, Array, bool]:
    """Return the network that learned residuals, and its quantiles of the rest.

    The third result says whether they are better there than constants.
    """
    fits = [_learn_once(learned, plan, encoder, i) for i in range(N_NETWORKS)]
    network, loss = network_of([fit.network for fit in fits]), Quantile(QUANTILES)
    quantiles = np.mean([fit.trainer.engine.predict(rest.X) for fit in fits], axis=0)
    constants = loss.baseline(learned.y, network.n_outputs, learned.weight)
    usual = np.broadcast_to(constants, quantiles.shape)
    value, usual_value = (
        loss.value_and_gradient(Q, rest.y, rest.weight)[0] for Q in (quantiles, usual)
    )
    return network, quantiles, value < usual_value


def _learn_once(learned: Rows, fit_plan: ResolvedPlan, encoder: Encoder, member: int) -> NetworkFit:
    """Return the trained fit of one network of residuals: the recipe's, with quantiles as loss."""
    loss = Quantile(QUANTILES)
    settings = Plan(
        recipe=replace(fit_plan.recipe, members=1, calibrate=False),
        loss=loss,
        dtype=fit_plan.dtype,
        seed=member_seed(fit_plan.seed, member),
        engine=fit_plan.engine,
    )
    plan = ResolvedPlan.of(settings, learned.n, classes=False)
    max_epochs = min(plan.max_epochs, fit_plan.max_epochs)
    plan = replace(plan, max_epochs=max_epochs, early_stopping=True)
    n_outputs = learned.y.shape[1] * len(QUANTILES)
    rows = replace(learned, y=loss.prepare(learned.y, n_outputs, np.dtype(plan.dtype)))
    split = split_rows(learned.n, plan.validation_fraction, seed=[fit_plan.seed, 3, member])
    fit = NetworkFit.begin(rows, Splits(*split), encoder, loss, n_outputs, plan)
    fit.train()
    return fit


def _intervals(
    network: Network | None, scores: Array, weight: Array | None, least: Array, dtype: str
) -> Intervals:
    """Return intervals whose numbers are in the network's dtype, as a file keeps them."""
    return Intervals(network, order_statistics(scores, weight).astype(dtype), least.astype(dtype))


def residual_ratio(residuals: Array, fits: Sequence[NetworkFit], loss: Loss) -> Array:
    """Return how much smaller the residuals of the mean of all members are than those of one.

    The result has one factor in [1/2, 1] for each output. The mean of M members varies by v / M
    where one varies by v, so that its squared residuals are smaller by (1 - 1/M) v. v is the
    variance of what different members predict for a row that they did not see. The mean itself
    cannot be asked, because the members that learned from a row know its target.
    """
    validation = fits[0].validation
    if validation is not None and validation.index is None:
        return np.ones(residuals.shape[1])  # given rows to stop by are unseen by all alike
    index = np.concatenate([fit.splits.held_out for fit in fits])
    predicted = np.concatenate(
        [
            loss.predict(fit.scores(part))
            for fit in fits
            for part in (fit.splits.stopping, fit.splits.calibrating)
            if len(part)
        ]
    )
    _, place, counts = np.unique(index, return_inverse=True, return_counts=True)
    degrees = int((counts - 1).sum())
    if degrees < MIN_PAIRS:
        return np.ones(residuals.shape[1])
    means = np.zeros((len(counts), predicted.shape[1]))
    np.add.at(means, place, predicted)
    v = ((predicted - (means / counts[:, np.newaxis])[place]) ** 2).sum(axis=0) / degrees
    squared = np.maximum((residuals**2).mean(axis=0), np.finfo(np.float64).tiny)
    share = (1.0 - 1.0 / len(fits)) * v / squared
    return np.asarray(np.sqrt(np.clip(1.0 - share, 0.25, 1.0)))


def learning_rows(index: Array, seed: int) -> Array:
    """Return a mask of what the residuals' network learns from: all occurrences of some rows."""
    found, place = np.unique(index, return_inverse=True)
    learned = np.zeros(len(found), dtype=bool)
    learned[split_rows(len(found), LEARNING_SHARE, seed=[seed, 2])[1]] = True
    return np.asarray(learned[place])


def order_statistics(scores: Array, weight: Array | None) -> Array:
    """Return the scores in rising order.

    With weights there are as many as these are worth, (sum w)^2 / sum w^2, at even steps of the
    weight.
    """
    n = len(scores) if weight is None else int(weight.sum() ** 2 / (weight**2).sum())
    if weight is None and n <= MAX_SCORES:
        return np.sort(scores, axis=0)
    kept = min(n, MAX_SCORES)
    weight = np.ones(len(scores)) if weight is None else weight
    steps = np.arange(1, kept + 1) / (kept + 1)
    columns = []
    for column in scores.T:
        order = np.argsort(column, kind="stable")
        total = np.cumsum(weight[order])
        middle = (total - 0.5 * weight[order]) / total[-1]
        columns.append(np.interp(steps, middle, column[order]))
    return np.column_stack(columns)
