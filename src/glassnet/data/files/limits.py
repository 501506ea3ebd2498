"""How much a file may hold: what is larger is refused before it fills the memory, with the limit that it passed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

from glassnet.errors import DataError, SettingError


@dataclass(frozen=True)
class Limits:
    """What reading a table may cost; each limit is a whole number above 0, and a larger one takes a larger file.

    Parameters
    ----------
    bytes : of text after decompression; of other files, 8 for each cell
    rows : of a table; of text, lines
    columns : named in the file
    field : characters of one cell, or of the name of a column
    categories : different texts in a column, beyond which it is left out of a fit
    ratio : bytes after decompression for each byte before it

    Raises
    ------
    SettingError
        For a limit that is no whole number above 0.
    """

    bytes: int = 2**30
    rows: int = 10_000_000
    columns: int = 10_000
    field: int = 2**16
    categories: int = 10_000
    ratio: int = 100

    def __post_init__(self) -> None:
        for entry in fields(self):
            value = getattr(self, entry.name)
            if type(value) is not int or value < 1:
                raise SettingError(
                    f"the limit {entry.name} is a whole number above 0, but {value!r} came."
                )


def check_names(names: Sequence[str], limits: Limits) -> None:
    """Raise the DataError for a name of a column that is longer than a cell may be."""
    longest = max(names, key=len, default="")
    if len(longest) > limits.field:
        said = f"a column has a name of {len(longest):,} characters, which begins with {longest[:40]!r}"
        raise DataError(passed(said, "field", limits.field))


def passed(what: str, limit: str, value: int) -> str:
    """Return the sentence for a limit that was passed: what is too large, and how to allow more."""
    return f"{what}; the limit is {value:,}. If the file is meant to be so large, raise it: Limits({limit}=...)."
