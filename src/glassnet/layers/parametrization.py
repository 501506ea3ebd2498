"""Parametrizations of a dense layer: scale of its initial weights, and learning-rate factors.

"standard" leaves both to the initializer and the optimizer. With "ntk", the neural tangent
parametrization, W learns as if Z = X W / sqrt(n_in) + b, and b has a tenth of the learning rate.

The neural tangent parametrization (Jacot, Gabriel and Hongler 2018) divides by sqrt(n_in) in each
pass, so that the entries of W are of order 1 and learn as fast in a wide layer as in a narrow one.
Here W is the quotient itself. Adam changes every entry by about the learning rate, independent of
the size of its gradient. Dividing the learning rate of W by sqrt(n_in) therefore gives the same
steps as the explicit form, except that eps has sqrt(n_in) times less weight. The decay factor
sqrt(n_in) restores the decay to learning rate times weight_decay (Yang and Hu 2021, section 3,
symmetries of abc-parametrizations). This equivalence holds for Adam and AdamW. With optimizers
whose steps depend on the size of the gradient, and with penalties, the two factors are only
factors.
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
