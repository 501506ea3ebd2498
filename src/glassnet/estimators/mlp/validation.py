"""The validation set of a drop-in: rows held out as scikit-learn does, and their score."""

import math
from typing import Any

import numpy as np
from sklearn.model_selection import train_test_split

from glassnet.answers import both_classes
from glassnet.data.rows import Rows
from glassnet.errors import SettingError
from glassnet.estimators.mlp.targets import Array, TargetCoding
from glassnet.estimators.mlp.weight_binding import WeightBinding
from glassnet.training.scorers import ScorerAnswers, bind_scorer
from glassnet.training.validation import Validation, check_validation


def hold_out(
    rows: Rows, target: TargetCoding, fraction: float, rng: np.random.RandomState
) -> tuple[Rows, Rows]:
    """Return training rows and validation rows, drawn as scikit-learn draws them."""
    places = train_test_split(
        np.arange(rows.n),
        random_state=rng,
        test_size=fraction,
        stratify=target.stratify(rows.y),
    )
    if len(places[1]) < 2:
        raise SettingError(
            "The validation set is too small. Increase 'validation_fraction' or the size of your "
            "dataset."
        )
    return rows.take(places[0]), rows.take(places[1])


def make_validation(
    mlp: Any, binding: WeightBinding, target: TargetCoding, rows: Rows | None
) -> Validation | None:
    """Return checked validation rows, with the score that the estimator watches."""
    if rows is None:
        return None
    X, Y, weight = rows.X, rows.y, rows.weight
    checked = check_validation(binding.network, binding.loss, X, target.for_loss(Y), weight)
    if not mlp.early_stopping:
        return Validation(checked)
    truth, loss = target.truth(Y), binding.loss
    answers = ScorerAnswers(
        target.task,
        target.classes,
        lambda Z: target.predictions(loss.predict(Z)),
        lambda Z: both_classes(loss.predict(Z)),
    )

    def default_score(Z: Array) -> float:
        with np.errstate(over="ignore", invalid="ignore"):
            predicted = answers.predictions(Z)
        if predicted.dtype.kind == "f" and not np.isfinite(predicted).all():
            return math.nan
        return target.score(truth, predicted, weight)

    if mlp.scoring is None:
        return Validation(checked, default_score)
    scored = Rows(X, truth, weight)
    return Validation(checked, bind_scorer(mlp.scoring, answers, binding.network.predict, scored))
