"""A model: everything between a raw table and a prediction. Here alone data meet the network."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from glassnet.cached import cached_property
from glassnet.data.coding.encoder import Encoder
from glassnet.data.coding.target import Target
from glassnet.data.finite import refuse_not_finite
from glassnet.data.review.drift import Drift
from glassnet.data.review.reference import Reference
from glassnet.data.review.tally import Expected, Tally
from glassnet.data.tables.dialect import Dialect, check_overrides
from glassnet.data.tables.given import as_table
from glassnet.data.tables.table import Table
from glassnet.engines import Engine, engine_to_predict
from glassnet.errors import DataNotice, SettingError
from glassnet.intervals import QUANTILES, Intervals, own_quantiles
from glassnet.losses import Loss, Quantile, loss_traits
from glassnet.messages import listed
from glassnet.network import Network

if TYPE_CHECKING:
    from glassnet.predictor import Predictor

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Model:
    """A trained network with what it needs to read a table and to speak in the target's own terms.

    Attributes
    ----------
    encoder : Table -> X
    target : class labels or units <-> y
    network : X -> raw scores
    loss : raw scores -> probabilities, means or quantiles
    training : JSON-able record of how it was trained: plan, engine, rows, history, how it ended
    intervals : what `predict_interval` needs; None where no rows were held out for it
    dialect : how the training table was written, as far as that was said or found; later tables
        that do not tell are read so too.
        `dataclasses.replace(model, dialect=glassnet.Dialect(...))` says otherwise.
    reference : what the training rows were like, which tables are compared with; None where that is
        not known

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
        """The labels in the order of the columns of `predict_proba`; () for a regression."""
        return self.target.classes

    def raw_scores(self, table: Any, dialect: Dialect | None = None) -> Array:
        """Return the network's raw scores `(n, n_outputs)` for a table.

        That is the path of a file, read a stretch of rows at a time, a Table, data frame, array,
        mapping of columns, records, or one record. Columns are found by name, in any order; those
        that the model does not know are ignored. A table without rows has no scores:
        `(0, n_outputs)`.

        Raises
        ------
        DataError
            Where columns are missing or hold what they did not hold in training.

        Warns
        -----
        DataNotice
            Where columns are ignored that training did not have, and where the table is not like
            the training rows: see `drift`.
        """
        engine = self._answering(self.network, self.loss)
        return _joined([engine.predict(X) for X in self._inputs(table, dialect)])

    def member_scores(self, table: Any, dialect: Dialect | None = None) -> Array:
        """Return the raw scores of each member by itself, `(M, n, n_outputs)`: see `Network.members`. Their mean are the raw scores."""
        engines = [self._answering(member, self.loss) for member in self.network.members()]
        return _joined(
            [
                np.stack([engine.predict(X) for engine in engines])
                for X in self._inputs(table, dialect)
            ],
            axis=1,
        )

    @cached_property
    def engine(self) -> Engine:
        """What executes the network: the native engine where it was built and can run all of it."""
        return engine_to_predict(self.network, self.loss)

    def _answering(self, network: Network, loss: Loss) -> Engine:
        """Return what a network answers by: on the reference engine, whose sums depend on the rows beside a row, in float64."""
        if network is self.network and network.dtype == self._dtype:
            return self.engine
        return engine_to_predict(
            network if network.dtype == self._dtype else network.astype(self._dtype), loss
        )

    @property
    def _dtype(self) -> str:
        """The dtype in which raw scores are computed."""
        return str(self.network.dtype) if self.engine.name == "native" else "float64"

    def predictor(self) -> Predictor:
        """Return a function that answers one row of a table of numbers in microseconds; see `glassnet.predictor.Predictor`."""
        from glassnet.predictor import Predictor

        return Predictor(self)

    def encode(self, table: Any, dialect: Dialect | None = None) -> Any:
        """Return the network's input X `(n, n_features)` for a table."""
        return self.encoder.encode(self._aligned(table, dialect), str(self.network.dtype))

    def drift(self, table: Any, dialect: Dialect | None = None) -> Drift | None:
        """Return what a table holds that training did not have: levels, gaps, values out of range; None where training is not known.

        Examples
        --------
        >>> import numpy as np
        >>> import glassnet
        >>> model = glassnet.fit({"x": np.arange(400.0), "y": np.arange(400.0) > 199.5}, "y", glassnet.Plan(max_epochs=1))
        >>> model.drift({"x": [3.0, None, 500.0]}).columns[0].missing
        Count(count=1, chance=0, example=None)
        """
        if (tally := self.tally()) is None:
            return None
        for part in (
            self._stretches(table, dialect)
            if isinstance(table, str | Path)
            else (self.read(table, dialect),)
        ):
            tally.add(self.encoder.aligned(part))
        return tally.drift()

    def tally(self) -> Tally | None:
        """Return what counts, table by table, what training did not have; None where training is not known."""
        return Tally(self._expected) if self._expected else None

    @cached_property
    def _expected(self) -> Expected | None:
        return Expected(self.encoder, self.reference) if self.reference else None

    def read(self, table: Any, dialect: Dialect | None = None) -> Table:
        """Return what holds a table as one whose columns are read as in training, but for what a dialect says otherwise."""
        check_overrides(None, (), dialect, None)
        said = dialect.filled(self.dialect) if dialect else self.dialect
        return as_table(table, self.columns, schema=self.encoder.to_read, dialect=said, empty=True)

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the features in the order of the training table, also of those that were left out because they are of no use."""
        record = self.training.get("columns")
        return tuple(record["features"]) if record else self.encoder.schema.names

    def _aligned(self, table: Any, dialect: Dialect | None = None) -> Table:
        read = self.read(table, dialect)
        aligned = self.encoder.aligned(read)
        for notice in aligned.all_notices if not isinstance(table, Table) else ():
            warnings.warn(notice, DataNotice, stacklevel=5)
        self._tell_unknown(read.schema.names)
        return aligned

    def _inputs(self, table: Any, dialect: Dialect | None) -> Iterator[Any]:
        """Yield the network's input for a table, that of a file a stretch of rows at a time; in the end tell where it has drifted."""
        tally = self.tally()
        from_file = isinstance(table, str | Path)
        for part in (
            map(self._aligned, self._stretches(table, dialect))
            if from_file
            else (self._aligned(table, dialect),)
        ):
            if tally:
                tally.add(part)
            yield self.encoder.encode(part, self._dtype)
        if tally and (text := tally.notice()):
            warnings.warn(text, DataNotice, stacklevel=4)

    def _stretches(self, path: str | Path, dialect: Dialect | None) -> Iterator[Table]:
        from glassnet.data.files.read import column_names, read_batches

        check_overrides(None, (), dialect, None)
        self._tell_unknown(
            column_names(
                path, dialect=dialect, default=self.dialect, needed=self.encoder.schema.names
            )
        )
        notices: list[str] = []
        parts = read_batches(
            path,
            schema=self.encoder.to_read,
            dialect=dialect,
            default=self.dialect,
            notices=notices,
            empty=True,
        )
        for i, part in enumerate(parts):
            for notice in (*(notices if i == 0 else ()), *part.all_notices):
                warnings.warn(notice, DataNotice, stacklevel=4)
            yield part

    def unknown_notice(self, names: Sequence[str]) -> str:
        """Return the sentence about columns of a table that training had neither as features nor beside them; empty without such."""
        record = self.training.get("columns")
        known = {*self.columns, *(record["others"] if record else ()), *self.target.names}
        unknown = [name for name in names if name not in known]
        one = len(unknown) == 1
        text = f"column{'' if one else 's'} {listed(unknown)} {'is' if one else 'are'} not known to the model and ignored."
        return text if unknown else ""

    def _tell_unknown(self, names: Sequence[str]) -> None:
        if text := self.unknown_notice(names):
            warnings.warn(text, DataNotice, stacklevel=4)

    def predict(
        self, table: Any, members: bool = False, *, dialect: Dialect | None = None
    ) -> Array:
        """Return labels or numbers `(n,)`, 0/1 labels `(n, k)` for multilabel, numbers `(n, m)` for several targets or quantiles.

        With `members` the answer of each member of the network by itself, stacked: `(M, n)` or
        `(M, n, m)`, M = 1 for a network without members.
        `model.predict(table, members=True).std(axis=0)` is then their spread, by which they tell
        how far they agree.

        `dialect` says how a text file, or the text in a table, is written; it wins over what the
        model remembers of its training table.

        Examples
        --------
        >>> import numpy as np
        >>> import glassnet
        >>> x = np.linspace(0.0, 1.0, 60)
        >>> plan = glassnet.Plan(recipe=glassnet.Recipe(members=3, hidden_layer_sizes=(8,)), max_epochs=5)
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
        """Return the probabilities of the classes, `(n, k)`; for multilabel the probability of each label by itself.

        With `members` those of each member by itself, `(M, n, k)`. The network's own come of the
        members' mean raw scores, not of their mean probabilities. `dialect` as for `predict`.
        """
        if members:
            return np.stack([self.probabilities(Z) for Z in self.member_scores(table, dialect)])
        return self.probabilities(self.raw_scores(table, dialect))

    def predict_interval(
        self, table: Any, coverage: float = 0.9, *, dialect: Dialect | None = None
    ) -> Array:
        """Return intervals that hold the truth with this probability, `(n, 2)`: the lower and the upper bound; `(n, m, 2)` for m targets.

        They were calibrated on rows that no weight was fitted to and no epoch chosen by, see
        `glassnet.intervals`: of new rows from the same source about this share lies within, on
        average, whatever the network is worth. Several targets have an interval each. The interval
        of a target that was never below 0 in training stays at 0 and above, and of one that was
        never above 0 at 0 and below. `dialect` as for `predict`.

        Raises
        ------
        SettingError
            For a model of classes, one without rows held out to calibrate with, and a coverage for
            which there were too few of them.
        """
        found, row = [], 0
        for X in self._inputs(table, dialect):
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
        Z = self._answering(self.network, self.loss).predict(X)
        refuse_not_finite(Z, first_row=first_row)
        center, quantiles = own_quantiles(self.loss, Z)
        if self.intervals.network is not None:
            quantiles = self._answering(self.intervals.network, Quantile(QUANTILES)).predict(X)
        bounds = self.intervals.around(center, quantiles, coverage)
        mean, scale = (
            np.asarray(values, np.float64) for values in (self.target.mean, self.target.scale)
        )
        # A new truth beyond all n values of the training has a chance of 1 / (n + 1): to stay on
        # their side of 0 costs no coverage.
        sign = (
            np.ones(1)
            if loss_traits(self.loss).link == "exp"
            else np.array(self.target.sign or [0])
        )
        least, most = np.where(sign > 0, 0.0, -np.inf), np.where(sign < 0, 0.0, np.inf)
        with np.errstate(over="ignore", invalid="ignore"):
            found = np.stack(
                [np.clip(bound * scale + mean, least, most) for bound in bounds], axis=2
            )
        refuse_not_finite(found, "intervals", first_row)
        return found[:, 0] if found.shape[1] == 1 else found

    def predictions(self, Z: Array) -> Array:
        """Return what `predict` returns, from raw scores; those that are not finite are a DataError that names their rows."""
        if self.task == "regression":
            refuse_not_finite(Z)
            return self._numbers(self.loss.predict(Z.astype(np.float64, copy=False)))
        P = self.probabilities(Z)
        if self.task == "multilabel":
            return (P > 0.5).astype(np.int64)
        return self.target.decode_labels(P.argmax(axis=1))

    def probabilities(self, Z: Array) -> Array:
        """Return what `predict_proba` returns, float64, from raw scores; some that are not finite are a DataError that names their rows."""
        if self.task == "regression":
            raise SettingError(
                "this model predicts numbers and knows no probabilities: use predict."
            )
        refuse_not_finite(Z)
        P = self.loss.predict(Z.astype(np.float64, copy=False))
        if self.task == "multilabel":
            return P
        if len(self.classes) == 1:
            return np.ones((len(P), 1), P.dtype)
        return np.hstack([1.0 - P, P]) if P.shape[1] == 1 else P

    def truth(self, y: Array) -> Array:
        """Return an encoded target in the terms in which `predict` answers."""
        if self.task in ("binary", "multiclass"):
            return self.target.decode_labels(y)
        return y.astype(np.int64) if self.task == "multilabel" else self.target.decode_numbers(y)

    def save(self, path: str | Path) -> None:
        """Write the model to one `.glassnet` file, which `glassnet.load` reads: numbers and names only, nothing that runs."""
        # The one declared call upward: everybody looks for save here.
        from glassnet.storage import save

        save(self, path)

    def _numbers(self, Y: Array) -> Array:
        numbers = self.target.answers(Y)
        refuse_not_finite(numbers, "predictions")
        return numbers[:, 0] if numbers.shape[1] == 1 else numbers


def _joined(parts: list[Array], axis: int = 0) -> Array:
    return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=axis)
