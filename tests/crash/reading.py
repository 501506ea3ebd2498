"""Jobs that read: files whole and damaged, folders, arrays, frames, records. Each returns what runs
under the limit."""

from __future__ import annotations

import io

import numpy as np

import glassnet
from glassnet.data.files.read import read_batches, read_table
from glassnet.data.review.inspection import inspect_table
from tests.crash.damage import damaged
from tests.crash.place import MODELS, N_ROWS, TABLES

PLAN = glassnet.Plan("plain", max_epochs=1, hidden_layer_sizes=(4,))


class WrongAnswerError(Exception):
    """What came is an answer, and not the right one."""


def one_table(rng, place, *, hurt):
    """Return the path of a table in the child's folder."""
    name = rng.choice(TABLES)
    data = (place.pantry / name).read_bytes()
    return place.given(name, damaged(rng, data) if hurt else data)


def whole_file(rng, place):
    path = one_table(rng, place, hurt=False)

    def run():
        n = read_table(path).n_rows
        if n != N_ROWS:
            raise WrongAnswerError(f"{n} rows of {N_ROWS}")

    return run


def damaged_file(rng, place):
    path = one_table(rng, place, hurt=True)
    target = rng.choice([None, "sort", "price", "kind"])
    doors = [
        lambda: read_table(path),
        lambda: inspect_table(path, target),
        lambda: glassnet.fit(path, target or "kind", PLAN),
    ]
    return rng.choice(doors)


def damaged_file_with_model(rng, place):
    path = one_table(rng, place, hurt=rng.random() < 0.8)
    model = glassnet.load(place.pantry / f"{rng.choice(MODELS)}.glassnet")
    if rng.random() < 0.5:
        return lambda: model.predict(path)
    return lambda: [part.n_rows for part in read_batches(path, schema=model.encoder.to_read)]


def folder_of_files(rng, place):
    folder = place.folder / "parts"
    folder.mkdir()
    data = (place.pantry / "zstd.parquet").read_bytes()
    for i in range(rng.randint(1, 3)):
        place.given(f"parts/{i}.parquet", damaged(rng, data) if rng.random() < 0.3 else data)
    return lambda: read_table(folder)


def frames(rng, place):
    """Columns by every door of memory: a dict, records, arrays, frames of pandas, polars and
    pyarrow."""
    import pandas as pd
    import polars as pl
    from pyarrow import csv

    table = csv.read_csv(place.pantry / "t.csv")
    made = {
        "pyarrow": lambda: table,
        "pandas": lambda: pd.read_csv(place.pantry / "t.csv"),
        "polars": lambda: pl.read_csv(place.pantry / "t.csv"),
        "dict": table.to_pydict,
        "records": table.to_pylist,
        "damaged": lambda: damaged_frame(rng, place),
    }[rng.choice(["pyarrow", "pandas", "polars", "dict", "records", "damaged"])]()
    return lambda: glassnet.fit(made, "kind", PLAN)


def damaged_frame(rng, place):
    """A frame of pyarrow from a stream whose bytes were damaged: what a server gets from a
    client."""
    from pyarrow import csv, ipc

    table = csv.read_csv(place.pantry / "t.csv")
    sink = io.BytesIO()
    with ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    try:
        return ipc.open_stream(damaged(rng, sink.getvalue())).read_all()
    except Exception:  # noqa: BLE001  pyarrow saw it itself, or it is no frame any more
        return table


def arrays(rng, place):
    n, m = rng.choice([1, 2, 30, 300, 3000]), rng.choice([1, 3, 40])
    numbers = np.random.default_rng(rng.randrange(2**32))
    X = numbers.normal(size=(n, m)) * 10.0 ** rng.choice([0, 0, 5, -9, 30, 200, 300])
    X[numbers.random(X.shape) < rng.choice([0.0, 0.1, 0.9])] = rng.choice(
        [np.nan, 0.0, np.inf, 5e-324]
    )
    with np.errstate(over="ignore"):
        X = X.astype(rng.choice(["f2", "f4", "f8", "O"])) if rng.random() < 0.5 else X
    y = numbers.integers(0, 3, n) if rng.random() < 0.5 else numbers.normal(size=n)
    if rng.random() < 0.2:
        from scipy.sparse import csr_array

        X = csr_array(np.nan_to_num(X.astype(float), posinf=0.0))
    return lambda: glassnet.fit(X, y, PLAN)


READING = {
    "read a whole file": whole_file,
    "read a damaged file": damaged_file,
    "read a damaged file with a model": damaged_file_with_model,
    "read a folder": folder_of_files,
    "fit a frame": frames,
    "fit arrays": arrays,
}
