"""What a table holds, column by column, before anything is learned from it: kinds and why, gaps, values, and what to be careful about."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassnet.data.coding.target import Target
from glassnet.data.coding.target_arrays import RULE, present, target_array
from glassnet.data.coding.target_values import target_values
from glassnet.data.files.limits import Limits
from glassnet.data.review.screening import (
    blurred,
    leaks,
    lookalikes,
    screening_notices,
    useless_columns,
)
from glassnet.data.tables import cells
from glassnet.data.tables.assembly import table_of
from glassnet.data.tables.dialect import Dialect
from glassnet.data.tables.names import as_name, as_names
from glassnet.data.tables.overrides import check_overrides
from glassnet.data.tables.schema import Kind
from glassnet.data.tables.table import Table

BINS = 10
TOP_LEVELS = 10
FRACTIONS = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True)
class ColumnReport:
    """What one column holds.

    Attributes
    ----------
    name, kind : as in the schema; kind is "number", "category", "boolean" or "datetime"
    why : how its kind was found
    used : whether it is a feature
    gaps : cells that are missing
    distinct : different values that are no gaps
    quantiles : numbers and date-times (as ISO text): minimum, quartiles, maximum; () where all are
        gaps
    top : categories and booleans: the most frequent levels with their counts
    histogram : numbers and date-times: counts of ten equally wide bins between minimum and maximum;
        categories: counts of those in `top`
    notices : what to be careful about, sentences
    """

    name: str
    kind: Kind
    why: str
    used: bool
    gaps: int
    distinct: int
    quantiles: tuple[float | str, ...]
    top: tuple[tuple[str, int], ...]
    histogram: tuple[int, ...]
    notices: tuple[str, ...]


@dataclass(frozen=True)
class TableReport:
    """What a table holds.

    Attributes
    ----------
    n_rows : rows
    columns : one report a column, in the order of the table; the target among them
    target : its name, None where none was named
    task : guessed from the target, None without one
    task_rule : the rule by which it was guessed, in words
    classes : of the target with their counts, the most frequent first; () for a regression
    notices : all that there is to say, about the file and the columns, the most important first
    """

    n_rows: int
    columns: tuple[ColumnReport, ...]
    target: str | None
    task: str | None
    task_rule: str
    classes: tuple[tuple[str, int], ...]
    notices: tuple[str, ...]


def inspect_table(
    table: Any,
    target: Any = None,
    *,
    types: Mapping[str, Kind] | None = None,
    drop: Collection[str] = (),
    dialect: Dialect | None = None,
    limits: Limits | None = None,
) -> TableReport:
    """Return what a table holds, and what a fit would make of it; nothing is printed.

    Parameters
    ----------
    table : path of a file or folder, or what `glassnet.data.tables.assembly.table_of` takes
    target : name of the column to predict
    types, drop, dialect, limits : as for `glassnet.fit`

    Raises
    ------
    DataError
        For a table that cannot be read, and columns that it does not have.

    Examples
    --------
    >>> report = inspect_table({"age": [31.0, None, 40.0], "sick": [True, False, True]}, target="sick")
    >>> report.task, report.columns[0].gaps, report.columns[1].top
    ('binary', 1, (('true', 2), ('false', 1)))
    """
    types, drop, target = as_names(table, types), as_names(table, drop), as_name(table, target)
    check_overrides(types, drop, dialect, limits)
    types = types or {}
    targets = () if target is None else (target,)
    if isinstance(table, str | Path):
        from glassnet.data.files.read import read_table

        read = read_table(
            table, types=types, dialect=dialect, limits=limits, targets=targets, keep=drop
        )
    else:
        read = table_of(
            table, types=types, targets=targets, keep=drop, spelling=(dialect or Dialect()).spelling
        )
    for name in (*drop, *([target] if target is not None else [])):
        read.require(name)
    features = read.drop({*drop, *([target] if target is not None else [])})
    dense = isinstance(read.numbers, np.ndarray)
    useless = useless_columns(features, types, limits) if dense and features.schema.names else {}
    task: str | None = None
    classes: tuple[tuple[str, int], ...] = ()
    leaking: dict[str, str] = {}
    notices = list(read.notices)
    if target is not None:
        values = target_values(read, targets)
        gaps = ~present(values)
        if gaps.any():
            notices.append(
                f"the target {target!r} is missing in {int(gaps.sum()):,} of {read.n_rows:,} rows: "
                "a fit needs it in every row."
            )
        if read.schema.kinds[target] == "datetime":
            notices.append(
                f"the target {target!r} holds date-times: convert it to numbers first (days since "
                "a date, the hour)."
            )
        elif not gaps.all():
            y = target_array(values[~gaps])
            fitted = Target.fit(
                y,
                names=(target,),
                task="classification" if read.schema.kinds[target] == "category" else None,
            )
            task, classes = fitted.task, _counted(y) if fitted.classes else ()
            leaking = leaks(features.take(~gaps).drop(tuple(useless)), y, thresholds=True)
    alike = lookalikes(read, {*types, *drop})
    left_out = {*useless, *drop}
    notices += [
        notice
        for name, said in read.column_notices.items()
        if name not in left_out
        for notice in said
    ]
    notices += [
        *screening_notices(useless, leaking, alike),
        *blurred(features.drop(tuple(useless))),
    ]
    odd = {
        name: (
            *read.column_notices.get(name, ()),
            *screening_notices(
                *(
                    {name: found[name]} if name in found else {}
                    for found in (useless, leaking, alike)
                )
            ),
        )
        for name in read.schema.names
    }
    columns = tuple(
        _column_report(
            read,
            name,
            types,
            used=name in features.schema.kinds and name not in useless,
            notices=odd[name],
        )
        for name in read.schema.names
    )
    return TableReport(read.n_rows, columns, target, task, RULE, classes, tuple(notices))


def _column_report(
    table: Table, name: str, types: Mapping[str, Kind], *, used: bool, notices: tuple[str, ...]
) -> ColumnReport:
    kind, place = table.schema.kinds[name], table.schema.places[name]
    if name in table.schema.categories:
        column = table.categories[place]
        counts = np.bincount(column.codes[column.codes >= 0], minlength=len(column.levels))
        order = np.argsort(-counts, kind="stable")[:TOP_LEVELS]
        top = tuple((column.levels[i], int(counts[i])) for i in order)
        gaps, distinct = int((column.codes < 0).sum()), int((counts > 0).sum())
        why = _why(kind, types.get(name), distinct, odd=_has_odd(table, name))
        return ColumnReport(
            name,
            kind,
            why,
            used,
            gaps,
            distinct,
            (),
            top,
            tuple(count for _, count in top),
            notices,
        )
    values = table.column(name)
    held = values[present(values)]
    distinct = len(table.exact[name].levels) if name in table.exact else len(np.unique(held))
    why = _why(kind, types.get(name), distinct, odd=_has_odd(table, name))
    return ColumnReport(
        name,
        kind,
        why,
        used,
        len(values) - len(held),
        distinct,
        _quantiles(held),
        (),
        _histogram(held),
        notices,
    )


def _has_odd(table: Table, name: str) -> bool:
    """Return whether some cells of a column are missing because they are not of its kind."""
    return any(" read as missing" in notice for notice in table.column_notices.get(name, ()))


def _why(kind: Kind, said: Kind | None, distinct: int, *, odd: bool) -> str:
    if said is not None:
        return "as you said"
    if distinct == 0:
        return "all its cells are gaps"
    all_cells = "nearly all its cells are" if odd else "all its cells that are no gaps are"
    return {
        "number": f"{all_cells} numbers",
        "boolean": f"{all_cells} true or false",
        "datetime": f"{all_cells} dates or date-times",
        "category": "it holds text",
    }[kind]


def _quantiles(held: NDArray[Any]) -> tuple[float | str, ...]:
    """Return minimum, quartiles and maximum, each a value of the column (the lower of two)."""
    if not len(held):
        return ()
    found = np.sort(held)[[int(fraction * (len(held) - 1)) for fraction in FRACTIONS]]
    return tuple(
        np.datetime_as_string(found, unit="s").tolist()
        if held.dtype.kind == "M"
        else found.astype(np.float64).tolist()
    )


def _histogram(held: NDArray[Any]) -> tuple[int, ...]:
    if not len(held):
        return ()
    values = (held.astype(np.int64) if held.dtype.kind == "M" else held).astype(np.float64)
    low, high = float(values.min()), float(values.max())
    # Halved, so that the width of a range up to the largest floats is finite; a constant lies in
    # the first bin.
    width = high / 2.0 - low / 2.0
    place = np.zeros(len(values)) if width == 0.0 else (values / 2.0 - low / 2.0) / width * BINS
    return tuple(np.bincount(np.minimum(place, BINS - 1).astype(np.int64), minlength=BINS).tolist())


def _counted(y: NDArray[Any]) -> tuple[tuple[str, int], ...]:
    labels, counts = np.unique(y.astype(str) if y.dtype == object else y, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    return tuple(
        (
            f"{labels[i]:g}" if y.dtype.kind == "f" else cells.text_of(labels[i]) or "",
            int(counts[i]),
        )
        for i in order
    )
