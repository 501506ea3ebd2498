"""Multiply the sample weights of the rows by the weights of their classes."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from glassnet.data.coding.target import Target
from glassnet.data.rows import Array, Rows, relative_weight
from glassnet.data.tables.table import Table
from glassnet.errors import DataError, SettingError, did_you_mean


def weighted_rows(
    table: Table,
    values: Any,
    weight: Array | None,
    target: Target,
    class_weight: str | Mapping[Any, float] | None,
) -> tuple[Rows, Array]:
    """Return the rows whose weight is not zero, and their indices in the table.

    A row of weight 0 has no effect on the fit.

    Parameters
    ----------
    table, values : the features and the target of each row
    weight : (n,) or None
    target : encodes the values
    class_weight : see `Plan`
    """
    y = target.encode(values)
    if len(y) != table.n_rows:
        raise DataError(
            f"the table has {table.n_rows} rows and the target {len(y)}: they must be as many."
        )
    if class_weight is not None:
        weight = relative_weight(class_weighted(weight, y, target, class_weight))
    rows = Rows(table, y, weight)
    if weight is None or weight.all():
        return rows, np.arange(len(y))
    index = np.flatnonzero(weight > 0.0)
    if not len(index):
        raise DataError(
            "sample_weight and class_weight together are zero in every row: nothing is left to "
            "train on."
        )
    return rows.take(index), index


def class_weighted(
    weight: Array | None, y: Array, target: Target, class_weight: str | Mapping[Any, float]
) -> Array:
    """Return the weights of the rows multiplied by those of their classes.

    "balanced" multiplies the rows of class c by W / (k W_c), where W is the total weight, W_c that
    of class c, and k the number of classes, so that all classes have the same total weight.
    """
    if target.task not in ("binary", "multiclass"):
        raise SettingError(
            f"class_weight is for a target with one class a row, but this one is {target.task}: "
            "use sample_weight."
        )
    rows = np.ones(len(y)) if weight is None else weight
    if not isinstance(class_weight, Mapping):
        if class_weight != "balanced":
            raise SettingError(
                "class_weight must be None, 'balanced' or a mapping from labels to weights, got "
                f"{class_weight!r}."
            )
        totals = np.bincount(y, weights=rows, minlength=len(target.classes))
        factors = np.divide(
            totals.sum(),
            np.count_nonzero(totals) * totals,
            out=np.ones_like(totals),
            where=totals > 0,
        )
    else:
        factors = np.full(len(target.classes), np.nan)
        unknown = []
        for label, factor in class_weight.items():
            if not 0.0 <= factor < np.inf:
                raise SettingError(
                    f"the weight of class {label!r} must be a number >= 0, got {factor!r}."
                )
            # 1.0 matches the class 1; a mapping read from JSON has text keys.
            matches = [
                i
                for i, known in enumerate(target.classes)
                if known == label or str(known) == str(label)
            ]
            factors[matches] = factor
            unknown += [] if matches else [label]
        # The rows may lack a class, so an unknown label is accepted if every class has a weight.
        if unknown and np.isnan(factors).any():
            hint = did_you_mean(str(unknown[0]), [str(label) for label in target.classes])
            raise SettingError(
                f"class_weight names {unknown[0]!r}, which is not a class of the target.{hint}"
            )
        factors = relative_weight(np.where(np.isnan(factors), 1.0, factors))
    return np.asarray(rows * factors[y])
