"""How the answers depend on one column or on a pair: partial dependence and single curves."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from glassnet.checks import check_integer
from glassnet.errors import DataError, SettingError
from glassnet.inspection.answering import Unit, answering
from glassnet.inspection.candidates import candidates_of
from glassnet.inspection.reading import drawn_rows, read_rows
from glassnet.inspection.shapley import MAX_CELLS, MAX_ROWS, Array, Float64
from glassnet.inspection.what_if import check_columns
from glassnet.model import Model


@dataclass(frozen=True, eq=False)
class Dependence:
    """The answers for some rows with every value of a column, or of two, in its place.

    The arrays have a last axis of k numbers if there are several classes, labels, targets or
    quantiles. For two classes there is one number, that of the second class.

    Attributes
    ----------
    columns : the names of the one or two columns
    values : for each column a list of its g values, None for a missing one
    mean : (g,) or (g1, g2), the partial dependence: the mean of the curves
    curves : (n, g) or (n, g1, g2), the answers for each row
    unit, outputs : as in `Explanation`
    rows : (n,), the row numbers of the rows in their table
    """

    columns: tuple[str, ...]
    values: tuple[list[Any], ...]
    mean: Float64
    curves: Float64 = field(repr=False)
    unit: str
    outputs: tuple[Any, ...]
    rows: Array = field(repr=False)


def dependence(
    model: Model,
    columns: str | Sequence[str],
    rows: Any,
    *,
    unit: Unit | None = None,
    n_values: int = 30,
    n_rows: int = 200,
    seed: int = 0,
) -> Dependence:
    """Return how the answers depend on one column or two; see `Model.dependence`."""
    names = (columns,) if isinstance(columns, str) else tuple(columns)
    if len(set(names)) != len(names) or len(names) not in (1, 2):
        raise SettingError(f"columns must be one column or two different ones, got {columns!r}.")
    check_columns(model, names)
    check_integer("n_values", n_values, 2)
    check_integer("n_rows", n_rows)
    table = read_rows(model, rows)
    if not table.n_rows:
        raise DataError("dependence needs rows to compute the mean over, got none.")
    answer = answering(model, unit)
    X = answer.encode(table)
    candidates = [candidates_of(answer, table, X, name, n_values) for name in names]
    chosen = drawn_rows(table.n_rows, n_rows, seed)
    shape = tuple(len(one.rows) for one in candidates)
    curves = np.empty((len(chosen), *shape, len(answer.outputs)))
    cells = int(np.prod(shape)) * X.shape[1]
    step = max(1, min(MAX_ROWS * X.shape[1], MAX_CELLS) // max(1, cells))
    for start in range(0, len(chosen), step):
        part = X[chosen[start : start + step]]
        varied = part
        for one in candidates:
            varied = one.put(varied).reshape(-1, X.shape[1])
        curves[start : start + step] = answer(varied).reshape(len(part), *shape, -1)
    return Dependence(
        columns=names,
        values=tuple(one.values for one in candidates),
        mean=answer.shaped(curves.mean(axis=0)),
        curves=answer.shaped(curves),
        unit=answer.unit,
        outputs=answer.outputs,
        rows=chosen,
    )
