"""Options for pyarrow's CSV reader, and checks of the column types that it guesses."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from glassnet.data.files.arrow import arrow
from glassnet.data.files.header import Header
from glassnet.data.tables import cells
from glassnet.data.tables.dialect import Limits
from glassnet.data.tables.schema import PLAIN, Column, Kind

BLOCK = 2**20
#: The prefixes of the pyarrow types that a column of each kind may have.
_TYPES = {
    "number": ("int", "uint", "float", "double", "halffloat"),
    "boolean": ("bool",),
    "datetime": ("timestamp", "date", "time", "duration"),
}


def arrow_options(
    header: Header,
    limits: Limits,
    wanted: Sequence[int],
    types: Mapping[int, str],
    *,
    threads: bool,
) -> dict[str, Any]:
    """Return the options of `pyarrow.csv.read_csv` and `open_csv`.

    Columns are named by their positions, and `types` are names of pyarrow's types.
    """
    pa, pc, dialect = arrow("pyarrow"), arrow("pyarrow.csv"), header.dialect
    return {
        "read_options": pc.ReadOptions(
            column_names=[str(place) for place in range(header.width)],
            block_size=max(BLOCK, 2 * limits.field, 256 * header.width),
            use_threads=threads,
        ),
        # In a file with one column an empty line is a missing value; otherwise it is not a row.
        "parse_options": pc.ParseOptions(
            delimiter=header.delimiter,
            quote_char=header.quote,
            newlines_in_values=True,
            ignore_empty_lines=header.width > 1,
        ),
        "convert_options": pc.ConvertOptions(
            include_columns=[str(place) for place in wanted],
            column_types={str(place): pa.type_for_alias(alias) for place, alias in types.items()},
            null_values=[
                "",
                *sorted(cells.MISSING if dialect.missing is None else dialect.missing),
            ],
            true_values=list(cells.TRUE),
            false_values=list(cells.FALSE),
            # Quoted numbers with a decimal comma, in a file delimited by commas, are read as text.
            decimal_point="." if header.delimiter == "," else dialect.decimal,
        ),
    }


def is_misread(column: Any, *, suspect: bool, floats: bool) -> bool:
    """Return whether pyarrow may have misread text.

    Examples are 12:30 as a time, 0x10 and 007 as numbers, or a long number that loses digits.
    `suspect` tells whether the file has cells that look like 0x10 or 007, and `floats` whether its
    decimal mark is not a point.
    """
    kinds = arrow("pyarrow").types
    if kinds.is_time(column.type) or (suspect and kinds.is_integer(column.type)):
        return True
    if not kinds.is_floating(column.type) or floats:
        return bool(kinds.is_floating(column.type))
    # Integers are read as floats if pyarrow cannot parse one of them as int64, such as +5.
    ends = arrow("pyarrow.compute").min_max(column).as_py()
    return any(end is not None and cells.EXACT <= abs(end) < math.inf for end in ends.values())


def is_other(column: Any, kind: Kind | None) -> bool:
    """Return whether pyarrow guessed another kind than the expected one."""
    found = str(column.type)
    return kind is not None and not found.startswith((*_TYPES.get(kind, ()), "null", "string"))


def may_have_lost_digits(column: Any) -> bool:
    """Return whether numbers that were read as floats may be integers beyond 2^53."""
    values = np.from_dlpack(column.drop_null())  # `to_numpy` would import pandas
    return bool((np.abs(values) >= cells.EXACT).any()) and bool(
        (np.isfinite(values) & (values == np.floor(values))).all()
    )


def type_of(column: Column) -> str:
    """Return the pyarrow type to read a column of a model with; text unless its form is plain."""
    types = {"number": "double", "datetime": "timestamp[us]"}
    return types.get(column.kind, "string") if column.form == PLAIN else "string"
