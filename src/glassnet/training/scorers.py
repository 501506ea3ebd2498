"""Compute scikit-learn scorers on a network during training.

Only this file imports scikit-learn's scorers. A scorer calls an estimator for predictions. Between
two epochs the raw scores of the validation rows are already known, so the estimator defined here
computes its predictions from them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from glassnet.answers import Answers
from glassnet.data.coding.moments import power_of_two
from glassnet.data.rows import Array, Rows
from glassnet.errors import SettingError, unknown_name
from glassnet.protocols import (
    name_of,
    parameter_names,
    refuse_class,
    require_arguments,
    signature_of,
)

Scoring = str | Callable[[Any, Any, Any], float]
#: Regression scores without a unit. They are computed from numbers scaled to near 1, whose squares
#: cannot overflow.
WITHOUT_UNIT = ("r2", "explained_variance", "d2_absolute_error_score")
#: Names of a first argument that mark a metric, (y_true, y_pred), instead of a scorer.
_TRUTHS = ("y_true", "y", "true", "truth", "y_test", "labels_true", "target", "targets", "actual")


@dataclass(frozen=True)
class ScorerAnswers:
    """What scorers need, for callers that have no `glassnet.answers.Answers`.

    Attributes
    ----------
    task : one of "binary", "multiclass", "multilabel", "regression"
    classes : the labels in the order of the probabilities
    predictions : raw scores -> labels or numbers
    probabilities : raw scores -> probabilities `(n, k)`
    """

    task: str
    classes: Sequence[Any]
    predictions: Callable[[Array], Array]
    probabilities: Callable[[Array], Array]


def bind_scorer(
    scoring: Scoring,
    answers: Answers | ScorerAnswers,
    raw_scores: Callable[[Any], Array],
    rows: Rows,
) -> Callable[[Array], float]:
    """Return a function from the raw scores of rows to their score; higher is better.

    Parameters
    ----------
    scoring : a scorer's name ("roc_auc", "neg_log_loss", ...) or a callable (estimator, X, y)
    answers : converts raw scores to predictions
    raw_scores : computes the raw scores of other features, if a scorer needs them
    rows : the validation rows, with y in the form of the predictions of `answers`; their weights
        are passed to named scorers only
    """
    factor: Any = 1.0
    scorer, y = _scorer(scoring), rows.y
    named = isinstance(scoring, str)
    if named and scoring in WITHOUT_UNIT and answers.task == "regression":
        factor = power_of_two(np.abs(np.asarray(y, np.float64)).max(axis=0))
        y = y * factor
    estimator = _estimator(answers, raw_scores, rows.X, factor)
    options = {"sample_weight": rows.weight} if named and rows.weight is not None else {}

    def score(Z: Array) -> float:
        estimator.raw = Z
        found: Any = scorer(estimator, rows.X, y, **options)
        try:
            return float(found)
        except (TypeError, ValueError):
            array = isinstance(found, np.ndarray)
            kind = f"an array of shape {found.shape}" if array else repr(found)
            raise SettingError(
                f"a scorer must return one number, got {kind} from {name_of(scorer)}."
            ) from None

    return score


def _scorer(scoring: Scoring) -> Callable[..., float]:
    if callable(scoring):
        _refuse_metric(scoring)
        return scoring
    from sklearn.metrics import get_scorer, get_scorer_names

    if not isinstance(scoring, str):
        raise SettingError(
            f"scoring must be a scorer's name or a callable (estimator, X, y), got {scoring!r}."
        )
    if scoring not in get_scorer_names():
        raise unknown_name("scorer", scoring, get_scorer_names())
    return cast(Callable[..., float], get_scorer(scoring))


def _refuse_metric(scoring: Callable[..., Any]) -> None:
    """Raise SettingError for a metric (y_true, y_pred): whether higher is better is unknown."""
    refuse_class("scoring", scoring)
    named = parameter_names(scoring)
    module = getattr(scoring, "__module__", None) or ""
    of_sklearn = module.startswith("sklearn.metrics.") and not module.startswith(
        "sklearn.metrics._scorer"
    )
    if of_sklearn or named[:1] in [(name,) for name in _TRUTHS]:
        raise SettingError(
            f"a scorer takes (estimator, X, y), but {signature_of(scoring)} is a metric: give "
            f"sklearn.metrics.make_scorer({name_of(scoring)}), with greater_is_better=False where "
            "lower is better."
        )
    require_arguments("a scorer", scoring, "estimator, X, y")


def _estimator(
    answers: Answers | ScorerAnswers, raw_scores: Callable[[Any], Array], known: Any, factor: Any
) -> Any:
    """Return an object that scikit-learn accepts as a fitted estimator.

    The classes are defined here because their bases import scikit-learn.
    """
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

    class Answering(BaseEstimator):  # type: ignore[misc]
        raw: Array

        def _raw_scores(self, X: Any) -> Array:
            return self.raw if X is known else raw_scores(X)

        def predict(self, X: Any) -> Array:
            found = answers.predictions(self._raw_scores(X))
            return found * factor if answers.task == "regression" else found

        def __sklearn_is_fitted__(self) -> bool:
            return True

    class Regressor(RegressorMixin, Answering):  # type: ignore[misc]
        pass

    class Classifier(ClassifierMixin, Answering):  # type: ignore[misc]
        # The shape (k, 2) tells scikit-learn that the target is multilabel, not binary.
        classes_ = (
            np.tile((0, 1), (len(answers.classes), 1))
            if answers.task == "multilabel"
            else np.array(answers.classes)
        )

        def predict_proba(self, X: Any) -> Array:
            return answers.probabilities(self._raw_scores(X))

    return Regressor() if answers.task == "regression" else Classifier()
