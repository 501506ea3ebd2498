"""Losses for classes: cross-entropy with the logistic link (yes or no, several at once) and with softmax (one of k)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from glassnet.activations import sigmoid
from glassnet.errors import DataError, SettingError, is_number
from glassnet.losses.loss import Array, LossTraits, check_outputs, mean, numbers, weighted_mean


@dataclass(frozen=True)
class Logistic:
    """Binary cross-entropy of one or several yes-or-no outputs; the link is the sigmoid. Cox 1958.

    -y log p - (1 - y) log(1 - p) with p = sigmoid(z), computed as max(z, 0) - y z + log(1 +
    exp(-|z|)); the gradient is p - y. Label smoothing moves y to (1 - s) y + s / 2 (Szegedy et al.
    2016, section 7, with two classes).

    outputs : "mean", "sum" or "mean_of_sum" of several outputs, see `glassnet.losses.loss.OUTPUTS`
    floor : in [0, 0.5); p is clipped to [floor, 1 - floor] before its logarithms are taken, in the
        value only: the gradient stays p - y. The value is then -y log(c) - (1 - y) log(1 - c) of
        the clipped number c itself, so that near p = 1 it has the digits which 1 - c has left, as
        in scikit-learn.

    Both matter to training alone.
    """

    label_smoothing: float = 0.0
    outputs: str = "mean"
    floor: float = 0.0
    name: ClassVar[str] = "logistic"
    traits: ClassVar[LossTraits] = LossTraits(
        tasks=("binary", "multilabel"), reads_target_as=None, link="sigmoid"
    )

    def __post_init__(self) -> None:
        _check_smoothing(self.label_smoothing)
        check_outputs(self.outputs)
        _check_floor(self.floor)

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
        if self.floor:
            C = np.clip(P, self.floor, 1.0 - self.floor)
            L = -y * np.log(C) - (1.0 - y) * np.log(1.0 - C)
        else:
            L = np.maximum(Z, 0.0) - y * Z + np.log1p(np.exp(-np.abs(Z)))
        return weighted_mean(L, P - y, weight, self.outputs)

    def predict(self, Z: Array) -> Array:
        """The probability of a yes: sigmoid(Z)."""
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

    floor : in [0, 0.5); every p_j is clipped to [floor, 1 - floor] before its logarithm is taken,
        in the value only: the gradient stays p - y. With labels the loss of a row is clipped to
        [-log(1 - floor), -log(floor)]; with probabilities or smoothing the logarithms are clipped
        first and weighted then, -sum_j y_j log clip(p_j). It matters to training alone.
    """

    label_smoothing: float = 0.0
    floor: float = 0.0
    name: ClassVar[str] = "softmax"
    traits: ClassVar[LossTraits] = LossTraits(
        tasks=("binary", "multiclass"),
        reads_target_as="classification",
        link="softmax",
        one_per_class=True,
    )

    def __post_init__(self) -> None:
        _check_smoothing(self.label_smoothing)
        _check_floor(self.floor)

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
        # Whole numbers beyond 2^53, infinity among them, are no labels and would not survive the
        # cast.
        whole = (
            given.dtype.kind == "f"
            and np.array_equal(given, np.floor(given))
            and bool((np.abs(given) < 2.0**53).all())
        )
        if given.dtype.kind not in "iub" and not whole:
            raise DataError(
                "loss 'softmax' takes integer labels 0, 1, ..., k - 1, but the target holds other "
                "values: encode them first."
            )
        labels: Array = given.astype(np.int64)
        if labels.size and (labels.min() < 0 or labels.max() >= n_outputs):
            raise DataError(
                f"labels must run from 0 to {n_outputs - 1}, the network's outputs less one, but "
                f"{labels.min()} to {labels.max()} came."
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
        if self.floor:
            C = _clip(np.log(total) - S, self.floor)
            L = keep * (
                C[np.arange(n), y] if y.ndim == 1 else (y * C).sum(axis=1)
            ) + spread * C.sum(axis=1)
        return weighted_mean(L, P, weight)

    def predict(self, Z: Array) -> Array:
        """The probabilities of the classes, rows summing to 1."""
        with np.errstate(over="ignore"):  # of scores near the largest float, with both signs
            P: Array = np.exp(Z - Z.max(axis=1, keepdims=True))
        P /= P.sum(axis=1, keepdims=True)
        return P

    def baseline(self, y: Array, n_outputs: int, weight: Array | None = None) -> Array:
        """The logarithms of the class frequencies."""
        if y.ndim == 2:
            return np.asarray(np.log(np.maximum(mean(y, weight), 1e-6)))
        counts = np.bincount(y, weights=weight, minlength=n_outputs)
        return np.asarray(np.log(np.maximum(counts / max(float(counts.sum()), 1e-300), 1e-6)))


def _check_smoothing(label_smoothing: float) -> None:
    if not is_number(label_smoothing) or not 0.0 <= label_smoothing < 1.0:
        raise SettingError(f"label_smoothing must lie in [0, 1), but {label_smoothing!r} came.")


def _check_floor(floor: float) -> None:
    if not is_number(floor) or not 0.0 <= floor < 0.5:
        raise SettingError(f"floor must lie in [0, 0.5), but {floor!r} came.")


def _clip(minus_log_p: Array, floor: float) -> Array:
    """Return -log of the clipped probability from -log of the probability, which loses nothing where nothing is clipped."""
    return np.clip(minus_log_p, -math.log1p(-floor), -math.log(floor))
