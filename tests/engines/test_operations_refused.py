"""The native engine checks what Python says of a network: places, sizes, settings and blocks.

Nothing here can be reached by a network or a file; it is the second lock, for which the sanitizers
have no door to open.
"""

import math
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

#: Settings that say how much of something there is.
COUNTS = ("n_out", "n_numeric", "n_frequencies", "n_bins", "levels")
BEYOND = (10**6, 2**31 - 1)


def lies(operations: Operations) -> Iterator[tuple[str, Operations]]:
    """Operations with one thing changed, each of which must be refused, and what was changed."""

    def with_field(i: int, name: str, value: Any) -> Operations:
        return [*operations[:i], {**operations[i], name: value}, *operations[i + 1 :]]

    for i, operation in enumerate(operations):
        for value in (*BEYOND, 0):
            yield f"n_in of operation {i} is {value}", with_field(i, "n_in", value)
        tensors = operation.get("tensors", [])
        for j in range(len(tensors)):
            for value in BEYOND:
                told = [*tensors[:j], value, *tensors[j + 1 :]]
                yield (
                    f"tensor {j} of operation {i} begins at {value}",
                    with_field(i, "tensors", told),
                )
        yield f"one more tensor of operation {i}", with_field(i, "tensors", [*tensors, 0])
        if tensors:
            yield f"one tensor less of operation {i}", with_field(i, "tensors", tensors[:-1])
        numbers = operation.get("numbers", {})
        yield f"a new setting of operation {i}", with_field(i, "numbers", {**numbers, "new": [1.0]})
        for name, values in numbers.items():
            rest = {other: value for other, value in numbers.items() if other != name}
            yield f"no {name} of operation {i}", with_field(i, "numbers", rest)
            if name in COUNTS:
                for j in range(len(values)):
                    for value in (*BEYOND, 0, 1.5, math.nan):
                        told = [*values[:j], value, *values[j + 1 :]]
                        what = f"{name}[{j}] of operation {i} is {value}"
                        yield what, with_field(i, "numbers", {**numbers, name: told})
        if operation["kind"] in ("residual_begin", "residual_end", "members_begin", "members_end"):
            yield f"without operation {i}", operations[:i] + operations[i + 1 :]
        if operation["kind"] == "member_end":
            yield f"operation {i} ends all members", with_field(i, "kind", "members_end")
        if operation["kind"].endswith("_end"):
            other = "residual_end" if operation["kind"] != "residual_end" else "members_end"
            yield f"operation {i} ends something else", with_field(i, "kind", other)
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
