"""Microseconds that a training step takes, over a grid of eight networks: ours, PyTorch, JAX and
scikit-learn.

First every contender trains one epoch from the same weights over the same batches, and must end at
the mean loss of the reference engine. Then all are timed in turn, each in a process of its own,
asked each time for as many whole epochs as fill `SECONDS`. At the big cell the peak of a matrix
product is measured in the same turns.
"""

from __future__ import annotations

import statistics
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field

from cells import CELLS, Cell
from peers.scikit_learn import ScikitLearn
from report import figure, table
from workers import Worker

OURS = "glassnet"
PEERS = {
    OURS: "peers.ours:Ours",
    "PyTorch": "peers.pytorch:PyTorch",
    "JAX": "peers.jax:JAX",
    "scikit-learn": "peers.scikit_learn:ScikitLearn",
}
# no loop of training looks like it, since nothing can be seen or stopped on the way
AT_ONCE = "JAX, all epochs in one program"
THREADS = (None, 1)
SECONDS = 0.08  # of one call, one epoch at least
TURNS = (3, 7)  # at least and at most,
CELL_SECONDS = 8.0  # as many as this has room for
# a peer that takes so much longer with one number of threads than with the other is timed with the
# other alone
HOPELESS = 2.5
SIDE = 2048  # of the matrices whose product is the peak
AGREE = 1e-4  # relative difference of mean losses
# scikit-learn adds Adam's epsilon before the second moment is corrected, so that its first steps
# are a little shorter
AGREE_EPSILON = 1e-3
AGREE_DROPOUT = 0.1  # the masks differ from library to library

Contender = tuple[str, int | None]


@dataclass
class Times:
    """Microseconds of a step of each contender, one a round; and operations a second of a product,
    by library and threads."""

    steps: dict[Contender, list[float]]
    turns: int
    products: dict[Contender, list[float]] = field(default_factory=dict)

    def median(self, contender: Contender) -> float:
        """The middle of the rounds."""
        return statistics.median(self.steps[contender])

    def best(self, peer: str) -> Contender:
        """The peer with the number of threads that suits it better."""
        return min((found for found in self.steps if found[0] == peer), key=self.median)


def main() -> None:
    """Check and time every cell, or those named on the command line, and print the tables."""
    cells = [cell for cell in CELLS if not sys.argv[1:] or cell.name in sys.argv[1:]]
    with ExitStack() as stack:
        workers = {
            (name, n): stack.enter_context(Worker(kind, n))
            for name, kind in PEERS.items()
            for n in THREADS
        }
        blas = {n: stack.enter_context(Worker("peers.blas:BLAS", n)) for n in THREADS}
        reference = stack.enter_context(Worker("peers.ours:Reference", 1))
        times = {}
        for cell in cells:
            start = time.perf_counter()
            first = check(cell, workers, reference)
            checked = time.perf_counter()
            times[cell.name] = measure(cell, workers, blas if cell.name == "big" else {}, first)
            timed = time.perf_counter() - checked
            took = f"checked in {checked - start:.0f} s, timed in {timed:.0f} s"
            print(f"  {cell.name}: {took}", file=sys.stderr, flush=True)
    print(grid_table(cells, times))
    if "big" in times:
        print(peak_table(cells[-1], times["big"]))


def check(
    cell: Cell, workers: dict[Contender, Worker], reference: Worker
) -> dict[Contender, float]:
    """End the benchmark where a contender does not learn what the reference engine learns in the
    first epoch; return how long each took."""
    everyone = [reference, *workers.values()]
    for worker in everyone:
        worker.ask("prepare", cell)
    for worker in everyone:
        worker.answer()
    _, expected = reference.call("train", 1)
    took = {}
    for (name, threads), worker in workers.items():
        took[name, threads], loss = worker.call(
            "check" if name == "scikit-learn" else "train",
            *(() if name == "scikit-learn" else (1,)),
        )
        if name == "scikit-learn" and not ScikitLearn.same_shapes(cell):
            _, later = worker.call("train", 2)
            if not later < loss:
                sys.exit(
                    f"{cell.name}: the loss of {name} does not fall: {loss:.6f}, then {later:.6f}. "
                    "Nothing is timed."
                )
            continue
        bound = (
            AGREE_DROPOUT if cell.dropout else AGREE_EPSILON if name == "scikit-learn" else AGREE
        )
        if not abs(loss - expected) <= bound * expected:
            sys.exit(
                f"{cell.name}: after one epoch from the same weights over the same batches the "
                f"mean loss of {name} ({threads or 'default'} threads) is {loss:.7f}, of the "
                f"reference engine {expected:.7f}: more than {bound:g} apart. Nothing is timed."
            )
    return took


def measure(
    cell: Cell,
    workers: dict[Contender, Worker],
    blas: dict[int | None, Worker],
    first: dict[Contender, float],
) -> Times:
    """Time all in turn; `first` is how long each one's first epoch took."""
    calls: dict[Contender, tuple[Worker, str, int]] = {}
    for (name, threads), worker in workers.items():
        quickest = min(first[name, n] for n in THREADS)
        if name != OURS and first[name, threads] > max(2 * SECONDS, HOPELESS * quickest):
            continue
        calls[name, threads] = worker, "train", calibrate(worker, "train", first[name, threads])
        if name == "JAX" and calls[name, threads][2] > 1:
            calls[AT_ONCE, threads] = (
                worker,
                "train_at_once",
                calibrate(worker, "train_at_once", 0.0),
            )
    times = Times({contender: [] for contender in calls}, TURNS[1])
    began = time.perf_counter()
    for turn in range(1, TURNS[1] + 1):
        for contender, (worker, method, epochs) in calls.items():
            seconds, _ = worker.call(method, epochs)
            times.steps[contender].append(1e6 * seconds / (epochs * cell.steps))
        for threads, worker in [*blas.items(), *((n, workers["PyTorch", n]) for n in blas)]:
            for library, seconds in worker.call("multiply", SIDE, 3).items():
                times.products.setdefault((library, threads), []).append(2.0 * SIDE**3 / seconds)
        if turn >= TURNS[0] and time.perf_counter() - began > CELL_SECONDS:
            times.turns = turn
            break
    return times


def calibrate(worker: Worker, method: str, first: float) -> int:
    """The epochs that fill `SECONDS`; asked twice, since a short call is mostly the call itself."""
    epochs = 1
    if first > 2 * SECONDS:
        return epochs
    for _ in range(2):
        seconds, _ = worker.call(method, epochs)
        epochs = max(1, round(SECONDS / seconds * epochs))
        if epochs == 1:
            return epochs
    worker.call(method, epochs)  # the program of JAX for another number of epochs is another
    return epochs


def grid_table(cells: list[Cell], times: dict[str, Times]) -> str:
    """The grid, and in words where an aim is missed."""
    peers = [name for name in PEERS if name != OURS]
    rows, at_once, ahead, missed = [], [], [], []
    turns = [found.turns for found in times.values()]
    for cell in cells:
        found = times[cell.name]
        ours = found.median((OURS, None))
        row = [
            f"{cell.name}: {cell.shape}",
            f"{cell.rows:,}",
            str(cell.batch),
            figure(ours),
            figure(found.median((OURS, 1))),
        ]
        ratios = []
        for peer in peers:
            best = found.best(peer)
            ratio = found.median(best) / ours
            row.append(f"{figure(found.median(best))} {threads_of(best)}")
            ratios.append(f"{figure(ratio)} (≥ {cell.aims[peer]:g})")
            ahead += [f"{peer} at {cell.name}"] if ratio < 1.0 else []
            missed += (
                [f"{cell.name}: {peer} {figure(ratio)} of {cell.aims[peer]:g}"]
                if ratio < cell.aims[peer]
                else []
            )
        rows.append(row + ratios)
        if any(name == AT_ONCE for name, _ in found.steps):
            best = found.best(AT_ONCE)
            ratio = found.median(best) / ours
            at_once.append(
                f"{cell.name} {figure(found.median(best))} {threads_of(best)}, {figure(ratio)} "
                "times ours"
            )
            ahead += [f"{AT_ONCE}, at {cell.name}"] if ratio < 1.0 else []
    head = [
        "cell",
        "n",
        "batch",
        "ours",
        "ours, 1 thread",
        *peers,
        *(f"{peer} / ours (aim)" for peer in peers),
    ]
    return (
        f"Microseconds a step, medians of {min(turns)} to {max(turns)} turns; float32, whole "
        "shuffled epochs. Ours with\nthe default number of threads, which the ratios hold, and "
        "with one; each peer with whichever\nof one thread (1) and its default (all) is "
        f"quicker.\n\n{table(head, rows)}\n\n"
        f"{AT_ONCE} (where an epoch is short): {'; '.join(at_once) or 'not timed'}.\n\n"
        f"Peers ahead: {'; '.join(ahead) or 'none'}.\n\n"
        f"Aims missed: {'; '.join(missed) or 'none'}.\n"
    )


def threads_of(contender: Contender) -> str:
    """The number of threads behind a figure."""
    return f"({contender[1] or 'all'})"


def peak_table(cell: Cell, times: Times) -> str:
    """The peak of sgemm and the share of it that the big cell reaches."""
    rows = []
    for threads in (1, None):
        # A machine that others use too is measured by its medians: the best of all moments would be
        # held against a middling one.
        peaks = {
            library: statistics.median(found)
            for (library, n), found in times.products.items()
            if n == threads
        }
        reached = cell.multiplications / times.median((OURS, threads)) * 1e6
        best = max(peaks, key=lambda library: peaks[library])
        row = [figure(peaks[library] / 1e9) for library in peaks]
        rows.append(
            [
                "1" if threads else "all",
                *row,
                figure(reached / 1e9),
                f"{reached / peaks[best]:.0%} of {best}",
            ]
        )
    libraries = [library for library, n in times.products if n is None]
    head = ["threads", *libraries, f"ours, {cell.name}", "share of the best"]
    return (
        f"\nsgemm, two {SIDE} x {SIDE} matrices, in billions of operations a second, medians over "
        f"the same turns, and what a whole step\nof ours reaches at {cell.name} (counted: the "
        f"{cell.multiplications / 1e9:.3g} billion of its matrix products "
        f"alone):\n\n{table(head, rows)}\n"
    )


if __name__ == "__main__":
    main()
