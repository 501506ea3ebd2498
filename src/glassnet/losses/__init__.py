"""How wrong a prediction is: one loss a class, and what exists at the foot."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from glassnet.errors import SettingError, unknown_name
from glassnet.losses.classification import Logistic, Softmax
from glassnet.losses.custom import CustomLoss, check_loss
from glassnet.losses.loss import ATTRIBUTES, METHODS, Array, Loss
from glassnet.losses.regression import Absolute, Gamma, Huber, Poisson, Quantile, Squared
from glassnet.protocols import name_of, refuse_class, require_members

__all__ = [
    "LOSSES",
    "Absolute",
    "CustomLoss",
    "Gamma",
    "Huber",
    "Logistic",
    "Loss",
    "Poisson",
    "Quantile",
    "Softmax",
    "Squared",
    "check_own_loss",
    "loss_function",
    "unsmoothed",
]


def loss_function(loss: str | Loss | Any) -> Loss:
    """Return the loss of that name; an object is returned as it is, a plain function (Z, y) -> (L, dZ) is wrapped."""
    if isinstance(loss, str):
        if loss not in LOSSES:
            raise unknown_name("loss", loss, LOSSES)
        made: Loss = LOSSES[loss]()
        return made
    refuse_class("a loss", loss)
    if callable(loss) and not hasattr(loss, "value_and_gradient"):
        return CustomLoss(loss, name=name_of(loss))
    if not any(hasattr(loss, name) for name in METHODS):
        raise SettingError(
            f"a loss must be a name, a loss object or a function (Z, y) -> (L, dZ), got {loss!r}."
        )
    require_members("loss", loss, METHODS, ATTRIBUTES)
    given: Loss = loss
    return given


def check_own_loss(loss: Loss, y: Array, n_outputs: int) -> None:
    """Raise SettingError where a loss object of one's own breaks a rule, see `check_loss`; a `CustomLoss` has checked itself."""
    if type(loss) not in (*LOSSES.values(), CustomLoss):
        check_loss(loss, y, n_outputs)


def unsmoothed(loss: Loss) -> Loss:
    """Return the loss without label smoothing."""
    return replace(loss, label_smoothing=0.0) if isinstance(loss, Logistic | Softmax) else loss


LOSSES: dict[str, Any] = {
    "squared": Squared,
    "absolute": Absolute,
    "huber": Huber,
    "quantile": Quantile,
    "logistic": Logistic,
    "softmax": Softmax,
    "poisson": Poisson,
    "gamma": Gamma,
}
