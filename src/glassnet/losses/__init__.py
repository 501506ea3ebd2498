"""How wrong a prediction is: one loss a class, and what exists at the foot."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from glassnet.errors import SettingError, unknown_name
from glassnet.losses.classification import Logistic, Softmax
from glassnet.losses.custom import CustomLoss
from glassnet.losses.loss import Loss
from glassnet.losses.regression import Absolute, Gamma, Huber, Poisson, Quantile, Squared

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
    if isinstance(loss, type):
        raise SettingError(f"a loss is a name or an object, but the class {loss.__name__} came: write {loss.__name__}().")
    if callable(getattr(loss, "value_and_gradient", None)):
        given: Loss = loss
        return given
    if callable(loss):
        return CustomLoss(loss, name=getattr(loss, "__name__", "custom"))
    raise SettingError(f"a loss is a name, a loss object or a function (Z, y) -> (L, dZ), but {loss!r} came.")


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
