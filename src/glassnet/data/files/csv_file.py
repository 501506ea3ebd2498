"""Text files to columns: pyarrow reads, in the dialect that the file's first lines show."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from glassnet.data.files.arrow import arrow, longest_text, plain_column, system_pool
from glassnet.data.files.csv_errors import line_of, sentence
from glassnet.data.files.csv_options import BLOCK, arrow_options, may_have_lost_digits, type_of
from glassnet.data.files.feed import FALLBACK, Feed, NotUtf8Error, bad_bytes, require_closed_quotes
from glassnet.data.files.guesses import is_misread, is_other
from glassnet.data.files.header import Header, read_header, rows_of
from glassnet.data.files.limits import Limits, check_names, passed
from glassnet.data.files.line_filter import looks_like_row, numbered_lines
from glassnet.data.tables.dialect import Dialect
from glassnet.data.tables.numerals import number_of
from glassnet.data.tables.readers import Spelling
from glassnet.data.tables.schema import Column, Kind, refuse_duplicates
from glassnet.errors import DataError

HEAD = 2**20


class CsvFile:
    """A text file whose header has been read: `names`, `notices`, `dialect`, and its columns, all at once or a stretch of rows at a time.

    Parameters
    ----------
    path : of the file
    dialect : what the caller says of it
    limits : how large it may be
    default : the dialect of a model's training table, which holds where the file does not tell
        otherwise
    needed : the names of the columns that the model needs, by which it is known whether a dialect
        is that of the file
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
        self._path, self._limits, self._said = path, limits, dialect
        self._default = default or Dialect()
        self.notices: tuple[str, ...] = ()
        self._header = self._of_training(set(needed)) if default else self._found(dialect)
        self.names = self._header.names
        self.dialect = replace(self._header.dialect, encoding=self._encoding).unusual()
        if len(self.names) > limits.columns:
            raise DataError(
                passed(
                    f"the first line names {len(self.names):,} columns", "columns", limits.columns
                )
            )
        check_names(self.names, limits)
        if self._header.suspicion:
            self._require_names()
            self.notices += (self._header.suspicion,)
        if self.dialect.decimal == "," and dialect.decimal is None:
            self.notices += (
                (
                    "numbers such as 1,5 are read with a decimal comma; Dialect(decimal='.') "
                    "(--decimal .) reads points."
                ),
            )
        if all(number_of(name.strip()) is not None for name in self.names):
            self.notices += (
                (
                    "the first line holds numbers alone, and was taken for the names of the "
                    "columns: is the header missing?"
                ),
            )

    @property
    def _quoted_commas(self) -> bool:
        """Whether numbers have a decimal comma in a file of commas, which pyarrow cannot be told."""
        return self._header.dialect.decimal == "," == self._header.dialect.delimiter

    @property
    def spelling(self) -> Spelling:
        """How the cells are written."""
        dialect = self._header.dialect
        return replace(dialect.spelling, decimal=self._said.decimal, usual=dialect.decimal or ".")

    def read(self, wanted: Sequence[int], kinds: Mapping[int, Kind]) -> list[Any]:
        """Return the wanted columns, named by their places, as plain columns (see `plain_column`).

        A column that must be of a kind is one of texts, whose reading knows the odd cells, where
        pyarrow finds another kind.
        """
        if not self._header.has_rows:
            raise DataError("the file has a header but no rows.")
        as_text = {place for place, kind in kinds.items() if kind == "category"}
        try:
            table, suspect = self._read(wanted, as_text)
        except NotUtf8Error:
            self._fall_back()
            table, suspect = self._read(wanted, as_text)
        columns = dict(zip(wanted, table.columns, strict=True))
        del table
        commas = self._quoted_commas
        odd = [
            place
            for place, column in columns.items()
            if is_misread(column, suspect=suspect, floats=commas)
            or is_other(column, kinds.get(place))
        ]
        if odd:
            columns |= dict(zip(odd, self._read(odd, odd)[0].columns, strict=True))
        made = []
        for place in wanted:
            column = columns.pop(place)  # each is let go as soon as it has been converted
            made.append(self._plain(place, column, place in as_text))
        return made

    def batches(self, wanted: Sequence[int], columns: Mapping[int, Column]) -> Iterator[list[Any]]:
        """Yield the wanted columns, which should be such ones, a stretch of rows at a time."""
        if not self._header.has_rows:
            return
        self._read_through()
        as_text = [place for place in wanted if columns[place].kind == "category"]
        types = {
            place: "string" if self._quoted_commas else type_of(columns[place]) for place in wanted
        }
        done = 0
        while True:
            seen = 0
            digits: list[int] = []
            try:
                for batch in self._stream(wanted, types):
                    skipped, seen = max(0, done - seen), seen + batch.num_rows
                    if skipped < batch.num_rows:
                        found = list(zip(wanted, batch.slice(skipped).columns, strict=True))
                        digits = [
                            place
                            for place, column in found
                            if types[place] == "double" and may_have_lost_digits(column)
                        ]
                        if digits:
                            break
                        done = seen
                        yield [
                            self._plain(
                                place, arrow("pyarrow").chunked_array([column]), place in as_text
                            )
                            for place, column in found
                        ]
            except arrow("pyarrow").ArrowInvalid as error:
                if "conversion error" not in str(error) or set(types.values()) == {"string"}:
                    raise self._ragged(error) from None
                types = dict.fromkeys(
                    wanted, "string"
                )  # a gap with white space around it, a zone, or no number: `cells` tells which
            else:
                if not digits:
                    return
                types |= dict.fromkeys(digits, "string")

    def _of_training(self, needed: set[str]) -> Header:
        """Return the header in the dialect of the training table where that shows the columns that are needed, else in the file's own."""
        structure = replace(
            self._said.filled(self._default),
            decimal=self._said.decimal,
            encoding=self._said.encoding,
        )
        attempts = [
            structure,
            replace(self._said, missing=structure.missing, dates=structure.dates),
        ]
        if self._said.encoding is None and (self._default.encoding or "").startswith(
            ("utf-16", "utf-32")
        ):
            attempts.insert(
                0, replace(structure, encoding=self._default.encoding)
            )  # it has no byte order mark, or that would tell
        for attempt in attempts:
            with suppress(DataError):
                header = self._found(attempt)
                if needed <= {name.strip() for name in header.names}:
                    if self._said.skip_rows is None and isinstance(attempt.skip_rows, tuple):
                        self._keep_rows(header)
                    return header
            self.notices = ()
        return self._found(attempts[-1])

    def _keep_rows(self, header: Header) -> None:
        """Skip no line of this file that is a row of it, be it that the line of this number was skipped in training."""
        delimiter, quote = header.dialect.delimiter or ",", header.dialect.quote or '"'
        with closing(self._feed()) as feed:
            sample = [
                row
                for row in rows_of(feed.peek(HEAD)[0][header.n_bytes :], delimiter, quote)
                if row
            ]
        texts, end = {}, 0
        with closing(Feed(self._path, self._limits, encoding=self._encoding, lenient=True)) as feed:
            for number, line in numbered_lines(iter(lambda: feed.read(BLOCK), b"")):
                if number in self._skip:
                    texts[number] = line.decode(errors="replace")
                elif line.strip():
                    end = number
        rows = [
            n
            for n, text in texts.items()
            if n < end and looks_like_row(rows_of(text, delimiter, quote)[0], sample)
        ]
        if rows:
            self._skip -= frozenset(rows)
            shown = ", ".join(map(str, rows))
            self.notices += (
                (
                    f"line {shown} was skipped in the training table and is read here, where it is "
                    "a row."
                ),
            )

    def _found(self, dialect: Dialect) -> Header:
        self._encoding, self._guessed, self._lenient = dialect.encoding, False, False
        self._skip, self._comment = dialect.skipped_lines, dialect.comment
        try:
            return self._read_header(dialect)
        except NotUtf8Error:
            self._fall_back()
            return self._read_header(dialect)

    def _read_header(self, dialect: Dialect) -> Header:
        with closing(self._feed()) as feed:
            head, whole = feed.peek(max(HEAD, 64 * self._limits.columns))
            self._encoding, self._guessed = feed.encoding, feed.guessed
        return read_header(head, dialect, usual=self._default.decimal, whole=whole)

    def _feed(self, *, after_header: bool = False) -> Feed:
        dialect = self._header.dialect if after_header else Dialect()
        feed = Feed(
            self._path,
            self._limits,
            encoding=self._encoding,
            guessed=self._guessed,
            lenient=self._lenient,
            quote=(dialect.quote or '"').encode(),
            delimiter=(dialect.delimiter or ",").encode(),
            skip=self._skip,
            comment=self._comment,
        )
        if after_header:
            try:
                feed.peek(self._header.n_bytes)
            except BaseException:
                feed.close()
                raise
            feed.skip(self._header.n_bytes)
        return feed

    def _fall_back(self) -> None:
        """Find out how to read a file that is not all UTF-8: as such but for a few bytes, or in another encoding."""
        n_bad, line, n_good = bad_bytes(self._path, self._limits)
        if n_good > n_bad:
            self._encoding, self._guessed, self._lenient = "utf-8", False, True
            few = f"{n_bad:,} bytes of the file are" if n_bad > 1 else "one byte of the file is"
            other = "Dialect(encoding=...) (--encoding NAME) says another encoding"
            self.notices += (
                f"{few} not UTF-8, the first in line {line}, and read as \ufffd; {other}.",
            )
            return
        known = self._default.encoding
        self._encoding, self._guessed = known or FALLBACK, True
        name = known or "Windows-1252 (cp1252)"
        self.notices += (
            (
                f"the file is not UTF-8 and was read as {name}; Dialect(encoding=...) (--encoding "
                "NAME) says another encoding."
            ),
        )

    def _read(
        self, wanted: Sequence[int], as_text: Collection[int], *, threads: bool = True
    ) -> tuple[Any, bool]:
        """Return the wanted columns as a pyarrow table, and whether the file holds what pyarrow takes for whole numbers: 0x10 and 007."""
        pa, pc = arrow("pyarrow"), arrow("pyarrow.csv")
        options = arrow_options(
            self._header, self._limits, wanted, dict.fromkeys(as_text, "string"), threads=threads
        )
        with system_pool() as pool, closing(self._feed(after_header=True)) as feed:
            try:
                table = pc.read_csv(feed.outlet(), memory_pool=pool, **options)
                feed.raise_failure()
            except pa.ArrowInvalid as error:
                feed.raise_failure()
                if not threads or "Expected" not in str(error):
                    raise self._ragged(error) from None
                table = None
            suspect, n_quotes = feed.has_hex or feed.has_zeros, feed.n_quotes
        if table is None:
            return self._read(
                wanted, as_text, threads=False
            )  # raises again, and then knows the row
        self._require_closed_quotes(n_quotes)
        return table, suspect

    def _require_names(self) -> None:
        """Refuse names that occur twice with what is odd about the first lines."""
        try:
            refuse_duplicates([name.strip() for name in self.names])
        except DataError as error:
            raise DataError(f"{error} And {self._header.suspicion}") from None

    def _ragged(self, error: Exception) -> Exception:
        """Return the error for a row of another width, with its line and what is odd about the first lines, if anything is."""
        message = str(error)
        if "Expected" not in message:
            return error
        with closing(Feed(self._path, self._limits, encoding=self._encoding, lenient=True)) as feed:
            said = sentence(message, line_of(message, iter(lambda: feed.read(BLOCK), b"")))
        return DataError(f"{said} And {self._header.suspicion}" if self._header.suspicion else said)

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
            options = arrow_options(self._header, self._limits, wanted, types, threads=True)
            try:
                reader = arrow("pyarrow.csv").open_csv(feed.outlet(), **options)
                yield from reader
            finally:
                del reader  # it holds the outlet
                feed.raise_failure()

    def _plain(self, place: int, column: Any, as_text: bool) -> Any:
        name = self.names[place].strip()
        if longest_text(column) > self._limits.field:
            raise DataError(
                passed(
                    f"a cell of column {name!r} is longer than {self._limits.field:,} bytes",
                    "field",
                    self._limits.field,
                )
            )
        return plain_column(name, column, as_text=as_text, typed=False)
