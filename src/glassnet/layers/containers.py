"""Layers that contain layers: a sequence, a mean of members, and a residual block."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from glassnet.errors import SettingError
from glassnet.layers.layer import Array, Layer, Run
from glassnet.layers.stack import Container, stack_backward, stack_forward, stack_widths
from glassnet.parameters import Views


@dataclass(frozen=True)
class Stack(Container):
    """A sequence of layers as one layer, for use in `Members`: Y = F(X).

    Parameters
    ----------
    layers : the layers of F

    Examples
    --------
    >>> from glassnet import Dense, Stack
    >>> member = Stack([Dense(64, "relu"), Dense(1)])
    """

    layers: Sequence[Layer]
    what: ClassVar[str] = "a stack needs at least one layer inside"

    def forward(self, p: Views, X: Array, run: Run) -> tuple[Array, Any]:
        """Return F(X) and the caches of the layers inside."""
        return stack_forward(self.layers, p.layers, X, run)

    def backward(
        self, p: Views, g: Views, caches: Any, dY: Array, needs_dX: bool = True
    ) -> Array | None:
        """Write the gradients of the layers inside; return dX."""
        return stack_backward(self.layers, p.layers, g.layers, caches, dY, needs_dX)

    def output_width(self, n_in: int) -> int:
        """Return the width of the last layer inside."""
        return stack_widths(self.layers, n_in)[-1]


@dataclass(frozen=True)
class Members(Container):
    """The mean of the layers inside: Y = (Y_1(X) + ... + Y_M(X)) / M.

    Each layer inside receives dY / M, and dX is the sum of their dX. As the last layer of a network
    it averages raw scores. Members that are trained within one network share one loss. Parameters
    of members that were trained separately can be assigned
    (`network.parameters["layers.0.layers.2.layers.0.W"]`).

    Parameters
    ----------
    layers : the members, each one layer, usually a `Stack`; their outputs must have the same width

    Examples
    --------
    >>> from glassnet import Dense, Members, Network, Stack
    >>> Network([Members([Stack([Dense(8, "relu"), Dense(1)])] * 5)], n_features=3)
    Network([Members 5 x (Dense 8, relu; Dense 1)], n_features=3, 205 parameters, float32)
    """

    layers: Sequence[Layer]
    side_by_side: ClassVar[bool] = True
    what: ClassVar[str] = "a layer of members needs at least one member"

    def forward(self, p: Views, X: Array, run: Run) -> tuple[Array, Any]:
        """Return the mean over the members, summed in their order, and the caches of all."""
        passed = [
            member.forward(views, X, run)
            for member, views in zip(self.layers, p.layers, strict=True)
        ]
        total = passed[0][0]
        for Y, _ in passed[1:]:
            total = total + Y
        return total / len(passed), [cache for _, cache in passed]

    def backward(
        self, p: Views, g: Views, caches: Any, dY: Array, needs_dX: bool = True
    ) -> Array | None:
        """Write the gradients of all members; return dX, summed from the last to the first."""
        share, total = dY / len(self.layers), None
        for m in range(len(self.layers) - 1, -1, -1):
            dX = self.layers[m].backward(p.layers[m], g.layers[m], caches[m], share, needs_dX)
            total = dX if total is None or dX is None else total + dX
        return total

    def output_width(self, n_in: int) -> int:
        """Return the output width of all members; SettingError if two differ."""
        widths = [member.output_width(n_in) for member in self.layers]
        for m, width in enumerate(widths):
            if width != widths[0]:
                raise SettingError(
                    "members answer with their mean, so all must give the same width, but "
                    f"layers.0 of them gives {widths[0]} and layers.{m} gives {width}: end both "
                    f"with Dense({widths[0]})."
                )
        return widths[0]


@dataclass(frozen=True)
class Residual(Container):
    """Y = X + F(X), F the layers inside. He, Zhang, Ren and Sun 2016, eq. 1.

    dX = dY + (dY passed back through F)

    Parameters
    ----------
    layers : the layers of F, whose output must have the width of their input

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
        """Return n_in; SettingError if the layers inside have another output width."""
        n_out = stack_widths(self.layers, n_in)[-1]
        if n_out != n_in:
            raise SettingError(
                f"a residual block adds its input to its output, so both must be {n_in} wide, but "
                f"its last layer gives {n_out}: end it with Dense({n_in})."
            )
        return n_in
