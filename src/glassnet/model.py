"""The model: a trained network with the encoders of its table and its target."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from glassnet.answers import Answers
from glassnet.cached import cached_property
from glassnet.data.coding.encoder import Encoder
from glassnet.data.coding.target import Target
from glassnet.data.review.reference import Drift, Reference
from glassnet.data.review.tally import Expected, Tally
from glassnet.data.tables.dialect import Dialect
from glassnet.data.tables.values import refuse_not_finite
from glassnet.engines import Engine, engine_to_predict
from glassnet.errors import SettingError
from glassnet.inspectable import Inspectable
from glassnet.intervals import QUANTILES, Intervals, center_and_quantiles
from glassnet.losses import Loss, Quantile
from glassnet.model_input import ModelInput
from glassnet.network import Network

if TYPE_CHECKING:
    from glassnet.predictor import Predictor

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Model(Inspectable):
    """A trained network with what it needs to encode tables and to decode predictions.

    Attributes
    ----------
    encoder : converts a Table to the input X of the network
    target : converts class labels or numbers to the encoded target y and back
    network : converts X to raw scores
    loss : converts raw scores to probabilities, means or quantiles
    training : record of the training as JSON values: plan, engine, rows, history, how it ended
    intervals : what `predict_interval` needs; None if no rows were held out for it
    dialect : how the training table was written, as far as given or detected; the default for later
        tables. `dataclasses.replace(model, dialect=glassnet.Dialect(...))` changes it.
    reference : summary of the training rows, with which other tables are compared; None if unknown

    Examples
    --------
    >>> import numpy as np
    >>> import glassnet
    >>> model = glassnet.fit({"x": np.arange(40.0), "y": np.arange(40.0) > 19.5}, "y")
    >>> model.predict({"x": [3.0, 33.0]}).tolist()
    [False, True]
    """

    encoder: Encoder
    target: Target
    network: Network
    loss: Loss
    training: Mapping[str, Any] = field(default_factory=dict, repr=False)
    intervals: Intervals | None = field(default=None, repr=False)
    dialect: Dialect | None = field(default=None, repr=False)
    reference: Reference | None = field(default=None, repr=False)

    @property
    def task(self) -> str:
        """One of "binary", "multiclass", "multilabel", "regression"."""
        return self.target.task

    @property
    def classes(self) -> tuple[Any, ...]:
        """The labels in the order of the columns of `predict_proba`; () for regression."""
        return self.target.classes

    def raw_scores(self, table: Any, dialect: Dialect | None = None) -> Array:
        """Return the network's raw scores `(n, n_outputs)` for a table.

        A table is the path of a file, which is read in chunks, a Table, data frame, array, mapping
        of columns, records, or one record. Columns are matched by name, in any order; columns that
        the model does not know are ignored. A table without rows has scores `(0, n_outputs)`.

        Raises
        ------
        DataError
            If columns are missing, or hold values of another kind than in training.

        Warns
        -----
        DataNotice
            If columns are ignored that the training table did not have, and if the table differs
            from the training rows, see `drift`.
        """
        engine = self.engine_for(self.network, self.loss)
        return _joined([engine.predict(X) for X in self._features(table, dialect)])

    def member_scores(self, table: Any, dialect: Dialect | None = None) -> Array:
        """Return the raw scores of each member separately, `(M, n, n_outputs)`.

        The raw scores of the model are their mean; see `Network.members`.
        """
        engines = [self.engine_for(member, self.loss) for member in self.network.members()]
        features = self._features(table, dialect)
        parts = [np.stack([engine.predict(X) for engine in engines]) for X in features]
        return _joined(parts, axis=1)

    @cached_property
    def engine(self) -> Engine:
        """The engine that executes the network: native if it is built and supports all layers."""
        return engine_to_predict(self.network, self.loss)

    def engine_for(self, network: Network, loss: Loss) -> Engine:
        """Return the engine for predictions.

        The reference engine computes in float64, because its rounding errors depend on the other
        rows of the batch.
        """
        if network.dtype != self.dtype:
            return engine_to_predict(network.astype(self.dtype), loss)
        return self.engine if network is self.network else engine_to_predict(network, loss)

    @property
    def dtype(self) -> str:
        """The dtype of the computation of raw scores."""
        return str(self.network.dtype) if self.engine.name == "native" else "float64"

    def predictor(self) -> Predictor:
        """Return a function that predicts a single row of numbers in microseconds."""
        from glassnet.predictor import Predictor

        return Predictor(self)

    def encode(self, table: Any, dialect: Dialect | None = None) -> Any:
        """Return the network's input X `(n, n_features)` for a table."""
        return self.encoder.encode(self.input.aligned(table, dialect), str(self.network.dtype))

    def drift(self, table: Any, dialect: Dialect | None = None) -> Drift | None:
        """Return what a table contains that the training rows did not.

        That is levels (categories), missing values, and values out of range. The result is None if
        the model has no summary of the training rows.

        Examples
        --------
        >>> import numpy as np
        >>> import glassnet
        >>> x = np.arange(400.0)
        >>> model = glassnet.fit({"x": x, "y": x > 199.5}, "y", glassnet.Plan(max_epochs=1))
        >>> model.drift({"x": [3.0, None, 500.0]}).columns[0].missing
        Count(count=1, chance=0, example=None)
        """
        if (tally := self.tally()) is None:
            return None
        for part in self.input.parts(table, dialect):
            tally.add(self.encoder.aligned(part))
        return tally.drift()

    def tally(self) -> Tally | None:
        """Return a counter for `drift`; None if the model has no summary of the training rows."""
        return Tally(self._expected) if self._expected else None

    @cached_property
    def _expected(self) -> Expected | None:
        return Expected(self.encoder, self.reference) if self.reference else None

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of all features, also those left out, in the order of the training table."""
        return self.input.columns

    @cached_property
    def input(self) -> ModelInput:
        """Reads and encodes tables for the model."""
        record = self.training.get("columns") or {"features": self.encoder.schema.names}
        others = (*record.get("others", ()), *self.target.names)
        return ModelInput(self.encoder, tuple(record["features"]), others, self.dialect)

    @cached_property
    def answers(self) -> Answers:
        """Converts raw scores to predictions."""
        return Answers(self.loss, self.target)

    def _features(self, table: Any, dialect: Dialect | None) -> Iterator[Any]:
        return self.input.encoded(table, dialect, self.dtype, self.tally())

    def predict(
        self, table: Any, members: bool = False, *, dialect: Dialect | None = None
    ) -> Array:
        """Return labels or numbers `(n,)`.

        For multilabel 0/1 labels `(n, k)`, for several targets or quantiles numbers `(n, m)`.

        With `members`, return the predictions of each member of the network separately, `(M, n)` or
        `(M, n, m)`, with M = 1 for a network without members. Their spread over the first axis
        shows how much the members disagree.

        `dialect` says how a text file, or the text in a table, is written; it overrides the dialect
        of the training table.

        Examples
        --------
        >>> import numpy as np
        >>> import glassnet
        >>> x = np.linspace(0.0, 1.0, 60)
        >>> recipe = glassnet.Recipe(members=3, hidden_layer_sizes=(8,))
        >>> plan = glassnet.Plan(recipe=recipe, max_epochs=5)
        >>> model = glassnet.fit({"x": x, "y": np.sin(x)}, "y", plan)
        >>> model.predict({"x": [0.2, 0.7]}, members=True).shape
        (3, 2)
        """
        if members:
            return np.stack([self.predictions(Z) for Z in self.member_scores(table, dialect)])
        return self.predictions(self.raw_scores(table, dialect))

    def predict_proba(
        self, table: Any, members: bool = False, *, dialect: Dialect | None = None
    ) -> Array:
        """Return the probabilities of the classes, `(n, k)`; for multilabel those of each label.

        With `members`, return those of each member separately, `(M, n, k)`. The probabilities of
        the network are computed from the mean raw scores of its members; they are not the mean of
        the members' probabilities. `dialect` as for `predict`.
        """
        if members:
            return np.stack([self.probabilities(Z) for Z in self.member_scores(table, dialect)])
        return self.probabilities(self.raw_scores(table, dialect))

    def predict_interval(
        self, table: Any, coverage: float = 0.9, *, dialect: Dialect | None = None
    ) -> Array:
        """Return prediction intervals `(n, 2)`, lower and upper bound, of a given coverage.

        For m targets the shape is `(n, m, 2)`.

        The intervals were calibrated on rows that were used neither to fit weights nor to choose
        the best epoch, see `glassnet.intervals`. For new rows from the same source, about the share
        `coverage` of the true values lies within, on average, even if the network is poor. Each
        target has its own interval. If a target was never negative in training, its intervals are
        clipped to [0, inf), and if it was never positive, to (-inf, 0]. `dialect` as for `predict`.

        Raises
        ------
        SettingError
            For a classification model, for a model without held-out calibration rows, and for a
            coverage that needs more of them.
        """
        found, row = [], 0
        for X in self._features(table, dialect):
            found.append(self._interval(X, coverage, row))
            row += X.shape[0]
        return _joined(found)

    def _interval(self, X: Any, coverage: float, first_row: int) -> Array:
        if self.task != "regression":
            raise SettingError(
                "this model predicts classes, which have probabilities and no intervals: use "
                "predict_proba."
            )
        if self.intervals is None:
            raise SettingError(
                "this model has no intervals: none of its rows were held out to calibrate them, or "
                "partial_fit has changed it since. Train with the recipe 'standard' on a hundred "
                "rows or more, or with calibrate=True."
            )
        Z = self.engine_for(self.network, self.loss).predict(X)
        refuse_not_finite(Z, first_row=first_row)
        center, quantiles = center_and_quantiles(self.loss, Z)
        if self.intervals.network is not None:
            quantiles = self.engine_for(self.intervals.network, Quantile(QUANTILES)).predict(X)
        found = self.answers.bounds(*self.intervals.around(center, quantiles, coverage))
        refuse_not_finite(found, "intervals", first_row)
        return found[:, 0] if found.shape[1] == 1 else found

    def predictions(self, Z: Array) -> Array:
        """Return what `predict` returns, from raw scores; see `Answers.predictions`."""
        return self.answers.predictions(Z)

    def probabilities(self, Z: Array) -> Array:
        """Return what `predict_proba` returns, from raw scores; see `Answers.probabilities`."""
        return self.answers.probabilities(Z)

    def truth(self, y: Array) -> Array:
        """Return an encoded target in the form of the result of `predict`."""
        return self.answers.truth(y)

    def save(self, path: str | Path) -> None:
        """Write the model to one `.glassnet` file, which `glassnet.load` reads.

        The file contains numbers and names only, no code.
        """
        # A declared import of a higher layer, because users expect `save` here.
        from glassnet.storage import save

        save(self, path)


def _joined(parts: list[Array], axis: int = 0) -> Array:
    return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=axis)
