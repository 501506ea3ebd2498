"""Registry of the optimizers; each is a frozen set of settings."""

from typing import Any

from glassnet.checks import check_number
from glassnet.errors import SettingError, look_up
from glassnet.optimizers.adaptive import Adam, AdamW, RMSprop
from glassnet.optimizers.lbfgs import LBFGS
from glassnet.optimizers.optimizer import METHODS, Array, Optimizer, OptimizerState, clip_norm
from glassnet.optimizers.sgd import SGD
from glassnet.protocols import refuse_class, require_members

__all__ = [
    "LBFGS",
    "OPTIMIZERS",
    "SGD",
    "Adam",
    "AdamW",
    "Optimizer",
    "OptimizerState",
    "RMSprop",
    "clip_norm",
    "optimizer_name",
    "optimizer_settings",
    "started",
]


def optimizer_settings(optimizer: str | Optimizer | LBFGS) -> Optimizer | LBFGS:
    """Return the optimizer of a name, with the settings in OPTIMIZERS, or a given optimizer."""
    if isinstance(optimizer, str):
        return look_up("optimizer", optimizer, OPTIMIZERS)
    refuse_class("an optimizer", optimizer)
    if isinstance(optimizer, LBFGS):
        return optimizer
    if not any(hasattr(optimizer, name) for name in METHODS):
        raise SettingError(
            f"an optimizer must be a name or an object such as Adam(lr=1e-3), got {optimizer!r}."
        )
    require_members("optimizer", optimizer, METHODS, ("lr",))
    check_number(f"lr of the optimizer {type(optimizer).__name__}", optimizer.lr, "(0, inf)")
    return optimizer


def optimizer_name(optimizer: Optimizer | LBFGS) -> str | None:
    """Return the name of the class of an optimizer in OPTIMIZERS; None for a user-defined one."""
    made = (name for name, known in OPTIMIZERS.items() if type(known) is type(optimizer))
    return next(made, None)


def started(optimizer: Optimizer, theta: Array) -> OptimizerState:
    """Return the state before the first step; SettingError if `start` returns something else."""
    state: Any = optimizer.start(theta)
    if not isinstance(state, OptimizerState):
        raise SettingError(
            f"start of the optimizer {type(optimizer).__name__} must return an OptimizerState, got "
            f"{state!r}."
        )
    return state


OPTIMIZERS: dict[str, Optimizer | LBFGS] = {
    "sgd": SGD(0.01, momentum=0.9, nesterov=True),
    "rmsprop": RMSprop(),
    "adam": Adam(),
    "adamw": AdamW(),
    "lbfgs": LBFGS(),
}
