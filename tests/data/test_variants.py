"""One table, written in many ways, gives one schema and the same predictions."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest

import glassnet
from glassnet.data.files.read import read_batches, read_table
from glassnet.data.tables.assembly import table_of
from glassnet.errors import DataError, DataNotice
from glassnet.fitting import fit
from tests.fitting.helpers import quick

N = 60


def cells() -> dict[str, list[Any]]:
    rng = np.random.default_rng(0)
    when = [
        dt.datetime(2024, 1, 1) + dt.timedelta(hours=int(hours))  # noqa: DTZ001
        for hours in rng.integers(0, 20_000, N)
    ]
    table: dict[str, list[Any]] = {
        "größe": [round(float(x), 3) for x in rng.normal(170.0, 9.0, N)],
        "count": [int(x) for x in rng.integers(0, 9, N)],
        "island": [
            str(x)
            for x in rng.choice(["Dream", "Côte d'Or; north, east", 'the "big" one', "Ærø"], N)
        ],
        "sick": [bool(x) for x in rng.random(N) < 0.4],
        "when": list(when),
        "born": [
            dt.date(1990, 1, 1) + dt.timedelta(days=int(days)) for days in rng.integers(0, 9_000, N)
        ],
    }
    for i, name in enumerate(table):
        table[name][i * 7 + 3] = None
    table["price"] = [round(float(x), 3) for x in rng.normal(10.0, 2.0, N)]
    return table


TABLE = cells()


def text(
    delimiter: str = ",",
    line_end: str = "\n",
    quoting: Any = csv.QUOTE_MINIMAL,
    quote: str = '"',
    decimal: str = ".",
    gap: str = "",
) -> str:
    def cell(value: Any) -> Any:
        if value is None:
            return gap
        return str(value).replace(".", decimal) if isinstance(value, float) else str(value)

    stream = io.StringIO()
    writer = csv.writer(
        stream, delimiter=delimiter, lineterminator=line_end, quoting=quoting, quotechar=quote
    )
    writer.writerow(TABLE)
    writer.writerows([cell(value) for value in row] for row in zip(*TABLE.values(), strict=True))
    return stream.getvalue()


FILES = {
    "plain": ("a.csv", text().encode()),
    "byte order mark": ("a.csv", text().encode("utf-8-sig")),
    "utf-16, little": ("a.csv", b"\xff\xfe" + text().encode("utf-16-le")),
    "utf-16, big": ("a.csv", b"\xfe\xff" + text().encode("utf-16-be")),
    "utf-32": ("a.csv", text().encode("utf-32")),
    "windows": ("a.csv", text().encode("cp1252")),
    "semicolons": ("a.csv", text(";").encode()),
    "decimal comma": ("a.csv", text(";", decimal=",").encode()),
    "tabs": ("a.tsv", text("\t").encode()),
    "bars": ("a.txt", text("|").encode()),
    "crlf": ("a.csv", text(line_end="\r\n").encode()),
    "cr": ("a.csv", text(line_end="\r").encode()),
    "all quoted": ("a.csv", text(quoting=csv.QUOTE_ALL).encode()),
    "apostrophes": ("a.csv", text(quoting=csv.QUOTE_ALL, quote="'").encode()),
    "NA": ("a.csv", text(gap="NA").encode()),
    "no last line end": ("a.csv", text().rstrip("\n").encode()),
    "blank first lines": ("a.csv", ("\n\n" + text()).encode()),
    "gzip": ("a.csv.gz", gzip.compress(text().encode())),
    "gzip, unsaid": ("a.csv", gzip.compress(text().encode("utf-16"))),
}
MEMORY = {
    "pandas": pd.DataFrame(TABLE),
    "pandas, dates": pd.DataFrame(
        {
            **TABLE,
            "when": pd.to_datetime(pd.Series(TABLE["when"])),
            "born": pd.to_datetime(pd.Series(TABLE["born"])),
        }
    ),
    "pandas, category": pd.DataFrame(
        {
            **TABLE,
            "island": pd.Series(TABLE["island"], dtype="category"),
            "sick": pd.array(TABLE["sick"], "boolean"),
        }
    ),
    "polars": pl.DataFrame(TABLE),
    "pyarrow": pa.table(TABLE),
    "dict": TABLE,
    "records": [dict(zip(TABLE, row, strict=True)) for row in zip(*TABLE.values(), strict=True)],
}
ARROW = {
    "parquet": ("a.parquet", pa.parquet.write_table),
    "parquet, gzip": (
        "a.parquet",
        lambda table, path: pa.parquet.write_table(
            table, path, compression="gzip", row_group_size=7
        ),
    ),
    "feather": ("a.feather", pa.feather.write_feather),
    "arrow": ("a.arrow", lambda table, path: write_ipc(table, path, pa.ipc.new_file)),
    "arrow stream": ("a.arrow", lambda table, path: write_ipc(table, path, pa.ipc.new_stream)),
}


def write_ipc(table: Any, path: Any, make: Any) -> None:
    with make(str(path), table.schema) as writer:
        writer.write_table(table, max_chunksize=7)


@cache
def model() -> glassnet.Model:
    return fit(TABLE, "price", replace(quick(), max_epochs=3))


@cache
def expected() -> bytes:
    return model().predict(TABLE).tobytes()


def same(read: Any) -> None:
    assert read.schema == table_of(TABLE).schema
    for name in TABLE:
        np.testing.assert_array_equal(read.column(name), table_of(TABLE).column(name), err_msg=name)


def test_the_table_has_all_kinds_and_gaps() -> None:
    table = table_of(TABLE)
    assert list(table.schema.kinds.values()) == [
        "number",
        "number",
        "category",
        "boolean",
        "datetime",
        "datetime",
        "number",
    ]
    assert all(None in TABLE[name] for name in list(TABLE)[:6])


@pytest.mark.parametrize("name", FILES)
def test_text_files(tmp_path: Any, name: str) -> None:
    file, content = FILES[name]
    (tmp_path / file).write_bytes(content)
    same(read_table(tmp_path / file))
    if name in ("windows", "decimal comma"):
        with pytest.warns(DataNotice):
            assert model().predict(tmp_path / file).tobytes() == expected()
    else:
        assert model().predict(tmp_path / file).tobytes() == expected()
    stretches = list(read_batches(tmp_path / file, schema=model().encoder.schema))
    assert np.concatenate([model().predict(part) for part in stretches]).tobytes() == expected()


@pytest.mark.parametrize("name", MEMORY)
def test_memory(name: str) -> None:
    same(table_of(MEMORY[name]))
    assert model().predict(MEMORY[name]).tobytes() == expected()


@pytest.mark.parametrize("name", ARROW)
def test_arrow_files(tmp_path: Any, name: str) -> None:
    file, write = ARROW[name]
    write(pa.table(TABLE), tmp_path / file)
    same(read_table(tmp_path / file))
    # Seven rows at a time: the sums of a matrix product are not promised to have the same bits for
    # other numbers of rows.
    np.testing.assert_allclose(model().predict(tmp_path / file), model().predict(TABLE), rtol=1e-5)


def test_a_folder_of_parquet_files(tmp_path: Any) -> None:
    whole = pa.table(TABLE)
    for i in range(3):
        part = whole.slice(20 * i, 20)
        pa.parquet.write_table(
            part.select(part.column_names[:: (-1) ** i]), tmp_path / f"part-{i}.parquet"
        )
    (tmp_path / "README.txt").write_text("no table")
    same(read_table(tmp_path))
    np.testing.assert_allclose(model().predict(tmp_path), model().predict(TABLE), rtol=1e-5)
    whole = whole.set_column(1, "count", whole.column("count").cast(pa.float64()))
    pa.parquet.write_table(whole.slice(40), tmp_path / "part-2.parquet")
    same(read_table(tmp_path))
    pa.parquet.write_table(whole.drop_columns(["sick"]), tmp_path / "part-3.parquet")
    with pytest.raises(
        DataError, match=r"part-3\.parquet and part-0\.parquet must have the same columns.*'sick'"
    ):
        read_table(tmp_path)
    pa.parquet.write_table(
        whole.set_column(3, "sick", pa.array(["no"] * N)), tmp_path / "part-3.parquet"
    )
    with pytest.raises(DataError, match="column 'sick' must be of one type in all files"):
        read_table(tmp_path)


def test_a_fit_from_a_file_is_a_fit_from_memory(tmp_path: Any) -> None:
    (tmp_path / "a.csv").write_text(text(";", "\r\n"), encoding="utf-16")
    again = fit(tmp_path / "a.csv", "price", replace(quick(), max_epochs=3))
    assert again.encoder == model().encoder
    assert again.predict(TABLE).tobytes() == expected()
