"""The activation functions as a graph knows them: formula, function and largest slope."""

from __future__ import annotations

from typing import NamedTuple


class Curve(NamedTuple):
    """An activation function as a graph knows it.

    formula : what it computes
    max_slope : the largest |f'(z)|, which multiplies the error of z
    """

    formula: str
    max_slope: float


#: The activations of `glassnet.activations.ACTIVATIONS`, by name.
CURVES: dict[str, Curve] = {
    "identity": Curve("a = z", 1.0),
    "sigmoid": Curve("a = 1 / (1 + exp(-z))", 0.25),
    "tanh": Curve("a = tanh(z)", 1.0),
    "relu": Curve("a = max(0, z)", 1.0),
    "leaky_relu": Curve("a = z if z > 0, else 0.01 z", 1.0),
    "elu": Curve("a = z if z > 0, else exp(z) - 1", 1.0),
    "selu": Curve("a = lambda z if z > 0, else lambda alpha (exp(z) - 1)", 1.7582),
    "gelu": Curve("a = z Phi(z), Phi the normal distribution function", 1.129),
    "silu": Curve("a = z / (1 + exp(-z))", 1.1),
    "mish": Curve("a = z tanh(log(1 + exp(z)))", 1.09),
    "softplus": Curve("a = log(1 + exp(z))", 1.0),
}
