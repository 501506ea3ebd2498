"""Weight initializers: random initial weights that preserve the variance of the signals.

An initializer is called as `initializer(fan_in, fan_out, rng)` and returns float64
`(fan_in, fan_out)`; fan_in counts the inputs of a unit, fan_out its outputs.

    Var(W) = gain / fan       uniform on (-a, a) has variance a^2 / 3, so a = sqrt(3 gain / fan)
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from glassnet.errors import SettingError, look_up
from glassnet.protocols import name_of, require_arguments

Array = np.ndarray[Any, np.dtype[Any]]
Initializer = Callable[[int, int, np.random.Generator], Array]


@dataclass(frozen=True)
class Glorot:
    """Var(W) = 2 / (fan_in + fan_out). Glorot and Bengio 2010, eq. 12 and 16."""

    distribution: Literal["uniform", "normal"] = "uniform"

    def __call__(self, fan_in: int, fan_out: int, rng: np.random.Generator) -> Array:
        """Draw `(fan_in, fan_out)`."""
        return _scaled(2.0 / (fan_in + fan_out), self.distribution, fan_in, fan_out, rng)


@dataclass(frozen=True)
class He:
    """Var(W) = 2 / fan_in, because ReLU sets half of its inputs to zero. He et al. 2015, eq. 10."""

    distribution: Literal["uniform", "normal"] = "normal"

    def __call__(self, fan_in: int, fan_out: int, rng: np.random.Generator) -> Array:
        """Draw `(fan_in, fan_out)`."""
        return _scaled(2.0 / fan_in, self.distribution, fan_in, fan_out, rng)


@dataclass(frozen=True)
class LeCun:
    """Var(W) = 1 / fan_in, for unit variance. LeCun, Bottou, Orr and Müller 1998, eq. 16."""

    distribution: Literal["uniform", "normal"] = "normal"

    def __call__(self, fan_in: int, fan_out: int, rng: np.random.Generator) -> Array:
        """Draw `(fan_in, fan_out)`."""
        return _scaled(1.0 / fan_in, self.distribution, fan_in, fan_out, rng)


@dataclass(frozen=True)
class StandardNormal:
    """W ~ N(0, 1), independent of fan_in and fan_out."""

    def __call__(self, fan_in: int, fan_out: int, rng: np.random.Generator) -> Array:
        """Draw `(fan_in, fan_out)`."""
        return rng.standard_normal((fan_in, fan_out))


@dataclass(frozen=True)
class Constant:
    """The same value for all weights; hidden units then stay equal during training."""

    value: float = 0.0

    def __call__(self, fan_in: int, fan_out: int, rng: np.random.Generator) -> Array:
        """Fill `(fan_in, fan_out)`."""
        return np.full((fan_in, fan_out), float(self.value))


def _scaled(
    variance: float, distribution: str, fan_in: int, fan_out: int, rng: np.random.Generator
) -> Array:
    limit = np.sqrt(3.0 * variance)
    draw = {
        "uniform": lambda: rng.uniform(-limit, limit, (fan_in, fan_out)),
        "normal": lambda: rng.normal(0.0, np.sqrt(variance), (fan_in, fan_out)),
    }
    return look_up("distribution", distribution, draw)()


def initializer_function(initializer: str | Initializer) -> Initializer:
    """Return the initializer of a name, or a given callable (fan_in, fan_out, rng)."""
    if isinstance(initializer, str):
        return look_up("initializer", initializer, INITIALIZERS)
    require_arguments("an initializer", initializer, "fan_in, fan_out, rng")
    return initializer


def first_weights(
    initializer: Initializer, fan_in: int, fan_out: int, rng: np.random.Generator
) -> Array:
    """Return the weights that an initializer draws, checked to be finite and of the right shape."""
    drawn: Array = np.asarray(initializer(fan_in, fan_out, rng))
    if drawn.shape != (fan_in, fan_out):
        raise SettingError(
            f"an initializer must return W of shape {(fan_in, fan_out)}, (fan_in, fan_out), got "
            f"shape {drawn.shape}."
        )
    if drawn.dtype.kind not in "fiu" or not np.isfinite(drawn).all():
        raise SettingError(
            f"an initializer must return finite numbers, got others from {name_of(initializer)}."
        )
    return drawn


INITIALIZERS: dict[str, Initializer] = {
    "glorot_uniform": Glorot("uniform"),
    "glorot_normal": Glorot("normal"),
    "he_uniform": He("uniform"),
    "he_normal": He("normal"),
    "lecun_uniform": LeCun("uniform"),
    "lecun_normal": LeCun("normal"),
    "standard_normal": StandardNormal(),
    "zeros": Constant(0.0),
    "constant": Constant(),
}
