"""Short trials with other learning rates, to see whether the network could have learned more.

A few hundred steps from the present weights and from new first weights, at a tenth of the learning
rate, at the rate itself and at ten times it, on the rows learned from; the loss is measured on rows
outside of training. The model itself is not changed.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassnet.data.rows import Rows
from glassnet.engines import make_engine, step_rates
from glassnet.losses import Loss, unsmoothed
from glassnet.network import Network
from glassnet.optimizers import Optimizer
from glassnet.penalties import Penalty
from glassnet.training.batch_plan import BatchPlan

Array = NDArray[Any]

MIN_STEPS, MAX_STEPS = 100, 300
FACTORS = (0.1, 1.0, 10.0)


@dataclass(frozen=True)
class Trials:
    """Losses before and after short trials.

    Attributes
    ----------
    steps : the number of steps of a trial
    factors : of the learning rate
    loss : of the model, on the rows outside of training
    constant : of the best constant on the same rows
    onward : after training on from the present weights, for each factor; infinite if it diverged
    anew : after training from new first weights, for each factor
    """

    steps: int
    factors: tuple[float, ...]
    loss: float
    constant: float
    onward: tuple[float, ...]
    anew: tuple[float, ...]

    def gain(self, losses: tuple[float, ...], factor: float) -> float:
        """Return how much lower the loss is after a trial, relative to that of the constant."""
        after = losses[self.factors.index(factor)]
        if not math.isfinite(after):
            return -math.inf
        return (self.loss - after) / max(abs(self.constant), 1e-12)


def trials(
    network: Network,
    fresh: Network,
    loss: Loss,
    optimizer: Optimizer,
    penalty: Penalty | None,
    learned: Rows,
    outside: Rows,
    batch_size: int,
    updates: int,
) -> Trials:
    """Return the losses of short trials.

    Parameters
    ----------
    network, fresh : the trained network, and its layers with first weights
    loss, optimizer, penalty : of the training
    learned, outside : rows to train on and rows to measure on, with prepared targets
    batch_size : of the training
    updates : the number of updates of the training; a trial has about as many
    """
    batches = BatchPlan.seeded(learned.n, min(batch_size, learned.n), seed=1)
    steps = min(max(MIN_STEPS, updates), MAX_STEPS)
    n_epochs = -(-steps // batches.steps_per_epoch)
    order, offsets = batches.batches(0, n_epochs)
    offsets = offsets[: steps + 1]
    order = order[: offsets[-1]]
    plain = unsmoothed(loss)

    def measured(trained: Network) -> float:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            Z = make_engine("auto", trained, plain).predict(outside.X)
            value = plain.value_and_gradient(Z.astype(np.float64), outside.y)[0]
        return value if math.isfinite(value) else math.inf

    def after(start: Network, factor: float) -> float:
        own = start.astype(str(start.dtype))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            engine = make_engine("auto", own, loss, optimizer, penalty=penalty, n_threads=1)
        rates = step_rates(np.full(steps, optimizer.lr * factor))
        done = engine.run(learned.X, learned.y, None, order, offsets, 0, rates)
        return math.inf if done.status == "diverged" else measured(own)

    best = plain.baseline(learned.y, network.n_outputs)
    constant = plain.value_and_gradient(np.tile(best, (outside.n, 1)), outside.y)[0]
    return Trials(
        steps,
        FACTORS,
        measured(network),
        float(constant),
        tuple(after(network, factor) for factor in FACTORS),
        tuple(after(fresh, factor) for factor in FACTORS),
    )
