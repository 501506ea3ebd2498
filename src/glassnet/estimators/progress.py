"""Fitted attributes, callbacks and printed lines of a fit, all read from its session."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from glassnet.estimators.messages import say
from glassnet.fitting import Session
from glassnet.model import Model
from glassnet.training.history import Epoch
from glassnet.training.plan import Plan


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
    assert plan.max_epochs is not None
    assert plan.patience is not None
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
    every = max(1, (resolved.max_epochs or 1) // 20)

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
