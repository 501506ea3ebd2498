"""Parquet and Arrow files, and folders of Parquet files, to columns."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from glassnet.data.arrow import arrow, longest_text, plain_column
from glassnet.data.dialect import Dialect
from glassnet.data.feed import SMALL
from glassnet.data.index_columns import index_names
from glassnet.data.limits import Limits, passed
from glassnet.data.readers import Spelling
from glassnet.data.schema import Column, Kind
from glassnet.errors import DataError

CELL_BYTES = 8
#: Rows to a stretch when a file is read piece by piece.
STRETCH = 2**16


class ColumnarFile:
    """One or several files of typed columns: `names`, `index`, and its columns, all at once or a stretch of rows at a time.

    `index` names the columns that hold the index of a pandas frame, and `dialect` says how cells of text are written.
    """

    notices: tuple[str, ...] = ()

    def __init__(self, paths: Sequence[Path], dialect: Dialect, limits: Limits) -> None:
        self._paths, self._limits, self.dialect = paths, limits, dialect
        schema = _schema(paths[0])
        self.names: tuple[str, ...] = tuple(schema.names)
        self.index = index_names(schema.metadata)
        self._declared = _declared(paths[0])
        if len(self.names) > limits.columns:
            raise DataError(passed(f"it has {len(self.names):,} columns", "columns", limits.columns))
        for path in paths[1:]:
            others = set(_schema(path).names)
            if others != set(self.names):
                odd = min(others.symmetric_difference(self.names))
                raise DataError(f"{path.name} and {paths[0].name} must have the same columns, but only one of them has {odd!r}.")

    @property
    def spelling(self) -> Spelling:
        """How the cells are written."""
        return self.dialect.spelling

    def read(self, wanted: Sequence[int], kinds: Mapping[int, Kind]) -> list[Any]:
        """Return the wanted columns, named by their places, as plain columns (see `plain_column`)."""
        pa = arrow("pyarrow")
        chunks: list[list[Any]] = [[] for _ in wanted]
        for batch in self._stream(wanted):
            for column, chunk in zip(chunks, batch.columns, strict=True):
                column.append(chunk)
        if not chunks[0]:
            raise DataError("the file has columns but no rows.")
        made = []
        for i, place in enumerate(wanted):
            try:
                pieces = [pa.table([chunk], names=["column"]) for chunk in chunks[i]]
                column, chunks[i] = pa.concat_tables(pieces, promote_options="permissive").column(0), []
            except (pa.ArrowInvalid, pa.ArrowTypeError):
                raise DataError(f"column {self.names[place]!r} must be of one type in all files.") from None
            made.append(self._plain(place, column, kinds.get(place) == "category"))
        return made

    def batches(self, wanted: Sequence[int], columns: Mapping[int, Column]) -> Iterator[list[Any]]:
        """Yield the wanted columns, which should be such ones, a stretch of rows at a time."""
        for batch in self._stream(wanted):
            found = zip(wanted, batch.columns, strict=True)
            as_text = {place for place in wanted if columns[place].kind == "category"}
            yield [self._plain(place, arrow("pyarrow").chunked_array([column]), place in as_text) for place, column in found]

    def _stream(self, wanted: Sequence[int]) -> Iterator[Any]:
        """Yield pyarrow record batches of the wanted columns, held to the limits as they come."""
        names = [self.names[place] for place in wanted]
        most = min(self._limits.rows, self._limits.bytes // (CELL_BYTES * max(1, len(names))))
        limit = "rows" if most == self._limits.rows else "bytes"
        n_rows = 0
        too_many = f"it holds more than {most:,} rows" + (f" of {len(names):,} columns" if limit == "bytes" else "")
        for path in self._paths:
            if path.suffix.lower() == ".parquet":
                self._check_claims(path, most, passed(too_many, limit, getattr(self._limits, limit)))
                batches = _parquet(path, names)
            else:
                batches = _ipc(path, names)
            for batch in batches:
                n_rows += batch.num_rows
                if n_rows > most:  # whatever the file claims
                    raise DataError(passed(too_many, limit, getattr(self._limits, limit)))
                if batch.num_rows:
                    yield batch

    def _check_claims(self, path: Path, most: int, too_many: str) -> None:
        """Refuse a Parquet file by what its footer says of itself, before any of it is read."""
        footer = arrow("pyarrow.parquet").read_metadata(path)
        if footer.num_rows > most:
            raise DataError(too_many)
        n_bytes = sum(footer.row_group(i).total_byte_size for i in range(footer.num_row_groups))
        if n_bytes > SMALL and n_bytes > self._limits.ratio * path.stat().st_size:
            raise DataError(passed("it grows when it is decompressed as no table does", "ratio", self._limits.ratio))

    def _plain(self, place: int, column: Any, as_text: bool) -> Any:
        name = self.names[place].strip()
        if longest_text(column) > self._limits.field:
            raise DataError(passed(f"a cell of column {name!r} is longer than {self._limits.field:,} bytes", "field", self._limits.field))
        return plain_column(name, column, as_text=as_text, declared=self.names[place] in self._declared)


def _schema(path: Path) -> Any:
    if path.suffix.lower() == ".parquet":
        return arrow("pyarrow.parquet").read_schema(path)
    with arrow("pyarrow").memory_map(str(path)) as source:
        return _open_ipc(source).schema


def _declared(path: Path) -> frozenset[str]:
    """Return the columns that were categories when a Parquet file was written, which keeps a dictionary of text alone as such."""
    if path.suffix.lower() != ".parquet":
        return frozenset()
    pa, metadata = arrow("pyarrow"), arrow("pyarrow.parquet").read_metadata(path).metadata or {}
    try:
        written = arrow("pyarrow.ipc").read_schema(pa.py_buffer(base64.b64decode(metadata.get(b"ARROW:schema", b""), validate=True)))
    except (ValueError, pa.ArrowException):  # none, or what another program wrote there
        return frozenset()
    return frozenset(field.name for field in written if pa.types.is_dictionary(field.type))


def _parquet(path: Path, names: list[str]) -> Iterator[Any]:
    # Not `read_table`, which imports pandas.
    with arrow("pyarrow.parquet").ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=STRETCH, columns=names):
            yield batch.select(names)


def _ipc(path: Path, names: list[str]) -> Iterator[Any]:
    with arrow("pyarrow").memory_map(str(path)) as source:
        reader = _open_ipc(source)
        is_file = hasattr(reader, "get_batch")
        for batch in map(reader.get_batch, range(reader.num_record_batches)) if is_file else reader:
            yield batch.select(names)


def _open_ipc(source: Any) -> Any:
    """Return a reader of an Arrow file (also called Feather, version 2), or of an Arrow stream."""
    ipc = arrow("pyarrow.ipc")
    start = source.read(6)
    source.seek(0)
    if start[:4] == b"FEA1":
        raise DataError("Feather of version 1 is not read: write it again as version 2.")
    return ipc.open_file(source) if start == b"ARROW1" else ipc.open_stream(source)
