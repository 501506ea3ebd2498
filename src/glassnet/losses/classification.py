"""Classification losses: logistic (binary) and softmax (multiclass) cross-entropy."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from glassnet.activations import sigmoid
from glassnet.checks import check_name, check_number
from glassnet.errors import DataError
from glassnet.losses.loss import REDUCTIONS, Array, LossTraits, mean, numbers, weighted_mean


@dataclass(frozen=True)
class Logistic:
    """Binary cross-entropy of one or several outputs; the link is the sigmoid. Cox 1958.

    -y log p - (1 - y) log(1 - p) with p = sigmoid(z), computed as max(z, 0) - y z + log(1 +
    exp(-|z|)); the gradient is p - y. Label smoothing moves y to (1 - s) y + s / 2 (Szegedy et al.
    2016, section 7, with two classes).

    reduction : over several outputs, see `glassnet.losses.loss.REDUCTIONS`
    clip_eps : in [0, 0.5); p is clipped to c in [clip_eps, 1 - clip_eps] before the logarithms, as
        in scikit-learn. This affects the value only, -y log(c) - (1 - y) log(1 - c); the gradient
        stays p - y.

    Only training uses `reduction` and `clip_eps`.
    """

    label_smoothing: float = 0.0
    reduction: str = "mean"
    clip_eps: float = 0.0
    name: ClassVar[str] = "logistic"
    traits: ClassVar[LossTraits] = LossTraits(
        tasks=("binary", "multilabel"), reads_target_as=None, link="sigmoid"
    )

    def __post_init__(self) -> None:
        check_number("label_smoothing", self.label_smoothing, "[0, 1)")
        check_name("reduction", self.reduction, REDUCTIONS)
        check_number("clip_eps", self.clip_eps, "[0, 0.5)")

    def prepare(self, y: Any, n_outputs: int, dtype: Any) -> Array:
        """Return numbers in [0, 1] `(n, n_outputs)`: labels or probabilities."""
        checked = numbers(y, n_outputs, dtype)
        if checked.size and (checked.min() < 0.0 or checked.max() > 1.0):
            raise DataError(
                "loss 'logistic' takes labels 0 and 1 or probabilities between, "
                f"but the target runs from {checked.min():g} to {checked.max():g}."
            )
        return checked

    def value_and_gradient(
        self, Z: Array, y: Array, weight: Array | None = None
    ) -> tuple[float, Array]:
        """Return the mean loss and its gradient by Z."""
        if self.label_smoothing:
            y = (1.0 - self.label_smoothing) * y + 0.5 * self.label_smoothing
        P = sigmoid(Z)
        if self.clip_eps:
            C = np.clip(P, self.clip_eps, 1.0 - self.clip_eps)
            L = -y * np.log(C) - (1.0 - y) * np.log(1.0 - C)
        else:
            L = np.maximum(Z, 0.0) - y * Z + np.log1p(np.exp(-np.abs(Z)))
        return weighted_mean(L, P - y, weight, self.reduction)

    def predict(self, Z: Array) -> Array:
        """The probability of the label 1: sigmoid(Z)."""
        return sigmoid(Z)

    def baseline(self, y: Array, n_outputs: int, weight: Array | None = None) -> Array:
        """The log-odds of the mean of y."""
        p = np.clip(mean(y, weight), 1e-6, 1.0 - 1e-6)
        return np.asarray(np.log(p / (1.0 - p)))


@dataclass(frozen=True)
class Softmax:
    """Cross-entropy over k classes; the link is softmax, p_j = exp(z_j) / sum exp(z). Bridle 1990.

    -sum_j y_j log p_j; the gradient is p - y. The target is integer labels `(n,)` or class
    probabilities `(n, k)`. Label smoothing moves y to (1 - s) y + s / k (Szegedy et al. 2016,
    section 7).

    clip_eps : in [0, 0.5); every p_j is clipped to [clip_eps, 1 - clip_eps] before the logarithm.
        This affects the value only; the gradient stays p - y. With labels, the loss of a row is
        clipped to [-log(1 - clip_eps), -log(clip_eps)]; with probabilities or smoothing it is
        -sum_j y_j log clip(p_j). Only training uses it.
    """

    label_smoothing: float = 0.0
    clip_eps: float = 0.0
    name: ClassVar[str] = "softmax"
    traits: ClassVar[LossTraits] = LossTraits(
        tasks=("binary", "multiclass"),
        reads_target_as="classification",
        link="softmax",
        one_per_class=True,
    )

    def __post_init__(self) -> None:
        check_number("label_smoothing", self.label_smoothing, "[0, 1)")
        check_number("clip_eps", self.clip_eps, "[0, 0.5)")

    def prepare(self, y: Any, n_outputs: int, dtype: Any) -> Array:
        """Return labels as int64 `(n,)`, or probabilities `(n, k)` in the network's dtype."""
        given: Array = np.asarray(y)
        if given.ndim == 2 and given.shape[1] == n_outputs and n_outputs > 1:
            P = numbers(given, n_outputs, dtype)
            if P.size and (
                P.min() < 0.0 or np.abs(P.sum(axis=1, dtype=np.float64) - 1.0).max() > 1e-3
            ):
                raise DataError(
                    "loss 'softmax' takes class probabilities whose rows are not negative and sum "
                    "to 1, but some rows do not."
                )
            return P
        if given.ndim == 2 and given.shape[1] == 1:
            given = given[:, 0]
        if given.ndim != 1:
            raise DataError(
                f"loss 'softmax' takes labels (n,) or probabilities (n, {n_outputs}), but the "
                f"target has shape {given.shape}."
            )
        # Floats of 2^53 and more, including infinity, are not labels; casting could change them.
        integers = (
            given.dtype.kind == "f"
            and np.array_equal(given, np.floor(given))
            and bool((np.abs(given) < 2.0**53).all())
        )
        if given.dtype.kind not in "iub" and not integers:
            raise DataError(
                "loss 'softmax' takes integer labels 0, 1, ..., k - 1, but the target holds other "
                "values: encode them first."
            )
        labels: Array = given.astype(np.int64)
        if labels.size and (labels.min() < 0 or labels.max() >= n_outputs):
            raise DataError(
                f"labels must run from 0 to {n_outputs - 1}, the network's outputs less one, got "
                f"{labels.min()} to {labels.max()}."
            )
        return labels

    def value_and_gradient(
        self, Z: Array, y: Array, weight: Array | None = None
    ) -> tuple[float, Array]:
        """Return the mean loss and its gradient by Z."""
        n, k = Z.shape
        S = Z - Z.max(axis=1, keepdims=True)
        P = np.exp(S)
        total = P.sum(axis=1, keepdims=True)
        P /= total
        keep, spread = 1.0 - self.label_smoothing, self.label_smoothing / k
        log_total = np.log(total[:, 0])
        if y.ndim == 1:
            rows = np.arange(n)
            L = log_total - keep * S[rows, y]
            P[rows, y] -= keep
        else:
            L = y.sum(axis=1) * log_total - keep * (y * S).sum(axis=1)
            P *= y.sum(axis=1, keepdims=True)
            P -= keep * y
        if spread:
            L -= spread * S.sum(axis=1)
            P -= spread
        if self.clip_eps:
            C = _clip(np.log(total) - S, self.clip_eps)
            L = keep * (
                C[np.arange(n), y] if y.ndim == 1 else (y * C).sum(axis=1)
            ) + spread * C.sum(axis=1)
        return weighted_mean(L, P, weight)

    def predict(self, Z: Array) -> Array:
        """The probabilities of the classes, rows summing to 1."""
        with np.errstate(over="ignore"):  # for scores near the largest float, with both signs
            P: Array = np.exp(Z - Z.max(axis=1, keepdims=True))
        P /= P.sum(axis=1, keepdims=True)
        return P

    def baseline(self, y: Array, n_outputs: int, weight: Array | None = None) -> Array:
        """The logarithms of the class frequencies."""
        if y.ndim == 2:
            return np.asarray(np.log(np.maximum(mean(y, weight), 1e-6)))
        counts = np.bincount(y, weights=weight, minlength=n_outputs)
        return np.asarray(np.log(np.maximum(counts / max(float(counts.sum()), 1e-300), 1e-6)))


def _clip(minus_log_p: Array, clip_eps: float) -> Array:
    """Return -log of the clipped probability, given -log p; unclipped values are exact."""
    return np.clip(minus_log_p, -math.log1p(-clip_eps), -math.log(clip_eps))
