"""Interface of losses: the mean loss of raw scores, its gradient, and predictions.

    value, dZ = loss.value_and_gradient(Z, y, weight)

Z and dZ are (n, n_outputs), weight is (n,) or None, value is a float.

A loss is a function of the raw scores Z of the last layer. It contains its link, the function from
raw scores to predictions (softmax, logistic, exponential), so that the derivative of both together
is simple: P - Y for softmax with cross-entropy. Values are weighted means over the rows of the
batch and, by default, means over the outputs, summed in float64. A row of weight 2 counts as two
rows, a row of weight 0 as none, and a batch of total weight 0 has the value 0. `prepare` checks and
encodes a target once; the other methods do not check it again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from glassnet.errors import DataError
from glassnet.quantiles import weighted_quantiles

Array = np.ndarray[Any, np.dtype[Any]]

#: How the losses of several outputs are combined. "mean": value and gradient are those of the mean
#: over outputs. "sum": both are those of the sum. "mean_of_sum": the value is the mean, but the
#: gradient is that of the sum, as in scikit-learn's regression on several targets.
REDUCTIONS = ("mean", "sum", "mean_of_sum")


@dataclass(frozen=True)
class LossTraits:
    """Properties of a loss: its targets and its raw scores. The defaults suit user-defined losses.

    Attributes
    ----------
    tasks : tasks that it fits: "binary", "multiclass", "multilabel", "regression"
    reads_target_as : "classification" or "regression", the task if only the loss is given; None
        leaves it to the values of the target
    link : function from raw scores to predictions: "identity", "exp", "sigmoid" or "softmax"
    scales_target : whether the target is standardized for training
    stays_in_range : whether predictions are averages or medians of targets, so that a recipe may
        clip them to the range of the targets
    n_per_target : number of raw scores for each column of the target
    one_per_class : whether there is a raw score for each class instead, at least two
    """

    tasks: tuple[str, ...] = ("regression",)
    reads_target_as: str | None = "regression"
    link: str = "identity"
    scales_target: bool = True
    stays_in_range: bool = False
    n_per_target: int = 1
    one_per_class: bool = False

    @property
    def classifies(self) -> bool:
        """Whether predictions are probabilities of classes."""
        return "binary" in self.tasks

    def task(self, n_outputs: int) -> str:
        """Return the task of a network with `n_outputs` outputs."""
        return self.tasks[0 if n_outputs == 1 else -1]

    def n_raw_scores(self, n_targets: int, n_classes: int = 0) -> int:
        """Return how many outputs a network needs for a target."""
        return max(2, n_classes) if self.one_per_class else n_targets * self.n_per_target


class Loss(Protocol):
    """Interface of a loss."""

    @property
    def name(self) -> str:
        """The name of the loss in settings, files and reports."""

    def prepare(self, y: Any, n_outputs: int, dtype: Any) -> Array:
        """Return the target as the other methods need it; DataError if it does not fit."""

    def value_and_gradient(
        self, Z: Array, y: Array, weight: Array | None = None
    ) -> tuple[float, Array]:
        """Return the mean loss and its gradient by Z."""

    def predict(self, Z: Array) -> Array:
        """Return probabilities, means or quantiles from raw scores, of the shape of Z."""

    def baseline(self, y: Array, n_outputs: int, weight: Array | None = None) -> Array:
        """Return the constant raw scores `(n_outputs,)` that (nearly) minimize the loss."""


#: The methods of `Loss` with their arguments, and its attributes.
METHODS = {
    "prepare": "y, n_outputs, dtype",
    "value_and_gradient": "Z, y, weight",
    "predict": "Z",
    "baseline": "y, n_outputs, weight",
}
ATTRIBUTES = ("name",)


def weighted_mean(
    L: Array, dZ: Array, weight: Array | None, reduction: str = "mean"
) -> tuple[float, Array]:
    """Return the weighted mean of the losses, and the gradient scaled to match.

    L : (n, n_outputs), or (n,) if all outputs have one common loss
    dZ : (n, n_outputs), the derivative of each loss by its raw score; scaled in place
    reduction : over the outputs, see REDUCTIONS
    """
    n_outputs = L.shape[1] if L.ndim == 2 else 1
    value_divisor, gradient_divisor = (
        1 if reduction == "sum" else n_outputs,
        n_outputs if reduction == "mean" else 1,
    )
    rows = L.sum(axis=1, dtype=np.float64) if L.ndim == 2 else L.astype(np.float64, copy=False)
    total = float(len(rows)) if weight is None else float(weight.sum(dtype=np.float64))
    if total <= 0.0:
        dZ[...] = 0.0
        return 0.0, dZ
    if weight is None:
        dZ *= 1.0 / (total * gradient_divisor)
        return float(rows.sum()) / (total * value_divisor), dZ
    zero_weight = weight == 0.0
    if zero_weight.any():  # they may contain infinity, and 0 * inf is not 0
        rows, dZ[zero_weight] = np.where(zero_weight, 0.0, rows), 0.0
    dZ *= (weight / (total * gradient_divisor)).astype(dZ.dtype, copy=False)[:, None]
    return float(np.dot(rows, weight)) / (total * value_divisor), dZ


def numbers(y: Any, n_columns: int, dtype: Any) -> Array:
    """Return a target as finite numbers `(n, n_columns)`; a vector is one column."""
    given: Array = np.asarray(y)
    if given.dtype.kind not in "iufb":
        raise DataError(f"the target must hold numbers, but its values are of type {given.dtype}.")
    if given.ndim == 1:
        given = given[:, None]
    if given.ndim != 2 or given.shape[1] != n_columns:
        expected = "(n,) or (n, 1)" if n_columns == 1 else f"(n, {n_columns})"
        raise DataError(
            f"the target must have shape {expected} for this network and loss, but it has shape "
            f"{given.shape}."
        )
    with np.errstate(over="ignore"):
        checked: Array = np.ascontiguousarray(given, dtype)
    if not np.isfinite(checked).all():
        row = int(np.flatnonzero(~np.isfinite(checked).all(axis=1))[0])
        raise DataError(
            f"the target must be finite in {np.dtype(dtype)}, but row {row} holds "
            f"{given[row].tolist()}."
        )
    return checked


def mean(y: Array, weight: Array | None) -> Array:
    """Return the weighted mean of each column in float64."""
    return np.asarray(np.average(y.astype(np.float64, copy=False), axis=0, weights=weight))


def quantiles(y: Array, at: Sequence[float], weight: Array | None) -> Array:
    """Return the weighted quantiles of each column in turn, in float64."""
    columns = [weighted_quantiles(column, at, weight) for column in y.T]
    return np.concatenate(columns).astype(np.float64)


def exp(Z: Array) -> Array:
    """Return e^Z, infinite without a warning beyond the dtype: training checks for that itself."""
    with np.errstate(over="ignore"):
        return np.asarray(np.exp(Z))
