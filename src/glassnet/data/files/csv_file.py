"""Read columns from text files such as CSV: detect the dialect, then parse with pyarrow."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from glassnet.data.files.arrow import arrow, system_pool
from glassnet.data.files.arrow_columns import checked_column
from glassnet.data.files.csv_types import (
    arrow_options,
    is_misread,
    is_other,
    may_have_lost_digits,
    type_of,
)
from glassnet.data.files.text_source import TextSource
from glassnet.data.files.utf8_stream import CHUNK
from glassnet.data.tables.column_data import ColumnData
from glassnet.data.tables.dialect import Dialect, Limits
from glassnet.data.tables.numerals import number_of
from glassnet.data.tables.schema import Column, Kind, Spelling, refuse_duplicates
from glassnet.errors import DataError

_RAGGED = re.compile(r"(?:Row #(\d+): )?Expected (\d+) columns, got (\d+)(?:: (.*))?", re.DOTALL)


def clear_message(message: str, line: int | None = None) -> str:
    """Turn an error message of pyarrow into one clear sentence.

    `line` is the number of the line whose row has another number of cells, if it is known.
    """
    ragged = _RAGGED.search(message)
    if ragged:
        row, expected, got, content = ragged.groups()
        where = f"row {int(row) + 1} (the header is row 1)" if row else "a row"
        shown = f": {content.strip()[:80]!r}" if content else ""
        at = line or (int(row) + 1 if row else None)
        skip = f"[{at}]) (--skip-rows {at}-{at})" if at else "...) (--skip-rows N or A-B)"
        return (
            f"{where} has {got} cells but the header names {expected} columns{shown}. Lines that "
            f"are not rows of the table are skipped by Dialect(skip_rows={skip} or "
            "Dialect(comment='#') (--comment '#')."
        )
    if "straddling" in message:
        return (
            "a row does not end where rows of a table do: a quote is never closed, or this is "
            "not a table of text."
        )
    return message.partition("\n")[0][:300].rstrip(".") + "."


def line_of(message: str, lines: Iterator[tuple[int, bytes]]) -> int | None:
    """Return the number of the line in which pyarrow found another number of cells.

    It is None if pyarrow does not tell. Row and line numbers differ: a row may span several lines,
    and empty and skipped lines are not rows.
    """
    ragged = _RAGGED.search(message)
    if ragged is None or not ragged[1] or not ragged[4]:
        return None
    start = re.split("[\r\n]", ragged[4].removesuffix("..."))[0].encode()
    found = (line for line, text in lines if line > int(ragged[1]) and text.startswith(start))
    return next(found, None)


class CsvFile:
    """A text file whose header has been read; columns are read all at once or in chunks.

    Parameters
    ----------
    path, dialect, limits, default, needed : as in `TextSource`

    Attributes
    ----------
    names : the names of the columns
    index : those that hold the index of a pandas frame; none, because text files do not tell
    dialect : how the file is written, without usual settings
    spelling : how its cells are written
    notices : notices about the file, a sentence each
    """

    index: tuple[str, ...] = ()

    def __init__(
        self,
        path: Path,
        dialect: Dialect,
        limits: Limits,
        *,
        default: Dialect | None = None,
        needed: Collection[str] = (),
    ) -> None:
        self._limits = limits
        self._source = TextSource(path, dialect, limits, default, needed)
        self._header = header = self._source.header
        self.names, self.notices = header.names, self._source.notices
        self.dialect = replace(header.dialect, encoding=self._source.decoding.encoding).unusual()
        self.spelling: Spelling = replace(
            header.dialect.spelling,
            decimal=dialect.decimal,
            default_decimal=header.dialect.decimal or ".",
        )
        limits.check_names(self.names, "the first line names")
        if header.suspicion:
            try:
                refuse_duplicates([name.strip() for name in self.names])
            except DataError as error:
                raise DataError(f"{error} And {header.suspicion}") from None
            self.notices.append(header.suspicion)
        # pyarrow cannot read a decimal comma in a file delimited by commas.
        self._quoted_commas = header.dialect.decimal == "," == header.delimiter
        if self.dialect.decimal == "," and dialect.decimal is None:
            self.notices.append(
                "numbers such as 1,5 are read with a decimal comma; Dialect(decimal='.') "
                "(--decimal .) reads points."
            )
        if all(number_of(name.strip()) is not None for name in self.names):
            self.notices.append(
                "the first line holds numbers alone, and was taken for the names of the columns: "
                "is the header missing?"
            )

    def read(self, wanted: Sequence[int], kinds: Mapping[int, Kind]) -> list[ColumnData]:
        """Return the columns at the wanted positions.

        If pyarrow finds another kind than a column must have, the column is read as text, whose
        reader handles unusual cells.
        """
        if not self._header.has_rows:
            raise DataError("the file has a header but no rows.")
        as_text = {position for position, kind in kinds.items() if kind == "category"}
        table, suspect = self._source.decoded(lambda: self._read(wanted, as_text))
        columns = dict(zip(wanted, table.columns, strict=True))
        del table
        misread = [
            position
            for position, column in columns.items()
            if is_misread(column, suspect=suspect, floats=self._quoted_commas)
            or is_other(column, kinds.get(position))
        ]
        if misread:
            columns |= dict(zip(misread, self._read(misread, misread)[0].columns, strict=True))
        # Each pyarrow column is released as soon as it is converted.
        return [
            self._plain(position, columns.pop(position), position in as_text) for position in wanted
        ]

    def batches(
        self, wanted: Sequence[int], columns: Mapping[int, Column]
    ) -> Iterator[list[ColumnData]]:
        """Yield the columns at the wanted positions, of the given kinds, in chunks of rows."""
        if not self._header.has_rows:
            return
        self._source.read_through()
        types = {
            position: "string" if self._quoted_commas else type_of(columns[position])
            for position in wanted
        }
        n_done = 0
        as_text: Collection[int] = wanted
        while as_text:
            as_text, n_seen = (), 0
            try:
                for batch in self._batches(wanted, types):
                    skipped, n_seen = max(0, n_done - n_seen), n_seen + batch.num_rows
                    if skipped >= batch.num_rows:
                        continue
                    found = dict(zip(wanted, batch.slice(skipped).columns, strict=True))
                    doubles = (position for position in wanted if types[position] == "double")
                    as_text = [
                        position for position in doubles if may_have_lost_digits(found[position])
                    ]
                    if as_text:
                        break
                    n_done = n_seen
                    yield [
                        self._plain(position, column, columns[position].kind == "category")
                        for position, column in found.items()
                    ]
            except arrow("pyarrow").ArrowInvalid as error:
                # A missing value with white space around it, a time zone, or not a number: the
                # text reader tells which.
                as_text = wanted
                if "conversion error" not in str(error) or set(types.values()) == {"string"}:
                    raise self._ragged(error) from None
            types |= dict.fromkeys(as_text, "string")

    def _read(
        self, wanted: Sequence[int], as_text: Collection[int], *, threads: bool = True
    ) -> tuple[Any, bool]:
        """Return a pyarrow table, and whether the file has cells such as 0x10 or 007."""
        pa, pc = arrow("pyarrow"), arrow("pyarrow.csv")
        options = arrow_options(
            self._header, self._limits, wanted, dict.fromkeys(as_text, "string"), threads=threads
        )
        with system_pool() as pool, closing(self._source.stream()) as stream:
            try:
                table = pc.read_csv(stream.for_pyarrow(), memory_pool=pool, **options)
                stream.raise_failure()
            except pa.ArrowInvalid as error:
                stream.raise_failure()
                if not threads or "Expected" not in str(error):
                    raise self._ragged(error) from None
                table = None
        if table is None:  # this raises again, now with the row number
            return self._read(wanted, as_text, threads=False)
        self._source.require_closed_quotes(stream.n_quotes)
        return table, stream.has_hex or stream.has_zeros

    def _batches(self, wanted: Sequence[int], types: Mapping[int, str]) -> Iterator[Any]:
        with closing(self._source.stream()) as stream:
            reader: Any = None
            options = arrow_options(self._header, self._limits, wanted, types, threads=True)
            try:
                reader = arrow("pyarrow.csv").open_csv(stream.for_pyarrow(), **options)
                yield from _gathered(reader)
            finally:
                del reader  # it holds the input
                stream.raise_failure()

    def _ragged(self, error: Exception) -> Exception:
        """Return the error for a row with another number of cells, with line and likely cause."""
        message, cause = str(error), self._header.suspicion
        if "Expected" not in message:
            return error
        text = clear_message(message, line_of(message, self._source.lines()))
        return DataError(f"{text} And {cause}" if cause else text)

    def _plain(self, position: int, column: Any, as_text: bool) -> ColumnData:
        return checked_column(
            self.names[position].strip(), column, self._limits, as_text=as_text, typed=False
        )


def _gathered(batches: Iterable[Any]) -> Iterator[Any]:
    """Join batches to at least a megabyte: pyarrow may put the last line into its own batch."""
    pending: list[Any] = []
    for batch in batches:
        pending.append(batch)
        if sum(one.nbytes for one in pending) >= CHUNK:
            yield _one_batch(pending)
            pending = []
    if pending:
        yield _one_batch(pending)


def _one_batch(batches: list[Any]) -> Any:
    return arrow("pyarrow").Table.from_batches(batches).combine_chunks().to_batches()[0]
