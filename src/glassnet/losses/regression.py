"""Regression losses: squared, absolute, Huber, quantile, Poisson, gamma and Tweedie."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from glassnet.checks import check_name, check_number
from glassnet.errors import DataError, SettingError
from glassnet.losses.loss import (
    REDUCTIONS,
    Array,
    LossTraits,
    exp,
    mean,
    numbers,
    quantiles,
    weighted_mean,
)


class Location:
    """Base class of losses whose raw score is the prediction itself."""

    traits: ClassVar[LossTraits] = LossTraits(stays_in_range=True)

    def prepare(self, y: Any, n_outputs: int, dtype: Any) -> Array:
        """Return finite numbers `(n, n_outputs)`."""
        return numbers(y, n_outputs, dtype)

    def predict(self, Z: Array) -> Array:
        """Return Z itself."""
        return Z


class LogLink:
    """Base class of losses whose raw score is the logarithm of the predicted mean: mu = exp(z)."""

    name: ClassVar[str]
    traits: ClassVar[LossTraits] = LossTraits(link="exp", scales_target=False)
    takes_zero: ClassVar[bool] = True

    def prepare(self, y: Any, n_outputs: int, dtype: Any) -> Array:
        """Return positive numbers `(n, n_outputs)`; 0 is possible if `takes_zero`."""
        checked = numbers(y, n_outputs, dtype)
        minimum = checked.min(initial=np.inf)
        if minimum < 0.0 or (minimum == 0.0 and not self.takes_zero):
            raise DataError(
                f"loss {self.name!r} takes a target {'>=' if self.takes_zero else '>'} 0, but its "
                f"smallest value is {minimum:g}."
            )
        return checked

    def predict(self, Z: Array) -> Array:
        """Return the mean, exp(Z)."""
        return exp(Z)

    def baseline(self, y: Array, n_outputs: int, weight: Array | None = None) -> Array:
        """Return the logarithm of the mean of y."""
        return np.asarray(np.log(np.maximum(mean(y, weight), 1e-30)))


@dataclass(frozen=True)
class Squared(Location):
    """Half the squared error, (z - y)^2 / 2, whose gradient is the error itself: z - y.

    reduction : over several outputs, see `glassnet.losses.loss.REDUCTIONS`; only training uses it
    """

    reduction: str = "mean"
    name: ClassVar[str] = "squared"

    def __post_init__(self) -> None:
        check_name("reduction", self.reduction, REDUCTIONS)

    def value_and_gradient(
        self, Z: Array, y: Array, weight: Array | None = None
    ) -> tuple[float, Array]:
        """Return the mean loss and its gradient by Z."""
        E = Z - y
        return weighted_mean(0.5 * E * E, E, weight, self.reduction)

    def baseline(self, y: Array, n_outputs: int, weight: Array | None = None) -> Array:
        """The mean of y."""
        return mean(y, weight)


@dataclass(frozen=True)
class Absolute(Location):
    """The absolute error |z - y|, which the median minimizes; its derivative at 0 is set to 0."""

    name: ClassVar[str] = "absolute"

    def value_and_gradient(
        self, Z: Array, y: Array, weight: Array | None = None
    ) -> tuple[float, Array]:
        """Return the mean loss and its gradient by Z."""
        E = Z - y
        return weighted_mean(np.abs(E), np.sign(E), weight)

    def baseline(self, y: Array, n_outputs: int, weight: Array | None = None) -> Array:
        """The median of y."""
        return quantiles(y, (0.5,), weight)


@dataclass(frozen=True)
class Huber(Location):
    """Squared near the target and absolute far from it. Huber 1964.

    With e = z - y: e^2 / 2 if |e| <= delta, otherwise delta (|e| - delta / 2); the gradient is e
    clipped to [-delta, delta].
    """

    delta: float = 1.0
    name: ClassVar[str] = "huber"

    def __post_init__(self) -> None:
        check_number("delta", self.delta, "(0, inf)")

    def value_and_gradient(
        self, Z: Array, y: Array, weight: Array | None = None
    ) -> tuple[float, Array]:
        """Return the mean loss and its gradient by Z."""
        E = Z - y
        C = np.clip(E, -self.delta, self.delta)
        return weighted_mean(C * (E - 0.5 * C), C, weight)

    def baseline(self, y: Array, n_outputs: int, weight: Array | None = None) -> Array:
        """The median of y: near the minimum, and it needs no iteration."""
        return quantiles(y, (0.5,), weight)


@dataclass(frozen=True)
class Quantile:
    """The pinball loss of one or several quantiles. Koenker and Bassett 1978, eq. 2.1.

    With e = y - z: max(q e, (q - 1) e) for each quantile q. A target with m columns has
    m * len(quantiles) raw scores, those of the first column first. Predictions are sorted within
    each column, so that quantiles never cross (rearrangement, Chernozhukov, Fernandez-Val and
    Galichon 2010).
    """

    quantiles: tuple[float, ...] = (0.5,)
    name: ClassVar[str] = "quantile"

    def __post_init__(self) -> None:
        object.__setattr__(
            self, "quantiles", tuple(float(q) for q in np.atleast_1d(self.quantiles))
        )
        if not self.quantiles or any(not 0.0 < q < 1.0 for q in self.quantiles):
            raise SettingError(
                f"quantiles must be strictly between 0 and 1, got {self.quantiles!r}."
            )
        if list(self.quantiles) != sorted(set(self.quantiles)):
            raise SettingError(
                f"quantiles must be given in rising order, each once, got {self.quantiles!r}."
            )

    @property
    def traits(self) -> LossTraits:
        """The traits: one raw score per quantile."""
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
class Poisson(LogLink):
    """Half the Poisson deviance of a count y >= 0, mu = exp(z).

    McCullagh and Nelder 1989, section 2.3.

    mu - y z + y log y - y, which is 0 for a perfect prediction; the gradient is mu - y.

    reduction : over several outputs, see `glassnet.losses.loss.REDUCTIONS`; only training uses it
    """

    reduction: str = "mean"
    name: ClassVar[str] = "poisson"

    def __post_init__(self) -> None:
        check_name("reduction", self.reduction, REDUCTIONS)

    def value_and_gradient(
        self, Z: Array, y: Array, weight: Array | None = None
    ) -> tuple[float, Array]:
        """Return the mean loss and its gradient by Z."""
        mu = exp(Z)
        return weighted_mean(
            mu - y * Z + (y * np.log(np.maximum(y, 1e-30)) - y), mu - y, weight, self.reduction
        )


@dataclass(frozen=True)
class Gamma(LogLink):
    """Half the gamma deviance of a target y > 0, mu = exp(z).

    McCullagh and Nelder 1989, section 2.3.

    log(mu / y) + y / mu - 1, which is 0 for a perfect prediction; the gradient is 1 - y / mu.
    """

    name: ClassVar[str] = "gamma"
    takes_zero: ClassVar[bool] = False

    def value_and_gradient(
        self, Z: Array, y: Array, weight: Array | None = None
    ) -> tuple[float, Array]:
        """Return the mean loss and its gradient by Z."""
        ratio = exp(np.log(y) - Z)
        return weighted_mean(ratio - 1.0 + (Z - np.log(y)), 1.0 - ratio, weight)


@dataclass(frozen=True)
class Tweedie(LogLink):
    """Half the Tweedie deviance of an amount y >= 0 that may be 0, mu = exp(z). Jorgensen 1987.

    y^(2-p) / ((1-p) (2-p)) - y mu^(1-p) / (1-p) + mu^(2-p) / (2-p), which is 0 for a perfect
    prediction; the gradient is mu^(2-p) - y mu^(1-p). Total claims of an insurance are an example:
    between counts (p = 1, Poisson) and positive amounts (p = 2, gamma).

    power : p, strictly between 1 and 2
    """

    power: float = 1.5
    name: ClassVar[str] = "tweedie"

    def __post_init__(self) -> None:
        check_number("power", self.power, "(1, 2)")

    def value_and_gradient(
        self, Z: Array, y: Array, weight: Array | None = None
    ) -> tuple[float, Array]:
        """Return the mean loss and its gradient by Z."""
        a, b = 1.0 - self.power, 2.0 - self.power
        with np.errstate(invalid="ignore"):  # 0 times infinity is 0 here
            A, B = np.where(y > 0.0, y * exp(a * Z), 0.0), exp(b * Z)
        return weighted_mean(y**b / (a * b) - A / a + B / b, B - A, weight)
