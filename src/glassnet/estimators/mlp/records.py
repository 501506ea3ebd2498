"""Write each epoch of a drop-in to scikit-learn's fitted attributes, and print its lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from glassnet.estimators.callbacks import Listener, stop_requested
from glassnet.estimators.messages import say
from glassnet.estimators.mlp.weight_binding import WeightBinding
from glassnet.training.history import Epoch
from glassnet.training.stopping import EarlyStopping


def begin_curves(mlp: Any) -> None:
    """Set the attributes that change from epoch to epoch to their values before the first."""
    mlp.loss_curve_ = []
    mlp.validation_loss_curve_ = None
    mlp.best_loss_ = None if mlp.early_stopping else np.inf
    mlp.validation_scores_ = [] if mlp.early_stopping else None
    mlp.best_validation_score_ = -np.inf if mlp.early_stopping else None


def record_epochs(
    mlp: Any,
    binding: WeightBinding,
    records: Iterator[Epoch],
    n_rows: int,
    listeners: Sequence[Listener],
    stop: EarlyStopping | None,
) -> bool:
    """Record each epoch, tell the listeners, and return whether one of them ended training.

    `stop` is given for `partial_fit`, where each call is one epoch: the best weights so far are
    kept, and restored only when patience runs out.
    """
    state, network = binding.state, binding.network
    rate = state.rate
    adaptive = mlp.solver == "sgd" and mlp.learning_rate == "adaptive"

    def print_new_rate() -> None:
        if mlp.verbose and state.rate != rate:
            say(f"{_no_improvement(mlp)} Setting learning rate to {state.rate:f}")

    for epoch in records:
        print_new_rate()
        rate = state.rate
        _record(mlp, epoch, n_rows)
        if stop_requested(listeners, epoch):
            return True
        if stop and not state.watch(epoch, stop, network) and state.exhausts(epoch, stop):
            state.stopped_early = True
            if stop.restore:
                state.restore_best(network)
                state.waited = 0
    print_new_rate()
    if mlp.verbose and state.stopped_early:
        small = "Learning rate too small. " if adaptive else ""
        say(f"{_no_improvement(mlp)} {small}Stopping.")
    return False


def _record(mlp: Any, epoch: Epoch, n_rows: int) -> None:
    mlp.n_iter_ += 1
    mlp.t_ += n_rows
    mlp.loss_ = epoch.training_loss
    mlp.loss_curve_.append(mlp.loss_)
    if mlp.verbose:
        say(f"Iteration {mlp.n_iter_}, loss = {mlp.loss_:.8f}")
    if epoch.validation_loss is not None:
        mlp.validation_loss_curve_ = [*(mlp.validation_loss_curve_ or []), epoch.validation_loss]
    if mlp.early_stopping:
        score = float(epoch.validation_score)  # type: ignore[arg-type]
        mlp.validation_scores_.append(score)
        # `max` keeps its first argument if the score is NaN.
        mlp.best_validation_score_ = max(mlp.best_validation_score_, score)
        if mlp.verbose:
            say(f"Validation score: {score:f}")
    elif mlp.loss_ < mlp.best_loss_:
        mlp.best_loss_ = mlp.loss_


def _no_improvement(mlp: Any) -> str:
    watched = "Validation score" if mlp.early_stopping else "Training loss"
    return (
        f"{watched} did not improve more than tol={mlp.tol:f} for {mlp.n_iter_no_change:d} "
        "consecutive epochs."
    )
