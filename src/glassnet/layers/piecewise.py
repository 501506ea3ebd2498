"""Piecewise-linear embedding: learned piecewise-linear functions of each numeric column."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from glassnet.checks import check_integer, is_integer
from glassnet.errors import SettingError, is_number
from glassnet.layers.layer import MAX_PER_COLUMN, Array, Leaf, Run
from glassnet.parameters import Spec, Views


@dataclass(frozen=True)
class PiecewiseLinearEmbedding(Leaf):
    """Add learned piecewise-linear functions of each of the first columns.

    The other columns follow, unchanged.

    y_j = [x_j, e(x_j) W_j + b_j]                                   for each of the first columns j
    e_b(x) = (x - t_(b-1)) / (t_b - t_(b-1)), clipped to [0, 1]     for bin b between the edges
                                                                    t_(b-1) and t_b

    The first bin is not clipped below and the last not above, so that the functions continue
    linearly outside of the edges. They are linear within each bin and continuous; bins may have
    any width.

    X (n, n_in); with p columns of B_j bins, W_j (B_j, n_out) and b (p, n_out); W is the vertical
    concatenation of all W_j, (sum of B_j, n_out); Y (n, p (1 + n_out) + n_in - p), with the
    1 + n_out outputs of a column side by side.

    Gorishniy, Rubachev and Babenko 2022, "On Embeddings for Numerical Features in Tabular Deep
    Learning", equation 1 followed by a linear layer; keeping the column itself is our addition.
    `glassnet.data.coding.bins` learns edges from rows.

    Parameters
    ----------
    n_bins : number of bins of each of the first columns; not needed if edges are given
    n_out : number of functions per column
    edges : for each of these columns the edges of its bins, strictly increasing (also in float32);
        by default equal steps from -1 to 1. They become a tensor that is not trained, the
        concatenation of the edges of all columns.

    Initially W_j and b_j are uniform in (-1, 1) / sqrt(B_j). They have a tenth of the learning
    rate; W has weight decay.

    Backpropagation. With the gradient dE of the functions of a column:

        dW = e(x)^T dE,  db = sum_i dE_i      as for a dense layer on e(x)
        dx = dY_0 + sum_b (dE W^T)_b e_b'     e_b' = 1 / (t_b - t_(b-1)) in the bin that contains x,
                                              0 in all others

    An edge belongs to the bin above it.

    Examples
    --------
    >>> from glassnet import Dense, Network, PiecewiseLinearEmbedding
    >>> embedding = PiecewiseLinearEmbedding(edges=[(-1.0, 0.0, 2.0), (0.0, 1.0)])
    >>> Network([embedding, Dense(1)], n_features=5).widths
    [5, 11, 1]
    """

    n_bins: Sequence[int] = ()
    n_out: int = 3
    edges: Sequence[Sequence[float]] | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.edges is not None:
            edges = _checked(self.edges)
            object.__setattr__(self, "edges", edges)
            if self.n_bins == ():
                object.__setattr__(self, "n_bins", tuple(len(t) - 1 for t in edges))
        given: Any = self.n_bins
        n_bins = tuple(given) if isinstance(given, Sequence) else ()
        if not n_bins or not all(is_integer(n, 1, MAX_PER_COLUMN) for n in n_bins):
            raise SettingError(
                "n_bins of a piecewise-linear embedding are the numbers of bins of the first "
                f"columns, each from 1 to {MAX_PER_COLUMN:,}, such as [16, 3], got "
                f"{str(given)[:200]}."
            )
        object.__setattr__(self, "n_bins", tuple(map(int, n_bins)))
        made = n_bins if self.edges is None else tuple(len(t) - 1 for t in self.edges)
        if made != n_bins:
            raise SettingError(
                f"the edges of a piecewise-linear embedding make {list(made)[:50]} bins, but "
                f"n_bins says {list(n_bins)[:50]}: leave n_bins out."
            )
        check_integer("n_out of a piecewise-linear embedding", self.n_out, 1, MAX_PER_COLUMN)

    @property
    def starts(self) -> tuple[int, ...]:
        """The first row of W of each column, and the number of rows; edges begin j later."""
        return tuple(np.cumsum([0, *self.n_bins]).tolist())

    def forward(self, p: Views, X: Array, run: Run) -> tuple[Array, Any]:
        """Return Y and, by column, x (n,), the edges t (B_j + 1,) and e(x) (n, B_j)."""
        parts, cache, starts = [], [], self.starts
        for j in range(len(self.n_bins)):
            x, t = X[:, j], p.edges[starts[j] + j : starts[j + 1] + j + 1]
            E = (x[:, None] - t[:-1]) / np.diff(t)
            np.minimum(E[:, :-1], 1.0, out=E[:, :-1])
            np.maximum(E[:, 1:], 0.0, out=E[:, 1:])
            parts += [x[:, None], E @ p.W[starts[j] : starts[j + 1]] + p.b[j]]
            cache.append((x, t, E))
        return np.concatenate([*parts, X[:, len(self.n_bins) :]], axis=1), cache

    def backward(
        self, p: Views, g: Views, cache: Any, dY: Array, needs_dX: bool = True
    ) -> Array | None:
        """Write dW and db into g; return dX."""
        k, starts = self.n_out, self.starts
        embedded = len(cache) * (1 + k)
        dX = np.empty((len(dY), dY.shape[1] - len(cache) * k), dY.dtype)
        dX[:, len(cache) :] = dY[:, embedded:]
        for j, (x, t, E) in enumerate(cache):
            dE, rows = dY[:, j * (1 + k) + 1 : (j + 1) * (1 + k)], slice(starts[j], starts[j + 1])
            g.W[rows] = E.T @ dE
            g.b[j] = dE.sum(axis=0)
            slopes = p.W[rows] / np.diff(t)[:, None]
            dX[:, j] = dY[:, j * (1 + k)] + (
                dE * slopes[np.searchsorted(t[1:-1], x, side="right")]
            ).sum(axis=1)
        return dX if needs_dX else None

    def output_width(self, n_in: int) -> int:
        """Return 1 + n_out per embedded column and 1 per other column."""
        if n_in < len(self.n_bins):
            raise SettingError(
                f"a piecewise-linear embedding of {len(self.n_bins)} columns needs as many, but "
                f"its input is {n_in} wide."
            )
        return int(n_in + len(self.n_bins) * self.n_out)

    def specs(self, n_in: int) -> dict[str, Spec]:
        """Return W, b (without decay) and the edges (not trained)."""
        k, p, rows = int(self.n_out), len(self.n_bins), self.starts[-1]
        return {
            "W": Spec((rows, k), lr_factor=0.1),
            "b": Spec((p, k), lr_factor=0.1, decay_factor=0.0),
            "edges": Spec((rows + p,), trained=False, is_valid=self._are_valid_edges),
        }

    def _are_valid_edges(self, edges: Array) -> bool:
        """Whether the concatenated edges of all columns define valid bins."""
        return all(
            _has_valid_bins(t)
            for t in np.split(edges, np.cumsum([n + 1 for n in self.n_bins])[:-1])
        )

    def initialize(self, p: Views, rng: np.random.Generator) -> None:
        """Draw functions of order 1, and set the edges."""
        starts = self.starts
        given: Any = self.edges or [np.linspace(-1.0, 1.0, n + 1) for n in self.n_bins]
        p.edges[...] = np.concatenate(given)
        for j, n in enumerate(self.n_bins):
            limit = n**-0.5
            W = p.W[starts[j] : starts[j + 1]]
            W[...] = rng.uniform(-limit, limit, W.shape)
            p.b[j] = rng.uniform(-limit, limit, p.b.shape[1])


def _checked(given: Any) -> tuple[tuple[float, ...], ...]:
    """Return edges as tuples of floats, or raise SettingError."""
    try:
        edges = tuple(tuple(column_edges) for column_edges in given)
    except TypeError:
        edges = ()
    if not edges or not all(map(_is_increasing, edges)):
        raise SettingError(
            "edges of a piecewise-linear embedding are the edges of the bins of each of the first "
            "columns, at least two that rise, also in float32, such as [(-1.0, 0.0, 2.0)], got "
            f"{str(given)[:200]}."
        )
    return tuple(tuple(map(float, column_edges)) for column_edges in edges)


def _is_increasing(edges: tuple[Any, ...]) -> bool:
    """Whether these are valid edges of at least one bin, in float32 too."""
    if not all(map(is_number, edges)):
        return False
    with np.errstate(over="ignore", invalid="ignore"):
        return _has_valid_bins(np.asarray(edges, np.float32))


def _has_valid_bins(edges: Array) -> bool:
    """Whether there is a bin, and every bin has a width with a finite inverse."""
    with np.errstate(over="ignore", invalid="ignore"):
        widths = np.diff(edges)
    return (
        len(widths) > 0
        and bool(np.isfinite(widths).all())
        and bool((widths >= np.finfo(widths.dtype).tiny).all())
    )
