"""The roles of the columns of a table, and the training table built from them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from glassnet.data.tables.dialect import Dialect, Limits, check_overrides
from glassnet.data.tables.given import as_name, as_names, as_target
from glassnet.data.tables.schema import PLAIN, Form, Kind
from glassnet.data.tables.table import Table
from glassnet.model import Array, Model


@dataclass(frozen=True, eq=False)
class Roles:
    """The roles of the columns of a table.

    Attributes
    ----------
    target : name of the target column, or a list of names, which are then not features; or the
        target values themselves
    weights : name of the column with the weights of the rows, which is not a feature; or the
        weights (n,)
    groups : name of the column with the groups of the rows, which is not a feature; or the group of
        each row (n,)
    time : name of the column that orders the rows, which stays a feature; or the time of each row
        (n,)
    drop : names of columns that are not features
    types : kinds of some columns ("number", "category", "boolean", "datetime"), if the guess is
        wrong; such a column is never left out
    task : of the target; None guesses by `glassnet.data.coding.target_arrays.RULE`
    dialect, limits : how a file is written, and how large it may be
    """

    target: Any
    weights: Any = None
    groups: Any = None
    time: Any = None
    drop: Collection[str] = ()
    types: Mapping[str, Kind] | None = field(default=None)
    task: str | None = None
    dialect: Dialect | None = None
    limits: Limits | None = None

    def named(self, source: Any) -> Self:
        """Return checked roles that refer to every column by its name.

        Raises
        ------
        SettingError
            For invalid types, drop, dialect or limits.
        """
        roles = replace(
            self,
            types=as_names(source, self.types),
            drop=as_names(source, self.drop),
            target=as_target(source, self.target),
            weights=as_name(source, self.weights),
            groups=as_name(source, self.groups),
            time=as_name(source, self.time),
        )
        check_overrides(roles.types, roles.drop, roles.dialect, roles.limits)
        return roles

    @property
    def targets(self) -> list[str]:
        """The names of the target columns, if `target` consists of names."""
        given = [self.target] if isinstance(self.target, str) else self.target
        return [t for t in given if isinstance(t, str)] if isinstance(given, list | tuple) else []

    @property
    def beside(self) -> list[str]:
        """The names of the columns with weights and groups, which are not features."""
        return [name for name in (self.weights, self.groups) if isinstance(name, str)]

    @property
    def kept(self) -> list[str]:
        """The names of columns that are read even if they would be left out."""
        names = (self.weights, self.groups, self.time, *self.drop)
        return [name for name in names if isinstance(name, str)]


@dataclass(frozen=True, eq=False)
class TrainingTable:
    """The data of a fit, and what the model records about its columns.

    Attributes
    ----------
    table : the features, without uninformative columns
    values : values of the target, (n,) or (n, m)
    names : names of the target columns
    weights, groups, time : (n,) or None
    columns : names of all features, also those left out, in the order of the source
    others : names of the columns that are not features: target, weights, groups, dropped columns
    left_out : the features that are left out, each with the reason
    notices : messages for the user
    task : the task, if it was given or follows from the type of the target; otherwise None
    forms : how the cells of the target columns are written
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
        """Return the rows with these indices."""
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
        """Return the model with a record of the columns of this table and how they are written."""
        regression = model.task == "regression" and any(form != PLAIN for form in self.forms)
        target = replace(model.target, forms=self.forms) if regression else model.target
        training = {**model.training, **self.record()}
        return replace(model, target=target, dialect=self.dialect, training=training)

    def record(self) -> dict[str, Any]:
        """Return the record of the columns in a model, as JSON values."""
        columns = {
            "features": list(self.columns),
            "others": list(self.others),
            "left_out": dict(self.left_out),
        }
        return {"columns": columns, "notices": list(self.notices)}
