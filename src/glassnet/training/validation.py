"""Rows that training does not learn from, and how well the network does on them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.data.coding.weights import checked_weight
from glassnet.data.split import split_rows
from glassnet.engines import Engine
from glassnet.errors import DataError, SettingError
from glassnet.losses import Loss, unsmoothed
from glassnet.network import Network
from glassnet.training.checks import Rows, check_weight, make_rows
from glassnet.training.scorers import LossAnswers, bind_scorer
from glassnet.training.stopping import EarlyStopping

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Validation:
    """Checked validation rows, and a score of their raw scores where one is wanted.

    X (n, n_features); y as the loss prepared it; weight (n,) or None; score: raw scores (n,
    n_outputs) -> float, higher is better
    """

    X: Any
    y: Array
    weight: Array | None = None
    score: Callable[[Array], float] | None = None

    def measure(self, engine: Engine) -> tuple[float, float | None]:
        """Return the mean loss and the score of the network as it is now; labels are taken as they are, whatever training makes of them."""
        Z = engine.predict(self.X)
        with np.errstate(over="ignore", invalid="ignore"):
            loss, _ = unsmoothed(engine.loss).value_and_gradient(Z, self.y, self.weight)
        return loss, self.score(Z) if self.score else None


def check_validation(network: Network, loss: Loss, X: Any, y: Any, weight: Any = None) -> Rows:
    """Check validation rows as training rows are, and say in the message that it is they."""
    try:
        return make_rows(network, loss, X, y, weight)
    except DataError as error:
        raise DataError(f"the validation set does not fit: {error}") from error


def make_validation(
    validation: Any,
    network: Network,
    loss: Loss,
    X: Any,
    y: Array,
    weight: Array | None,
    stop: EarlyStopping | None,
    seed: int,
) -> tuple[tuple[Any, Array, Array | None], Validation | None]:
    """Return the training rows (X, y, weight) and the validation rows from what a caller of `train` may give."""
    scoring = stop.scoring if stop else None
    if validation is None:
        if scoring is not None:
            raise SettingError(
                "stopping by a score needs validation rows: give validation=0.1, or (X, y)."
            )
        return (X, y, weight), None
    if isinstance(validation, Validation):
        if scoring is not None and validation.score is None:
            raise SettingError("stopping by a score needs a Validation with a score.")
        return (X, y, weight), validation
    if isinstance(validation, float):
        train_rows, held_out = split_rows(
            X.shape[0], validation, seed=seed, stratify=y if y.dtype.kind == "i" else None
        )
        parts = [
            (X[rows], y[rows], None if weight is None else weight[rows])
            for rows in (train_rows, held_out)
        ]
        training, (X_val, y_val, weight_val) = parts
        checked_weight(training[2], len(train_rows))
        check_validation(network, loss, X_val, y_val, weight_val)
    elif isinstance(validation, tuple | list) and len(validation) in (2, 3):
        training = (X, y, weight)
        held = check_validation(network, loss, *validation)
        X_val, y_val, weight_val = held.X, held.y, check_weight(held.weight, held.n)
    else:
        raise SettingError(
            "validation is None, a fraction such as 0.1, (X, y) or (X, y, weight), but "
            f"{_short(validation)} came."
        )
    if scoring is None:
        return training, Validation(X_val, y_val, weight_val)
    answers = LossAnswers(loss, network.n_outputs, network.predict)
    return training, Validation(
        X_val,
        y_val,
        weight_val,
        bind_scorer(scoring, answers, X_val, answers.truth(y_val), weight_val),
    )


def _short(value: Any) -> str:
    return (
        f"a {type(value).__name__} of {len(value)}"
        if hasattr(value, "__len__") and not isinstance(value, str)
        else repr(value)
    )
