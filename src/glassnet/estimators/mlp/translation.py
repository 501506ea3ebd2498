"""Translate scikit-learn's parameters of a multi-layer perceptron into glassnet's objects.

Where the arithmetic of scikit-learn differs from glassnet's own, the difference is a named field of
the object. docs/coming-from-scikit-learn.md has the same table:

    velocity <- momentum * velocity - lr * g             SGD(lr_in_velocity=True)
    sqrt(v) + eps, v not corrected for its start         Adam(uncorrected_eps=True)
    alpha / 2 |W|^2 / (rows of the batch)                Penalty(per_batch=True)
    several outputs add up                               Logistic, Poisson(reduction="sum"),
                                                         Squared(reduction="mean_of_sum")
    log of probabilities in [eps, 1 - eps]               Logistic, Softmax(clip_eps=eps)
    patience by ">", a gain of exactly tol is one        EarlyStopping(sklearn_patience=True)
    an epoch's loss counts rows, not weights             BatchPlan(mean_over_rows=True)
    rate / 5 when patience runs out ("adaptive")         EarlyStopping(rate_divisor=5)
    rate by rows seen, epoch by epoch ("invscaling")     InverseScalingByRows
"""

from collections.abc import Callable, Sequence
from numbers import Integral
from typing import Any

import numpy as np

from glassnet.activations import (
    ACTIVATIONS,
    ActivationFunction,
    activation_function,
)
from glassnet.data.rows import relative_weight
from glassnet.errors import SettingError
from glassnet.layers import Dense, Dropout, Layer
from glassnet.optimizers import LBFGS, SGD, Adam
from glassnet.penalties import Penalty
from glassnet.protocols import require_arguments
from glassnet.schedules import InverseScalingByRows
from glassnet.training.batch_plan import BatchPlan
from glassnet.training.resolved_plan import is_one_activation, one_for_each
from glassnet.training.stopping import EarlyStopping, Epoch

Array = np.ndarray[Any, np.dtype[Any]]

#: SciPy's default `ftol` for L-BFGS, which scikit-learn uses.
VALUE_TOLERANCE = 1e7 * float(np.finfo(np.float64).eps)
#: "adaptive" divides the rate by the first number and stops at the second.
RATE_DIVISOR, MIN_RATE = 5.0, 1e-6
#: Largest binary exponent of a weight that is not scaled. Below it, sums of the weights of any
#: number of rows, and their squares, do not overflow.
MAX_EXPONENT = 100


def hidden_sizes(given: Any) -> list[int]:
    """Return the units of each hidden layer; errors have scikit-learn's words."""
    sizes = list(given) if hasattr(given, "__iter__") else [given]
    if not all(isinstance(size, Integral) and not isinstance(size, bool) for size in sizes):
        raise SettingError(
            "hidden_layer_sizes must be one whole number for each hidden layer, such as (100, 50), "
            f"got {given!r}."
        )
    if any(size <= 0 for size in sizes):
        raise SettingError(f"hidden_layer_sizes must be > 0, got {sizes}.")
    return [int(size) for size in sizes]


def hidden_activations(given: Any, n_layers: int) -> list[ActivationFunction]:
    """Return the activation of each hidden layer: one for all, or one for each.

    scikit-learn's "logistic" is the sigmoid.
    """
    names = one_for_each(given if is_one_activation(given) else list(given), n_layers)
    return [activation_function("sigmoid" if name == "logistic" else name) for name in names]


def layers(sizes: Sequence[int], activation: Any, dropout: float, n_outputs: int) -> list[Layer]:
    """Return the dense layers, with dropout after each hidden one if its rate is not zero."""
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
    """Draw the initial weights and biases in place, layer by layer.

    Both are uniform in +-sqrt(f / (fan_in + fan_out)), Glorot and Bengio 2010, eq. 16, with f = 6,
    or 2 for the sigmoid. Layer i takes the f of activation i, the last layer that of the last
    hidden layer. Like scikit-learn, it draws from NumPy's legacy generator, so the same state gives
    the same numbers.
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


def batch_optimizer(mlp: Any) -> SGD | Adam:
    """Return the optimizer of the solvers "sgd" and "adam"."""
    if mlp.solver == "sgd":
        nesterov = bool(mlp.nesterovs_momentum and mlp.momentum > 0)
        return SGD(
            float(mlp.learning_rate_init), float(mlp.momentum), nesterov, lr_in_velocity=True
        )
    return Adam(
        float(mlp.learning_rate_init),
        float(mlp.beta_1),
        float(mlp.beta_2),
        float(mlp.epsilon),
        uncorrected_eps=True,
    )


def lbfgs(mlp: Any) -> LBFGS:
    """Return the optimizer of the solver "lbfgs"."""
    return LBFGS(
        gradient_tolerance=float(mlp.tol),
        max_evaluations=int(mlp.max_fun),
        value_tolerance=VALUE_TOLERANCE,
    )


def penalty(mlp: Any) -> Penalty | None:
    """Return the L2 penalty, which scikit-learn divides by the rows of each batch."""
    return Penalty(l2=float(mlp.alpha), per_batch=True) if mlp.alpha else None


def usable_weight(weight: Array) -> Array:
    """Return weights unchanged, because scikit-learn's penalty depends on their size.

    If the largest is above 2^100 or below 2^-100, scikit-learn may return NaN or random results.
    These weights are scaled to a maximum near 1.
    """
    exponent = int(np.frexp(np.abs(weight).max(initial=0.0))[1])
    return weight if abs(exponent) <= MAX_EXPONENT else relative_weight(weight.astype(np.float64))


def schedule(
    mlp: Any, batches: BatchPlan, rows_seen: int, fresh: bool
) -> InverseScalingByRows | None:
    """Return the schedule of "invscaling"; None if the rate is constant or "adaptive"."""
    if mlp.solver != "sgd" or mlp.learning_rate != "invscaling":
        return None
    return InverseScalingByRows(
        float(mlp.power_t), batches.n, batches.steps_per_epoch, rows_seen, fresh
    )


def stopping(mlp: Any) -> EarlyStopping:
    """Return what ends training: the training loss, or with `early_stopping` the validation score.

    With `early_stopping` the best weights are restored.
    """
    adaptive = mlp.solver == "sgd" and mlp.learning_rate == "adaptive"
    return EarlyStopping(
        patience=float(mlp.n_iter_no_change),
        min_delta=float(mlp.tol),
        watch="validation_score" if mlp.early_stopping else "training_loss",
        sklearn_patience=True,
        restore=bool(mlp.early_stopping),
        rate_divisor=RATE_DIVISOR if adaptive else None,
        least_rate=MIN_RATE,
        on_divergence="stop" if mlp.early_stopping else "raise",
    )


def listeners(callbacks: Any) -> list[Callable[[Epoch], Any]]:
    """Return the parameter `callbacks` as a list of functions."""
    if callbacks is None:
        return []
    given = [callbacks] if callable(callbacks) else list(callbacks)
    for listener in given:
        require_arguments("a callback", listener, "epoch")
    return given


class Shuffles:
    """Permutations of n rows, one for each epoch, by shuffling the last one.

    They come from NumPy's legacy generator, as in scikit-learn.
    """

    def __init__(self, n: int, shuffle: bool, rng: np.random.RandomState) -> None:
        self._order, self._shuffle, self._rng = np.arange(n, dtype=np.int64), shuffle, rng

    def __call__(self, epoch: int) -> Array:
        """Return the next permutation."""
        if self._shuffle:
            permutation = np.arange(len(self._order))
            self._rng.shuffle(permutation)
            self._order = self._order[permutation]
        return self._order
