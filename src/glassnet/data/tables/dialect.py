"""How a text file, and a cell of text anywhere, is written, as far as the caller says it."""

from __future__ import annotations

import codecs
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from glassnet.data.tables.forms import DATE_ORDERS, THOUSANDS
from glassnet.data.tables.readers import Spelling
from glassnet.errors import SettingError

#: Encodings of Python that are of names on the net, of Python's own literals or of nothing at all.
NOT_OF_FILES = frozenset({"idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape"})
MOST_SKIPPED = 1_000_000  # lines


@dataclass(frozen=True)
class Dialect:
    """How a text file is written; what is None is found in the file.

    `decimal`, `thousands`, `missing` and `dates` are about cells of text wherever they come from,
    also data frames; the others are about text files. A model remembers the dialect of its training
    table: it is the default for later tables, where they do not tell otherwise.

    Parameters
    ----------
    delimiter : one character between cells. Found: of comma, semicolon, tab and bar the one that
        cuts the first rows into equally many cells; where several do, the one that yields numbers,
        then the most cells. A first line such as `sep=;` says it.
    quote : one character around cells, doubled inside them. Found: ' where all names in the first
        line stand in such, else ".
    encoding : as Python names it. Found: by the byte order mark, else UTF-8, and where it is not
        that, Windows-1252, with a notice.
    decimal : "." or ",". Found: for a file by its first rows, where the delimiter is no comma, and
        for each column of text by its cells.
    thousands : what stands between groups of three digits: ",", ".", "'", " " (any kind of space),
        "" (nothing). Found: by the cells.
    missing : texts that are missing values, instead of those in `glassnet.data.tables.cells.MISSING`; the
        empty cell always is one. An empty list leaves every word a value.
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
        for name in ("delimiter", "quote"):
            value = getattr(self, name)
            if value is not None and (
                not isinstance(value, str)
                or len(value) != 1
                or not value.isascii()
                or value in "\r\n\0"
            ):
                raise SettingError(
                    f"the {name} is one ASCII character, not a line end, but {value!r} came."
                )
        if self.decimal not in (None, ".", ","):
            raise SettingError(f"the decimal mark is '.' or ',', but {self.decimal!r} came.")
        if self.thousands not in (None, *THOUSANDS):
            raise SettingError(
                f"thousands must be one of {', '.join(map(repr, THOUSANDS))}, got "
                f"{self.thousands!r}."
            )
        if self.dates not in (None, *DATE_ORDERS):
            raise SettingError(
                f"dates must be one of {', '.join(map(repr, DATE_ORDERS))}, got {self.dates!r}."
            )
        if (self.quote or '"') in (self.delimiter, self.decimal):
            raise SettingError(
                "the quote must be another character than the delimiter and the decimal mark."
            )
        if self.decimal is not None and self.decimal == self.thousands:
            raise SettingError(
                f"decimal mark and thousands must be different characters, got {self.decimal!r} "
                "for both."
            )
        self._check_lines()
        self._check_missing()
        if self.encoding is not None:
            try:
                found: Any = codecs.lookup(self.encoding)
            except (LookupError, TypeError, ValueError):  # ValueError: a NUL in the name
                found = None
            # rot13 and base64 are no encodings of text
            if (
                found is None
                or not found._is_text_encoding  # noqa: SLF001
                or found.name.replace("_", "-") in NOT_OF_FILES
            ):
                raise SettingError(
                    f"unknown encoding {self.encoding!r:.80}: expected one of text files as Python "
                    "names it, such as 'utf-8', 'cp1252'."
                )

    def _check_lines(self) -> None:
        skip: Any = 0 if self.skip_rows is None else self.skip_rows
        lines: tuple[Any, ...] = (
            (skip,) if isinstance(skip, int) else (None,) if isinstance(skip, str) else tuple(skip)
        )
        least = 0 if isinstance(skip, int) else 1
        if len(lines) > MOST_SKIPPED or not all(
            type(line) is int and least <= line <= MOST_SKIPPED for line in lines
        ):
            raise SettingError(
                "skip_rows is a number of lines, or a list of line numbers from 1, at most "
                f"{MOST_SKIPPED:,}, got {skip!r:.80}."
            )
        if not isinstance(skip, int):
            object.__setattr__(self, "skip_rows", tuple(sorted(set(lines))))
        comment: Any = self.comment
        if comment is not None and (
            not isinstance(comment, str) or not comment or set(comment) & set("\r\n\0")
        ):
            raise SettingError(
                f"comment is what a line begins with, one character or more, but {comment!r} came."
            )

    def _check_missing(self) -> None:
        missing: Any = self.missing
        if missing is None:
            return
        if isinstance(missing, str) or not all(isinstance(text, str) for text in missing):
            raise SettingError(
                f"missing is a list of texts, such as ['-', 'n.a.'], but {missing!r} came."
            )
        object.__setattr__(
            self, "missing", tuple(sorted({text.strip() for text in missing} - {""}))
        )

    @property
    def spelling(self) -> Spelling:
        """What is said of cells."""
        missing = None if self.missing is None else frozenset(self.missing)
        return Spelling(missing, self.decimal, self.thousands, self.dates, self.decimal or ".")

    @property
    def skipped_lines(self) -> frozenset[int]:
        """The numbers of the lines that are skipped, from 1."""
        skip = self.skip_rows or 0
        return frozenset(range(1, skip + 1) if isinstance(skip, int) else skip)

    def filled(self, default: Dialect | None) -> Dialect:
        """Return this dialect, with what it does not say taken from another, but for a mark that it has for something else."""
        if default is None:
            return self
        said = {f.name: mine for f in fields(self) if (mine := getattr(self, f.name)) != f.default}
        taken = {
            f.name: theirs
            for f in fields(self)
            if f.name not in said and (theirs := getattr(default, f.name)) != f.default
        }
        for one, other in (("decimal", "thousands"), ("quote", "delimiter"), ("quote", "decimal")):
            for name, mark in ((one, said.get(other)), (other, said.get(one))):
                if mark is not None and taken.get(name) == mark:
                    del taken[name]
        return Dialect(**said, **taken)

    def unusual(self) -> Dialect:
        """Return what every reader would not take for granted."""
        usual = {
            "delimiter": ",",
            "quote": '"',
            "encoding": "utf-8",
            "decimal": ".",
            "skip_rows": 0,
        }
        taken: dict[str, Any] = {
            name: None for name, value in usual.items() if getattr(self, name) == value
        }
        return replace(self, **taken)

    def to_plain(self) -> dict[str, Any]:
        """Return what it says as JSON-able values."""
        said = {
            f.name: value for f in fields(self) if (value := getattr(self, f.name)) != f.default
        }
        return {
            name: list(value) if isinstance(value, tuple) else value for name, value in said.items()
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Dialect:
        """Return the dialect that `to_plain` wrote.

        Raises
        ------
        SettingError
            For a value that no dialect has.
        """
        if not plain.keys() <= {f.name for f in fields(cls)}:
            raise SettingError(
                f"a dialect has the fields {', '.join(f.name for f in fields(cls))}."
            )
        return cls(**plain)
