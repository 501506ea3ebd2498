"""The residual block: layers learn what to *add* to their input."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from glassnet.errors import SettingError
from glassnet.layers.layer import Array, Layer, Run
from glassnet.layers.stack import Container, stack_backward, stack_forward, stack_widths
from glassnet.parameters import Views


@dataclass(frozen=True)
class Residual(Container):
    """Y = X + F(X), F the layers inside. He, Zhang, Ren and Sun 2016, eq. 1.

    dX = dY + (dY passed back through F)

    Parameters
    ----------
    layers : the layers of F, whose output must be as wide as their input

    Examples
    --------
    >>> from glassnet import Dense, Residual
    >>> block = Residual([Dense(64, "relu"), Dense(32)])  # for signals of width 32
    """

    layers: Sequence[Layer]
    what: ClassVar[str] = "a residual block needs at least one layer inside"

    def forward(self, p: Views, X: Array, run: Run) -> tuple[Array, Any]:
        """Return X + F(X) and the caches of the layers inside."""
        F, caches = stack_forward(self.layers, p.layers, X, run)
        return X + F, caches

    def backward(
        self, p: Views, g: Views, caches: Any, dY: Array, needs_dX: bool = True
    ) -> Array | None:
        """Write the gradients of the layers inside; return dX."""
        dX = stack_backward(self.layers, p.layers, g.layers, caches, dY, needs_dX)
        return None if dX is None else dY + dX

    def output_width(self, n_in: int) -> int:
        """Return n_in, or raise SettingError where the layers inside end in another width."""
        n_out = stack_widths(self.layers, n_in)[-1]
        if n_out != n_in:
            raise SettingError(
                f"a residual block adds its input to its output, so both must be {n_in} wide, but "
                f"its last layer gives {n_out}: end it with Dense({n_in})."
            )
        return n_in
