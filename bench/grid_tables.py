"""What the grid prints: the table of steps, what is missed, and the peak of a matrix product."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from cells import MANY_CORES, Cell
from contenders import OURS, Times, threads_of
from processor import cores
from report import figure, table

# no loop of training looks like it, since nothing can be seen or stopped on the way
AT_ONCE = "JAX, all epochs in one program"


class Peaks:
    """Operations a second of matrix products, one a turn, by library and threads."""

    def __init__(self) -> None:
        self.found: dict[tuple[str, int | None], list[float]] = {}

    def add(self, library: str, threads: int | None, rate: float) -> None:
        """Note one turn."""
        self.found.setdefault((library, threads), []).append(rate)

    def of(self, threads: int | None) -> dict[str, float]:
        """The medians with so many threads: the best of all moments would be held against a
        middling one of ours."""
        return {
            library: statistics.median(rates)
            for (library, n), rates in self.found.items()
            if n == threads
        }


def grid_table(
    cells: Sequence[Cell], times: dict[str, Times], peers: Sequence[str], notes: Sequence[str]
) -> str:
    """The grid, and in words where an aim is missed."""
    rows, at_once, ahead, missed = [], [], [], []
    for cell in cells:
        found, aim = times[cell.name], cell.aim(cores())
        ours = found.median((OURS, None))
        row = [f"{cell.name}: {cell.shape}", f"{cell.rows:,}", f"{cell.batch:,}"]
        row += [figure(ours), figure(found.median((OURS, 1)))]
        bests = [found.best(peer) for peer in peers if found.of(peer)]
        for peer in peers:
            of_peer = [best for best in bests if best[0] == peer]
            row += [f"{figure(found.median(best))} {threads_of(best)}" for best in of_peer]
            row += [] if of_peer else ["failed"]
        ratios = {best[0]: found.median(best) / ours for best in bests}
        ahead += [f"{peer} at {cell.name}" for peer, ratio in ratios.items() if ratio < 1.0]
        first = min(ratios, key=lambda peer: ratios[peer], default=None)
        row.append(f"{figure(ratios[first])} ({first})" if first else "")
        row.append(f"≥ {aim:g}" if aim else "")
        if first and aim and ratios[first] < aim:
            missed.append(f"{cell.name}: {first} {figure(ratios[first])} of {aim:g}")
        rows.append(row)
        if found.of(AT_ONCE):
            best = found.best(AT_ONCE)
            ratio = found.median(best) / ours
            shown = f"{figure(found.median(best))} {threads_of(best)}"
            at_once.append(f"{cell.name} {shown}, {figure(ratio)} times ours")
            ahead += [f"{AT_ONCE}, at {cell.name}"] if ratio < 1.0 else []
    head = ["cell", "n", "batch", "ours", "ours, 1 thread", *peers, "best peer / ours", "aim"]
    turns = sorted(len(steps) for found in times.values() for steps in found.steps.values())
    few = "16" if cores() >= MANY_CORES else "2"
    words = (
        f"Microseconds a step, medians of {turns[0]} to {turns[-1]} turns; float32, whole shuffled "
        "epochs. Ours with\nthe default number of threads, which the ratios hold, and with one; "
        "each peer with the number\nthat suits it best, of 1, 2 and its default (all), which "
        "stands behind it. torch.compile: the gather,\nthe forward and the backward pass and the "
        f"optimizer in one program. The aims are those for {few} cores."
    )
    lines = [
        words,
        table(head, rows),
        *notes,
        f"{AT_ONCE} (where an epoch is short): {'; '.join(at_once) or 'not timed'}.",
        f"Peers ahead: {'; '.join(ahead) or 'none'}.",
        f"Aims missed: {'; '.join(missed) or 'none'}.",
    ]
    return "\n\n".join(lines) + "\n"


def peak_table(cells: Sequence[Cell], times: dict[str, Times], products: Peaks, side: int) -> str:
    """The peak of sgemm and the share of it that the big cell reaches."""
    big = next(cell for cell in cells if cell.name == "big")
    rows = []
    for threads in (1, None):
        peaks = products.of(threads)
        reached = big.multiplications / times["big"].median((OURS, threads)) * 1e6
        best = max(peaks, key=lambda library: peaks[library])
        row = ["1" if threads else "all", *(figure(rate / 1e9) for rate in peaks.values())]
        rows.append([*row, figure(reached / 1e9), f"{reached / peaks[best]:.0%} of {best}"])
    head = ["threads", *products.of(None), "ours, big", "share of the best"]
    return (
        f"\nsgemm, two {side} x {side} matrices, in billions of operations a second, medians over "
        "the same turns, and what a whole step\nof ours reaches at big (counted: the "
        f"{big.multiplications / 1e9:.3g} billion of its matrix products alone):\n\n"
        f"{table(head, rows)}\n"
    )
