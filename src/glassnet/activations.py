"""Activation functions, each followed by its derivative.

    A  = f(Z)                   forward: Z is the pre-activation, A the activation, both
                                `(n, n_units)`
    dZ = dA * f'(Z)             backward: by the chain rule, the gradient of the loss by Z

The backward pass takes A or Z. The derivatives of sigmoid, tanh, ReLU and similar functions can be
computed from the *output* A alone (sigmoid: f' = A (1 - A)), so the layer need not keep Z. GELU,
SiLU and Mish are not one-to-one, so A does not determine Z; they keep Z, and so does softplus,
whose derivative is the sigmoid of Z. All are finite, without warnings, for |Z| up to 1e4 and more.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from glassnet.errors import SettingError, did_you_mean, look_up
from glassnet.protocols import name_of, refuse_class, require_arguments

Array = np.ndarray[Any, np.dtype[Any]]

#: Slope of leaky ReLU for negative inputs (Maas, Hannun and Ng 2013).
LEAKY_SLOPE = 0.01
#: alpha and lambda of SELU, which keep zero mean and unit variance as a fixed point (Klambauer et
#: al. 2017, eq. 14).
SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805
INVERSE_SQRT_2PI = 0.3989422804014327


@dataclass(frozen=True)
class ActivationFunction:
    """An activation function with its derivative.

    Parameters
    ----------
    name : its name in the summary of a network
    forward : Z -> A
    backward : (kept, dA) -> dZ, where kept is A or Z
    keeps : "output" if backward needs A, "input" if it needs Z
    initializer : the default initializer of a dense layer with this activation

    Examples
    --------
    >>> from glassnet.activations import ActivationFunction
    >>> backward = lambda Z, dA: 3 * Z**2 * dA
    >>> cube = ActivationFunction("cube", lambda Z: Z**3, backward, keeps="input")
    """

    name: str
    forward: Callable[[Array], Array]
    backward: Callable[[Array, Array], Array]
    keeps: Literal["output", "input"]
    initializer: str = "glorot_uniform"

    def __post_init__(self) -> None:
        name: Any = self.name
        if not isinstance(name, str) or not name:
            raise SettingError(f"the name of an activation must be text, got {self.name!r}.")
        require_arguments(f"forward of activation {self.name!r}", self.forward, "Z")
        require_arguments(f"backward of activation {self.name!r}", self.backward, "kept, dA")
        if self.keeps not in ("input", "output"):
            hint = did_you_mean(str(self.keeps), ("input", "output"))
            raise SettingError(
                f"what the backward pass of activation {self.name!r} keeps must be 'input' or "
                f"'output', got {self.keeps!r}.{hint}"
            )

    def __repr__(self) -> str:
        return f"ActivationFunction({self.name!r})"


def identity(Z: Array) -> Array:
    """A = Z."""
    return Z


def identity_backward(A: Array, dA: Array) -> Array:
    """dZ = dA."""
    return dA


def sigmoid(Z: Array) -> Array:
    """A = 1 / (1 + exp(-Z)), between 0 and 1. Cox 1958.

    With E = exp(-|Z|), which cannot overflow: 1 / (1 + E) for Z >= 0 and E / (1 + E) for Z < 0.
    """
    E = np.exp(-np.abs(Z))
    return np.where(Z >= 0.0, 1.0, E) / (1.0 + E)


def sigmoid_backward(A: Array, dA: Array) -> Array:
    """dZ = dA * A (1 - A), at most dA / 4: gradients vanish in deep sigmoid networks."""
    return dA * (A * (1.0 - A))


def tanh(Z: Array) -> Array:
    """A = tanh(Z), between -1 and 1."""
    return np.tanh(Z)


def tanh_backward(A: Array, dA: Array) -> Array:
    """dZ = dA * (1 - A^2)."""
    return dA * (1.0 - A * A)


def relu(Z: Array) -> Array:
    """A = max(0, Z). Nair and Hinton 2010."""
    return np.maximum(Z, 0.0)


def relu_backward(A: Array, dA: Array) -> Array:
    """dZ = dA where A > 0, else 0; the slope at 0 is taken as 0."""
    return dA * (A > 0.0)


def leaky_relu(Z: Array) -> Array:
    """A = Z where Z > 0, else 0.01 Z. Maas, Hannun and Ng 2013."""
    return np.maximum(Z, LEAKY_SLOPE * Z)


def leaky_relu_backward(A: Array, dA: Array) -> Array:
    """dZ = dA where A > 0, else 0.01 dA."""
    return np.where(A > 0.0, dA, LEAKY_SLOPE * dA)


def elu(Z: Array) -> Array:
    """A = Z where Z > 0, else exp(Z) - 1. Clevert, Unterthiner and Hochreiter 2016, alpha = 1."""
    return np.where(Z > 0.0, Z, np.expm1(np.minimum(Z, 0.0)))


def elu_backward(A: Array, dA: Array) -> Array:
    """dZ = dA where A > 0, else dA * (A + 1), as A + 1 = exp(Z) there."""
    return dA * (np.minimum(A, 0.0) + 1.0)


def selu(Z: Array) -> Array:
    """A = lambda Z where Z > 0, else lambda alpha (exp(Z) - 1). Klambauer et al. 2017, eq. 2."""
    return SELU_SCALE * np.where(Z > 0.0, Z, SELU_ALPHA * np.expm1(np.minimum(Z, 0.0)))


def selu_backward(A: Array, dA: Array) -> Array:
    """dZ = lambda dA where A > 0, else dA * (A + lambda alpha)."""
    return dA * np.where(A > 0.0, SELU_SCALE, A + SELU_SCALE * SELU_ALPHA)


def gelu(Z: Array) -> Array:
    """A = Z Phi(Z), Phi the normal distribution function. Hendrycks and Gimpel 2016, eq. 1.

    Phi is computed exactly by erf.
    """
    return Z * _normal_cdf(Z)


def gelu_backward(Z: Array, dA: Array) -> Array:
    """dZ = dA * (Phi(Z) + Z phi(Z)), phi the normal density."""
    # Beyond 40 the density is 0 in every dtype; clipping prevents an overflow of the square.
    near: Array = np.clip(Z, -40.0, 40.0)
    density = INVERSE_SQRT_2PI * np.exp(-0.5 * near * near)
    slope: Array = _normal_cdf(Z) + near * density
    return dA * slope


def silu(Z: Array) -> Array:
    """A = Z sigmoid(Z), also called swish. Elfwing, Uchibe and Doya 2018."""
    return Z * sigmoid(Z)


def silu_backward(Z: Array, dA: Array) -> Array:
    """dZ = dA * s (1 + Z (1 - s)), s = sigmoid(Z)."""
    s = sigmoid(Z)
    return dA * (s * (1.0 + Z * (1.0 - s)))


def mish(Z: Array) -> Array:
    """A = Z tanh(softplus(Z)). Misra 2020, eq. 1."""
    return Z * np.tanh(softplus(Z))


def mish_backward(Z: Array, dA: Array) -> Array:
    """dZ = dA * (t + Z (1 - t^2) sigmoid(Z)), t = tanh(softplus(Z))."""
    t = np.tanh(softplus(Z))
    return dA * (t + Z * ((1.0 - t * t) * sigmoid(Z)))


def softplus(Z: Array) -> Array:
    """A = log(1 + exp(Z)). Dugas et al. 2001.

    Computed as max(Z, 0) + log(1 + exp(-|Z|)), which cannot overflow.
    """
    return np.maximum(Z, 0.0) + np.log1p(np.exp(-np.abs(Z)))


def softplus_backward(Z: Array, dA: Array) -> Array:
    """dZ = dA * sigmoid(Z)."""
    return dA * sigmoid(Z)


def _normal_cdf(Z: Array) -> Array:
    # By the complementary error function, so that the negative tail keeps its digits instead of
    # cancelling to 0.
    from scipy.special import erfc

    A: Array = 0.5 * erfc(Z * (-(0.5**0.5)))
    return A.astype(Z.dtype, copy=False)


@dataclass(frozen=True)
class ValueOf:
    """The forward pass of a function Z -> (A, slope)."""

    function: Callable[[Array], Any]

    def __call__(self, Z: Array) -> Array:
        """Return A."""
        return self.both(Z)[0]

    def both(self, Z: Array) -> tuple[Array, Array]:
        """Return A and its derivative by Z."""
        returned = self.function(Z)
        if not isinstance(returned, tuple | list) or len(returned) != 2:
            name = name_of(self.function)
            raise SettingError(
                f"the activation {name} must return two arrays, A and its derivative by Z, such as "
                f"(np.tanh(Z), 1 - np.tanh(Z) ** 2), got {type(returned).__name__}."
            )
        return returned[0], returned[1]


@dataclass(frozen=True)
class TimesSlopeOf:
    """The backward pass of a function Z -> (A, slope): dA times the slope."""

    value: ValueOf

    def __call__(self, Z: Array, dA: Array) -> Array:
        """Return dZ = dA * f'(Z)."""
        return dA * self.value.both(Z)[1]


#: How an activation may be given: a name, an ActivationFunction, or a function Z -> (A, slope).
GivenActivation = str | ActivationFunction | Callable[[Array], Any]


def activation_function(activation: GivenActivation) -> ActivationFunction:
    """Return the ActivationFunction of a name or a function Z -> (A, slope), or the given one.

    Examples
    --------
    >>> import numpy as np
    >>> from glassnet.activations import activation_function
    >>> activation_function(lambda Z: (np.sin(Z), np.cos(Z))).backward(np.zeros(1), np.ones(1))
    array([1.])
    """
    if isinstance(activation, ActivationFunction):
        return activation
    if isinstance(activation, str):
        return look_up("activation", activation, ACTIVATIONS)
    refuse_class("an activation", activation)
    if not callable(activation):
        raise SettingError(
            "an activation must be a name, an ActivationFunction or a function Z -> (A, slope), "
            f"got {activation!r}."
        )
    require_arguments(f"the activation {name_of(activation)}", activation, "Z")
    value = ValueOf(activation)
    return ActivationFunction(name_of(activation), value, TimesSlopeOf(value), "input")


ACTIVATIONS: dict[str, ActivationFunction] = {
    "identity": ActivationFunction(
        "identity", identity, identity_backward, "output", "glorot_uniform"
    ),
    "sigmoid": ActivationFunction("sigmoid", sigmoid, sigmoid_backward, "output", "glorot_uniform"),
    "tanh": ActivationFunction("tanh", tanh, tanh_backward, "output", "glorot_uniform"),
    "relu": ActivationFunction("relu", relu, relu_backward, "output", "he_normal"),
    "leaky_relu": ActivationFunction(
        "leaky_relu", leaky_relu, leaky_relu_backward, "output", "he_normal"
    ),
    "elu": ActivationFunction("elu", elu, elu_backward, "output", "he_normal"),
    "selu": ActivationFunction("selu", selu, selu_backward, "output", "lecun_normal"),
    "gelu": ActivationFunction("gelu", gelu, gelu_backward, "input", "he_normal"),
    "silu": ActivationFunction("silu", silu, silu_backward, "input", "he_normal"),
    "mish": ActivationFunction("mish", mish, mish_backward, "input", "he_normal"),
    "softplus": ActivationFunction(
        "softplus", softplus, softplus_backward, "input", "glorot_uniform"
    ),
}
