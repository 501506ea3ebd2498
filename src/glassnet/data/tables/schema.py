"""Schema of a table: the names and kinds of its columns, and how their cells are written.

A model stores the form of each of its columns, so that a single cell such as 1.500 or 02/03/2020
has the same meaning at prediction as in training.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, cast

from glassnet.cached import cached_property
from glassnet.data.serialization import changed_fields
from glassnet.data.tables import cells
from glassnet.errors import DataError, did_you_mean
from glassnet.messages import listed

Kind = Literal["number", "category", "boolean", "datetime"]

KINDS: tuple[Kind, ...] = ("number", "category", "boolean", "datetime")

#: In surveys and diagnoses "None" means "none of these"; in a target it is a class.
NONE = frozenset({"None"})

#: The order of day, month and year in a date: ISO 8601 and similar, day first, month first.
DateOrder = Literal["ymd", "dmy", "mdy"]

DATE_ORDERS: tuple[DateOrder, ...] = ("ymd", "dmy", "mdy")


@dataclass(frozen=True)
class Form:
    """How the cells of a column are written.

    Parameters
    ----------
    decimal : the decimal mark of numbers, "." or ","
    thousands : the mark between groups of three digits, "" for none
    unit : the unit beside each number, such as "$", "%" or "kg"; "clock" for times of day, which
        are hours since midnight
    dates : the order of day, month and year in dates
    verbatim : whether words such as "NA" and "None" are levels of a category, not missing values
    """

    decimal: str = "."
    thousands: str = ""
    unit: str = ""
    dates: str = "ymd"
    verbatim: bool = False

    def to_plain(self) -> dict[str, Any]:
        """Return what differs from the usual form, as JSON values."""
        return changed_fields(self)

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Form:
        """Return the form that `to_plain` wrote.

        Raises
        ------
        ValueError
            If a field is unknown or a value is invalid.
        """
        known = {entry.name: type(entry.default) for entry in fields(cls)}
        if any(type(value) is not known.get(name) for name, value in plain.items()):
            raise ValueError(f"the form of a column must have fields among {list(known)}")
        form = cls(**plain)
        if (
            form.decimal not in (".", ",")
            or form.thousands not in THOUSANDS
            or form.dates not in DATE_ORDERS
        ):
            raise ValueError(
                "the form of a column has a mark or an order of dates that does not exist"
            )
        return form


#: The marks between groups of three digits; every kind of space is " ".
THOUSANDS = ("", ",", ".", "'", " ")
CLOCK = "clock"
PLAIN = Form()


@dataclass(frozen=True)
class Spelling:
    """How cells of all columns are written, as given by the caller; None is detected.

    Parameters
    ----------
    missing : the texts that are missing values, besides the empty one; None for `cells.MISSING`
    decimal, thousands, dates : as in `Form`
    default_decimal : the decimal mark of the file, for columns that do not show one
    """

    missing: frozenset[str] | None = None
    decimal: str | None = None
    thousands: str | None = None
    dates: str | None = None
    default_decimal: str = "."


@dataclass(frozen=True)
class Column:
    """The name and kind of a column, and how its cells are written."""

    name: str
    kind: Kind
    form: Form = PLAIN

    def __post_init__(self) -> None:
        """Refuse an unknown kind."""
        if self.kind not in KINDS:
            raise DataError(
                f"column {self.name!r} has kind {self.kind!r}: expected one of {', '.join(KINDS)}."
            )

    def to_plain(self) -> list[Any]:
        """Return the column as JSON values: name, kind and, unless it is the usual one, form."""
        form = self.form.to_plain()
        return [self.name, self.kind, form] if form else [self.name, self.kind]


@dataclass(frozen=True)
class Schema:
    """The columns of a table, in order, with unique names."""

    columns: tuple[Column, ...]

    def __post_init__(self) -> None:
        """Refuse a name that occurs twice."""
        refuse_duplicates(self.names)

    def _of_kinds(self, *kinds: Kind) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.kind in kinds)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of all columns, in order."""
        return self._of_kinds(*KINDS)

    @cached_property
    def numbers(self) -> tuple[str, ...]:
        """The names of the number columns, in the order of the number block."""
        return self._of_kinds("number")

    @cached_property
    def categories(self) -> tuple[str, ...]:
        """The names of the category and boolean columns, in order."""
        return self._of_kinds("category", "boolean")

    @cached_property
    def dates(self) -> tuple[str, ...]:
        """The names of the date-time columns, in order."""
        return self._of_kinds("datetime")

    @cached_property
    def by_name(self) -> dict[str, Column]:
        """The columns by their names."""
        return {column.name: column for column in self.columns}

    @cached_property
    def kinds(self) -> dict[str, Kind]:
        """The kind of each column by its name."""
        return {column.name: column.kind for column in self.columns}

    @cached_property
    def number_index(self) -> dict[str, int]:
        """The position of each number column in the number block."""
        return {name: i for i, name in enumerate(self.numbers)}

    def to_plain(self) -> list[list[Any]]:
        """Return the schema as lists, ready for JSON."""
        return [column.to_plain() for column in self.columns]

    @classmethod
    def from_plain(cls, plain: Iterable[Sequence[Any]]) -> Schema:
        """Return the schema that `to_plain` wrote."""
        columns = (
            Column(name, cast(Kind, kind), *map(Form.from_plain, form))
            for name, kind, *form in plain
        )
        return cls(tuple(columns))


def require_columns(needed: Sequence[str], available: Collection[str]) -> None:
    """Raise a DataError that names all needed columns that are missing."""
    known = set(available)
    missing = [name for name in needed if name not in known]
    if missing:
        spare = known.difference(needed)
        hints = "".join(dict.fromkeys(did_you_mean(name, spare) for name in missing[:5]))
        raise DataError(
            f"the table lacks {len(missing)} of the {len(needed)} columns that are needed: missing "
            f"{listed(missing)}.{hints}"
        )


def refuse_duplicates(names: Sequence[str]) -> None:
    """Raise a DataError if a column name occurs twice."""
    twice = sorted(name for name, count in Counter(names).items() if count > 1)
    if twice:
        raise DataError(
            f"every column needs a name of its own, but {listed(twice)} occurs more than once."
        )


def refuse_shape(shape: tuple[int, ...], empty: bool = False) -> None:
    """Raise a DataError if data is not 2-D, has no columns or, unless `empty`, no rows.

    The messages use the words of scikit-learn's checks.
    """
    if len(shape) != 2:
        hint = (
            " of shape {shape}: flatten it to one row per example."
            if len(shape) > 2
            else ". Reshape your data: .reshape(-1, 1) makes one column of it, .reshape(1, -1) "
            "one row."
        )
        raise DataError(
            f"Expected a 2-D table but got {len(shape)}-D data{hint.format(shape=shape)}"
        )
    for count, what in zip(shape, ("sample(s)", "feature(s)"), strict=True):
        if count == 0 and not (empty and what == "sample(s)"):
            raise DataError(
                f"the table has 0 {what} (shape={shape}) while a minimum of 1 is required."
            )


@dataclass(frozen=True)
class ColumnHint:
    """What is known of a column before its cells are read.

    Parameters
    ----------
    kind : the kind that it must have; None if the cells decide
    form : how its cells were written in training
    by_caller : whether the caller gave the kind; then any number of invalid cells may be missing
    is_target : whether it is a target; then "None" is a class, and words that are missing values
        are worth a notice
    rows_before : the number of rows of the column in the chunks before this one
    is_settled : whether earlier chunks have shown the decimal mark or the order of dates of `form`,
        so that the same text has the same meaning in every chunk
    """

    kind: Kind | None = None
    form: Form = PLAIN
    by_caller: bool = False
    is_target: bool = False
    rows_before: int = 0
    is_settled: bool = False

    @property
    def by_training(self) -> bool:
        """Whether a model expects the kind; notices from training are not repeated."""
        return self.kind is not None and not self.by_caller

    @property
    def missing(self) -> frozenset[str]:
        """The texts that are missing values unless the caller gives others."""
        if self.form.verbatim:
            return frozenset()
        return cells.MISSING - NONE if self.is_target else cells.MISSING

    def after(self, n_rows: int, form: Form | None) -> ColumnHint:
        """Return what is known after `n_rows` rows; `form` is that of the last chunk, or None."""
        if form is None:
            return replace(self, rows_before=n_rows)
        shown = replace(form, unit=self.form.unit, verbatim=self.form.verbatim)
        return replace(self, form=shown, rows_before=n_rows, is_settled=True)

    @classmethod
    def by_model(cls, column: Column) -> ColumnHint:
        """Return what a model expects of a column."""
        return cls(column.kind, column.form)

    @classmethod
    def by_kind(cls, kind: Kind) -> ColumnHint:
        """Return what is expected of a kind that the caller gives; "NA" may be a level then."""
        return cls(kind, replace(PLAIN, verbatim=kind == "category"), by_caller=True)
