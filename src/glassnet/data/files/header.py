"""What the first lines of a text file show: the names of its columns, delimiter, quote and decimal mark, and what looks wrong."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass, replace

from glassnet.data.tables.dialect import Dialect
from glassnet.data.tables.numerals import number_of
from glassnet.data.tables.readers import is_mark
from glassnet.errors import DataError

DELIMITERS = ",;\t|"
#: Delimiters that are suggested and never assumed.
OTHER_DELIMITERS = " :^~"
SAMPLE_ROWS = 100
#: Delimiters that cut rows into nearly as many cells are told apart by the numbers that they yield.
NEAR = 0.5

#: Numbers with a decimal comma; 1,234 may be a thousand and proves nothing.
_COMMA = re.compile(
    r"[+-]?(?:[0-9]+,(?:[0-9]{1,2}|[0-9]{4,})|0,[0-9]+|[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]*)"
)
_POINT = re.compile(r"[+-]?[0-9]*\.[0-9]+")
#: The line that spreadsheets write before the names; one that has saved it again may fill it up
#: with delimiters.
_SEPARATOR = re.compile(r'"?sep=(\\t|[\t -~])"?[\s,;|]*', re.IGNORECASE)


@dataclass(frozen=True)
class Header:
    """What the first lines of a text file say.

    names : of the columns, as they stand there; one of rows that have a name of their own (as R
        writes them) is ""
    width : the number of cells in a row, which is larger than the number of names where rows end in
        a delimiter
    n_bytes : how many bytes of UTF-8 the lines before the rows take
    dialect : without a None for delimiter, quote and decimal
    has_rows : whether anything follows
    suspicion : what looks wrong, a sentence, or ""
    """

    names: tuple[str, ...]
    width: int
    n_bytes: int
    dialect: Dialect
    has_rows: bool
    suspicion: str = ""


def read_header(head: str, dialect: Dialect, *, usual: str | None = None, whole: bool) -> Header:
    """Return what the first lines of a text file say.

    Parameters
    ----------
    head : the beginning of the text, without the lines that are skipped
    dialect : what is known of it
    usual : the decimal mark where the rows do not tell, "." by default
    whole : whether this is all of the text

    Raises
    ------
    DataError
        Where there is no line, or the first one does not end.
    """
    lines = io.StringIO(head, newline="")
    skipped, first = _first_line(lines, '"')
    said = _SEPARATOR.fullmatch(first)
    if said:
        dialect = replace(dialect, delimiter=dialect.delimiter or said[1].replace("\\t", "\t"))
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
            f"the first line does not end within {len(head):,} characters: this is no table of "
            "text."
        )
    rest = (
        head[lines.tell() :]
        if whole
        else head[lines.tell() : max(head.rfind("\n"), head.rfind("\r")) + 1]
    )
    delimiter = dialect.delimiter or _delimiter(first, rest, quote)
    sample = [row for row in rows_of(rest, delimiter, quote) if row]
    usual = {".": ",", ",": "."}.get(dialect.thousands or "", usual or ".")
    decimal = dialect.decimal or _decimal(sample, delimiter, usual)
    names = rows_of(first, delimiter, quote)[0]
    if not names:
        raise DataError(
            f"the first line has a name of more than {csv.field_size_limit():,} characters: this "
            "is no table of text."
        )
    before = len(skipped.splitlines()) + (
        dialect.skip_rows if isinstance(dialect.skip_rows, int) else 0
    )
    suspicion = (
        "" if said else _suspicion(first, rest, names, sample, dialect, delimiter, quote, before)
    )
    names, width = _aligned(names, sample)
    has_rows = not whole or bool(rest.strip("\r\n"))
    found = replace(dialect, delimiter=delimiter, quote=quote, decimal=decimal)
    return Header(tuple(names), width, len((skipped + first).encode()), found, has_rows, suspicion)


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


def _quote(head: str, delimiter: str | None) -> str:
    """Return the apostrophe where every name in the first line stands in such."""
    line = re.split(r"[\r\n]", head.lstrip("\r\n"), maxsplit=1)[0].strip()
    cells_quoted = (
        re.fullmatch(rf"'[^']*'(?:{re.escape(mark)}'[^']*')*", line)
        for mark in delimiter or DELIMITERS
    )
    return "'" if any(cells_quoted) else '"'


def _delimiter(first: str, rest: str, quote: str) -> str:
    """Return the mark that cuts all rows evenly; of several the one that yields numbers; of none the one that cuts the first line most."""
    even = {}
    for mark in DELIMITERS:
        rows, n_names = (
            [row for row in rows_of(rest, mark, quote) if row],
            len(rows_of(first, mark, quote)[0]),
        )
        if (
            n_names > 1
            and all(len(row) in (n_names, n_names + 1) for row in rows)
            and len({len(row) for row in rows}) < 2
        ):
            cells = [cell.strip() for row in rows for cell in row if cell.strip()]
            numbers = sum(
                number_of(cell) is not None or (mark != "," and _COMMA.fullmatch(cell) is not None)
                for cell in cells
            )
            even[mark] = n_names, round(numbers / max(1, len(cells)), 1)
    if "\t" in even and first.strip("\t\r\n").count("\t"):
        return "\t"  # text holds commas and semicolons, and hardly ever tabs
    if even:
        most = max(n_names for n_names, _ in even.values())
        near = [mark for mark, (n_names, _) in even.items() if n_names > NEAR * most]
        return max(near, key=lambda mark: (even[mark][1], even[mark][0], -DELIMITERS.index(mark)))
    return max(
        DELIMITERS, key=lambda mark: len(rows_of(first, mark, quote)[0])
    )  # a comma where there is none at all


def rows_of(text: str, delimiter: str, quote: str) -> list[list[str]]:
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


def _decimal(sample: list[list[str]], delimiter: str, usual: str) -> str:
    """Return the decimal mark that numbers in the sample have; the usual one where they do not tell."""
    if (
        delimiter == "," and usual == "."
    ):  # a comma in a cell stands in quotes, and its column decides
        return "."
    seen = [cell.strip() for row in sample for cell in row]
    comma = any(map(_COMMA.fullmatch, seen))
    point = any(
        _POINT.fullmatch(cell)
        and not (usual == "," and re.fullmatch(r"[+-]?[0-9]{1,3}\.[0-9]{3}", cell))
        for cell in seen
    )
    return usual if comma == point else "," if comma else "."


def _aligned(names: list[str], sample: list[list[str]]) -> tuple[list[str], int]:
    """Return the names of the columns, and how many cells a row has.

    Delimiters at the ends of lines make no columns, and where every row has a cell more than there
    are names, R wrote the name of the row before the others.
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


def _suspicion(
    first: str,
    rest: str,
    names: list[str],
    sample: list[list[str]],
    dialect: Dialect,
    delimiter: str,
    quote: str,
    before: int,
) -> str:
    """Return what looks wrong with the first lines: a title, a comment or units, or another delimiter; `before` lines are skipped."""
    shown = repr(first.strip()[:40])
    lines = [first, *rest.splitlines()[:SAMPLE_ROWS]]
    if first.startswith("#") and any(line.startswith("#") for line in lines[1:3]):
        return f"the first line, {shown}, looks like a comment: Dialect(comment='#') (--comment #) skips such lines."
    marks = DELIMITERS if dialect.delimiter is None else dialect.delimiter
    n_names = sum(bool(name.strip()) for name in names)
    for mark in sorted(marks, key=lambda mark: -_usual_width(rest, mark, quote)):
        width = _usual_width(rest, mark, quote)
        if width < 2 or n_names > max(1, width // 2):
            continue
        for i, line in enumerate(lines[1:20], start=1):
            cells = rows_of(line, mark, quote)[0]
            if (
                len(cells) >= width
                and all(cell.strip() for cell in cells[:width])
                and not any(map(is_number, cells))
            ):
                return (
                    f"the first line, {shown}, does not look like the names of {width} columns: "
                    f"Dialect(skip_rows={before + i}) (--skip-rows {before + i}) begins with "
                    f"{line.strip()[:40]!r}."
                )
    if len(names) == 1 and dialect.delimiter is None:
        return _other_delimiter(first, rest, quote)
    return _second_line(lines, sample, before)


def _second_line(lines: list[str], sample: list[list[str]], before: int) -> str:
    """Return that the first row holds words where all other rows hold numbers: it is a line of units, or the names below a title."""
    words, rows = sample[0] if sample else [], sample[1:]
    if (
        len(rows) < 2
        or any(cell.strip()[:1].isdigit() or is_number(cell) for cell in words)
        or not all(cell.strip() for cell in words)
    ):
        return ""
    columns = [
        [row[i].strip() for row in rows if i < len(row) and row[i].strip()]
        for i in range(len(words))
    ]
    if not any(
        len(cells) > 1 and all(map(is_number, cells)) and _is_word(word)
        for cells, word in zip(columns, words, strict=True)
    ):
        return ""
    at = before + 1 + next((i for i, line in enumerate(lines[1:], start=1) if line.strip()), 1)
    return (
        f"line {at}, {lines[at - before - 1].strip()[:40]!r}, holds words where the lines below it "
        f"hold numbers: Dialect(skip_rows=[{at}]) (--skip-rows {at}-{at}) skips a line of units; "
        f"if the line holds the names of the columns, Dialect(skip_rows={at - 1}) (--skip-rows "
        f"{at - 1}) begins with it."
    )


def _other_delimiter(first: str, rest: str, quote: str) -> str:
    """Return that another character than the usual ones cuts all rows into equally many cells, some of them numbers."""
    for mark in OTHER_DELIMITERS:
        names, rows = (
            rows_of(first.rstrip("\r\n"), mark, quote)[0],
            [row for row in rows_of(rest, mark, quote) if row],
        )
        if (
            len(names) < 2
            or len(rows) < 2
            or {len(row) for row in rows} not in ({len(names)}, {len(names) + 1})
        ):
            continue
        if not any(map(is_number, names)) and any(
            all(map(is_number, column)) for column in zip(*rows, strict=True)
        ):
            told = "space" if mark == " " else mark
            return f"the file has one column by commas, but {len(rows[0])} by {mark!r}: Dialect(delimiter={mark!r}) (--delimiter {told})."
    return ""


def is_number(cell: str) -> bool:
    """Return whether a cell spells a number, be it with a decimal comma."""
    return number_of(cell.strip()) is not None or _COMMA.fullmatch(cell.strip()) is not None


def _is_word(cell: str) -> bool:
    """Return whether a cell is a word that is no missing value."""
    return any(character.isalpha() or character in "%\u00b0" for character in cell) and not is_mark(
        cell.strip()
    )


def _usual_width(text: str, delimiter: str, quote: str) -> int:
    """Return how many cells most rows have."""
    widths = Counter(len(row) for row in rows_of(text, delimiter, quote) if row)
    return widths.most_common(1)[0][0] if widths else 0
