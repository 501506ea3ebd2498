"""Read a table as in training, check its columns, and encode it for a model."""

import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glassnet.data.coding.encoder import Encoder
from glassnet.data.review.tally import Tally
from glassnet.data.tables.dialect import Dialect, check_overrides
from glassnet.data.tables.given import as_table
from glassnet.data.tables.table import Table
from glassnet.errors import DataNotice
from glassnet.messages import listed


@dataclass(frozen=True)
class ModelInput:
    """Reads and encodes tables for a model.

    Attributes
    ----------
    encoder : of the model
    columns : names of all features, also those left out, in the order of the training table
    others : names of the other columns: target, weights, groups, dropped columns
    dialect : default for how tables are written
    """

    encoder: Encoder
    columns: tuple[str, ...]
    others: tuple[str, ...]
    dialect: Dialect | None

    def read(self, table: Any, dialect: Dialect | None = None) -> Table:
        """Return a table read as in training, except for what a dialect overrides."""
        check_overrides(None, (), dialect, None)
        combined = dialect.filled(self.dialect) if dialect else self.dialect
        return as_table(
            table, self.columns, schema=self.encoder.to_read, dialect=combined, empty=True
        )

    def parts(self, table: Any, dialect: Dialect | None = None) -> Iterable[Table]:
        """Return the table in parts: one, or the chunks of a file."""
        if isinstance(table, str | Path):
            return self._chunks(table, dialect)
        return (self.read(table, dialect),)

    def aligned(self, table: Any, dialect: Dialect | None = None) -> Table:
        """Return the columns that the encoder needs; warn about anything unusual in the table."""
        read = self.read(table, dialect)
        aligned = self.encoder.aligned(read)
        for notice in aligned.all_notices if not isinstance(table, Table) else ():
            warnings.warn(notice, DataNotice, stacklevel=5)
        self._warn_unknown(read.schema.names)
        return aligned

    def encoded(
        self, table: Any, dialect: Dialect | None, dtype: str, tally: Tally | None
    ) -> Iterator[Any]:
        """Yield the features of a table, for a file in chunks; warn at the end about its drift.

        Parameters
        ----------
        table, dialect : as given by the caller
        dtype : of the features
        tally : counts what the training rows did not have, or None
        """
        if isinstance(table, str | Path):
            parts: Iterable[Table] = map(self.aligned, self._chunks(table, dialect))
        else:
            parts = (self.aligned(table, dialect),)
        for part in parts:
            if tally:
                tally.add(part)
            yield self.encoder.encode(part, dtype)
        if tally and (text := tally.notice()):
            warnings.warn(text, DataNotice, stacklevel=4)

    def unknown_notice(self, names: Sequence[str]) -> str:
        """Return the message about columns that training did not have; "" if there are none."""
        known = {*self.columns, *self.others}
        unknown = [name for name in names if name not in known]
        one = len(unknown) == 1
        text = (
            f"column{'' if one else 's'} {listed(unknown)} {'is' if one else 'are'} not known "
            "to the model and ignored."
        )
        return text if unknown else ""

    def _chunks(self, path: str | Path, dialect: Dialect | None) -> Iterator[Table]:
        from glassnet.data.files.read import column_names, read_batches

        check_overrides(None, (), dialect, None)
        needed = self.encoder.schema.names
        names = column_names(path, dialect=dialect, default=self.dialect, needed=needed)
        self._warn_unknown(names)
        notices: list[str] = []
        chunks = read_batches(
            path,
            schema=self.encoder.to_read,
            dialect=dialect,
            default=self.dialect,
            notices=notices,
            empty=True,
        )
        for i, chunk in enumerate(chunks):
            for notice in (*(notices if i == 0 else ()), *chunk.all_notices):
                warnings.warn(notice, DataNotice, stacklevel=4)
            yield chunk

    def _warn_unknown(self, names: Sequence[str]) -> None:
        if text := self.unknown_notice(names):
            warnings.warn(text, DataNotice, stacklevel=4)
