"""Units in full: each operation of a layer for one unit, term by term."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from glassnet.graph import Operation
from glassnet.graph.embeddings import Embed, Periodic, Piecewise
from glassnet.graph.normalizations import BatchNorm, LayerNorm, RMSNorm, size
from glassnet.inspection.walk.unit_steps import Product, UnitStep
from glassnet.inspection.walk.unit_text import unit_text

Array = np.ndarray[Any, np.dtype[Any]]
Inputs = Sequence[Array]
Names = Sequence[Sequence[str]]


@dataclass(frozen=True)
class Unit:
    """One unit of a layer in full.

    name : of the unit
    steps : one for each operation of the layer
    """

    name: str
    steps: tuple[UnitStep, ...]

    def text(self, width: int = 80) -> str:
        """Return the unit as text: a line for each term."""
        return unit_text(self.name, self.steps, width)

    def __str__(self) -> str:
        return self.text()


def unit_of(
    operations: Sequence[Operation],
    signals: Mapping[str, Array],
    names: Mapping[str, Sequence[str]],
    j: int,
) -> Unit:
    """Return unit j of a layer."""
    steps = []
    for operation in operations:
        inputs = [signals[name] for name in operation.inputs]
        kind, function, x = operation.kind, None, None
        terms: list[Product] = []
        bias = None
        if kind == "Activation":
            function, x = operation.settings["function"], float(inputs[0][j])
        else:
            of_inputs = [names[name] for name in operation.inputs]
            terms, bias = TERMS[kind](operation, inputs, of_inputs, j)
        formula = getattr(operation, "curve", operation.formula)
        value = float(signals[operation.output][j])
        steps.append(UnitStep(formula, tuple(terms), bias, function, x, value))
    return Unit(names[operations[-1].output][j], tuple(steps))


Terms = tuple[list[Product], float | None]


def _dense(of: Any, inputs: Inputs, names: Names, j: int) -> Terms:
    return _products(names[0], inputs[0], of.W[:, j]), float(of.b[j])


def _factor(of: Any, inputs: Inputs, names: Names, j: int) -> Terms:
    return [Product(names[0][j], float(inputs[0][j]), float(of.s[j]))], None


def _mix(of: Any, inputs: Inputs, names: Names, j: int) -> Terms:
    a = float(of.a[j])
    z, f = (float(signal[j]) for signal in inputs)
    return [Product("z", z, 1.0 - a), Product("f(z)", f, a)], None


def _periodic(of: Periodic, inputs: Inputs, names: Names, j: int) -> Terms:
    column, k = divmod(j, 1 + of.W2.shape[2])
    if column >= len(of.w1) or k == 0:
        return _copied(len(of.w1), of.W2.shape[2], inputs[0], names[0], j)
    turns = inputs[0][column] * of.w1[column].astype(float) + of.b1[column] / (2.0 * np.pi)
    cosines = np.cos(2.0 * np.pi * turns)
    waves = [f"cosine {i} of {names[0][column]}" for i in range(len(cosines))]
    return _products(waves, cosines, of.W2[column, :, k - 1]), float(of.b2[column, k - 1])


def _piecewise(of: Piecewise, inputs: Inputs, names: Names, j: int) -> Terms:
    column, k = divmod(j, 1 + of.W.shape[1])
    if column >= len(of.n_bins) or k == 0:
        return _copied(len(of.n_bins), of.W.shape[1], inputs[0], names[0], j)
    t, W = of.columns()[column]
    E = of.bins(inputs[0][column : column + 1].astype(float), t)[0]
    bins = [f"bin {low:.3g} to {high:.3g}" for low, high in pairwise(t.tolist())]
    return _products(bins, E, W[:, k - 1]), float(of.b[column, k - 1])


def _copied(n_columns: int, n_out: int, x: Array, names: Sequence[str], j: int) -> Terms:
    """Return the term of a number that an embedding passes on."""
    source = j // (1 + n_out) if j < n_columns * (1 + n_out) else j - n_columns * n_out
    return [Product(names[source], float(x[source]), 1.0)], None


def _embed(of: Embed, inputs: Inputs, names: Names, j: int) -> Terms:
    first = len(inputs[0]) - len(of.n_codes)
    if j < first:
        return [Product(names[0][j], float(inputs[0][j]), 1.0)], None
    column, k = divmod(j - first, of.T.shape[1])
    code, n = int(inputs[0][first + column]), of.n_codes[column]
    row = sum(of.n_codes[:column]) + (code if 0 <= code < n else n - 1)
    return [Product(f"row {code} of {names[0][first + column]}", float(of.T[row, k]), 1.0)], None


def _batch_norm(of: BatchNorm, inputs: Inputs, names: Names, j: int) -> Terms:
    std = np.sqrt(float(of.var[j]) + of.added)
    normalized = (float(inputs[0][j]) - float(of.mean[j])) / std
    return [Product("(x - mean) / std", float(normalized), float(of.gamma[j]))], float(of.beta[j])


def _layer_norm(of: LayerNorm, inputs: Inputs, names: Names, j: int) -> Terms:
    C = inputs[0].astype(float) - inputs[0].astype(float).mean()
    normalized = C[j] / size(C[None], of.added)[0, 0]
    return [Product("(x - mean) / std", float(normalized), float(of.gamma[j]))], float(of.beta[j])


def _rms_norm(of: RMSNorm, inputs: Inputs, names: Names, j: int) -> Terms:
    normalized = inputs[0][j] / size(inputs[0].astype(float)[None], of.added)[0, 0]
    return [Product("x / root mean square", float(normalized), float(of.gamma[j]))], None


def _add(of: Operation, inputs: Inputs, names: Names, j: int) -> Terms:
    x, f = (float(signal[j]) for signal in inputs)
    return [Product("x", x, 1.0), Product("F(x)", f, 1.0)], None


def _mean(of: Operation, inputs: Inputs, names: Names, j: int) -> Terms:
    M = len(inputs)
    return [Product(f"member {m}", float(y[j]), 1.0 / M) for m, y in enumerate(inputs)], None


def _products(names: Sequence[str], x: Array, weights: Array) -> list[Product]:
    pairs = zip(names, x.tolist(), weights.tolist(), strict=True)
    return [Product(*pair) for pair in pairs]


#: The terms of each operation of a network, but activations: (operation, inputs, names of the
#: inputs, unit) -> terms and bias.
TERMS: dict[str, Callable[[Any, Inputs, Names, int], Terms]] = {
    "Dense": _dense,
    "Factor": _factor,
    "Mix": _mix,
    "Periodic": _periodic,
    "Piecewise": _piecewise,
    "Embed": _embed,
    "BatchNorm": _batch_norm,
    "LayerNorm": _layer_norm,
    "RMSNorm": _rms_norm,
    "Add": _add,
    "Mean": _mean,
}
