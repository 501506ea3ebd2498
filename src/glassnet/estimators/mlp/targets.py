"""Code the target of a drop-in: labels and numbers, as training takes them and as they are scored.

Y is the target as training holds it: 0 and 1, or numbers, (n, n_outputs). P is what a loss
predicts: probabilities or numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from sklearn.metrics import accuracy_score
from sklearn.preprocessing import LabelBinarizer

from glassnet.estimators.mlp import translation
from glassnet.estimators.scoring import r2
from glassnet.losses import Loss, Quantile

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class LabelCoding:
    """One label for each row, or several, as scikit-learn's binarizer codes them."""

    binarizer: LabelBinarizer

    @property
    def task(self) -> str:
        """One of "binary", "multiclass", "multilabel"."""
        kind = self.binarizer.y_type_.partition("-")[0]
        return kind if kind in ("multilabel", "multiclass") else "binary"

    @property
    def classes(self) -> Any:
        """The labels in the order of the probabilities."""
        return self.binarizer.classes_

    @property
    def out_activation(self) -> str:
        """scikit-learn's name of the output activation."""
        return "softmax" if self.task == "multiclass" else "logistic"

    def loss(self, dtype: Any) -> Loss:
        """Return the cross-entropy for a network of that dtype."""
        return translation.classification_loss(self.out_activation, dtype)

    def encode(self, y: Any) -> Array:
        """Return 0 and 1 as booleans, which do not widen float32."""
        Y = cast(Array, self.binarizer.transform(y).astype(bool))
        return Y.reshape(-1, 1) if Y.ndim == 1 else Y

    def for_loss(self, Y: Array) -> Array:
        """Return class indices (n,), or 0 and 1 (n, k)."""
        return Y.argmax(axis=1) if self.task == "multiclass" else Y.astype(np.float32)

    def truth(self, Y: Array) -> Array:
        """Return the labels, as `predictions` does."""
        return cast(Array, self.binarizer.inverse_transform(Y))

    def n_raw_scores(self, Y: Array) -> int:
        """Return the number of network outputs for Y."""
        return int(Y.shape[1])

    def predictions(self, P: Array) -> Array:
        """Return the most probable labels."""
        return cast(Array, self.binarizer.inverse_transform(P[:, 0] if P.shape[1] == 1 else P))

    def probabilities(self, P: Array) -> Array:
        """Return the probability of each class (n, k)."""
        return np.hstack([1.0 - P, P]) if P.shape[1] == 1 else P

    def stratify(self, Y: Array) -> Array | None:
        """Return what rows are stratified by: like scikit-learn's, a single column or nothing."""
        return Y if Y.shape[1] == 1 else None

    def score(self, truth: Array, predicted: Array, weight: Array | None) -> float:
        """Return the accuracy."""
        return float(accuracy_score(truth, predicted, sample_weight=weight))


@dataclass(frozen=True)
class NumberCoding:
    """One or several numbers for each row, without scaling."""

    loss_parameter: Any
    task = "regression"
    classes = ()

    @property
    def out_activation(self) -> str:
        """scikit-learn's name of the output activation."""
        return "exp" if self.loss(None).name in ("poisson", "gamma") else "identity"

    def loss(self, dtype: Any) -> Loss:
        """Return the loss that the parameter names; it is the same for every dtype."""
        return translation.regression_loss(self.loss_parameter)

    def for_loss(self, Y: Array) -> Array:
        """Return Y."""
        return Y

    def truth(self, Y: Array) -> Array:
        """Return Y."""
        return Y

    def n_raw_scores(self, Y: Array) -> int:
        """Return the number of network outputs for Y: one for each column and quantile."""
        return int(Y.shape[1]) * len(self._quantiles or (0,))

    def predictions(self, P: Array) -> Array:
        """Return numbers (n,), or (n, m) for several."""
        return P[:, 0] if P.shape[1] == 1 else P

    def probabilities(self, P: Array) -> Array:
        """Raise NotImplementedError: numbers have no probabilities."""
        raise NotImplementedError

    def stratify(self, Y: Array) -> Array | None:
        """Return None: there are no classes."""
        return None

    def score(self, truth: Array, predicted: Array, weight: Array | None) -> float:
        """Return R2; several quantiles have none, so their score is minus the loss."""
        if len(self._quantiles) > 1:
            return -float(self.loss_parameter.value_and_gradient(predicted, truth, weight)[0])
        return r2(truth, predicted, weight)

    @property
    def _quantiles(self) -> tuple[float, ...]:
        loss = self.loss_parameter
        return tuple(loss.quantiles) if isinstance(loss, Quantile) else ()


TargetCoding = LabelCoding | NumberCoding
