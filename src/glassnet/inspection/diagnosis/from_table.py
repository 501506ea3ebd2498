"""`diagnose`: what is wrong with a model, judged from the model and a table."""

from __future__ import annotations

from typing import Any

from glassnet.inspection.diagnosis import (
    rules_columns,
    rules_network,
    rules_rows,
    rules_training,
)
from glassnet.inspection.diagnosis.evidence import from_record, gather
from glassnet.inspection.diagnosis.parts import known_rows, parts_of
from glassnet.inspection.diagnosis.rule import Rule, judge
from glassnet.inspection.diagnosis.verdict import Diagnosis
from glassnet.model import Model

#: All verdicts, data first: half of all reported bugs are there.
RULES: tuple[Rule, ...] = (
    *rules_columns.RULES,
    *rules_rows.RULES,
    *rules_training.RULES,
    *rules_network.RULES,
)


def diagnose(
    model: Model,
    table: Any = None,
    *,
    target: Any = None,
    test: Any = None,
    test_target: Any = None,
) -> Diagnosis:
    """Return what is wrong with a model: verdicts with numbers, and one setting to change for each.

    The model itself is not changed. Its first member is looked at where one network is meant.

    Parameters
    ----------
    model : the model
    table : the table it was trained on, with the target: a path, data frame, array, or mapping of
        columns. Without a table only the record in the model is judged.
    target : the target values, if they are not columns of the table
    test, test_target : rows that were not used in training; without them the rows that training
        held out are used

    Raises
    ------
    DataError
        If columns are missing, or no row has a target.

    Examples
    --------
    >>> import numpy as np
    >>> import glassnet
    >>> x = np.linspace(-1.0, 1.0, 300)
    >>> table = {"x": x, "z": x**2, "y": np.sin(3.0 * x)}
    >>> slow = glassnet.Plan(recipe="plain", learning_rate=1e-6, max_epochs=20)
    >>> diagnose(glassnet.fit(table, "y", slow), table).codes
    ('GN202',)
    """
    if table is None:
        return judge(from_record(model), RULES, 0)
    rows = known_rows(model, table, target)
    other = None if test is None else known_rows(model, test, test_target)
    return judge(gather(model, parts_of(model, rows, other)), RULES, rows.n)
