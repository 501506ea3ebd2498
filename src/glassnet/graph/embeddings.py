"""Operations that embed: cosines and piecewise-linear functions of numbers, vectors for codes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from glassnet.graph.operation import FUNCTION, Array, Operation, float64


@dataclass(frozen=True, eq=False)
class Periodic(Operation):
    """Learned sums of cosines of each of the first columns; the others follow unchanged.

    w1, b1 (p, n_frequencies), W2 (p, n_frequencies, n_out), b2 (p, n_out); see
    `glassnet.layers.PeriodicEmbedding`.
    """

    w1: Array
    b1: Array
    W2: Array
    b2: Array
    formula: ClassVar[str] = "y_j = [x_j, c_j W2_j + b2_j], c_j = cos(2 pi x_j w1_j + b1_j)"

    def evaluate(self, *inputs: Array) -> Array:
        """Return Y (n, p (1 + n_out) + n_in - p)."""
        x = inputs[0][:, : len(self.w1)].T[:, :, None]
        turns = x * float64(self.w1)[:, None] + float64(self.b1)[:, None] / (2.0 * np.pi)
        C = np.cos(2.0 * np.pi * (turns - np.rint(turns)))
        E = C @ float64(self.W2) + float64(self.b2)[:, None]
        return beside(x, E, inputs[0][:, len(self.w1) :])

    def error(self, inputs: Sequence[Array], errors: Sequence[Array], output: Array) -> Array:
        """Errors of the phase, of the cosine, and n_frequencies + 2 roundings of the sum."""
        p = len(self.w1)
        x, e = (signal[:, :p].T[:, :, None] for signal in (inputs[0], errors[0]))
        w1, b1 = np.abs(float64(self.w1))[:, None], np.abs(float64(self.b1))[:, None]
        turns = w1 * e + 4.0 * self.eps * (np.abs(x) * w1 + b1 / (2.0 * np.pi))
        cosines = np.minimum(2.0 * np.pi * turns + 4.0 * FUNCTION * self.eps, 2.0)
        W2 = np.abs(float64(self.W2))
        terms = W2.sum(axis=1)[:, None] + np.abs(float64(self.b2))[:, None]
        E = cosines @ W2 + (self.w1.shape[1] + 2.0) * self.eps * terms
        return beside(e, E, errors[0][:, p:])


@dataclass(frozen=True, eq=False)
class Piecewise(Operation):
    """Learned piecewise-linear functions of each of the first columns; the others follow unchanged.

    n_bins (p,) bins of each column; edges (sum (n_bins + 1),), W (sum n_bins, n_out), b (p, n_out):
    those of all columns, one after the other; see `glassnet.layers.PiecewiseLinearEmbedding`.
    """

    n_bins: tuple[int, ...]
    edges: Array
    W: Array
    b: Array
    formula: ClassVar[str] = (
        "y_j = [x_j, e W_j + b_j], e_k = (x_j - t_k) / (t_k+1 - t_k) with edges t, clipped to "
        "[0, 1], but the first not below and the last not above"
    )

    def columns(self) -> list[tuple[Array, Array]]:
        """Return the edges (n_bins + 1,) and the weights (n_bins, n_out) of each column."""
        ends = np.cumsum(self.n_bins)
        W = np.split(float64(self.W), ends[:-1])
        t = np.split(float64(self.edges), (ends + np.arange(1, len(ends) + 1))[:-1])
        return list(zip(t, W, strict=True))

    @staticmethod
    def bins(x: Array, t: Array) -> Array:
        """Return e (n, n_bins) of the numbers x (n,) between the edges t."""
        E = (x[:, None] - t[:-1]) / np.diff(t)
        np.minimum(E[:, :-1], 1.0, out=E[:, :-1])
        np.maximum(E[:, 1:], 0.0, out=E[:, 1:])
        return np.asarray(E)

    def evaluate(self, *inputs: Array) -> Array:
        """Return Y (n, p (1 + n_out) + n_in - p)."""
        p = len(self.n_bins)
        x = inputs[0][:, :p].T[:, :, None]
        E = [
            self.bins(x[j, :, 0], t) @ W + float64(self.b[j])
            for j, (t, W) in enumerate(self.columns())
        ]
        return beside(x, np.stack(E), inputs[0][:, p:])

    def error(self, inputs: Sequence[Array], errors: Sequence[Array], output: Array) -> Array:
        """Errors of the place within the bin, and n_bins + 2 roundings of the sum."""
        p, made = len(self.n_bins), []
        for j, (t, W) in enumerate(self.columns()):
            x, e, width = inputs[0][:, j, None], errors[0][:, j, None], np.diff(t)
            E = np.abs(self.bins(x[:, 0], t))
            within = (e + self.eps * np.abs(x - t[:-1])) / width + 4.0 * self.eps * E
            terms = E @ np.abs(W) + np.abs(float64(self.b[j]))
            made.append(within @ np.abs(W) + (len(W) + 2.0) * self.eps * terms)
        return beside(errors[0][:, :p].T[:, :, None], np.stack(made), errors[0][:, p:])


def beside(x: Array, E: Array, rest: Array) -> Array:
    """Return x_1, E_1, x_2, E_2, ..., and the rest: x (p, n, 1), E (p, n, k), rest (n, m)."""
    embedded = np.concatenate([x, E], axis=2).transpose(1, 0, 2)
    return np.concatenate([embedded.reshape(len(rest), -1), rest], axis=1)


@dataclass(frozen=True, eq=False)
class Embed(Operation):
    """Learned vectors in place of the codes in the last columns; the others come first, unchanged.

    n_codes : number of rows of each table T_j
    T : (sum n_codes, n_out), the tables one below the other
    """

    n_codes: tuple[int, ...]
    T: Array
    formula: ClassVar[str] = (
        "Y = [x_1, ..., T_1[code_1], T_2[code_2], ...]; a code that no row has means the last row"
    )

    def evaluate(self, *inputs: Array) -> Array:
        """Return Y (n, n_in - q + q n_out) for q codes."""
        (X,) = inputs
        first = X.shape[1] - len(self.n_codes)
        starts = np.cumsum([0, *self.n_codes])
        rows = [
            start + np.where((code >= 0.0) & (code < n), code, n - 1).astype(np.int64)
            for start, n, code in zip(starts, self.n_codes, X[:, first:].T, strict=False)
        ]
        return np.concatenate([X[:, :first], *(float64(self.T)[row] for row in rows)], axis=1)

    def error(self, inputs: Sequence[Array], errors: Sequence[Array], output: Array) -> Array:
        """The vectors are exact."""
        first = inputs[0].shape[1] - len(self.n_codes)
        vectors = np.zeros((len(output), output.shape[1] - first))
        return np.concatenate([errors[0][:, :first], vectors], axis=1)
