"""Options for reading a table: how its text is written (the dialect) and size limits."""

from __future__ import annotations

import codecs
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from glassnet.checks import check_integer, check_name
from glassnet.data.serialization import changed_fields
from glassnet.data.tables.schema import DATE_ORDERS, KINDS, THOUSANDS, Spelling
from glassnet.errors import DataError, SettingError

#: Decompressed bytes up to which the ratio is not checked: short text may be repetitive.
SMALL = 2**20


@dataclass(frozen=True)
class Limits:
    """Size limits for reading a table; each limit is an integer of at least 1.

    Parameters
    ----------
    bytes : bytes of text after decompression; for other files, 8 for each cell
    rows : rows of a table; for text, lines
    columns : columns in the file
    field : characters of one cell, or of the name of a column
    categories : distinct texts in a column; a column with more is left out of a fit
    ratio : bytes after decompression for each byte before it

    Raises
    ------
    SettingError
        If a limit is not an integer of at least 1.
    """

    bytes: int = 2**30
    rows: int = 10_000_000
    columns: int = 10_000
    field: int = 2**16
    categories: int = 10_000
    ratio: int = 100

    def __post_init__(self) -> None:
        """Check that all limits are integers of at least 1."""
        for entry in fields(self):
            check_integer(f"the limit {entry.name}", getattr(self, entry.name))

    def exceeded(self, what: str, limit: str) -> DataError:
        """Return the error for data that exceeds a limit; it tells how to allow more."""
        return DataError(
            f"{what}; the limit is {getattr(self, limit):,}. If the file is meant to be so large, "
            f"raise it: Limits({limit}=...)."
        )

    def check_names(self, names: Sequence[str], what: str) -> None:
        """Check the number of columns and the lengths of their names.

        `what` is the beginning of the message: what has the columns.
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
        """Check the ratio of decompressed to compressed bytes."""
        if n_bytes > SMALL and n_bytes > self.ratio * n_compressed:
            raise self.exceeded("the file grows when it is decompressed as no table does", "ratio")


#: Python's encodings that are not for text files: of host names, of Python literals, undefined.
NOT_OF_FILES = frozenset({"idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape"})
MAX_SKIPPED = 1_000_000  # lines
KNOWN = {"decimal": (".", ","), "thousands": THOUSANDS, "dates": DATE_ORDERS}
#: Pairs of settings that must differ.
RIVALS = {
    "decimal": ("thousands", "quote"),
    "thousands": ("decimal",),
    "quote": ("delimiter", "decimal"),
    "delimiter": ("quote",),
}
_USUAL = {"delimiter": ",", "quote": '"', "encoding": "utf-8", "decimal": ".", "skip_rows": 0}


@dataclass(frozen=True)
class Dialect:
    """How a text file is written; settings that are None are detected from the file.

    `decimal`, `thousands`, `missing` and `dates` apply to text cells of any source, including data
    frames; the others apply to text files. A model stores the dialect of its training table. It is
    the default for later tables unless they show another one.

    Parameters
    ----------
    delimiter : the character between cells. Detected: of comma, semicolon, tab and bar the one that
        splits the first rows into the same number of cells; if several do, the one that gives
        numbers, then the one that gives most cells. A first line such as `sep=;` declares it.
    quote : the character around cells, doubled inside them. Detected: ' if it quotes all names in
        the first line, otherwise ".
    encoding : Python's name of the encoding. Detected: by the byte order mark, otherwise UTF-8, and
        if the file is not UTF-8, Windows-1252 with a notice.
    decimal : "." or ",". Detected: for a file from its first rows if the delimiter is not a comma,
        and for each text column from its cells.
    thousands : the mark between groups of three digits: ",", ".", "'", " " (any kind of space),
        "" (nothing). Detected from the cells.
    missing : texts that are missing values, instead of those in
        `glassnet.data.tables.cells.MISSING`; an empty cell is always missing. With an empty list
        every word is a value.
    skip_rows : the number of lines to skip before the header, or the numbers of single lines from
        1. A line that was skipped in training is skipped in a later file if it is not a row there:
        it has another number of cells, or words in a column of numbers, or ends the file.
    comment : the text at the start of lines to skip
    dates : the order of day, month and year in numeric dates: "dmy", "mdy" or "ymd". Detected by a
        day above 12.

    Raises
    ------
    SettingError
        If a value is invalid.
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
        """Check the settings, and convert lists to tuples."""
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
        """The settings that apply to cells."""
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
        """Return this dialect with unset settings taken from another one.

        A mark that this dialect uses for another purpose is not taken.
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
        """Return this dialect without the settings that every reader assumes."""
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
            If a value is invalid.
        """
        names = [entry.name for entry in fields(cls)]
        if not plain.keys() <= set(names):
            raise SettingError(f"a dialect has the fields {', '.join(names)}.")
        return cls(**plain)


def _is_encoding(name: Any) -> bool:
    """Return whether this is the name of a text encoding in Python; base64 is not one."""
    try:
        found: Any = codecs.lookup(name)
    except (LookupError, TypeError, ValueError):  # ValueError: a NUL in the name
        return False
    is_text: bool = found._is_text_encoding  # noqa: SLF001
    return is_text and found.name.replace("_", "-") not in NOT_OF_FILES


def check_overrides(
    types: Any = None, drop: Any = (), dialect: Any = None, limits: Any = None
) -> None:
    """Check the arguments `types`, `drop`, `dialect` and `limits`.

    Raises
    ------
    SettingError
        If an argument is invalid; the message tells what was expected and what was given.
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
