"""The arithmetic of comparing learners over many sets. Blocks are (set, seed) pairs; every set
counts the same, however many its seeds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from journal import Key, Line
from scipy.stats import rankdata

Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Blocks:
    """A measure, less being better, of each learner in each block: values (blocks, learners)."""

    learners: tuple[str, ...]
    sets: tuple[str, ...]
    values: Array

    def within(self, names: Iterable[str]) -> Blocks:
        """The blocks of some sets alone."""
        chosen = [i for i, name in enumerate(self.sets) if name in set(names)]
        return Blocks(self.learners, tuple(self.sets[i] for i in chosen), self.values[chosen])

    def per_set(self, values: Array | None = None) -> dict[str, Array]:
        """Means over the seeds of each set, of the measure or of other numbers by block."""
        values = self.values if values is None else values
        names = np.array(self.sets)
        return {name: values[names == name].mean(axis=0) for name in dict.fromkeys(self.sets)}


def blocks(lines: dict[Key, Line], learners: Sequence[str], measure: str) -> Blocks:
    """The complete blocks: those where each of the learners has the measure. A failed fit takes its
    block out for all."""
    pairs = sorted({(name, seed) for name, seed, _ in lines})
    rows = [
        [lines.get((name, seed, learner), {}).get(measure) for learner in learners]
        for name, seed in pairs
    ]
    whole = [i for i, row in enumerate(rows) if learners and None not in row]
    values = np.array([rows[i] for i in whole], dtype=np.float64).reshape(len(whole), len(learners))
    return Blocks(tuple(learners), tuple(pairs[i][0] for i in whole), values)


def shifted_geometric_means(found: Blocks, shift: float) -> Array:
    """exp(mean over sets of log(m + shift)) - shift by learner, m the mean over the seeds of a set.

    The shift keeps sets where everyone is almost perfect from deciding alone.
    """
    means = np.array(list(found.per_set().values()))
    return np.exp(np.log(means + shift).mean(axis=0)) - shift


def log_ratios(found: Blocks, shift: float) -> Array:
    """(sets, learners): log((m + shift) / (m_0 + shift)), m the mean over the seeds of a set and
    m_0 that of the first learner."""
    logs = np.log(np.array(list(found.per_set().values())).reshape(-1, len(found.learners)) + shift)
    return logs - logs[:, :1]


def mean_ranks(found: Blocks) -> Array:
    """Mean rank of each learner, 1 the best; those that tie share the mean of their ranks."""
    ranks = rankdata(found.values, axis=1)
    return np.array(list(found.per_set(ranks).values())).mean(axis=0)


def win_rates(found: Blocks) -> Array:
    """(learners, learners): how often the row's learner is better than the column's, a tie counting
    half; NaN on the diagonal."""
    mine, theirs = found.values[:, :, None], found.values[:, None, :]
    wins = np.where(mine == theirs, 0.5, mine < theirs)
    rates = np.array(list(found.per_set(wins).values())).mean(axis=0)
    np.fill_diagonal(rates, np.nan)
    return rates


def geometric_means(found: Blocks) -> list[float]:
    """Of each learner's seconds over sets; a time of nothing counts as 10 microseconds."""
    means = np.array(list(found.per_set().values()))
    return [float(mean) for mean in np.exp(np.log(np.maximum(means, 1e-5)).mean(axis=0))]
