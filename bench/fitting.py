"""Memory and time of a fit of the recipe "standard" on a large table.

    python bench/fitting.py [--rows 500000] [--columns 30] [--epochs 2] [--runs 3] [--against SRC]

Each run is a process of its own. Its memory is the peak of the resident memory, less what was
resident after the imports: the table of the caller counts. With `--against`, the `src` folder of
another checkout, both are run in turn and their ratios are printed; that their predictions have the
same bits is checked first.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

SRC = Path(__file__).parents[1] / "src"

CHILD = """
import hashlib, json, resource, sys, time
import numpy as np
import glassnet
from glassnet.fitting import fit
import glassnet.engines
n, k, epochs = map(int, sys.argv[1:])
x = np.arange(200.0)
glassnet.fit({"x": x, "y": x > 99.5}, "y", glassnet.Plan(max_epochs=1))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
rng = np.random.default_rng(0)
X = rng.standard_normal((n, k), dtype=np.float32).astype(np.float64)
y = X[:, 0] + np.sin(X[:, 1]) + 0.5 * rng.standard_normal(n, dtype=np.float32) > 0.0
started = time.perf_counter()
model = fit(X, y, glassnet.Plan(recipe="standard", max_epochs=epochs, seed=0))
seconds = time.perf_counter() - started
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
bits = hashlib.sha256(model.predict_proba(X[:1000]).tobytes()).hexdigest()
print(json.dumps({"megabytes": (peak - before) / 1024, "seconds": seconds, "bits": bits}))
"""


def run(src: Path, rows: int, columns: int, epochs: int) -> dict[str, float]:
    """One fit in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(rows), str(columns), str(epochs)],
        env={**os.environ, "PYTHONPATH": str(src)},
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--columns", type=int, default=30)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--against", type=Path)
    given = parser.parse_args()
    sources = {"here": SRC} | ({"there": given.against} if given.against else {})
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in sources}
    for _ in range(given.runs):
        for name, src in sources.items():
            runs[name].append(run(src, given.rows, given.columns, given.epochs))
    if len({one["bits"] for own in runs.values() for one in own}) > 1:
        raise SystemExit("the predictions differ: nothing to compare.")
    medians = {
        name: {key: statistics.median(one[key] for one in own) for key in ("megabytes", "seconds")}
        for name, own in runs.items()
    }
    matrix = given.rows * given.columns * 4 / 2**20
    print(f"{given.rows:,} rows x {given.columns} columns: encoded {matrix:.0f} MB in float32")
    for name, found in medians.items():
        print(f"{name:6s} {found['megabytes']:8.0f} MB {found['seconds']:8.1f} s")
    if given.against:
        ratios = (medians["here"][key] / medians["there"][key] for key in ("megabytes", "seconds"))
        print("here / there: {:.2f} of the memory, {:.2f} of the time".format(*ratios))


if __name__ == "__main__":
    main()
