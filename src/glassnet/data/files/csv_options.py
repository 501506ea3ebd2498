"""What pyarrow is told of a text file: its dialect, which columns are wanted, and as what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from glassnet.data.files.arrow import arrow
from glassnet.data.files.header import Header
from glassnet.data.files.limits import Limits
from glassnet.data.tables import cells
from glassnet.data.tables.forms import PLAIN
from glassnet.data.tables.schema import Column

BLOCK = 2**20


def arrow_options(
    header: Header,
    limits: Limits,
    wanted: Sequence[int],
    types: Mapping[int, str],
    *,
    threads: bool,
) -> dict[str, Any]:
    """Return the options of `pyarrow.csv.read_csv` and `open_csv`; columns are named by their places, and `types` are names of types."""
    pa, pc, dialect, n_columns = (
        arrow("pyarrow"),
        arrow("pyarrow.csv"),
        header.dialect,
        header.width,
    )
    missing = cells.MISSING if dialect.missing is None else dialect.missing
    return {
        "read_options": pc.ReadOptions(
            column_names=[str(place) for place in range(n_columns)],
            block_size=max(BLOCK, 2 * limits.field, 256 * n_columns),
            use_threads=threads,
        ),
        # An empty line in a file of one column is a gap; elsewhere it is no row.
        "parse_options": pc.ParseOptions(
            delimiter=dialect.delimiter,
            quote_char=dialect.quote,
            newlines_in_values=True,
            ignore_empty_lines=n_columns > 1,
        ),
        "convert_options": pc.ConvertOptions(
            include_columns=[str(place) for place in wanted],
            column_types={str(place): pa.type_for_alias(alias) for place, alias in types.items()},
            null_values=["", *sorted(missing)],
            true_values=list(cells.TRUE),
            false_values=list(cells.FALSE),
            # Numbers in quotes with a decimal comma, in a file of commas, are read as the text that
            # they are.
            decimal_point="." if dialect.delimiter == "," else dialect.decimal,
        ),
    }


def may_have_lost_digits(column: Any) -> bool:
    """Say whether numbers that were read as floats may have been whole ones beyond 2^53."""
    parts = [
        np.from_dlpack(part.drop_null()) for part in getattr(column, "chunks", [column])
    ]  # `to_numpy` would import pandas
    large = any(bool((np.abs(values) >= cells.EXACT).any()) for values in parts)
    return large and all(
        bool((np.isfinite(values) & (values == np.floor(values))).all()) for values in parts
    )


def type_of(column: Column) -> str:
    """Return the type of pyarrow in which a column of a model is read at once, where its cells are written in the ordinary way."""
    return (
        {"number": "double", "datetime": "timestamp[us]"}.get(column.kind, "string")
        if column.form == PLAIN
        else "string"
    )
