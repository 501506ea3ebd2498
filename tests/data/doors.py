"""The ways into a table: files of all kinds, frames, dicts, records, rows and arrays."""

from __future__ import annotations

import csv
import datetime as dt
import decimal
import gzip
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
from hypothesis import strategies as st

from glassnet.data.tables.dialect import Dialect

Columns = dict[str, list[Any]]

#: How a text file is written; `said` tells all of it to the reader, which finds out what it can
#: otherwise.
hows = st.fixed_dictionaries(
    {
        "delimiter": st.sampled_from(",,;;\t|:^ "),
        "quote": st.sampled_from('""\''),
        "quoting": st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
        "line_end": st.sampled_from(["\n", "\r\n", "\r"]),
        "encoding": st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"]),
        "sep_line": st.booleans(),
        "comment": st.booleans(),
        "titles": st.sampled_from([0, 0, 2]),
        "trailing": st.sampled_from(["", "", "rows", "all"]),
        "compress": st.booleans(),
        "said": st.booleans(),
    }
)


def dialect_of(how: dict[str, Any]) -> Dialect:
    """What has to be said of a file, or may be."""
    said: dict[str, Any] = {"skip_rows": how["titles"], "comment": "%%" if how["comment"] else None}
    if how["said"] or (how["delimiter"] not in ",;\t|" and not how["sep_line"]):
        said["delimiter"] = how["delimiter"]
    if how["said"] or (how["quote"] == "'" and how["quoting"] != csv.QUOTE_ALL):
        said["quote"] = how["quote"]
    if how["encoding"] == "cp1252" or (how["said"] and how["encoding"] == "utf-8"):
        said["encoding"] = how["encoding"]
    return Dialect(**said)


def write_csv(path: Path, texts: dict[str, list[str]], how: dict[str, Any]) -> None:
    """Write texts as a text file."""
    stream = io.StringIO(newline="")
    end = how["line_end"]
    stream.write(f"Report of 2026{end}{end}"[: None if how["titles"] else 0])
    stream.write(f"%% made by hand, {end}" if how["comment"] else "")
    stream.write(f"sep={how['delimiter']}{end}" if how["sep_line"] else "")
    quoting = (
        csv.QUOTE_ALL if end == "\r" else how["quoting"]
    )  # Python 3.11 quotes line ends only where they are the file's own
    writer = csv.writer(
        stream,
        delimiter=how["delimiter"],
        quotechar=how["quote"],
        quoting=quoting,
        lineterminator=end,
    )
    writer.writerow([*texts, *([""] if how["trailing"] == "all" else [])])
    for row in zip(*texts.values(), strict=True):
        writer.writerow([*row, *([""] if how["trailing"] else [])])
    content = stream.getvalue().encode(
        how["encoding"], errors="replace" if how["encoding"] == "cp1252" else "strict"
    )
    path.write_bytes(gzip.compress(content) if how["compress"] else content)


ARROW: dict[str, Any] = {
    "number": pa.float64(),
    "whole": pa.int64(),
    "long": pa.int64(),
    "huge": pa.decimal128(38, 0),
    "boolean": pa.bool_(),
    "word": pa.string(),
    "date": pa.date32(),
    "moment": pa.timestamp("us"),
}
PANDAS = {
    "number": "float64",
    "whole": "Int64",
    "long": "Int64",
    "boolean": "boolean",
    "moment": "datetime64[us]",
}
POLARS: dict[str, Any] = {
    "number": pl.Float64,
    "whole": pl.Int64,
    "long": pl.Int64,
    "huge": pl.Decimal(38, 0),
    "boolean": pl.Boolean,
    "word": pl.String,
    "date": pl.Date,
    "moment": pl.Datetime("us"),
}


def _arrow(columns: Columns, kinds: dict[str, str], words: Any = None) -> Any:
    arrays = {name: pa.array(values, ARROW[kinds[name]]) for name, values in columns.items()}
    if words is not None:
        arrays = {
            name: array.dictionary_encode() if kinds[name] == "word" else array
            for name, array in arrays.items()
        }
    return pa.table(arrays)


def _pandas(columns: Columns, kinds: dict[str, str], words: str = "object") -> Any:
    series = {}
    for name, values in columns.items():
        series[name] = pd.Series(
            values, dtype=PANDAS.get(kinds[name], words if kinds[name] == "word" else "object")
        )
    return pd.DataFrame(series)


def _decimal(value: int | None) -> decimal.Decimal | None:
    return None if value is None else decimal.Decimal(value)


def _polars(columns: Columns, kinds: dict[str, str], words: Any = pl.String) -> Any:
    columns = {
        name: [_decimal(value) for value in values] if kinds[name] == "huge" else values
        for name, values in columns.items()
    }
    return pl.DataFrame(
        columns,
        schema={name: words if kinds[name] == "word" else POLARS[kinds[name]] for name in columns},
    )


def _parquet(columns: Columns, kinds: dict[str, str], path: Path) -> Path:
    path = path.with_suffix(".parquet")
    pa.parquet.write_table(_arrow(columns, kinds), path)
    return path


def _feather(columns: Columns, kinds: dict[str, str], path: Path) -> Path:
    path = path.with_suffix(".feather")
    pa.feather.write_feather(_arrow(columns, kinds), str(path))
    return path


def _rows(columns: Columns) -> list[list[Any]]:
    return [list(row) for row in zip(*columns.values(), strict=True)]


def _objects(columns: Columns) -> Any:
    array = np.empty((len(next(iter(columns.values()))), len(columns)), dtype=object)
    for i, values in enumerate(columns.values()):
        array[:, i] = values
    return array


def text_array(columns: Columns) -> Any:
    """An array of texts."""
    return np.array(_rows(columns), dtype=str)


def _numpy_columns(columns: Columns, kinds: dict[str, str]) -> dict[str, Any]:
    """Typed arrays where NumPy has a type with missing values, lists elsewhere."""
    made: dict[str, Any] = {}
    for name, values in columns.items():
        if kinds[name] == "number":
            made[name] = np.array([np.nan if value is None else value for value in values])
        elif kinds[name] in ("date", "moment"):
            made[name] = np.array(
                ["NaT" if value is None else value for value in values], dtype="datetime64[us]"
            )
        else:
            made[name] = (
                list(values) if None in values or kinds[name] == "huge" else np.array(values)
            )
    return made


#: Doors beside the text file, each of the columns, their kinds, and a path that it may write to.
DOORS: dict[str, Callable[[Columns, dict[str, str], Path], Any]] = {
    "parquet": _parquet,
    "feather": _feather,
    "pyarrow": lambda columns, kinds, _: _arrow(columns, kinds),
    "pandas": lambda columns, kinds, _: _pandas(columns, kinds),
    "pandas string": lambda columns, kinds, _: _pandas(columns, kinds, "string"),
    "polars": lambda columns, kinds, _: _polars(columns, kinds),
    "dict": lambda columns, kinds, _: columns,
    "arrays": lambda columns, kinds, _: _numpy_columns(columns, kinds),
    "records": lambda columns, kinds, _: [
        dict(zip(columns, row, strict=True)) for row in _rows(columns)
    ],
    "objects": lambda columns, kinds, _: _objects(columns),
    "rows": lambda columns, kinds, _: _rows(columns),
}
#: Doors at which categories are declared.
DECLARED: dict[str, Callable[[Columns, dict[str, str], Path], Any]] = {
    "dictionary": lambda columns, kinds, _: _arrow(columns, kinds, "dictionary"),
    "categorical": lambda columns, kinds, _: _pandas(columns, kinds, "category"),
    "polars categorical": lambda columns, kinds, _: _polars(columns, kinds, pl.Categorical),
}


def spelled(value: Any, mark: str, gap: str) -> str:
    """A typed value as a cell of a text file."""
    if value is None:
        return gap
    if isinstance(value, float):
        return repr(value).replace(".", mark)
    return value.isoformat(" ") if isinstance(value, dt.datetime) else str(value)
