"""Read the rows that are to be explained, and the background rows that they are compared with."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np

from glassnet.checks import check_integer
from glassnet.data.files.read import read_table
from glassnet.data.tables.table import Table
from glassnet.errors import DataError, DataNotice
from glassnet.inspection.shapley import Array
from glassnet.model import Model

#: The number of background rows that are drawn by default.
N_BACKGROUND = 64
#: At least so many rows are their own background, if none is given.
MIN_ROWS = 20


def read_rows(model: Model, rows: Any) -> Table:
    """Return rows as a table with the columns of the model, in its order.

    rows : the path of a file, or any table that `Model.predict` accepts
    """
    if isinstance(rows, str | Path):
        read = read_table(rows, schema=model.encoder.to_read, default=model.dialect)
        for notice in read.all_notices:
            warnings.warn(notice, DataNotice, stacklevel=4)
        rows = read
    return model.input.aligned(rows)


def read_background(
    model: Model, background: Any, rows: Table, n_background: int, seed: int
) -> tuple[Table, Array]:
    """Return the background rows, at most `n_background`, and their row numbers.

    Raises
    ------
    SettingError
        If `n_background` is not a positive integer.
    DataError
        If the background has no rows, or none is given and there are too few rows to explain.
    """
    check_integer("n_background", n_background)
    if background is None:
        if rows.n_rows < MIN_ROWS:
            raise DataError(
                f"an explanation compares a row with others, but there are only {rows.n_rows} "
                "rows, and a model holds none of its training rows: give some as background=, "
                f"such as the training table. (From {MIN_ROWS} rows on, they are their own "
                "background.)"
            )
        table = rows
    else:
        table = read_rows(model, background)
    if not table.n_rows:
        raise DataError("the background has no rows: give at least one, better fifty.")
    chosen = drawn_rows(table.n_rows, n_background, seed)
    return table.take(chosen), chosen


def drawn_rows(n: int, limit: int, seed: int) -> Array:
    """Return the numbers of all n rows or, of more than `limit`, of so many random ones."""
    if n <= limit:
        return np.arange(n)
    return np.sort(np.random.default_rng(seed).permutation(n)[:limit])
