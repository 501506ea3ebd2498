"""Check training rows, and measure loss and score on validation rows."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.answers import Answers
from glassnet.checks import is_integer
from glassnet.data.coding.target import Target
from glassnet.data.rows import Array, Rows, checked_weight, relative_weight
from glassnet.data.split import split_rows
from glassnet.engines import Engine
from glassnet.errors import DataError, SettingError
from glassnet.layer_check import check_own_layers
from glassnet.losses import Loss, check_own_loss, loss_traits, unsmoothed
from glassnet.network import Network
from glassnet.training.scorers import bind_scorer
from glassnet.training.stopping import EarlyStopping


def make_rows(network: Network, loss: Loss, X: Any, y: Any, sample_weight: Any = None) -> Rows:
    """Return X, y and weights, checked for a network and its loss; weights are not scaled."""
    X = network.check_input(X)
    rows = prepared_rows(loss, network.n_outputs, network.dtype, X, y, sample_weight)
    check_own_layers(network, X)
    return rows


def prepared_rows(
    loss: Loss, n_outputs: int, dtype: np.dtype[Any], X: Any, y: Any, sample_weight: Any = None
) -> Rows:
    """Return checked rows with y encoded for the loss: class indices, indicators or numbers.

    Raises
    ------
    DataError
        If there are no rows, if features are not finite, or if the target or weights do not fit.
    """
    n = X.shape[0]
    if n == 0:
        raise DataError("X has no rows: training needs at least one.")
    dense = isinstance(X, np.ndarray)
    invalid = ~np.isfinite(X if dense else X.data)
    if invalid.any():
        if dense:
            row, column = (int(i) for i in np.argwhere(invalid)[0])
        else:
            at = int(np.flatnonzero(invalid)[0])
            row, column = int(np.searchsorted(X.indptr, at, side="right")) - 1, int(X.indices[at])
        raise DataError(
            f"X must be finite, but row {row}, column {column} holds {X[row, column]}: fill "
            "missing values first, or use glassnet.fit."
        )
    y = loss.prepare(y, n_outputs, dtype)
    if len(y) != n:
        raise DataError(f"X and y must have as many rows, but X has {n} and y has {len(y)}.")
    check_own_loss(loss, y, n_outputs)
    return Rows(X, y, checked_weight(sample_weight, n))


def check_weight(sample_weight: Any, n: int) -> Array | None:
    """Return weights as float64 `(n,)`, scaled so that the largest is near 1, or None.

    Scaling does not change the mean loss, and prevents an overflow of sums.
    """
    weight = checked_weight(sample_weight, n)
    return None if weight is None else relative_weight(weight)


def check_seed(seed: Any) -> int:
    """Return a checked seed as a Python integer, because NumPy integers may overflow."""
    if not is_integer(seed, 0):
        raise SettingError(f"seed must be a whole number, 0 or more, got {seed!r}.")
    return int(seed)


@dataclass(frozen=True, eq=False)
class Validation:
    """Checked validation rows, and optionally a function that scores their raw scores.

    Attributes
    ----------
    rows : the rows, with y prepared by the loss
    score : function from raw scores (n, n_outputs) to a float, higher is better; or None
    index : indices of the rows to measure; None is all
    """

    rows: Rows
    score: Callable[[Array], float] | None = None
    index: Array | None = None

    def measure(self, engine: Engine) -> tuple[float, float | None]:
        """Return the mean loss and the score of the current network.

        Labels are not smoothed, even if training smooths them.
        """
        rows = self.rows if self.index is None else self.rows.take(self.index)
        Z = engine.predict(rows.X)
        with np.errstate(over="ignore", invalid="ignore"):
            loss, _ = unsmoothed(engine.loss).value_and_gradient(Z, rows.y, rows.weight)
        return loss, self.score(Z) if self.score else None


def check_validation(network: Network, loss: Loss, X: Any, y: Any, weight: Any = None) -> Rows:
    """Check validation rows like training rows; error messages mention the validation set."""
    try:
        return make_rows(network, loss, X, y, weight)
    except DataError as error:
        raise DataError(f"the validation set does not fit: {error}") from error


def make_validation(
    validation: Any,
    network: Network,
    loss: Loss,
    rows: Rows,
    stop: EarlyStopping | None,
    seed: int,
) -> tuple[Rows, Validation | None]:
    """Return training and validation rows for the argument `validation` of `train`."""
    scoring = stop.scoring if stop else None
    if validation is None:
        if scoring is not None:
            raise SettingError(
                "stopping by a score needs validation rows: give validation=0.1, or (X, y)."
            )
        return rows, None
    if isinstance(validation, Validation):
        if scoring is not None and validation.score is None:
            raise SettingError("stopping by a score needs a Validation with a score.")
        return rows, validation
    if isinstance(validation, float):
        stratify = rows.y if rows.y.dtype.kind == "i" else None
        learned, held = split_rows(rows.n, validation, seed=seed, stratify=stratify)
        rows, held_out = rows.take(learned), rows.take(held)
        checked_weight(rows.weight, rows.n)
        check_validation(network, loss, held_out.X, held_out.y, held_out.weight)
    elif isinstance(validation, tuple | list) and len(validation) in (2, 3):
        given = check_validation(network, loss, *validation)
        held_out = Rows(given.X, given.y, check_weight(given.weight, given.n))
    else:
        raise SettingError(
            "validation must be None, a fraction such as 0.1, (X, y) or (X, y, weight), got "
            f"{_short(validation)}."
        )
    if scoring is None:
        return rows, Validation(held_out)
    answers = _plain_answers(loss, network.n_outputs)
    y = _truth(answers, held_out.y)
    score = bind_scorer(scoring, answers, network.predict, Rows(held_out.X, y, held_out.weight))
    return rows, Validation(held_out, score)


def _plain_answers(loss: Loss, n_outputs: int) -> Answers:
    """Return `Answers` for arrays without a table: labels 0, 1, ... and unscaled numbers."""
    task: Any = loss_traits(loss).task(n_outputs)
    names = tuple(f"y{i}" for i in range(n_outputs))
    if task == "regression":
        return Answers(
            loss, Target(task, names, (), (0.0,) * n_outputs, (1.0,) * n_outputs, n_outputs)
        )
    classes = names if task == "multilabel" else tuple(range(max(2, n_outputs)))
    return Answers(loss, Target(task, names, classes, (), (), n_outputs))


def _truth(answers: Answers, y: Array) -> Array:
    """Return a prepared target for a scorer; probabilities become the most probable label."""
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if answers.task == "multiclass" and y.ndim == 2:
        return np.asarray(y.argmax(axis=1))
    return y if answers.task == "regression" or y.dtype.kind == "i" else (y > 0.5).astype(np.int64)


def _short(value: Any) -> str:
    if hasattr(value, "__len__") and not isinstance(value, str):
        return f"a {type(value).__name__} of {len(value)}"
    return repr(value)
