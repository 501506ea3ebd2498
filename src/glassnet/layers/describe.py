"""The settings of a layer in words, for summaries and messages."""

from itertools import groupby

from glassnet.layers.layer import Layer
from glassnet.layers.stack import stand_side_by_side

#: Settings that would make the text long.
LEFT_OUT = {
    "layers", "initializer", "parametrization", "sigma", "n_bins", "edges", "eps", "momentum",
}  # fmt: skip


def describe_layer(layer: Layer) -> str:
    """Return a layer's settings in words, such as `Dense 64, relu`.

    Equal members are counted: `Members 5 x (Dense 64, relu; Dense 1)`.
    """
    said = [
        name if value is True else str(getattr(value, "name", value))
        for name, value in vars(layer).items()
        if name not in LEFT_OUT and value is not False
    ]
    words = ", ".join(word for word in said if word != "identity")
    inside = [describe_layer(child) for child in layer.layers]
    if stand_side_by_side(layer):
        alike = [(word, len(list(group))) for word, group in groupby(inside)]
        inside = [
            f"{f'{n} x ' if n > 1 else ''}({word.removeprefix('Stack ')})" for word, n in alike
        ]
    inner = "; ".join(inside)
    return f"{type(layer).__name__} {words or inner}".strip()
