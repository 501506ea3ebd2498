"""How theta moves against its gradient: frozen settings, and one in-place step over the flat vector.

    state = optimizer.start(theta)
    optimizer.step(state, theta, gradient, segments, lr)        t = 1, 2, ...; g is the gradient

The state vectors are laid out like theta and belong to the run. Every segment multiplies lr by its
lr_factor; weight decay also by its decay_factor. The vector is walked in blocks that stay in the
cache, with scratch of the state's own: plain expressions on a long vector would spend their time on
temporaries.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Protocol

import numpy as np

from glassnet.errors import SettingError, is_number, unknown_name
from glassnet.parameters import Segment
from glassnet.protocols import refuse_class, require_members

Array = np.ndarray[Any, np.dtype[Any]]

#: Elements to a block: five float64 vectors of it fit a 1 MiB cache.
BLOCK = 16_384


@dataclass
class OptimizerState:
    """What an optimizer remembers between steps: vectors like theta by name, and the number of steps taken."""

    vectors: dict[str, Array]
    t: int = 0
    scratch: tuple[Array, ...] = field(default=(), repr=False)

    def __setstate__(self, state: dict[str, Any]) -> None:
        # As for Parameters: arrays from a read-only memory map (joblib) must be written to by the
        # next step.
        self.vectors = {name: np.array(vector) for name, vector in state["vectors"].items()}
        self.t = state["t"]
        self.scratch = tuple(np.array(array) for array in state["scratch"])


class Optimizer(Protocol):
    """Settings of an optimizer; `lr` is its base rate, which schedules multiply.

    One of them, LBFGS, takes no steps of its own: it works on all rows at once and chooses its
    rate, see `is_full_batch`.
    """

    @property
    def lr(self) -> float:
        """The base learning rate."""
        ...

    def start(self, theta: Array) -> OptimizerState:
        """Return the state before the first step."""
        ...

    def step(
        self,
        state: OptimizerState,
        theta: Array,
        gradient: Array,
        segments: Sequence[Segment],
        lr: float,
    ) -> None:
        """Move theta by one step, in place; the gradient is not changed."""
        ...


@lru_cache(maxsize=256)
def _blocks(
    segments: tuple[Segment, ...], by_decay: bool
) -> tuple[tuple[slice, float, float], ...]:
    """Cut theta into (slice, lr_factor, decay_factor); neighbours that differ in decay only are one unless `by_decay`."""
    merged: list[list[float]] = []
    for s in segments:
        key = [s.lr_factor, s.decay_factor if by_decay else 0.0]
        if merged and merged[-1][2:] == key:
            merged[-1][1] = s.stop
        else:
            merged.append([s.start, s.stop, *key])
    return tuple(
        (slice(at, min(at + BLOCK, int(stop))), lr_factor, decay_factor)
        for start, stop, lr_factor, decay_factor in merged
        for at in range(int(start), int(stop), BLOCK)
    )


def _state(theta: Array, names: tuple[str, ...], n_scratch: int) -> OptimizerState:
    scratch = tuple(np.empty(min(theta.size, BLOCK), theta.dtype) for _ in range(n_scratch))
    return OptimizerState({name: np.zeros_like(theta) for name in names}, 0, scratch)


def _check(lr: float, **fractions: float) -> None:
    if not is_number(lr) or not 0.0 < lr < np.inf:
        raise SettingError(f"the learning rate must be a positive number, but {lr!r} came.")
    for name, value in fractions.items():
        if not is_number(value) or not 0.0 <= value < 1.0:
            raise SettingError(f"{name} must lie in [0, 1), but {value!r} came.")


def _check_positive(**values: float) -> None:
    for name, value in values.items():
        if not is_number(value) or not 0.0 < value < np.inf:
            raise SettingError(f"{name} must be a positive number, but {value!r} came.")


def _check_switches(**values: bool) -> None:
    for name, value in values.items():
        if not isinstance(value, bool | np.bool_):
            raise SettingError(f"{name} must be True or False, but {value!r} came.")


@dataclass(frozen=True)
class SGD:
    """Stochastic gradient descent, with momentum (Polyak 1964) or Nesterov's form of it.

    velocity = momentum * velocity + g
    theta   -= lr * velocity                      plain and heavy-ball
    theta   -= lr * (g + momentum * velocity)     Nesterov, as in Sutskever et al. 2013, rewritten
            for the gradient at theta

    The rate multiplies the velocity and does not enter it, as in PyTorch. With `rate_inside` it
    enters, as in scikit-learn: what the velocity remembers keeps the rate of its own step, which
    differs where the rate changes.

    velocity = momentum * velocity + lr * g
    theta   -= velocity                           heavy-ball
    theta   -= lr * g + momentum * velocity       Nesterov

    momentum : in [0, 1]

    Examples
    --------
    >>> from glassnet import SGD
    >>> SGD(0.1, momentum=0.9)
    SGD(lr=0.1, momentum=0.9, nesterov=False, rate_inside=False)
    """

    lr: float
    momentum: float = 0.0
    nesterov: bool = False
    rate_inside: bool = False

    def __post_init__(self) -> None:
        _check(self.lr)
        if not is_number(self.momentum) or not 0.0 <= self.momentum <= 1.0:
            raise SettingError(f"momentum must lie in [0, 1], but {self.momentum!r} came.")
        _check_switches(nesterov=self.nesterov, rate_inside=self.rate_inside)
        if self.nesterov and self.momentum == 0.0:
            raise SettingError(
                "nesterov needs a momentum above 0, but momentum is 0: set momentum, for example "
                "to 0.9."
            )

    def start(self, theta: Array) -> OptimizerState:
        """Return the state before the first step."""
        return _state(theta, ("velocity",) if self.momentum else (), 1)

    def step(
        self,
        state: OptimizerState,
        theta: Array,
        gradient: Array,
        segments: Sequence[Segment],
        lr: float,
    ) -> None:
        """Move theta by one step, in place."""
        state.t += 1
        for block, lr_factor, _ in _blocks(tuple(segments), False):
            g, rate = gradient[block], lr * lr_factor
            move = state.scratch[0][: g.size]
            if not self.momentum:
                np.multiply(g, rate, out=move)
            elif self.rate_inside:
                velocity = state.vectors["velocity"][block]
                np.multiply(g, rate, out=move)
                velocity *= self.momentum
                velocity += move
                if self.nesterov:
                    theta[block] -= move
                    np.multiply(velocity, self.momentum, out=move)
                else:
                    np.copyto(move, velocity)
            else:
                velocity = state.vectors["velocity"][block]
                velocity *= self.momentum
                velocity += g
                if self.nesterov:
                    np.multiply(velocity, self.momentum, out=move)
                    move += g
                    move *= rate
                else:
                    np.multiply(velocity, rate, out=move)
            theta[block] -= move


@dataclass(frozen=True)
class RMSprop:
    """Divide by a running root mean square of the gradient. Tieleman and Hinton 2012 (lecture 6.5).

    v      = rho * v + (1 - rho) * g^2
    theta -= lr * g / (sqrt(v) + eps)
    """

    lr: float = 1e-3
    rho: float = 0.9
    eps: float = 1e-8

    def __post_init__(self) -> None:
        _check(self.lr, rho=self.rho)
        _check_positive(eps=self.eps)

    def start(self, theta: Array) -> OptimizerState:
        """Return the state before the first step."""
        return _state(theta, ("v",), 1)

    def step(
        self,
        state: OptimizerState,
        theta: Array,
        gradient: Array,
        segments: Sequence[Segment],
        lr: float,
    ) -> None:
        """Move theta by one step, in place."""
        state.t += 1
        for block, lr_factor, _ in _blocks(tuple(segments), False):
            g, v = gradient[block], state.vectors["v"][block]
            move = state.scratch[0][: g.size]
            np.multiply(g, g, out=move)
            move *= 1.0 - self.rho
            v *= self.rho
            v += move
            np.sqrt(v, out=move)
            move += self.eps
            np.divide(g, move, out=move)
            move *= lr * lr_factor
            theta[block] -= move


@dataclass(frozen=True)
class Adam:
    """Adaptive moments. Kingma and Ba 2015, algorithm 1: both moments corrected for their start at 0, eps beside the root.

    m      = beta1 * m + (1 - beta1) * g
    v      = beta2 * v + (1 - beta2) * g^2
    theta -= lr * (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps)

    With `uncorrected_eps`, eps stands beside the root of v as it is (their section 2, last
    paragraph), as in scikit-learn: it weighs more in the first steps, while v is still small.

    theta -= lr * sqrt(1 - beta2^t) / (1 - beta1^t) * m / (sqrt(v) + eps)

    Examples
    --------
    >>> from glassnet import Adam
    >>> Adam(lr=3e-4)
    Adam(lr=0.0003, beta1=0.9, beta2=0.999, eps=1e-08, uncorrected_eps=False)
    """

    lr: float = 1e-3
    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8
    uncorrected_eps: bool = False

    def __post_init__(self) -> None:
        _check(self.lr, beta1=self.beta1, beta2=self.beta2)
        _check_positive(eps=self.eps)
        _check_switches(uncorrected_eps=self.uncorrected_eps)

    def start(self, theta: Array) -> OptimizerState:
        """Return the state before the first step."""
        return _state(theta, ("m", "v"), 1)

    def step(
        self,
        state: OptimizerState,
        theta: Array,
        gradient: Array,
        segments: Sequence[Segment],
        lr: float,
    ) -> None:
        """Move theta by one step, in place."""
        state.t += 1
        corrected2 = 1.0 - self.beta2**state.t
        root, factor = (1.0, corrected2**0.5) if self.uncorrected_eps else (corrected2**-0.5, 1.0)
        for block, lr_factor, _ in _blocks(tuple(segments), False):
            move = _adam_move(self, state, gradient, block, root)
            move *= lr * lr_factor * factor / (1.0 - self.beta1**state.t)
            theta[block] -= move


@dataclass(frozen=True)
class AdamW:
    """Adam with decoupled weight decay. Loshchilov and Hutter 2019, algorithm 2, the decay multiplied by the rate.

    theta -= lr * weight_decay * theta            on segments with a decay factor, before Adam's
                                                  step
    """

    lr: float = 1e-3
    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8
    weight_decay: float = 0.01

    def __post_init__(self) -> None:
        _check(self.lr, beta1=self.beta1, beta2=self.beta2)
        _check_positive(eps=self.eps)
        if not is_number(self.weight_decay) or not 0.0 <= self.weight_decay < np.inf:
            raise SettingError(
                f"weight_decay must be zero or a positive number, but {self.weight_decay!r} came."
            )

    def start(self, theta: Array) -> OptimizerState:
        """Return the state before the first step."""
        return _state(theta, ("m", "v"), 1)

    def step(
        self,
        state: OptimizerState,
        theta: Array,
        gradient: Array,
        segments: Sequence[Segment],
        lr: float,
    ) -> None:
        """Move theta by one step, in place."""
        state.t += 1
        root = (1.0 - self.beta2**state.t) ** -0.5
        for block, lr_factor, decay_factor in _blocks(tuple(segments), True):
            decay = lr * lr_factor * self.weight_decay * decay_factor
            if decay:
                theta[block] *= 1.0 - decay
            move = _adam_move(self, state, gradient, block, root)
            move *= lr * lr_factor / (1.0 - self.beta1**state.t)
            theta[block] -= move


def _adam_move(
    settings: Adam | AdamW, state: OptimizerState, gradient: Array, block: slice, root: float
) -> Array:
    """Update both moments of a block and return m / (root * sqrt(v) + eps) in the state's scratch."""
    g, m, v = gradient[block], state.vectors["m"][block], state.vectors["v"][block]
    move = state.scratch[0][: g.size]
    np.multiply(g, 1.0 - settings.beta1, out=move)
    m *= settings.beta1
    m += move
    np.multiply(g, g, out=move)
    move *= 1.0 - settings.beta2
    v *= settings.beta2
    v += move
    np.sqrt(v, out=move)
    move *= root
    move += settings.eps
    np.divide(m, move, out=move)
    return move


@dataclass(frozen=True)
class LBFGS:
    """Limited-memory BFGS on the whole table at once: SciPy's L-BFGS-B (Byrd, Lu, Nocedal and Zhu 1995), run as a whole.

    history : pairs of steps and gradients that stand for the curvature
    gradient_tolerance : it ends when no element of the gradient is larger
    max_evaluations : passes over the table at most, line searches included
    value_tolerance : it ends too when a step lowers the objective by no more than this share of it
        (of 1 where that is larger): SciPy's ftol. The default, 64 units in the last place, leaves
        the end to the gradient; SciPy's own 2.2e-9 ends the plateaus of a classifier too early.

    It takes no schedule, no mini-batches, no dropout and no batch normalization, whose objectives
    change from step to step.
    """

    history: int = 10
    gradient_tolerance: float = 1e-5
    max_evaluations: int = 15_000
    value_tolerance: float = 64.0 * float(np.finfo(np.float64).eps)

    def __post_init__(self) -> None:
        _check_positive(history=self.history, max_evaluations=self.max_evaluations)
        for name in ("gradient_tolerance", "value_tolerance"):
            value = getattr(self, name)
            if not is_number(value) or not value >= 0.0:
                raise SettingError(f"{name} must be zero or positive, but {value!r} came.")


#: What stands in `Optimizer`: the arguments of each method.
METHODS = {"start": "theta", "step": "state, theta, gradient, segments, lr"}


def clip_norm(gradient: Array, norm: float, max_norm: float) -> None:
    """Scale the gradient, whose norm is given, to `max_norm` where it is longer, in place. Pascanu et al. 2013, algorithm 1."""
    if norm > max_norm:
        gradient *= max_norm / norm


def optimizer_settings(optimizer: str | Optimizer | LBFGS) -> Optimizer | LBFGS:
    """Return the optimizer of that name with the settings in OPTIMIZERS; an object is returned as it is."""
    if isinstance(optimizer, str):
        if optimizer not in OPTIMIZERS:
            raise unknown_name("optimizer", optimizer, OPTIMIZERS)
        return OPTIMIZERS[optimizer]
    refuse_class("an optimizer", optimizer)
    if isinstance(optimizer, LBFGS):
        return optimizer
    if not any(hasattr(optimizer, name) for name in METHODS):
        raise SettingError(
            f"an optimizer must be a name or an object such as Adam(lr=1e-3), got {optimizer!r}."
        )
    require_members("optimizer", optimizer, METHODS, ("lr",))
    if not is_number(optimizer.lr) or not 0.0 < optimizer.lr < np.inf:
        raise SettingError(
            f"lr of the optimizer {type(optimizer).__name__} must be a positive number, got "
            f"{optimizer.lr!r}."
        )
    return optimizer


def is_full_batch(optimizer: str | Optimizer | LBFGS | None) -> bool:
    """Whether an optimizer works on all rows at once: it takes no schedule, no batches and no rate."""
    return optimizer == "lbfgs" or isinstance(optimizer, LBFGS)


def optimizer_name(optimizer: Optimizer | LBFGS) -> str | None:
    """Return the name of an optimizer's class in OPTIMIZERS; None for one of your own."""
    made = (name for name, known in OPTIMIZERS.items() if type(known) is type(optimizer))
    return next(made, None)


def started(optimizer: Optimizer, theta: Array) -> OptimizerState:
    """Return the state of an optimizer before its first step, or raise SettingError where it is none."""
    state: Any = optimizer.start(theta)
    if not isinstance(state, OptimizerState):
        raise SettingError(
            f"start of the optimizer {type(optimizer).__name__} must return an OptimizerState, got "
            f"{state!r}."
        )
    return state


OPTIMIZERS: dict[str, Optimizer | LBFGS] = {
    "sgd": SGD(0.01, momentum=0.9, nesterov=True),
    "rmsprop": RMSprop(),
    "adam": Adam(),
    "adamw": AdamW(),
    "lbfgs": LBFGS(),
}
