"""The bench of broken runs: how often the diagnosis names the planted fault, and nothing else.

Run as `python bench/diagnose/run.py setting` (what the thresholds were set on) or `... reporting`
(other tables, magnitudes and networks, run after the thresholds were committed). A line for each
run is written to bench/diagnose/HALF.csv, and the summary is printed.

A verdict is right if its code is that of the planted fault. Every other verdict, of any severity,
is wrong, in broken and in healthy runs; what a diagnosis itself calls a consequence of another
verdict does not count.
"""

from __future__ import annotations

import csv
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from faults import ANY, CLASSES, COLUMNS, COMBINED, FAULTS, NUMBERS, Fault
from matrix import Line, summary
from runs import Setup, diagnosed, healthy
from tables import REPORTING, SETTING, Tables, table_named

HERE = Path(__file__).parent
RUNS_PER_FAULT, RUNS_PER_PAIR, HEALTHY = 9, 4, 150
HALVES = {"setting": (SETTING, 1_000), "reporting": (REPORTING, 50_000)}


def lines(half: str, only: str = "", *, verbose: bool = False) -> list[Line]:
    """Make all runs of a half, or those of one fault."""
    tables, first_seed = HALVES[half]
    found = []

    def done(planted: tuple[str, ...], fatal: bool, run: Setup, size: float, seed: int, d) -> None:
        line = Line.of(half, planted, fatal, run.data.name, size, seed, d)
        found.append(line)
        if verbose:
            print(line, *d.verdicts, sep="\n   ")

    for number, (name, fault) in enumerate(FAULTS.items()):
        if only not in ("", name):
            continue
        fitting = _fitting(tables, fault)
        for i in range(RUNS_PER_FAULT):
            seed, size = first_seed + 100 * number + i, _size(fault, half, i)
            run = _healthy(half, fitting, seed, i)
            done((fault.code,), fault.fatal, run, size, seed, fault.plant(run, size))
    for number, (first, second) in enumerate(COMBINED[half] if only in ("", "combined") else ()):
        fault, codes = FAULTS[second], (FAULTS[first].code, FAULTS[second].code)
        for i in range(RUNS_PER_PAIR):
            seed, size = first_seed + 5_000 + 100 * number + i, _size(fault, half, i)
            run = _healthy(half, list(tables), seed, i)
            worse = COLUMNS[first](run, _size(FAULTS[first], half, i))
            done(codes, fault.fatal, run, size, seed, fault.plant(worse, size))
    for i in range(HEALTHY if only in ("", "healthy") else 0):
        seed = first_seed + 10_000 + i
        run = _healthy(half, list(tables), seed, i)
        done((), False, run, 0.0, seed, diagnosed(run))
    return found


def _fitting(tables: Tables, fault: Fault) -> list[str]:
    """Return the tables that a fault can be planted in."""
    return [t for t, (_, classes) in tables.items() if fault.target in (ANY, _kind(classes))]


def _kind(classes: bool) -> str:
    return CLASSES if classes else NUMBERS


def _size(fault: Fault, half: str, i: int) -> float:
    sizes: tuple[float, ...] = getattr(fault, half)
    return sizes[i % len(sizes)]


def _healthy(half: str, names: list[str], seed: int, i: int) -> Setup:
    return healthy(half, table_named(names[i % len(names)], seed), np.random.default_rng(seed), i)


def main() -> None:
    """Run a half; write a line for each run, and print the summary."""
    half, *only = sys.argv[1:]
    started = time.perf_counter()
    found = lines(half, *only, verbose=bool(only))
    if not only:
        with (HERE / f"{half}.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(Line.FIELDS)
            writer.writerows(line.row() for line in found)
    print(summary(found))
    print(f"\n{len(found)} runs in {time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
