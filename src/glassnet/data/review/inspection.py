"""Report on a table before a fit: kinds of columns, missing values, distributions, notices."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassnet.data.coding.target import Target
from glassnet.data.coding.target_arrays import RULE, target_array, target_values
from glassnet.data.review.leaks import leaks
from glassnet.data.review.screening import (
    imprecise,
    lookalikes,
    screening_notices,
    uninformative_columns,
)
from glassnet.data.tables import cells
from glassnet.data.tables.column_data import Categories
from glassnet.data.tables.dialect import Dialect, Limits, check_overrides
from glassnet.data.tables.given import as_name, as_names, as_table
from glassnet.data.tables.schema import Kind
from glassnet.data.tables.table import Table
from glassnet.data.tables.values import is_missing

BINS = 10
TOP_LEVELS = 10
FRACTIONS = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True)
class ColumnReport:
    """The report on one column.

    Attributes
    ----------
    name, kind : as in the schema; kind is "number", "category", "boolean" or "datetime"
    why : how its kind was found
    used : whether it is a feature
    gaps : the number of missing cells
    distinct : the number of distinct values that are not missing
    quantiles : for numbers and date-times (as ISO text): minimum, quartiles, maximum; () if all are
        missing
    top : for categories and booleans: the most frequent levels (values) with their counts
    histogram : for numbers and date-times: counts of ten bins of equal width between minimum and
        maximum; for categories: the counts in `top`
    notices : sentences about possible problems
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
    """The report on a table.

    Attributes
    ----------
    n_rows : the number of rows
    columns : one report for each column in the order of the table, including the target
    target : the name of the target, None without one
    task : the task guessed from the target, None without one
    task_rule : the rule for that guess, in words
    classes : the classes with their counts, the most frequent first; () for a regression
    notices : sentences about the file and the columns, the most important first
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
    """Return the report on a table: its columns, and what a fit would do with it.

    Parameters
    ----------
    table : path of a file or folder, or any input of `glassnet.data.tables.assembly.table_of`
    target : name of the column to predict
    types, drop, dialect, limits : as for `glassnet.fit`

    Raises
    ------
    DataError
        If the table cannot be read, or does not have a named column.

    Examples
    --------
    >>> table = {"age": [31.0, None, 40.0], "sick": [True, False, True]}
    >>> report = inspect_table(table, target="sick")
    >>> report.task, report.columns[0].gaps, report.columns[1].top
    ('binary', 1, (('true', 2), ('false', 1)))
    """
    types, drop, target = as_names(table, types), as_names(table, drop), as_name(table, target)
    check_overrides(types, drop, dialect, limits)
    types = types or {}
    targets = () if target is None else (target,)
    read = as_table(table, types=types, targets=targets, keep=drop, dialect=dialect, limits=limits)
    features = read.drop((*drop, *targets))
    dense = isinstance(read.numbers, np.ndarray)
    uninformative = uninformative_columns(features, types, limits) if dense else {}
    features = features.drop(tuple(uninformative))
    task: str | None = None
    classes: tuple[tuple[str, int], ...] = ()
    leaking: dict[str, str] = {}
    notices = list(read.notices)
    if target is not None:
        values = target_values(read, targets)
        missing = is_missing(values)
        if missing.any():
            notices.append(
                f"the target {target!r} is missing in {int(missing.sum()):,} of {read.n_rows:,} "
                "rows: a fit needs it in every row."
            )
        kind = read.schema.kinds[target]
        if kind == "datetime":
            notices.append(
                f"the target {target!r} holds date-times: convert it to numbers first (days since "
                "a date, the hour)."
            )
        elif not missing.all():
            y = target_array(values[~missing])
            declared = "classification" if kind == "category" else None
            fitted = Target.fit(y, names=targets, task=declared)
            task, classes = fitted.task, _class_counts(y) if fitted.classes else ()
            leaking = leaks(features.take(~missing), y, thresholds=True)
    alike = lookalikes(read, {*types, *drop})
    for name, texts in read.column_notices.items():
        notices += () if name in {*uninformative, *drop} else texts
    notices += screening_notices(uninformative, leaking, alike)
    notices += imprecise(features)

    def report_on(name: str) -> ColumnReport:
        found = ({name: f[name]} if name in f else {} for f in (uninformative, leaking, alike))
        texts = (*read.column_notices.get(name, ()), *screening_notices(*found))
        return _column_report(
            read, name, types.get(name), used=name in features.schema.kinds, notices=texts
        )

    return TableReport(
        read.n_rows,
        tuple(map(report_on, read.schema.names)),
        target,
        task,
        RULE,
        classes,
        tuple(notices),
    )


def _column_report(
    table: Table, name: str, declared: Kind | None, *, used: bool, notices: tuple[str, ...]
) -> ColumnReport:
    kind, column = table.schema.kinds[name], table.stored(name)
    has_invalid = any(" read as missing" in notice for notice in table.column_notices.get(name, ()))
    known = np.empty(0)
    top: tuple[tuple[str, int], ...] = ()
    if isinstance(column, Categories):
        counts = np.bincount(column.codes[column.codes >= 0], minlength=len(column.levels))
        order = np.argsort(-counts, kind="stable")[:TOP_LEVELS]
        top = tuple((column.levels[i], int(counts[i])) for i in order)
        n_known, distinct = int(counts.sum()), int((counts > 0).sum())
    else:
        known = column[~is_missing(column)]
        exact = table.exact.get(name)
        n_known = len(known)
        distinct = len(np.unique(known)) if exact is None else len(exact.levels)
    quantiles, histogram = _distribution(known)
    return ColumnReport(
        name,
        kind,
        _why(kind, declared, distinct, has_invalid=has_invalid),
        used,
        table.n_rows - n_known,
        distinct,
        quantiles,
        top,
        tuple(count for _, count in top) or histogram,
        notices,
    )


def _why(kind: Kind, declared: Kind | None, distinct: int, *, has_invalid: bool) -> str:
    if declared is not None:
        return "as declared"
    if distinct == 0:
        return "all its cells are missing"
    all_cells = (
        "nearly all its cells are" if has_invalid else "all its cells that are not missing are"
    )
    return {
        "number": f"{all_cells} numbers",
        "boolean": f"{all_cells} true or false",
        "datetime": f"{all_cells} dates or date-times",
        "category": "it holds text",
    }[kind]


def _distribution(known: NDArray[Any]) -> tuple[tuple[float | str, ...], tuple[int, ...]]:
    """Return minimum, quartiles and maximum, and the counts of ten equally wide bins.

    Each quantile is a value of the column (the lower of two).
    """
    if not len(known):
        return (), ()
    is_date = known.dtype.kind == "M"
    found = np.sort(known)[[int(fraction * (len(known) - 1)) for fraction in FRACTIONS]]
    quantiles = np.datetime_as_string(found, unit="s") if is_date else found.astype(np.float64)
    values = (known.astype(np.int64) if is_date else known).astype(np.float64)
    low, high = float(values.min()), float(values.max())
    # Halved, so that the width of a range up to the largest floats is finite; a constant is in
    # the first bin.
    width = high / 2.0 - low / 2.0
    place = np.zeros(len(values)) if width == 0.0 else (values / 2.0 - low / 2.0) / width * BINS
    counts = np.bincount(np.minimum(place, BINS - 1).astype(np.int64), minlength=BINS)
    return tuple(quantiles.tolist()), tuple(counts.tolist())


def _class_counts(y: NDArray[Any]) -> tuple[tuple[str, int], ...]:
    labels, counts = np.unique(y.astype(str) if y.dtype == object else y, return_counts=True)
    texts = [f"{x:g}" if y.dtype.kind == "f" else cells.text_of(x) or "" for x in labels]
    order = np.argsort(-counts, kind="stable").tolist()
    return tuple((texts[i], int(counts[i])) for i in order)
