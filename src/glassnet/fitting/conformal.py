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

#: Minimum number of residuals to learn their spread; with fewer, all intervals are equally wide.
MIN_RESIDUALS = 200
#: Share of the residuals from which their spread is learned.
LEARNING_SHARE = 0.4
#: Number of residual networks, whose mean is used.
N_NETWORKS = 4
#: Minimum number of pairs to estimate how much the predictions of members differ.
MIN_PAIRS = 20
#: Lower limit of a spread, as a share of the median spread.
MIN_SPREAD = 0.05
#: Maximum number of scores that are kept, at even steps of their ranks.
MAX_SCORES = 10_000


def learn_intervals(
    fits: Sequence[NetworkFit], encoder: Encoder, loss: Loss, *, constant: bool = False
) -> Intervals:
    """Return intervals, learned from the calibration rows that each member held out.

    A network learns the quantiles of the residuals from some of the rows; the others calibrate. If
    its quantiles are no better than constants there, all intervals are equally wide, and all rows
    calibrate.

    Parameters
    ----------
    fits : of the members
    encoder, loss : of the fit
    constant : make all intervals equally wide, which is fast
    """
    plan = fits[0].plan
    residuals, own = _residuals(fits, loss)
    min_spread = np.full(residuals.y.shape[1], np.finfo(np.float32).tiny)
    if own is not None:  # the network predicts quantiles itself
        scores = scores_of(residuals.y, own, min_spread)
        return _intervals(None, scores, residuals.weight, min_spread, plan.dtype)
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
                min_spread = np.maximum(MIN_SPREAD * np.median(spread, axis=0), min_spread)
                scores = scores_of(rest.y, quantiles, min_spread)
                return _intervals(network, scores, rest.weight, min_spread, plan.dtype)
    return _intervals(None, residuals.y, residuals.weight, min_spread, plan.dtype)


def _residuals(fits: Sequence[NetworkFit], loss: Loss) -> tuple[Rows, Array | None]:
    """Return the residuals, y minus the prediction, of the rows that members held out.

    The X of the result are row indices, which may occur several times, because members may hold out
    the same rows. If the network predicts quantiles itself, the second result has these quantiles
    relative to the middle one.
    """
    held = [fit.calibrating() for fit in fits]
    predictions = [
        center_and_quantiles(loss, fit.trainer.engine.predict(rows.X))
        for fit, rows in zip(fits, held, strict=True)
    ]
    centers, quantiles = zip(*predictions, strict=True)
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
    """Return the residual network and its quantiles for the rest of the rows.

    The third result says whether the quantiles are better there than constants.
    """
    fits = [_learn_once(learned, plan, encoder, i) for i in range(N_NETWORKS)]
    network, loss = network_of([fit.network for fit in fits]), Quantile(QUANTILES)
    quantiles = np.mean([fit.trainer.engine.predict(rest.X) for fit in fits], axis=0)
    constants = loss.baseline(learned.y, network.n_outputs, learned.weight)
    constant = np.broadcast_to(constants, quantiles.shape)
    loss_value, constant_loss = (
        loss.value_and_gradient(Q, rest.y, rest.weight)[0] for Q in (quantiles, constant)
    )
    return network, quantiles, loss_value < constant_loss


def _learn_once(learned: Rows, fit_plan: ResolvedPlan, encoder: Encoder, member: int) -> NetworkFit:
    """Return the fit of one residual network, trained with the recipe and the quantile loss."""
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
    network: Network | None, scores: Array, weight: Array | None, min_spread: Array, dtype: str
) -> Intervals:
    """Return intervals with arrays in the dtype of the network, as files store them."""
    return Intervals(
        network, order_statistics(scores, weight).astype(dtype), min_spread.astype(dtype)
    )


def residual_ratio(residuals: Array, fits: Sequence[NetworkFit], loss: Loss) -> Array:
    """Return the estimated ratio of the residuals of the mean of all members to those of one.

    The result has one factor in [1/2, 1] for each output. If the variance of one member's
    prediction is v, that of the mean of M members is v / M, so that its mean squared residual is
    smaller by (1 - 1/M) v. v is estimated from the predictions of different members for rows that
    they did not learn from. The residuals of the mean itself cannot be used, because some members
    did learn from each row.
    """
    validation = fits[0].validation
    if validation is not None and validation.index is None:
        return np.ones(residuals.shape[1])  # no member learned from the given rows
    index = np.concatenate([fit.splits.held_out for fit in fits])
    predicted = np.concatenate(
        [
            loss.predict(fit.scores(part))
            for fit in fits
            for part in (fit.splits.stopping, fit.splits.calibrating)
            if len(part)
        ]
    )
    _, inverse, counts = np.unique(index, return_inverse=True, return_counts=True)
    degrees = int((counts - 1).sum())
    if degrees < MIN_PAIRS:
        return np.ones(residuals.shape[1])
    means = np.zeros((len(counts), predicted.shape[1]))
    np.add.at(means, inverse, predicted)
    v = ((predicted - (means / counts[:, np.newaxis])[inverse]) ** 2).sum(axis=0) / degrees
    squared = np.maximum((residuals**2).mean(axis=0), np.finfo(np.float64).tiny)
    share = (1.0 - 1.0 / len(fits)) * v / squared
    return np.asarray(np.sqrt(np.clip(1.0 - share, 0.25, 1.0)))


def learning_rows(index: Array, seed: int) -> Array:
    """Return a mask of the residuals to learn from: all occurrences of randomly chosen rows."""
    found, inverse = np.unique(index, return_inverse=True)
    learned = np.zeros(len(found), dtype=bool)
    learned[split_rows(len(found), LEARNING_SHARE, seed=[seed, 2])[1]] = True
    return np.asarray(learned[inverse])


def order_statistics(scores: Array, weight: Array | None) -> Array:
    """Return the scores in ascending order.

    With weights, the number of scores is the effective sample size, (sum w)^2 / sum w^2, and they
    are quantiles at even steps of the weight.
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
