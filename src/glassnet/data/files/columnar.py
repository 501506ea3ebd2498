"""Parquet and Arrow files, and folders of Parquet files, as columns."""

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
#: Columns of text with at most so many bytes of a Parquet file for each row hold few texts, and are
#: read as the codes that stand there.
FEW_BYTES = 8
#: Rows of a chunk when a file is read in chunks.
CHUNK_ROWS = 2**16


class ColumnarFile:
    """One or several files of typed columns, which are read all at once or in chunks of rows.

    Attributes
    ----------
    names : of the columns
    index : of these the index columns of a pandas frame
    dialect, spelling : how cells of text are written
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
        self._coded: set[int] = set()  # columns of text that have been coded while they were read
        limits.check_names(self.names, "it has")
        for path in paths[1:]:
            odd = set(column_names(_schema(path))).symmetric_difference(self.names)
            if odd:
                raise DataError(
                    f"{path.name} and {paths[0].name} must have the same columns, but only one of "
                    f"them has {min(odd)!r}."
                )

    def read(self, wanted: Sequence[int], kinds: Mapping[int, Kind]) -> list[ColumnData]:
        """Return the wanted columns, named by their positions."""
        chunks = dict(zip(wanted, zip(*self._batches(wanted), strict=True), strict=False))
        if not chunks:
            raise DataError("the file has columns but no rows.")
        return [
            self._plain(place, self._joined(place, chunks.pop(place)), kinds.get(place))
            for place in wanted
        ]

    def batches(
        self, wanted: Sequence[int], columns: Mapping[int, Column]
    ) -> Iterator[list[ColumnData]]:
        """Yield the wanted columns, expected to be such ones, in chunks of rows."""
        for found in self._batches(wanted):
            pairs = zip(wanted, found, strict=True)
            yield [self._plain(place, column, columns[place].kind) for place, column in pairs]

    def _joined(self, place: int, chunks: Sequence[Any]) -> Any:
        pa = arrow("pyarrow")
        try:
            if all(chunk.type == chunks[0].type for chunk in chunks):
                return pa.chunked_array(chunks)
            tables = [pa.table([chunk], names=["column"]) for chunk in chunks]
            return pa.concat_tables(tables, promote_options="permissive").column(0)
        except pa.ArrowException:
            raise DataError(
                f"column {self.names[place]!r} must be of one type in all files."
            ) from None

    def _batches(self, wanted: Sequence[int]) -> Iterator[list[Any]]:
        """Yield the wanted columns as pyarrow arrays, in chunks that are checked as they come.

        Text is coded at once: a few long texts may stand for millions of cells.
        """
        for place in wanted:
            if is_nested(self._types[place]):  # before any of it is read
                name, kind = self.names[place].strip(), self._types[place]
                raise DataError(f"column {name!r} holds {kind}: {ONE_VALUE}.")
        names = [self.names[place] for place in wanted]
        limits = self._limits
        max_rows = min(limits.rows, limits.bytes // (CELL_BYTES * max(1, len(names))))
        limit = "rows" if max_rows == limits.rows else "bytes"
        of_columns = f" of {len(names):,} columns" if limit == "bytes" else ""
        too_many = limits.exceeded(f"it holds more than {max_rows:,} rows{of_columns}", limit)
        n_rows = 0
        for path in self._paths:
            schema = _schema(path)  # what is read as codes no longer says that it is text
            texts = {name for name in names if is_text(schema.field(name).type)}
            self._coded |= {place for place in wanted if self.names[place] in texts}
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
                    yield [code_texts(c) if place in self._coded else c for place, c in found]

    def _plain(self, place: int, column: Any, kind: Kind | None) -> ColumnData:
        declared = self.names[place] in self._declared
        return checked_column(
            self.names[place].strip(),
            column,
            self._limits,
            as_text=kind == "category",
            declared=declared,
            coded=place in self._coded and not declared,
        )


def _is_parquet(path: Path) -> bool:
    return path.suffix.lower() == ".parquet"


def _schema(path: Path) -> Any:
    if _is_parquet(path):
        return arrow("pyarrow.parquet").read_schema(path)
    with arrow("pyarrow").OSFile(str(path)) as source:
        return _open_ipc(source).schema


def _declared(path: Path) -> frozenset[str]:
    """Return the columns that were categories when a Parquet file was written.

    Parquet itself only keeps that a dictionary of text was one.
    """
    if not _is_parquet(path):
        return frozenset()
    pa, metadata = arrow("pyarrow"), arrow("pyarrow.parquet").read_metadata(path).metadata or {}
    try:
        stored = base64.b64decode(metadata.get(b"ARROW:schema", b""), validate=True)
        written = arrow("pyarrow.ipc").read_schema(pa.py_buffer(stored))
    except (ValueError, pa.ArrowException):  # none, or what another program wrote there
        return frozenset()
    return frozenset(field.name for field in written if pa.types.is_dictionary(field.type))


def _parquet(path: Path, names: list[str], few: list[str]) -> Iterator[Any]:
    # Not `read_table`, which imports pandas.
    with arrow("pyarrow.parquet").ParquetFile(path, read_dictionary=few) as file:
        for batch in file.iter_batches(batch_size=CHUNK_ROWS, columns=names):
            yield batch.select(names)


def _few_texts(footer: Any, texts: Collection[str]) -> list[str]:
    """Return the columns of text to read as codes.

    Written out, one text of a kilobyte that stands for all rows may fill the memory.
    """
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
    """Return a reader of an Arrow file (Feather, version 2) or stream; of all or some columns."""
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
