"""What happens beside a fit: scikit-learn's callbacks, one task an epoch, and the lines of `verbose`."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from glassnet.estimators.verbose import say
from glassnet.fitting import Session
from glassnet.model import Model
from glassnet.training.history import Epoch
from glassnet.training.plan import Plan


def fitted_attributes(session: Session, model: Model) -> dict[str, Any]:
    """Return what a fit leaves behind on an estimator, whatever its task."""
    return {
        "model_": model,
        "network_": model.network,
        "history_": session.history,
        "n_iter_": session.state.epoch,
    }


class EpochTasks:
    """scikit-learn's callback tasks, one for each epoch, below the task "fit".

    The task of the next epoch begins when the last one has ended, where training will go on. L-BFGS
    may then find nothing left to gain: `close` ends that task empty, as scikit-learn does for its
    own L-BFGS.

    Parameters
    ----------
    estimator, context : whose fit it is, and its root context
    arguments : X, y and metadata as callbacks get them
    snapshot : returns the attributes of an estimator fitted so far, which further training does not
        change
    goes_on : (epoch) -> whether training will go on after it
    """

    def __init__(
        self,
        estimator: Any,
        context: Any,
        arguments: dict[str, Any],
        snapshot: Callable[[], dict[str, Any]],
        goes_on: Callable[[Epoch], bool],
    ) -> None:
        self._context, self._snapshot, self._goes_on = context, snapshot, goes_on
        self._arguments = {"estimator": estimator, **arguments}
        self._task = self._begin()

    def __call__(self, epoch: Epoch) -> bool:
        """End the epoch's task and begin the next; return whether a callback wants training to stop."""
        task, self._task = self._task, None
        stop = bool(
            task.call_on_fit_task_end(**self._arguments, reconstruction_attributes=self._snapshot)
        )
        if not stop and self._goes_on(epoch):
            self._task = self._begin()
        return stop

    def close(self) -> None:
        """End the task of an epoch that never came."""
        task, self._task = self._task, None
        if task is not None:
            task.call_on_fit_task_end(**self._arguments)

    def _begin(self) -> Any:
        task = self._context.subcontext(task_name="epoch")
        return task.call_on_fit_task_begin(
            **self._arguments, reconstruction_attributes=self._snapshot
        )


def session_tasks(
    estimator: Any,
    context: Any,
    session: Session,
    arguments: dict[str, Any],
    learned: dict[str, Any],
) -> EpochTasks:
    """Return the tasks of a session's epochs; `learned` are fitted attributes beside those of the session."""

    def snapshot() -> dict[str, Any]:
        session.ensemble.gather()
        model = Model(session.encoder, session.target, deepcopy(session.network), session.loss)
        return {**learned, **fitted_attributes(session, model)}

    def goes_on(epoch: Epoch) -> bool:
        plan, states = session.plan, [fit.state for fit in session.ensemble.fits]
        out_of_patience = plan.early_stopping and all(
            state.waited >= plan.patience for state in states
        )
        return not out_of_patience and session.state.epoch < plan.max_epochs

    return EpochTasks(estimator, context, arguments, snapshot, goes_on)


def verbose_lines(name: str, plan: Plan, session: Session) -> Callable[[Epoch], None]:
    """Print what was chosen from the data, and return a function that prints a line about every twentieth part of the epochs."""
    resolved = session.plan
    chosen = [
        key
        for key, value in vars(plan).items()
        if value is None and getattr(resolved, key) is not None
    ]
    shown = ", ".join(f"{key}={getattr(resolved, key)!r}" for key in chosen)
    members = f", {len(session.ensemble.members)} members" if session.ensemble.members else ""
    parameters = f"{session.network.parameters.theta.size:,} parameters"
    say(
        f"{name}: {session.n_rows:,} rows, {session.encoder.n_features:,} features, "
        f"{parameters}{members}"
    )
    say(f"chosen from the data: {shown or 'nothing'}")
    every = max(1, resolved.max_epochs // 20)

    def line(epoch: Epoch) -> None:
        ahead = session.epochs_ahead
        if (epoch.index + 1) % every == 0 or not ahead:
            validation = (
                ""
                if epoch.validation_loss is None
                else f"  validation loss {epoch.validation_loss:.6g}"
            )
            score = (
                "" if epoch.validation_score is None else f"  score {epoch.validation_score:.6g}"
            )
            of = epoch.index + 1 + ahead
            say(
                f"epoch {epoch.index + 1:5d} of {of}  training loss "
                f"{epoch.training_loss:.6g}{validation}{score}"
            )

    return line


def say_end(session: Session) -> None:
    """Print why training ended, and when."""
    say(f"{session.ended} after {session.state.epoch} of {session.plan.max_epochs} epochs")
