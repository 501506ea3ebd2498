"""The numbers to explain: probabilities, logits or numbers in the target's unit, by encoded row."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from glassnet.engines import Engine
from glassnet.errors import SettingError, unknown_name
from glassnet.inspection.shapley import Array, Float64
from glassnet.model import Model

Unit = Literal["probability", "logit", "target"]
UNITS: tuple[Unit, ...] = ("probability", "logit", "target")


@dataclass(frozen=True, eq=False)
class Answering:
    """Maps encoded rows `(n, n_features)` to the numbers to explain `(n, k)`.

    Attributes
    ----------
    model : the model
    unit : "probability", "logit" or "target"
    outputs : what each of the k numbers is about: a class, or a target
    single : whether there is one number for each row, so that results have no last axis
    engines : of the model, or of each of its members
    """

    model: Model
    unit: Unit
    outputs: tuple[Any, ...]
    single: bool
    engines: tuple[Engine, ...]

    def __call__(self, X: Array) -> Float64:
        """Return the numbers; with several engines those of the first come first, `(n, k M)`."""
        return np.hstack([self._of(engine.predict(X)) for engine in self.engines])

    def _of(self, Z: Array) -> Float64:
        model, binary = self.model, self.model.task == "binary"
        if self.unit == "target":
            return model.predictions(Z).reshape(len(Z), len(self.outputs))
        if self.unit == "probability":
            P = model.probabilities(Z)
            return P[:, -1:] if binary else P
        Z = Z.astype(np.float64)
        # Two raw scores of a softmax: the logit of the second class is their difference.
        return Z[:, 1:] - Z[:, :1] if binary and Z.shape[1] == 2 else Z

    def encode(self, table: Any) -> Array:
        """Return the encoded rows of a table that fits the model, dense."""
        X = self.model.encoder.encode(table, self.model.dtype)
        return X if isinstance(X, np.ndarray) else np.ascontiguousarray(X.toarray())

    def shaped(self, values: Array) -> Array:
        """Return values `(..., k)`, without the last axis if there is a single number."""
        return values[..., 0] if self.single else values


def answering(model: Model, unit: Unit | None = None, *, members: bool = False) -> Answering:
    """Return the function for a model, in a unit.

    Parameters
    ----------
    model : the model
    unit : "probability" (the default) or "logit" for classes, "target" for numbers
    members : whether the members follow the model

    Raises
    ------
    SettingError
        If the unit is unknown or does not suit the task.
    """
    regression = model.task == "regression"
    if unit is not None and unit not in UNITS:
        raise unknown_name("unit", unit, UNITS)
    if unit is not None and (unit == "target") != regression:
        kind, suits = ("numbers", "'target'") if regression else ("classes", "'probability'")
        other = "" if regression else " or 'logit'"
        raise SettingError(
            f"this model predicts {kind}: unit must be {suits}{other}, got {unit!r}."
        )
    outputs = model.classes
    if regression:
        quantiles = getattr(model.loss, "quantiles", None) or ()
        names = [f"{name}_q{q:g}" for name in model.target.names for q in quantiles]
        outputs = tuple(names) or model.target.names
    elif model.task == "binary":
        outputs = outputs[-1:]  # its probability determines that of the first class
    single = len(outputs) == 1
    networks = (model.network, *(model.network.members() if members else ()))
    engines = tuple(model.engine_for(network, model.loss) for network in networks)
    return Answering(
        model, unit or ("target" if regression else "probability"), outputs, single, engines
    )
