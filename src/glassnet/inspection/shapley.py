"""Shapley values: share the difference of two answers fairly among the columns of a table.

Let x be a row, b a background row, and f(S) the answer for the row that has the cells of x in the
columns S and those of b elsewhere. The Shapley value (Shapley 1953) of column j of p columns is

    phi_j = sum over S without j of  |S|! (p - |S| - 1)! / p!  (f(S + j) - f(S)),

averaged over the background rows: the interventional values of Janzing, Minorics and Bloebaum
(2020). Their sum is the answer for x minus the mean answer of the background.

`exact_values` adds up all 2^p sets. `PairedWalks` estimates the same sum from random orders of the
columns: on a walk from b to x the columns change to the cell of x one after another, and a column
gets the change of the answer at its step. An order is always used together with its reverse
(antithetic pairs; Mitchell, Cooper, Frank and Holmes 2022, section 4.1). The pair is exact if no
more than two columns interact. All background rows have equally many pairs, so the values of an
estimate, too, add up to the difference.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassnet.data.coding.moments import power_of_two

Array = NDArray[Any]
Float64 = NDArray[np.float64]
#: From encoded rows (n, n_features) to the k numbers to explain of each, (n, k) float64.
Answer = Callable[[Array], Float64]

#: The number of rows and of cells that are assembled for one call of the network.
MAX_ROWS, MAX_CELLS = 8_192, 1 << 22


@dataclass(frozen=True, eq=False)
class Game:
    """What there is to share out: one row, the background, and their answers.

    Attributes
    ----------
    answer : the network
    owner : (n_features,), the column (a number below `n_players`) of each feature
    n_players : the number of columns p
    x, background : the encoded row (n_features,) and the encoded background (B, n_features)
    fx, fb : their answers, (k,) and (B, k)
    """

    answer: Answer
    owner: NDArray[np.intp]
    n_players: int
    x: Array
    background: Array
    fx: Float64
    fb: Float64

    @property
    def max_rows(self) -> int:
        """The number of rows for one call of the network."""
        return max(1, min(MAX_ROWS, MAX_CELLS // max(1, len(self.owner))))


def exact_values(game: Game) -> Float64:
    """Return the Shapley values `(p, k)` by enumeration of all 2^p sets of columns.

    The cost is (2^p - 2) B predictions for B background rows.
    """
    p = game.n_players
    sets = (np.arange(2**p)[:, None] >> np.arange(p) & 1).astype(bool)
    total = np.empty((2**p, len(game.fx)))
    total[0], total[-1] = game.fb.mean(axis=0), game.fx
    for start in range(1, 2**p - 1, game.max_rows):
        chosen = sets[start : min(start + game.max_rows, 2**p - 1)]
        total[start : start + len(chosen)] = _mean_answers(game, chosen[:, game.owner])
    size = sets.sum(axis=1)
    weight = np.array([1.0 / (p * math.comb(p - 1, s)) for s in range(p)])
    values = np.empty((p, len(game.fx)))
    for j in range(p):
        without = ~sets[:, j]
        values[j] = weight[size[without]] @ (total[sets[:, j]] - total[without])
    return values


def _mean_answers(game: Game, from_x: Array) -> Float64:
    """Return for each mask of features the answer, averaged over the background, (n_masks, k)."""
    n, B = len(from_x), len(game.background)
    step = max(1, game.max_rows // n)
    total = np.zeros((n, len(game.fx)))
    for start in range(0, B, step):
        rows = game.background[start : start + step]
        X = np.where(from_x, game.x, rows[:, None])
        total += game.answer(X.reshape(-1, X.shape[2])).reshape(len(rows), n, -1).sum(axis=0)
    return total / B


class PairedWalks:
    """Estimates the Shapley values from random orders of the columns, more and more precisely.

    The standard errors are those of the orders, given the background:

        error^2 = 1 / B^2  sum over b of  s_b^2 / m  *  nu / (nu - 2),

    with the variance s_b^2 between the m pairs of a background row. A few rows may have most of the
    variance, so it is itself uncertain: it has nu degrees of freedom (Satterthwaite 1946), and the
    last factor is the variance of Student's t with so many.

    Attributes
    ----------
    n_pairs : the number of pairs m of each background row so far
    """

    def __init__(self, game: Game) -> None:
        self._game = game
        shape = (len(game.background), game.n_players, len(game.fx))
        self.n_pairs = 0
        self._mean, self._squares = np.zeros(shape), np.zeros(shape)
        # Multiplied by this, all answers are at most 1, so that no square overflows.
        self._unit = power_of_two(np.abs(np.vstack([game.fb, game.fx])).max(axis=0))

    def add(self, positions: Array) -> None:
        """Walk along further orders and their reverses.

        positions : (m, B, p) integers; for each pair and background row the step at which each
            column changes, a permutation of 0, ..., p - 1
        """
        m, B, p = positions.shape
        pairs = np.concatenate(list(self._pairs(positions.reshape(m * B, p))))
        found = pairs.reshape(m, B, p, -1) * self._unit
        mean = found.mean(axis=0)
        squares = ((found - mean) ** 2).sum(axis=0)
        # Chan, Golub and LeVeque 1983, equation 2.1: mean and sum of squares of two samples.
        difference, n = mean - self._mean, self.n_pairs + m
        self._squares += squares + difference**2 * (self.n_pairs * m / n)
        self._mean += difference * (m / n)
        self.n_pairs = n

    @property
    def values(self) -> Float64:
        """The estimates `(p, k)`."""
        return np.asarray(self._mean.mean(axis=0) / self._unit)

    @property
    def standard_errors(self) -> Float64:
        """Their standard errors `(p, k)`; at least two pairs are needed."""
        m, B = self.n_pairs, len(self._squares)
        variance = self._squares / (m - 1)
        total = variance.sum(axis=0)
        shares = variance / np.where(total > 0.0, total, 1.0)
        nu = np.maximum((m + 1) / np.maximum((shares**2).sum(axis=0), 1.0 / B), 3.0)
        return np.asarray(np.sqrt(total / m * nu / (nu - 2.0)) / B / self._unit)

    def _pairs(self, positions: Array) -> Iterator[Float64]:
        """Yield the changes of the answer by column, `(n_pairs, p, k)`, the mean of two walks."""
        game, p = self._game, self._game.n_players
        row = np.arange(len(positions)) % len(game.background)
        step = max(1, game.max_rows // max(1, 2 * (p - 1)))
        for start in range(0, len(positions), step):
            forward = positions[start : start + step]
            rows = np.tile(row[start : start + step], 2)
            at = np.concatenate([forward, p - 1 - forward])
            changes = np.diff(self._along(at, rows), axis=1)
            by_column = np.take_along_axis(changes, at[:, :, None], axis=1)
            yield by_column.reshape(2, len(forward), p, -1).mean(axis=0)

    def _along(self, at: Array, rows: Array) -> Float64:
        """Return the answers along the walks `(n_walks, p + 1, k)`, from b to x."""
        game, p = self._game, self._game.n_players
        F = np.empty((len(at), p + 1, len(game.fx)))
        F[:, 0], F[:, -1] = game.fb[rows], game.fx
        if p > 1:
            changed = at[:, None, game.owner] < np.arange(1, p)[:, None]
            X = np.where(changed, game.x, game.background[rows][:, None])
            F[:, 1:-1] = game.answer(X.reshape(-1, X.shape[2])).reshape(len(at), p - 1, -1)
        return F


def random_positions(rng: np.random.Generator, m: int, B: int, p: int) -> Array:
    """Return random permutations of 0, ..., p - 1, (m, B, p)."""
    return rng.permuted(np.broadcast_to(np.arange(p), (m, B, p)), axis=2)
