"""Normalization layers: batch normalization, layer normalization and RMSNorm."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from glassnet.checks import check_number
from glassnet.layers.layer import Array, KeepsWidth, Run
from glassnet.parameters import Spec, Views


@dataclass(frozen=True)
class BatchNorm(KeepsWidth):
    """Normalize every unit over the rows of the batch, then scale and shift it.

    Ioffe and Szegedy 2015, algorithm 1.

    N = (X - mean) / sqrt(var + eps),  Y = gamma * N + beta      mean, var, gamma, beta (n_units,);
                                       var is the biased one

    In training, mean and var are those of the batch, and running statistics are updated:

        running = (1 - momentum) * running + momentum * batch    with the unbiased variance, as in
                                                                 PyTorch

    In prediction the running statistics are used, so that the prediction for a row does not depend
    on the other rows. A batch of a single row has no variance: its output is beta, and it does not
    change the running statistics.

    Parameters
    ----------
    momentum : weight of the current batch in the running statistics, in (0, 1]
    eps : added to the variance
    """

    momentum: float = 0.1
    eps: float = 1e-5
    repeatable: ClassVar[bool] = False
    ones: ClassVar[tuple[str, ...]] = ("gamma", "running_var")

    def __post_init__(self) -> None:
        check_number("the momentum of batch normalization", self.momentum, "(0, 1]")
        check_number("eps", self.eps, "(0, inf)")

    def forward(self, p: Views, X: Array, run: Run) -> tuple[Array, Any]:
        """Return Y and (N, 1 / sqrt(var + eps), whether these are statistics of the batch)."""
        if run.training:
            n = len(X)
            mean = X.mean(axis=0)
            centered = X - mean
            var = np.mean(centered * centered, axis=0)
            if n > 1:
                p.running_mean[...] += self.momentum * (mean - p.running_mean)
                p.running_var[...] += self.momentum * (var * (n / (n - 1)) - p.running_var)
        else:
            centered = X - p.running_mean
            var = p.running_var
        inverse_std = 1.0 / np.sqrt(var + self.eps)
        N = centered * inverse_std
        return N * p.gamma + p.beta, (N, inverse_std, run.training)

    def backward(
        self, p: Views, g: Views, cache: Any, dY: Array, needs_dX: bool = True
    ) -> Array | None:
        """Write dgamma = sum dY N and dbeta = sum dY into g; return dX.

        In training, mean and variance depend on every row, hence the two subtracted terms (section
        3 of the paper): dX = gamma / std * (dY - mean(dY) - N mean(dY N)). In prediction no row
        changes them: dX = dY gamma / std.
        """
        N, inverse_std, training = cache
        np.sum(dY * N, axis=0, out=g.gamma)
        np.sum(dY, axis=0, out=g.beta)
        if not needs_dX:
            return None
        scale = p.gamma * inverse_std
        if not training:
            return np.asarray(dY * scale)
        n = len(dY)
        return np.asarray(scale * (dY - g.beta / n - N * (g.gamma / n)))

    def specs(self, n_in: int) -> dict[str, Spec]:
        """Return scale and shift, which do not decay, and the running statistics."""
        return {
            "gamma": Spec((n_in,), decay_factor=0.0),
            "beta": Spec((n_in,), decay_factor=0.0),
            "running_mean": Spec((n_in,), trained=False),
            "running_var": Spec((n_in,), trained=False, is_valid=_never_negative),
        }


@dataclass(frozen=True)
class LayerNorm(KeepsWidth):
    """Normalize every row over its units, then scale and shift each unit.

    Ba, Kiros and Hinton 2016, eq. 4.

    N = (X - mean) / sqrt(var + eps),  Y = gamma * N + beta      mean, var (n, 1) over the units;
                                       gamma, beta (n_units,)

    The same in training and prediction, for any batch size.

    Parameters
    ----------
    eps : added to the variance
    """

    eps: float = 1e-5
    ones: ClassVar[tuple[str, ...]] = ("gamma",)

    def __post_init__(self) -> None:
        check_number("eps", self.eps, "(0, inf)")

    def forward(self, p: Views, X: Array, run: Run) -> tuple[Array, Any]:
        """Return Y and (N, 1 / sqrt(var + eps))."""
        centered = X - X.mean(axis=1, keepdims=True)
        var = np.mean(centered * centered, axis=1, keepdims=True)
        inverse_std = 1.0 / np.sqrt(var + self.eps)
        N = centered * inverse_std
        return N * p.gamma + p.beta, (N, inverse_std)

    def backward(
        self, p: Views, g: Views, cache: Any, dY: Array, needs_dX: bool = True
    ) -> Array | None:
        """Write dgamma and dbeta into g; return dX.

        dX = (dN - mean(dN) - N mean(dN N)) / std, means over the units, dN = dY gamma.
        """
        N, inverse_std = cache
        np.sum(dY * N, axis=0, out=g.gamma)
        np.sum(dY, axis=0, out=g.beta)
        if not needs_dX:
            return None
        dN = dY * p.gamma
        return np.asarray(
            inverse_std
            * (dN - dN.mean(axis=1, keepdims=True) - N * np.mean(dN * N, axis=1, keepdims=True))
        )

    def specs(self, n_in: int) -> dict[str, Spec]:
        """Return scale and shift, which do not decay."""
        return {"gamma": Spec((n_in,), decay_factor=0.0), "beta": Spec((n_in,), decay_factor=0.0)}


def _never_negative(variances: Array) -> bool:
    return bool((variances >= 0.0).all())


@dataclass(frozen=True)
class RMSNorm(KeepsWidth):
    """Divide every row by its root mean square, then scale each unit. Zhang and Sennrich 2019.

    N = X / sqrt(mean(X^2) + eps),  Y = gamma * N      mean (n, 1) over the units; gamma (n_units,)

    It is the same in training and prediction, for any batch size. Unlike `LayerNorm` it does not
    subtract the mean and has no shift.

    Parameters
    ----------
    eps : added to the mean square
    """

    eps: float = 1e-6
    ones: ClassVar[tuple[str, ...]] = ("gamma",)

    def __post_init__(self) -> None:
        check_number("eps", self.eps, "(0, inf)")

    def forward(self, p: Views, X: Array, run: Run) -> tuple[Array, Any]:
        """Return Y and (N, 1 / sqrt(mean(X^2) + eps))."""
        inverse_rms = 1.0 / np.sqrt(np.mean(X * X, axis=1, keepdims=True) + self.eps)
        N = X * inverse_rms
        return N * p.gamma, (N, inverse_rms)

    def backward(
        self, p: Views, g: Views, cache: Any, dY: Array, needs_dX: bool = True
    ) -> Array | None:
        """Write dgamma into g; return dX = (dN - N mean(dN N)) / rms, dN = dY gamma."""
        N, inverse_rms = cache
        np.sum(dY * N, axis=0, out=g.gamma)
        dN = dY * p.gamma
        if not needs_dX:
            return None
        return np.asarray(inverse_rms * (dN - N * np.mean(dN * N, axis=1, keepdims=True)))

    def specs(self, n_in: int) -> dict[str, Spec]:
        """Return the scale, which does not decay."""
        return {"gamma": Spec((n_in,), decay_factor=0.0)}
