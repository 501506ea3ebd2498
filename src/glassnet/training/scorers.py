"""scikit-learn's scorers on a network in training: the one door to them.

A scorer asks an estimator for predictions. Between two epochs the raw scores of the validation rows are known already, so the
estimator that it meets here answers from them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from glassnet.errors import SettingError, unknown_name
from glassnet.losses import Loss

Array = np.ndarray[Any, np.dtype[Any]]
Scoring = str | Callable[[Any, Any, Any], float]


def bind_scorer(
    scoring: Scoring,
    loss: Loss,
    X: Any,
    y: Any,
    weight: Array | None,
    raw_scores: Callable[[Any], Array],
    *,
    classes: Array | None = None,
    decode: Callable[[Array], Array] | None = None,
) -> Callable[[Array], float]:
    """Return a function from the raw scores of X to the score, higher being better.

    Parameters
    ----------
    scoring : a scorer's name ("roc_auc", "neg_log_loss", ...) or a callable (estimator, X, y)
    loss : its link turns raw scores into predictions, and tells classes from numbers
    X, y, weight : the validation rows, y as the scorer shall see it
    raw_scores : raw scores of other rows, should the scorer ask for them
    classes : labels by column of the probabilities; 0, 1, ... by default
    decode : predictions of a regression -> the units that y is in
    """
    scorer = scoring if callable(scoring) else _named(scoring)
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if loss.name in ("softmax", "logistic"):
        multilabel = loss.name == "logistic" and y.ndim == 2
        if loss.name == "softmax" and y.ndim == 2:
            y = y.argmax(axis=1)
        if classes is None:
            n_classes = y.shape[1] if multilabel else max(int(y.max(initial=1)) + 1, 2)
            classes = np.arange(n_classes)
            y = y.astype(np.int64)
        estimator = _estimator(loss, X, raw_scores, classes, multilabel, None)
    else:
        estimator = _estimator(loss, X, raw_scores, None, False, decode)
    options = {"sample_weight": weight} if weight is not None and isinstance(scoring, str) else {}

    def score(Z: Array) -> float:
        estimator.raw = Z
        return float(scorer(estimator, X, y, **options))

    return score


def _named(scoring: str) -> Callable[..., float]:
    from sklearn.metrics import get_scorer, get_scorer_names

    if not isinstance(scoring, str):
        raise SettingError(f"scoring is a scorer's name or a callable (estimator, X, y), but {scoring!r} came.")
    if scoring not in get_scorer_names():
        raise unknown_name("scorer", scoring, get_scorer_names())
    scorer: Callable[..., float] = get_scorer(scoring)
    return scorer


def _estimator(
    loss: Loss,
    X_known: Any,
    raw_scores: Callable[[Any], Array],
    classes: Array | None,
    multilabel: bool,
    decode: Callable[[Array], Array] | None,
) -> Any:
    """Return an object that scikit-learn takes for a fitted estimator. The classes live here: their bases import scikit-learn."""
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

    class Scored(BaseEstimator):  # type: ignore[misc]
        raw: Array

        def _predictions(self, X: Any) -> Array:
            Z = self.raw if X is X_known else raw_scores(X)
            return loss.predict(Z)

        def __sklearn_is_fitted__(self) -> bool:
            return True

    class Classifier(ClassifierMixin, Scored):  # type: ignore[misc]
        def __init__(self) -> None:
            self.classes_ = classes

        def predict_proba(self, X: Any) -> Array:
            P = self._predictions(X)
            return np.hstack([1.0 - P, P]) if P.shape[1] == 1 and not multilabel else P

        def predict(self, X: Any) -> Array:
            P = self.predict_proba(X)
            if multilabel:
                return (P > 0.5).astype(np.int64)
            assert classes is not None
            picked: Array = classes[P.argmax(axis=1)]
            return picked

    class Regressor(RegressorMixin, Scored):  # type: ignore[misc]
        def predict(self, X: Any) -> Array:
            Y = self._predictions(X)
            Y = Y if decode is None else decode(Y)
            return Y[:, 0] if Y.ndim == 2 and Y.shape[1] == 1 else Y

    return Regressor() if classes is None else Classifier()
