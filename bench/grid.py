"""Microseconds that a training step takes, over a grid of networks: ours, PyTorch (eager and
compiled), JAX and scikit-learn.

First every contender trains some steps from the same weights over the same batches, and must have
the mean loss of the reference engine in them. Then all are timed in turn, each in a process of its
own, asked each time for as many whole epochs as fill `BUDGET.call`. At the big cell the peak of a
matrix product is measured in the same turns.

    python bench/grid.py [--quick] [cells...]
"""

from __future__ import annotations

import argparse
import sys
import time
from contextlib import ExitStack

from cells import CELLS
from contenders import COMPILED, KINDS, OURS, THREADS, Budget, check, installed, measure, start
from grid_tables import AT_ONCE, Peaks, grid_table, peak_table
from workers import Worker

BUDGET = Budget(call=0.08, cell=8.0, turns=(3, 7))
QUICK = Budget(call=0.01, cell=0.0, turns=(1, 1))  # to see that it runs
SIDE = 2048  # of the matrices whose product is the peak


def main() -> None:
    """Check and time every cell, or those named on the command line, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("cells", nargs="*")
    parser.add_argument("--quick", action="store_true", help="one short turn of each")
    given = parser.parse_args()
    cells = [cell for cell in CELLS if not given.cells or cell.name in given.cells]
    budget = QUICK if given.quick else BUDGET
    peers = [name for name in KINDS if name != OURS]
    here = installed(peers)
    notes = [f"Not installed here: {name}." for name in peers if name not in here]
    times, peaks = {}, Peaks()
    with ExitStack() as stack:
        workers = start(stack, [OURS], (None, 1)) | start(stack, here, THREADS)
        blas = {n: stack.enter_context(Worker("peers.blas:BLAS", n)) for n in (None, 1)}
        multiplying = [
            *blas.items(),
            *((n, workers["PyTorch", n]) for n in blas if "PyTorch" in here),
        ]
        reference = stack.enter_context(Worker("peers.ours:Reference", 1))

        def multiply() -> None:
            for threads, worker in multiplying:
                for library, seconds in worker.call("multiply", SIDE, 3).items():
                    peaks.add(library, threads, 2.0 * SIDE**3 / seconds)

        for cell in cells:
            began = time.perf_counter()
            first, failed = check(cell, workers, reference)
            notes += [f"{COMPILED} failed at {words}" for words in failed]
            ways = {contender: (workers[contender], "train") for contender in first}
            ways |= {
                (AT_ONCE, n): (worker, "train_at_once")
                for (name, n), worker in workers.items()
                if name == "JAX" and first[name, n] < budget.call
            }
            checked = time.perf_counter()
            beside = multiply if cell.name == "big" else lambda: None
            times[cell.name] = measure(cell, ways, first, budget, beside)
            timed = time.perf_counter() - checked
            took = f"checked in {checked - began:.0f} s, timed in {timed:.0f} s"
            print(f"  {cell.name}: {took}", file=sys.stderr, flush=True)
    print(grid_table(cells, times, here, notes))
    if "big" in times:
        print(peak_table(cells, times, peaks, SIDE))


if __name__ == "__main__":
    main()
