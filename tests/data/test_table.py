"""Whatever holds a table becomes the same table, and realigns by name."""

from __future__ import annotations

import datetime as dt
import math
import re
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse as sp

from glassnet.data.tables.assembly import table_of
from glassnet.data.tables.cells import text_of
from glassnet.data.tables.column_data import Categories
from glassnet.data.tables.schema import Column, Schema
from glassnet.data.tables.table import Table
from glassnet.errors import DataError

AGE = [31.0, None, 40.5, 18.0]
COUNT = [1, 2, None, 4]
ISLAND = ["Dream", None, "Biscoe", "Dream"]
SICK = [True, False, None, True]
DATA = {"age": AGE, "island": ISLAND, "count": COUNT, "sick": SICK}

SAME = {
    "dict": DATA,
    "pandas": pd.DataFrame(DATA),
    "pandas nullable": pd.DataFrame(
        {
            "age": pd.array([31.0, pd.NA, 40.5, 18.0], dtype="Float64"),
            "island": pd.Series(ISLAND, dtype="category"),
            "count": pd.array(COUNT, dtype="Int64"),
            "sick": pd.array(SICK, dtype="boolean"),
        }
    ),
    "pandas object": pd.DataFrame(
        {name: pd.Series(values, dtype=object) for name, values in DATA.items()}
    ),
    "pandas arrow": pa.table(DATA).to_pandas(types_mapper=pd.ArrowDtype),
    "polars": pl.DataFrame(DATA),
    "polars categorical": pl.DataFrame(DATA).with_columns(pl.col("island").cast(pl.Categorical)),
    "pyarrow": pa.table(DATA),
    "pyarrow dictionary": pa.table({**DATA, "island": pa.array(ISLAND).dictionary_encode()}),
    "rows, named below": [list(row) for row in zip(*DATA.values(), strict=True)],
    "object array, named below": np.array(
        [list(row) for row in zip(*DATA.values(), strict=True)], dtype=object
    ),
}


@pytest.mark.parametrize("data", SAME.values(), ids=SAME)
def test_every_door_gives_the_same_table(data):
    table = table_of(data, names=tuple(DATA) if isinstance(data, (list, np.ndarray)) else None)
    assert table.schema.to_plain() == [
        ["age", "number"],
        ["island", "category"],
        ["count", "number"],
        ["sick", "boolean"],
    ]
    np.testing.assert_array_equal(
        table.numbers, [[31.0, 1], [np.nan, 2], [40.5, np.nan], [18.0, 4]]
    )
    assert table.numbers.dtype == np.float64
    island, sick = table.others["island"], table.others["sick"]
    assert island.levels == ("Biscoe", "Dream")
    assert island.codes.tolist() == [1, -1, 0, 1]
    assert island.codes.dtype == np.int32
    assert sick.levels == ("false", "true")
    assert sick.codes.tolist() == [1, 0, -1, 1]
    assert table.n_rows == 4


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_float_arrays_are_not_copied(dtype):
    X = np.arange(6, dtype=dtype).reshape(3, 2)
    table = table_of(X)
    assert np.shares_memory(table.numbers, X)
    assert table.schema.names == ("x0", "x1")
    assert table_of(table) is table


@pytest.mark.parametrize("dtype", ["int8", "uint16", "int64", "bool", "float16", ">f8"])
def test_other_numeric_arrays_become_float64(dtype):
    block = table_of(np.array([[1, 0], [0, 1]], dtype=dtype)).numbers
    assert block.dtype == np.float64
    assert block.dtype.isnative
    assert block.tolist() == [[1.0, 0.0], [0.0, 1.0]]


def test_float32_columns_stay_float32_and_masked_cells_are_gaps():
    assert (
        table_of(pd.DataFrame({"a": np.float32([1, 2]), "b": np.float32([3, 4])})).numbers.dtype
        == np.float32
    )
    np.testing.assert_array_equal(
        table_of(np.ma.array([[1.0, 2.0]], mask=[[True, False]])).numbers, [[np.nan, 2.0]]
    )


def test_text_arrays_are_looked_at_column_by_column():
    table = table_of(np.array([["1.5", "a"], ["NA", "b"]]))
    assert [column.kind for column in table.schema.columns] == ["number", "category"]
    np.testing.assert_array_equal(table.numbers, [[1.5], [np.nan]])


@pytest.mark.parametrize("make", [sp.csr_matrix, sp.csr_array, sp.csc_matrix, sp.coo_array])
def test_sparse_becomes_csr_and_the_callers_matrix_stays(make):
    table = table_of(make(np.array([[0, 2, 0], [1, 0, 3]])))
    assert table.numbers.format == "csr"
    assert table.numbers.dtype == np.float64
    assert table.numbers.toarray().tolist() == [[0, 2, 0], [1, 0, 3]]
    twice = sp.csr_matrix((np.ones(2), [0, 0], [0, 2]), shape=(1, 2))
    assert table_of(twice).numbers.data.tolist() == [2.0]
    assert twice.nnz == 2


CELLS = [
    (" Dream ", "Dream"), ("TRUE", "true"), ("False", "false"), (True, "true"),
    (np.False_, "false"), (3, "3"), (3.0, "3"),
    (-0.0, "0"),
    (0.1, "0.1"), (np.float32(0.1), "0.1"), (1e300, "1e+300"), (2**60, str(2**60)), (b"x", "x"),
    ("NA", "NA"), ("", None),
    (" ? ", "?"), ("  ", None),
    (None, None), (np.nan, None), (pd.NA, None), (pd.NaT, None), ("none", "none"),
    (dt.date(2020, 1, 2), "2020-01-02"),
    (np.datetime64("2020-01-02T03:04"), "2020-01-02 03:04:00"), (dt.time(12, 30), "12:30:00"),
    (Decimal("2.50"), "2.50"), (Decimal(2), "2"),
    (2**70, str(2**70)), (pd.Interval(0, 1), "(0, 1]"), (pd.Period("2020-01", "M"), "2020-01"),
]  # fmt: skip


@pytest.mark.parametrize(("cell", "text"), CELLS)
def test_one_rule_for_cells(cell, text):
    assert text_of(cell) == text


WRONG = {
    "1-D": (np.ones(3), "Reshape your data"),
    "series": (pd.Series([1]), "Reshape your data"),
    "3-D": (np.ones((2, 2, 2)), r"\(2, 2, 2\)"),
    "complex": (np.array([[1j]]), "Complex data not supported"),
    "complex column": ({"a": [1j]}, "Complex data not supported.*'a'"),
    "complex sparse": (sp.csr_matrix([[1j]]), "Complex data not supported"),
    "no rows": (
        np.ones((0, 2)),
        r"0 sample\(s\) \(shape=\(0, 2\)\) while a minimum of 1 is required",
    ),
    "no columns": (
        np.ones((2, 0)),
        r"0 feature\(s\) \(shape=\(2, 0\)\) while a minimum of 1 is required",
    ),
    "empty dict": ({}, "minimum of 1"),
    "twice": (pd.DataFrame([[1, 2]], columns=["age", "age"]), "'age'"),
    "twice as text": (pd.DataFrame({1: [1], "1": [2]}), "one name"),
    "ragged rows": ([[1, 2], [3]], "1, 2 values"),
    "ragged dict": ({"a": [1, 2], "b": [1]}, "'b' has 1 values but column 'a' has 2"),
    "2-D column": ({"a": np.ones((2, 2))}, r"'a' must be 1-D but has shape \(2, 2\)"),
    "infinite": (np.array([[1.0, 2.0], [3.0, np.inf]]), "'x1' holds an infinite number in row 1"),
    "infinite column": ({"a": [1.0], "b": [-np.inf]}, "'b' holds an infinite number in row 0"),
    "infinite sparse": (
        sp.csr_matrix([[0.0, 0.0], [0.0, np.inf]]),
        "'x1' of the sparse matrix holds an infinite number in row 1",
    ),
    "gap sparse": (
        sp.csr_matrix([[0.0, np.nan]]),
        "'x1' of the sparse matrix holds a NaN in row 0",
    ),
    "durations": (
        {"long": [dt.timedelta(1)]},
        "'long' holds durations.*convert it to numbers first",
    ),
    "duration array": ({"long": np.array([1], dtype="m8[s]")}, "'long' holds durations"),
    "duration frame": (
        pd.DataFrame({"long": pd.to_timedelta([1], unit="s")}),
        "'long' holds durations",
    ),
    "dates too far": (
        {"day": np.array(["300000-01-01"], dtype="M8[D]")},
        "'day' holds a date-time beyond",
    ),
    "a record that names a column twice": ([{1: 2, "1": 3}], "record 0 .* names '1' twice"),
    "records": ({"a": ["x", {"b": 1}]}, "'a' holds a dict in row 1"),
    "lists": (pl.DataFrame({"a": [[1], [2]]}), "'a' holds List"),
    "huge": ({"a": [10**400]}, "'a' holds a whole number too large"),
    "not a table": (5, "int is not a table"),
    "text": ("penguins.csv", "str is not a table"),
    "lazy": (pl.LazyFrame({"a": [1]}), "Collect it first"),
}


@pytest.mark.parametrize(("data", "message"), WRONG.values(), ids=WRONG)
def test_what_is_no_table_is_refused_by_name(data, message):
    with pytest.raises(DataError, match=message):
        table_of(data)


def test_wrong_number_of_names():
    with pytest.raises(DataError, match="2 column names for 3 columns"):
        table_of(np.ones((2, 3)), names=["a", "b"])
    with pytest.raises(DataError, match="'a'"):
        table_of(np.ones((2, 2)), names=["a", "a"])


def test_select_realigns_by_name():
    table = table_of(DATA)
    schema = Schema.from_plain([["sick", "category"], ["count", "number"], ["age", "number"]])
    moved = table.select(schema)
    assert moved.schema == schema
    np.testing.assert_array_equal(moved.numbers, table.numbers[:, [1, 0]])
    assert moved.column("sick").tolist() == ["true", "false", None, "true"]
    assert table.select(table.schema) is table
    sparse = table_of(sp.csr_matrix([[0.0, 2.0, 3.0]])).select(
        Schema.from_plain([["x2", "number"], ["x1", "number"]])
    )
    assert sparse.numbers.toarray().tolist() == [[3.0, 2.0]]


def test_select_names_all_that_is_missing():
    needed = Schema.from_plain([["agee", "number"], ["city", "category"], ["count", "number"]])
    with pytest.raises(
        DataError,
        match=r"lacks 2 of the 3 columns that are needed: missing 'agee', 'city'\. "
        r"Did you mean 'age'\?",
    ):
        table_of(DATA).select(needed)


def test_select_converts_exactly_or_not_at_all():
    table = table_of({"zip": ["7", "NA", "1.5"], "grade": ["1", "A", "2"], "n": [1.0, 2.5, np.nan]})
    numbers = table.select(Schema.from_plain([["zip", "number"], ["n", "number"]])).numbers
    np.testing.assert_array_equal(numbers, [[7.0, 1.0], [np.nan, 2.5], [1.5, np.nan]])
    assert table.select(Schema.from_plain([["n", "category"]])).column("n").tolist() == [
        "1",
        "2.5",
        None,
    ]
    with pytest.raises(DataError, match=r"'grade' must hold numbers but row 1 .* holds 'A'"):
        table.select(Schema.from_plain([["grade", "number"]]))
    many = table_of({"n": [10, 9, 10]}).select(Schema.from_plain([["n", "category"]]))
    assert many.others["n"].levels == ("10", "9")  # sorted as text
    assert many.column("n").tolist() == ["10", "9", "10"]


@pytest.mark.parametrize("text", ["inf", "1_000", "0x10", "1e999", "\uff11"])
def test_what_python_takes_for_a_number_need_not_be_one(text):
    table = Table(
        Schema((Column("a", "category"),)),
        np.empty((1, 0)),
        {"a": Categories(np.zeros(1, np.int32), (text,))},
    )
    with pytest.raises(DataError, match=f"holds {re.escape(repr(text))}"):
        table.select(Schema((Column("a", "number"),)))


def test_take_drop_and_column():
    table = table_of(DATA)
    for rows in (np.array([3, 0]), np.array([True, False, False, True]), slice(1, 3)):
        part = table.take(rows)
        assert part.column("island").tolist() == np.array(ISLAND, dtype=object)[rows].tolist()
        np.testing.assert_array_equal(part.column("age"), np.array(AGE, dtype=float)[rows])
    assert table.drop(["age", "sick"]).schema.names == ("island", "count")
    for ask in (lambda: table.column("agee"), lambda: table.drop(["agee"])):
        with pytest.raises(DataError, match=r"no column 'agee'.*Did you mean 'age'\?"):
            ask()


def test_schema_round_trip_and_bad_schemas():
    schema = table_of(DATA).schema
    assert Schema.from_plain(schema.to_plain()) == schema
    assert schema.numbers == ("age", "count")
    assert schema.categories == ("island", "sick")
    with pytest.raises(DataError, match="'a' occurs more than once"):
        Schema.from_plain([["a", "number"], ["a", "category"]])
    with pytest.raises(
        DataError, match="'a' has kind 'date': expected one of number, category, boolean, datetime"
    ):
        Schema.from_plain([["a", "date"]])


WHEN = [dt.datetime(2020, 2, 29, 23, 30), None, dt.datetime(1969, 7, 20)]  # noqa: DTZ001  columns have no zone
DATES = {
    "datetimes": {"t": WHEN},
    "text": {"t": ["2020-02-29 23:30", "NA", "1969-07-20"]},
    "text with T": {"t": [" 2020-02-29T23:30:00.000 ", None, "1969-07-20T00:00:00"]},
    "text without minutes": {"t": ["2020-02-29 23:30", None, "1969-07-20 00"]},
    "text with zones": {"t": ["2020-03-01T01:30+02:00", "", "1969-07-20 00:00Z"]},
    "text with short zones": {"t": ["2020-02-29T16:30-07", None, "1969-07-19 18:30:00-0530"]},
    "aware": {
        "t": [
            dt.datetime(2020, 3, 1, 0, 30, tzinfo=dt.timezone(dt.timedelta(hours=1))),
            None,
            dt.datetime(1969, 7, 20, tzinfo=dt.UTC),
        ]
    },
    "seconds": {"t": np.array(["2020-02-29T23:30", "NaT", "1969-07-20"], dtype="M8[s]")},
    "pandas": pd.DataFrame({"t": pd.to_datetime(pd.Series(WHEN))}),
    "pandas, zoned": pd.DataFrame(
        {"t": pd.to_datetime(pd.Series(WHEN)).dt.tz_localize("UTC").dt.tz_convert("Asia/Tokyo")}
    ),
    "pandas, objects": pd.DataFrame({"t": pd.Series(WHEN, dtype=object)}),
    "polars": pl.DataFrame({"t": WHEN}),
    "polars, zoned": pl.DataFrame(
        {"t": pl.Series(WHEN).dt.replace_time_zone("UTC").dt.convert_time_zone("Asia/Tokyo")}
    ),
    "pyarrow": pa.table({"t": WHEN}),
    "array": np.array(WHEN, dtype="M8[us]")[:, None],
    "records": [{"t": value} for value in WHEN],
    "an iterator of records": iter([{"t": value} for value in WHEN]),
}


@pytest.mark.parametrize("data", DATES.values(), ids=DATES)
def test_every_door_gives_the_same_dates(data):
    table = table_of(data)
    assert [column.kind for column in table.schema.columns] == ["datetime"]
    expected = np.array(["2020-02-29T23:30", "NaT", "1969-07-20"], dtype="M8[us]")
    ((name, dates),) = table.others.items()
    np.testing.assert_array_equal(dates, expected)
    assert dates.dtype == expected.dtype
    np.testing.assert_array_equal(table.take([2, 0]).others[name], expected[[2, 0]])


@pytest.mark.parametrize(
    "texts",
    [["2020-02-30"], ["2020-01-01", "soon"], ["31/01/2020", "01/31/2020"], ["2020-01-01 10:00Z",
     "2020-01-01 10:00"],
     ["2020-01-01 24:00"], ["2020-01-01 10:60"], ["1/2"], ["32.01.2020"], ["2020-13-01"],
      ["13:61"]],
    ids=str,
)  # fmt: skip
def test_what_is_nearly_a_date_stays_text(texts):
    texts = texts if len(texts) > 1 else [*texts, "z"]
    assert table_of({"t": texts}).schema.kinds == {"t": "category"}


def test_dates_beyond_the_years_of_nanoseconds():
    years = table_of({"t": ["0001-01-01", "9999-12-31 23:59:59.999999"]}).others["t"]
    assert years.astype(object).tolist() == [
        dt.datetime(1, 1, 1),  # noqa: DTZ001
        dt.datetime(9999, 12, 31, 23, 59, 59, 999999),  # noqa: DTZ001
    ]


def test_records_become_rows():
    table = table_of([{"age": 31, "island": "Dream"}, {"island": None, "sick": True}, {"age": 2.5}])
    assert table.schema.to_plain() == [
        ["age", "number"],
        ["island", "category"],
        ["sick", "boolean"],
    ]
    np.testing.assert_array_equal(table.numbers[:, 0], [31, np.nan, 2.5])
    assert table.column("sick").tolist() == [None, "true", None]
    one = table_of({"age": 31, "island": "Dream", "sick": False, "day": dt.date(2020, 1, 1)})
    assert one.n_rows == 1
    assert one.schema.kinds == {
        "age": "number",
        "island": "category",
        "sick": "boolean",
        "day": "datetime",
    }
    assert table_of(iter([[1, "a"], [2, "b"]])).schema.kinds == {"x0": "number", "x1": "category"}


CONVERSIONS = [
    # held                       asked       what comes, or what the message says
    (["true", "false", None], "category", ["true", "false", None]),
    ([1, 0, None], "boolean", ["true", "false", None]),
    (["1", "0", "NA"], "boolean", ["true", "false", None]),
    ([None, None, None], "boolean", [None, None, None]),
    ([None, None, None], "datetime", [None, None, None]),
    ([dt.date(2020, 1, 2), None], "category", ["2020-01-02", None]),
    (["2020-01-02 10:00", None], "category", ["2020-01-02 10:00:00", None]),
    ([1, 2], "boolean", "must hold true or false but holds numbers such as 2"),
    (["yes", "perhaps"], "boolean", "must hold true or false but row 1 .* holds 'perhaps'"),
    ([dt.date(2020, 1, 2)], "boolean", "must hold true or false but holds date-times"),
    ([dt.date(2020, 1, 2)], "number", "must hold numbers but holds date-times"),
    ([True, False, None], "number", [1.0, 0.0, None]),
    (["yes", "No", None], "boolean", ["true", "false", None]),
    ([20260131, None], "datetime", [dt.datetime(2026, 1, 31), None]),  # noqa: DTZ001
    ([1.5], "datetime", "must hold date-times but holds numbers"),
    (
        ["2020-01-01", "soon"],
        "datetime",
        "must hold date-times such as .* but row 1 .* holds 'soon'",
    ),
    (["2020-01-01", "2020-02-30"], "datetime", "must .* but row 1 .* holds '2020-02-30'"),
]


@pytest.mark.parametrize(("held", "kind", "expected"), CONVERSIONS)
def test_kinds_are_held_to_by_name(held, kind, expected):
    table = table_of({"a": held})
    if isinstance(expected, str):
        with pytest.raises(DataError, match=f"column 'a' {expected}"):
            table.retyped({"a": kind})
    else:
        assert table.retyped({"a": kind}).schema.kinds == {"a": kind}
        found = table.retyped({"a": kind}).column("a").tolist()
        assert [
            None if isinstance(value, float) and math.isnan(value) else value for value in found
        ] == expected


# What is said of a column of texts: the kind that is asked for, and what the sentences about it
# must and must not hold.

SAID = {
    "texts that spell numbers": (["1", "2"], {}, [1.0, 2.0], "spells numbers", "no number"),
    "numbers that were asked for": (
        ["1", "two"],
        {"a": "number"},
        [1.0, None],
        "1 of 2 cells holds no number",
        "spells numbers",
    ),
    "the more frequent of two units": (
        ["5 kg", "3 kg", "7 g"],
        {"a": "number"},
        [5.0, 3.0, None],
        "'7 g'",
        "spells numbers",
    ),
    "a thousand or a decimal": (
        ["1,500", "2,300"],
        {},
        [1500.0, 2300.0],
        "--decimal ,",
        "no number",
    ),
    "certainly thousands": (["1,234.50", "99"], {}, [1234.5, 99.0], "as 1234.5", "--decimal"),
    "thousands by another cell": (["1,500", "2.5"], {}, [1500.0, 2.5], "as 1500", "--decimal"),
}


@pytest.mark.parametrize(("cells", "types", "values", "said", "unsaid"), SAID.values(), ids=SAID)
def test_what_is_said_of_texts(cells, types, values, said, unsaid):
    table = table_of({"a": cells}, types=types)
    notices = " ".join(table.all_notices)
    assert [None if np.isnan(value) else value for value in table.column("a")] == values
    assert said in notices
    assert unsaid not in notices


def test_rows_keep_true_and_false_beside_numbers():
    assert table_of([[True, 1], [False, 2]]).schema.kinds == {"x0": "boolean", "x1": "number"}
    assert table_of([[True, False], [False, True]]).schema.kinds == {
        "x0": "boolean",
        "x1": "boolean",
    }


def test_whole_numbers_of_pandas_may_all_be_missing():
    table = table_of(pd.DataFrame({"a": pd.array([None, None], dtype="Int64"), "b": [1, 2]}))
    assert table.schema.kinds["a"] == "number"
    assert np.isnan(table.column("a")).all()
