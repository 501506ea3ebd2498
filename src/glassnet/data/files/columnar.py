"""Read columns from Parquet and Arrow files, and from folders of Parquet files."""

import base64
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from glassnet.data.files.arrow import (
    MAGIC,
    arrow,
    column_names,
    decompressed_bytes,
    is_nested,
    is_text,
    validated,
)
from glassnet.data.files.arrow_columns import ONE_VALUE, checked_column, code_texts
from glassnet.data.tables.assembly import index_names
from glassnet.data.tables.column_data import ColumnData
from glassnet.data.tables.dialect import Dialect, Limits
from glassnet.data.tables.schema import Column, Kind
from glassnet.errors import DataError

CELL_BYTES = 8
#: A text column with at most this many bytes per row in a Parquet file has few distinct strings. It
#: is read dictionary-encoded, as it is stored.
FEW_BYTES = 8
#: Rows of a chunk when a file is read in chunks.
CHUNK_ROWS = 2**16


class ColumnarFile:
    """One or several files of typed columns, read all at once or in chunks of rows.

    Attributes
    ----------
    names : the names of the columns
    index : those that hold the index of a pandas frame
    dialect, spelling : how text cells are written
    notices : notices about the file, a sentence each
    """

    def __init__(self, paths: Sequence[Path], dialect: Dialect, limits: Limits) -> None:
        self._paths, self._limits = paths, limits
        self.dialect, self.spelling = dialect, dialect.spelling
        self.notices: list[str] = []
        schema = _schema(paths[0])
        self._types = list(schema.types)
        self.names: tuple[str, ...] = column_names(schema)
        self.index = index_names(schema.metadata)
        self._declared = _declared(paths[0])
        self._coded: set[int] = set()  # text columns that were dictionary-encoded while reading
        limits.check_names(self.names, "it has")
        for path in paths[1:]:
            differing = set(column_names(_schema(path))).symmetric_difference(self.names)
            if differing:
                raise DataError(
                    f"{path.name} and {paths[0].name} must have the same columns, but only one of "
                    f"them has {min(differing)!r}."
                )

    def read(self, wanted: Sequence[int], kinds: Mapping[int, Kind]) -> list[ColumnData]:
        """Return the columns at the wanted positions."""
        chunks = dict(zip(wanted, zip(*self._batches(wanted), strict=True), strict=False))
        if not chunks:
            raise DataError("the file has columns but no rows.")
        return [
            self._plain(position, self._joined(position, chunks.pop(position)), kinds.get(position))
            for position in wanted
        ]

    def batches(
        self, wanted: Sequence[int], columns: Mapping[int, Column]
    ) -> Iterator[list[ColumnData]]:
        """Yield the columns at the wanted positions, of the given kinds, in chunks of rows."""
        for found in self._batches(wanted):
            pairs = zip(wanted, found, strict=True)
            yield [
                self._plain(position, column, columns[position].kind) for position, column in pairs
            ]

    def _joined(self, position: int, chunks: Sequence[Any]) -> Any:
        pa = arrow("pyarrow")
        try:
            if all(chunk.type == chunks[0].type for chunk in chunks):
                return pa.chunked_array(chunks)
            tables = [pa.table([chunk], names=["column"]) for chunk in chunks]
            return pa.concat_tables(tables, promote_options="permissive").column(0)
        except pa.ArrowException:
            raise DataError(
                f"column {self.names[position]!r} must be of one type in all files."
            ) from None

    def _batches(self, wanted: Sequence[int]) -> Iterator[list[Any]]:
        """Yield the wanted columns as pyarrow arrays in chunks; each chunk is validated.

        Text is dictionary-encoded, because a few long strings may be repeated in millions of cells.
        """
        for position in wanted:
            if is_nested(self._types[position]):  # before any data is read
                name, kind = self.names[position].strip(), self._types[position]
                raise DataError(f"column {name!r} holds {kind}: {ONE_VALUE}.")
        names = [self.names[position] for position in wanted]
        limits = self._limits
        max_rows = min(limits.rows, limits.bytes // (CELL_BYTES * max(1, len(names))))
        limit = "rows" if max_rows == limits.rows else "bytes"
        of_columns = f" of {len(names):,} columns" if limit == "bytes" else ""
        too_many = limits.exceeded(f"it holds more than {max_rows:,} rows{of_columns}", limit)
        n_rows = 0
        for path in self._paths:
            schema = _schema(path)  # dictionary-encoded columns no longer have a string type
            texts = {name for name in names if is_text(schema.field(name).type)}
            self._coded |= {position for position in wanted if self.names[position] in texts}
            if _is_parquet(path):
                footer = arrow("pyarrow.parquet").read_metadata(path)
                if footer.num_rows > max_rows:
                    raise too_many
                groups = map(footer.row_group, range(footer.num_row_groups))
                limits.check_growth(sum(g.total_byte_size for g in groups), path.stat().st_size)
                batches = _parquet(path, names, _few_texts(footer, texts))
            else:
                n_bytes = decompressed_bytes(path)
                if n_bytes > limits.bytes:
                    limits.check_growth(n_bytes, path.stat().st_size)
                batches = _ipc(path, names)
            for batch in batches:
                n_rows += batch.num_rows
                if n_rows > max_rows:  # whatever the file claims
                    raise too_many
                if batch.num_rows:
                    found = zip(wanted, validated(batch).columns, strict=True)
                    yield [code_texts(c) if position in self._coded else c for position, c in found]

    def _plain(self, position: int, column: Any, kind: Kind | None) -> ColumnData:
        declared = self.names[position] in self._declared
        return checked_column(
            self.names[position].strip(),
            column,
            self._limits,
            as_text=kind == "category",
            declared=declared,
            coded=position in self._coded and not declared,
        )


def _is_parquet(path: Path) -> bool:
    return path.suffix.lower() == ".parquet"


def _schema(path: Path) -> Any:
    if _is_parquet(path):
        return arrow("pyarrow.parquet").read_schema(path)
    with arrow("pyarrow").OSFile(str(path)) as source:
        return _open_ipc(source).schema


def _declared(path: Path) -> frozenset[str]:
    """Return the columns that were declared categories when a Parquet file was written.

    Parquet itself only stores this for dictionaries of strings.
    """
    if not _is_parquet(path):
        return frozenset()
    pa, metadata = arrow("pyarrow"), arrow("pyarrow.parquet").read_metadata(path).metadata or {}
    try:
        stored = base64.b64decode(metadata.get(b"ARROW:schema", b""), validate=True)
        written = arrow("pyarrow.ipc").read_schema(pa.py_buffer(stored))
    except (ValueError, pa.ArrowException):  # absent, or written by another program
        return frozenset()
    return frozenset(field.name for field in written if pa.types.is_dictionary(field.type))


def _parquet(path: Path, names: list[str], few: list[str]) -> Iterator[Any]:
    # Not `read_table`, which imports pandas.
    with arrow("pyarrow.parquet").ParquetFile(path, read_dictionary=few) as file:
        for batch in file.iter_batches(batch_size=CHUNK_ROWS, columns=names):
            yield batch.select(names)


def _few_texts(footer: Any, texts: Collection[str]) -> list[str]:
    """Return the text columns to read dictionary-encoded.

    Otherwise one string of a kilobyte that is repeated in all rows may fill the memory.
    """
    n_bytes = dict.fromkeys(texts, 0)
    for group in map(footer.row_group, range(footer.num_row_groups if texts else 0)):
        for column in map(group.column, range(group.num_columns)):
            if column.path_in_schema in n_bytes:
                n_bytes[column.path_in_schema] += column.total_uncompressed_size
    return sorted(name for name, size in n_bytes.items() if size <= FEW_BYTES * footer.num_rows)


def _ipc(path: Path, names: list[str]) -> Iterator[Any]:
    # Not memory-mapped: the process crashes if another program truncates a mapped file.
    with arrow("pyarrow").OSFile(str(path)) as source:
        reader = _open_ipc(source, names)
        is_file = hasattr(reader, "get_batch")
        for batch in map(reader.get_batch, range(reader.num_record_batches)) if is_file else reader:
            yield batch.select(names)


def _open_ipc(source: Any, names: Collection[str] | None = None) -> Any:
    """Return a reader of all or some columns of an Arrow file (Feather, version 2) or stream."""
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
