"""What scikit-learn's names for the settings of a multi-layer perceptron mean here: each function below is a row of the table in the docs.

Where the arithmetic of scikit-learn differs from glassnet's own, the difference is a named field of
the object that is made:

    velocity <- momentum * velocity - lr * g             SGD(rate_inside=True)
    sqrt(v) + eps, v not corrected for its start         Adam(uncorrected_eps=True)
    alpha / 2 |W|^2 / (rows of the batch)                Penalty(per_batch=True)
    several outputs add up                               Logistic, Poisson(outputs="sum"),
                                                         Squared(outputs="mean_of_sum")
    log of probabilities in [eps, 1 - eps]               Logistic, Softmax(floor=eps)
    patience by ">", a gain of exactly tol is one        EarlyStopping(lenient=True)
    an epoch's loss counts rows, not weights             Passes(mean_over_rows=True)
    rate / 5 when patience runs out ("adaptive")         EarlyStopping(rate_divisor=5)
    rate by rows seen, epoch by epoch ("invscaling")     InverseScalingByRows
"""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Any

import numpy as np

from glassnet.activations import (
    ACTIVATIONS,
    ActivationFunction,
    activation_function,
    is_one_activation,
)
from glassnet.data.coding.weights import relative_weight
from glassnet.errors import SettingError
from glassnet.layers import Dense, Dropout, Layer
from glassnet.losses import Logistic, Loss, Poisson, Softmax, Squared, loss_function
from glassnet.optimizers import LBFGS, SGD, Adam
from glassnet.penalties import Penalty
from glassnet.schedules import InverseScalingByRows
from glassnet.training.passes import Passes
from glassnet.training.stopping import EarlyStopping

Array = np.ndarray[Any, np.dtype[Any]]

#: SciPy's own `ftol`, with which scikit-learn leaves L-BFGS.
VALUE_TOLERANCE = 1e7 * float(np.finfo(np.float64).eps)
#: "adaptive" divides the rate by the one and ends at the other.
RATE_DIVISOR, LEAST_RATE = 5.0, 1e-6
#: Of the largest weight, as a power of two; sums over the weights of more rows than memory holds
#: stay floats, and their squares.
MOST_BINARY_DIGITS = 100


def hidden_sizes(given: Any) -> list[int]:
    """Return the units of each hidden layer; refused in scikit-learn's words where one is not positive."""
    sizes = list(given) if hasattr(given, "__iter__") else [given]
    if not all(isinstance(size, Integral) and not isinstance(size, bool) for size in sizes):
        raise SettingError(
            "hidden_layer_sizes holds one whole number for each hidden layer, such as (100, 50), "
            f"but {given!r} came."
        )
    if any(size <= 0 for size in sizes):
        raise SettingError(f"hidden_layer_sizes must be > 0, got {sizes}.")
    return [int(size) for size in sizes]


def hidden_activations(given: Any, n_layers: int) -> list[ActivationFunction]:
    """Return the activation of each hidden layer: one name for all, or one for each; "logistic" is the sigmoid."""
    names: Sequence[Any] = [given] * n_layers if is_one_activation(given) else list(given)
    if len(names) != n_layers:
        raise SettingError(
            f"activation names {len(names)} functions for {n_layers} hidden layers: give one, or "
            "one for each."
        )
    return [activation_function("sigmoid" if name == "logistic" else name) for name in names]


def layers(sizes: Sequence[int], activation: Any, dropout: float, n_outputs: int) -> list[Layer]:
    """Return the layers: dense ones, with dropout behind each hidden one where it is asked for."""
    made: list[Layer] = []
    for size, function in zip(sizes, hidden_activations(activation, len(sizes)), strict=True):
        made.append(
            Dense(size, function.name if ACTIVATIONS.get(function.name) is function else function)
        )
        if dropout:
            made.append(Dropout(float(dropout)))
    return [*made, Dense(n_outputs)]


def initialize(
    weights: Sequence[Array], biases: Sequence[Array], activation: Any, rng: np.random.RandomState
) -> None:
    """Draw all first values in place, in the order of the layers: weights, then biases, both uniform in +-sqrt(f / (fan_in + fan_out)).

    Glorot and Bengio 2010, eq. 16, with f = 6; 2 for the sigmoid. Layer i takes the f of activation
    i, the last layer that of the last hidden one. The draws are those of the legacy generator of
    NumPy, which scikit-learn uses, so the same state gives the same numbers.
    """
    n_hidden = len(weights) - 1
    functions = hidden_activations(
        activation, max(n_hidden, 1) if is_one_activation(activation) else n_hidden
    )
    for i, (W, b) in enumerate(zip(weights, biases, strict=True)):
        sigmoid = bool(functions) and functions[min(i, len(functions) - 1)].name == "sigmoid"
        bound = np.sqrt((2.0 if sigmoid else 6.0) / sum(W.shape))
        W[...] = rng.uniform(-bound, bound, W.shape)
        b[...] = rng.uniform(-bound, bound, b.shape)


def optimizer(mlp: Any) -> SGD | Adam | LBFGS:
    """Return the optimizer of a solver."""
    if mlp.solver == "sgd":
        nesterov = bool(mlp.nesterovs_momentum and mlp.momentum > 0)
        return SGD(float(mlp.learning_rate_init), float(mlp.momentum), nesterov, rate_inside=True)
    if mlp.solver == "adam":
        return Adam(
            float(mlp.learning_rate_init),
            float(mlp.beta_1),
            float(mlp.beta_2),
            float(mlp.epsilon),
            uncorrected_eps=True,
        )
    return LBFGS(
        gradient_tolerance=float(mlp.tol),
        max_evaluations=int(mlp.max_fun),
        value_tolerance=VALUE_TOLERANCE,
    )


def penalty(mlp: Any) -> Penalty | None:
    """Return the L2 penalty on the weights, which scikit-learn divides by the rows of each batch."""
    return Penalty(l2=float(mlp.alpha), per_batch=True) if mlp.alpha else None


def usable_weight(weight: Array) -> Array:
    """Return weights as scikit-learn takes them, which weighs its penalty against them: as they are.

    Where the largest is beyond 2^100 or below 2^-100, scikit-learn may end in numbers that are not
    finite, or in chance. There they are brought near 1.
    """
    exponent = int(np.frexp(np.abs(weight).max(initial=0.0))[1])
    return (
        weight
        if abs(exponent) <= MOST_BINARY_DIGITS
        else relative_weight(weight.astype(np.float64))
    )


def classification_loss(out_activation: str, dtype: Any) -> Loss:
    """Return the cross-entropy that belongs to the last activation, with scikit-learn's clip of the probabilities."""
    floor = float(np.finfo(dtype).eps)
    return (
        Softmax(floor=floor)
        if out_activation == "softmax"
        else Logistic(outputs="sum", floor=floor)
    )


def regression_loss(loss: Any) -> Loss:
    """Return the loss of that name, scikit-learn's or glassnet's."""
    if loss == "squared_error":
        return Squared(outputs="mean_of_sum")
    if loss == "poisson":
        return Poisson(outputs="sum")
    return loss_function("absolute" if loss == "absolute_error" else loss)


def schedule(mlp: Any, passes: Passes, rows_seen: int, fresh: bool) -> InverseScalingByRows | None:
    """Return how the rate follows the rows seen; None where it is constant, or follows the loss ("adaptive")."""
    if mlp.solver != "sgd" or mlp.learning_rate != "invscaling":
        return None
    return InverseScalingByRows(
        float(mlp.power_t), passes.n, passes.steps_per_epoch, rows_seen, fresh
    )


def stopping(mlp: Any) -> EarlyStopping:
    """Return what ends training: the validation score where `early_stopping` is on, whose best weights are restored, else the loss."""
    return EarlyStopping(
        patience=float(mlp.n_iter_no_change),
        min_delta=float(mlp.tol),
        watch="validation_score" if mlp.early_stopping else "training_loss",
        lenient=True,
        restore=bool(mlp.early_stopping),
        rate_divisor=RATE_DIVISOR
        if mlp.solver == "sgd" and mlp.learning_rate == "adaptive"
        else None,
        least_rate=LEAST_RATE,
        on_divergence="stop" if mlp.early_stopping else "raise",
    )


class Shuffles:
    """The orders in which the epochs visit n rows: each shuffles the one before it, by draws of the legacy generator."""

    def __init__(self, n: int, shuffle: bool, rng: np.random.RandomState) -> None:
        self._order, self._shuffle, self._rng = np.arange(n, dtype=np.int64), shuffle, rng

    def __call__(self, epoch: int) -> Array:
        """Return the next order."""
        if self._shuffle:
            places = np.arange(len(self._order))
            self._rng.shuffle(places)
            self._order = self._order[places]
        return self._order
