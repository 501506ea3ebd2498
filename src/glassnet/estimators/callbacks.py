"""Report the progress of a fit to scikit-learn's callbacks and, if `verbose`, on the terminal."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from copy import deepcopy
from functools import partial
from typing import Any

from glassnet.estimators.messages import say
from glassnet.fitting import Session
from glassnet.model import Model
from glassnet.training.plan import Plan
from glassnet.training.stopping import Epoch

Listener = Callable[[Epoch], Any]
Snapshot = Callable[[], dict[str, Any]]
EpochTasksContext = Callable[
    [Snapshot, Callable[[Epoch], bool]], AbstractContextManager[list[Listener]]
]


def stop_requested(listeners: Sequence[Listener], epoch: Epoch) -> bool:
    """Pass an epoch to all listeners, and return whether one of them asks training to stop."""
    answers = [listener(epoch) for listener in listeners]
    return True in answers


class EpochTasks:
    """scikit-learn's callback tasks, one for each epoch, below the task "fit".

    The task of the next epoch begins when the task of an epoch has ended and training continues. If
    L-BFGS then finds no improvement, `close` ends that task without an epoch, as scikit-learn does
    for its own L-BFGS.

    Parameters
    ----------
    context : scikit-learn's context of the task "fit"
    arguments : estimator, X, y and metadata, passed to callbacks
    snapshot : returns the fitted attributes so far, which further training does not change
    continues : (epoch) -> whether training continues after it
    """

    def __init__(
        self,
        context: Any,
        arguments: dict[str, Any],
        snapshot: Snapshot,
        continues: Callable[[Epoch], bool],
    ) -> None:
        self._context, self._arguments = context, arguments
        self._snapshot, self._continues = snapshot, continues
        self._task = self._begin()

    def __call__(self, epoch: Epoch) -> bool:
        """End the epoch's task, begin the next, and return whether a callback asks to stop."""
        task, self._task = self._task, None
        stop = bool(
            task.call_on_fit_task_end(**self._arguments, reconstruction_attributes=self._snapshot)
        )
        if not stop and self._continues(epoch):
            self._task = self._begin()
        return stop

    def close(self) -> None:
        """End the task of an epoch that has begun but was not trained."""
        if self._task is not None:
            self._task.call_on_fit_task_end(**self._arguments)

    def _begin(self) -> Any:
        task = self._context.subcontext(task_name="epoch")
        return task.call_on_fit_task_begin(
            **self._arguments, reconstruction_attributes=self._snapshot
        )


@contextmanager
def fit_task(
    estimator: Any, X: Any, y: Any, sample_weight: Any, max_epochs: int | None
) -> Iterator[EpochTasksContext]:
    """Run the body as scikit-learn's task "fit"; the yielded function runs the epochs' tasks."""
    metadata = {} if sample_weight is None else {"sample_weight": sample_weight}
    arguments = {"estimator": estimator, "X": X, "y": y, "metadata": metadata}
    context = estimator._init_callback_context(max_subtasks=max_epochs)  # noqa: SLF001 - sklearn's
    context.call_on_fit_task_begin(**arguments)
    yield partial(_epoch_tasks, context, arguments)
    context.call_on_fit_task_end(**arguments, reconstruction_attributes={})


@contextmanager
def _epoch_tasks(
    context: Any,
    arguments: dict[str, Any],
    snapshot: Snapshot,
    continues: Callable[[Epoch], bool],
) -> Iterator[list[Listener]]:
    """Yield the listener of the epochs' tasks, or none if the estimator has no callbacks.

    Without callbacks nobody needs the tasks, and a small network has thousands of epochs.
    """
    if not getattr(arguments["estimator"], "_skl_callbacks", None):
        yield []
        return
    tasks = EpochTasks(context, arguments, snapshot, continues)
    yield [tasks]
    tasks.close()


def fitted_attributes(session: Session, model: Model) -> dict[str, Any]:
    """Return the fitted attributes that classifier and regressor share."""
    return {
        "model_": model,
        "network_": model.network,
        "history_": session.history,
        "n_iter_": session.state.epoch,
    }


def snapshot(session: Session) -> dict[str, Any]:
    """Return the fitted attributes so far, with a copy of the network."""
    session.ensemble.gather()
    model = Model(session.encoder, session.target, deepcopy(session.network), session.loss)
    return fitted_attributes(session, model)


def continues(session: Session) -> bool:
    """Return whether training continues after this epoch."""
    plan, states = session.plan, [fit.state for fit in session.ensemble.fits]
    out_of_patience = bool(plan.early_stopping) and all(
        state.waited >= plan.patience for state in states
    )
    return not out_of_patience and session.state.epoch < plan.max_epochs


def verbose_listener(name: str, plan: Plan, session: Session) -> Callable[[Epoch], None]:
    """Print what was chosen from the data, and return a function that prints about 20 epochs."""
    resolved = session.plan
    chosen = [
        f"{key}={getattr(resolved, key)!r}"
        for key, value in vars(plan).items()
        if value is None and getattr(resolved, key) is not None
    ]
    members = f", {len(session.ensemble.members)} members" if session.ensemble.members else ""
    say(
        f"{name}: {session.n_rows:,} rows, {session.encoder.n_features:,} features, "
        f"{session.network.parameters.theta.size:,} parameters{members}"
    )
    say(f"chosen from the data: {', '.join(chosen) or 'nothing'}")
    every = max(1, resolved.max_epochs // 20)

    def print_epoch(epoch: Epoch) -> None:
        number, ahead = epoch.index + 1, session.epochs_ahead
        if number % every == 0 or not ahead:
            values = {"validation loss": epoch.validation_loss, "score": epoch.validation_score}
            held_out = (
                f"  {key} {value:.6g}" for key, value in values.items() if value is not None
            )
            say(
                f"epoch {number:5d} of {number + ahead}  training loss {epoch.training_loss:.6g}"
                f"{''.join(held_out)}"
            )

    return print_epoch
