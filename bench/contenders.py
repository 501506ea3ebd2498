"""Who trains in the benchmarks: ours and the peers that are installed here, each with several
numbers of threads; how they are checked against the reference engine, and timed in turn."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.util import find_spec

from cells import Cell
from processor import cores
from workers import Worker

OURS = "glassnet"
COMPILED = "torch.compile"
KINDS = {
    OURS: "peers.ours:Ours",
    "PyTorch": "peers.pytorch:PyTorch",
    COMPILED: "peers.pytorch:Compiled",
    "JAX": "peers.jax:JAX",
    "scikit-learn": "peers.scikit_learn:ScikitLearn",
}
MODULES = {"PyTorch": "torch", COMPILED: "torch", "JAX": "jax", "scikit-learn": "sklearn"}
THREADS = (None, 1, 2) if cores() > 2 else (None, 1)
# a contender that takes so much longer with one number of threads than with another is timed with
# the other alone
HOPELESS = 2.5
AGREE = 1e-4  # relative difference of mean losses
# scikit-learn adds Adam's epsilon before the second moment is corrected, so that its first steps
# are a little shorter
AGREE_EPSILON = 1e-3
AGREE_DROPOUT = 0.1  # the masks differ from library to library

Contender = tuple[str, int | None]
Way = tuple[Worker, str]  # and the method that trains


@dataclass(frozen=True)
class Budget:
    """How long one call lasts, one epoch at least; how long a cell is timed; how many turns are
    made, at least and at most."""

    call: float
    cell: float
    turns: tuple[int, int]


class Times:
    """Microseconds of a step of each contender, one a turn."""

    def __init__(self, contenders: Iterable[Contender]) -> None:
        self.steps: dict[Contender, list[float]] = {contender: [] for contender in contenders}

    def median(self, contender: Contender) -> float:
        """The middle of the turns."""
        return statistics.median(self.steps[contender])

    def of(self, name: str) -> list[Contender]:
        """The contenders of a name."""
        return [found for found in self.steps if found[0] == name]

    def best(self, name: str) -> Contender:
        """The number of threads that suits it best."""
        return min(self.of(name), key=self.median)


def installed(names: Iterable[str]) -> list[str]:
    """The peers whose library is here."""
    return [name for name in names if find_spec(MODULES[name])]


def start(
    stack: ExitStack, names: Iterable[str], threads: Iterable[int | None]
) -> dict[Contender, Worker]:
    """A process for each name and number of threads."""
    return {
        (name, n): stack.enter_context(Worker(KINDS[name], n)) for n in threads for name in names
    }


def check(
    cell: Cell, workers: dict[Contender, Worker], reference: Worker
) -> tuple[dict[Contender, float], list[str]]:
    """How long an epoch of each contender took, and in words which could not be compiled.

    The benchmark ends where a contender does not learn what the reference engine learns from the
    same batches.
    """
    everyone = [reference, *workers.values()]
    for worker in everyone:
        worker.ask("prepare", cell)
    reference.answer()
    failed, took = [], {}
    for contender, worker in workers.items():
        try:
            worker.answer()
            took[contender] = 0.0
        except RuntimeError as error:
            if contender[0] != COMPILED:
                raise
            first = str(error).partition("\n")[0][:200]
            failed.append(f"{cell.name} {threads_of(contender)}: {first}")
    expected = reference.call("check")
    for name, threads in took:
        worker = workers[name, threads]
        scikit_learn = name == "scikit-learn"
        loss = worker.call("check")
        took[name, threads], later = worker.call("train", 1)
        who = f"{cell.name}: {name} ({threads or 'default'} threads)"
        if scikit_learn and not cell.in_scikit_learn:
            if not later < loss:
                sys.exit(
                    f"{who}: the mean loss does not fall: {loss:.6f}, then {later:.6f}. Nothing is "
                    "timed."
                )
            continue
        bound = AGREE_DROPOUT if cell.dropout else AGREE_EPSILON if scikit_learn else AGREE
        if not abs(loss - expected) <= bound * expected:
            sys.exit(
                f"{who}: after the same batches from the same weights the mean loss is {loss:.7f}, "
                f"of the reference engine {expected:.7f}: more than {bound:g} apart. Nothing is "
                "timed."
            )
    return took, failed


def measure(
    cell: Cell,
    ways: dict[Contender, Way],
    first: dict[Contender, float],
    budget: Budget,
    beside: Callable[[], None] = lambda: None,
) -> Times:
    """Time all in turn; `first` is how long an epoch of each takes, where that is known, and
    `beside` is called once a turn."""
    calls = {}
    for contender, (worker, method) in ways.items():
        took = first.get(contender, 0.0)
        quickest = min([took, *(first[other] for other in first if other[0] == contender[0])])
        if contender[0] == OURS or took <= max(2 * budget.call, HOPELESS * quickest):
            calls[contender] = worker, method, calibrate(worker, method, took, budget.call)
    times = Times(calls)
    least, most = budget.turns
    began = time.perf_counter()
    for turn in range(1, most + 1):
        for contender, (worker, method, epochs) in calls.items():
            seconds, _ = worker.call(method, epochs)
            times.steps[contender].append(1e6 * seconds / (epochs * cell.steps))
        beside()
        if turn >= least and time.perf_counter() - began > budget.cell:
            break
    return times


def calibrate(worker: Worker, method: str, first: float, wanted: float) -> int:
    """The epochs that fill so many seconds; asked twice, since a short call is mostly the call
    itself."""
    epochs = 1
    if first > 2 * wanted:
        return epochs
    for _ in range(2):
        seconds, _ = worker.call(method, epochs)
        epochs = max(1, round(wanted / seconds * epochs))
        if epochs == 1:
            return epochs
    worker.call(method, epochs)  # the program of JAX for another number of epochs is another
    return epochs


def threads_of(contender: Contender) -> str:
    """The number of threads behind a figure."""
    return f"({contender[1] or 'all'})"
