"""Category embedding: a learned vector for each level (category) of a categorical column."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.checks import check_integer, is_integer
from glassnet.errors import SettingError
from glassnet.layers.layer import MAX_PER_COLUMN, Array, Leaf, Run
from glassnet.parameters import Spec, Views

#: Maximum number of levels of a column: codes are floats, and float32 has every integer up to here.
MAX_LEVELS = 2**24


@dataclass(frozen=True)
class CategoryEmbedding(Leaf):
    """Replace the level codes in the last columns by learned vectors.

    A level is a category of a column. The other columns come first, unchanged.

    y = [x_1 ... x_(n_in - q), T_1[code_1], ..., T_q[code_q]]

    X (n, n_in) with integer codes in its last q columns; T_j (levels_j, n_out); Y (n, n_in - q +
    q n_out). A code outside 0 ... levels_j - 1, and NaN, is treated as the last level. Guo and
    Berkhahn 2016, "Entity Embeddings of Categorical Variables".

    Parameters
    ----------
    levels : number of levels of each of the last q columns
    n_out : length of the vector of a level

    T is initialized from N(0, 1) and has weight decay.

    Backpropagation: dT_j[l] is the sum of dY over the rows whose code is l. Codes have no
    derivative: their dX is 0.

    Examples
    --------
    >>> from glassnet import CategoryEmbedding, Dense, Network
    >>> Network([CategoryEmbedding([30, 12], n_out=8), Dense(1)], n_features=5).widths
    [5, 19, 1]
    """

    levels: Sequence[int]
    n_out: int = 8

    def __post_init__(self) -> None:
        given: Any = self.levels
        levels = tuple(given) if isinstance(given, Sequence) else ()
        if not levels or not all(is_integer(n, 1, MAX_LEVELS) for n in levels):
            raise SettingError(
                "levels of a category embedding are the numbers of levels of the last columns, "
                f"each from 1 to {MAX_LEVELS:,}, such as [30, 12], got {str(self.levels)[:200]}."
            )
        check_integer("n_out of a category embedding", self.n_out, 1, MAX_PER_COLUMN)
        object.__setattr__(self, "levels", tuple(map(int, levels)))

    def forward(self, p: Views, X: Array, run: Run) -> tuple[Array, Any]:
        """Return Y and the codes, one array per column."""
        first = X.shape[1] - len(self.levels)
        codes = [_codes(X[:, first + j], n) for j, n in enumerate(self.levels)]
        parts = [X[:, :first], *(getattr(p, f"T{j}")[code] for j, code in enumerate(codes))]
        return np.concatenate(parts, axis=1), codes

    def backward(
        self, p: Views, g: Views, codes: Any, dY: Array, needs_dX: bool = True
    ) -> Array | None:
        """Write dT of every table into g; return dX."""
        k = self.n_out
        first = dY.shape[1] - k * len(codes)
        for j, code in enumerate(codes):
            dT = getattr(g, f"T{j}")
            dT[...] = 0.0
            np.add.at(dT, code, dY[:, first + j * k : first + (j + 1) * k])
        if not needs_dX:
            return None
        return np.concatenate([dY[:, :first], np.zeros((len(dY), len(codes)), dY.dtype)], axis=1)

    def output_width(self, n_in: int) -> int:
        """Return n_out per code and 1 per other column; SettingError for too few columns."""
        if n_in < len(self.levels):
            raise SettingError(
                f"a category embedding of {len(self.levels)} columns needs as many, but its input "
                f"is {n_in} wide."
            )
        return int(n_in + len(self.levels) * (self.n_out - 1))

    def specs(self, n_in: int) -> dict[str, Spec]:
        """Return one table per column: T0, T1, ..."""
        return {f"T{j}": Spec((n, int(self.n_out))) for j, n in enumerate(self.levels)}

    def initialize(self, p: Views, rng: np.random.Generator) -> None:
        """Draw all elements from N(0, 1)."""
        for j, n in enumerate(self.levels):
            getattr(p, f"T{j}")[...] = rng.standard_normal((n, self.n_out))


def _codes(x: Array, n: int) -> Array:
    return np.where((x >= 0.0) & (x < n), x, n - 1).astype(np.int64)
