"""A training table: the features of a fit, the target, and what stands beside them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from glassnet.data.tables.dialect import Dialect
from glassnet.data.tables.schema import PLAIN, Form
from glassnet.data.tables.table import Table
from glassnet.model import Array, Model


@dataclass(frozen=True, eq=False)
class TrainingTable:
    """What a fit learns from, and what a model remembers of it.

    Attributes
    ----------
    table : the features, without uninformative columns
    values : of the target, (n,) or (n, m)
    names : of the target's columns
    weights, groups, time : (n,) or None
    columns : names of all features in the order of the source, also of those left out
    others : names of the columns that are no features: target, weights, groups, dropped columns
    left_out : the features that are left out, each with the reason
    notices : sentences for the user
    task : what is predicted, where that was given or is declared by the target's type
    forms : how the cells of the target's columns are written
    dialect : how the source is written
    """

    table: Table
    values: Any
    names: tuple[str, ...] = ("y",)
    weights: Any = None
    groups: Array | None = None
    time: Array | None = None
    columns: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)
    notices: tuple[str, ...] = ()
    task: str | None = None
    forms: tuple[Form, ...] = ()
    dialect: Dialect | None = None

    def take(self, rows: Array) -> Self:
        """Return the rows of these numbers."""
        beside = (self.weights, self.groups, self.time)
        weights, groups, time = (None if v is None else v[rows] for v in beside)
        return replace(
            self,
            table=self.table.take(rows),
            values=self.values[rows],
            weights=weights,
            groups=groups,
            time=time,
        )

    def remembered(self, model: Model) -> Model:
        """Return a model that knows the columns of this table, and how they are written."""
        regression = model.task == "regression" and any(form != PLAIN for form in self.forms)
        target = replace(model.target, forms=self.forms) if regression else model.target
        training = {**model.training, **self.record()}
        return replace(model, target=target, dialect=self.dialect, training=training)

    def record(self) -> dict[str, Any]:
        """Return what a model remembers of the columns, as JSON-able values."""
        columns = {
            "features": list(self.columns),
            "others": list(self.others),
            "left_out": dict(self.left_out),
        }
        return {"columns": columns, "notices": list(self.notices)}
