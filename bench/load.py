"""Training while another process keeps a core busy: the default number of threads against one
thread, ours and the peers.

A child process spins on one core. Everyone trains whole epochs in a process of its own, in turn,
once asked for one thread and once left alone: ours all networks that have an aim, the peers some of
them; matrix products of NumPy stand beside.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import replace

from cells import CELLS
from contenders import KINDS, OURS
from report import figure, table
from workers import Worker

TRAINED = {name: KINDS[name] for name in (OURS, "PyTorch", "scikit-learn")}
PRODUCTS = "NumPy matmul"
OF_PEERS = ("small", "wide", "mid")
SIDES = (128, 512)
STEPS = 16  # of an epoch; whole epochs of a peer that collapses would take minutes
TURNS = 3
SECONDS = 0.06  # of one call on one thread, one epoch at least
AIM = 1.2


def main() -> None:
    """Time everything with and without load, and print the tables."""
    rows = []
    trained = [replace(cell, rows=STEPS * cell.batch) for cell in CELLS if cell.aims]
    with ExitStack() as stack:
        for name, kind in (TRAINED | {PRODUCTS: "peers.blas:BLAS"}).items():
            one, default = (stack.enter_context(Worker(kind, n)) for n in (1, None))
            works = [cell for cell in trained if name == OURS or cell.name in OF_PEERS]
            for work in SIDES if name == PRODUCTS else works:
                if isinstance(work, int):
                    words, steps, size = f"{name}, {work} x {work}", 1, (work,)
                else:
                    words, steps, size = f"{name}, {work.name}", work.steps, ()
                    for worker in (one, default):
                        worker.call("prepare", work)
                rows.append(measure(words, one, default, size, steps))
                print(f"  {words}", file=sys.stderr, flush=True)
    head = [
        "",
        "1 thread",
        "default",
        "default / 1",
        "1 thread, loaded",
        "default, loaded",
        "default / 1, loaded",
    ]
    print(
        f"Microseconds a step or product, medians of {TURNS} turns; loaded: while another process "
        "spins on one of the cores.\nAim for ours, loaded: default / 1 at most "
        f"{AIM:g}.\n\n{table(head, rows)}"
    )


def measure(
    words: str, one: Worker, default: Worker, size: tuple[int, ...], steps: int
) -> list[str]:
    """A row of the table."""
    n = 1
    for _ in range(2):
        n = max(1, round(SECONDS / seconds(one.call("train", *size, n)) * n))
    default.call("train", *size, 1)
    cells = [words]
    for state in (nullcontext, spinning):
        times: dict[Worker, list[float]] = {one: [], default: []}
        with state():
            for _ in range(TURNS):
                for worker, found in times.items():
                    found.append(1e6 * seconds(worker.call("train", *size, n)) / (n * steps))
        a, b = (statistics.median(found) for found in times.values())
        cells += [figure(a), figure(b), f"{b / a:.2f}"]
    return cells


def seconds(answer: float | tuple[float, float]) -> float:
    """The seconds in a worker's answer, which may be followed by a loss."""
    return answer[0] if isinstance(answer, tuple) else answer


@contextmanager
def spinning() -> Iterator[None]:
    """A process that keeps one core busy, the last that this one may use."""
    last = max(os.sched_getaffinity(0))
    pinned = f"import os; os.sched_setaffinity(0, {{{last}}}); print(flush=True)"
    code = f"{pinned}\nwhile True: pass"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as child:
        assert child.stdout
        child.stdout.readline()  # it spins from here on
        try:
            yield
        finally:
            child.kill()


if __name__ == "__main__":
    main()
