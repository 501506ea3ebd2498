"""Parametrizations of a dense layer: scale of its initial weights, and learning-rate factors.

"standard" leaves both to the initializer and the optimizer. In "ntk", the neural tangent
parametrization, W learns as if Z = X W / sqrt(n_in) + b, and b at a tenth of the rate.

The neural tangent parametrization (Jacot, Gabriel and Hongler 2018) divides by sqrt(n_in) in each
pass, so that W has entries of size 1 and learns as fast in a wide layer as in a narrow one. Here W
holds the quotient. Adam moves every entry by about the rate whatever the size of its gradient, so
the quotient moves as in the explicit form when its rate is divided by sqrt(n_in) (except for eps,
which then weighs sqrt(n_in) times less); and the decay factor sqrt(n_in) makes the decay rate times
weight_decay again (Yang and Hu 2021, section 3, symmetries of abc-parametrizations). Both are
factors of the tensor that any optimizer obeys; with optimizers that follow the size of the
gradient, and with penalties, they are no more than that.
"""

import math

from glassnet.parameters import Spec

PARAMETRIZATIONS = ("standard", "ntk")


def dense_specs(parametrization: str, n_in: int, n_out: int) -> dict[str, Spec]:
    """Return W and b with their factors of the learning rate and of the weight decay."""
    root, tenth = (math.sqrt(n_in), 0.1) if parametrization == "ntk" else (1.0, 1.0)
    return {"W": Spec((n_in, n_out), 1.0 / root, root), "b": Spec((n_out,), tenth, 0.0)}


def dense_initializer(parametrization: str, own: str) -> str:
    """Return the initializer of W that "auto" stands for, given that of the activation."""
    return "lecun_normal" if parametrization == "ntk" else own
