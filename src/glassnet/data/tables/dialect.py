"""What a caller may say about a table: how text is written, kinds of columns, limits."""

from __future__ import annotations

import codecs
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from glassnet.checks import check_integer, check_name
from glassnet.data.serialization import changed_fields
from glassnet.data.tables.schema import DATE_ORDERS, KINDS, THOUSANDS, Spelling
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
            check_integer(f"the limit {entry.name}", getattr(self, entry.name))

    def exceeded(self, what: str, limit: str) -> DataError:
        """Return the error for what is larger than a limit; it says how to allow more."""
        return DataError(
            f"{what}; the limit is {getattr(self, limit):,}. If the file is meant to be so large, "
            f"raise it: Limits({limit}=...)."
        )

    def check_names(self, names: Sequence[str], what: str) -> None:
        """Refuse too many columns, and a name of a column that is longer than a cell may be.

        `what` begins the message: what has the columns.
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


#: Encodings of Python that no text file has: of host names, of Python literals, of nothing.
NOT_OF_FILES = frozenset({"idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape"})
MAX_SKIPPED = 1_000_000  # lines
KNOWN = {"decimal": (".", ","), "thousands": THOUSANDS, "dates": DATE_ORDERS}
#: Settings that cannot be the same mark.
RIVALS = {
    "decimal": ("thousands", "quote"),
    "thousands": ("decimal",),
    "quote": ("delimiter", "decimal"),
    "delimiter": ("quote",),
}
_USUAL = {"delimiter": ",", "quote": '"', "encoding": "utf-8", "decimal": ".", "skip_rows": 0}


@dataclass(frozen=True)
class Dialect:
    """How a text file is written; what is None is found from the file.

    `decimal`, `thousands`, `missing` and `dates` are about cells of text wherever they come from,
    also data frames; the others are about text files. A model remembers the dialect of its training
    table: it is the default for later tables, where they do not show another one.

    Parameters
    ----------
    delimiter : one character between cells. Found: of comma, semicolon, tab and bar the one that
        cuts the first rows into equally many cells; where several do, the one that yields numbers,
        then the most cells. A first line such as `sep=;` names it.
    quote : one character around cells, doubled inside them. Found: ' where all names in the first
        line stand in such, else ".
    encoding : as Python names it. Found: by the byte order mark, else UTF-8, and where it is not
        that, Windows-1252, with a notice.
    decimal : "." or ",". Found: for a file by its first rows, where the delimiter is no comma, and
        for each column of text by its cells.
    thousands : what stands between groups of three digits: ",", ".", "'", " " (any kind of space),
        "" (nothing). Found: by the cells.
    missing : texts that are missing values, instead of those in
        `glassnet.data.tables.cells.MISSING`; the empty cell always is one. An empty list leaves
        every word a value.
    skip_rows : how many lines before the header are skipped, or the numbers of single lines, from
        1. A line that was skipped in training is skipped in a later file where it is no row there:
          it has other cells, or words where the other rows hold numbers, or ends the file.
    comment : what a line begins with that is skipped
    dates : the order of day, month and year in dates of numbers: "dmy", "mdy" or "ymd". Found: by a
        day above 12.

    Raises
    ------
    SettingError
        For a value that is none of those.
    """

    delimiter: str | None = None
    quote: str | None = None
    encoding: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    missing: Sequence[str] | None = None
    skip_rows: int | Sequence[int] | None = None
    comment: str | None = None
    dates: str | None = None

    def __post_init__(self) -> None:
        """Refuse what is no dialect, and bring lists to one form."""
        for name in ("delimiter", "quote"):
            mark = getattr(self, name)
            is_mark = isinstance(mark, str) and len(mark) == 1 and mark.isascii()
            if mark is not None and (not is_mark or mark in "\r\n\0"):
                raise SettingError(
                    f"the {name} must be one ASCII character, not a line end, got {mark!r}."
                )
        for name, known in KNOWN.items():
            value = getattr(self, name)
            if value not in (None, *known):
                raise SettingError(
                    f"{name} must be one of {', '.join(map(repr, known))}, got {value!r}."
                )
        if (self.quote or '"') in (self.delimiter, self.decimal):
            raise SettingError("the quote must differ from the delimiter and the decimal mark.")
        if self.decimal is not None and self.decimal == self.thousands:
            raise SettingError(
                f"decimal mark and thousands must be different characters, got {self.decimal!r} "
                "for both."
            )
        self._check_skipped_lines()
        if self.missing is not None:
            if isinstance(self.missing, str) or not all(isinstance(x, str) for x in self.missing):
                raise SettingError(
                    f"missing must be a list of texts, such as ['-', 'n.a.'], got {self.missing!r}."
                )
            texts = {text.strip() for text in self.missing} - {""}
            object.__setattr__(self, "missing", tuple(sorted(texts)))
        if self.encoding is not None and not _is_encoding(self.encoding):
            raise SettingError(
                f"unknown encoding {self.encoding!r:.80}: expected one of text files as Python "
                "names it, such as 'utf-8', 'cp1252'."
            )

    def _check_skipped_lines(self) -> None:
        skip: Any = 0 if self.skip_rows is None else self.skip_rows
        is_count = isinstance(skip, int)
        lines = (skip,) if is_count else (None,) if isinstance(skip, str) else tuple(skip)
        known = range(0 if is_count else 1, MAX_SKIPPED + 1)
        if len(lines) > MAX_SKIPPED or any(type(x) is not int or x not in known for x in lines):
            raise SettingError(
                "skip_rows must be a number of lines, or a list of line numbers from 1, at most "
                f"{MAX_SKIPPED:,}, got {skip!r:.80}."
            )
        if not is_count:
            object.__setattr__(self, "skip_rows", tuple(sorted(set(lines))))
        comment: Any = self.comment
        if comment is not None and (
            not isinstance(comment, str) or not comment or set(comment) & set("\r\n\0")
        ):
            raise SettingError(
                f"comment must be what a line begins with, one character or more, got {comment!r}."
            )

    @property
    def spelling(self) -> Spelling:
        """What the dialect says of cells."""
        missing = None if self.missing is None else frozenset(self.missing)
        return Spelling(missing, self.decimal, self.thousands, self.dates, self.decimal or ".")

    @property
    def skipped_lines(self) -> frozenset[int]:
        """The numbers of the lines that are skipped, from 1."""
        skip = self.skip_rows or 0
        return frozenset(range(1, skip + 1) if isinstance(skip, int) else skip)

    def known(self) -> dict[str, Any]:
        """Return the settings that differ from their defaults."""
        return changed_fields(self)

    def filled(self, default: Dialect | None) -> Dialect:
        """Return this dialect with what it lacks taken from another.

        A mark that this dialect has for something else is not taken.
        """
        if default is None:
            return self
        mine = self.known()
        taken = {
            name: value
            for name, value in default.known().items()
            if name not in mine and all(mine.get(other) != value for other in RIVALS.get(name, ()))
        }
        return Dialect(**mine, **taken)

    def unusual(self) -> Dialect:
        """Return this dialect without what every reader takes for granted."""
        usual = (name for name, value in _USUAL.items() if getattr(self, name) == value)
        return replace(self, **dict.fromkeys(usual))

    def to_plain(self) -> dict[str, Any]:
        """Return the dialect as JSON values."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in self.known().items()
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Dialect:
        """Return the dialect that `to_plain` wrote.

        Raises
        ------
        SettingError
            For a value that no dialect has.
        """
        names = [entry.name for entry in fields(cls)]
        if not plain.keys() <= set(names):
            raise SettingError(f"a dialect has the fields {', '.join(names)}.")
        return cls(**plain)


def _is_encoding(name: Any) -> bool:
    """Return whether Python has an encoding of text files of this name; base64 is none."""
    try:
        found: Any = codecs.lookup(name)
    except (LookupError, TypeError, ValueError):  # ValueError: a NUL in the name
        return False
    is_text: bool = found._is_text_encoding  # noqa: SLF001
    return is_text and found.name.replace("_", "-") not in NOT_OF_FILES


def check_overrides(
    types: Any = None, drop: Any = (), dialect: Any = None, limits: Any = None
) -> None:
    """Refuse unknown kinds, names that are no list of text, and other types of dialect and limits.

    Raises
    ------
    SettingError
        What was expected, and what was given.
    """
    if types is not None and not isinstance(types, Mapping):
        raise SettingError(
            "types must be a mapping from names of columns to kinds, such as {'zip': 'category'}, "
            f"got {types!r}."
        )
    for kind in (types or {}).values():
        check_name("kind of column", kind, KINDS)
    if (
        isinstance(drop, str)
        or not isinstance(drop, Collection)
        or not all(isinstance(name, str) for name in drop)
    ):
        raise SettingError(f"drop must be a list of names of columns, got {drop!r}.")
    for name, value, kind in (("dialect", dialect, Dialect), ("limits", limits, Limits)):
        if value is not None and not isinstance(value, kind):
            raise SettingError(
                f"{name} must be a glassnet.{kind.__name__}(...) or None, got {value!r}."
            )
