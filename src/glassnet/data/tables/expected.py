"""What is known about columns before their cells are read: kinds, and how cells are written."""

from __future__ import annotations

from dataclasses import dataclass, replace

from glassnet.data.tables import cells
from glassnet.data.tables.forms import PLAIN, Form
from glassnet.data.tables.schema import Column, Kind

#: In surveys and diagnoses "None" means "none of these"; in a target it is a class.
NONE = frozenset({"None"})


@dataclass(frozen=True)
class Expected:
    """What is known of a column before its cells are read.

    Parameters
    ----------
    kind : the kind that it must have; None where the cells decide
    form : in which a model read its cells in training
    by_caller : whether the caller named the kind; then any number of invalid cells is missing
    is_target : whether it is to be predicted; then "None" is a class, and words that are missing
        values are worth a notice
    rows_before : how many rows of the column have been read before these, which are a chunk of it
    """

    kind: Kind | None = None
    form: Form = PLAIN
    by_caller: bool = False
    is_target: bool = False
    rows_before: int = 0

    @property
    def by_training(self) -> bool:
        """Whether a model expects the kind; what was told in training is not told again."""
        return self.kind is not None and not self.by_caller

    @property
    def missing(self) -> frozenset[str]:
        """The texts that are missing values, unless the caller lists others."""
        if self.form.verbatim:
            return frozenset()
        return cells.MISSING - NONE if self.is_target else cells.MISSING

    @classmethod
    def by_model(cls, column: Column) -> Expected:
        """Return what a model expects of a column."""
        return cls(column.kind, column.form)

    @classmethod
    def by_kind(cls, kind: Kind) -> Expected:
        """Return what a caller expects who names a kind; the words of such a category are levels."""
        return cls(kind, replace(PLAIN, verbatim=kind == "category"), by_caller=True)


@dataclass(frozen=True)
class Spelling:
    """How cells are written, as the caller says for all columns; None is found from the cells.

    Parameters
    ----------
    missing : the texts that are missing values, besides the empty one; None for `cells.MISSING`
    decimal, thousands, dates : as in `Form`
    default_decimal : the decimal mark of the file, for a column that does not show its own
    """

    missing: frozenset[str] | None = None
    decimal: str | None = None
    thousands: str | None = None
    dates: str | None = None
    default_decimal: str = "."
