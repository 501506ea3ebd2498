"""Train an `MLP` estimator in mini-batches or with L-BFGS, with scikit-learn's warnings.

`mlp` is the estimator, whose parameters and attributes have scikit-learn's names; `binding`
contains its network.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.utils.optimize import _check_optimize_result

from glassnet.answers import both_classes
from glassnet.checks import check_integer
from glassnet.data.rows import Rows
from glassnet.errors import SettingError
from glassnet.estimators.callbacks import Listener, stop_requested
from glassnet.estimators.messages import say, warn_caller
from glassnet.estimators.mlp import translation
from glassnet.estimators.mlp.targets import Array, TargetCoding
from glassnet.estimators.mlp.weight_binding import WeightBinding
from glassnet.interrupts import deferred_interrupts
from glassnet.schedules import RunSchedules
from glassnet.training.batch_plan import BatchPlan
from glassnet.training.lbfgs import lbfgs_epochs
from glassnet.training.scorers import ScorerAnswers, bind_scorer
from glassnet.training.state import TrainingState, stop_and_restore
from glassnet.training.stopping import EarlyStopping, Epoch
from glassnet.training.trainer import minibatch_epochs
from glassnet.training.validation import Validation, check_validation, make_rows


def hold_out(
    rows: Rows, target: TargetCoding, fraction: float, rng: np.random.RandomState
) -> tuple[Rows, Rows]:
    """Return training rows and validation rows, drawn as scikit-learn draws them."""
    parts = train_test_split(
        np.arange(rows.n),
        random_state=rng,
        test_size=fraction,
        stratify=target.stratify(rows.y),
    )
    if len(parts[1]) < 2:
        raise SettingError(
            "The validation set is too small. Increase 'validation_fraction' or the size of your "
            "dataset."
        )
    return rows.take(parts[0]), rows.take(parts[1])


def make_validation(
    mlp: Any, binding: WeightBinding, target: TargetCoding, rows: Rows | None
) -> Validation | None:
    """Return checked validation rows, with the score that the estimator watches."""
    if rows is None:
        return None
    X, Y, weight = rows.X, rows.y, rows.weight
    checked = check_validation(binding.network, binding.loss, X, target.for_loss(Y), weight)
    if not mlp.early_stopping:
        return Validation(checked)
    truth, loss = target.truth(Y), binding.loss
    answers = ScorerAnswers(
        target.task,
        target.classes,
        lambda Z: target.predictions(loss.predict(Z)),
        lambda Z: both_classes(loss.predict(Z)),
    )

    def default_score(Z: Array) -> float:
        with np.errstate(over="ignore", invalid="ignore"):
            predicted = answers.predictions(Z)
        if predicted.dtype.kind == "f" and not np.isfinite(predicted).all():
            return math.nan
        return target.score(truth, predicted, weight)

    if mlp.scoring is None:
        return Validation(checked, default_score)
    scored = Rows(X, truth, weight)
    return Validation(checked, bind_scorer(mlp.scoring, answers, binding.network.predict, scored))


def begin_curves(mlp: Any) -> None:
    """Set the attributes that change from epoch to epoch to their values before the first."""
    mlp.loss_curve_ = []
    mlp.validation_loss_curve_ = None
    mlp.best_loss_ = None if mlp.early_stopping else np.inf
    mlp.validation_scores_ = [] if mlp.early_stopping else None
    mlp.best_validation_score_ = -np.inf if mlp.early_stopping else None


def train_by_batches(
    mlp: Any,
    binding: WeightBinding,
    target: TargetCoding,
    rows: Rows,
    validation: Rows | None,
    listeners: Sequence[Listener],
    rng: np.random.RandomState,
    *,
    incremental: bool,
) -> None:
    """Train until the end or, if `incremental`, for one epoch with the last optimizer state."""
    optimizer, penalty = translation.batch_optimizer(mlp), translation.penalty(mlp)
    fresh = not incremental or binding.memory is None
    engine = binding.bind(mlp.engine, optimizer, penalty, mlp.clip_norm, mlp.n_threads, fresh=fresh)
    if (
        not hasattr(mlp, "loss_curve_")
        or (getattr(mlp, "validation_scores_", None) is None) == mlp.early_stopping
    ):
        begin_curves(mlp)
        binding.state = TrainingState()
    state, stop = binding.state, translation.stopping(mlp)
    state.stopped_early = False
    if fresh:
        state.rate = None
    if mlp.early_stopping and validation is None:
        rows, validation = hold_out(rows, target, mlp.validation_fraction, rng)
    rows = _prepared(binding, target, rows)
    held_out = make_validation(mlp, binding, target, validation)
    batches = BatchPlan(
        rows.n,
        _batch_size(mlp.batch_size, rows.n),
        translation.Shuffles(rows.n, mlp.shuffle, rng),
        mean_over_rows=True,
    )
    records = minibatch_epochs(
        engine,
        optimizer.lr,
        rows,
        state,
        batches,
        epochs=1 if incremental else int(mlp.max_iter),
        schedules=RunSchedules.of(translation.schedule(mlp, batches, mlp.t_, fresh)),
        held_out=held_out,
    )
    records = stop_and_restore(records, binding.network, state, None if incremental else stop)
    mlp.n_iter_ = 0
    ended = False
    with deferred_interrupts():
        try:
            ended = _record_epochs(
                mlp, binding, records, rows.n, listeners, stop if incremental else None
            )
        except KeyboardInterrupt:
            warn_caller("Training interrupted by user.")
            ended = True
        finally:
            records.close()
            state.finite = None  # an estimator that is kept, and pickled, does not need it
        if ended and stop.restore and not incremental:
            state.restore_best(binding.network)
    mlp.stopped_early_ = state.stopped_early
    if not (incremental or ended or state.stopped_early) and mlp.n_iter_ == mlp.max_iter:
        warn_caller(
            f"Stochastic Optimizer: Maximum iterations ({mlp.max_iter}) reached and the "
            "optimization hasn't converged yet.",
            ConvergenceWarning,
        )


def train_by_lbfgs(
    mlp: Any,
    binding: WeightBinding,
    target: TargetCoding,
    rows: Rows,
    validation: Rows | None,
    listeners: Sequence[Listener],
) -> None:
    """Train on all rows at once, and warn in scikit-learn's words if it did not converge."""
    penalty = translation.penalty(mlp)
    engine = binding.bind(mlp.engine, None, penalty, None, mlp.n_threads, fresh=True)
    rows = _prepared(binding, target, rows)
    held_out = make_validation(mlp, binding, target, validation)
    state = binding.state = TrainingState()
    optimizer, n_iterations = translation.lbfgs(mlp), int(mlp.max_iter)
    records = lbfgs_epochs(engine, optimizer, rows, state, n_iterations, 1, held_out)
    validation_losses = []
    with deferred_interrupts():
        try:
            for epoch in records:
                mlp.loss_, mlp.n_iter_ = epoch.training_loss, state.epoch
                validation_losses.append(epoch.validation_loss)
                if mlp.verbose:
                    say(f"Iteration {epoch.index + 1}, loss = {mlp.loss_:.8f}")
                if stop_requested(listeners, epoch):
                    break
        except KeyboardInterrupt:
            if not state.epoch:
                raise
            warn_caller("Training interrupted by user.")
        finally:
            records.close()
    mlp.n_iter_ = state.epoch
    mlp.validation_loss_curve_ = validation_losses if held_out else None
    mlp.stopped_early_ = False
    if state.minimizer_result is not None:  # None if a callback ended training
        mlp.loss_ = float(state.minimizer_result.fun)
        mlp.n_iter_ = _check_optimize_result("lbfgs", state.minimizer_result, mlp.max_iter)
    # An estimator that is kept, and pickled, does not need them.
    state.finite = state.minimizer_result = None


def _record_epochs(
    mlp: Any,
    binding: WeightBinding,
    records: Iterator[Epoch],
    n_rows: int,
    listeners: Sequence[Listener],
    stop: EarlyStopping | None,
) -> bool:
    """Record each epoch, notify the listeners, and return whether one of them ended training.

    `stop` is given for `partial_fit`, where each call is one epoch: the best weights so far are
    kept, and restored only when patience runs out.
    """
    state, network = binding.state, binding.network
    rate = state.rate

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
        small = "Learning rate too small. " if translation.stopping(mlp).rate_divisor else ""
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


def _prepared(binding: WeightBinding, target: TargetCoding, rows: Rows) -> Rows:
    """Return checked rows, with the target prepared by the loss."""
    return make_rows(binding.network, binding.loss, rows.X, target.for_loss(rows.y), rows.weight)


def _batch_size(given: Any, n_rows: int) -> int:
    if given == "auto":
        return min(200, n_rows)
    check_integer("batch_size", given)  # `partial_fit` checks no parameters again
    if given > n_rows:
        warn_caller(
            "Got `batch_size` less than 1 or larger than sample size. It is going to be clipped"
        )
    return min(int(given), n_rows)
