"""`Plan`: the settings of a fit. None means that the recipe and the data choose."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, is_dataclass
from typing import Any

import numpy as np

from glassnet.activations import GivenActivation
from glassnet.checks import check_integer, check_name
from glassnet.errors import SettingError, is_number
from glassnet.losses import Loss
from glassnet.optimizers import LBFGS, Optimizer
from glassnet.penalties import Penalty
from glassnet.schedules import ReduceOnPlateau, Schedule
from glassnet.training.recipes import Recipe
from glassnet.training.validation import check_seed

NORMALIZATIONS = ("none", "batch", "layer")
_NUMBERS = (
    "dropout",
    "learning_rate",
    "validation_fraction",
    "patience",
    "weight_decay",
    "l1",
    "l2",
    "label_smoothing",
    "clip_norm",
)
_NEVER_NONE = ("l1", "l2")


@dataclass(frozen=True)
class Plan:
    """How a network is built and trained. None means that the recipe and the data choose.

    Parameters
    ----------
    recipe : name of one of `glassnet.training.recipes.RECIPES`, or a `Recipe`: it chooses all
        settings that are None
    hidden_layer_sizes : units of each hidden layer; () is a linear model
    activation : of the hidden layers, one for all or one for each: a name, an ActivationFunction or
        a function Z -> (A, slope)
    dropout : rate after each hidden layer
    normalization : "none", "batch" or "layer": between a hidden layer's weights and its activation
    loss : name or object; None is the default of the task (softmax, logistic, squared)
    optimizer : name or object
    learning_rate : the rate that the schedule multiplies; None is that of the recipe if the
        optimizer is None too, otherwise that of the optimizer
    schedule : name or object: how the rate changes over the run
    dropout_schedule : name or object: how dropout changes over the run; None is constant
    decay_schedule : name or object: how weight decay and the penalties change over the run; None is
        constant
    batch_size : rows in a batch; a larger number than there are rows means all
    max_epochs : maximum number of epochs
    early_stopping : hold rows out, stop if the loss on them no longer improves, and keep the best
        weights
    validation_fraction : share of the rows held out, if no validation set is given
    patience : epochs without improvement before training stops
    calibrate : use half of the held-out rows for the calibration of predictions; None does so if
        the recipe does and rows are held out at all
    time_limit : maximum seconds of the fit, to within one epoch. If time is short, there are fewer
        epochs; if these would be very few, there are fewer members.
    scoring : what early stopping watches: None is the loss, otherwise a scikit-learn scorer
    weight_decay : decoupled decay of the weights (AdamW)
    l1, l2 : penalties on the weights, the same for every batch size
    label_smoothing : share of each label spread over all classes
    class_weight : None, "balanced", or a weight for each label
    clip_norm : maximum norm of the gradient of an update
    dtype : "float32" or "float64"
    seed : of all random numbers; the same seed gives the same bits
    engine, n_threads : what executes the network
    """

    recipe: str | Recipe = "standard"
    hidden_layer_sizes: Sequence[int] | int | None = None
    activation: GivenActivation | Sequence[GivenActivation] | None = None
    dropout: float | None = None
    normalization: str | None = None
    loss: str | Loss | None = None
    optimizer: str | Optimizer | LBFGS | None = None
    learning_rate: float | None = None
    schedule: str | Schedule | ReduceOnPlateau | None = None
    dropout_schedule: str | Schedule | None = None
    decay_schedule: str | Schedule | None = None
    batch_size: int | None = None
    max_epochs: int | None = None
    early_stopping: bool | None = None
    validation_fraction: float | None = None
    patience: int | None = None
    calibrate: bool | None = None
    time_limit: float | None = None
    scoring: str | Callable[[Any, Any, Any], float] | None = None
    weight_decay: float | None = None
    l1: float = 0.0
    l2: float = 0.0
    label_smoothing: float | None = None
    class_weight: str | Mapping[Any, float] | None = None
    clip_norm: float | None = None
    dtype: str = "float32"
    seed: int = 0
    engine: str = "auto"
    n_threads: int | None = None

    def __post_init__(self) -> None:
        for name in _NUMBERS:
            value = getattr(self, name)
            if not (is_number(value) or (value is None and name not in _NEVER_NONE)):
                raise SettingError(f"{name} must be a number, got {value!r}.")
        for name in ("early_stopping", "calibrate"):
            if getattr(self, name) not in (None, True, False):
                raise SettingError(
                    f"{name} must be True, False or None (chosen by the recipe), got "
                    f"{getattr(self, name)!r}."
                )
        limit = self.time_limit
        if limit is not None and not (is_number(limit) and 0.0 < limit < math.inf):
            raise SettingError(
                "time_limit must be a positive number of seconds, or None for no limit, got "
                f"{limit!r}."
            )
        if self.normalization is not None:
            check_name("normalization", self.normalization, NORMALIZATIONS)
        for name in ("batch_size", "max_epochs"):
            if getattr(self, name) is not None:
                check_integer(name, getattr(self, name))
        object.__setattr__(self, "seed", check_seed(self.seed))

    def penalty(self) -> Penalty | None:
        """Return the penalty, or None if both strengths are 0."""
        return Penalty(self.l1, self.l2) if self.l1 or self.l2 else None

    def to_plain(self) -> dict[str, Any]:
        """Return the settings as JSON values; objects are represented by their repr."""
        return {field.name: _plain(getattr(self, field.name)) for field in fields(self)}


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)  # JSON has no infinity
    if isinstance(value, Recipe):
        return _plain(asdict(value))
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, Sequence):
        return [_plain(entry) for entry in value]
    return repr(value) if is_dataclass(value) else getattr(value, "__name__", type(value).__name__)
