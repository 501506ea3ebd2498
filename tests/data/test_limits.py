"""What is too large is refused, with the limit that it passed and before it fills the memory."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from glassnet.data.files.read import read_batches, read_table
from glassnet.data.tables.dialect import Limits
from glassnet.data.tables.schema import Schema
from glassnet.errors import DataError, SettingError

# Each refused at a small limit, and read at one that is just large enough.

TEXT = b"a,b\n" + b"12,xyz\n" * 100
AT_THE_LIMIT = [
    ("bytes", len(TEXT), TEXT, "more than 703 bytes of text"),
    ("rows", 100, TEXT, "more than 99 lines"),
    ("columns", 2, TEXT, "names 2 columns"),
    ("field", 3, TEXT, "a cell of column 'b' is longer than 2 bytes"),
]


@pytest.mark.parametrize(("limit", "enough", "content", "message"), AT_THE_LIMIT)
def test_each_limit_is_where_it_says(
    tmp_path: Path, limit: str, enough: int, content: bytes, message: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    assert read_table(path, limits=Limits(**{limit: enough})).n_rows == 100
    schema = Schema.from_plain([["a", "number"], ["b", "category"]])
    for read in (
        lambda limits: read_table(path, limits=limits),
        lambda limits: list(read_batches(path, schema=schema, limits=limits)),
    ):
        with pytest.raises(
            DataError,
            match=rf"a\.csv: .*{message}; the limit is .*raise it: Limits\({limit}=\.\.\.\)",
        ):
            read(Limits(**{limit: enough - 1}))


@pytest.mark.parametrize(
    ("limit", "enough"), [("rows", 100), ("bytes", 1600), ("columns", 2), ("field", 3)]
)
def test_limits_of_parquet(tmp_path: Path, limit: str, enough: int) -> None:
    path = tmp_path / "a.parquet"
    pa.parquet.write_table(pa.table({"a": [12] * 100, "b": ["xyz"] * 100}), path)
    assert read_table(path, limits=Limits(**{limit: enough})).n_rows == 100
    with pytest.raises(DataError, match=rf"raise it: Limits\({limit}=\.\.\.\)"):
        read_table(path, limits=Limits(**{limit: enough - 1}))


def test_the_ratio_of_decompression(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(b"a,b\n" + b"1,2\n" * 1_000_000))
    with pytest.raises(
        DataError, match=r"grows when it is decompressed.*the limit is 100\. .*Limits\(ratio="
    ):
        read_table(path)
    assert read_table(path, limits=Limits(ratio=2_000)).n_rows == 1_000_000


@pytest.mark.parametrize(
    "limits", [{"rows": 0}, {"bytes": -1}, {"field": 1.5}, {"ratio": True}, {"columns": None}]
)
def test_limits_that_cannot_be(limits: dict[str, Any]) -> None:
    with pytest.raises(SettingError, match="a whole number of at least 1"):
        Limits(**limits)


# Bombs, in processes that may not take more than 256 MB for any of them. The largest have one to
# themselves: what pyarrow was given for one file it does not hand back at once.


def bombs(folder: Path) -> dict[str, str]:
    """Write small files that would fill the memory; return why each is refused."""

    def write(name: str, content: bytes) -> None:
        (folder / name).write_bytes(content)

    def hole(name: str, head: bytes, piece: bytes, times: int) -> None:
        with (folder / name).open("wb") as file:
            file.write(head)
            for _ in range(times):
                file.write(piece)

    write("grows.csv.gz", gzip.compress(b"a,b\n" + b"1,2\n" * 10_000_000, 1))
    write("line.csv.gz", gzip.compress(b"1" * 50_000_000, 1))
    write("twice.csv.gz", gzip.compress(gzip.compress(b"1" * 50_000_000, 1)))
    write(
        "half.csv.gz", gzip.compress(np.random.default_rng(0).bytes(5_000).hex().encode())[:2_000]
    )
    write(
        "wide.csv",
        ",".join(f"c{i}" for i in range(50_000)).encode()
        + b"\n"
        + b",".join([b"1"] * 50_000)
        + b"\n",
    )
    write("same.csv", b",".join([b"c"] * 50_000) + b"\n" + b",".join([b"1"] * 50_000) + b"\n")
    write("cell.csv", b"a,b\n1," + b"x" * 100_000 + b"\n")
    write("garbage.csv", np.random.default_rng(0).bytes(5_000_000))
    write("picture.csv", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
    write("text.parquet", b"a,b\n1,2\n")
    write("text.arrow", b"a,b\n1,2\n")
    mib = 2**20
    hole("line.csv", b"", b"1" * mib, 12)
    hole("row.csv", b"a,b\n", b"1" * mib, 12)
    hole("commas.csv", b"a,b\n", b"," * mib, 12)
    hole("quotes.csv", b'"a","b"\n"', b'"' * mib, 12)
    hole("opened.csv", b'a,b\n1,"x\n', b"1,2\n" * (mib // 4), 12)
    hole("header.csv", b'a,"b\n', b"1,2\n" * (mib // 4), 12)
    hole("blank.csv", b"", b"\n" * mib, 12)
    hole("rows.csv", b"a\n", b"1\n" * (mib // 2), 25)
    write("end.csv", b'a,b\n1,2\n1,"x\n' + b"1,2\n" * 1_000)
    zeros = pa.table({f"c{i}": pa.array(np.zeros(1_000_000)) for i in range(2)})
    with pa.parquet.ParquetWriter(folder / "zeros.parquet", zeros.schema) as writer:
        for _ in range(14):
            writer.write_table(zeros)
    pa.parquet.write_table(
        pa.table({"a": ["x" * 50_000_000]}), folder / "cell.parquet", compression="zstd"
    )
    pa.parquet.write_table(
        pa.table({f"c{i}": [1.0] for i in range(11_000)}), folder / "wide.parquet"
    )
    return {
        "wide.parquet": "11,000 columns",
        "grows.csv.gz": "grows when it is decompressed",
        "line.csv.gz": "the first line does not end",
        "twice.csv.gz": "neither UTF-8 nor|NUL characters",
        "half.csv.gz": "cannot be read",
        "wide.csv": "names 50,000 columns",
        "same.csv": "names 50,000 columns",
        "cell.csv": "longer than 65,536 bytes",
        "garbage.csv": "neither UTF-8 nor|NUL characters",
        "picture.csv": "NUL characters",
        "text.parquet": "",
        "text.arrow": "",
        "line.csv": "the first line does not end",
        "row.csv": "a row does not end",
        "commas.csv": "a row does not end",
        "quotes.csv": "a row does not end",
        "opened.csv": "a row does not end|never closed",
        "header.csv": "never closed",
        "blank.csv": "the file is empty",
        "rows.csv": "more than 10,000,000 lines",
        "end.csv": "a quote is opened in line 2 after the header and never closed",
        "zeros.parquet": "more than 10,000,000 rows",
        "cell.parquet": "grows when it is decompressed",
    }


CODE = """
import json, sys
import pyarrow
from glassnet.data.files.read import read_table
from glassnet.errors import DataError
for path in sys.argv[1:]:
    pyarrow.default_memory_pool().release_unused()
    with open("/proc/self/clear_refs", "w") as peak:
        peak.write("5")  # the peak is counted anew
    try:
        said = ["read", str(read_table(path).n_rows)]
    except DataError as error:
        said = ["refused", str(error)]
    with open("/proc/self/status") as status:
        line = next(line for line in status if line.startswith("VmHWM"))
    print(json.dumps([*said, line.split()[1]]))
"""


@pytest.mark.skipif(
    not Path("/proc/self/clear_refs").exists(), reason="the peak of the memory is read from /proc"
)
def test_bombs_are_refused_in_little_memory(tmp_path: Path) -> None:
    expected = bombs(tmp_path)
    alone = ("wide.parquet", "rows.csv")
    expected = {name: expected[name] for name in sorted(expected, key=lambda name: name in alone)}
    said: list[Any] = []
    for names in (
        [name for name in expected if name not in alone],
        *([name] for name in expected if name in alone),
    ):
        command = [sys.executable, "-c", CODE, *(str(tmp_path / name) for name in names)]
        said += map(
            json.loads,
            subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines(),
        )
    for (name, message), (verdict, text, kilobytes) in zip(expected.items(), said, strict=True):
        assert verdict == "refused", name
        assert text.startswith(f"{tmp_path / name}: "), text
        assert any(part in text for part in message.split("|")), text
        assert len(text) < 600, text
        assert "\n" not in text
        assert int(kilobytes) < 256 * 1024, name
