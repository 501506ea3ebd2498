"""How a fit ends: by its plan, its clock, its caller, a signal or a divergence, with a model from the first steps on.

Signals are only noted while a fit runs (`glassnet.interrupts`): the first one ends training after a
step. What follows, to put back the best weights and to calibrate, is short and runs to its end, so
that nothing is half done.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING

from glassnet.errors import DivergenceError
from glassnet.fitting.calibration import calibrate, divide_raw_scores
from glassnet.fitting.intervals import learn_intervals
from glassnet.interrupts import interrupts_noted
from glassnet.losses import Logistic, Softmax
from glassnet.training.history import Epoch

if TYPE_CHECKING:
    from glassnet.fitting.session import Session

OnEpoch = Callable[[Epoch], bool | None]


def train_session(session: Session, on_epoch: OnEpoch | None) -> None:
    """Train to the plan's end, or until something else ends it, and put back the best weights."""
    started = time.perf_counter()
    assert session.plan.max_epochs is not None
    epochs = session.limit.watch(session.epochs(), session.plan.max_epochs)
    with interrupts_noted() as interrupted:
        try:
            for epoch in epochs:
                session.note(epoch)
                if on_epoch is not None and on_epoch(epoch):
                    session.ended = "stopped by the caller"
                    break
                if interrupted():
                    raise interrupted.interrupt()
        except KeyboardInterrupt:
            session.ended = "interrupted"
        except DivergenceError as error:
            if not session.state.epoch:
                raise
            session.diverged = error
        finally:
            epochs.close()  # first, for L-BFGS then puts back the last point that it accepted
            session.state.restore_best(session.network)
            session.gather()
            session.seconds += time.perf_counter() - started
    if session.ended == "all epochs done":
        if all(member.diverged for member in session.members or (session,)):
            session.ended = "diverged"
        elif session.state.stopped_early:
            session.ended = "no further gain"
        elif session.limit.cut:
            session.ended = "time limit"
    _warn(session)


def _warn(session: Session) -> None:
    """Warn of a signal, and of networks that diverged."""
    if session.ended == "interrupted":
        kept = (
            "the best"
            if any(member.state.best for member in session.members or (session,))
            else "the last"
        )
        warnings.warn(
            f"training interrupted: {kept} weights so far are kept.", RuntimeWarning, stacklevel=5
        )
    for divergence in divergences(session):
        warnings.warn(divergence, RuntimeWarning, stacklevel=5)


def divergences(session: Session) -> list[str]:
    """Return what there is to say of networks that diverged after their first epoch."""
    n = len(session.members)
    if session.diverged:
        return [str(session.diverged)]
    return [
        f"member {i} of {n}: {member.diverged}"
        for i, member in enumerate(session.members, 1)
        if member.diverged
    ]


def calibrate_session(session: Session) -> None:
    """Learn from the rows held out for it what probabilities or intervals need, each row with a network that did not see it."""
    members = [member for member in session.members or (session,) if member.calibrating]
    if not members:
        return
    started = time.perf_counter()
    with interrupts_noted() as interrupted:
        if isinstance(session.loss, Logistic | Softmax):
            session.calibration = calibrate(members)
            divide_raw_scores(session.network, session.calibration.temperature)
        elif session.target.task == "regression":
            session.intervals = learn_intervals(
                members, constant=interrupted() or session.ended in ("interrupted", "time limit")
            )
    session.seconds += time.perf_counter() - started
