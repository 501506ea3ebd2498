"""The fit of a drop-in: rows and settings handed to glassnet's training, each record noted in scikit-learn's fitted attributes.

`mlp` is the estimator itself, whose parameters and attributes have scikit-learn's names; `shown` is
its network.
"""

from __future__ import annotations

import inspect
import math
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.utils.optimize import _check_optimize_result

from glassnet.data.rows import Rows
from glassnet.errors import SettingError
from glassnet.estimators.mlp import translation
from glassnet.estimators.mlp.network import Shown
from glassnet.estimators.mlp.targets import TargetCoding
from glassnet.estimators.verbose import say
from glassnet.interrupts import interrupts_noted
from glassnet.optimizers import LBFGS
from glassnet.protocols import require_arguments
from glassnet.training.batch_plan import BatchPlan
from glassnet.training.checks import check_counts, make_rows
from glassnet.training.history import Epoch
from glassnet.training.lbfgs import lbfgs_epochs
from glassnet.training.minibatch import minibatch_epochs
from glassnet.training.run_schedules import RunSchedules
from glassnet.training.scorers import bind_scorer
from glassnet.training.state import TrainingState
from glassnet.training.stop_and_restore import stop_and_restore
from glassnet.training.stopping import EarlyStopping
from glassnet.training.validation import Validation, check_validation

Array = np.ndarray[Any, np.dtype[Any]]
Part = tuple[Any, Array, Array | None]
Listener = Callable[[Epoch], Any]


def begin_curves(mlp: Any) -> None:
    """Set what is noted from epoch to epoch as it is before the first."""
    mlp.loss_curve_ = []
    mlp.validation_loss_curve_ = None
    mlp.best_loss_ = None if mlp.early_stopping else np.inf
    mlp.validation_scores_ = [] if mlp.early_stopping else None
    mlp.best_validation_score_ = -np.inf if mlp.early_stopping else None


def train_by_steps(
    mlp: Any,
    shown: Shown,
    target: TargetCoding,
    part: Part,
    validation: Part | None,
    listeners: Sequence[Listener],
    rng: np.random.RandomState,
    *,
    incremental: bool,
) -> None:
    """Train by mini-batches: one epoch where `incremental`, with the memory of the call before it; else until it stops."""
    optimizer = translation.optimizer(mlp)
    assert not isinstance(optimizer, LBFGS)
    fresh = not incremental or shown.memory is None
    engine = shown.bind(
        mlp.engine, optimizer, translation.penalty(mlp), mlp.clip_norm, mlp.n_threads, fresh=fresh
    )
    if (
        not hasattr(mlp, "loss_curve_")
        or (getattr(mlp, "validation_scores_", None) is None) == mlp.early_stopping
    ):
        begin_curves(mlp)
        shown.state = TrainingState()
    state, stop = shown.state, translation.stopping(mlp)
    state.stopped_early = False
    if fresh:
        state.rate = None
    if mlp.early_stopping and validation is None:
        part, validation = _hold_out(part, target, mlp.validation_fraction, rng)
    rows = _rows(shown, target, part)
    held_out = _validation(mlp, shown, target, validation) if validation else None
    batches = BatchPlan(
        rows.n,
        _batch_size(mlp.batch_size, rows.n),
        translation.Shuffles(rows.n, mlp.shuffle, rng),
        mean_over_rows=True,
    )
    schedule = translation.schedule(mlp, batches, mlp.t_, fresh)
    epochs = 1 if incremental else int(mlp.max_iter)
    records = minibatch_epochs(
        engine,
        optimizer.lr,
        rows,
        state,
        batches,
        epochs=epochs,
        schedules=RunSchedules.of(schedule),
        held_out=held_out,
    )
    records = stop_and_restore(records, shown.network, state, None if incremental else stop)
    mlp.n_iter_ = 0
    ended = False
    with interrupts_noted():
        try:
            ended = _follow(mlp, shown, records, rows.n, listeners, stop if incremental else None)
        except KeyboardInterrupt:
            _warn("Training interrupted by user.")
            ended = True
        finally:
            records.close()
            state.finite = None  # an estimator that is kept, and pickled, needs it no more
        if ended and stop.restore and not incremental:
            state.restore_best(shown.network)
    mlp.stopped_early_ = state.stopped_early
    if not (incremental or ended or state.stopped_early) and mlp.n_iter_ == mlp.max_iter:
        _warn(
            f"Stochastic Optimizer: Maximum iterations ({mlp.max_iter}) reached and the "
            "optimization hasn't converged yet.",
            ConvergenceWarning,
        )


def minimize(
    mlp: Any,
    shown: Shown,
    target: TargetCoding,
    part: Part,
    validation: Part | None,
    listeners: Sequence[Listener],
) -> None:
    """Train on all rows at once by L-BFGS, and warn in scikit-learn's words where it did not converge."""
    optimizer = translation.optimizer(mlp)
    assert isinstance(optimizer, LBFGS)
    engine = shown.bind(mlp.engine, None, translation.penalty(mlp), None, mlp.n_threads, fresh=True)
    rows = _rows(shown, target, part)
    held_out = _validation(mlp, shown, target, validation) if validation else None
    state = shown.state = TrainingState()
    records = lbfgs_epochs(engine, optimizer, rows, state, int(mlp.max_iter), 1, held_out)
    validation_losses = []
    with interrupts_noted():
        try:
            for epoch in records:
                mlp.loss_, mlp.n_iter_ = epoch.training_loss, state.epoch
                validation_losses.append(epoch.validation_loss)
                if mlp.verbose:
                    say(f"Iteration {epoch.index + 1}, loss = {mlp.loss_:.8f}")
                if _any_ends(listeners, epoch):
                    break
        except KeyboardInterrupt:
            if not state.epoch:
                raise
            _warn("Training interrupted by user.")
        finally:
            records.close()
    mlp.n_iter_ = state.epoch
    mlp.validation_loss_curve_ = validation_losses if held_out else None
    mlp.stopped_early_ = False
    if state.minimizer_result is not None:  # None where a callback turned away
        mlp.loss_ = float(state.minimizer_result.fun)
        mlp.n_iter_ = _check_optimize_result("lbfgs", state.minimizer_result, mlp.max_iter)
    state.finite = state.minimizer_result = (
        None  # an estimator that is kept, and pickled, needs them no more
    )


def _follow(
    mlp: Any,
    shown: Shown,
    records: Iterator[Epoch],
    n_rows: int,
    listeners: Sequence[Listener],
    stop: EarlyStopping | None,
) -> bool:
    """Note each record, tell who wants to know, and return whether a callback ended training.

    Where `stop` is given, an epoch stands for itself: its weights are kept, and only when patience
    runs out are the best put back.
    """
    state, network = shown.state, shown.network
    rate = state.rate

    def tell_of_rate() -> None:
        if mlp.verbose and state.rate != rate:
            say(f"{_impatience(mlp)} Setting learning rate to {state.rate:f}")

    for epoch in records:
        tell_of_rate()
        rate = state.rate
        _note(mlp, epoch, n_rows)
        if _any_ends(listeners, epoch):
            return True
        if stop and not state.watch(epoch, stop, network) and state.exhausts(epoch, stop):
            state.stopped_early = True
            if stop.restore:
                state.restore_best(network)
                state.waited = 0
    tell_of_rate()
    if mlp.verbose and state.stopped_early:
        small = (
            "Learning rate too small. "
            if mlp.solver == "sgd" and mlp.learning_rate == "adaptive"
            else ""
        )
        say(f"{_impatience(mlp)} {small}Stopping.")
    return False


def _note(mlp: Any, epoch: Epoch, n_rows: int) -> None:
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
        mlp.best_validation_score_ = max(
            mlp.best_validation_score_, score
        )  # of a score that is no number, the first
        if mlp.verbose:
            say(f"Validation score: {score:f}")
    elif mlp.loss_ < mlp.best_loss_:
        mlp.best_loss_ = mlp.loss_


def _impatience(mlp: Any) -> str:
    what = "Validation score" if mlp.early_stopping else "Training loss"
    return f"{what} did not improve more than tol={mlp.tol:f} for {mlp.n_iter_no_change:d} consecutive epochs."


def _hold_out(
    part: Part, target: TargetCoding, fraction: float, rng: np.random.RandomState
) -> tuple[Part, Part]:
    """Return the rows to learn from and those to stop by, drawn as scikit-learn draws them."""
    X, Y, weight = part
    arrays = [X, Y] if weight is None else [X, Y, weight]
    parts = train_test_split(
        *arrays, random_state=rng, test_size=fraction, stratify=target.stratify(Y)
    )
    learned, held = parts[::2], parts[1::2]
    if held[0].shape[0] < 2:
        raise SettingError(
            "The validation set is too small. Increase 'validation_fraction' or the size of your "
            "dataset."
        )
    none = [None] * (3 - len(arrays))
    return (*learned, *none), (*held, *none)


def _rows(shown: Shown, target: TargetCoding, part: Part) -> Rows:
    X, Y, weight = part
    return make_rows(shown.network, shown.loss, X, target.for_loss(Y), weight)


def _validation(mlp: Any, shown: Shown, target: TargetCoding, part: Part) -> Validation:
    """Return the rows to stop by, with the score that is watched."""
    X, Y, weight = part
    rows = check_validation(shown.network, shown.loss, X, target.for_loss(Y), weight)
    if not mlp.early_stopping:
        return Validation(rows)
    truth = target.truth(Y)
    if mlp.scoring is not None:
        answers, held_out = Answers(shown, target), Rows(X, truth, weight)
        return Validation(rows, bind_scorer(mlp.scoring, answers, answers.raw_scores, held_out))

    def score(Z: Array) -> float:
        with np.errstate(over="ignore", invalid="ignore"):
            predicted = target.predictions(shown.loss.predict(Z))
        if predicted.dtype.kind == "f" and not np.isfinite(predicted).all():
            return math.nan
        return target.score(truth, predicted, weight)

    return Validation(rows, score)


class Answers:
    """What a scorer may ask a network in training."""

    def __init__(self, shown: Shown, target: TargetCoding) -> None:
        self._shown, self._target = shown, target
        self.task = target.task
        self.classes = target.classes

    def raw_scores(self, table: Any) -> Array:
        """Return raw scores of rows."""
        return self._shown.network.predict(table)

    def predictions(self, Z: Array) -> Array:
        """Return labels or numbers from raw scores."""
        return self._target.predictions(self._shown.loss.predict(Z))

    def probabilities(self, Z: Array) -> Array:
        """Return probabilities (n, k) from raw scores."""
        return self._target.probabilities(self._shown.loss.predict(Z))


def _batch_size(given: Any, n_rows: int) -> int:
    if given == "auto":
        return min(200, n_rows)
    check_counts(batch_size=given)  # `partial_fit` checks no parameters again
    if given > n_rows:
        _warn("Got `batch_size` less than 1 or larger than sample size. It is going to be clipped")
    return min(int(given), n_rows)


def listeners_of(callbacks: Any) -> list[Listener]:
    """Return the parameter `callbacks` as a list of functions."""
    if callbacks is None:
        return []
    listeners = [callbacks] if callable(callbacks) else list(callbacks)
    for listener in listeners:
        require_arguments("a callback", listener, "epoch")
    return listeners


def _any_ends(listeners: Sequence[Listener], epoch: Epoch) -> bool:
    """Tell all of an epoch, then say whether one wants training to end."""
    answers = [listener(epoch) for listener in listeners]
    return True in answers


def _warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn at the line that called the estimator, however many calls of ours and of scikit-learn's lie between."""
    level, frame = 1, inspect.currentframe()
    while (
        frame
        and frame.f_back
        and frame.f_globals.get("__name__", "").partition(".")[0] in ("glassnet", "sklearn")
    ):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)
