"""What a drop-in knows of its target: labels and numbers as training holds them, as losses take them, as predictions and as scores.

Y is a target as training holds it: 0 and 1, or numbers, (n, n_outputs). P is what a loss predicts:
probabilities or numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, cast

import numpy as np
from sklearn.metrics import accuracy_score
from sklearn.preprocessing import LabelBinarizer

from glassnet.estimators.mlp import translation
from glassnet.estimators.scoring import r2
from glassnet.losses import Loss, loss_traits

Array = np.ndarray[Any, np.dtype[Any]]


class TargetCoding(Protocol):
    """One of `Labels` and `Numbers`."""

    @property
    def out_activation(self) -> str:
        """scikit-learn's name of the function behind the last layer."""
        ...

    @property
    def task(self) -> str:
        """One of "binary", "multiclass", "multilabel", "regression"."""
        ...

    @property
    def classes(self) -> Any:
        """The labels, in the order of the probabilities."""
        ...

    def loss(self, dtype: Any) -> Loss:
        """Return the loss for a network of that dtype."""
        ...

    def for_loss(self, Y: Array) -> Array:
        """Return Y as the loss takes it."""
        ...

    def truth(self, Y: Array) -> Array:
        """Return Y in the terms in which `predictions` answers."""
        ...

    def n_raw_scores(self, Y: Array) -> int:
        """Return how many outputs a network needs for Y."""
        ...

    def predictions(self, P: Array) -> Array:
        """Return labels or numbers."""
        ...

    def probabilities(self, P: Array) -> Array:
        """Return the probability of each class (n, k)."""
        ...

    def stratify(self, Y: Array) -> Array | None:
        """Return the classes of which the same share is held out, if any."""
        ...

    def score(self, truth: Array, predicted: Array, weight: Array | None) -> float:
        """Return how good predictions are, more being better."""
        ...


@dataclass(frozen=True)
class Labels:
    """One label a row, or several that may go together, as scikit-learn's binarizer codes them."""

    binarizer: LabelBinarizer

    @property
    def task(self) -> str:
        """One of "binary", "multiclass", "multilabel"."""
        kind = self.binarizer.y_type_
        return (
            "multilabel"
            if kind.startswith("multilabel")
            else "multiclass"
            if kind == "multiclass"
            else "binary"
        )

    @property
    def classes(self) -> Any:
        """The labels."""
        return self.binarizer.classes_

    @property
    def out_activation(self) -> str:
        """Softmax for one of several, the sigmoid for yes or no."""
        return "softmax" if self.task == "multiclass" else "logistic"

    def loss(self, dtype: Any) -> Loss:
        """Return the cross-entropy."""
        return translation.classification_loss(self.out_activation, dtype)

    def encode(self, y: Any) -> Array:
        """Return 0 and 1 as booleans, which do not widen float32."""
        Y = cast(Array, self.binarizer.transform(y).astype(bool))
        return Y.reshape(-1, 1) if Y.ndim == 1 else Y

    def for_loss(self, Y: Array) -> Array:
        """Return class indices (n,), or 0 and 1 (n, k)."""
        return Y.argmax(axis=1) if self.task == "multiclass" else Y.astype(np.float32)

    def truth(self, Y: Array) -> Array:
        """Return labels."""
        return cast(Array, self.binarizer.inverse_transform(Y))

    def n_raw_scores(self, Y: Array) -> int:
        """Return one for each column."""
        return int(Y.shape[1])

    def predictions(self, P: Array) -> Array:
        """Return labels."""
        return cast(Array, self.binarizer.inverse_transform(P[:, 0] if P.shape[1] == 1 else P))

    def probabilities(self, P: Array) -> Array:
        """Return the probability of each class (n, k)."""
        return np.hstack([1.0 - P, P]) if P.shape[1] == 1 else P

    def stratify(self, Y: Array) -> Array | None:
        """Return a single column as it is; like scikit-learn, several classes are not stratified."""
        return Y if Y.shape[1] == 1 else None

    def score(self, truth: Array, predicted: Array, weight: Array | None) -> float:
        """Return the accuracy."""
        return float(accuracy_score(truth, predicted, sample_weight=weight))


@dataclass(frozen=True)
class Numbers:
    """One or several numbers a row, taken as they are."""

    setting: Any  # the parameter `loss`
    task = "regression"
    classes = ()

    @property
    def out_activation(self) -> str:
        """The exponential where the loss has it for its link."""
        return loss_traits(self.loss(None)).link

    def loss(self, dtype: Any) -> Loss:
        """Return the loss of that name."""
        return translation.regression_loss(self.setting)

    def for_loss(self, Y: Array) -> Array:
        """Return Y."""
        return Y

    def truth(self, Y: Array) -> Array:
        """Return Y."""
        return Y

    def n_raw_scores(self, Y: Array) -> int:
        """Return one for each column, and for each quantile of it."""
        return loss_traits(self.loss(None)).n_raw_scores(int(Y.shape[1]))

    def predictions(self, P: Array) -> Array:
        """Return numbers (n,), or (n, m) for several."""
        return P[:, 0] if P.shape[1] == 1 else P

    def probabilities(self, P: Array) -> Array:
        """Return nothing: numbers have none."""
        raise NotImplementedError

    def stratify(self, Y: Array) -> Array | None:
        """Return None: there are no classes."""
        return None

    def score(self, truth: Array, predicted: Array, weight: Array | None) -> float:
        """Return R2; of several quantiles, which have none, their loss with its sign turned."""
        loss = self.loss(None)
        if loss_traits(loss).n_per_target > 1:
            return -loss.value_and_gradient(predicted, truth, weight)[0]
        return r2(truth, predicted, weight)
