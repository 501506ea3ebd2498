"""Damaged tables in files of every kind, by chance and on purpose, read under guard.

python -m tests.data.damaged read FOLDER       reads each file in FOLDER and the tables in memory of
                                               `in_memory`
python -m tests.data.damaged command FOLDER    gives each file in FOLDER to the commands;
                                               FOLDER/../good.glassnet is a model

Both print a line of JSON before each file, with its name, and one after each, with how that ended.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import resource
import sys
import warnings
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet

from tests.data.false_buffers import in_memory

#: The address space that a reading process may take on top of what it holds when its imports are
#: done.
ROOM = 2**30
#: What the memory of that process is full of, and no table may hold.
SECRET = "memory-of-the-process"  # noqa: S105  a mark
N = 40


def plain_table(n: int = N) -> pa.Table:
    """A table with a column of each type that a text file holds."""
    rng = np.random.default_rng(7)
    words = ["Adelie", "Gentoo", "Chinstrap", "d\u00e9j\u00e0 vu", "x" * 30]
    return pa.table(
        {
            "text": pa.array([words[i] for i in rng.integers(0, 5, n)]),
            "number": pa.array(rng.normal(size=n)),
            "whole": pa.array(rng.integers(-1000, 1000, n)),
            "truth": pa.array(rng.integers(0, 2, n).astype(bool)),
            "moment": pa.array(rng.integers(0, 2**40, n), pa.timestamp("ms")),
        }
    )


def typed_table(n: int = N) -> pa.Table:
    """A table with a column of every type of Arrow that is read, with missing values."""
    rng = np.random.default_rng(8)
    plain = plain_table(n)
    text = plain["text"].combine_chunks()
    gaps = pa.array(np.arange(n) % 7 == 3)
    columns = {name: pa.compute.if_else(gaps, None, plain[name]) for name in plain.column_names}
    columns["large"] = text.cast(pa.large_string())
    columns["view"] = text.cast(pa.string_view())
    columns["category"] = text.dictionary_encode()
    columns["codes"] = pa.DictionaryArray.from_arrays(
        rng.integers(0, 3, n).astype(np.int8), pa.array([1.5, 2.5, 3.5])
    )
    columns["zone"] = pa.array(rng.integers(0, 2**40, n), pa.timestamp("us", "Europe/Berlin"))
    columns["day"] = pa.array(rng.integers(0, 20_000, n).astype(np.int32), pa.date32())
    columns["time"] = pa.array(rng.integers(0, 86_400, n).astype(np.int32), pa.time32("s"))
    columns["money"] = pa.array(rng.integers(0, 9999, n)).cast(pa.decimal128(21, 2))
    columns["single"] = pa.array(rng.normal(size=n).astype(np.float32))
    columns["runs"] = pa.RunEndEncodedArray.from_arrays(
        pa.array([n // 2, n], pa.int32()), pa.array(["a", "b"])
    )
    columns["nothing"] = pa.nulls(n)
    return pa.table(columns)


def nested_table(n: int = N) -> pa.Table:
    """A table with columns that are refused, whose children must not be read unchecked."""
    return pa.table(
        {
            "a": pa.array(np.arange(n)),
            "list": pa.array([["x", "yz"]] * n),
            "record": pa.array([{"a": "x", "b": 1}] * n),
            "map": pa.array([[("k", "v")]] * n, pa.map_(pa.string(), pa.string())),
        }
    )


def _ipc(table: pa.Table, *, stream: bool = False, compression: str | None = None) -> bytes:
    sink = io.BytesIO()
    options = pa.ipc.IpcWriteOptions(compression=compression)
    with (pa.ipc.new_stream if stream else pa.ipc.new_file)(
        sink, table.schema, options=options
    ) as writer:
        writer.write_table(table, max_chunksize=max(1, len(table) // 2))
    return sink.getvalue()


def _parquet(table: pa.Table, **options: object) -> bytes:
    sink = io.BytesIO()
    pa.parquet.write_table(table, sink, **options)
    return sink.getvalue()


def _csv(table: pa.Table, delimiter: str) -> bytes:
    columns = [map(str, table[name].to_pylist()) for name in table.column_names]
    rows = [table.column_names, *zip(*columns, strict=True)]
    return "\n".join(delimiter.join(row) for row in rows).encode() + b"\n"


def _feather_1(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pa.feather.write_feather(table.select(["text", "number"]), sink, version=1)
    return sink.getvalue()


def good_files() -> dict[str, bytes]:
    """A whole file of each kind, by its name."""
    plain, typed, nested = plain_table(), typed_table(), nested_table()
    columns = [
        name for name in typed.column_names if name not in ("runs", "view")
    ]  # which Parquet does not take
    return {
        "comma.csv": _csv(plain, ","),
        "tab.tsv": _csv(plain, "\t"),
        "packed.csv.gz": gzip.compress(_csv(plain_table(2_000), ",")),
        "plain.parquet": _parquet(plain, compression="none"),
        "typed.parquet": _parquet(typed.select(columns), row_group_size=15),
        "zstd.parquet": _parquet(
            typed.select(columns), compression="zstd", data_page_version="2.0", use_dictionary=False
        ),
        "nested.parquet": _parquet(nested),
        "plain.arrow": _ipc(plain),
        "typed.arrow": _ipc(typed),
        "lz4.feather": _ipc(typed, compression="lz4"),
        "zstd.arrow": _ipc(typed, compression="zstd"),
        "stream.arrow": _ipc(typed, stream=True),
        "nested.ipc": _ipc(nested),
        "first.feather": _feather_1(plain),
    }


#: Whole numbers that an offset, a length or an index may be changed for.
ODD = (
    0,
    1,
    -1,
    2,
    7,
    64,
    255,
    4096,
    65_535,
    2**20,
    2**24,
    2**31 - 1,
    -(2**31),
    2**32,
    2**40,
    2**62,
    2**63 - 1,
    -(2**63),
)


def damage(data: bytes, rng: np.random.Generator) -> bytes:
    """Return a file with one to three faults: bytes or numbers changed, a cut, moved blocks."""
    found = bytearray(data)
    for _ in range(rng.integers(1, 4)):
        n = len(found)
        at, other = (int(place) for place in rng.integers(0, max(1, n), 2))
        size = int(rng.integers(1, 64))
        act = rng.integers(0, 8)
        if act <= 1:
            for place in rng.integers(0, max(1, n), rng.integers(1, 6)):
                found[place] ^= 1 << int(rng.integers(0, 8))
        elif act <= 4:
            width = int(rng.choice([1, 2, 4, 8]))
            at -= at % width
            value = int(rng.choice(len(ODD)))
            found[at : at + width] = (ODD[value] % 2 ** (8 * width)).to_bytes(width, "little")
        elif act == 5:
            found = found[:at]
        elif act == 6:
            found[at : at + size], found[other : other + size] = (
                found[other : other + size],
                found[at : at + size],
            )
        else:
            found[at : at + size] = bytes([int(rng.choice([0, 255]))]) * size
        if not found:
            break
    return bytes(found)


def random_files(n_each: int, seed: int) -> dict[str, bytes]:
    """So many damaged files of each kind, by their names."""
    rng = np.random.default_rng(seed)
    return {
        f"{i:04}-{name}": damage(data, rng)
        for name, data in good_files().items()
        for i in range(n_each)
    }


def read_all(path: object) -> list[str]:
    """Read a table as `read_table` and `as_table` do, and return all texts in it."""
    from glassnet.data.tables.given import as_table

    table = as_table(path)
    texts = [str(name) for name in table.schema.names] + list(table.all_notices)
    for name in table.schema.names:
        values = table.column(name)
        if values.dtype == object:
            texts += [value for value in values.tolist() if value is not None]
        else:
            values.copy()
    return texts


def chunks(path: Path) -> None:
    """Read a file as `glassnet predict` does."""
    from glassnet.data.files.read import column_names, read_batches
    from glassnet.data.tables.schema import Column, Schema

    names = column_names(path)
    schema = Schema(tuple(Column(name, "category") for name in dict.fromkeys(names) if name))
    for part in read_batches(path, schema=schema):
        for name in part.schema.names:
            part.column(name)


def outcome(read: object) -> list[str]:
    """How reading ended: "read", "refused" or "fault", and what was said."""
    from glassnet.errors import DataError

    try:
        texts = read() or []
    except DataError as error:
        return ["secret" if SECRET in str(error) else "refused", str(error)[:600]]
    except Exception as error:  # noqa: BLE001  what is no error of ours
        return ["fault", f"{type(error).__name__}: {error}"[:600]]
    return ["secret" if any(SECRET in text for text in texts) else "read", ""]


def commanded(arguments: list[str]) -> list[str]:
    """How a command ended: "status 0", "status 2" or another one, and what it wrote."""
    from click.testing import CliRunner

    from glassnet.cli import main as glassnet

    result = CliRunner().invoke(glassnet, arguments, prog_name="glassnet")
    if (
        result.exit_code in (0, 2)
        and "mistake in glassnet" not in result.output
        and SECRET not in result.output
    ):
        return [f"status {result.exit_code}", ""]
    return ["fault", f"{arguments[0]}: {result.exit_code} {result.output[-600:]}"]


def commands(path: Path) -> list[list[str]]:
    """The commands that read a table."""
    model, out = str(path.parents[1] / "good.glassnet"), str(path.parents[1] / "out")
    plain = ["--recipe", "plain", "--epochs", "1", "--hidden", "none"]
    return [
        ["inspect", str(path)],
        ["train", str(path), "--target", "text", *plain, "-o", f"{out}.glassnet"],
        ["predict", model, str(path), "-o", f"{out}.csv"],
        ["evaluate", model, str(path)],
    ]


def main(mode: str, folder: str) -> None:

    from glassnet.data.files import read  # noqa: F401  before the limit

    warnings.simplefilter("ignore")
    paths = sorted(Path(folder).iterdir())
    if mode == "read":
        jobs = {
            path.name: [
                partial(outcome, partial(read_all, path)),
                partial(outcome, partial(chunks, path)),
            ]
            for path in paths
        }
        jobs |= {
            name: [partial(outcome, partial(read_all, frame))]
            for name, frame in in_memory().items()
        }
    else:
        jobs = {
            path.name: [partial(commanded, arguments) for arguments in commands(path)]
            for path in paths
        }
        commanded(["inspect", str(paths[0])])  # what a command imports
    fill = [pa.py_buffer((SECRET * 500).encode() * 10) for _ in range(20)]
    held = [pa.array([SECRET * 3] * 3_000) for _ in range(20)]
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + ROOM
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for name, acts in jobs.items():
        print(json.dumps([name]), flush=True)
        for act in acts:
            print(json.dumps([name, *act()]), flush=True)
    del fill, held


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        main(*sys.argv[1:])
