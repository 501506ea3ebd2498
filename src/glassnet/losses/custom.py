"""A user's own loss, written as one function of raw scores and target, and checked before it is trusted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.errors import SettingError
from glassnet.losses.loss import Array, numbers, weighted_mean

#: Largest relative difference between the gradient that came and central differences of the value, in float64.
TOLERANCE = 1e-5
_ROWS, _STEP, _DIRECTIONS = 32, 1e-5, 5


@dataclass(frozen=True)
class CustomLoss:
    """A loss from a function `(Z, y) -> (L, dZ)`, unweighted, row by row.

    Parameters
    ----------
    function : takes raw scores Z (n, n_outputs) and the target y, numbers (n, n_columns); returns the losses L, (n,) or
        (n, n_outputs), and their derivatives dZ (n, n_outputs). Weights and the mean are taken care of.
    link : raw scores -> predictions of the same shape; the identity by default
    name : how it is called in summaries

    The gradient is held against central differences when a target is first seen, and refused where they disagree.

    Examples
    --------
    >>> import numpy as np
    >>> from glassnet.losses import CustomLoss
    >>> log_cosh = CustomLoss(lambda Z, y: (np.log(np.cosh(Z - y)), np.tanh(Z - y)), name="log_cosh")
    """

    function: Callable[[Array, Array], tuple[Array, Array]]
    link: Callable[[Array], Array] | None = None
    name: str = "custom"

    def prepare(self, y: Any, n_outputs: int, dtype: Any) -> Array:
        """Return finite numbers `(n, n_columns)` after the gradient was checked on some of their rows."""
        columns = np.shape(y)[1:]
        checked = numbers(y, columns[0] if columns else 1, dtype)
        self._check_gradient(checked[:_ROWS].astype(np.float64), n_outputs)
        return checked

    def value_and_gradient(self, Z: Array, y: Array, weight: Array | None = None) -> tuple[float, Array]:
        """Return the mean loss and its gradient by Z."""
        came: Any = self.function(Z, y)
        if not isinstance(came, tuple | list) or len(came) != 2:
            raise SettingError(f"loss {self.name!r} must return two arrays, losses and derivatives, but {type(came).__name__} came.")
        L, dZ = came
        L, dZ = np.asarray(L), np.array(dZ, dtype=Z.dtype, copy=True)
        if dZ.shape != Z.shape or L.shape not in (Z.shape, Z.shape[:1]):
            raise SettingError(
                f"loss {self.name!r} must return losses {Z.shape[:1]} or {Z.shape} and derivatives {Z.shape}, "
                f"but {L.shape} and {dZ.shape} came."
            )
        return weighted_mean(L, dZ, weight)

    def predict(self, Z: Array) -> Array:
        """The link of Z."""
        return Z if self.link is None else self.link(Z)

    def baseline(self, y: Array, n_outputs: int, weight: Array | None = None) -> Array:
        """Zeros: nothing is known of the best constant."""
        return np.zeros(n_outputs)

    def _check_gradient(self, y: Array, n_outputs: int) -> None:
        rng = np.random.default_rng(0)
        for _ in range(_DIRECTIONS):
            Z = rng.standard_normal((len(y), n_outputs))
            direction = rng.standard_normal(Z.shape)
            _, dZ = self.value_and_gradient(Z, y)
            above = self.value_and_gradient(Z + _STEP * direction, y)[0]
            below = self.value_and_gradient(Z - _STEP * direction, y)[0]
            expected = (above - below) / (2.0 * _STEP)
            came = float((dZ * direction).sum())
            size = max(abs(expected), abs(came), float(np.linalg.norm(dZ)))
            # Two values of 1e10, as prices squared are, differ by their rounding alone.
            rounding = 4.0 * np.finfo(np.float64).eps * (abs(above) + abs(below)) / (2.0 * _STEP)
            if not abs(came - expected) <= TOLERANCE * size + rounding + 1e-9:
                raise SettingError(
                    f"the gradient of loss {self.name!r} is not the derivative of its value: along a random direction it says "
                    f"{came:.8g}, but central differences of the value say {expected:.8g}. Correct the second result of its function."
                )
