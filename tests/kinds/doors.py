"""Every way in which a table comes in, with the same columns: lists of Python values by name.

Columns are named x0, x1, ... as those of arrays are. A door that is added here is tried by every
law of these tests.
"""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
from pyarrow import feather, parquet

import glassnet
from glassnet.data.files.read import read_table
from glassnet.data.tables.given import as_table
from tests.cli.invoked import run

#: A linear network for one epoch: what columns hold is looked at, not what is learned.
PLAN = glassnet.Plan(recipe=glassnet.Recipe(hidden_layer_sizes=()), max_epochs=1)
OPTIONS = ("--recipe", "plain", "--epochs", "1", "--hidden", "none")


def named(*columns):
    """The columns by the names that arrays give them."""
    return {f"x{i}": list(column) for i, column in enumerate(columns)}


def _cell(value, quote):
    text = "" if value is None else str(value)
    quote = quote or ('"' if "," in text or '"' in text else "")
    return quote + text.replace('"', '""') + quote


def _written(path, columns, quote=""):
    rows = [columns, *zip(*columns.values(), strict=True)]
    path.write_text(
        "".join(",".join(_cell(value, quote) for value in row) + "\n" for row in rows),
        encoding="utf-8",
    )
    return path


def _arrow(columns):
    return pa.table(
        {name: pa.array(values, _arrow_type(values)) for name, values in columns.items()}
    )


def _whole(values):
    """The whole numbers among values, none where others are among them."""
    return (
        [v for v in values if v is not None]
        if all(v is None or type(v) is int for v in values)
        else []
    )


def _arrow_type(values):
    """The type of whole numbers, which pyarrow takes for int64 by itself."""
    if max(map(abs, _whole(values)), default=0) < 2**63:
        return None
    return (
        pa.uint64()
        if max(values, key=lambda v: v or 0) < 2**64 and min(_whole(values)) >= 0
        else pa.decimal128(38, 0)
    )


def _nullable(values):
    """A series of pandas whose whole numbers keep their digits beside gaps."""
    whole = _whole(values)
    if not whole or max(map(abs, whole)) >= 2**64:
        return pd.Series(values).convert_dtypes()
    return pd.array(values, dtype="UInt64" if max(whole) >= 2**63 else "Int64")


def _numpy(values):
    """A series of pandas as NumPy has it, of objects where whole numbers stand beside gaps."""
    return pd.Series(values, dtype=object if None in values and _whole(values) else None)


def _saved(path, write, columns):
    write(_arrow(columns), path)
    return path


def _texts(columns):
    return np.array(
        [
            ["" if value is None else str(value) for value in row]
            for row in zip(*columns.values(), strict=True)
        ]
    )


def _rows(columns):
    return [list(row) for row in zip(*columns.values(), strict=True)]


def _records(columns):
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


#: Those that are files, ...
FILES = {
    "CSV": lambda columns, folder: _written(folder / "plain.csv", columns),
    "CSV in quotes": lambda columns, folder: _written(folder / "quoted.csv", columns, '"'),
    "Parquet": lambda columns, folder: _saved(
        folder / "table.parquet", parquet.write_table, columns
    ),
    "Arrow file": lambda columns, folder: _saved(
        folder / "table.arrow", feather.write_feather, columns
    ),
}
#: ... those that are frames, whose columns have declared types, ...
FRAMES = {
    "pandas": lambda columns, _: pd.DataFrame(
        {name: _numpy(values) for name, values in columns.items()}
    ),
    "pandas nullable": lambda columns, _: pd.DataFrame(
        {name: _nullable(values) for name, values in columns.items()}
    ),
    "pandas with pyarrow": lambda columns, _: _arrow(columns).to_pandas(types_mapper=pd.ArrowDtype),
    "polars": lambda columns, _: pl.DataFrame(columns),
    "pyarrow": lambda columns, _: _arrow(columns),
}
#: ... those of objects, ...
OBJECTS = {
    "pandas objects": lambda columns, _: pd.DataFrame(columns, dtype=object),
    "array of objects": lambda columns, _: np.array(_rows(columns), dtype=object),
    "dict of lists": lambda columns, _: columns,
    "dict of arrays": lambda columns, _: {
        name: np.array(values, dtype=object) for name, values in columns.items()
    },
    "records": lambda columns, _: _records(columns),
    "rows": lambda columns, _: _rows(columns),
}
#: ... and all that take text.
DOORS = FILES | FRAMES | OBJECTS | {"array of text": lambda columns, _: _texts(columns)}


def read(given, **settings):
    """What was given as a table."""
    if isinstance(given, Path):
        return read_table(given, **settings)
    return as_table(given, **settings)


def fit(given, target, **settings):
    """A model of what was given, and the sentences about it."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        model = glassnet.fit(given, target, PLAN, **settings)
    return model, [str(one.message) for one in said]


def scores(model, given):
    """The raw scores of a model and the sentences about what was given."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        found = model.raw_scores(given)
    return found, [str(one.message) for one in said]


def plain(values):
    """A column as a list in which gaps are None."""
    if values.dtype.kind == "M":
        return [None if np.isnat(value) else str(value.astype("datetime64[s]")) for value in values]
    return [None if value is None or value != value else value for value in values.tolist()]  # noqa: PLR0124  NaN


def command(*arguments):
    """What a command that succeeds prints: its output, and its notes."""
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return result.stdout, result.stderr


def pairs(members, each=2):
    """Some doors for each member, so that all doors are met in turn by slow tests."""
    names = list(DOORS)
    return [
        (member, names[(i * each + k) % len(names)])
        for i, member in enumerate(members)
        for k in range(each)
    ]
