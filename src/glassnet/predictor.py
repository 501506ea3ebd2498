"""Predict single rows in microseconds; everything else is prepared once."""

import math
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike

from glassnet.data.coding.moments import power_of_two
from glassnet.data.coding.number_coding import FAR
from glassnet.data.tables.cells import EXACT
from glassnet.engines import NativeEngine
from glassnet.errors import DataError, UnsupportedError
from glassnet.losses import loss_traits
from glassnet.model import Array, Model

#: Larger means are not those of integer columns.
MAX_INTEGER_MEAN = 2.0**100


class Predictor:
    """Predicts one row of numbers, as `model.predict_proba` or `model.predict` does.

    Call it with the numbers of a row in the order of `names`, NaN for a missing value; it returns
    probabilities `(k,)` or numbers `(m,)`, float64. It may be called in several threads at once. If
    the network of the model is trained further, the predictions change accordingly.

    Raises
    ------
    UnsupportedError
        If the table of the model has columns that are not numeric.
    DataError
        For a row of another length, and for an infinite number, a value that is not a number, and a
        missing value that the model does not accept.

    Examples
    --------
    >>> import numpy as np
    >>> import glassnet
    >>> X = np.linspace(-1.0, 1.0, 200).reshape(100, 2)
    >>> model = glassnet.fit({"a": X[:, 0], "b": X[:, 1], "y": X.sum(axis=1) > 0}, "y")
    >>> answer = model.predictor()
    >>> answer.names
    ('a', 'b')
    >>> bool(answer(np.array([0.9, 0.9]))[1] > 0.5)
    True
    """

    def __init__(self, model: Model) -> None:
        coding = model.encoder.numbers
        if model.encoder.feature_names != coding.feature_names or not coding.centered:
            others = [
                f"{column.name!r}"
                for column in model.encoder.schema.columns
                if column.name not in coding.names
            ]
            what = (
                f"the columns {', '.join(others[:5])} hold" if others else "a sparse matrix holds"
            )
            raise UnsupportedError(
                f"a predictor takes rows of numbers, but {what} something else: use predict with a "
                "table of one row."
            )
        self.names = coding.names
        self._model, self._shape = model, (len(coding.names),)
        self._prepare()

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_answer"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._prepare()

    def _prepare(self) -> None:
        model, coding, engine = self._model, self._model.encoder.numbers, self._model.engine
        # Integers beyond 2^53 are not exact as floats: their mean is subtracted before conversion.
        self._beyond = {
            j: int(value)
            for j, value in enumerate(coding.mean)
            if EXACT <= abs(value) < MAX_INTEGER_MEAN
        }
        if not isinstance(engine, NativeEngine) or len(model.classes) == 1:
            self._answer: Any = None
            return
        regression, n_outputs = model.task == "regression", model.network.n_outputs
        n_quantiles = loss_traits(model.loss).n_per_target
        mean, scale = np.array(coding.mean), np.array(coding.scale)
        mean[list(self._beyond)] = 0.0
        self._constant = (mean, coding.still, coding.empty) if coding.constant else None
        factor = power_of_two(np.maximum(np.abs(mean), scale))
        self._answer = engine.row_answer(
            factor=factor.tolist(),
            mean=(mean * factor).tolist(),
            scale=(scale * factor).tolist(),
            gaps=np.flatnonzero(coding.has_missing).tolist(),
            limit=math.inf if coding.limit is None else coding.limit,
            far=FAR,
            both_classes=model.task == "binary" and n_outputs == 1,
            n_quantiles=n_quantiles,
            target_scale=np.repeat(model.target.scale, n_quantiles).tolist() if regression else [],
            target_mean=np.repeat(model.target.mean, n_quantiles).tolist() if regression else [],
            low=list(model.target.low),
            high=list(model.target.high),
        )
        self._n_answers = int(self._answer.n_answers)

    def __call__(self, row: ArrayLike) -> Array:
        """Return the prediction for one row `(n_columns,)`."""
        try:
            x = np.ascontiguousarray(row, np.float64)
        except (TypeError, ValueError):
            raise DataError(f"a row must hold {self._shape[0]} numbers, got {row!r:.80}.") from None
        if x.shape != self._shape:
            raise DataError(
                f"a row must hold {self._shape[0]} numbers ({', '.join(self.names[:5])}, ...), but "
                f"it has shape {np.shape(row)}."
            )
        cells = list(cast(Any, row)) if self._beyond else []
        if self._answer is None:
            answers = (
                self._model.predict
                if self._model.task == "regression"
                else self._model.predict_proba
            )
            return np.ravel(np.asarray(answers([cells] if self._beyond else x[None]), np.float64))
        if self._beyond:
            x = x.copy()
            for j, number in self._beyond.items():
                x[j] = (
                    int(cells[j]) - number
                    if isinstance(cells[j], int | np.integer)
                    else x[j] - number
                )
        if self._constant is not None:  # columns that were constant in training keep that value
            was, still, empty = self._constant
            x = np.where((still & np.isfinite(x)) | (empty & np.isnan(x)), was, x)
        out = np.empty(self._n_answers)
        try:
            self._answer(x, out)
        except ValueError as error:
            raise DataError(f"{error}: {row!r:.80}") from None
        return out
