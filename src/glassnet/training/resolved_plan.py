"""`ResolvedPlan`: a plan whose open settings were chosen by its recipe and the data."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from numbers import Integral
from typing import Any, Self, cast

from glassnet.activations import ActivationFunction, GivenActivation
from glassnet.errors import SettingError
from glassnet.losses import Loss
from glassnet.optimizers import LBFGS, Adam, AdamW, Optimizer, optimizer_settings
from glassnet.schedules import ReduceOnPlateau, RunSchedules, Schedule
from glassnet.training.plan import Plan
from glassnet.training.recipes import Recipe, recipe_for

#: Minimum number of rows for early stopping; fewer rows are all needed for training.
MIN_ROWS_TO_HOLD_OUT = 100
PATIENCE = 16
LBFGS_ITERATIONS = 200


@dataclass(frozen=True, kw_only=True)
class ResolvedPlan(Plan):
    """A plan whose settings are all chosen; the fields are those of `Plan`.

    Only `learning_rate` and `weight_decay` may be None, which means those of the optimizer.
    """

    recipe: Recipe
    hidden_layer_sizes: tuple[int, ...]
    activation: GivenActivation | Sequence[GivenActivation]
    dropout: float
    normalization: str
    loss: str | Loss
    optimizer: str | Optimizer | LBFGS
    schedule: str | Schedule | ReduceOnPlateau
    dropout_schedule: str | Schedule
    decay_schedule: str | Schedule
    batch_size: int
    max_epochs: int
    early_stopping: bool
    validation_fraction: float
    patience: int
    calibrate: bool
    label_smoothing: float

    @classmethod
    def of(
        cls,
        plan: Plan,
        n_rows: int,
        *,
        classes: bool,
        loss: str | Loss | None = None,
        has_validation: bool = False,
    ) -> Self:
        """Return a plan with every None replaced by what its recipe chooses.

        Parameters
        ----------
        plan : the settings
        n_rows : rows of the fit
        classes : whether the recipe for classes or the one for numbers chooses
        loss : used if the plan names none; None is "softmax" for classes, otherwise "squared"
        has_validation : whether early-stopping rows were given
        """
        recipe = recipe_for(plan.recipe, classes=classes)
        full_batch = isinstance(plan.optimizer, LBFGS) or plan.optimizer == "lbfgs"
        batch_size = plan.batch_size or recipe.batch_size(n_rows)
        epochs = LBFGS_ITERATIONS if full_batch else recipe.epochs(-(-n_rows // batch_size))
        max_epochs = plan.max_epochs or epochs
        early_stopping = _default(
            plan.early_stopping,
            has_validation or bool(plan.scoring) or n_rows >= MIN_ROWS_TO_HOLD_OUT,
        )
        # The recipe's schedule has cycles, whose best weights come near their end: be patient.
        recipe_patience = max(1, int(max_epochs * recipe.patience))
        patience = recipe_patience if plan.schedule is None else PATIENCE
        has_optimizer = plan.optimizer is not None
        chosen: dict[str, Any] = {
            "loss": loss or ("softmax" if classes else "squared"),
            "activation": recipe.activation,
            "dropout": 0.0 if full_batch else recipe.dropout,
            "normalization": "none",
            "optimizer": "adamw",
            "learning_rate": None if has_optimizer else recipe.learning_rate,
            "schedule": "constant" if full_batch else recipe.schedule,
            "dropout_schedule": "constant" if full_batch else recipe.dropout_schedule,
            "decay_schedule": "constant" if full_batch else recipe.decay_schedule,
            "validation_fraction": recipe.validation_share(n_rows),
            "calibrate": recipe.calibrate and early_stopping and not has_validation,
            "patience": patience,
            "weight_decay": None if has_optimizer else recipe.weight_decay,
            "label_smoothing": recipe.label_smoothing if classes else 0.0,
        }
        settings = {field.name: getattr(plan, field.name) for field in fields(Plan)}
        settings |= {name: _default(settings[name], choice) for name, choice in chosen.items()}
        settings |= {
            "recipe": recipe,
            "hidden_layer_sizes": _sizes(_default(plan.hidden_layer_sizes, recipe.widths(n_rows))),
            "batch_size": batch_size,
            "max_epochs": max_epochs,
            "early_stopping": early_stopping,
        }
        return cls(**settings)

    @property
    def schedules(self) -> RunSchedules:
        """The three schedules."""
        return RunSchedules.of(self.schedule, self.dropout_schedule, self.decay_schedule)

    def hidden_activations(self) -> list[tuple[int, GivenActivation]]:
        """Return (units, activation) of each hidden layer.

        Raises
        ------
        SettingError
            If there is neither one activation nor one for each hidden layer.
        """
        sizes = self.hidden_layer_sizes
        return list(zip(sizes, one_for_each(self.activation, len(sizes)), strict=True))

    def bound_optimizer(self) -> Optimizer | LBFGS:
        """Return the optimizer with the learning rate and the weight decay of the plan.

        Raises
        ------
        SettingError
            For a weight decay or a learning rate that the optimizer does not accept.
        """
        given = self.optimizer
        optimizer = optimizer_settings("adamw" if given == "adam" and self.weight_decay else given)
        if isinstance(given, str) and isinstance(optimizer, Adam | AdamW):
            # For an optimizer given by name, the recipe chooses beta2.
            optimizer = replace(optimizer, beta2=self.recipe.beta2)
        if self.weight_decay is not None and isinstance(optimizer, AdamW):
            optimizer = replace(optimizer, weight_decay=self.weight_decay)
        elif self.weight_decay:
            raise SettingError(
                f"weight_decay is a setting of 'adamw', but the optimizer is {given!r}: use "
                "optimizer='adamw', or l2."
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
        return cast(Optimizer, replace(optimizer, lr=self.learning_rate))


def _default(setting: Any, choice: Any) -> Any:
    return choice if setting is None else setting


def _sizes(given: Any) -> tuple[int, ...]:
    sizes = (given,) if isinstance(given, Integral) else given
    known = isinstance(sizes, Iterable) and not isinstance(sizes, str)
    if not known or not all(isinstance(size, Integral) for size in sizes):
        raise SettingError(
            "hidden_layer_sizes must hold one whole number for each hidden layer, such as (64, "
            f"32), got {given!r}."
        )
    return tuple(int(size) for size in sizes)


def is_one_activation(given: Any) -> bool:
    """Return whether a value is a single activation, not a sequence of them."""
    return isinstance(given, str | ActivationFunction) or callable(given)


def one_for_each(given: Any, n_layers: int) -> list[Any]:
    """Return the activation of each hidden layer, given one for all or one for each.

    Raises
    ------
    SettingError
        For anything else.
    """
    if is_one_activation(given):
        return [given] * n_layers
    if not isinstance(given, Sequence):
        raise SettingError(
            "an activation must be a name, an ActivationFunction or a function Z -> (A, slope), or "
            f"one of these for each layer, got {given!r}."
        )
    if len(given) != n_layers:
        raise SettingError(
            f"activation names {len(given)} functions for {n_layers} hidden layers: give one, or "
            "one for each."
        )
    return list(given)
