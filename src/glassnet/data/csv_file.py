"""Text files to columns: pyarrow reads, in the dialect that the file's first lines show."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from glassnet.data import cells
from glassnet.data.arrow import arrow, longest_text, plain_column, system_pool
from glassnet.data.dialect import Dialect, Header, read_header
from glassnet.data.feed import FALLBACK, Feed, NotUtf8Error, require_closed_quotes
from glassnet.data.limits import Limits, passed
from glassnet.data.table import Kind
from glassnet.errors import DataError

HEAD = 2**20
BLOCK = 2**20


class CsvFile:
    """A text file whose header has been read: `names`, `notices`, and its columns, all at once or a stretch of rows at a time."""

    def __init__(self, path: Path, dialect: Dialect, limits: Limits) -> None:
        self._path, self._limits = path, limits
        self._encoding, self._guessed = dialect.encoding, False
        self.notices: tuple[str, ...] = ()
        try:
            self._header = self._read_header(dialect)
        except NotUtf8Error:
            self._fall_back()
            self._header = self._read_header(dialect)
        self.names = self._header.names
        if len(self.names) > limits.columns:
            raise DataError(passed(f"the first line names {len(self.names):,} columns", "columns", limits.columns))
        if self._header.dialect.decimal == "," and dialect.decimal is None:
            self.notices += ("numbers such as 1,5 are read with a decimal comma.",)
        if all(cells.number_of(name.strip()) is not None for name in self.names):
            self.notices += ("the first line holds numbers alone, and was taken for the names of the columns: is the header missing?",)

    def read(self, wanted: Sequence[int], as_text: Collection[int]) -> list[Any]:
        """Return the wanted columns, named by their places, as plain columns (see `plain_column`)."""
        if not self._header.has_rows:
            raise DataError("the file has a header but no rows.")
        try:
            table, has_hex = self._read(wanted, as_text)
        except NotUtf8Error:
            self._fall_back()
            table, has_hex = self._read(wanted, as_text)
        pa = arrow("pyarrow")
        # pyarrow takes 12:30 for a time and 0x10 for 16: such columns are read again as the text that they are.
        kinds = [field.type for field in table.schema]
        odd = [
            place for place, kind in zip(wanted, kinds, strict=True) if pa.types.is_time(kind) or (has_hex and pa.types.is_integer(kind))
        ]
        columns = dict(zip(wanted, table.columns, strict=True))
        del table
        if odd:
            columns |= dict(zip(odd, self._read(odd, odd)[0].columns, strict=True))
        made = []
        for place in wanted:
            column = columns.pop(place)  # each is let go as soon as it has been converted
            made.append(self._plain(place, column, place in as_text))
        return made

    def batches(self, wanted: Sequence[int], kinds: Mapping[int, Kind]) -> Iterator[list[Any]]:
        """Yield the wanted columns, which should be of these kinds, a stretch of rows at a time."""
        if not self._header.has_rows:
            return
        self._read_through()
        as_text = [place for place in wanted if kinds[place] == "category"]
        types = {place: {"number": "double", "datetime": "timestamp[us]"}.get(kinds[place], "string") for place in wanted}
        done = 0
        while True:
            seen = 0
            try:
                for batch in self._stream(wanted, types):
                    skipped, seen = max(0, done - seen), seen + batch.num_rows
                    if skipped < batch.num_rows:
                        columns = zip(wanted, batch.slice(skipped).columns, strict=True)
                        done = seen
                        yield [self._plain(place, arrow("pyarrow").chunked_array([column]), place in as_text) for place, column in columns]
            except arrow("pyarrow").ArrowInvalid as error:
                if "conversion error" not in str(error) or set(types.values()) == {"string"}:
                    raise
                types = dict.fromkeys(wanted, "string")  # a gap with white space around it, a zone, or no number: `cells` tells which
            else:
                return

    def _read_header(self, dialect: Dialect) -> Header:
        with closing(self._feed()) as feed:
            head, whole = feed.peek(max(HEAD, 64 * self._limits.columns))
            if feed.encoding != "utf-8":
                self._encoding = feed.encoding
        return read_header(head, dialect, whole=whole)

    def _feed(self, *, after_header: bool = False) -> Feed:
        quote = self._header.dialect.quote if after_header else None
        feed = Feed(self._path, self._limits, encoding=self._encoding, guessed=self._guessed, quote=(quote or '"').encode())
        if after_header:
            try:
                feed.peek(self._header.n_bytes)
            except BaseException:
                feed.close()
                raise
            feed.skip(self._header.n_bytes)
        return feed

    def _fall_back(self) -> None:
        self._encoding, self._guessed = FALLBACK, True
        self.notices = (
            *self.notices,
            "the file is not UTF-8 text and was read as Windows-1252 (cp1252): say its encoding if that is wrong.",
        )

    def _read(self, wanted: Sequence[int], as_text: Collection[int], *, threads: bool = True) -> tuple[Any, bool]:
        """Return the wanted columns as a pyarrow table, and whether 0x stands somewhere in the file."""
        pa, pc = arrow("pyarrow"), arrow("pyarrow.csv")
        options = self._options(wanted, dict.fromkeys(as_text, "string"), threads=threads)
        with system_pool() as pool, closing(self._feed(after_header=True)) as feed:
            try:
                table = pc.read_csv(feed.outlet(), memory_pool=pool, **options)
                feed.raise_failure()
            except pa.ArrowInvalid as error:
                feed.raise_failure()
                if not threads or "Expected" not in str(error):
                    raise
                table = None
            has_hex, n_quotes = feed.has_hex, feed.n_quotes
        if table is None:
            return self._read(wanted, as_text, threads=False)  # raises again, and then knows the row
        self._require_closed_quotes(n_quotes)
        return table, has_hex

    def _read_through(self) -> None:
        """Learn of the whole file what its first lines do not tell: its encoding, its size, and whether its quotes are closed."""
        try:
            with closing(self._feed(after_header=True)) as feed:
                while feed.read(BLOCK):
                    pass
                n_quotes = feed.n_quotes
        except NotUtf8Error:
            self._fall_back()
            self._read_through()
        else:
            self._require_closed_quotes(n_quotes)

    def _require_closed_quotes(self, n_quotes: int) -> None:
        if n_quotes % 2:  # it may stand in the middle of a cell: 5" long
            dialect = self._header.dialect
            assert dialect.delimiter is not None
            assert dialect.quote is not None
            with closing(self._feed(after_header=True)) as feed:
                require_closed_quotes(feed, dialect.delimiter, dialect.quote, self._limits.field)

    def _stream(self, wanted: Sequence[int], types: dict[int, str]) -> Iterator[Any]:
        with closing(self._feed(after_header=True)) as feed:
            reader: Any = None
            try:
                reader = arrow("pyarrow.csv").open_csv(feed.outlet(), **self._options(wanted, types, threads=True))
                yield from reader
            finally:
                del reader  # it holds the outlet
                feed.raise_failure()

    def _options(self, wanted: Sequence[int], types: dict[int, str], *, threads: bool) -> dict[str, Any]:
        pa, pc, dialect, n_columns = arrow("pyarrow"), arrow("pyarrow.csv"), self._header.dialect, len(self.names)
        return {
            "read_options": pc.ReadOptions(
                column_names=[str(place) for place in range(n_columns)],
                block_size=max(BLOCK, 2 * self._limits.field, 256 * n_columns),
                use_threads=threads,
            ),
            # An empty line in a file of one column is a gap; elsewhere it is no row.
            "parse_options": pc.ParseOptions(
                delimiter=dialect.delimiter, quote_char=dialect.quote, newlines_in_values=True, ignore_empty_lines=n_columns > 1
            ),
            "convert_options": pc.ConvertOptions(
                include_columns=[str(place) for place in wanted],
                column_types={str(place): pa.type_for_alias(alias) for place, alias in types.items()},
                null_values=sorted(cells.MISSING),
                true_values=list(cells.TRUE),
                false_values=list(cells.FALSE),
                decimal_point=dialect.decimal,
            ),
        }

    def _plain(self, place: int, column: Any, as_text: bool) -> Any:
        name = self.names[place].strip()
        if longest_text(column) > self._limits.field:
            raise DataError(passed(f"a cell of column {name!r} is longer than {self._limits.field:,} bytes", "field", self._limits.field))
        return plain_column(name, column, as_text=as_text, spelled=self._header.dialect.number)


def sentence(message: str) -> str:
    """Return what pyarrow says about a broken file in one clear sentence."""
    ragged = re.search(r"(?:Row #(\d+): )?Expected (\d+) columns, got (\d+)(?:: (.*))?", message, re.DOTALL)
    if ragged:
        row, expected, got, content = ragged.groups()
        where = f"row {int(row) + 1} (the header is row 1)" if row else "a row"
        shown = f": {content.strip()[:80]!r}" if content else ""
        return f"{where} has {got} cells but the header names {expected} columns{shown}."
    if "straddling" in message:
        return "a row does not end where rows of a table do: a quote is never closed, or this is no table of text."
    return message.partition("\n")[0][:300].rstrip(".") + "."
