"""Microseconds that a training step takes with 1, 2, 4, 8 and 16 threads, as many as there are
cores, and with the default, which is to be as good as the best of them; peers beside.

All are checked first, then timed in turn, as in bench/grid.py. It needs NumPy and threadpoolctl;
where glassnet is not installed, the engine is built from this checkout with cmake, nanobind and a
compiler, so that it runs on a machine without network:

    python bench/cores.py [--seconds 180] [--peers PyTorch JAX ...] [cells...]
"""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack

import engine_build

if __name__ == "__main__" and engine_build.missing():  # not in the processes that it starts
    sys.path.insert(0, str(engine_build.build()))

from cells import CELLS, Cell
from contenders import (
    COMPILED,
    KINDS,
    OURS,
    Budget,
    Times,
    check,
    installed,
    measure,
    start,
    threads_of,
)
from processor import cores, software, title
from report import figure, table
from workers import Worker

NUMBERS = tuple(sorted({n for n in (1, 2, 4, 8, 16) if n <= cores()} | {cores()}))
ANEW = "glassnet, new engine"
AIM = 1.05  # default / best fixed number
CALL = 0.05  # seconds of one call, one epoch at least
TURNS = (3, 9)


def main() -> None:
    """Check and time, and print the table."""
    peers = [name for name in KINDS if name != OURS]
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("cells", nargs="*")
    parser.add_argument("--seconds", type=float, default=180.0, help="of all that is timed")
    parser.add_argument(
        "--peers",
        nargs="*",
        choices=peers,
        help=f"those to time too; with more than 2 cores all that are installed but {COMPILED}, "
        "which takes minutes to compile; with 2 none, for the grid has them",
    )
    given = parser.parse_args()
    eager = [name for name in peers if name != COMPILED]
    asked = given.peers if given.peers is not None else eager if cores() > 2 else []
    here = installed(asked)
    cells = [cell for cell in CELLS if not given.cells or cell.name in given.cells]
    budget = Budget(CALL, given.seconds / len(cells), TURNS)
    notes = [f"Not installed here: {name}." for name in asked if name not in here]
    print(f"{title()}; {software()}", file=sys.stderr, flush=True)
    times = {}
    with ExitStack() as stack:
        workers = start(stack, [OURS], (None, *NUMBERS)) | start(stack, here, NUMBERS)
        reference = stack.enter_context(Worker("peers.ours:Reference", 1))
        for cell in cells:
            first, failed = check(cell, workers, reference)
            notes += [f"{COMPILED} failed at {words}" for words in failed]
            ways = {contender: (workers[contender], "train") for contender in first}
            ways[ANEW, None] = workers[OURS, None], "train_anew"
            times[cell.name] = measure(cell, ways, first, budget)
            print(f"  {cell.name}", file=sys.stderr, flush=True)
    print(written(cells, times, here, notes))


def written(cells: list[Cell], times: dict[str, Times], peers: list[str], notes: list[str]) -> str:
    """The table, and in words which aims are missed."""
    rows, missed = [], []
    for cell in cells:
        found, aim = times[cell.name], cell.aim(cores())
        fixed = [found.median((OURS, n)) for n in NUMBERS]
        default, anew = found.median((OURS, None)), found.median((ANEW, None))
        row = [f"{cell.name}: {cell.shape} / {cell.batch:,}", *map(figure, fixed)]
        for way, value in (("default", default), ("new engine", anew)):
            ratio = value / min(fixed)
            row += [figure(value), f"{ratio:.2f}"]
            missed += [f"{cell.name}, {way}: {ratio:.2f} of {AIM:g}"] if ratio > AIM else []
        bests = [found.best(peer) for peer in peers if found.of(peer)]
        if peers:
            best = min(bests, key=found.median)
            ratio = found.median(best) / default
            row += [f"{figure(found.median(best))}, {best[0]} {threads_of(best)}", figure(ratio)]
            row.append(f"≥ {aim:g}" if aim else "")
            missed += [f"{cell.name}: {ratio:.2f} of {aim:g}"] if aim and ratio < aim else []
        rows.append(row)
    head = ["cell / batch", *(f"{n} threads" if n > 1 else "1 thread" for n in NUMBERS)]
    head += ["default", "/ best", "new engine", "/ best"]
    head += ["best peer", "/ default", "aim"] if peers else []
    turns = sorted(len(steps) for found in times.values() for steps in found.steps.values())
    words = (
        f"Microseconds a step, medians of {turns[0]} to {turns[-1]} turns; float32, whole shuffled "
        "epochs. / best: over the best\nfixed number of threads, aim at most "
        f"{AIM:g}. New engine: the default of an engine made anew for every turn, after its\nfirst "
        "tenth of a second. A peer has the number of threads behind it, its best."
    )
    last = f"Aims missed: {'; '.join(missed) or 'none'}."
    return "\n\n".join([words, table(head, rows), *notes, last]) + "\n"


if __name__ == "__main__":
    main()
