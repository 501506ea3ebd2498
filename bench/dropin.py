"""Time scikit-learn's perceptrons and ours with the same default parameters on six real tables.

Run as `python bench/dropin.py --data FOLDER`, or with the folder in the environment variable
GLASSNET_TABLES: NAME.csv.gz and NAME.json of each table. Everyone fits in a process of its own, in
turn, once on one thread and once left alone; after the first fit the weights and the losses of both
are compared. The process ends in an error where they differ or where scikit-learn is faster.
"""

from __future__ import annotations

import argparse
import math
import os
import statistics
import sys
from contextlib import ExitStack
from pathlib import Path

import numpy as np
from report import figure, table
from workers import Worker

TABLES = {  # and epochs, so that a fit takes scikit-learn a quarter of a second or more
    "german_credit": 100,
    "concrete": 100,
    "optdigits": 20,
    "california_housing": 8,
    "adult": 3,
    "diamonds": 3,
}
CONTENDERS = {"glassnet": "peers.tabular:Ours", "scikit-learn": "peers.tabular:Theirs"}
TURNS = 5
BOUND = 1e-8  # of the norm of the difference of weights, and of losses, over theirs


def main() -> None:
    """Check, then time, then print."""
    folder = folder_of_tables()
    if folder is None:
        print(
            "No folder of tables is named, by --data or in GLASSNET_TABLES: left out.",
            file=sys.stderr,
        )
        return
    rows, ratios, failed = [], {"1": [], "default": []}, []
    with ExitStack() as stack:
        workers = {
            (name, n): stack.enter_context(Worker(kind, n))
            for name, kind in CONTENDERS.items()
            for n in (1, None)
        }
        for name, epochs in TABLES.items():
            (shape,) = {worker.call("prepare", folder, name) for worker in workers.values()}
            apart = check(workers, epochs)
            if apart > BOUND:
                failed.append(f"{name}: the weights are {apart:.1e} apart")
                continue
            times = measure(workers, epochs)
            cells = [f"{name}: {shape[0]:,} x {shape[1]}, {epochs} epochs"]
            for threads, label in ((1, "1"), (None, "default")):
                ours, theirs = (times[contender, threads] for contender in CONTENDERS)
                ratios[label].append(theirs / ours)
                cells += [figure(1e3 * ours), figure(1e3 * theirs), f"{theirs / ours:.2f}"]
                failed += (
                    [f"{name}, threads {label}: {theirs / ours:.2f}"] if theirs <= ours else []
                )
            rows.append([*cells, f"{apart:.0e}"])
            print(f"  {name}", file=sys.stderr, flush=True)
    if rows:
        print(written(rows, ratios))
    if failed:
        sys.exit("; ".join(failed))


def written(rows: list[list[str]], ratios: dict[str, list[float]]) -> str:
    """The table and the geometric means."""
    head = [
        "",
        "ours, 1 thread",
        "theirs, 1 thread",
        "theirs / ours",
        "ours, default",
        "theirs, default",
        "theirs / ours",
        "apart",
    ]
    means = {
        label: math.exp(statistics.fmean(map(math.log, found))) for label, found in ratios.items()
    }
    return (
        f"Milliseconds a fit with default parameters, float64, medians of {TURNS} turns; apart is "
        "the norm of the largest difference\nof weights or losses over the "
        f"norm.\n\n{table(head, rows)}\n\nGeometric means of theirs / ours: {means['1']:.2f} with "
        f"one thread, {means['default']:.2f} with the default threads of each."
    )


def folder_of_tables() -> Path | None:
    """The folder that was named, if any."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data",
        default=os.environ.get("GLASSNET_TABLES"),
        help="folder of NAME.csv.gz and NAME.json",
    )
    folder = parser.parse_args().data
    if not folder:
        return None
    missing = [name for name in TABLES if not (Path(folder) / f"{name}.csv.gz").exists()]
    if missing:
        sys.exit(f"{folder} has no {', '.join(missing)}.")
    return Path(folder)


def check(workers: dict[tuple[str, int | None], Worker], epochs: int) -> float:
    """Fit once in each worker, as warm-up too, and return how far ours is from scikit-learn's."""
    learned = {}
    for key, worker in workers.items():
        worker.call("train", epochs)
        weights, losses = worker.call("learned")
        learned[key] = [*weights, np.array(losses)]
    expected = learned["scikit-learn", 1]
    return max(
        float(np.linalg.norm(a - b) / np.linalg.norm(b))
        for found in learned.values()
        for a, b in zip(found, expected, strict=True)
    )


def measure(
    workers: dict[tuple[str, int | None], Worker], epochs: int
) -> dict[tuple[str, int | None], float]:
    """The median seconds of a fit of each, taken in turn."""
    times: dict[tuple[str, int | None], list[float]] = {key: [] for key in workers}
    for _ in range(TURNS):
        for key, worker in workers.items():
            times[key].append(worker.call("train", epochs))
    return {key: statistics.median(found) for key, found in times.items()}


if __name__ == "__main__":
    main()
