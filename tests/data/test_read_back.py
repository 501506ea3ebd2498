"""Any table that Python's csv module or pyarrow writes is read back equal."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import math
import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glassnet.data.files.read import read_batches, read_table
from glassnet.data.tables.assembly import table_of
from glassnet.data.tables.cells import text_of
from glassnet.data.tables.dialect import Dialect
from glassnet.data.tables.schema import Spelling
from glassnet.data.tables.table import Table

NUMBERS = st.one_of(
    st.integers(-(2**53), 2**53).map(float), st.floats(allow_nan=False, allow_infinity=False)
)
DATES = st.one_of(st.dates(), st.datetimes())
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
KINDS: dict[str, st.SearchStrategy[Any]] = {
    "number": NUMBERS,
    "boolean": st.booleans(),
    "datetime": DATES,
    "category": TEXTS,
}


@st.composite
def tables(draw: st.DrawFn) -> tuple[dict[str, str], dict[str, list[Any]]]:
    """The kinds of the columns and their values, with gaps."""
    n = draw(st.integers(1, 8))
    names = draw(
        st.lists(
            TEXTS.filter(lambda name: name.strip() == name != ""),
            min_size=1,
            max_size=5,
            unique=True,
        )
    )
    kinds = {name: draw(st.sampled_from(list(KINDS))) for name in names}
    return kinds, {
        name: draw(st.lists(st.none() | KINDS[kind], min_size=n, max_size=n))
        for name, kind in kinds.items()
    }


def as_read(kind: str, value: Any, gap: str = "") -> Any:
    """What a cell is once it has been read; a declared category keeps its words."""
    if value is None:
        return text_of(gap) if kind == "category" else None
    if kind == "datetime":
        return (
            value
            if isinstance(value, dt.datetime)
            else dt.datetime(value.year, value.month, value.day)  # noqa: DTZ001
        )
    return value if kind == "number" else text_of(value)


def plain(values: Any) -> list[Any]:
    return [
        None if value is None or (isinstance(value, float) and math.isnan(value)) else value
        for value in values.tolist()
    ]


def check(read: Table, kinds: dict[str, str], values: dict[str, list[Any]], gap: str = "") -> None:
    assert read.schema.names == tuple(values)
    for name, kind in kinds.items():
        expected = [as_read(kind, value, gap) for value in values[name]]
        assert plain(read.retyped({name: kind}).column(name)) == expected, name
        held = {value for value in expected if value is not None}
        if kind != "category" and held:
            assert read.schema.kinds[name] == kind


dialects = st.fixed_dictionaries(
    {
        "delimiter": st.sampled_from(",;\t|:^ "),
        "quote": st.sampled_from("\"'~"),
        "line_end": st.sampled_from(["\n", "\r\n", "\r"]),
        "quoting": st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL, csv.QUOTE_NONNUMERIC]),
        "encoding": st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]),
        "decimal": st.sampled_from(".,"),
        "gap": st.sampled_from(["", "NA", " ? ", "null"]),
        "compress": st.booleans(),
    }
)


def text_law(table: tuple[dict[str, str], dict[str, list[Any]]], how: dict[str, Any]) -> None:
    kinds, values = table
    if (
        how["quoting"] == csv.QUOTE_MINIMAL
    ):  # the csv module of Python 3.11 quotes line ends only where they are the file's own
        bare = str.maketrans("\r\n", "__")
        kinds = {name.translate(bare): kind for name, kind in kinds.items()}
        values = {
            name.translate(bare): [v.translate(bare) if isinstance(v, str) else v for v in column]
            for name, column in values.items()
        }
    decimal = "." if how["delimiter"] == "," else how["decimal"]

    def cell(value: Any) -> Any:
        return (
            how["gap"]
            if value is None
            else repr(value).replace(".", decimal)
            if isinstance(value, float)
            else str(value)
        )

    stream = io.StringIO(newline="")
    writer = csv.writer(
        stream,
        delimiter=how["delimiter"],
        quotechar=how["quote"],
        quoting=how["quoting"],
        lineterminator=how["line_end"],
    )
    writer.writerow(values)
    writer.writerows([cell(value) for value in row] for row in zip(*values.values(), strict=True))
    content = stream.getvalue().encode(how["encoding"])
    dialect = Dialect(delimiter=how["delimiter"], quote=how["quote"], decimal=decimal)
    text = {name: "category" for name, kind in kinds.items() if kind == "category"}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        path.write_bytes(gzip.compress(content) if how["compress"] else content)
        read = read_table(path, types=text, dialect=dialect)
        check(read, kinds, values, how["gap"])
        schema = read.retyped(kinds).schema
        again = list(read_batches(path, schema=schema, dialect=dialect))
        assert len(again) == 1
        check(again[0], kinds, values, how["gap"])


def parquet_law(table: tuple[dict[str, str], dict[str, list[Any]]]) -> None:
    kinds, values = table
    types = {
        "number": pa.float64(),
        "boolean": pa.bool_(),
        "datetime": pa.timestamp("us"),
        "category": pa.string(),
    }
    arrays = {}
    for name, column in values.items():
        kind = kinds[name]
        as_dates = [v if v is None or kind != "datetime" else as_read(kind, v) for v in column]
        arrays[name] = pa.array(as_dates, types[kind])
    written = pa.table(arrays)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.parquet"
        pa.parquet.write_table(written, path)
        text = {name: "category" for name, kind in kinds.items() if kind == "category"}
        check(read_table(path, types=text), kinds, values)
        if not any(kind == "category" for kind in kinds.values()):
            assert read_table(path).schema == table_of(written).schema


# Every spelling that pyarrow and the rule of `cells` might take differently: pyarrow reads, and the
# rule is what it must have meant.

SPELLINGS = [
    "0", "1", "7", "007", "-0", "+5", "5.", ".5", "-.5", "1.50", "1e6", "1E-3", "1e+05",
    "9007199254740993", "99999999999999999999999",
    "1e308",
    "0x10", "0X1f", "0b1", "1_000", "1,5", "1 000", "- 5", "1f", "1.0.0", "5%", "$5", "٣", "one",
    "true", "TRUE", "True", "false", "tRuE", "t", "yes", "",
    "2024-02-29", "2023-02-29", "2024-1-1", "20240101", "0001-01-01", "9999-12-31",
    "2024-01-01 10", "2024-01-01T10", "2024-01-01 10:30",
    "2024-01-01 10:30:59", "2024-01-01T10:30:59.5", "2024-01-01 10:30:59.123456",
    "2024-01-01 24:00", "2024-01-01 10:60", "2024-01-01 1000",
    "2024-01-01 10:30Z", "2024-01-01 10Z", "2024-01-01Z", "2024-01-01 10:30+02:00",
    "2024-01-01 10:30-0530", "2024-01-01 10:30+02",
    "10:30", "10:30:00",
    "NA", "n/a", "N/A", "null", "NULL", "None", "nan", "NaN", "<NA>", "NaT", "?", "-", "na", " NA",
    "  ", " 5 ", " true ", " 2024-02-29 ",
]  # fmt: skip


def kind_law(spellings: list[str]) -> None:
    """A file holds what the same texts in memory hold, read all at once and in chunks."""
    rule = table_of({"a": spellings}, spelling=Spelling(decimal="."))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        path.write_text("a;b\n" + "".join(f"{cell};x\n" for cell in spellings), encoding="utf-8")
        dialect = Dialect(delimiter=";", decimal=".")
        read = read_table(path, dialect=dialect)
        assert read.schema.by_name["a"] == rule.schema.by_name["a"]
        assert plain(read.column("a")) == plain(rule.column("a"))
        assert plain(read.labels("a")) == plain(rule.labels("a"))
        (stretch,) = read_batches(path, schema=read.schema, dialect=dialect)
        assert plain(stretch.column("a")) == plain(read.column("a"))


def alike(kinds: list[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(kinds), min_size=1, max_size=5)


SPELLED = st.one_of(
    alike(SPELLINGS),
    alike(SPELLINGS[:17] + SPELLINGS[-12:]),
    alike([s for s in SPELLINGS if s.startswith(("2", " "))]),
)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_each_spelling(spelling: str) -> None:
    kind_law([spelling])
    kind_law([spelling, "5"])


quick = settings(max_examples=75, deadline=None, suppress_health_check=[HealthCheck.too_slow])
long = settings(max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.too_slow])

test_text = quick(given(tables(), dialects)(text_law))
test_parquet = quick(given(tables())(parquet_law))
test_kinds = quick(given(SPELLED)(kind_law))
test_kinds_long = pytest.mark.slow(long(given(SPELLED)(kind_law)))
test_text_long = pytest.mark.slow(long(given(tables(), dialects)(text_law)))
test_parquet_long = pytest.mark.slow(long(given(tables())(parquet_law)))
