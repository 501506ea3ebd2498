"""Encode the target of `MLPClassifier` and `MLPRegressor` for training and for scoring.

Y is the encoded target: 0 and 1, or numbers, (n, n_outputs). P is the prediction of a loss:
probabilities or numbers.
"""

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from sklearn.metrics import accuracy_score
from sklearn.preprocessing import LabelBinarizer

from glassnet.estimators.scoring import r2
from glassnet.losses import Logistic, Loss, Poisson, Softmax, Squared, loss_function, loss_traits

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass
class NumberCoding:
    """Encodes one or several numbers for each row, for the loss given by the parameter."""

    loss_parameter: Any
    task = "regression"
    classes = ()

    def loss(self, dtype: Any) -> Loss:
        """Return the loss of a name, perhaps scikit-learn's; it does not depend on the dtypes."""
        if self.loss_parameter == "squared_error":
            return Squared(reduction="mean_of_sum")
        if self.loss_parameter == "poisson":
            return Poisson(reduction="sum")
        is_absolute = self.loss_parameter == "absolute_error"
        return loss_function("absolute" if is_absolute else self.loss_parameter)

    def for_loss(self, Y: Array) -> Array:
        """Return Y."""
        return Y

    truth = for_loss

    def stratify(self, Y: Array) -> Array | None:
        """Return None: there are no classes."""
        return None

    def predictions(self, P: Array) -> Array:
        """Return numbers (n,), or (n, m) for several."""
        return P[:, 0] if P.shape[1] == 1 else P

    def score(self, truth: Array, predicted: Array, weight: Array | None) -> float:
        """Return R2; several quantiles have none, so their score is minus the loss."""
        loss = self.loss(truth.dtype)
        if loss_traits(loss).n_per_target > 1:
            return -loss.value_and_gradient(predicted, truth, weight)[0]
        return r2(truth, predicted, weight)


@dataclass
class LabelCoding:
    """Encodes one or several labels for each row, like scikit-learn's `LabelBinarizer`."""

    binarizer: LabelBinarizer

    def __post_init__(self) -> None:
        kind = self.binarizer.y_type_.partition("-")[0]
        self.task = kind if kind in ("multilabel", "multiclass") else "binary"
        self.classes = self.binarizer.classes_

    def loss(self, dtype: Any) -> Loss:
        """Return the cross-entropy, with scikit-learn's clipping of probabilities."""
        clip_eps = float(np.finfo(dtype).eps)
        if self.task == "multiclass":
            return Softmax(clip_eps=clip_eps)
        return Logistic(reduction="sum", clip_eps=clip_eps)

    def encode(self, y: Any) -> Array:
        """Return 0 and 1 as booleans, which do not widen float32."""
        Y = cast(Array, self.binarizer.transform(y).astype(bool))
        return Y.reshape(-1, 1) if Y.ndim == 1 else Y

    def for_loss(self, Y: Array) -> Array:
        """Return class indices (n,), or 0 and 1 (n, k)."""
        return Y.argmax(axis=1) if self.task == "multiclass" else Y.astype(np.float32)

    def truth(self, Y: Array) -> Array:
        """Return the labels."""
        return cast(Array, self.binarizer.inverse_transform(Y))

    def stratify(self, Y: Array) -> Array | None:
        """Return a single column; like scikit-learn, several columns are not stratified."""
        return Y if Y.shape[1] == 1 else None

    def predictions(self, P: Array) -> Array:
        """Return the most probable labels."""
        return cast(Array, self.binarizer.inverse_transform(P[:, 0] if P.shape[1] == 1 else P))

    def score(self, truth: Array, predicted: Array, weight: Array | None) -> float:
        """Return the accuracy."""
        return float(accuracy_score(truth, predicted, sample_weight=weight))


TargetCoding = LabelCoding | NumberCoding
