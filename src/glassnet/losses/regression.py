"""Losses for numbers: means, medians and quantiles by the identity link, counts and positive amounts by the exponential."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from glassnet.errors import DataError, SettingError, is_number
from glassnet.losses.loss import (
    Array,
    LossTraits,
    check_outputs,
    exp,
    mean,
    numbers,
    quantiles,
    weighted_mean,
)


@dataclass(frozen=True)
class Squared:
    """Half the squared error, (z - y)^2 / 2, whose gradient is the error itself: z - y.

    outputs : "mean", "sum" or "mean_of_sum" of several outputs, see `glassnet.losses.loss.OUTPUTS`;
        training alone asks for it
    """

    outputs: str = "mean"
    name: ClassVar[str] = "squared"
    traits: ClassVar[LossTraits] = LossTraits(stays_in_range=True)

    def __post_init__(self) -> None:
        check_outputs(self.outputs)

    def prepare(self, y: Any, n_outputs: int, dtype: Any) -> Array:
        """Return finite numbers `(n, n_outputs)`."""
        return numbers(y, n_outputs, dtype)

    def value_and_gradient(
        self, Z: Array, y: Array, weight: Array | None = None
    ) -> tuple[float, Array]:
        """Return the mean loss and its gradient by Z."""
        E = Z - y
        return weighted_mean(0.5 * E * E, E, weight, self.outputs)

    def predict(self, Z: Array) -> Array:
        """The mean: Z itself."""
        return Z

    def baseline(self, y: Array, n_outputs: int, weight: Array | None = None) -> Array:
        """The mean of y."""
        return mean(y, weight)


@dataclass(frozen=True)
class Absolute:
    """The absolute error |z - y|, which the median minimizes; the slope at 0 is taken as 0."""

    name: ClassVar[str] = "absolute"
    traits: ClassVar[LossTraits] = LossTraits(stays_in_range=True)

    def prepare(self, y: Any, n_outputs: int, dtype: Any) -> Array:
        """Return finite numbers `(n, n_outputs)`."""
        return numbers(y, n_outputs, dtype)

    def value_and_gradient(
        self, Z: Array, y: Array, weight: Array | None = None
    ) -> tuple[float, Array]:
        """Return the mean loss and its gradient by Z."""
        E = Z - y
        return weighted_mean(np.abs(E), np.sign(E), weight)

    def predict(self, Z: Array) -> Array:
        """The median: Z itself."""
        return Z

    def baseline(self, y: Array, n_outputs: int, weight: Array | None = None) -> Array:
        """The median of y."""
        return quantiles(y, (0.5,), weight)


@dataclass(frozen=True)
class Huber:
    """Squared near the target and absolute far from it. Huber 1964.

    e = z - y:  e^2 / 2 where |e| <= delta, else delta (|e| - delta / 2); the gradient is e cut off
                at +-delta.
    """

    delta: float = 1.0
    name: ClassVar[str] = "huber"
    traits: ClassVar[LossTraits] = LossTraits(stays_in_range=True)

    def __post_init__(self) -> None:
        if not is_number(self.delta) or not 0.0 < self.delta < np.inf:
            raise SettingError(f"delta must be a positive number, but {self.delta!r} came.")

    def prepare(self, y: Any, n_outputs: int, dtype: Any) -> Array:
        """Return finite numbers `(n, n_outputs)`."""
        return numbers(y, n_outputs, dtype)

    def value_and_gradient(
        self, Z: Array, y: Array, weight: Array | None = None
    ) -> tuple[float, Array]:
        """Return the mean loss and its gradient by Z."""
        E = Z - y
        C = np.clip(E, -self.delta, self.delta)
        return weighted_mean(C * (E - 0.5 * C), C, weight)

    def predict(self, Z: Array) -> Array:
        """The location: Z itself."""
        return Z

    def baseline(self, y: Array, n_outputs: int, weight: Array | None = None) -> Array:
        """The median of y: near the minimum, and it needs no iteration."""
        return quantiles(y, (0.5,), weight)


@dataclass(frozen=True)
class Quantile:
    """The pinball loss of one or several quantiles. Koenker and Bassett 1978, eq. 2.1.

    e = y - z:  max(q e, (q - 1) e) for each quantile q. A target with m columns has m *
                len(quantiles) raw scores, the
    quantiles of the first column first. Predictions are sorted within each column, so that
    quantiles never cross (rearrangement, Chernozhukov, Fernandez-Val and Galichon 2010).
    """

    quantiles: tuple[float, ...] = (0.5,)
    name: ClassVar[str] = "quantile"

    def __post_init__(self) -> None:
        object.__setattr__(
            self, "quantiles", tuple(float(q) for q in np.atleast_1d(self.quantiles))
        )
        if not self.quantiles or any(not 0.0 < q < 1.0 for q in self.quantiles):
            raise SettingError(
                f"quantiles must lie strictly between 0 and 1, but {self.quantiles!r} came."
            )
        if list(self.quantiles) != sorted(set(self.quantiles)):
            raise SettingError(
                f"quantiles must be given in rising order, each once, but {self.quantiles!r} came."
            )

    @property
    def traits(self) -> LossTraits:
        """A raw score for each quantile."""
        return LossTraits(n_per_target=len(self.quantiles))

    def prepare(self, y: Any, n_outputs: int, dtype: Any) -> Array:
        """Return finite numbers `(n, n_outputs / len(quantiles))`."""
        n_quantiles = len(self.quantiles)
        if n_outputs % n_quantiles:
            raise SettingError(
                f"{n_quantiles} quantiles need a multiple of {n_quantiles} raw scores, but the "
                f"network has {n_outputs}."
            )
        return numbers(y, n_outputs // n_quantiles, dtype)

    def value_and_gradient(
        self, Z: Array, y: Array, weight: Array | None = None
    ) -> tuple[float, Array]:
        """Return the mean loss and its gradient by Z."""
        q = np.tile(np.asarray(self.quantiles, Z.dtype), y.shape[1])
        E = np.repeat(y, len(self.quantiles), axis=1) - Z
        return weighted_mean(np.maximum(q * E, (q - 1.0) * E), (E < 0.0) - q * (E != 0.0), weight)

    def predict(self, Z: Array) -> Array:
        """The quantiles: Z, sorted within each target column."""
        return np.sort(
            Z.reshape(len(Z), Z.shape[1] // len(self.quantiles), len(self.quantiles)), axis=2
        ).reshape(Z.shape)

    def baseline(self, y: Array, n_outputs: int, weight: Array | None = None) -> Array:
        """The quantiles of y."""
        return quantiles(y, self.quantiles, weight)


@dataclass(frozen=True)
class Poisson:
    """Half the Poisson deviance of a count y >= 0; the link is exp, mu = exp(z). McCullagh and Nelder 1989, section 2.3.

    mu - y z + y log y - y, which is 0 for a perfect prediction; the gradient is mu - y.

    outputs : "mean", "sum" or "mean_of_sum" of several outputs, see `glassnet.losses.loss.OUTPUTS`;
        training alone asks for it
    """

    outputs: str = "mean"
    name: ClassVar[str] = "poisson"
    traits: ClassVar[LossTraits] = LossTraits(link="exp", scales_target=False)

    def __post_init__(self) -> None:
        check_outputs(self.outputs)

    def prepare(self, y: Any, n_outputs: int, dtype: Any) -> Array:
        """Return numbers >= 0 `(n, n_outputs)`."""
        checked = numbers(y, n_outputs, dtype)
        if checked.size and checked.min() < 0.0:
            raise DataError(
                f"loss 'poisson' takes a target >= 0, but its smallest value is {checked.min():g}."
            )
        return checked

    def value_and_gradient(
        self, Z: Array, y: Array, weight: Array | None = None
    ) -> tuple[float, Array]:
        """Return the mean loss and its gradient by Z."""
        mu = exp(Z)
        return weighted_mean(
            mu - y * Z + (y * np.log(np.maximum(y, 1e-30)) - y), mu - y, weight, self.outputs
        )

    def predict(self, Z: Array) -> Array:
        """The mean count: exp(Z)."""
        return exp(Z)

    def baseline(self, y: Array, n_outputs: int, weight: Array | None = None) -> Array:
        """The logarithm of the mean of y."""
        return np.asarray(np.log(np.maximum(mean(y, weight), 1e-30)))


@dataclass(frozen=True)
class Gamma:
    """Half the gamma deviance of a target y > 0; the link is exp, mu = exp(z). McCullagh and Nelder 1989, section 2.3.

    log(mu / y) + y / mu - 1, which is 0 for a perfect prediction; the gradient is 1 - y / mu.
    """

    name: ClassVar[str] = "gamma"
    traits: ClassVar[LossTraits] = LossTraits(link="exp", scales_target=False)

    def prepare(self, y: Any, n_outputs: int, dtype: Any) -> Array:
        """Return numbers > 0 `(n, n_outputs)`."""
        checked = numbers(y, n_outputs, dtype)
        if checked.size and checked.min() <= 0.0:
            raise DataError(
                f"loss 'gamma' takes a target > 0, but its smallest value is {checked.min():g}."
            )
        return checked

    def value_and_gradient(
        self, Z: Array, y: Array, weight: Array | None = None
    ) -> tuple[float, Array]:
        """Return the mean loss and its gradient by Z."""
        ratio = exp(np.log(y) - Z)
        return weighted_mean(ratio - 1.0 + (Z - np.log(y)), 1.0 - ratio, weight)

    def predict(self, Z: Array) -> Array:
        """The mean: exp(Z)."""
        return exp(Z)

    def baseline(self, y: Array, n_outputs: int, weight: Array | None = None) -> Array:
        """The logarithm of the mean of y."""
        return np.asarray(np.log(np.maximum(mean(y, weight), 1e-30)))
