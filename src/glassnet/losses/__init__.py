"""Registry of the losses, and selection of a loss by name or by task."""

from dataclasses import replace
from typing import Any, cast

from glassnet.errors import SettingError, look_up
from glassnet.losses.classification import Logistic, Softmax
from glassnet.losses.custom import CustomLoss, check_loss
from glassnet.losses.loss import ATTRIBUTES, METHODS, Array, Loss, LossTraits
from glassnet.losses.regression import (
    Absolute,
    Gamma,
    Huber,
    Poisson,
    Quantile,
    Squared,
    Tweedie,
)
from glassnet.protocols import name_of, refuse_class, require_members

__all__ = [
    "LOSSES",
    "Absolute",
    "CustomLoss",
    "Gamma",
    "Huber",
    "Logistic",
    "Loss",
    "LossTraits",
    "Poisson",
    "Quantile",
    "Softmax",
    "Squared",
    "Tweedie",
    "check_own_loss",
    "loss_for_task",
    "loss_function",
    "loss_traits",
    "smoothed",
    "unsmoothed",
]


def loss_function(loss: str | Loss | Any) -> Loss:
    """Return the loss of a name or of a function (Z, y) -> (L, dZ), or a given loss."""
    if isinstance(loss, str):
        return cast(Loss, look_up("loss", loss, LOSSES)())
    refuse_class("a loss", loss)
    if callable(loss) and not hasattr(loss, "value_and_gradient"):
        return CustomLoss(loss, name=name_of(loss))
    if not any(hasattr(loss, name) for name in METHODS):
        raise SettingError(
            f"a loss must be a name, a loss object or a function (Z, y) -> (L, dZ), got {loss!r}."
        )
    require_members("loss", loss, METHODS, ATTRIBUTES)
    return cast(Loss, loss)


def check_own_loss(loss: Loss, y: Array, n_outputs: int) -> None:
    """Check a user-defined loss object, see `check_loss`; a `CustomLoss` checks itself."""
    if type(loss) not in (*LOSSES.values(), CustomLoss):
        check_loss(loss, y, n_outputs)


def loss_traits(loss: Loss) -> LossTraits:
    """Return the traits of a loss; user-defined losses without `traits` have the defaults."""
    return cast(LossTraits, getattr(loss, "traits", LossTraits()))


def loss_for_task(loss: str | Loss | None, task: str, label_smoothing: float = 0.0) -> Loss:
    """Return the loss to train a target of a task.

    Parameters
    ----------
    loss : a name or an object; None is the default of the task
    label_smoothing : replaces that of the loss if it is above 0

    Raises
    ------
    SettingError
        For a loss that does not fit the task, and for label smoothing in regression.
    """
    made = loss_function(LOSS_OF_TASK[task] if loss is None else loss)
    traits = loss_traits(made)
    if task not in traits.tasks:
        if task == "regression":
            raise SettingError(
                f"loss {made.name!r} is for classes, but the target is a regression: use "
                "'squared', for example."
            )
        fitting = [repr(name) for name, kind in LOSSES.items() if task in kind().traits.tasks]
        raise SettingError(
            f"loss {made.name!r} does not fit a {task} target: use {' or '.join(fitting)}."
        )
    if not label_smoothing:
        return made
    if not traits.classifies:
        raise SettingError(
            "label_smoothing is for classes, but the target is a regression with loss "
            f"{made.name!r}: leave it out."
        )
    return smoothed(made, label_smoothing)


def smoothed(loss: Loss, label_smoothing: float) -> Loss:
    """Return a classification loss with another label smoothing; 0 is none."""
    return cast(Loss, replace(cast(Any, loss), label_smoothing=label_smoothing))


def unsmoothed(loss: Loss) -> Loss:
    """Return the loss without label smoothing."""
    return smoothed(loss, 0.0) if getattr(loss, "label_smoothing", 0.0) else loss


LOSSES: dict[str, Any] = {
    "squared": Squared,
    "absolute": Absolute,
    "huber": Huber,
    "quantile": Quantile,
    "logistic": Logistic,
    "softmax": Softmax,
    "poisson": Poisson,
    "gamma": Gamma,
    "tweedie": Tweedie,
}
LOSS_OF_TASK = {
    "binary": "logistic",
    "multiclass": "softmax",
    "multilabel": "logistic",
    "regression": "squared",
}
