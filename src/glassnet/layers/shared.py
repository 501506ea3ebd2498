"""The shared dense layer: k members use one weight matrix and differ by what each multiplies its inputs and its outputs with."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Integral
from typing import Any, ClassVar

import numpy as np

from glassnet.errors import SettingError, unknown_name
from glassnet.layers.dense import PARAMETRIZATIONS
from glassnet.layers.layer import Array, Layer, Run
from glassnet.parameters import Spec, Views


@dataclass(frozen=True)
class SharedDense:
    """Z_m = ((X_m * r_m) W) * s_m + b_m for each of k members, W being the same for all.

    X (n, k * n_in), or (n, n_in) in the first such layer; W (n_in, n_out); r (k, n_in); s, b (k,
    n_out); Z (n, k * n_out)

    Rows are wide: member m's numbers are the columns m * n_in to (m + 1) * n_in - 1, so that layers
    which work on each column alone (Activation, Dropout, Scale, BatchNorm) follow as they are. (n,
    k * n_in) read as (n * k, n_in) is one matrix, and the product one product. Such a network ends
    with `MemberDense`, a head for each member, and `MemberMean`: then training takes the mean of
    the members' losses, never the loss of their mean, for a mean leaves no member a reason to be
    right by itself.

    (X * r_m) W * s_m is X (W * (r_m s_m^T)): a member's own matrix is the shared one times a matrix
    of rank one, and costs n_in + n_out numbers. Wen, Tran and Ba 2020, "BatchEnsemble"; Gorishniy,
    Kotelnikov and Babenko 2025, "TabM", section 3: only the r of the first layer is random, -1 or
    1; all other r and all s start at 1, all b at 0, W uniform within 1 / sqrt(n_in) of 0. r, s and
    b do not decay.

    Parameters
    ----------
    n_out : units of each member
    n_members : k
    first : X is (n, n_in), the same row for every member, and r starts as random signs: with it the
        members part
    parametrization : "standard", or "ntk" as of `Dense`: W starts normal with variance 1 / n_in; r,
        s and b learn at a tenth of the rate

    Backpropagation, with A_m = X_m * r_m and P = A W over all rows and members:

        db_m = sum_i dZ_im               ds_m = sum_i dZ_im * P_im
        dP_m = dZ_m * s_m                dW = A^T dP: all rows of all members add up, in one product
        dA = dP W^T                      dr_m = sum_i dA_im * X_im
        dX_m = dA_m * r_m                in the first layer dX is their sum over the members

    Examples
    --------
    >>> from glassnet import Activation, MemberDense, MemberMean, Network, SharedDense
    >>> layers = [SharedDense(64, 8, first=True), Activation("relu"), SharedDense(64, 8), Activation("relu")]
    >>> Network([*layers, MemberDense(1, 8), MemberMean(8)], n_features=5).n_outputs
    1
    """

    n_out: int
    n_members: int
    first: bool = False
    parametrization: str = "standard"
    layers: ClassVar[tuple[Layer, ...]] = ()
    repeatable: ClassVar[bool] = True

    def __post_init__(self) -> None:
        for name in ("n_out", "n_members"):
            check_count(getattr(self, name), name, "a shared dense layer")
        if not isinstance(self.first, bool):
            raise SettingError(
                f"first of a shared dense layer is True or False, got {self.first!r}."
            )
        if self.parametrization not in PARAMETRIZATIONS:
            raise unknown_name("parametrization", self.parametrization, PARAMETRIZATIONS)

    def forward(self, p: Views, X: Array, run: Run) -> tuple[Array, Any]:
        """Return Z, and what backward needs: the members' X, A and P."""
        n, k = len(X), self.n_members
        apart = X[:, None, :] if self.first else X.reshape(n, k, -1)
        A = (apart * p.r).reshape(n * k, -1)
        P = (A @ p.W).reshape(n, k, -1)
        return (P * p.s + p.b).reshape(n, -1), (apart, A, P)

    def backward(
        self, p: Views, g: Views, cache: Any, dZ: Array, needs_dX: bool = True
    ) -> Array | None:
        """Write db, ds, dW and dr into g; return dX."""
        apart, A, P = cache
        n = len(P)
        dZ = dZ.reshape(P.shape)
        np.sum(dZ, axis=0, out=g.b)
        np.sum(dZ * P, axis=0, out=g.s)
        dP = (dZ * p.s).reshape(-1, self.n_out)
        np.matmul(A.T, dP, out=g.W)
        dA = (dP @ p.W.T).reshape(n, self.n_members, -1)
        np.sum(dA * apart, axis=0, out=g.r)
        if not needs_dX:
            return None
        dX = dA * p.r
        summed: Array = dX.sum(axis=1) if self.first else dX.reshape(n, -1)
        return summed

    def output_width(self, n_in: int) -> int:
        """Return n_members * n_out, or raise SettingError where the members cannot share the columns evenly."""
        self._width_of_one(n_in)
        return int(self.n_members * self.n_out)

    def specs(self, n_in: int) -> dict[str, Spec]:
        """Return W, which decays, and what each member has of its own, which does not."""
        k, width = int(self.n_members), self._width_of_one(n_in)
        root, tenth = factors(self.parametrization, width)
        return {
            "W": Spec((width, int(self.n_out)), 1.0 / root, root),
            "r": Spec((k, width), tenth, 0.0),
            "s": Spec((k, int(self.n_out)), tenth, 0.0),
            "b": Spec((k, int(self.n_out)), tenth, 0.0),
        }

    def initialize(self, p: Views, rng: np.random.Generator) -> None:
        """Draw W, and in the first layer the signs r; the rest starts as if there were one member."""
        p.W[...] = first_weights(self.parametrization, p.W.shape, rng)
        p.r[...] = rng.choice([-1.0, 1.0], p.r.shape) if self.first else 1.0
        p.s[...] = 1.0
        p.b[...] = 0.0

    def _width_of_one(self, n_in: int) -> int:
        """Return how many numbers each member takes of so many columns."""
        return n_in if self.first else members_share(n_in, self.n_members)


def check_count(value: Any, name: str, owner: str) -> None:
    """Refuse what is no number of units or members."""
    if isinstance(value, bool) or not isinstance(value, Integral) or value < 1:
        raise SettingError(f"{name} of {owner} is a whole number, at least 1, got {value!r}.")


def factors(parametrization: str, n_in: int) -> tuple[float, float]:
    """Return what W's rate is divided and its decay multiplied by, and the factor of the rate of all else."""
    return (math.sqrt(n_in), 0.1) if parametrization == "ntk" else (1.0, 1.0)


def first_weights(parametrization: str, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Draw W, the last axis but one being its inputs."""
    limit = shape[-2] ** -0.5
    return (
        rng.normal(0.0, limit, shape)
        if parametrization == "ntk"
        else rng.uniform(-limit, limit, shape)
    )


def members_share(n_in: int, n_members: int) -> int:
    """Return the columns of each member, or raise SettingError where they cannot share them evenly."""
    if n_in % n_members:
        raise SettingError(
            f"{n_members} members take as many columns each, but their input is {n_in} wide: let "
            f"SharedDense(..., {n_members}, first=True) stand before them."
        )
    return int(n_in // n_members)
