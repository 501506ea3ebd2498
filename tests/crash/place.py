"""The folder of one child: what lies in it at the start, what the job may leave there, and whether
that is whole."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

from tests.crash.limits import FILLER

#: Where `train` leaves a model whose place does not take it.
SPARE = re.compile(r"(tmp/|home/)?m-[0-9a-f]{8}\.glassnet")


class LitterError(Exception):
    """Something was left behind, or what stands there is not whole."""


class Place:
    """A folder; `pantry` is the one that all children read from, `temporary` where programs put
    their temporary files."""

    def __init__(self, folder, pantry):
        self.folder, self.pantry = folder, pantry
        self.temporary = folder / "tmp"
        self.home = folder / "home"
        for made in (self.temporary, self.home):
            made.mkdir()
        self._there = {}
        self._outputs = {}
        #: What must be there unless the job refused; None for nothing.
        self.needed = None

    def given(self, name, data):
        """Put a file there, which must still be there unchanged in the end."""
        path = self.folder / name
        path.write_bytes(data)
        self._there[name] = data
        return path

    def output(self, name, *, before=None):
        """Return the path of a file that the job may write, or may replace: by a whole one, or not
        at all."""
        if before is not None:
            (self.folder / name).write_bytes(before)
        self._outputs[name] = before
        return self.folder / name

    def check(self, *, refused):
        """Raise where there is litter, where what is needed is not there, or where an output or a
        given file is not whole."""
        found = {
            str(path.relative_to(self.folder)): path
            for path in self.folder.rglob("*")
            if path.name != FILLER
        }
        spare = [name for name in found if SPARE.fullmatch(name)]
        self._outputs |= dict.fromkeys(spare)
        known = {"tmp", "home", *self._there, *self._outputs}
        known |= {str(parent) for name in known for parent in Path(name).parents}
        litter = [name for name in found if name not in known]
        if litter:
            raise LitterError(f"left behind: {', '.join(sorted(litter))}")
        if self.needed is not None and not refused and not spare and self.needed.name not in found:
            raise LitterError(f"{self.needed.name} is not there")
        for name, data in self._there.items():
            if name not in found or found[name].read_bytes() != data:
                raise LitterError(f"{name} was given, and is changed or gone")
        for name, before in self._outputs.items():
            if name in found:
                data = found[name].read_bytes()
                if data != before:
                    _check_whole(found[name], data)
            elif before is not None:
                raise LitterError(f"{name} stood there before, and is gone")


def _check_whole(path, data):
    """Raise where an output is a torso."""
    name = path.name
    try:
        if name.endswith(".glassnet"):
            from glassnet import load

            load(path)
        elif name.endswith(".html"):
            assert data.rstrip().endswith(b"</html>")
        elif name.endswith(".parquet"):
            from pyarrow import parquet

            parquet.read_table(path)
        else:
            text = gzip.decompress(data) if name.endswith(".gz") else data
            assert text.endswith(b"\n")
            assert text.count(b"\n") > 10
    except Exception as error:  # noqa: BLE001  of any library that reads it
        raise LitterError(
            f"{name} is not whole: {len(data)} bytes, {type(error).__name__}: {error}"
        ) from None


def make_pantry(folder):
    """Write the tables and the models that the jobs start from. Run in a child of its own: it
    trains, and so starts threads."""
    import numpy as np
    import pyarrow as pa
    from pyarrow import csv, feather, ipc, parquet

    import glassnet

    rng = np.random.default_rng(0)
    n = N_ROWS
    x, z = rng.normal(size=(2, n))
    names = np.array(["Adelie", "Gentoo", 'ü, "x"', "=1+1"])
    columns = {
        "x": pa.array(x, mask=rng.random(n) < 0.05),
        "z": pa.array(z.astype(np.float32)),
        "count": pa.array(rng.integers(0, 9, n)),
        "kind": pa.array(names[rng.integers(0, 4, n)]),
        "day": pa.array(
            np.datetime64("2026-01-01", "us") + rng.integers(0, 200, n) * np.timedelta64(1, "D")
        ),
        "flag": pa.array(rng.random(n) < 0.5),
        "note": pa.array([None if i % 3 else f"note {i} {'-' * (i % 40)}" for i in range(n)]),
        "price": pa.array(2.0 * x - z),
        "sort": pa.array(np.where(x + z > 0, "good", "bad")),
        "label": pa.array(np.array(["a", "b", "c"])[rng.integers(0, 3, n)]),
    }
    table = pa.table(columns)
    coded = table.set_column(3, "kind", table["kind"].dictionary_encode())
    csv.write_csv(table, folder / "t.csv")
    text = (folder / "t.csv").read_bytes()
    (folder / "t.tsv").write_bytes(text.replace(b",", b"\t"))
    (folder / "t.csv.gz").write_bytes(gzip.compress(text))
    (folder / "old.csv").write_bytes(
        ("kind;price\n" + "".join(f"Zoë {i};{i},5\n" for i in range(n))).encode("cp1252")
    )
    parquet.write_table(table, folder / "t.parquet")
    parquet.write_table(coded, folder / "zstd.parquet", compression="zstd", row_group_size=50)
    feather.write_feather(table, folder / "t.feather", compression="lz4")
    feather.write_feather(coded, folder / "t.arrow", compression="uncompressed")
    with ipc.new_file(folder / "t.ipc", coded.schema) as writer:
        writer.write_table(coded, max_chunksize=60)
    plans = {
        "price": glassnet.Plan("plain", max_epochs=2),
        "sort": glassnet.Plan("standard", max_epochs=2),
        "label": glassnet.Plan("fast", max_epochs=2),
    }
    for target, plan in plans.items():
        model = glassnet.fit(
            folder / "t.csv", target, plan, drop=[name for name in plans if name != target]
        )
        model.save(folder / f"{target}.glassnet")
    numbers = table.select(["x", "z", "price"])
    csv.write_csv(numbers, folder / "numbers.csv")
    glassnet.fit(folder / "numbers.csv", "price", glassnet.Plan("plain", max_epochs=2)).save(
        folder / "numbers.glassnet"
    )


N_ROWS = 160
TABLES = (
    "t.csv",
    "t.tsv",
    "t.csv.gz",
    "old.csv",
    "t.parquet",
    "zstd.parquet",
    "t.feather",
    "t.arrow",
    "t.ipc",
)
MODELS = ("price", "sort", "label")


def pantry_files(folder):
    return sorted(path for path in Path(folder).iterdir() if path.suffix != ".so")
