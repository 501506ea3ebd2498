"""The tables of the laws cover everything that exists."""

from typing import Any

import pytest

from glassnet.activations import ACTIVATIONS
from glassnet.initializers import INITIALIZERS
from glassnet.layers import LAYERS
from glassnet.losses import LOSSES
from glassnet.optimizers import OPTIMIZERS, SGD
from glassnet.schedules import SCHEDULES, Cosine
from tests.laws.tables import CUBE, without_a_row


def test_everything_that_exists_has_a_row() -> None:
    assert not without_a_row(), f"tests/laws/tables.py has no row for: {', '.join(without_a_row())}"


@pytest.mark.parametrize(
    ("existing", "entry"),
    [
        (ACTIVATIONS, CUBE),
        (LOSSES, int),
        (LAYERS, int),
        (OPTIMIZERS, SGD(0.123)),
        (SCHEDULES, Cosine(0.123)),
        (INITIALIZERS, lambda fan_in, fan_out, rng: rng.random((fan_in, fan_out))),
    ],
)
def test_a_new_entry_without_a_row_is_noticed(
    monkeypatch: pytest.MonkeyPatch, existing: dict[str, Any], entry: Any
) -> None:
    monkeypatch.setitem(existing, "new", entry)
    assert [name.split()[-1] for name in without_a_row()] == ["new"]
