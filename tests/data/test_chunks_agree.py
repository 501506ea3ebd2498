"""A cell means the same in every chunk of a file that a model predicts for."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from glassnet.data.files import columnar, csv_file, csv_types
from glassnet.data.files.read import read_batches
from glassnet.data.tables.assembly import table_of
from glassnet.data.tables.dialect import Limits
from glassnet.errors import DataError

MANY = 400
#: By what is tested: the cells of training, of the first and of the last rows of the later file,
#: and what the last cell is; text is what the message names.
CASES = {
    "thousands, then a doubtful cell": (["48"], ["1.599.132"], ["53.954"], 53954.0),
    "thousands with decimals, then a doubtful cell": (["48"], ["1.599,5"], ["53.954"], 53954.0),
    "a comma of thousands": (["48"], ["1,599,132"], ["53,954"], 53954.0),
    "a decimal comma": (["48"], ["53,95"], ["53,954"], 53.954),
    "other marks than in training": (["1.500,5"], ["1,500.5"], ["1,500"], 1500.0),
    "marks of training": (["1.500,5"], ["17"], ["1.500"], 1500.0),
    "whole numbers first": (["48"], ["17"], ["1.599.132"], 1599132.0),
    "plain decimals first": (["48"], ["53.954"], ["1.599.132"], "--decimal ,"),
    "few plain decimals first": (["48"], ["53.954"], ["1.599.132"] + ["1"] * 99, 1.0),
    "the day first": (["2020-01-31"], ["31/01/2020"], ["02/03/2020"], np.datetime64("2020-03-02")),
    "other order": (["01/31/2020"], ["31/01/2020"], ["02/03/2020"], np.datetime64("2020-03-02")),
    "of training": (["01/31/2020"], ["2020-01-31"], ["02/03/2020"], np.datetime64("2020-02-03")),
    "another order too late": (["01/31/2020"], ["02/03/2020"], ["31/01/2020"], "--dates dmy"),
}  # fmt: skip


def csv(path, cells):
    path = path / "later.csv"
    path.write_text("x;y\n" + "".join(f'"{cell}";"a"\n' for cell in cells))
    return path


def parquet(path, cells):
    path = path / "later.parquet"
    pq.write_table(pa.table({"x": cells, "y": ["a"] * len(cells)}), path, row_group_size=100)
    return path


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    monkeypatch.setattr(csv_types, "BLOCK", 512)
    monkeypatch.setattr(csv_file, "CHUNK", 64)
    monkeypatch.setattr(columnar, "CHUNK_ROWS", 100)


@pytest.mark.parametrize("write", [csv, parquet])
@pytest.mark.parametrize("case", CASES)
def test_the_rows_before_decide(case, write, tmp_path):
    training, first, last, expected = CASES[case]
    schema = table_of({"x": training * 20, "y": ["a"] * 20 * len(training)}).schema
    if isinstance(expected, str):  # a few rows before do not outweigh those that are refused
        path = write(tmp_path, [*first * 100, *last * MANY])
        with pytest.raises(DataError, match=expected):
            list(read_batches(path, schema=schema, limits=Limits(field=64)))
        return
    path = write(tmp_path, [*first * MANY, *last * MANY])
    chunks = list(read_batches(path, schema=schema, limits=Limits(field=64)))
    assert len(chunks) > 2
    assert chunks[-1].column("x")[-1] == expected


@pytest.mark.parametrize("line_end", ["\n", "\r", "\r\n"])
@pytest.mark.parametrize("end", ["", "end"])
def test_a_small_file_is_one_chunk(line_end, end, tmp_path, monkeypatch):
    monkeypatch.setattr(csv_file, "CHUNK", 2**20)
    path = tmp_path / "later.csv"
    cells = ["x", "435", "53.954", "864", "1.599.132"]
    path.write_bytes((line_end.join(cells) + (line_end if end else "")).encode())
    schema = table_of({"x": ["48", "17"]}).schema
    (chunk,) = read_batches(path, schema=schema)
    assert chunk.column("x").tolist() == [435.0, 53954.0, 864.0, 1599132.0]
