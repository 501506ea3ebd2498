"""What a unit is made of: products, and the operations of its layer for it alone."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Product:
    """One term of a weighted sum: value = x * weight.

    name : of x
    """

    name: str
    x: float
    weight: float

    @property
    def value(self) -> float:
        """The product."""
        return self.x * self.weight


@dataclass(frozen=True)
class UnitStep:
    """One operation for one unit.

    formula : of the operation
    terms : of the weighted sum; none for an activation
    bias : added to it; None for none
    function : the name of an activation
    x : what it is the activation of; None for a sum
    value : the result, as the engine computed it
    """

    formula: str
    terms: tuple[Product, ...]
    bias: float | None
    function: str | None
    x: float | None
    value: float
