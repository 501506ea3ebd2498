"""What the phases of a training step cost on our engine, one thread: gather, forward, loss,
backward, optimizer.

Seen from Python: the forward pass is `predict` of a batch; the loss is `loss_and_gradient` of a
network that only passes its input on; the backward pass is what `loss_and_gradient` takes beyond
both; the optimizer is `update`; and the gather is what a step of `run` takes beyond all of these,
so that it holds whatever else a step does, and falls below zero where `run` saves something. What
an empty call takes is subtracted. Here the least of the turns counts: differences of medians would
be mostly the machine's other work.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from cells import CELLS, Cell
from peers.ours import Ours
from report import figure, table

from glassnet import Activation, Network
from glassnet.engines import make_engine

PHASES = ("gather and the rest", "forward", "loss", "backward", "optimizer")
TURNS = 7
SECONDS = 0.02  # of the calls of one turn
Measured = Callable[[], float]  # measures once, in microseconds

FROM = 20.0  # microseconds of a step; below, the noise of a call from Python is as large as a phase


def main() -> None:
    """Measure every cell that is large enough, and print the table."""
    overhead = least(calls(Cell("empty", (1, 1), 1, 1)))
    columns, left_out = {}, []
    for cell in CELLS:
        step = least({"step": step_of(cell)})["step"]
        if step < FROM:
            left_out.append(f"{cell.name} ({figure(step)} a step)")
            continue
        columns[cell.name] = phases(cell, overhead)
        print(f"  {cell.name}", file=sys.stderr, flush=True)
    rows = [
        [
            phase,
            *(
                f"{figure(found[phase])} ({found[phase] / sum(found.values()):.0%})"
                for found in columns.values()
            ),
        ]
        for phase in PHASES
    ]
    rows.append(["a step", *(figure(sum(found.values())) for found in columns.values())])
    empty_words = ", ".join(f"{name} {figure(value)}" for name, value in overhead.items())
    print(
        f"Microseconds, the least of {TURNS} turns, one thread. Forward is `predict` of a batch; "
        "loss is `loss_and_gradient` of a\nnetwork that passes its input on; backward is the rest "
        "of `loss_and_gradient`; optimizer is `update`; the first row is what a\nstep of `run` "
        "takes beyond these, below zero where `run` saves something that the single calls do.\nAn "
        f"empty call, subtracted: {empty_words}.\nToo short to be split from Python: "
        f"{', '.join(left_out) or 'none'}.\n\n{table(['phase', *columns], rows)}"
    )


def phases(cell: Cell, overhead: dict[str, float]) -> dict[str, float]:
    """Microseconds of each phase of a full batch."""
    found = least({"step": step_of(cell), "loss": loss_alone(cell)} | calls(cell))
    both, update = found["gradient"] - overhead["gradient"], found["update"] - overhead["update"]
    forward, loss = (
        found["predict"] - overhead["predict"],
        max(found["loss"] - overhead["gradient"], 0.0),
    )
    return dict(
        zip(
            PHASES,
            (found["step"] - both - update, forward, loss, both - forward - loss, update),
            strict=True,
        )
    )


def step_of(cell: Cell) -> Measured:
    """A step in `run`; the rows are cut to whole batches."""
    ours = Ours(1)
    ours.prepare(replace(cell, rows=min(cell.rows // cell.batch * cell.batch, 20 * cell.batch)))
    seconds = min(ours.train(1)[0] for _ in range(2))
    epochs = max(1, round(SECONDS / seconds))
    return lambda: 1e6 * ours.train(epochs)[0] / (epochs * ours.cell.steps)


def calls(cell: Cell) -> dict[str, Measured]:
    """The calls whose differences are the phases, for one full batch."""
    X, y = cell.data()
    network, loss = cell.network(), cell.loss()
    engine = make_engine("auto", network, loss, cell.optimizer(), n_threads=1)
    X, y = X[: cell.batch], loss.prepare(y[: cell.batch], network.n_outputs, np.float32)
    return {
        "predict": repeated(lambda: engine.predict(X)),
        "gradient": repeated(lambda: engine.loss_and_gradient(X, y)),
        "update": repeated(
            lambda: engine.update(1e-6)
        ),  # small, for the same gradient comes again and again
    }


def loss_alone(cell: Cell) -> Measured:
    """The loss of a full batch without a network: an identity that has no parameters."""
    loss, k = cell.loss(), cell.widths[-1]
    engine = make_engine("auto", Network([Activation("identity")], k), loss, n_threads=1)
    Z = np.random.default_rng(0).standard_normal((cell.batch, k), dtype=np.float32)
    y = loss.prepare(cell.data()[1][: cell.batch], k, np.float32)
    return repeated(lambda: engine.loss_and_gradient(Z, y))


def repeated(call: Callable[[], object]) -> Measured:
    """The microseconds of a call, from as many as fill `SECONDS`."""

    def measure() -> float:
        n, start = 0, time.perf_counter()
        while (seconds := time.perf_counter() - start) < SECONDS:
            call()
            n += 1
        return 1e6 * seconds / n

    return measure


def least(timed: dict[str, Measured]) -> dict[str, float]:
    """The least microseconds of each, taken in turn."""
    turns = [{name: measure() for name, measure in timed.items()} for _ in range(TURNS)]
    return {name: min(turn[name] for turn in turns) for name in timed}


if __name__ == "__main__":
    main()
