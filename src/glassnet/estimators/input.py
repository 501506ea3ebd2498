"""Read the arguments X and y of an estimator, of any supported type."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numpy as np
from sklearn.utils.validation import validate_data

from glassnet.data.coding.target_arrays import refuse_missing, target_array
from glassnet.data.files.arrow import refuse_damaged
from glassnet.data.tables.assembly import dropped_index, index_notice, index_of, table_of
from glassnet.data.tables.cells import MISSING_TYPES
from glassnet.data.tables.schema import Schema
from glassnet.data.tables.table import Table
from glassnet.errors import DataError, DataNotice
from glassnet.estimators.messages import warn_caller
from glassnet.estimators.scoring import IGNORE_OVERFLOW

T = TypeVar("T")


@IGNORE_OVERFLOW
def read_features(estimator: Any, X: Any, schema: Schema | None, *, empty: bool = False) -> Table:
    """Return X as a table; with a schema, X must have its columns in the same order.

    scikit-learn checks numbers in arrays, lists and sparse matrices. glassnet's tables read data
    frames, strings and objects, with categories and missing values; there scikit-learn checks the
    number and the names of the columns. `empty` allows a table without rows.
    """
    reset, names = schema is None, schema.names if schema else None
    refuse_damaged(X)
    if index := dropped_index(getattr(X, "column_names", ()), index_of(X), (), ()):
        X = X.drop_columns(index)
        warn_caller(index_notice(index), DataNotice)
    if isinstance(X, np.matrix):
        X = np.asarray(X)
    if isinstance(X, Mapping):
        raise DataError(
            f"X must be an array, a sparse matrix or a data frame, got a {type(X).__name__}: "
            "pandas.DataFrame(X) makes one."
        )
    if isinstance(X, np.ma.MaskedArray):
        X = np.ma.filled(X.astype(np.float64), np.nan)
    if hasattr(X, "tocsr") or not (_is_frame(X) or np.asarray(X).dtype.kind in "OUST"):
        X = validate_data(
            estimator,
            X,
            reset=reset,
            accept_sparse="csr",
            dtype="numeric",
            ensure_all_finite="allow-nan",
            ensure_min_samples=0 if empty else 1,
        )
        return table_of(X, names=names, empty=empty)
    table = table_of(X, names=None if _is_frame(X) else names, schema=schema, empty=empty)
    validate_data(estimator, X, reset=reset, skip_check_array=True)
    if names is not None and table.schema.names != names:
        # After training on an array, a data frame is read by position, as in scikit-learn.
        table = table_of(X, names=names, schema=schema, empty=empty)
    for notice in table.all_notices:
        warn_caller(notice, DataNotice)
    return table


def plain_target(y: Any) -> Any:
    """Return y in a type that scikit-learn's checks know: nullable series and others as an array.

    Raises
    ------
    DataError
        For missing values in y, also in a list of strings, where NumPy would make the string "nan".
    """
    refuse_damaged(y)
    if hasattr(y, "tocsr"):
        return y
    if isinstance(y, list | tuple):
        kinds = set(map(type, y))
        if any(kind.__name__ in MISSING_TYPES for kind in kinds) or (
            str in kinds and float in kinds
        ):
            refuse_missing(np.array([*y, None], dtype=object)[:-1], ["y"])
        return y
    values = np.asarray(y)  # np.matrix would behave differently
    if isinstance(y, np.ndarray) and y.dtype != object:
        return values
    if values.ndim in (1, 2) and values.dtype.kind in "Of":
        several = values.ndim == 2 and values.shape[1] > 1
        refuse_missing(values, [f"y{i}" for i in range(values.shape[1])] if several else ["y"])
    if isinstance(y, np.ndarray):
        return y
    return target_array(values) if values.dtype == object and values.ndim == 1 else values


def target_names(y: Any) -> tuple[str, ...]:
    """Return the names of the target's columns in a data frame or series, otherwise ("y",)."""
    names: list[Any] = list(y.columns) if _is_frame(y) else [getattr(y, "name", None)]
    named = bool(names) and all(isinstance(name, str) and name for name in names)
    return tuple(names) if named else ("y",)


def read_validation(X_val: Any, y_val: Any, read: Callable[[], T]) -> T | None:
    """Return the validation set that `read` returns, or None; errors name the validation set."""
    if X_val is None and y_val is None:
        return None
    if X_val is None or y_val is None:
        given, missing = ("X_val", "y_val") if y_val is None else ("y_val", "X_val")
        raise DataError(f"{given} needs {missing}: give both, or neither.")
    try:
        return read()
    except ValueError as error:
        raise DataError(f"the validation set (X_val, y_val) does not fit: {error}") from error


def _is_frame(X: Any) -> bool:
    return hasattr(X, "columns") and not isinstance(X, np.ndarray)
