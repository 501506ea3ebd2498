"""Files become tables, and errors name the file, the column and the row."""

from __future__ import annotations

import gzip
import io
import math
import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from glassnet.data.files.arrow_columns import plain_column
from glassnet.data.files.read import read_table
from glassnet.data.files.write import write_chunks
from glassnet.data.tables.assembly import assemble, table_of
from glassnet.data.tables.dialect import Dialect
from glassnet.data.tables.schema import Schema
from glassnet.errors import DataError, SettingError

TEXT = "age,island,sick\n31,Dream,True\n,NA,false\n40.5,Biscoe,\n"


@pytest.fixture
def put(tmp_path):
    def write(content, name="data.csv"):
        path = tmp_path / name
        content = content.encode() if isinstance(content, str) else content
        path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        return path

    return write


def columns(table):
    def plain(values):
        return [
            None if isinstance(value, float) and math.isnan(value) else value for value in values
        ]

    return {name: plain(table.column(name).tolist()) for name in table.schema.names}


EXPECTED = {
    "age": [31.0, None, 40.5],
    "island": ["Dream", None, "Biscoe"],
    "sick": ["true", "false", None],
}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", TEXT),
        ("A.CSV", TEXT),
        ("a.csv.gz", TEXT),
        ("a.txt", TEXT.replace(",", ";")),
        ("a.csv", TEXT.replace(",", "|")),
        ("a.tsv", TEXT.replace(",", "\t")),
        ("a.csv", "\ufeff" + TEXT),
        ("a.csv", TEXT.replace("\n", "\r\n")),
        ("a.csv", re.sub(r"[^,\n]+|(?<=,)(?=\n)|(?<=\n)(?=,)", r'"\g<0>"', TEXT)),
        ("a.csv", TEXT.replace(",", " , ")),
        ("a.csv", "\n" + TEXT.rstrip("\n")),
    ],
)
def test_text_files(put, name, content):
    assert columns(read_table(put(content, name))) == EXPECTED


def test_parquet_and_frames_give_the_same_table(put, tmp_path):
    frame = pd.DataFrame(
        {"age": [31, None, 40.5], "island": ["Dream", None, "Biscoe"], "sick": [True, False, None]}
    )
    frame.to_parquet(tmp_path / "a.parquet")
    assert columns(read_table(tmp_path / "a.parquet")) == columns(table_of(frame)) == EXPECTED
    frame["island"] = frame["island"].astype("category")
    frame.to_parquet(tmp_path / "b.parquet")
    assert columns(read_table(tmp_path / "b.parquet")) == EXPECTED
    pd.DataFrame({"a": np.float32([1, 2])}).to_parquet(tmp_path / "c.parquet")
    assert read_table(tmp_path / "c.parquet").numbers.dtype == np.float32


CELLS = {
    "a quoted name may hold the delimiter": ('"a,1";b\n1;x\n', {"a,1": [1.0], "b": ["x"]}),
    "a name may hold a line break": ('"a\nb",c\n1,x\n', {"a\nb": [1.0], "c": ["x"]}),
    "so may a cell, and quotes": (
        'a,b\n1,"x\ny"\n2,"""hi"""\n',
        {"a": [1.0, 2.0], "b": ["x\ny", '"hi"']},
    ),
    "missing with white space": ("a,b\n1, NA\n2, 5\n", {"a": [1.0, 2.0], "b": [None, 5.0]}),
    "an empty line in one column is missing": ("a\n1\n\n3\n", {"a": [1.0, None, 3.0]}),
    "missing values alone are numbers": ("a,b\n,\n,\n", {"a": [None, None], "b": [None, None]}),
    "times of day are hours": ("d,t\n1,12:30:00\n2,\n", {"d": [1.0, 2.0], "t": [12.5, None]}),
    "hexadecimal numbers are text": ("a,b\n0x10,1\n5,2\n", {"a": ["0x10", "5"], "b": [1.0, 2.0]}),
    "a decimal comma": ("a;b\n1,5;x\n2;y\n", {"a": [1.5, 2.0], "b": ["x", "y"]}),
    "a decimal comma with white space": (
        "a;b\n1,5;x\n NA ;y\n 2,25;y\n",
        {"a": [1.5, None, 2.25], "b": ["x", "y", "y"]},
    ),
    "a comma that may be a thousands sign": (
        "a;b\n1,500;x\n2,000;y\n",
        {"a": [1500.0, 2000.0], "b": ["x", "y"]},
    ),
    "a comma beside a point": ("a;b\n1,5;0.5\n2,5;1.5\n", {"a": [1.5, 2.5], "b": [0.5, 1.5]}),
    "a comma in a comma file": ('a,b\n"1,5",x\n"2,5",y\n', {"a": [1.5, 2.5], "b": ["x", "y"]}),
    "per cent": ("a,b\n5%,x\n7%,y\n", {"a": [5.0, 7.0], "b": ["x", "y"]}),
    "apostrophes as quotes": ("'a','b'\n'1','x,y'\n", {"a": [1.0], "b": ["x,y"]}),
    "a bare quote inside a cell": (
        'a,b\n1,5" long\n2,x\n',
        {"a": [1.0, 2.0], "b": ['5" long', "x"]},
    ),
    "the delimiter that cuts rows evenly": (
        "a|b,c;d\nx;y,1\nz,2\n",
        {"a|b": ["x;y", "z"], "c;d": [1.0, 2.0]},
    ),
    "old Macintosh line ends": ("a,b\r1,x\r2,y\r", {"a": [1.0, 2.0], "b": ["x", "y"]}),
    "one word makes a category": ("a\n1\nx\n1.0\n", {"a": ["1", "x", "1.0"]}),
    "0 and 1 are no booleans": ("a\n1\ntrue\n0\n", {"a": ["1", "true", "0"]}),
}


@pytest.mark.parametrize(("content", "expected"), CELLS.values(), ids=CELLS)
def test_cells(put, content, expected):
    assert columns(read_table(put(content))) == expected


def test_an_odd_cell_late_in_a_long_file_is_missing(put):
    table = read_table(put("a,b\n" + "1,2\n" * 300_000 + "x,3\n"))
    assert [column.kind for column in table.schema.columns] == ["number", "number"]
    assert np.flatnonzero(np.isnan(table.numbers[:, 0])).tolist() == [300_000]
    (notice,) = table.all_notices
    assert notice.startswith(
        "column 'a': 1 of 300,001 cells holds no number ('x') and is read as missing;"
    )
    table = read_table(put("a,b\n" + "1,2\n" * 300_000 + "x,3\n" * 100_000))
    assert table.others["a"].levels == ("1", "x")


def test_long_files_come_in_pieces(put):
    rows = [("1.5", "Dream"), ("NA", '"two\nlines"'), ("-2", "NA"), ("", '"a,b"')]
    table = read_table(put("a,b\n" + "".join(f"{a},{b}\n" for a, b in rows) * 100_000))
    assert table.n_rows == 400_000
    assert table.others["b"].levels == ("Dream", "a,b", "two\nlines")
    assert (table.others["b"].codes.reshape(-1, 4) == [0, 2, -1, 1]).all()
    np.testing.assert_array_equal(table.numbers[:, 0], np.tile([1.5, np.nan, -2, np.nan], 100_000))


def test_a_piece_does_not_end_inside_a_cell(put):
    poem = "line\n" * 50 + "end"
    table = read_table(put("a,b\n" + f'1,"{poem}"\n' * 10_000))
    assert table.n_rows == 10_000
    assert table.others["b"].levels == (poem,)


def test_text_keeps_leading_zeros(put):
    path = put("zip,age\n007,1\n010,2\n")
    read = read_table(path)
    assert columns(read)["zip"] == ["007", "010"]
    assert "holds codes with leading zeros such as '007'" in read.all_notices[0]
    assert columns(read_table(path, types={"zip": "number"}))["zip"] == [7.0, 10.0]
    assert columns(read_table(path, types={"zip": "category"}))["zip"] == ["007", "010"]
    with pytest.raises(DataError, match=r"data\.csv.*'zipp'.*Did you mean 'zip'"):
        read_table(path, types={"zipp": "category"})


def test_a_schema_is_enforced_and_the_rest_not_looked_at(put):
    path = put("junk,zip,age,sick\ninf,007,1,True\nx,010,,True\n")
    schema = Schema.from_plain([["age", "number"], ["sick", "category"], ["zip", "category"]])
    table = read_table(path, schema=schema)
    assert table.schema == schema
    assert columns(table) == {"age": [1.0, None], "sick": ["true", "true"], "zip": ["007", "010"]}
    with pytest.raises(
        DataError, match=r"other\.csv: column 'junk' must hold numbers but row 1 .* holds 'x'"
    ):
        read_table(put("junk\n1\nx\n", "other.csv"), schema=Schema.from_plain([["junk", "number"]]))
    with pytest.raises(
        DataError, match=r"data\.csv: .*missing 'agee', 'city'\. Did you mean 'age'"
    ):
        read_table(
            path,
            schema=Schema.from_plain(
                [["agee", "number"], ["zip", "category"], ["city", "category"]]
            ),
        )


def test_names_with_dots_in_parquet(tmp_path):
    pd.DataFrame({"a": [1.0], "a.b": [2.0], "c.d": ["x"]}).to_parquet(tmp_path / "a.parquet")
    schema = Schema.from_plain([["c.d", "category"], ["a.b", "number"]])
    assert columns(read_table(tmp_path / "a.parquet", schema=schema)) == {
        "c.d": ["x"],
        "a.b": [2.0],
    }


def test_a_schema_is_enforced_on_parquet(tmp_path):
    pd.DataFrame(
        {
            "i": [1, 2],
            "f": [1.0, 2.5],
            "d": pd.to_datetime(["2020-01-01", "2020-01-02"]),
            "t": ["5", "6"],
        }
    ).to_parquet(tmp_path / "a.parquet")
    schema = Schema.from_plain([["t", "number"], ["f", "category"], ["i", "category"]])
    assert columns(read_table(tmp_path / "a.parquet", schema=schema)) == {
        "t": [5.0, 6.0],
        "f": ["1", "2.5"],
        "i": ["1", "2"],
    }
    assert read_table(tmp_path / "a.parquet").schema.kinds == {
        "i": "number",
        "f": "number",
        "d": "datetime",
        "t": "number",
    }
    assert "holds text that spells numbers" in read_table(tmp_path / "a.parquet").all_notices[0]
    with pytest.raises(
        DataError, match=r"a\.parquet: column 'd' must hold numbers but holds date-times"
    ):
        read_table(tmp_path / "a.parquet", schema=Schema.from_plain([["d", "number"]]))


BROKEN = {
    "empty": (b"", "a.csv", "the file is empty"),
    "blank": (b"\n\n", "a.csv", "the file is empty"),
    "empty gz": (b"", "a.csv.gz", "the file is empty"),
    "header only": (b"a,b\n", "a.csv", "header but no rows"),
    "twice": (b"age,age\n1,2\n", "a.csv", "'age' occurs more than once"),
    "short row": (
        b"a,b\n1,2\n3\n",
        "a.csv",
        r"row 3 \(the header is row 1\) has 1 cells but the header names 2 columns: '3'",
    ),
    "long row": (
        b"a,b\n1,2\n3,4,5\n",
        "a.csv",
        "row 3 .* has 3 cells but the header names 2 columns: '3,4,5'",
    ),
    "neither encoding": (
        b"a,b\n1,\x81\n",
        "a.csv",
        "neither UTF-8 nor Windows-1252.*say its encoding",
    ),
    "utf-16 without a mark": (
        "a,b\n1,2\n".encode("utf-16-le"),
        "a.csv",
        "NUL characters.*say its encoding",
    ),
    "half a utf-16 character": ("a,b\n1,2\n".encode("utf-16")[:-1], "a.csv", "not utf-16-le"),
    "a quote never closed": (
        b'a,b\n1,"x\n2,y\n',
        "a.csv",
        r"a quote is opened in line 1 after the header and never closed: '\"x",
    ),
    "a quote never closed in the header": (
        b'a,"b\n1,2\n',
        "a.csv",
        "opened in the first line and never closed",
    ),
    "infinite": (b"a,b\n1,2\n1,-inf\n", "a.csv", "column 'b' holds an infinite number in row 1"),
    "no parquet": (b"PAR1", "a.parquet", "smaller than|magic"),
    "unknown": (b"x", "a.xlsx", r"unknown kind of file '\.xlsx'.*\.parquet"),
}


@pytest.mark.parametrize(("content", "name", "message"), BROKEN.values(), ids=BROKEN)
def test_broken_files_say_what_is_wrong(put, content, name, message):
    path = put(content, name)
    with pytest.raises(DataError, match=message) as error:
        read_table(path)
    assert str(error.value).startswith(f"{path}: ")


def test_what_is_not_utf8_is_windows_1252_and_said(put):
    for content in (b"a,caf\xe9\n1,\x80\n", b"a,caf\xe9\n" + b"1,x\n" * 600_000 + b"2,\x80\n"):
        table = read_table(put(content))
        assert table.schema.names == ("a", "caf\xe9")
        assert table.column("caf\xe9")[-1] == "\u20ac"
        assert "was read as Windows-1252" in table.notices[0]
    late = read_table(put(b"a,b\n" + b"1,x\n" * 600_000 + b"2,\x80\n"))
    assert late.column("b")[-1] == "\u20ac"
    assert "was read as Windows-1252" in late.notices[0]
    assert read_table(put("a,b\n1,\u20ac\n")).notices == ()
    cyrillic = "a,b\n1,\u0436\n".encode("cp1251")
    assert read_table(put(cyrillic), dialect=Dialect(encoding="cp1251")).column("b").tolist() == [
        "\u0436"
    ]
    with pytest.raises(DataError, match="not ascii text"):
        read_table(put(cyrillic), dialect=Dialect(encoding="ascii"))


def test_notices_of_a_file(put):
    assert "decimal comma" in read_table(put("a;b\n1,5;x\n")).notices[0]
    assert "is the header missing" in read_table(put("1,2\n3,4\n")).notices[0]
    assert read_table(put(TEXT)).notices == ()


def test_a_dialect_that_is_said_is_not_guessed(put):
    table = read_table(
        put("a^b\n~x^y~^1,234\n"), dialect=Dialect(delimiter="^", quote="~", decimal=",")
    )
    assert columns(table) == {"a": ["x^y"], "b": [1.234]}
    assert table.notices == ()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"delimiter": ",,"}, "one ASCII character"),
        ({"delimiter": ""}, "one ASCII character"),
        ({"quote": "\n"}, "one ASCII character"),
        ({"delimiter": 3}, "one ASCII character"),
        ({"decimal": ",", "thousands": ","}, "different"),
        ({"quote": ",", "delimiter": ","}, "must differ from"),
        ({"thousands": "x"}, "thousands must be one of"),
        ({"missing": "NA"}, "missing must be a list of texts"),
        ({"missing": [1]}, "missing must be a list of texts"),
        ({"skip_rows": -1}, "number of lines, or a list"),
        ({"skip_rows": [0]}, "number of lines, or a list"),
        ({"skip_rows": "3"}, "number of lines, or a list"),
        ({"comment": ""}, "one character or more"),
        ({"dates": "dym"}, "dates must be one of"),
        ({"decimal": "'"}, "'.', ','"),
        ({"encoding": "utf-99"}, "unknown encoding 'utf-99'"),
        ({"encoding": "rot13"}, "unknown encoding 'rot13'"),
        ({"encoding": "base64"}, "unknown encoding 'base64'"),
        ({"encoding": 3}, "unknown encoding 3"),
    ],
)
def test_dialects_that_cannot_be(settings, message):
    with pytest.raises(SettingError, match=message):
        Dialect(**settings)


def test_paths_that_lead_nowhere(put, tmp_path):
    put(TEXT, "penguins.csv")
    with pytest.raises(DataError, match=r"no such file\. Did you mean 'penguins\.csv'"):
        read_table(tmp_path / "penguin.csv")
    with pytest.raises(DataError, match="no such file"):
        read_table(tmp_path / "nowhere" / "penguins.csv")
    with pytest.raises(DataError, match="is a folder"):
        read_table(tmp_path)
    for empty in ("", "."):
        with pytest.raises(DataError, match="is the folder that the program runs in"):
            read_table(empty)
    with pytest.raises(DataError) as error:
        read_table("a" * 5_000 + ".csv")
    assert len(str(error.value)) < 1_000
    put(b"not gzip").rename(tmp_path / "a.csv.gz")
    with pytest.raises(DataError, match=r"a\.csv\.gz: cannot be read"):
        read_table(tmp_path / "a.csv.gz")


@pytest.mark.parametrize(
    "kind",
    ["double", "float", "int32", "timestamp[us]", "timestamp[ms]", "date32", "string", "bool"],
)
@pytest.mark.parametrize("gap", [False, True])
def test_parts_of_arrow_columns(kind, gap):
    values = {"string": ["p", "q", "r", "s"], "bool": [True, False, True, True]}.get(
        kind, [1, 2, 3, 4]
    )
    whole = pa.array(
        [*values[:2], None if gap else values[2], values[3]],
        pa.int32() if kind == "date32" else None,
    )
    whole = whole.cast(pa.type_for_alias(kind))
    parts = pa.chunked_array([whole.slice(1, 2), whole.slice(3), whole.slice(0, 0)])
    expected = assemble(
        {"a": plain_column("a", pa.chunked_array([pa.concat_arrays([whole.slice(1)])]))}, {}
    )
    found = assemble({"a": plain_column("a", parts)}, {})
    assert found.schema == expected.schema
    np.testing.assert_array_equal(found.column("a"), expected.column("a"))
    assert found.n_rows == 3
    if kind == "double":
        np.testing.assert_array_equal(found.column("a"), [2.0, np.nan if gap else 3.0, 4.0])


ODD = ["x,y", 'say "hi"', "two\nlines", " plain", None]


@pytest.mark.parametrize("name", ["out.csv", "out.csv.gz", "out.parquet"])
def test_what_is_written_reads_back(tmp_path, name):
    floats = np.array([0.1, 1e300, -5e-324, np.nan, 1 / 3])
    columns = [floats, np.arange(5), np.array(ODD, dtype=object)]
    write_chunks(tmp_path / name, ["p=a,b", "n", "label"], [columns])
    table = read_table(tmp_path / name)
    np.testing.assert_array_equal(table.column("p=a,b"), floats)
    assert table.column("label").tolist() == ["x,y", 'say "hi"', "two\nlines", "plain", None]


@pytest.mark.parametrize("name", ["out.csv", "out.csv.gz", "out.parquet"])
def test_pieces_are_written_one_after_the_other(tmp_path, name):
    when = np.array(["2024-01-01T10:30:00.5", "NaT", "1969-07-20"], dtype="M8[us]")
    pieces = (
        [np.array([i, 0.5, np.nan]), ["x", None, "a,b" if i else "y"], when] for i in range(3)
    )
    write_chunks(tmp_path / name, ["n", "t", "when"], pieces)
    table = read_table(tmp_path / name)
    np.testing.assert_array_equal(
        table.column("n"), [0, 0.5, np.nan, 1, 0.5, np.nan, 2, 0.5, np.nan]
    )
    assert table.column("t").tolist() == ["x", None, "y", "x", None, "a,b", "x", None, "a,b"]
    np.testing.assert_array_equal(table.column("when"), np.tile(when, 3))


def test_quotes_only_where_needed():
    stream = io.BytesIO()
    write_chunks(stream, ["a", "b"], [[np.array([1.5, np.nan]), ["x", None]]])
    assert stream.getvalue() == b"a,b\n1.5,x\n,\n"
    stream = io.BytesIO()
    write_chunks(stream, ["a", "b"], [[[1], ['x,"y"']]])
    assert stream.getvalue() == b'"a","b"\n1,"x,""y"""\n'


def test_a_file_that_cannot_be_written(tmp_path):
    with pytest.raises(DataError, match=r"out\.csv: cannot be written"):
        write_chunks(tmp_path / "nowhere" / "out.csv", ["a"], [[[1]]])


# A first line that says the delimiter, names in apostrophes, and zeros that begin a cell, whatever
# the delimiter is.

DIALECTS = {
    "sep= with a tab": ("sep=\t\na\tb\n007\tx\n", Dialect()),
    "sep= with a space": ("sep= \na b\n007 x\n", Dialect()),
    "apostrophes after sep=": ("sep=;\n'a';'b'\n'007';'x'\n", Dialect()),
    "apostrophes beside a delimiter that was said": (
        "'a':'b'\n'007':'x'\n",
        Dialect(delimiter=":"),
    ),
    "apostrophes and carriage returns": ("'a';'b'\r'007';'x'\r", Dialect()),
    "zeros behind a colon": ("b:a\nx:007\n", Dialect(delimiter=":")),
    "zeros behind a minus": ("b-a\nx-007\n", Dialect(delimiter="-")),
    "zeros behind a letter": ("bzaz\nxz007z\n", Dialect(delimiter="z")),
}


@pytest.mark.parametrize(("content", "dialect"), DIALECTS.values(), ids=DIALECTS)
def test_dialects_with_few_clues(put, content, dialect):
    assert columns(read_table(put(content), dialect=dialect)) == {"a": ["007"], "b": ["x"]}


def test_a_kind_that_is_said_names_the_cell_or_reads_the_others(put):
    path = put("a,b\n2026-01-31,1\n2026-02-01,2\n")
    with pytest.raises(
        DataError, match=r"column 'a' must hold numbers but row 0 .* holds '2026-01-31'"
    ):
        read_table(path, types={"a": "number"})
    assert (
        columns(read_table(put("a,b\n20260131,1\n5,2\n"), types={"a": "datetime"}))["a"][1] is None
    )
