"""A text file is read as people see it, or a notice says otherwise; a model remembers how."""

from __future__ import annotations

import gzip
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import glassnet
from glassnet.data.files.read import read_batches, read_table
from glassnet.data.tables.dialect import Dialect
from glassnet.errors import DataError, DataNotice, SettingError
from tests.fitting.helpers import quick

EXAMPLES = Path(__file__).parents[2] / "examples"


def written(folder: Path, content: str | bytes, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def rows_in(path: Path, **said: Any) -> tuple[dict[str, list[Any]], tuple[str, ...]]:
    """The columns (NaN as None), read all at once and in chunks, and the notices about them."""
    dialect = Dialect(**said) if said else None
    table = read_table(path, dialect=dialect)
    parts = list(read_batches(path, schema=table.schema, dialect=dialect))
    columns = {}
    for name in table.schema.names:
        columns[name] = [None if value != value else value for value in table.column(name).tolist()]  # noqa: PLR0124  NaN
        pieces = [
            None if value != value else value  # noqa: PLR0124
            for part in parts
            for value in part.column(name).tolist()
        ]
        assert pieces == columns[name]
    return columns, table.all_notices


AS_MEANT: dict[str, tuple[str, dict[str, list[Any]]]] = {
    "sep=;": ("sep=;\nprice;kind\n1,5;x\n2,5;y\n", {"price": [1.5, 2.5], "kind": ["x", "y"]}),
    "sep=,": ("sep=,\nprice,kind\n1.5,x\n", {"price": [1.5], "kind": ["x"]}),
    "sep=|": ("sep=|\r\nprice|kind\r\n1.5|x\r\n", {"price": [1.5], "kind": ["x"]}),
    "sep=tab": ("sep=\t\nprice\tkind\n1.5\tx\n", {"price": [1.5], "kind": ["x"]}),
    "sep=\\t": ("sep=\\t\nprice\tkind\n1.5\tx\n", {"price": [1.5], "kind": ["x"]}),
    "sep=space": ("sep= \nprice kind\n1.5 x\n", {"price": [1.5], "kind": ["x"]}),
    "sep=:": ("sep=:\nprice:kind\n1.5:x\n", {"price": [1.5], "kind": ["x"]}),
    "sep=; after a byte order mark": (
        "\ufeffsep=;\nprice;kind\n1,5;x\n",
        {"price": [1.5], "kind": ["x"]},
    ),
    "sep=; in quotes": ('"sep=;"\r\nprice;kind\r\n1,5;x\r\n', {"price": [1.5], "kind": ["x"]}),
    "sep=; saved again": ("SEP=;;;\nprice;kind\n1,5;x\n", {"price": [1.5], "kind": ["x"]}),
    "sep=, where semicolons cut as well": (
        "sep=,\na;b,c\n1;2,3\n4;5,6\n",
        {"a;b": ["1;2", "4;5"], "c": [3, 6]},
    ),
    "names with commas": (
        "Temp, C;Druck, bar;Klasse\n1,5;2,5;A\n",
        {"Temp, C": [1.5], "Druck, bar": [2.5], "Klasse": ["A"]},
    ),
    "names with semicolons": (
        "a;b,c;d,e\n1,2.5,x\n2,3.5,y\n",
        {"a;b": [1, 2], "c;d": [2.5, 3.5], "e": ["x", "y"]},
    ),
    "names with bars": (
        "a|b,c|d,e\n1,2.5,x\n2,3.5,y\n",
        {"a|b": [1, 2], "c|d": [2.5, 3.5], "e": ["x", "y"]},
    ),
    "names with commas, tabs": (
        "a, b\tc, d\n1\t2.5\n2\t3.5\n",
        {"a, b": [1, 2], "c, d": [2.5, 3.5]},
    ),
    "a tie, decimal commas": ("a,b;c\n1,5;2\n2,5;3\n", {"a,b": [1.5, 2.5], "c": [2, 3]}),
    "a tie, all decimal commas": (
        "x,1;y,2\n0,5;1,25\n0,7;2,25\n",
        {"x,1": [0.5, 0.7], "y,2": [1.25, 2.25]},
    ),
    "decimal commas everywhere": ("a;b\n1,5;2,5\n2,5;3,5\n", {"a": [1.5, 2.5], "b": [2.5, 3.5]}),
    "tabs, text with commas": (
        "a\tb\n1\thello, you\n2\tbye, me\n",
        {"a": [1, 2], "b": ["hello, you", "bye, me"]},
    ),
    "tabs, all with commas": (
        "a, b\tc, d\n1, 2\tx, y\n3, 4\tz, w\n",
        {"a, b": ["1, 2", "3, 4"], "c, d": ["x, y", "z, w"]},
    ),
    "tabs, text with semicolons": (
        "a;b\tc;d\tn\n1;2\tx;y\t1\n3;4\tz;w\t2\n",
        {"a;b": ["1;2", "3;4"], "c;d": ["x;y", "z;w"], "n": [1, 2]},
    ),
    "bars, text and decimals with commas": (
        "a|b|c\n1,5|x, y|3\n2,5|z, w|4\n",
        {"a": [1.5, 2.5], "b": ["x, y", "z, w"], "c": [3, 4]},
    ),
    "semicolons, text with commas": ("a;b\n1;x, y\n2;z, w\n", {"a": [1, 2], "b": ["x, y", "z, w"]}),
    "delimiters that end the names": ("a,b,\n1,2\n3,4\n", {"a": [1, 3], "b": [2, 4]}),
    "delimiters that end the rows": ("a,b\n1,2,\n3,4,\n", {"a": [1, 3], "b": [2, 4]}),
    "two delimiters that end the rows": ("a,b\n1,2,,\n3,4,,\n", {"a": [1, 3], "b": [2, 4]}),
    "delimiters that end all lines": ("a,b,\n1,2,\n3,4,\n", {"a": [1, 3], "b": [2, 4]}),
    "many delimiters that end all lines": ("a;b;;;\n1;2;;;\n3;4;;;\n", {"a": [1, 3], "b": [2, 4]}),
    "tabs that end all lines": ("a\tb\t\n1\t2\t\n3\t4\t\n", {"a": [1, 3], "b": [2, 4]}),
    "row names of R": (
        '"a","b"\n"r1",1,2\n"r2",2,3\n',
        {"": ["r1", "r2"], "a": [1, 2], "b": [2, 3]},
    ),
    "row names of R, semicolons": (
        '"";"a";"b"\n"1";1,5;"u"\n"2";2,5;"v"\n',
        {"": [1, 2], "a": [1.5, 2.5], "b": ["u", "v"]},
    ),
    "quoted decimal commas": (
        'a,b\n"1,5","2,25"\n"3,5","4,25"\n',
        {"a": [1.5, 3.5], "b": [2.25, 4.25]},
    ),
    "one column": ("a\n1\n2\n", {"a": [1, 2]}),
    "blank lines": ("\n\na,b\n1,2\n\n3,4\n\n", {"a": [1, 3], "b": [2, 4]}),
    "old Mac": ("a;b\r1,5;2\r2,5;3\r", {"a": [1.5, 2.5], "b": [2, 3]}),
}


@pytest.mark.parametrize("member", AS_MEANT)
def test_a_file_is_read_as_it_is_meant(member: str, tmp_path: Path) -> None:
    text, expected = AS_MEANT[member]
    for content in (
        text.encode(),
        text.lstrip("\ufeff").encode("utf-16"),
        gzip.compress(text.encode()),
        text.rstrip("\r\n").encode(),
    ):
        columns, notices = rows_in(written(tmp_path, content))
        assert columns == expected
        assert not any("first line" in notice or "holds words" in notice for notice in notices)


@pytest.mark.parametrize("mark", [";", "|", "\t", ":", " ", "^", "~", "\x01"])
def test_a_delimiter_that_is_said_is_obeyed(mark: str, tmp_path: Path) -> None:
    path = written(tmp_path, f"a{mark}b\n1.5{mark}x\n2.5{mark}y\n")
    assert rows_in(path, delimiter=mark)[0] == {"a": [1.5, 2.5], "b": ["x", "y"]}


@pytest.mark.parametrize("late", [5, 120, 400])
def test_decimal_commas_may_come_late(late: int, tmp_path: Path) -> None:
    numbers = [float(i) for i in range(late)] + [0.5, 1.25, 2.75] * 20
    semicolons = "a;b\n" + "".join(f"{number:g}".replace(".", ",") + ";x\n" for number in numbers)
    commas = "a,b\n" + "".join(
        '"' + f"{number:g}".replace(".", ",") + '",x\n' for number in numbers
    )
    for text in (semicolons, commas):
        assert rows_in(written(tmp_path, text))[0]["a"] == numbers
        assert rows_in(written(tmp_path, text), decimal=",")[0]["a"] == numbers


BODY = "a,b\n1.5,x\n2.5,y\n3.5,z\n"
MEANT = {"a": [1.5, 2.5, 3.5], "b": ["x", "y", "z"]}
NUMBERS = "a,b\n1.5,2\n2.5,3\n3.5,4\n"
#: A file with lines that are no rows, what reads it, and a part of the sentence that suggests it,
#: be it a notice or an error.
LINES: dict[str, tuple[str, dict[str, Any], str]] = {
    "title": ("Sales report\n" + BODY, {"skip_rows": 1}, "--skip-rows 1)"),
    "title and a blank line": ("Sales report\n\n" + BODY, {"skip_rows": 2}, "--skip-rows 2)"),
    "blank line and title": ("\nSales report\n" + BODY, {"skip_rows": 2}, "--skip-rows 2)"),
    "title and subtitle": ("Sales report\nof 2020\n" + BODY, {"skip_rows": 2}, "--skip-rows 2)"),
    "title with a comma": ("Sales, a report\n" + BODY, {"skip_rows": 1}, "--skip-rows 1)"),
    "title filled up": ("Sales report,\n" + BODY, {"skip_rows": 1}, "--skip-rows 1)"),
    "title filled up twice": (
        "Sales report,,\na,b,c\n1.5,x,1\n2.5,y,2\n3.5,z,3\n",
        {"skip_rows": 1},
        "--skip-rows 1)",
    ),
    "comment": ("# made by x\n" + BODY, {"comment": "#"}, "--skip-rows 1)"),
    "comments": ("# made by x\n# on a day\n# at night\n" + BODY, {"comment": "#"}, "--comment #)"),
    "comments and a blank line": (
        "# made by x\n# on a day\n\n" + BODY,
        {"comment": "#"},
        "--comment #)",
    ),
    "comment with a comma": ("# made by x, y\n" + BODY, {"comment": "#"}, "--skip-rows 1)"),
    "comments of TeX": ("% made by x\n% on a day\n" + BODY, {"comment": "%"}, "--skip-rows 2)"),
    "comments of C": ("// made by x\n// on a day\n" + BODY, {"comment": "//"}, "--skip-rows 2)"),
    "comments further down": (
        "a,b\n1.5,x\n# lunch\n2.5,y\n  # tea, cake, more\n3.5,z\n",
        {"comment": "#"},
        "--comment '#'",
    ),
    "units": ("a,b\nkm,h\n1.5,x\n2.5,y\n3.5,z\n", {"skip_rows": [2]}, "--skip-rows 2-2)"),
    "units below a title": (
        "Sales\na,b\nkm,h\n1.5,x\n2.5,y\n3.5,z\n",
        {"skip_rows": [1, 3]},
        "--skip-rows 1)",
    ),
    "units below a blank line": (
        "a,b\n\nkm,h\n1.5,x\n2.5,y\n3.5,z\n",
        {"skip_rows": [3]},
        "--skip-rows 3-3)",
    ),
    "source": (BODY + "Source: me\n", {"skip_rows": [5]}, "--skip-rows 5-5)"),
    "source below a blank line": (BODY + "\nSource: me\n", {"skip_rows": [6]}, "--skip-rows 6-6)"),
    "source with commas": (
        BODY + "Source: me, you, them\n",
        {"skip_rows": [5]},
        "--skip-rows 5-5)",
    ),
    "source below a cell of two lines": (
        'a,b\n1.5,"x\nx"\n2.5,y\nSource: me\n',
        {"skip_rows": [5]},
        "--skip-rows 5-5)",
    ),
}


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("member", LINES)
def test_lines_that_are_no_rows_are_skipped_and_suggested(
    member: str, ends: str, tmp_path: Path
) -> None:
    text, said, suggested = LINES[member]
    path = written(tmp_path, text.replace("\n", ends))
    columns, notices = rows_in(path, **said)
    expected = (
        {**MEANT, "c": [1, 2, 3]}
        if "twice" in member
        else {"a": [1.5, 2.5], "b": [f"x{ends}x", "y"]}
        if "cell" in member
        else MEANT
    )
    assert columns == expected
    assert not any("--skip-rows" in notice or "--comment" in notice for notice in notices)
    try:
        told = " ".join(rows_in(path)[1])
    except DataError as error:
        told = str(error)
    assert suggested in told


def test_a_row_of_totals_is_told_and_skipped_when_that_is_said(tmp_path: Path) -> None:
    path = written(tmp_path, "n,v\n" + "".join(f"{i},{i}\n" for i in range(40)) + "Total,780\n")
    columns, notices = rows_in(path)
    assert columns["n"] == [*map(float, range(40)), None]
    assert any("1 of 41 cells holds no number ('Total')" in notice for notice in notices)
    assert rows_in(path, skip_rows=[42]) == (
        {"n": [*map(float, range(40))], "v": [*map(float, range(40))]},
        (),
    )


ORDINARY = {
    "numbers": "a,b\n1,2\n3,4\n5,6\n",
    "text": "a,b\nx,y\nz,w\nu,v\n",
    "a first row with gaps": "a,b\n,y\n1,w\n2,v\n",
    "a first row that is NA": "a,b\nNA,y\n1,w\n2,v\n",
    "a first row with a mark": "a,b\n-,y\n1,w\n2,v\n",
    "one column of words": "name\nJohn Smith\nJane Doe\nJim Beam\n",
    "one column of words with two in the name": "full name\nJohn Smith\nJane Doe\nJim Beam\n",
    "one column of times": "when\n10:30\n11:30\n12:30\n",
    "one name with a colon": "ratio a:b\n1\n2\n3\n",
    "names with #": "#chrom,pos\n1,5\n2,6\n3,7\n",
    "name #": "#,v\n1,5\n2,6\n3,7\n",
    "long names": "The first of the many long questions that we asked,second\n1,x\n2,y\n3,z\n",
    "names with dots and percent": "a.b,c%,d (kg)\n1,2,3\n4,5,6\n7,8,9\n",
    "years as names": "country,2019,2020\nA,1,2\nB,3,4\nC,5,6\n",
    "names of dates": "country,2019-01-01,2019-02-01\nA,1,2\nB,3,4\nC,5,6\n",
    "a name that is empty": "a,,c\n1,2,3\n4,5,6\n7,8,9\n",
    "an unnamed index": ",a,b\n0,1,2\n1,3,4\n2,5,6\n",
    "umlauts": "größe,maß\n1,x\n2,y\n3,z\n",
    "quoted names": '"a, b","c ""d"""\n1,x\n2,y\n3,z\n',
    "names in two lines": '"a\nb",c\n1,x\n2,y\n3,z\n',
    "one row": "a,b\nx,1\n",
    "two rows, a word first": "a,b\nx,y\n1,2\n",
    "quoted all": '"a","b"\n"1","x"\n"2","y"\n"3","z"\n',
    "true and false first": "a,b\ntrue,x\nfalse,y\ntrue,z\n",
    "dates": "a,b\n2020-01-01,x\n2020-01-02,y\n2020-01-03,z\n",
    "codes of letters and numbers": "cabin,sex\nC85,m\n12,f\nB7,m\n",
}


@pytest.mark.parametrize("member", ORDINARY)
def test_an_ordinary_file_raises_no_suspicion(member: str, tmp_path: Path) -> None:
    table = read_table(written(tmp_path, ORDINARY[member]))
    assert not [notice for notice in table.notices if "missing?" not in notice]


def test_the_examples_raise_no_suspicion(tmp_path: Path) -> None:
    for path in EXAMPLES.glob("*.csv"):
        assert read_table(path).notices == ()


@pytest.mark.parametrize("mark", [" ", ":", "^", "~"])
def test_another_delimiter_is_suggested(mark: str, tmp_path: Path) -> None:
    for text in (
        f"a{mark}b\n1{mark}x\n2{mark}y\n",
        f'"a"{mark}"b"\n"r1"{mark}1{mark}"x"\n"r2"{mark}2{mark}"y"\n',
    ):
        path = written(tmp_path, text)
        assert any(f"Dialect(delimiter={mark!r})" in notice for notice in rows_in(path)[1])
        columns = rows_in(path, delimiter=mark)[0]
        assert (columns["a"], columns["b"]) == ([1, 2], ["x", "y"])


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("offset", range(2))
def test_lines_are_skipped_where_pieces_of_a_long_file_meet(
    ends: str, offset: int, tmp_path: Path
) -> None:
    lines, length, numbers = ["title" + "e" * offset, "# made by x", "x,name,y"], 0, []
    while length < 2**20 + 2000:
        i = len(lines)
        comment = length > 2**20 - 300 and i % 2 == 0
        lines.append("# note" + "x" * (i % 5) if comment else f"{i},n{'o' * (i % 7)},{2 * i}")
        numbers += [] if comment else [i]
        length += len(lines[-1]) + len(ends)
    lines += ["", "Source: me; you"]
    path = written(tmp_path, ends.join(lines))
    columns, notices = rows_in(path, skip_rows=[1, len(lines)], comment="#")
    assert columns["x"] == numbers
    assert notices == ()
    with pytest.raises(DataError, match=rf"--skip-rows {len(lines)}-{len(lines)}\)"):
        read_table(path, dialect=Dialect(skip_rows=1, comment="#"))


def test_a_comment_is_a_line_that_begins_so_in_quotes_too(tmp_path: Path) -> None:
    path = written(tmp_path, 'x,t\n1,#b\n"#2",c\n3,"d\n# e\nf"\n  # tea\n4,g#\n')
    assert rows_in(path, comment="#")[0]["t"] == ["#b", "c", "d\nf", "g#"]


LONG = 80_000
LONG_TEXT = "x,name,y\n" + "".join(f"{i},{'äb'[i % 2]},{i * 2}\n" for i in range(LONG))


def spoiled(at: int) -> bytes:
    content = bytearray(LONG_TEXT.encode())
    content[content.index(b",b,", at) + 1] = 0xE4
    return bytes(content)


BAD = {
    "start": spoiled(0),
    "middle": spoiled(len(LONG_TEXT) // 2),
    "the seam of two pieces": spoiled(2**20 - 20),
    "end": LONG_TEXT.encode() + b"5,b\xe4,3\n",
    "names": LONG_TEXT.encode().replace(b"name", b"n\xe4me", 1),
    "compressed": gzip.compress(spoiled(500)),
}


@pytest.mark.parametrize("member", BAD)
def test_one_bad_byte_spoils_one_cell(member: str, tmp_path: Path) -> None:
    path = written(tmp_path, BAD[member])
    table = read_table(path)
    parts = list(read_batches(path, schema=table.schema))
    names = list(table.column(table.schema.names[1]))
    assert [value for part in parts for value in part.column(table.schema.names[1])] == names
    assert sum("\ufffd" in str(name) for name in [*names, *table.schema.names]) == 1
    assert sum(a == b for a, b in zip(names, ["ä", "b"] * (LONG // 2), strict=False)) >= LONG - 1
    assert [
        notice
        for notice in table.notices
        if "one byte of the file is not UTF-8, the first in line " in notice
    ]


def test_one_bad_byte_after_a_byte_order_mark_is_refused_by_its_line(tmp_path: Path) -> None:
    for content in (b"\xef\xbb\xbfa,b\n1,\xc3\xa4\n2,\xe4\n", b"\xef\xbb\xbf" + spoiled(0)):
        with pytest.raises(DataError, match="the file is not utf-8 text, see line 3"):
            read_table(written(tmp_path, content))


TEXT = "x,name\n" + "".join(
    f"{i},{name}\n" for i, name in enumerate(["日本", "東京", "ソウル"] * 9)
)
GERMAN = "x,name\n" + "".join(f"{i},{name}\n" for i, name in enumerate(["größe", "maß", "öl"] * 9))
ENCODED: dict[str, tuple[str, str, str | None, str]] = {
    # how it is written, what is said, what is told
    "utf-16-le": (TEXT, "utf-16-le", "utf-16-le", ""),
    "utf-16-be": (TEXT, "utf-16-be", "utf-16-be", ""),
    "utf-16 without a mark": (TEXT, "utf-16-le", "UTF-16", ""),
    "utf-16 with a mark, said": (TEXT, "utf-16", "utf-16", ""),
    "utf-32 with a mark, said": (TEXT, "utf-32", "utf_32", ""),
    "utf-16 with a mark": (TEXT, "utf-16", None, ""),
    "utf-8 with a mark, said": (TEXT, "utf-8-sig", "utf-8", ""),
    "utf-8-sig": (TEXT, "utf-8-sig", "utf-8-sig", ""),
    "shift_jis": (TEXT, "shift_jis", "shift_jis", ""),
    "euc_jp": (TEXT, "euc_jp", "euc_jp", ""),
    "cp1252": (GERMAN, "cp1252", None, "was read as Windows-1252"),
    "cp1252, said": (GERMAN, "cp1252", "cp1252", ""),
    "cp437": (GERMAN, "cp437", "cp437", ""),
    "mac": (GERMAN, "mac-roman", "mac-roman", ""),
}


@pytest.mark.parametrize("member", ENCODED)
def test_an_encoding_that_is_said_or_found_is_obeyed(member: str, tmp_path: Path) -> None:
    text, written_as, said, told = ENCODED[member]
    for content in (text.encode(written_as), gzip.compress(text.encode(written_as))):
        columns, notices = rows_in(
            written(tmp_path, content), **({"encoding": said} if said else {})
        )
        assert columns["name"] == [line.split(",")[1] for line in text.splitlines()[1:]]
        assert (told in " ".join(notices)) if told else (notices == ())


def test_what_is_not_in_the_encoding_that_is_said_is_refused_by_its_line(tmp_path: Path) -> None:
    for content, said in (
        (GERMAN.encode("cp1252"), "utf-8"),
        (GERMAN.encode(), "ascii"),
        (TEXT.encode("euc_jp"), "utf-8"),
    ):
        with pytest.raises(DataError, match=rf"the file is not {said} text, see line 2"):
            read_table(written(tmp_path, content), dialect=Dialect(encoding=said))
    with pytest.raises(DataError, match="UTF-16 without a byte order mark"):
        read_table(written(tmp_path, TEXT.encode("utf-16-le")))


N = 48
RNG = np.random.default_rng(0)
SIZE, DEPTH = (RNG.normal(2000.0, 900.0, N)).round(2), RNG.normal(size=N).round(2)
PLACE, DAY = (
    RNG.choice(["ä", "b", "ü"], N),
    np.array(["2024-01-01"], "M8[D]") + RNG.integers(0, 700, N),
)
KIND = np.where(SIZE + 500 * (PLACE == "b") > 2000, "no", "yes")
ORDERS = {"iso": "%Y-%m-%d", "dmy": "%d/%m/%Y", "mdy": "%m/%d/%Y", "ymd": "%y/%m/%d"}


def table_text(
    delimiter: str = ",",
    decimal: str = ".",
    thousands: str = "",
    order: str = "iso",
    gap: str = "",
    before: str = "",
    units: bool = False,
    after: str = "",
    notes: int = 0,
) -> str:
    """The same rows, written in a dialect."""

    def number(value: float) -> str:
        return f"{value:,.2f}".translate(str.maketrans({",": thousands, ".": decimal}))

    lines = [before + delimiter.join(["size", "depth", "place", "day", "kind"])]
    lines += [delimiter.join(["m", "s", "-", "date", "class"])] if units else []
    for i in range(N):
        cells = [
            gap if i % 9 == 0 else number(SIZE[i]),
            number(DEPTH[i]),
            PLACE[i],
            DAY[i].item().strftime(ORDERS[order]),
            KIND[i],
        ]
        lines += ["# a note, with; marks"] if notes and i % notes == 0 else []
        lines.append(delimiter.join(f'"{cell}"' if delimiter in cell else cell for cell in cells))
    return "\n".join(lines) + "\n" + after


FIRST, THIRD = table_text(), table_text("|", gap="NA").encode("utf-16")
REMEMBERED: dict[str, tuple[dict[str, Any], bytes]] = {
    "delimiter ;": ({"delimiter": ";"}, table_text(";").encode()),
    "delimiter ^": ({"delimiter": "^"}, table_text("^").encode()),
    "delimiter space": ({"delimiter": " "}, table_text(" ").encode()),
    "quote": ({"quote": "'", "delimiter": ";"}, table_text(";").replace(";b;", ";'b';").encode()),
    "cp1252": ({"encoding": "cp1252"}, FIRST.encode("cp1252")),
    "cp437": ({"encoding": "cp437"}, FIRST.encode("cp437")),
    "utf-16-le": ({"encoding": "utf-16-le"}, FIRST.encode("utf-16-le")),
    "utf-16": ({"encoding": "utf-16"}, FIRST.encode("utf-16")),
    "decimal, semicolons": ({"decimal": ","}, table_text(";", ",").encode()),
    "decimal, commas": ({"decimal": ","}, table_text(",", ",").encode()),
    "decimal and thousands": (
        {"decimal": ",", "thousands": "."},
        table_text(";", ",", ".").encode(),
    ),
    "thousands ,": ({"thousands": ","}, table_text(";", ".", ",").encode()),
    "thousands '": ({"thousands": "'"}, table_text(",", ".", "'").encode()),
    "thousands space": ({"thousands": " "}, table_text(",", ".", "\u202f").encode()),
    "missing": ({"missing": ["-999", "n.a."]}, table_text(gap="-999").encode()),
    "missing, a word": ({"missing": ["kaputt"]}, table_text(gap="kaputt").encode()),
    "skip a title": ({"skip_rows": 1}, table_text(before="Report, a\n").encode()),
    "skip a title and a blank line": (
        {"skip_rows": 3},
        table_text(before="Report\nby me\n\n").encode(),
    ),
    "skip units": ({"skip_rows": [2]}, table_text(units=True).encode()),
    "skip title, units and footer": (
        {"skip_rows": [1, 3, N + 4]},
        table_text(before="Report\n", units=True, after="Total;,;x").encode(),
    ),
    "skip a row of totals": (
        {"skip_rows": [N + 2]},
        table_text(after="9999,9,b,2024-01-01,no\n").encode(),
    ),
    "comment": ({"comment": "#"}, table_text(before="# a\n# b,c,d,e,f\n", notes=7).encode()),
    "dates dmy": ({"dates": "dmy"}, table_text(order="dmy").encode()),
    "dates mdy": ({"dates": "mdy"}, table_text(order="mdy").encode()),
    "dates ymd": ({"dates": "ymd"}, table_text(order="ymd").encode()),
}
FEATURES = ["size", "depth", "place", "day"]
TYPED = pd.DataFrame(
    {
        "size": np.where(np.arange(N) % 9 == 0, np.nan, SIZE),
        "depth": DEPTH,
        "place": PLACE,
        "day": DAY.astype("M8[us]"),
        "kind": KIND,
    }
)


def model_of(path: Path, folder: Path, **said: Any) -> glassnet.Model:
    """A model that was trained on a file, and went through a file of its own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataNotice)
        model = glassnet.fit(
            path,
            "kind",
            quick(max_epochs=3, hidden_layer_sizes=(4,)),
            dialect=Dialect(**said) if said else None,
        )
    model.save(folder / "model.glassnet")
    return glassnet.load(folder / "model.glassnet")


@pytest.fixture(scope="module")
def plain_model(tmp_path_factory: pytest.TempPathFactory) -> glassnet.Model:
    """A model of the rows in the ordinary dialect."""
    folder = tmp_path_factory.mktemp("plain")
    return model_of(written(folder, FIRST), folder)


@pytest.mark.filterwarnings("ignore::glassnet.errors.DataNotice")
@pytest.mark.parametrize("member", REMEMBERED)
def test_a_model_remembers_how_its_training_table_is_written(
    member: str, plain_model: glassnet.Model, tmp_path: Path
) -> None:
    said, content = REMEMBERED[member]
    own = written(tmp_path, content, "own.csv")
    model = model_of(own, tmp_path, **said)
    expected = plain_model.predict_proba(TYPED)
    written(tmp_path, FIRST, "first.csv")
    written(tmp_path, THIRD, "third.csv")
    TYPED.to_parquet(tmp_path / "typed.parquet")
    for name in ("own.csv", "first.csv", "third.csv", "typed.parquet"):
        assert np.array_equal(model.predict_proba(tmp_path / name), expected), name
        assert glassnet.evaluate(model, tmp_path / name).n_rows == N, name
    texts = read_table(
        own, dialect=Dialect(**{**said, "missing": []}), types=dict.fromkeys(FEATURES, "category")
    )
    for table in (TYPED, {name: texts.column(name).tolist() for name in FEATURES}):
        assert np.array_equal(model.predict_proba(table), expected)


@pytest.mark.filterwarnings("ignore::glassnet.errors.DataNotice")
@pytest.mark.parametrize("member", REMEMBERED)
def test_what_is_said_at_predict_wins_over_what_is_remembered(
    member: str, plain_model: glassnet.Model, tmp_path: Path
) -> None:
    said, content = REMEMBERED[member]
    written(tmp_path, FIRST, "first.csv")
    own, expected = written(tmp_path, content, "own.csv"), plain_model.predict_proba(TYPED)
    usual = {
        "skip_rows": 0,
        "encoding": "utf-8",
        "decimal": ".",
        "dates": "ymd",
        "delimiter": ",",
        "missing": ["NA"],
    }
    for model in (plain_model, model_of(own, tmp_path, **said)):
        assert np.array_equal(model.predict_proba(own, dialect=Dialect(**said)), expected)
        assert np.array_equal(model.predict(own, dialect=Dialect(**said)), model.predict(TYPED))
        assert np.array_equal(
            model.predict_proba(own, members=True, dialect=Dialect(**said))[0], expected
        )
        assert np.array_equal(
            model.predict_proba(tmp_path / "first.csv", dialect=Dialect(**usual)), expected
        )
        assert glassnet.evaluate(model, own, dialect=Dialect(**said)).n_rows == N
        texts = read_table(
            own,
            dialect=Dialect(**{**said, "missing": []}),
            types=dict.fromkeys(FEATURES, "category"),
        )
        table = {name: texts.column(name).tolist() for name in FEATURES}
        assert np.array_equal(model.predict_proba(table, dialect=Dialect(**said)), expected)


SAID: dict[str, tuple[dict[str, Any], list[Any], list[float]]] = {
    "decimal ,": ({"decimal": ","}, ["1,234", "2,5", "7"], [1.234, 2.5, 7.0]),
    "thousands ,": ({"thousands": ","}, ["1,234", "2,500", "7"], [1234.0, 2500.0, 7.0]),
    "thousands .": (
        {"thousands": ".", "decimal": ","},
        ["1.234", "2.500", "7,5"],
        [1234.0, 2500.0, 7.5],
    ),
    "thousands '": ({"thousands": "'"}, ["1'234", "2'500.5", "7"], [1234.0, 2500.5, 7.0]),
    "thousands space": ({"thousands": " "}, ["1 234", "2\u00a0500", "7"], [1234.0, 2500.0, 7.0]),
    "missing": ({"missing": ["9999x"]}, ["1", "9999x", "7"], [1.0, np.nan, 7.0]),
}


@pytest.mark.filterwarnings("ignore::glassnet.errors.DataNotice")
@pytest.mark.parametrize("member", SAID)
def test_text_in_memory_is_read_as_is_said_at_predict(member: str) -> None:
    said, texts, numbers = SAID[member]
    x = RNG.normal(1000.0, 800.0, 150)
    y = 2.0 * x + RNG.normal(0.0, 5.0, 150)
    model = glassnet.fit(
        {"x": np.where(np.arange(150) % 9, x, np.nan), "y": y},
        "y",
        quick(max_epochs=2, calibrate=True),
    )
    for table in ({"x": texts}, pd.DataFrame({"x": texts}), [{"x": text} for text in texts]):
        assert np.array_equal(
            model.predict(table, dialect=Dialect(**said)), model.predict({"x": numbers})
        )
        assert np.array_equal(
            model.predict_interval(table, 0.5, dialect=Dialect(**said)),
            model.predict_interval({"x": numbers}, 0.5),
        )
    with pytest.raises(SettingError, match=r"dialect must be a glassnet\.Dialect"):
        model.predict({"x": numbers}, dialect={"decimal": ","})  # type: ignore[arg-type]
    with pytest.raises(SettingError, match=r"dialect must be a glassnet\.Dialect"):
        model.predict("no.csv", dialect=",")  # type: ignore[arg-type]


DATES: dict[str, tuple[list[str], dict[str, Any], list[str]]] = {
    # cells, what is said, what they are; "or" in a name: none of them tells, and that is told
    "dmy by a day": (["13/01/2024", "02/03/2024"], {}, ["2024-01-13", "2024-03-02"]),
    "mdy by a day": (["01/13/2024", "02/03/2024"], {}, ["2024-01-13", "2024-02-03"]),
    "slashes, dmy or mdy": (["01/02/2024", "02/03/2024"], {}, ["2024-01-02", "2024-02-03"]),
    "dots, dmy or mdy": (["01.02.2024", "02.03.2024"], {}, ["2024-02-01", "2024-03-02"]),
    "dmy said": (["01/02/2024", "02/03/2024"], {"dates": "dmy"}, ["2024-02-01", "2024-03-02"]),
    "mdy said": (["01.02.2024", "02.03.2024"], {"dates": "mdy"}, ["2024-01-02", "2024-02-03"]),
    "ymd said": (["01/02/03", "02/03/04"], {"dates": "ymd"}, ["2001-02-03", "2002-03-04"]),
    "two digits, dmy": (["13.01.69", "02.03.68"], {}, ["1969-01-13", "2068-03-02"]),
    "two digits, ymd by a day": (["99/01/13", "24/02/29"], {}, ["1999-01-13", "2024-02-29"]),
    "year first": (["2024/01/02", "2024/02/03"], {}, ["2024-01-02", "2024-02-03"]),
    "year first, said otherwise": (
        ["2024/01/02", "2024/02/03"],
        {"dates": "dmy"},
        ["2024-01-02", "2024-02-03"],
    ),
    "ISO, said otherwise": (
        ["2024-01-02", "2024-02-03"],
        {"dates": "dmy"},
        ["2024-01-02", "2024-02-03"],
    ),
    "with a time": (
        ["13/01/2024 05:30", "02/03/2024 17:45:10"],
        {},
        ["2024-01-13T05:30", "2024-03-02T17:45:10"],
    ),
    "12-hour clock": (
        ["1/13/2024 05:30 PM", "2/3/2024 12:00 AM"],
        {},
        ["2024-01-13T17:30", "2024-02-03T00:00"],
    ),
    "12-hour clock, small": (
        ["13/1/2024 5:30pm", "2/3/2024 12:15 p.m."],
        {},
        ["2024-01-13T17:30", "2024-03-02T12:15"],
    ),
    "names of months": (["02-Jan-2020", "3-Mar-20"], {}, ["2020-01-02", "2020-03-03"]),
    "long names of months": (
        ["January 2, 2020", "March 3rd, 2020"],
        {},
        ["2020-01-02", "2020-03-03"],
    ),
    "names and numbers": (["2 January 2020", "13/02/2020"], {}, ["2020-01-02", "2020-02-13"]),
    "ISO and dmy": (
        ["2020-01-02", "13/02/2020", "01/02/2020"],
        {},
        ["2020-01-02", "2020-02-13", "2020-02-01"],
    ),
}


@pytest.mark.parametrize("member", DATES)
def test_dates_are_read_in_the_order_of_their_column_or_as_is_said(
    member: str, tmp_path: Path
) -> None:
    cells, said, expected = DATES[member]
    path = written(tmp_path, "day;v\n" + "".join(f"{cell};1\n" for cell in cells))
    table = read_table(path, dialect=Dialect(**said))
    assert table.schema.kinds["day"] == "datetime"
    assert np.array_equal(table.column("day"), np.array(expected, dtype="M8[us]"))
    unsure = [notice for notice in table.all_notices if "none tells day and month apart" in notice]
    assert len(unsure) == (" or " in member)
    assert all("--dates " in notice and cells[0] in notice for notice in unsure)


@pytest.mark.filterwarnings("ignore::glassnet.errors.DataNotice")
@pytest.mark.parametrize("order", ["dmy", "mdy"])
@pytest.mark.parametrize("said", [False, True])
def test_one_date_at_predict_means_what_it_meant_in_training(
    order: str, said: bool, tmp_path: Path
) -> None:
    path = written(tmp_path, table_text(";", order=order).encode())
    model = model_of(path, tmp_path, **({"dates": order} if said else {}))
    record = {"size": 2000.0, "depth": 0.1, "place": "b"}
    for text, day in (
        ("03/04/2024", {"dmy": "2024-04-03", "mdy": "2024-03-04"}[order]),
        ("2024-05-06", "2024-05-06"),
    ):
        expected = model.predict_proba({**record, "day": np.datetime64(day)})
        assert np.array_equal(model.predict_proba({**record, "day": text}), expected)
        assert np.array_equal(model.predict_proba([{**record, "day": text}]), expected)
        one = written(tmp_path, f"size;depth;place;day\n2000;0,1;b;{text}\n", "one.csv")
        assert np.array_equal(model.predict_proba(one), expected)
        other = {"dmy": "mdy", "mdy": "dmy"}[order]
        swapped = day if text[4] == "-" else {"dmy": "2024-03-04", "mdy": "2024-04-03"}[order]
        assert np.array_equal(
            model.predict_proba({**record, "day": text}, dialect=Dialect(dates=other)),
            model.predict_proba({**record, "day": np.datetime64(swapped)}),
        )
