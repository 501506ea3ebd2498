"""Time and memory to read, encode and predict for a large CSV, beside pyarrow's own reading.

The file has a million rows and twenty columns.

Run as `python bench/reading.py`; each measurement is a process of its own. The process ends in an
error where a result is wrong, where reading takes more than `TIMES` as long or `MEMORY` as much as
pyarrow's reading, or where the memory of a prediction grows with the rows.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from report import table

ROWS = 1_000_000
RUNS = 3
TIMES = 3.0
MEMORY = 2.5  # the peak, beside that of pyarrow, which holds its table
# MB by which four times the rows may raise the peak of a prediction: their predictions, 4 bytes
# each, and noise
GROWTH = 48

MEASURE = """
import json, sys, time
def peak():
    with open("/proc/self/status") as status:
        return int(next(line for line in status if line.startswith("VmHWM")).split()[1]) / 1024
path = sys.argv[1]
{before}
begun = peak()
started = time.perf_counter()
{work}
seconds = time.perf_counter() - started
print(json.dumps({{"seconds": seconds, "megabytes": peak() - begun, "result": result}}))
"""
PYARROW = ("import pyarrow.csv", "table = pyarrow.csv.read_csv(path)\nresult = table.num_rows")
READ = (
    "import pyarrow.csv\nfrom glassnet.data.files.read import read_table",
    (
        "table = read_table(path)\nresult = [table.n_rows, [float(table.column(f'x{i}').sum()) for "
        "i in (0, 11)]]"
    ),
)
ENCODE = (
    (
        "from glassnet.data.files.read import read_table\nfrom glassnet.data.coding.encoder import "
        "Encoder\ntable = read_table(path)"
    ),
    "X = Encoder.fit(table).encode(table)\nresult = X.shape",
)
PREDICT = (
    "import glassnet\nmodel = glassnet.load(sys.argv[2])\nmodel.predict(sys.argv[3])",
    "scores = model.predict(path)\nresult = [len(scores), float(scores.mean())]",
)


def write(path: Path, rows: int) -> np.ndarray:
    """Write a table of twelve numbers, five categories, a boolean and two dates; return numbers."""
    rng = np.random.default_rng(0)
    numbers = rng.normal(100.0, 15.0, (rows, 12)).round(3)
    numbers[:, 6:] = numbers[:, 6:].round()
    levels = [
        np.array([f"{name}{i}" for i in range(size)])
        for name, size in zip("abcde", (2, 3, 5, 10, 30), strict=True)
    ]
    others = [level[rng.integers(0, len(level), rows)] for level in levels] + [
        np.where(rng.random(rows) < 0.3, "true", "false")
    ]
    day = np.datetime64("2020-01-01") + rng.integers(0, 2_000, rows)
    moment = np.datetime64("2020-01-01T00:00:00") + rng.integers(0, 10**8, rows)
    others += [day.astype(str), np.char.replace(moment.astype(str), "T", " ")]
    with path.open("w", encoding="utf-8") as file:
        file.write(
            ",".join([*(f"x{i}" for i in range(12)), *"abcde", "sick", "day", "moment"]) + "\n"
        )
        columns = [*(column.astype(str) for column in numbers.T), *others]
        file.write(
            "\n".join(map(",".join, zip(*(column.tolist() for column in columns), strict=True)))
            + "\n"
        )
    return numbers


def measure(parts: tuple[str, str], *arguments: Path) -> dict[str, object]:
    """The quickest of several cold processes, and the largest of their peaks."""
    code = MEASURE.format(before=parts[0], work=parts[1])
    runs = []
    for _ in range(RUNS):
        done = subprocess.run(
            [sys.executable, "-c", code, *map(str, arguments)],
            check=True,
            capture_output=True,
            text=True,
        )
        runs.append(json.loads(done.stdout))
    return {
        **min(runs, key=lambda run: run["seconds"]),
        "megabytes": max(run["megabytes"] for run in runs),
    }


def main() -> None:
    """Check, then measure, then print."""
    import glassnet

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = {rows: folder / f"{rows}.csv" for rows in (2_000, ROWS // 4, ROWS)}
        numbers = [write(path, rows) for rows, path in paths.items()][-1]
        size = paths[ROWS].stat().st_size / 2**20
        seen, y = glassnet.inspect_table(paths[2_000]), np.random.default_rng(1).normal(size=2_000)
        assert [column.kind for column in seen.columns] == ["number"] * 12 + ["category"] * 5 + [
            "boolean"
        ] + ["datetime"] * 2
        from glassnet.data.files.read import read_table

        glassnet.fit(
            read_table(paths[2_000]), y, glassnet.Plan(hidden_layer_sizes=(32,), max_epochs=1)
        ).save(folder / "m.glassnet")

        arrow, read, encoded = (measure(parts, paths[ROWS]) for parts in (PYARROW, READ, ENCODE))
        assert read["result"][0] == arrow["result"] == ROWS
        np.testing.assert_allclose(read["result"][1], numbers[:, [0, 11]].sum(axis=0))
        few, many = (
            measure(PREDICT, paths[rows], folder / "m.glassnet", paths[2_000])
            for rows in (ROWS // 4, ROWS)
        )
        assert many["result"][0] == ROWS

        lines = {"pyarrow read_csv": arrow, "glassnet read_table": read, "glassnet encode": encoded}
        lines |= {
            f"glassnet predict, {ROWS // 4:,} rows": few,
            f"glassnet predict, {ROWS:,} rows": many,
        }
        rows = []
        for what, found in lines.items():
            ratios = [f"{found[key] / arrow[key]:.2f}" for key in ("seconds", "megabytes")]
            rows.append([what, f"{found['seconds']:.2f}", f"{found['megabytes']:.0f}", *ratios])
        print(
            f"{ROWS:,} rows, 20 columns, {size:.0f} MB of CSV; best of {RUNS}; memory is the rise "
            "of the peak.\n"
        )
        print(table(["", "seconds", "MB", "time / pyarrow", "memory / pyarrow"], rows))
        wrong = []
        wrong += ["reading is too slow"] if read["seconds"] > TIMES * arrow["seconds"] else []
        wrong += (
            ["reading takes too much memory"]
            if read["megabytes"] > MEMORY * arrow["megabytes"]
            else []
        )
        wrong += (
            ["the memory of a prediction grows with the rows"]
            if many["megabytes"] - few["megabytes"] > GROWTH
            else []
        )
        if wrong:
            sys.exit("; ".join(wrong))


if __name__ == "__main__":
    main()
