"""What Python tells the native engine of a network is not believed: a place outside a vector or a block without an end is refused.

Nothing here can be reached by a network or a file; it is the second lock, for which the sanitizers
have no door to open.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from glassnet.engines import NativeEngine, program
from glassnet.engines.native import compiled
from glassnet.losses import Squared
from glassnet.network import Network
from tests.engines.test_native_parity import needs_native
from tests.laws.tables import LAYER_CASES, WIDTH

Operations = list[dict[str, Any]]

#: Fields that say where a tensor begins or another operation stands.
PLACES = ("first", "second", "third", "fourth", "mean", "variance", "partner")
#: Fields that say how much of something there is.
SIZES = ("n_in", "n_numeric", "n_frequencies", "n_embedded", "n_members")
#: For each place or size in a list.
LISTS = ("levels", "tables")
BEYOND = (10**6, 2**31 - 1)


def lies(operations: Operations) -> Iterator[tuple[str, Operations]]:
    """Operations with one number or one operation changed, each of which must be refused, and what was changed."""

    def with_field(i: int, name: str, value: Any) -> Operations:
        return [*operations[:i], {**operations[i], name: value}, *operations[i + 1 :]]

    for i, operation in enumerate(operations):
        for name in (*PLACES, *SIZES):
            for value in (*BEYOND, 0) if name in SIZES else BEYOND:
                if name in operation:
                    yield f"{name} of operation {i} is {value}", with_field(i, name, value)
        for name in LISTS:
            for j in range(len(operation.get(name, []))):
                for value in BEYOND:
                    told = [*operation[name][:j], value, *operation[name][j + 1 :]]
                    yield f"{name}[{j}] of operation {i} is {value}", with_field(i, name, told)
        if operation["kind"] in ("residual_begin", "residual_end", "members_begin", "members_end"):
            yield f"without operation {i}", operations[:i] + operations[i + 1 :]
        if operation["kind"] == "member_end":
            yield f"operation {i} ends all members", with_field(i, "kind", "members_end")
        if "partner" in operation:
            yield f"operation {i} ends itself", with_field(i, "partner", i)
            yield f"operation {i} ends the one before", with_field(i, "partner", i - 1)
    yield "no operation", []


def bound(
    network: Network, operations: Operations, monkeypatch: pytest.MonkeyPatch
) -> NativeEngine:
    monkeypatch.setattr(program, "operations", lambda _: operations)
    return NativeEngine(network, Squared())


@needs_native
@pytest.mark.parametrize("name", [name for name in LAYER_CASES if "own activation" not in name])
def test_every_lie_about_a_network_is_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    network = Network([LAYER_CASES[name]], WIDTH)
    honest = program.operations(network)
    bound(network, honest, monkeypatch)
    for what, operations in lies(honest):
        with pytest.raises(ValueError, match=r"^[a-zA-Z].*[a-z]$"):
            pytest.fail(f"{what} was believed: {bound(network, operations, monkeypatch)}")


@needs_native
def test_kinds_of_no_operation_are_refused() -> None:
    with pytest.raises(
        ValueError, match=r"native/layers\.hpp lists no kind of operation named 'loop'"
    ):
        compiled().operation(kind="loop", n_in=1, n_out=1)
