"""Roles: which columns of a table do what in a fit, and how the table is to be read."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from glassnet.data.tables.dialect import Dialect, Limits, check_overrides
from glassnet.data.tables.given import as_name, as_names, as_target
from glassnet.data.tables.schema import Kind


@dataclass(frozen=True, eq=False)
class Roles:
    """The roles of the columns of a table.

    Attributes
    ----------
    target : name of the target's column, or a list of names, which are then no features; or the
        target values themselves
    weights : name of the column with the weights of the rows, which is no feature; or the weights
        (n,)
    groups : name of the column by which rows belong together, which is no feature; or the group of
        each row (n,)
    time : name of the column by which rows are ordered, which stays a feature; or the time of each
        row (n,)
    drop : names of columns that are no features
    types : kinds of some columns ("number", "category", "boolean", "datetime"), where the guess is
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
        """Return the roles with every column by its name, checked for their kinds.

        Raises
        ------
        SettingError
            For types, drop, dialect or limits of another kind.
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
        """The names among what `target` holds."""
        given = [self.target] if isinstance(self.target, str) else self.target
        return [t for t in given if isinstance(t, str)] if isinstance(given, list | tuple) else []

    @property
    def beside(self) -> list[str]:
        """The names of the columns with weights and groups, which are no features."""
        return [name for name in (self.weights, self.groups) if isinstance(name, str)]

    @property
    def kept(self) -> list[str]:
        """The names of columns that are read even where they would be left out."""
        names = (self.weights, self.groups, self.time, *self.drop)
        return [name for name in names if isinstance(name, str)]
