"""Detect column names, delimiter, quote and decimal mark from the first lines of a text file."""

import csv
import io
import re
from dataclasses import dataclass, replace

from glassnet.data.files.sample import (
    COMMA,
    DELIMITERS,
    FirstLines,
    cells_of,
    is_number,
    rows_of,
    suspicion,
)
from glassnet.data.tables.dialect import Dialect
from glassnet.data.tables.numerals import number_of
from glassnet.errors import DataError

#: Delimiters that give more than this share of the maximum number of columns are compared by how
#: many numbers they give.
NEAR = 0.5

_POINT = re.compile(r"[+-]?[0-9]*\.[0-9]+")
_THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}\.[0-9]{3}")
#: The line that spreadsheets write before the names; another program may append delimiters to it.
_SEPARATOR = re.compile(r'"?sep=(\\t|[\t -~])"?[\s,;|]*', re.IGNORECASE)


@dataclass(frozen=True)
class Header:
    """What the first lines of a text file tell about it.

    Parameters
    ----------
    names : the names of the columns as written; a column of row names (as R writes them) is named
        ""
    width : the number of cells in a row, larger than the number of names if rows end with a
        delimiter
    n_bytes : the size in UTF-8 of the lines before the rows
    delimiter, quote : the characters between and around cells
    dialect : the dialect, with delimiter, quote and decimal filled in
    has_rows : whether any text follows
    suspicion : a sentence about what looks wrong, or ""
    """

    names: tuple[str, ...]
    width: int
    n_bytes: int
    delimiter: str
    quote: str
    dialect: Dialect
    has_rows: bool
    suspicion: str = ""


def read_header(
    head: str, dialect: Dialect, *, default_decimal: str | None = None, whole: bool
) -> Header:
    """Return what the first lines of a text file tell about it.

    Parameters
    ----------
    head : the beginning of the text, without skipped lines
    dialect : the known settings
    default_decimal : the decimal mark if the rows do not show one, "." by default
    whole : whether `head` is the whole text

    Raises
    ------
    DataError
        If there is no line, or the first one does not end.
    """
    lines = io.StringIO(head, newline="")
    skipped, first = _first_line(lines, '"')
    separator = _SEPARATOR.fullmatch(first)
    if separator:
        dialect = replace(dialect, delimiter=dialect.delimiter or separator[1].replace("\\t", "\t"))
        skipped, first = skipped + first, ""
    names_at = lines.tell() - len(first)
    quote = dialect.quote or _quote(head[names_at:], dialect.delimiter)
    lines.seek(names_at)
    more, first = _first_line(lines, quote)
    skipped += more
    if not first:
        raise DataError("the file is empty.")
    if first.count(quote) % 2:
        raise DataError(f"a quote ({quote}) is opened in the first line and never closed.")
    if not whole and not first.endswith(("\n", "\r")):
        raise DataError(
            f"the first line does not end within {len(head):,} characters: this is not a table "
            "of text."
        )
    rest = head[lines.tell() :]
    if not whole:
        rest = rest[: max(rest.rfind("\n"), rest.rfind("\r")) + 1]
    delimiter = dialect.delimiter or _delimiter(first, rest, quote)
    sample = rows_of(rest, delimiter, quote)
    names = cells_of(first, delimiter, quote)
    if not names:
        raise DataError(
            f"the first line has a name of more than {csv.field_size_limit():,} characters: this "
            "is not a table of text."
        )
    decimal = dialect.decimal or _decimal(
        sample, delimiter, {".": ",", ",": "."}.get(dialect.thousands or "", default_decimal or ".")
    )
    n_before = dialect.skip_rows if isinstance(dialect.skip_rows, int) else 0
    n_skipped = n_before + len(skipped.splitlines())
    lines_read = FirstLines(first, rest, names, sample, quote, n_skipped)
    doubt = "" if separator else suspicion(lines_read, dialect.delimiter)
    names, width = _aligned(names, sample)
    return Header(
        tuple(names),
        width,
        len((skipped + first).encode()),
        delimiter,
        quote,
        replace(dialect, delimiter=delimiter, quote=quote, decimal=decimal),
        not whole or bool(rest.strip("\r\n")),
        doubt,
    )


def _first_line(lines: io.StringIO, quote: str) -> tuple[str, str]:
    """Return the empty lines before the first line, and that line; quotes may span lines."""
    skipped, first = "", lines.readline()
    while first and not first.strip():
        skipped += first
        first = lines.readline()
    parts, n_quotes = [first], first.count(quote)
    while n_quotes % 2 and (more := lines.readline()):
        parts.append(more)
        n_quotes += more.count(quote)
    return skipped, "".join(parts)


def _quote(head: str, delimiter: str | None) -> str:
    """Return an apostrophe if it quotes every name in the first line, otherwise a quote."""
    line = re.split(r"[\r\n]", head.lstrip("\r\n"), maxsplit=1)[0].strip()
    are_quoted = (
        re.fullmatch(rf"'[^']*'(?:{re.escape(mark)}'[^']*')*", line)
        for mark in delimiter or DELIMITERS
    )
    return "'" if any(are_quoted) else '"'


def _delimiter(first: str, rest: str, quote: str) -> str:
    """Return the delimiter that gives all rows the same number of cells.

    If several do, it is the one that gives numbers; if none does, the one that gives most names.
    """
    even = {}
    for mark in DELIMITERS:
        rows, n_names = rows_of(rest, mark, quote), len(cells_of(first, mark, quote))
        widths = {len(row) for row in rows}
        if n_names > 1 and len(widths) < 2 and widths <= {n_names, n_names + 1}:
            cells = [cell.strip() for row in rows for cell in row if cell.strip()]
            n_numbers = sum(
                number_of(cell) is not None or (mark != "," and is_number(cell)) for cell in cells
            )
            even[mark] = n_names, round(n_numbers / max(1, len(cells)), 1)
    if "\t" in even and first.strip("\t\r\n").count("\t"):
        return "\t"  # text holds commas and semicolons, and hardly ever tabs
    if not even:  # a comma where there is none at all
        return max(DELIMITERS, key=lambda mark: len(cells_of(first, mark, quote)))
    most = max(n_names for n_names, _ in even.values())
    near = [mark for mark, (n_names, _) in even.items() if n_names > NEAR * most]
    return max(near, key=lambda mark: (even[mark][1], even[mark][0], -DELIMITERS.index(mark)))


def _decimal(sample: list[list[str]], delimiter: str, default: str) -> str:
    """Return the decimal mark of the numbers in the sample; the default if they show none."""
    if delimiter == "," and default == ".":  # a comma in a cell is quoted; each column decides
        return "."
    seen = [cell.strip() for row in sample for cell in row]
    comma = any(map(COMMA.fullmatch, seen))
    point = any(
        _POINT.fullmatch(cell) and not (default == "," and _THOUSANDS.fullmatch(cell))
        for cell in seen
    )
    return default if comma == point else "," if comma else "."


def _aligned(names: list[str], sample: list[list[str]]) -> tuple[list[str], int]:
    """Return the names of the columns, and the number of cells in a row.

    Delimiters at the ends of lines do not add columns. If every row has one more cell than there
    are names, the first column holds row names, as R writes them.
    """
    widths = {len(row) for row in sample}
    width = widths.pop() if len(widths) == 1 else len(names)
    if width > len(names) and not any(cell.strip() for row in sample for cell in row[len(names) :]):
        return names, width
    if width == len(names) + 1:
        return ["", *names], width
    named = len(names)
    while (
        named > 1
        and not names[named - 1].strip()
        and not any(cell.strip() for row in sample for cell in row[named - 1 : named])
    ):
        named -= 1
    return names[:named], width if named <= width < len(names) else len(names)
