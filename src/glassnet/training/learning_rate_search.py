"""`find_learning_rate`: train with a rising learning rate, and suggest one from the losses."""

import copy
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassnet.checks import check_integer
from glassnet.engines import Engine, make_engine, step_rates
from glassnet.errors import SettingError
from glassnet.losses import Loss, loss_function
from glassnet.network import Network
from glassnet.optimizers import LBFGS, Optimizer, optimizer_settings
from glassnet.penalties import Penalty
from glassnet.training.batch_plan import BatchPlan
from glassnet.training.validation import check_seed, check_weight, make_rows

Curve = NDArray[np.float64]

#: Share of the steps over which a loss is smoothed, and of those whose rates are too low to learn.
SMOOTHING, BEGINNING = 0.05, 0.1
#: Share of the fall of the loss that is reached at the suggested rate. On 40 combinations of
#: tables, networks, batch sizes, Adam and SGD, 15 epochs at this rate with a cosine schedule ended
#: with a held-out loss of 1.25 times that of the best of nine rates (geometric mean; worst 4.3).
#: For 0.9 it was 1.37, for a tenth of the rate of the lowest loss 3.1, for the usual rates (0.001
#: and 0.01) 2.3.
REACHED = 0.95
#: The runs have to agree within this factor, and the loss has to fall by so many standard errors.
AGREEMENT, CLEARLY = 10.0, 4.0


@dataclass(frozen=True, eq=False)
class LearningRateSearch:
    """The losses of several runs with a rising learning rate, and what follows from them.

    Attributes
    ----------
    rates : (n_steps,) learning rate of each step, equally spaced on a logarithmic scale
    losses : (n_runs, n_steps) loss of each batch, smoothed; NaN after a run diverged
    suggestions : (n_runs,) rate that each run suggests; NaN if its loss does not fall clearly
    suggestion : their geometric mean, or None if nothing can be told
    reason : why nothing can be told; "" with a suggestion
    """

    rates: Curve
    losses: Curve
    suggestions: Curve
    suggestion: float | None
    reason: str = ""

    def __str__(self) -> str:
        if self.suggestion is None:
            return f"learning rate: cannot tell, because {self.reason}."
        low, high = np.nanmin(self.suggestions), np.nanmax(self.suggestions)
        return (
            f"learning rate: {self.suggestion:.2g} ({len(self.losses)} runs suggest {low:.2g} to "
            f"{high:.2g})"
        )


def find_learning_rate(
    network: Network,
    X: Any,
    y: Any,
    *,
    loss: str | Loss,
    optimizer: str | Optimizer = "adam",
    batch_size: int,
    sample_weight: Any = None,
    penalty: Penalty | None = None,
    clip_norm: float | None = None,
    rates: tuple[float, float] = (1e-6, 10.0),
    n_steps: int = 200,
    n_runs: int = 5,
    engine: str = "auto",
    seed: int = 0,
) -> LearningRateSearch:
    """Suggest a learning rate by training copies of a network with a rising rate.

    Each run takes `n_steps` steps, whose rates rise from the first to the second of `rates` by a
    constant factor. At low rates the loss stays, then it falls, and at high rates it rises again
    (Smith 2017, "Cyclical Learning Rates for Training Neural Networks", section 3.3). A run
    suggests the rate at which the smoothed loss has fallen by 95 % of its whole fall. The rate
    suits a schedule that falls to zero, such as "cosine". The runs differ in the order of the rows.
    The network does not change.

    Parameters
    ----------
    network, X, y, loss, batch_size, sample_weight, penalty, clip_norm, engine, seed : see `train`
    optimizer : name or object; its own learning rate does not matter
    rates : lowest and highest rate, positive
    n_steps : steps of a run, at least 50
    n_runs : number of runs, at least 2

    Raises
    ------
    SettingError
        For L-BFGS, which has no learning rate, and for other invalid settings.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from glassnet import Dense, Network, find_learning_rate
    >>> X, y = load_digits(return_X_y=True)
    >>> network = Network([Dense(64, "relu"), Dense(10)], n_features=64)
    >>> found = find_learning_rate(network, X / 16, y, loss="softmax", batch_size=64)
    >>> 1e-3 < found.suggestion < 1e-1
    True
    """
    loss, rule = loss_function(loss), optimizer_settings(optimizer)
    if isinstance(rule, LBFGS):
        raise SettingError("optimizer 'lbfgs' has no learning rate: use 'adam' or 'sgd'.")
    low, high = _checked_rates(rates)
    check_integer("batch_size", batch_size)
    check_integer("n_steps", n_steps, 50)
    check_integer("n_runs", n_runs, 2)
    seed = check_seed(seed)
    rows = make_rows(network, loss, X, y, sample_weight)
    weight = check_weight(rows.weight, rows.n)
    tried = np.geomspace(low, high, n_steps)
    losses = np.full((n_runs, n_steps), np.nan)
    for run in range(n_runs):
        bound = make_engine(
            engine,
            copy.deepcopy(network),
            loss,
            rule,
            penalty=penalty,
            max_norm=clip_norm,
            seed=seed + run,
        )
        batches = BatchPlan.seeded(rows.n, batch_size, seed + run)
        found = _losses(bound, (rows.X, rows.y, weight), batches, tried)
        losses[run, : len(found)] = found
    return judged(tried, losses)


def _checked_rates(rates: tuple[float, float]) -> tuple[float, float]:
    try:
        low, high = (float(rate) for rate in rates)
    except (TypeError, ValueError):
        low, high = math.nan, math.nan
    if not 0.0 < 10.0 * low <= high < math.inf:
        raise SettingError(
            "rates must be two positive numbers, the second at least ten times the first, got "
            f"{rates!r}."
        )
    return low, high


def _losses(engine: Engine, rows: tuple[Any, Any, Any], batches: BatchPlan, rates: Curve) -> Curve:
    """Return the loss of each step; fewer than there are rates if training diverges."""
    n_epochs = -(-len(rates) // batches.steps_per_epoch)
    order, offsets = batches.batches(0, n_epochs)
    offsets = offsets[: len(rates) + 1]
    steps = engine.run(*rows, order[: offsets[-1]], offsets, 0, step_rates(rates))
    if steps.status == "interrupted":
        raise KeyboardInterrupt
    return np.asarray(steps.losses, np.float64)


def judged(rates: Curve, losses: Curve) -> LearningRateSearch:
    """Return the search with a suggestion, from the losses `(n_runs, n_steps)` of the batches."""
    width = max(3, round(SMOOTHING * len(rates)))
    smoothed = np.stack([_smoothed(run, width) for run in losses])
    suggestions = np.array(
        [_suggestion(rates, run, line, width) for run, line in zip(losses, smoothed, strict=True)]
    )
    told = suggestions[np.isfinite(suggestions)]
    reason = ""
    if len(told) <= len(losses) / 2:
        reason = (
            f"the loss does not clearly fall in {len(losses) - len(told)} of {len(losses)} runs"
        )
    elif told.max() > AGREEMENT * told.min():
        reason = f"the runs disagree: they suggest {told.min():.2g} to {told.max():.2g}"
    elif np.median(told) >= rates[-1 - width]:
        reason = f"the loss still falls at the highest rate, {rates[-1]:.2g}"
    suggestion = None if reason else float(np.exp(np.log(told).mean()))
    return LearningRateSearch(rates, smoothed, suggestions, suggestion, reason)


def _smoothed(losses: Curve, width: int) -> Curve:
    """Return the means of `width` losses around each step, fewer at the ends; NaN stays."""
    n = int(np.isfinite(losses).sum())
    sums = np.concatenate([[0.0], np.cumsum(losses[:n])])
    at = np.arange(n)
    first, last = np.maximum(at - width // 2, 0), np.minimum(at + width // 2 + 1, n)
    return np.concatenate([(sums[last] - sums[first]) / (last - first), losses[n:]])


def _lowest(smoothed: Curve) -> int:
    return int(np.nanargmin(smoothed)) if np.isfinite(smoothed).any() else 0


def _suggestion(rates: Curve, losses: Curve, smoothed: Curve, width: int) -> float:
    """Return the rate that one run suggests, or NaN if its loss does not clearly fall."""
    n_first = max(width, round(BEGINNING * len(rates)))
    first, lowest = losses[:n_first], _lowest(smoothed)
    error = np.std(first, ddof=1) / math.sqrt(width)
    fall = float(np.mean(first) - smoothed[lowest])
    if lowest < n_first or not fall > CLEARLY * error:
        return math.nan
    return float(rates[np.argmax(smoothed <= smoothed[lowest] + (1.0 - REACHED) * fall)])
