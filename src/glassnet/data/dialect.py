"""How a text file is written: encoding, delimiter, quote and decimal mark, found in its first lines where they are not given."""

from __future__ import annotations

import codecs
import csv
import io
import re
from dataclasses import dataclass, replace

from glassnet.data import cells
from glassnet.errors import DataError, SettingError

DELIMITERS = ",;\t|"
SAMPLE_ROWS = 100

_COMMA = re.compile(r"[+-]?(?:[0-9]+,(?:[0-9]{1,2}|[0-9]{4,})|0,[0-9]+)")  # 1,234 may be a thousand: it proves nothing
_POINT = re.compile(r"[+-]?[0-9]*\.[0-9]+")


@dataclass(frozen=True)
class Dialect:
    """How a text file is written; what is None is found in the file.

    Parameters
    ----------
    delimiter : one character. Found: of comma, semicolon, tab and bar the one that cuts the first rows into equally many cells, the most
        of them; the first of equals.
    quote : one character around cells, doubled inside them. Found: ' where all names in the first line stand in such, else ".
    encoding : as Python names it. Found: by the byte order mark, else UTF-8, and where it is not that, Windows-1252, with a notice.
    decimal : "." or ",". Found: a comma where the delimiter is another one and the first rows hold numbers such as 1,5 and none as 1.5.

    Raises
    ------
    SettingError
        For a delimiter or quote that is not one character, both the same, an unknown encoding, or another decimal mark.
    """

    delimiter: str | None = None
    quote: str | None = None
    encoding: str | None = None
    decimal: str | None = None

    def __post_init__(self) -> None:
        for name in ("delimiter", "quote"):
            value = getattr(self, name)
            if value is not None and (not isinstance(value, str) or len(value) != 1 or not value.isascii() or value in "\r\n\0"):
                raise SettingError(f"the {name} is one ASCII character, not a line end, but {value!r} came.")
        if self.decimal not in (None, ".", ","):
            raise SettingError(f"the decimal mark is '.' or ',', but {self.decimal!r} came.")
        given = [mark for mark in (self.delimiter, self.quote, self.decimal) if mark is not None]
        if len(set(given)) < len(given):
            raise SettingError("delimiter, quote and decimal mark must be different characters.")
        if self.encoding is not None:
            try:
                codecs.lookup(self.encoding)
            except (LookupError, TypeError):
                raise SettingError(
                    f"unknown encoding {self.encoding!r}: expected one as Python names it, such as 'utf-8', 'cp1252'."
                ) from None

    def number(self, text: str) -> float | None:
        """Return the number that a cell spells in this dialect, None where it spells none."""
        if self.decimal != ",":
            return cells.number_of(text)
        return None if "." in text else cells.number_of(text.replace(",", ".", 1))


@dataclass(frozen=True)
class Header:
    """The names in the first line of a text file as they stand there, the bytes it takes in UTF-8, and the dialect, now without a None."""

    names: tuple[str, ...]
    n_bytes: int
    dialect: Dialect
    has_rows: bool


def read_header(head: str, dialect: Dialect, *, whole: bool) -> Header:
    """Return what the first lines of a text file say.

    Parameters
    ----------
    head : the beginning of the text
    dialect : what is known of it
    whole : whether this is all of the text

    Raises
    ------
    DataError
        Where there is no line, or the first one does not end.
    """
    lines = io.StringIO(head, newline="")
    quote = dialect.quote or _quote(head)
    skipped, first = _first_line(lines, quote)
    if not first:
        raise DataError("the file is empty.")
    if first.count(quote) % 2:
        raise DataError(f"a quote ({quote}) is opened in the first line and never closed.")
    if not whole and not first.endswith(("\n", "\r")):
        raise DataError(f"the first line does not end within {len(head):,} characters: this is no table of text.")
    rest = head[lines.tell() :] if whole else head[lines.tell() : max(head.rfind("\n"), head.rfind("\r")) + 1]
    delimiter = dialect.delimiter or _delimiter(first, rest, quote)
    sample = _rows(rest, delimiter, quote)
    decimal = dialect.decimal or _decimal(sample, delimiter)
    names = _rows(first, delimiter, quote)[0]
    n_bytes = len((skipped + first).encode())
    has_rows = not whole or bool(rest.strip("\r\n"))
    return Header(tuple(names), n_bytes, replace(dialect, delimiter=delimiter, quote=quote, decimal=decimal), has_rows)


def _first_line(lines: io.StringIO, quote: str) -> tuple[str, str]:
    """Return the empty lines before the first line, and that line, which may hold line ends inside quotes."""
    skipped = first = ""
    for line in lines:
        if line.strip():
            first = line
            break
        skipped += line
    parts = [first]
    n_quotes = first.count(quote)
    while n_quotes % 2 and (more := lines.readline()):
        parts.append(more)
        n_quotes += more.count(quote)
    return skipped, "".join(parts)


def _quote(head: str) -> str:
    """Return the apostrophe where every name in the first line stands in such."""
    line = head.lstrip("\r\n").partition("\n")[0].strip()
    cells_quoted = (re.fullmatch(rf"'[^']*'(?:{re.escape(mark)}'[^']*')*", line) for mark in DELIMITERS)
    return "'" if any(cells_quoted) else '"'


def _delimiter(first: str, rest: str, quote: str) -> str:
    even = []
    for mark in DELIMITERS:
        n_names = len(_rows(first, mark, quote)[0])
        if n_names > 1 and all(len(row) == n_names for row in _rows(rest, mark, quote) if row):
            even.append((-n_names, DELIMITERS.index(mark)))
    if even:
        return DELIMITERS[min(even)[1]]
    return max(DELIMITERS, key=lambda mark: len(_rows(first, mark, quote)[0]))  # a comma where there is none at all


def _rows(text: str, delimiter: str, quote: str) -> list[list[str]]:
    """Return the first rows of a text; what the csv module does not take ends them."""
    rows: list[list[str]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quotechar=quote)
    try:
        for row in reader:
            rows.append(row)
            if len(rows) == SAMPLE_ROWS:
                break
    except csv.Error:  # a field that is too long: the limits speak of it later
        pass
    return rows or [[]]


def _decimal(sample: list[list[str]], delimiter: str) -> str:
    if delimiter == ",":
        return "."
    seen = [cell.strip() for row in sample for cell in row]
    return "," if any(map(_COMMA.fullmatch, seen)) and not any(map(_POINT.fullmatch, seen)) else "."
