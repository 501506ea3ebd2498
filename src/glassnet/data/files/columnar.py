"""Parquet and Arrow files, and folders of Parquet files, to columns."""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from glassnet.data.files.arrow import (
    arrow,
    code_texts,
    is_nested,
    is_text,
    longest_text,
    plain_column,
)
from glassnet.data.files.arrow_claims import MAGIC, decompressed_bytes
from glassnet.data.files.feed import SMALL
from glassnet.data.files.foreign import column_names, validated
from glassnet.data.files.limits import Limits, check_names, passed
from glassnet.data.tables.dialect import Dialect
from glassnet.data.tables.index_columns import index_names
from glassnet.data.tables.readers import Spelling
from glassnet.data.tables.schema import Column, Kind
from glassnet.errors import DataError

CELL_BYTES = 8
#: Bytes of a Parquet file for each text up to which the texts of a column must be few, and are read
#: as the codes that stand there.
FEW_BYTES = 8
ONE_VALUE = "expected one number, text, boolean or date-time a row"
#: Rows to a stretch when a file is read piece by piece.
STRETCH = 2**16


class ColumnarFile:
    """One or several files of typed columns: `names`, `index`, and its columns, all at once or a stretch of rows at a time.

    `index` names the columns that hold the index of a pandas frame, and `dialect` says how cells of
    text are written.
    """

    notices: tuple[str, ...] = ()

    def __init__(self, paths: Sequence[Path], dialect: Dialect, limits: Limits) -> None:
        self._paths, self._limits, self.dialect = paths, limits, dialect
        schema = _schema(paths[0])
        self._types = list(schema.types)
        self.names: tuple[str, ...] = column_names(schema)
        self.index = index_names(schema.metadata)
        self._declared = _declared(paths[0])
        self._coded: set[int] = set()  # columns of text that have been coded while they were read
        if len(self.names) > limits.columns:
            raise DataError(
                passed(f"it has {len(self.names):,} columns", "columns", limits.columns)
            )
        check_names(self.names, limits)
        for path in paths[1:]:
            others = set(column_names(_schema(path)))
            if others != set(self.names):
                odd = min(others.symmetric_difference(self.names))
                raise DataError(
                    f"{path.name} and {paths[0].name} must have the same columns, but only one of "
                    f"them has {odd!r}."
                )

    @property
    def spelling(self) -> Spelling:
        """How the cells are written."""
        return self.dialect.spelling

    def read(self, wanted: Sequence[int], kinds: Mapping[int, Kind]) -> list[Any]:
        """Return the wanted columns, named by their places, as plain columns (see `plain_column`)."""
        pa = arrow("pyarrow")
        chunks: list[list[Any]] = [[] for _ in wanted]
        for found in self._stream(wanted):
            for column, chunk in zip(chunks, found, strict=True):
                column.append(chunk)
        if not chunks[0]:
            raise DataError("the file has columns but no rows.")
        made = []
        for i, place in enumerate(wanted):
            try:
                if all(chunk.type == chunks[i][0].type for chunk in chunks[i]):
                    column = pa.chunked_array(chunks[i])
                else:
                    pieces = [pa.table([chunk], names=["column"]) for chunk in chunks[i]]
                    column = pa.concat_tables(pieces, promote_options="permissive").column(0)
                chunks[i] = []
            except pa.ArrowException:
                raise DataError(
                    f"column {self.names[place]!r} must be of one type in all files."
                ) from None
            made.append(self._plain(place, column, kinds.get(place) == "category"))
        return made

    def batches(self, wanted: Sequence[int], columns: Mapping[int, Column]) -> Iterator[list[Any]]:
        """Yield the wanted columns, which should be such ones, a stretch of rows at a time."""
        as_text = {place for place in wanted if columns[place].kind == "category"}
        for found in self._stream(wanted):
            pairs = zip(wanted, found, strict=True)
            yield [
                self._plain(place, arrow("pyarrow").chunked_array([column]), place in as_text)
                for place, column in pairs
            ]

    def _stream(self, wanted: Sequence[int]) -> Iterator[list[Any]]:
        """Yield the wanted columns as pyarrow arrays, a stretch of rows at a time, validated and held to the limits as they come.

        Text is coded at once: a few long texts may stand for millions of cells.
        """
        for place in wanted:
            if is_nested(self._types[place]):  # before any of it is read
                raise DataError(
                    f"column {self.names[place].strip()!r} holds {self._types[place]}: {ONE_VALUE}."
                )
        names = [self.names[place] for place in wanted]
        most = min(self._limits.rows, self._limits.bytes // (CELL_BYTES * max(1, len(names))))
        limit = "rows" if most == self._limits.rows else "bytes"
        n_rows = 0
        too_many = f"it holds more than {most:,} rows" + (
            f" of {len(names):,} columns" if limit == "bytes" else ""
        )
        for path in self._paths:
            schema = _schema(path)  # what is read as codes no longer says that it is text
            self._coded |= {
                place for place in wanted if is_text(schema.field(self.names[place]).type)
            }
            if path.suffix.lower() == ".parquet":
                self._check_claims(
                    path, most, passed(too_many, limit, getattr(self._limits, limit))
                )
                batches = _parquet(path, names)
            else:
                self._check_sizes(path)
                batches = _ipc(path, names)
            for batch in batches:
                n_rows += batch.num_rows
                if n_rows > most:  # whatever the file claims
                    raise DataError(passed(too_many, limit, getattr(self._limits, limit)))
                if batch.num_rows:
                    found = validated(batch).columns
                    yield [
                        code_texts(column) if place in self._coded else column
                        for place, column in zip(wanted, found, strict=True)
                    ]

    def _check_claims(self, path: Path, most: int, too_many: str) -> None:
        """Refuse a Parquet file by what its footer says of itself, before any of it is read."""
        footer = arrow("pyarrow.parquet").read_metadata(path)
        if footer.num_rows > most:
            raise DataError(too_many)
        n_bytes = sum(footer.row_group(i).total_byte_size for i in range(footer.num_row_groups))
        if n_bytes > SMALL and n_bytes > self._limits.ratio * path.stat().st_size:
            raise DataError(
                passed(
                    "it grows when it is decompressed as no table does", "ratio", self._limits.ratio
                )
            )

    def _check_sizes(self, path: Path) -> None:
        """Refuse an Arrow file by what its buffers say that they hold, before any of them is decompressed."""
        if decompressed_bytes(path) > max(
            self._limits.bytes, self._limits.ratio * path.stat().st_size
        ):
            raise DataError(
                passed(
                    "it grows when it is decompressed as no table does", "ratio", self._limits.ratio
                )
            )

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
        is_category = self.names[place] in self._declared
        return plain_column(
            name,
            column,
            as_text=as_text,
            declared=is_category,
            coded=place in self._coded and not is_category,
        )


def _schema(path: Path) -> Any:
    if path.suffix.lower() == ".parquet":
        return arrow("pyarrow.parquet").read_schema(path)
    with arrow("pyarrow").OSFile(str(path)) as source:
        return _open_ipc(source).schema


def _declared(path: Path) -> frozenset[str]:
    """Return the columns that were categories when a Parquet file was written, which keeps a dictionary of text alone as such."""
    if path.suffix.lower() != ".parquet":
        return frozenset()
    pa, metadata = arrow("pyarrow"), arrow("pyarrow.parquet").read_metadata(path).metadata or {}
    try:
        written = arrow("pyarrow.ipc").read_schema(
            pa.py_buffer(base64.b64decode(metadata.get(b"ARROW:schema", b""), validate=True))
        )
    except (ValueError, pa.ArrowException):  # none, or what another program wrote there
        return frozenset()
    return frozenset(field.name for field in written if pa.types.is_dictionary(field.type))


def _parquet(path: Path, names: list[str]) -> Iterator[Any]:
    # Not `read_table`, which imports pandas.
    pq = arrow("pyarrow.parquet")
    few = _of_few_texts(
        pq.read_metadata(path),
        {field.name for field in _schema(path) if is_text(field.type)}.intersection(names),
    )
    with pq.ParquetFile(path, read_dictionary=few) as file:
        for batch in file.iter_batches(batch_size=STRETCH, columns=names):
            yield batch.select(names)


def _of_few_texts(footer: Any, texts: Collection[str]) -> list[str]:
    """Return which columns of text are read as codes: written out, one text of a kilobyte may fill the memory."""
    n_bytes = dict.fromkeys(texts, 0)
    for group in map(footer.row_group, range(footer.num_row_groups if texts else 0)):
        for column in map(group.column, range(group.num_columns)):
            if column.path_in_schema in n_bytes:
                n_bytes[column.path_in_schema] += column.total_uncompressed_size
    return sorted(name for name, size in n_bytes.items() if size <= FEW_BYTES * footer.num_rows)


def _ipc(path: Path, names: list[str]) -> Iterator[Any]:
    # Read and not mapped: a mapped file that another program cuts ends the process.
    with arrow("pyarrow").OSFile(str(path)) as source:
        reader = _open_ipc(source, names)
        is_file = hasattr(reader, "get_batch")
        for batch in map(reader.get_batch, range(reader.num_record_batches)) if is_file else reader:
            yield batch.select(names)


def _open_ipc(source: Any, names: Collection[str] | None = None) -> Any:
    """Return a reader of an Arrow file (also called Feather, version 2), or of an Arrow stream; of all columns, or of some."""
    ipc = arrow("pyarrow.ipc")
    start = source.read(6)
    source.seek(0)
    if start[:4] == b"FEA1":
        raise DataError("Feather of version 1 is not read: write it again as version 2.")
    opened = ipc.open_file if start == MAGIC else ipc.open_stream
    reader = opened(source)
    if names is None:
        return reader
    places = sorted(map(column_names(reader.schema).index, names))
    source.seek(0)
    return opened(source, options=ipc.IpcReadOptions(included_fields=places))
