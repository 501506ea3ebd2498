"""A list of operations under construction."""

from __future__ import annotations

from typing import Any, TypeVar

from glassnet.graph.operation import Operation

Made = TypeVar("Made", bound=Operation)


class Builder:
    """Collects operations, each with the dtype and the place that are set at the time.

    Attributes
    ----------
    dtype : of the operations that are added
    prefix : of the signals and places of the operations that are added
    """

    def __init__(self) -> None:
        self.operations: list[Operation] = []
        self.dtype, self.prefix = "float64", ""

    def add(
        self, kind: type[Operation], output: str, *inputs: str, place: str = "", **own: Any
    ) -> str:
        """Add an operation and return the name of its output."""
        made: Any = kind
        place = f"{self.prefix}{place or output}"
        output = f"{self.prefix}{output}"
        self.operations.append(made(output, inputs, place, self.dtype, **own))
        return output
