"""What if a cell of a row were another one: the answer before and after, and how usual the row is.

"Outside what training saw" is judged for each column by itself, against the summary of the training
rows in the model: a number or a date beyond the range, a level that the model does not know, a
missing value in a column that had none. An unusual combination of usual values is not noticed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from glassnet.data.tables.assembly import table_of
from glassnet.data.tables.schema import Schema
from glassnet.data.tables.table import Table
from glassnet.errors import DataError, SettingError, did_you_mean
from glassnet.inspection.reading import read_rows
from glassnet.inspection.shapley import Array
from glassnet.messages import listed
from glassnet.model import Model


@dataclass(frozen=True, eq=False)
class RowAnswer:
    """The answer for one row.

    Attributes
    ----------
    prediction : what `predict` returns for the row: a label, a number, or an array of several
    probabilities : (k,), what `predict_proba` returns for the row; None for numbers
    interval : (2,) or (m, 2), what `predict_interval` returns; None if the model has no intervals
    unusual : the columns whose cells training did not see; None if that is not known
    """

    prediction: Any
    probabilities: Array | None
    interval: Array | None
    unusual: tuple[str, ...] | None


@dataclass(frozen=True, eq=False)
class WhatIf:
    """The answers for a row before and after its cells were changed.

    changes : the new cells by column, as they were given
    """

    changes: Mapping[str, Any]
    before: RowAnswer
    after: RowAnswer


def what_if(model: Model, row: Any, changes: Mapping[str, Any], *, coverage: float = 0.9) -> WhatIf:
    """Return the answers before and after a change; see `Model.what_if`."""
    if not changes:
        raise SettingError("changes must name at least one column and its new value, got none.")
    table = one_row(model, row)
    check_columns(model, changes)
    wanted = model.encoder.to_read
    given = {name: [value] for name, value in changes.items()}
    cells = table_of(given, schema=wanted).select(
        Schema(tuple(column for column in wanted.columns if column.name in changes))
    )
    changed = model.encoder.aligned(table.select(wanted).with_columns(cells))
    before, after = (row_answer(model, one, coverage) for one in (table, changed))
    return WhatIf(dict(changes), before, after)


def one_row(model: Model, row: Any) -> Table:
    """Return a table of one row; DataError for another number of rows."""
    table = read_rows(model, row)
    if table.n_rows != 1:
        raise DataError(f"row must be one row, got a table of {table.n_rows:,} rows.")
    return table


def check_columns(model: Model, columns: Any) -> None:
    """Raise SettingError for a column that the model does not use."""
    known = model.encoder.schema.names
    for name in columns:
        if name not in known:
            raise SettingError(
                f"the model does not use a column {name!r}: it uses {listed(known, 20)}."
                f"{did_you_mean(str(name), known)}"
            )


def row_answer(model: Model, table: Table, coverage: float = 0.9) -> RowAnswer:
    """Return the answer for a table of one row."""
    unusual = unusual_columns(model, table)
    model = replace(model, reference=None)  # without notices of drift: `unusual` names the columns
    prediction = model.predict(table)[0]
    is_plain = isinstance(prediction, np.generic)
    numbers = model.task == "regression"
    return RowAnswer(
        prediction.item() if is_plain else prediction,
        None if numbers else model.predict_proba(table)[0],
        model.predict_interval(table, coverage)[0] if numbers and model.intervals else None,
        unusual,
    )


def unusual_columns(model: Model, table: Table) -> tuple[str, ...] | None:
    """Return the columns of a row whose cells training did not see, None if that is not known."""
    drift = model.drift(table)
    if drift is None or model.reference is None:
        return None
    schema = model.encoder.schema
    stored = (*schema.numbers, *schema.categories, *schema.dates)
    missing = dict(zip(stored, model.reference.missing, strict=True))
    return tuple(
        one.name
        for one in drift.columns
        if (one.missing.count and not missing[one.name])
        or any(count and count.count for count in (one.unseen, one.outside))
    )
