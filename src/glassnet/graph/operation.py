"""Base class of the operations of a graph: inputs, arrays, formula, value and rounding error.

Every operation evaluates itself in float64 and bounds how far the model, which rounds after every
step, may be from that value. The bound is a running error analysis (Higham 2002, "Accuracy and
Stability of Numerical Algorithms", section 3.3): the errors of the inputs are carried through the
operation, and a sum of n terms adds n x eps x (sum of |terms|), with eps of the dtype in which the
model computes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

#: Roundings that a function such as exp, cos or a square root is allowed.
FUNCTION = 8.0


@dataclass(frozen=True, eq=False)
class Operation(ABC):
    """One step of inference, from some signals to one signal.

    A signal has a row for each row of the table, `(n, width)`; the cells of a column are `(n,)`.

    Attributes
    ----------
    output : name of the signal that it makes
    inputs : names of the signals that it takes
    place : where it is in the model: "numbers", "category island", "layers.0.layers.2", "answer"
    dtype : in which the model computes it
    formula : what it computes, as text, with the names of its arrays and settings
    """

    output: str
    inputs: tuple[str, ...]
    place: str
    dtype: str
    formula: ClassVar[str]

    @property
    def kind(self) -> str:
        """The name of the operation in `OPERATIONS`."""
        return type(self).__name__

    @property
    def arrays(self) -> dict[str, Array]:
        """The arrays of the operation, by name."""
        own = {name: getattr(self, name) for name in self._own}
        return {name: value for name, value in own.items() if isinstance(value, np.ndarray)}

    @property
    def settings(self) -> dict[str, Any]:
        """What else determines the operation, by name: numbers, texts and tuples of them."""
        arrays = self.arrays
        return {name: getattr(self, name) for name in self._own if name not in arrays}

    @property
    def _own(self) -> list[str]:
        shared = {field.name for field in fields(Operation)}
        return [field.name for field in fields(self) if field.name not in shared]

    @property
    def eps(self) -> float:
        """The distance from 1 to the next number in the dtype of the operation."""
        return float(np.finfo(self.dtype).eps)

    @abstractmethod
    def evaluate(self, *inputs: Array) -> Array:
        """Return the output of the operation, in float64."""

    @abstractmethod
    def error(self, inputs: Sequence[Array], errors: Sequence[Array], output: Array) -> Array:
        """Return a bound of the error of the output, given those of the inputs."""


def float64(array: Array) -> Array:
    """Return an array in float64, in which the interpreter computes."""
    return array.astype(np.float64, copy=False)


def no_error(output: Array) -> Array:
    """Return zeros: the output is exact."""
    return np.zeros(output.shape)
