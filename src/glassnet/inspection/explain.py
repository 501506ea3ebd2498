"""Explain answers: the contribution of each column of the table to the answer for a row."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.checks import check_integer, check_number
from glassnet.data.tables.table import Table
from glassnet.errors import DataNotice, SettingError
from glassnet.inspection.answering import Unit, answering
from glassnet.inspection.candidates import cell_values
from glassnet.inspection.explanation import Explanation
from glassnet.inspection.players import Players, players_of
from glassnet.inspection.reading import N_BACKGROUND, read_background, read_rows
from glassnet.inspection.shapley import (
    Array,
    Float64,
    Game,
    PairedWalks,
    exact_values,
    random_positions,
)
from glassnet.model import Model

#: Up to so many columns are explained exactly by default; and on request, at a high cost.
EXACT, MAX_EXACT = 10, 16
#: So many pairs of walks there are at least, over all background rows: with fewer, the standard
#: errors are too uncertain.
MIN_PAIRS = 160
#: The number of pairs for each background row at which an estimate ends.
MAX_PAIRS = 4_096


def explain(
    model: Model,
    rows: Any,
    background: Any = None,
    *,
    groups: Mapping[str, Sequence[str]] | None = None,
    unit: Unit | None = None,
    max_error: float | None = None,
    pairs: int | None = None,
    n_background: int = N_BACKGROUND,
    members: bool = False,
    seed: int = 0,
) -> Explanation:
    """Return the contributions of the columns to the answers; see `Model.explain`."""
    effort = _effort(max_error, pairs)
    table = read_rows(model, rows)
    others, chosen = read_background(model, background, table, n_background, seed)
    players = players_of(model.encoder, groups)
    answer = answering(model, unit, members=members)
    X, B = answer.encode(table), answer.encode(others)
    fX, fB = answer(X), answer(B)
    n, p, M, k = len(X), len(players), len(answer.engines), len(answer.outputs)
    values, errors = np.empty((n, p, k * M)), np.zeros((n, p, k))
    n_evaluations = 0
    exact = effort.exact(p)
    for i in range(n):
        game = Game(answer, players.owner, p, X[i], B, fX[i], fB)
        if exact:
            values[i], cost = exact_values(game), (2**p - 2) * len(B)
        else:
            walks = _walk(game, effort, seed, k)
            values[i], errors[i] = walks.values, walks.standard_errors[:, :k]
            cost = 2 * (p - 1) * walks.n_pairs * len(B)
        n_evaluations = max(n_evaluations, cost)
    effort.warn(errors)
    by_member = values.reshape(n, p, M, k).transpose(2, 0, 1, 3)
    shaped = answer.shaped
    return Explanation(
        columns=players.names,
        contributions=shaped(by_member[0].copy()),
        base=shaped(fB[:, :k].mean(axis=0)),
        answers=shaped(fX[:, :k].copy()),
        standard_errors=shaped(errors),
        unit=answer.unit,
        outputs=answer.outputs,
        cells=_cells(table, players),
        background=chosen,
        exact=exact,
        n_evaluations=n_evaluations,
        members=shaped(by_member[1:].copy()) if members else None,
    )


@dataclass(frozen=True)
class _Effort:
    """How precise the contributions shall be.

    max_error : the largest standard error; None for that of the usual number of pairs
    pairs : the number of pairs of walks for each background row; None for the usual number
    """

    max_error: float | None
    pairs: int | None

    def exact(self, p: int) -> bool:
        """Return whether all sets of p columns are evaluated."""
        if self.max_error == 0.0 and p > MAX_EXACT:
            raise SettingError(
                f"max_error=0 evaluates all sets of columns, which is possible for {MAX_EXACT} at "
                f"most, but there are {p}: put some together with groups=, or allow an error."
            )
        return self.max_error == 0.0 or (self.pairs is None and p <= EXACT)

    def first_pairs(self, n_background: int) -> int:
        """Return the number of pairs for each background row to begin with."""
        return self.pairs or max(2, -(-MIN_PAIRS // n_background))

    def warn(self, errors: Float64) -> None:
        """Warn if standard errors are larger than they were to be."""
        if self.max_error and errors.size and (largest := errors.max()) > self.max_error:
            text = (
                f"standard errors are up to {largest:.2g} after {MAX_PAIRS:,} pairs of walks for "
                f"each background row, more than max_error={self.max_error:g}."
            )
            warnings.warn(text, DataNotice, stacklevel=4)


def _effort(max_error: float | None, pairs: int | None) -> _Effort:
    if max_error is not None:
        check_number("max_error", max_error, "[0, inf)")
    if pairs is not None:
        check_integer("pairs", pairs, 2, MAX_PAIRS)
    if max_error is not None and pairs is not None:
        raise SettingError(
            "max_error chooses the number of pairs itself: give max_error or pairs, not both."
        )
    return _Effort(max_error, pairs)


def _walk(game: Game, effort: _Effort, seed: int, k: int) -> PairedWalks:
    """Return the walks after as many pairs as are needed.

    All rows have the same orders, so a row has the same contributions alone and among others.
    """
    rng, walks = np.random.default_rng(seed), PairedWalks(game)
    more = effort.first_pairs(len(game.background))
    while True:
        walks.add(random_positions(rng, more, len(game.background), game.n_players))
        error = walks.standard_errors[:, :k].max()
        if not effort.max_error or error <= effort.max_error or walks.n_pairs >= MAX_PAIRS:
            return walks
        more = min(walks.n_pairs, MAX_PAIRS - walks.n_pairs)


def _cells(table: Table, players: Players) -> Array:
    """Return the values of each player in the table, `(n, players)`, of a group as tuples."""
    cells = np.empty((table.n_rows, len(players)), object)
    for j, columns in enumerate(players.members):
        of_columns = zip(*(cell_values(table, name) for name in columns), strict=True)
        for i, values in enumerate(of_columns):
            cells[i, j] = values if len(values) > 1 else values[0]
    return cells
