"""The gradient law sees a fault.

With any of these planted in a backward pass, its checking function fails.
"""

from collections.abc import Iterator

import numpy as np
import pytest

from glassnet.activations import ACTIVATIONS
from glassnet.layers import Dense
from glassnet.losses import Squared
from glassnet.penalties import Penalty
from tests.laws.gradients import AtAKinkError, Problem, draw_problem, law_holds
from tests.laws.planted import FAULTS
from tests.laws.tables import LAYER_CASES, LOSS_CASES, WIDTH, LossCase, real


def panel(rng: np.random.Generator) -> Iterator[Problem]:
    """One problem for every row of the tables of layers, activations and losses.

    And two with a penalty.
    """
    squared = LossCase(Squared(), 2, real(2))
    for training in (True, False):
        for layer in LAYER_CASES.values():
            yield draw_problem(
                [layer, Dense(2)], squared, rng, n=6, n_features=WIDTH, training=training
            )
    for name in ACTIVATIONS:
        yield draw_problem([Dense(WIDTH, name), Dense(2)], squared, rng, n=6, n_features=WIDTH)
    for loss in LOSS_CASES.values():
        for weighted in (False, True):
            yield draw_problem(
                [Dense(WIDTH, "tanh"), Dense(loss.n_outputs)],
                loss,
                rng,
                n=6,
                n_features=3,
                weighted=weighted,
            )
    for per_batch in (False, True):
        yield draw_problem(
            [Dense(2)],
            squared,
            rng,
            n=6,
            n_features=3,
            penalty=Penalty(l2=0.1, per_batch=per_batch),
        )


def breaks_the_law(problem: Problem, rng: np.random.Generator) -> bool:
    """A point at a kink says nothing and breaks nothing."""
    try:
        return not law_holds(problem, rng)
    except AtAKinkError:
        return False


def is_broken() -> bool:
    rng = np.random.default_rng(7)
    return any(breaks_the_law(problem, rng) for problem in panel(rng))


def test_without_a_fault_the_law_holds_everywhere() -> None:
    assert not is_broken()


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_breaks_the_law(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    FAULTS[fault](monkeypatch)
    assert is_broken()
