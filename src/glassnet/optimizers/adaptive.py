"""Adaptive optimizers: Adam, AdamW and RMSprop."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from glassnet.checks import check_number, check_switch
from glassnet.optimizers.optimizer import Array, BlockOptimizer


@dataclass(frozen=True)
class RMSprop(BlockOptimizer):
    """Divide by a running root mean square of the gradient. Tieleman and Hinton 2012 (lecture 6.5).

    v      = rho * v + (1 - rho) * g^2
    theta -= lr * g / (sqrt(v) + eps)
    """

    lr: float = 1e-3
    rho: float = 0.9
    eps: float = 1e-8
    vectors: ClassVar[tuple[str, ...]] = ("v",)

    def __post_init__(self) -> None:
        check_number("the learning rate", self.lr, "(0, inf)")
        check_number("rho", self.rho, "[0, 1)")
        check_number("eps", self.eps, "(0, inf)")

    def move(
        self,
        theta: Array,
        g: Array,
        vectors: list[Array],
        move: Array,
        rate: float,
        decay_factor: float,
        t: int,
    ) -> None:
        """Update a block."""
        (v,) = vectors
        np.multiply(g, g, out=move)
        move *= 1.0 - self.rho
        v *= self.rho
        v += move
        np.sqrt(v, out=move)
        move += self.eps
        np.divide(g, move, out=move)
        move *= rate
        theta -= move


@dataclass(frozen=True)
class Moments(BlockOptimizer):
    """Base class of Adam and AdamW: settings, and running means of the gradient and its square."""

    lr: float = 1e-3
    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8
    vectors: ClassVar[tuple[str, ...]] = ("m", "v")

    def __post_init__(self) -> None:
        check_number("the learning rate", self.lr, "(0, inf)")
        check_number("beta1", self.beta1, "[0, 1)")
        check_number("beta2", self.beta2, "[0, 1)")
        check_number("eps", self.eps, "(0, inf)")

    def direction(self, g: Array, move: Array, root: float, m: Array, v: Array) -> None:
        """Update both means of a block; write m / (root * sqrt(v) + eps) into `move`."""
        np.multiply(g, 1.0 - self.beta1, out=move)
        m *= self.beta1
        m += move
        np.multiply(g, g, out=move)
        move *= 1.0 - self.beta2
        v *= self.beta2
        v += move
        np.sqrt(v, out=move)
        move *= root
        move += self.eps
        np.divide(m, move, out=move)


@dataclass(frozen=True)
class Adam(Moments):
    """Adam, with bias-corrected moments. Kingma and Ba 2015, algorithm 1.

    m      = beta1 * m + (1 - beta1) * g
    v      = beta2 * v + (1 - beta2) * g^2
    theta -= lr * (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps)

    With `uncorrected_eps`, eps is added to the root of the uncorrected v (section 2, last
    paragraph), as in scikit-learn. It then has more effect in the first steps, while v is small.

    theta -= lr * sqrt(1 - beta2^t) / (1 - beta1^t) * m / (sqrt(v) + eps)

    Examples
    --------
    >>> from glassnet import Adam
    >>> Adam(lr=3e-4)
    Adam(lr=0.0003, beta1=0.9, beta2=0.999, eps=1e-08, uncorrected_eps=False)
    """

    uncorrected_eps: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        check_switch("uncorrected_eps", self.uncorrected_eps)

    def move(
        self,
        theta: Array,
        g: Array,
        vectors: list[Array],
        move: Array,
        rate: float,
        decay_factor: float,
        t: int,
    ) -> None:
        """Update a block in step t."""
        corrected2 = 1.0 - self.beta2**t
        root, factor = (1.0, corrected2**0.5) if self.uncorrected_eps else (corrected2**-0.5, 1.0)
        self.direction(g, move, root, *vectors)
        move *= rate * factor / (1.0 - self.beta1**t)
        theta -= move


@dataclass(frozen=True)
class AdamW(Moments):
    """Adam with decoupled weight decay. Loshchilov and Hutter 2019, algorithm 2.

    theta -= lr * weight_decay * theta      before Adam's step, on segments with a decay factor
    """

    weight_decay: float = 0.01

    def __post_init__(self) -> None:
        super().__post_init__()
        check_number("weight_decay", self.weight_decay, "[0, inf)")

    def move(
        self,
        theta: Array,
        g: Array,
        vectors: list[Array],
        move: Array,
        rate: float,
        decay_factor: float,
        t: int,
    ) -> None:
        """Update a block in step t."""
        theta *= 1.0 - rate * self.weight_decay * decay_factor
        self.direction(g, move, (1.0 - self.beta2**t) ** -0.5, *vectors)
        move *= rate / (1.0 - self.beta1**t)
        theta -= move
