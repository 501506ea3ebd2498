"""How members and predictions of many rows use the cores: milliseconds of an epoch and of a
prediction with 1, 2, 4, 8 and 16 threads, as many as there are cores.

Every number of threads has to give the same bits before its time counts.

    python bench/members.py
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace

import engine_build

if __name__ == "__main__" and engine_build.missing():
    sys.path.insert(0, str(engine_build.build()))

import numpy as np
from processor import cores
from report import figure, table

import glassnet
from glassnet import Dense, Network, Plan
from glassnet.engines import make_engine
from glassnet.losses import Squared
from glassnet.training.recipes import STANDARD_FOR_NUMBERS

NUMBERS = tuple(sorted({n for n in (1, 2, 4, 8, 16) if n <= cores()} | {cores()}))
ROWS, COLUMNS, MANY = 8_000, 30, 1_000_000
MEMBERS = (8, 3)
WIDTHS = (256, 256, 256)
EPOCHS = 5
TURNS = 3


def main() -> None:
    """Time all, in turn, and print the table."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((ROWS, COLUMNS))
    y = np.sin(X[:, 0]) + X[:, 1] * X[:, 2]
    times: dict[tuple[str, int], list[float]] = {}
    answers: dict[str, bytes] = {}

    def note(name: str, n: int, milliseconds: float, answer: bytes) -> None:
        if answers.setdefault(name, answer) != answer:
            sys.exit(f"{name}, {n} threads: other bits than with {NUMBERS[0]}. Nothing is timed.")
        times.setdefault((name, n), []).append(milliseconds)

    for _ in range(TURNS):
        for n in NUMBERS:
            for members in MEMBERS:
                note(f"an epoch of {members} members", n, *epoch(X, y, members, n))
            note(f"a prediction of {MANY:,} rows", n, *prediction(n))
        print("  a turn", file=sys.stderr, flush=True)
    rows = []
    for name in answers:
        least = [min(times[name, n]) for n in NUMBERS]
        rows.append([name, *map(figure, least), figure(least[0] / least[-1])])
    head = ["", *(f"{n} threads" if n > 1 else "1 thread" for n in NUMBERS), "1 / all"]
    print(
        f"Milliseconds, the least of {TURNS} turns; float32, {COLUMNS} columns, hidden layers of "
        f"{', '.join(map(str, WIDTHS))} units,\n{ROWS:,} rows in an epoch, all with the encoding "
        f"and settings of the recipe `standard`.\n\n{table(head, rows)}"
    )


def epoch(X: np.ndarray, y: np.ndarray, members: int, n_threads: int) -> tuple[float, bytes]:
    """What an epoch takes beyond the first one, and the predictions of the trained model."""
    seconds = []
    for epochs in (1, EPOCHS):
        recipe = replace(
            STANDARD_FOR_NUMBERS, members=members, hidden_layer_sizes=WIDTHS, min_epochs=1
        )
        plan = Plan(recipe=recipe, max_epochs=epochs, n_threads=n_threads)
        start = time.perf_counter()
        model = glassnet.fit(X, y, plan)
        seconds.append(time.perf_counter() - start)
    return 1e3 * (seconds[1] - seconds[0]) / (EPOCHS - 1), np.asarray(model.predict(X)).tobytes()


def prediction(n_threads: int) -> tuple[float, bytes]:
    """The raw scores of many rows by one network."""
    X = np.random.default_rng(1).standard_normal((MANY, COLUMNS), np.float32)
    network = Network([*(Dense(n, "relu") for n in WIDTHS), Dense(1)], COLUMNS, seed=0)
    engine = make_engine("native", network, Squared(), n_threads=n_threads)
    engine.predict(X[:1000])
    start = time.perf_counter()
    scores = engine.predict(X)
    return 1e3 * (time.perf_counter() - start), scores.tobytes()


if __name__ == "__main__":
    main()
