"""Limits of how much a table may hold; a larger one is refused before it fills the memory."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

from glassnet.errors import DataError, SettingError

#: Decompressed bytes up to which the ratio is not checked: a short text may well repeat itself.
SMALL = 2**20


@dataclass(frozen=True)
class Limits:
    """What reading a table may cost; each limit is a whole number of at least 1.

    Parameters
    ----------
    bytes : of text after decompression; of other files, 8 for each cell
    rows : of a table; of text, lines
    columns : named in the file
    field : characters of one cell, or of the name of a column
    categories : distinct texts in a column, beyond which it is left out of a fit
    ratio : bytes after decompression for each byte before it

    Raises
    ------
    SettingError
        For a limit that is no whole number of at least 1.
    """

    bytes: int = 2**30
    rows: int = 10_000_000
    columns: int = 10_000
    field: int = 2**16
    categories: int = 10_000
    ratio: int = 100

    def __post_init__(self) -> None:
        """Refuse limits that are no whole numbers of at least 1."""
        for entry in fields(self):
            value = getattr(self, entry.name)
            if type(value) is not int or value < 1:
                raise SettingError(
                    f"the limit {entry.name} must be a whole number of at least 1, got {value!r}."
                )

    def exceeded(self, what: str, limit: str) -> DataError:
        """Return the error for what is larger than a limit; it says how to allow more."""
        return DataError(
            f"{what}; the limit is {getattr(self, limit):,}. If the file is meant to be so large, "
            f"raise it: Limits({limit}=...)."
        )

    def check_names(self, names: Sequence[str], what: str) -> None:
        """Refuse too many columns, and a name of a column that is longer than a cell may be.

        `what` is said to have the columns.
        """
        if len(names) > self.columns:
            raise self.exceeded(f"{what} {len(names):,} columns", "columns")
        longest = max(names, key=len, default="")
        if len(longest) > self.field:
            raise self.exceeded(
                f"a column has a name of {len(longest):,} characters, which begins with "
                f"{longest[:40]!r}",
                "field",
            )

    def check_growth(self, n_bytes: int, n_compressed: int) -> None:
        """Refuse a file that grows too much when it is decompressed."""
        if n_bytes > SMALL and n_bytes > self.ratio * n_compressed:
            raise self.exceeded("the file grows when it is decompressed as no table does", "ratio")
