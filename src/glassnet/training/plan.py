"""Every knob of a fit with its default: what is None is chosen from the data, and the choice is recorded."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, is_dataclass, replace
from numbers import Integral
from typing import Any, cast

import numpy as np

from glassnet.activations import GivenActivation, is_one_activation
from glassnet.errors import SettingError, is_number, unknown_name
from glassnet.losses import Loss
from glassnet.optimizers import LBFGS, Adam, AdamW, Optimizer, optimizer_settings
from glassnet.penalties import Penalty
from glassnet.schedules import ReduceOnPlateau, Schedule
from glassnet.training.checks import check_counts, check_seed
from glassnet.training.recipes import Recipe, recipe_for

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

#: From so many rows on a part is held out to stop by; below, every row is needed to learn from.
MIN_ROWS_TO_HOLD_OUT = 100
PATIENCE = 16
LBFGS_ITERATIONS = 200


@dataclass(frozen=True)
class Plan:
    """How a network is built and trained. None means "chosen from the data".

    Parameters
    ----------
    recipe : name of one of `glassnet.training.recipes.RECIPES`, or a `Recipe`: what is chosen where
        the rest says nothing
    hidden_layer_sizes : units of each hidden layer; () is a linear model
    activation : of the hidden layers: one, or one for each; a name, an ActivationFunction or a
        function Z -> (A, slope)
    dropout : rate after each hidden layer
    normalization : "none", "batch" or "layer": between a hidden layer's weights and its activation
    loss : name or object; None is the task's own (softmax, logistic, squared)
    optimizer : name or object
    learning_rate : what the schedule multiplies; None is the recipe's where the optimizer is chosen
        too, else the optimizer's own
    schedule : name or object: how the rate changes over the run
    dropout_schedule : name or object: how dropout changes over the run; None is constant
    decay_schedule : name or object: how weight decay and the penalties change over the run; None is
        constant
    batch_size : rows to a step; more than there are means all
    max_epochs : passes over the rows at most
    early_stopping : hold rows out, stop when they no longer gain, keep the best weights
    validation_fraction : share of the rows held out, where no validation set is given
    patience : epochs without gain before stopping
    calibrate : hold rows out that calibrate what is predicted: half of those that would stop the
        training; None does where the recipe says so and rows are held out at all
    time_limit : seconds that the fit may take, up to an epoch; where it is short, there are fewer
        epochs, and of very few fewer members
    scoring : what is watched: None is the loss, else a scikit-learn scorer
    weight_decay : decoupled decay of the weights (AdamW)
    l1, l2 : penalties on the weights, the same for every batch size
    label_smoothing : share of each label spread over all classes
    class_weight : None, "balanced", or a weight for each label
    clip_norm : longest gradient that an update takes
    dtype : "float32" or "float64"
    seed : of everything random: the same seed gives the same bits
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
                raise SettingError(f"{name} is a number, but {value!r} came.")
        if self.early_stopping not in (None, True, False):
            raise SettingError(
                "early_stopping is True, False or None (chosen from the data), but "
                f"{self.early_stopping!r} came."
            )
        if self.calibrate not in (None, True, False):
            raise SettingError(
                f"calibrate is True, False or None (chosen by the recipe), but {self.calibrate!r} "
                "came."
            )
        if self.time_limit is not None and not (
            is_number(self.time_limit) and 0.0 < self.time_limit < math.inf
        ):
            raise SettingError(
                "time_limit is a positive number of seconds, or None for no limit, but "
                f"{self.time_limit!r} came."
            )
        object.__setattr__(self, "seed", check_seed(self.seed))

    def resolved(self, n_rows: int, *, classes: bool, has_validation: bool = False) -> Plan:
        """Return the plan with its recipe for classes or numbers, and every None replaced by what the recipe chooses for so many rows."""
        if self.normalization is not None and self.normalization not in NORMALIZATIONS:
            raise unknown_name("normalization", self.normalization, NORMALIZATIONS)
        check_counts(
            **{
                name: value
                for name in ("batch_size", "max_epochs")
                if (value := getattr(self, name)) is not None
            }
        )
        recipe = recipe_for(self.recipe, classes=classes)
        full = isinstance(self.optimizer, LBFGS) or self.optimizer == "lbfgs"
        batch_size = _chosen(self.batch_size, recipe.batch_size(n_rows))
        steps_per_epoch = 1 if full else -(-n_rows // batch_size)
        max_epochs = _chosen(
            self.max_epochs, LBFGS_ITERATIONS if full else recipe.epochs(steps_per_epoch)
        )
        own = self.optimizer is None
        early_stopping = _chosen(
            self.early_stopping,
            has_validation or bool(self.scoring) or n_rows >= MIN_ROWS_TO_HOLD_OUT,
        )
        return replace(
            self,
            recipe=recipe,
            hidden_layer_sizes=self._hidden_layer_sizes(recipe.widths(n_rows)),
            activation=_chosen(self.activation, recipe.activation),
            dropout=_chosen(self.dropout, 0.0 if full else recipe.dropout),
            normalization=_chosen(self.normalization, "none"),
            optimizer=_chosen(self.optimizer, "adamw"),
            learning_rate=_chosen(self.learning_rate, recipe.learning_rate if own else None),
            schedule=_chosen(self.schedule, "constant" if full else recipe.schedule),
            dropout_schedule=_chosen(
                self.dropout_schedule, "constant" if full else recipe.dropout_schedule
            ),
            decay_schedule=_chosen(
                self.decay_schedule, "constant" if full else recipe.decay_schedule
            ),
            batch_size=batch_size,
            max_epochs=max_epochs,
            early_stopping=early_stopping,
            validation_fraction=_chosen(self.validation_fraction, recipe.validation_share(n_rows)),
            calibrate=_chosen(
                self.calibrate, recipe.calibrate and early_stopping and not has_validation
            ),
            # A cycle finds its best weights near its end, so the chosen one is given time.
            patience=_chosen(
                self.patience,
                max(1, int(max_epochs * recipe.patience)) if self.schedule is None else PATIENCE,
            ),
            weight_decay=_chosen(self.weight_decay, recipe.weight_decay if own else None),
            label_smoothing=_chosen(
                self.label_smoothing, recipe.label_smoothing if classes else 0.0
            ),
        )

    @property
    def resolved_recipe(self) -> Recipe:
        """The recipe of a resolved plan."""
        assert isinstance(self.recipe, Recipe)
        return self.recipe

    def hidden_activations(self) -> list[tuple[int, GivenActivation]]:
        """Return (units, activation) of each hidden layer of a resolved plan."""
        sizes, activation = self.hidden_layer_sizes, self.activation
        assert isinstance(sizes, tuple)
        assert activation is not None
        if is_one_activation(activation):
            return [(size, cast(GivenActivation, activation)) for size in sizes]
        if not isinstance(activation, Sequence):
            raise SettingError(
                "an activation must be a name, an ActivationFunction or a function Z -> (A, "
                f"slope), or one of these for each layer, got {activation!r}."
            )
        if len(activation) != len(sizes):
            raise SettingError(
                f"activation names {len(activation)} functions for {len(sizes)} hidden layers: "
                "give one, or one for each."
            )
        return list(zip(sizes, activation, strict=True))

    def bound_optimizer(self) -> Optimizer | LBFGS:
        """Return the optimizer with the learning rate and the weight decay of a resolved plan."""
        assert self.optimizer is not None
        optimizer = optimizer_settings(
            "adamw" if self.optimizer == "adam" and self.weight_decay else self.optimizer
        )
        if isinstance(self.optimizer, str) and isinstance(
            optimizer, Adam | AdamW
        ):  # a name leaves its settings to the recipe
            optimizer = replace(optimizer, beta2=self.resolved_recipe.beta2)
        if self.weight_decay is not None and isinstance(optimizer, AdamW):
            optimizer = replace(optimizer, weight_decay=self.weight_decay)
        elif self.weight_decay:
            raise SettingError(
                f"weight_decay is a setting of 'adamw', but the optimizer is {self.optimizer!r}: "
                "use optimizer='adamw', or l2."
            )
        if self.learning_rate is None:
            return optimizer
        if isinstance(optimizer, LBFGS):
            raise SettingError("optimizer 'lbfgs' chooses its own steps: leave learning_rate out.")
        if not is_dataclass(optimizer):
            raise SettingError(
                "learning_rate sets the rate of glassnet's own optimizers: give yours its rate "
                "when you make it."
            )
        changed: Optimizer = replace(optimizer, lr=self.learning_rate)
        return changed

    def penalty(self) -> Penalty | None:
        """Return the penalty, or None where both strengths are 0."""
        penalty = Penalty(self.l1, self.l2)
        return penalty if self.l1 or self.l2 else None

    def to_plain(self) -> dict[str, Any]:
        """Return the settings as JSON-able values, for the record of how a model was trained; objects by what they print."""
        return {field.name: _plain(getattr(self, field.name)) for field in fields(self)}

    def _hidden_layer_sizes(self, chosen: tuple[int, ...]) -> tuple[int, ...]:
        given = _chosen(self.hidden_layer_sizes, chosen)
        sizes = (given,) if isinstance(given, Integral) else given
        if (
            isinstance(sizes, str)
            or not isinstance(sizes, Iterable)
            or not all(isinstance(size, Integral) for size in sizes)
        ):
            raise SettingError(
                "hidden_layer_sizes holds one whole number for each hidden layer, such as (64, "
                f"32), but {given!r} came."
            )
        return tuple(int(size) for size in sizes)


def _chosen(given: Any, choice: Any) -> Any:
    return choice if given is None else given


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
