"""From a table and a target to a model, in one call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from glassnet.data.table import Table
from glassnet.errors import DataError, SettingError, did_you_mean
from glassnet.fitting.session import Session
from glassnet.model import Model, as_table
from glassnet.training.history import Epoch
from glassnet.training.plan import Plan


def fit(
    table: Any,
    target: Any,
    plan: Plan | None = None,
    *,
    task: str | None = None,
    sample_weight: Any = None,
    validation: tuple[Any, ...] | None = None,
    on_epoch: Callable[[Epoch], bool | None] | None = None,
) -> Model:
    """Train a network on a table and return it as a model.

    Parameters
    ----------
    table : path of a CSV or Parquet file, data frame, array, CSR matrix, or mapping of columns
    target : name of the target's column (or a list of names), which is then not a feature; or the target values themselves
    plan : the settings; None chooses all of them from the data
    task : "binary", "multiclass", "multilabel", "regression" or "classification"; None guesses by `glassnet.data.target.RULE`
    sample_weight : (n,) weights of the rows
    validation : (table, target values) or (table, target values, weights) to stop by, instead of a fraction of the rows
    on_epoch : called with each record; training ends, and the best weights are restored, when it returns True

    Raises
    ------
    DataError, SettingError
        What was expected, what came, and what to do.
    DivergenceError
        Training left the finite numbers.

    Warns
    -----
    RuntimeWarning
        When Ctrl-C ended the training; the best weights so far are kept.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> import glassnet
    >>> iris = load_iris()
    >>> model = glassnet.fit(iris.data, iris.target_names[iris.target])
    >>> model.predict(iris.data[:1]).tolist()
    ['setosa']
    """
    if plan is not None and not isinstance(plan, Plan):
        raise SettingError(f"plan is a glassnet.Plan(...) or None, but {plan!r} came.")
    features, values, names = features_and_target(table, target)
    session = Session.begin(features, values, plan or Plan(), task=task, names=names, sample_weight=sample_weight, validation=validation)
    return session.finish(on_epoch)


def features_and_target(table: Any, target: Any) -> tuple[Table, Any, tuple[str, ...]]:
    """Return the table without its target columns, the target values `(n,)` or `(n, m)`, and the target's names."""
    named = isinstance(target, str) or (isinstance(target, list | tuple) and target and all(isinstance(t, str) for t in target))
    if target is None or (np.ndim(target) == 0 and not named):
        raise DataError(f"target is the name of a column, a list of names, or the target values themselves, but {target!r} came.")
    if isinstance(table, str | Path):
        from glassnet.data.read import read_table

        read = read_table(table)
        if not named:
            raise DataError("for a table in a file the target is the name of one of its columns (or a list of names).")
    else:
        read = as_table(table)
    if not named or (not isinstance(target, str) and len(target) == read.n_rows and not set(target) <= set(read.schema.names)):
        return read, target, ("y",)
    names: Sequence[str] = (target,) if isinstance(target, str) else tuple(target)
    for name in names:
        if name not in read.schema.names:
            shown = ", ".join(read.schema.names[:20]) + (", ..." if len(read.schema.names) > 20 else "")
            raise DataError(f"the table has no column {name!r}: it has {shown}.{did_you_mean(name, read.schema.names)}")
    features = read.drop(names)
    if not features.schema.names:
        raise DataError("the table has no column beside its target: nothing to predict from.")
    # From memory labels come as they are: a table would make "true" of True.
    raw = isinstance(table, Mapping) or hasattr(table, "columns")
    columns = [np.asarray(table[name]) if raw else read.column(name) for name in names]
    return features, columns[0] if len(columns) == 1 else np.column_stack(columns), tuple(names)
