"""How members that share a network answer: each by a dense layer of its own, all together by their mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from glassnet.errors import unknown_name
from glassnet.layers.dense import PARAMETRIZATIONS
from glassnet.layers.layer import Array, Layer, Run
from glassnet.layers.shared import check_count, factors, first_weights, members_share
from glassnet.parameters import Spec, Views


@dataclass(frozen=True)
class MemberDense:
    """Z_m = X_m W_m + b_m for each of k members, which share nothing here.

    X (n, k * n_in) and Z (n, k * n_out) in wide rows, see `SharedDense`; W (k, n_in, n_out), b (k,
    n_out)

    W starts uniform within 1 / sqrt(n_in) of 0 ("ntk": normal with variance 1 / n_in), b at 0.

    Parameters
    ----------
    n_out : outputs of each member
    n_members : k
    parametrization : "standard" or "ntk", as of `Dense`

    Examples
    --------
    >>> from glassnet import MemberDense, MemberMean
    >>> answer_of_eight = [MemberDense(3, 8), MemberMean(8)]
    """

    n_out: int
    n_members: int
    parametrization: str = "standard"
    layers: ClassVar[tuple[Layer, ...]] = ()
    repeatable: ClassVar[bool] = True

    def __post_init__(self) -> None:
        for name in ("n_out", "n_members"):
            check_count(getattr(self, name), name, "a dense layer of members")
        if self.parametrization not in PARAMETRIZATIONS:
            raise unknown_name("parametrization", self.parametrization, PARAMETRIZATIONS)

    def forward(self, p: Views, X: Array, run: Run) -> tuple[Array, Any]:
        """Return Z, and X member by member, (k, n, n_in)."""
        by_member = X.reshape(len(X), self.n_members, -1).transpose(1, 0, 2)
        Z = by_member @ p.W + p.b[:, None, :]
        return Z.transpose(1, 0, 2).reshape(len(X), -1), by_member

    def backward(
        self, p: Views, g: Views, by_member: Any, dZ: Array, needs_dX: bool = True
    ) -> Array | None:
        """Write dW and db into g; return dX."""
        n = len(dZ)
        dZ = dZ.reshape(n, self.n_members, -1).transpose(1, 0, 2)
        np.matmul(by_member.transpose(0, 2, 1), dZ, out=g.W)
        np.sum(dZ, axis=1, out=g.b)
        return (dZ @ p.W.transpose(0, 2, 1)).transpose(1, 0, 2).reshape(n, -1) if needs_dX else None

    def output_width(self, n_in: int) -> int:
        """Return n_members * n_out, or raise SettingError where the members cannot share the columns evenly."""
        members_share(n_in, self.n_members)
        return int(self.n_members * self.n_out)

    def specs(self, n_in: int) -> dict[str, Spec]:
        """Return W, which decays, and b, which does not."""
        k, n_out = int(self.n_members), int(self.n_out)
        width = members_share(n_in, k)
        root, tenth = factors(self.parametrization, width)
        return {"W": Spec((k, width, n_out), 1.0 / root, root), "b": Spec((k, n_out), tenth, 0.0)}

    def initialize(self, p: Views, rng: np.random.Generator) -> None:
        """Draw W; b starts at 0."""
        p.W[...] = first_weights(self.parametrization, p.W.shape, rng)
        p.b[...] = 0.0


@dataclass(frozen=True)
class MemberMean:
    """Y = (X_1 + ... + X_k) / k, the mean over the members of a wide row.

    X (n, k * n_out), Y (n, n_out)

    What is averaged are raw scores where this is a network's last layer, as in `Members`. There an
    engine scores each member by itself: the loss that training goes down is the mean of the
    members' losses. Gorishniy, Kotelnikov and Babenko 2025, "TabM", section 3. Anywhere else it is
    a mean like any other: dX_m = dY / k.

    Parameters
    ----------
    n_members : k

    Examples
    --------
    >>> import numpy as np
    >>> from glassnet import MemberMean, Network
    >>> Network([MemberMean(2)], n_features=4).predict(np.array([[1.0, 2.0, 5.0, 8.0]]))
    array([[3., 5.]], dtype=float32)
    """

    n_members: int
    layers: ClassVar[tuple[Layer, ...]] = ()
    repeatable: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_count(self.n_members, "n_members", "a mean of members")

    def forward(self, p: Views, X: Array, run: Run) -> tuple[Array, Any]:
        """Return Y and X, what each member says."""
        return X.reshape(len(X), self.n_members, -1).mean(axis=1), X

    def backward(
        self, p: Views, g: Views, X: Any, dY: Array, needs_dX: bool = True
    ) -> Array | None:
        """Return dX, a share of dY for each member."""
        return np.tile(dY / self.n_members, self.n_members) if needs_dX else None

    def output_width(self, n_in: int) -> int:
        """Return the columns of one member, or raise SettingError where they cannot share them evenly."""
        return members_share(n_in, self.n_members)

    def specs(self, n_in: int) -> dict[str, Spec]:
        """Return nothing: no tensors."""
        return {}

    def initialize(self, p: Views, rng: np.random.Generator) -> None:
        """Do nothing."""
