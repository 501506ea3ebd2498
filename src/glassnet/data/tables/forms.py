"""How the cells of columns are written: decimal marks, thousands, units, order of dates.

A model remembers the form of each of its columns, so that a single cell such as 1.500 or 02/03/2020
means at prediction what it meant in training.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

from glassnet.data.serialization import changed_fields

#: The order of day, month and year in a date: ISO 8601 and its kin, day first, month first.
DateOrder = Literal["ymd", "dmy", "mdy"]

DATE_ORDERS: tuple[DateOrder, ...] = ("ymd", "dmy", "mdy")


@dataclass(frozen=True)
class Form:
    """How the cells of a column are written.

    Parameters
    ----------
    decimal : the decimal mark of numbers, "." or ","
    thousands : what stands between groups of three digits, "" where nothing does
    unit : what stands beside each number, such as "$", "%" or "kg"; "clock" for times of day, which
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
            For an unknown field, or a value that it cannot have.
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


#: What may stand between groups of three digits; every kind of space is " ".
THOUSANDS = ("", ",", ".", "'", " ")
CLOCK = "clock"
PLAIN = Form()


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
