"""`fit`: train a model on a table and a target in one call."""

import warnings
from collections.abc import Callable, Collection, Mapping
from typing import Any

from glassnet.data.tables.dialect import Dialect, Limits
from glassnet.data.tables.schema import Kind
from glassnet.errors import DataNotice, SettingError
from glassnet.fitting.beginning import begin
from glassnet.fitting.preparation import prepare
from glassnet.fitting.training_table import Roles
from glassnet.model import Model
from glassnet.protocols import require_arguments
from glassnet.training.plan import Plan
from glassnet.training.stopping import Epoch


def fit(
    table: Any,
    target: Any,
    plan: Plan | None = None,
    *,
    task: str | None = None,
    sample_weight: Any = None,
    validation: tuple[Any, ...] | None = None,
    on_epoch: Callable[[Epoch], bool | None] | None = None,
    types: Mapping[str, Kind] | None = None,
    drop: Collection[str] = (),
    weights: str | None = None,
    groups: Any = None,
    time: Any = None,
    dialect: Dialect | None = None,
    limits: Limits | None = None,
) -> Model:
    """Train a network on a table and return it as a model.

    Parameters
    ----------
    table : path of a CSV, Parquet or Arrow file or of a folder of Parquet files, data frame, array,
        CSR matrix, mapping of columns, or records (mappings)
    target : name of the target column (or a list of names), which is then not a feature; or the
        target values themselves
    plan : the settings; None chooses all of them from the data
    task : "binary", "multiclass", "multilabel", "regression" or "classification"; None guesses by
        `glassnet.data.coding.target_arrays.RULE`
    sample_weight : (n,) weights of the rows
    validation : (table, target values) or (table, target values, weights) for early stopping,
        instead of a fraction of the rows
    on_epoch : called with each record; if it returns True, training ends and the best weights are
        restored
    types : kinds of some columns ("number", "category", "boolean", "datetime"), if the guess is
        wrong; such a column is never left out
    drop : names of columns that are not features
    weights : name of the column with the weights of the rows, instead of `sample_weight`; it is not
        a feature
    groups : name of a column, which is then not a feature, or an array (n,); the rows of a group
        are never split between training and held-out rows
    time : name of a column, which stays a feature, or an array (n,); the latest rows are held out
    dialect, limits : how a file is written and how large it may be, see `glassnet.Dialect` and
        `glassnet.Limits`

    Uninformative columns are left out: those with the same value in every row, those equal to an
    earlier column, and text that identifies the row. `model.training["columns"]["left_out"]` names
    them.

    Raises
    ------
    DataError, SettingError
        For invalid data and settings; the message says what was expected and what was given.
    DivergenceError
        If the weights or the loss are not finite in the first epoch.

    Warns
    -----
    RuntimeWarning
        If Ctrl-C or divergence ended training early; the best weights so far are kept.
    DataNotice
        For each column left out, each column that reveals the target (leakage), and what was
        guessed about a file.

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
        raise SettingError(f"plan must be a glassnet.Plan(...) or None, got {plan!r}.")
    if on_epoch is not None:
        require_arguments("on_epoch", on_epoch, "epoch")
    if weights is not None and sample_weight is not None:
        raise SettingError(
            "the weights of the rows are given by weights (a column) or by sample_weight (an "
            "array): leave one out."
        )
    roles = Roles(
        target=target,
        weights=sample_weight if weights is None else weights,
        groups=groups,
        time=time,
        drop=drop,
        types=types,
        task=task,
        dialect=dialect,
        limits=limits,
    )
    data = prepare(table, roles)
    for notice in data.notices:
        warnings.warn(notice, DataNotice, stacklevel=2)
    session = begin(data, plan or Plan(), validation=validation)
    return data.remembered(session.finish(on_epoch))
