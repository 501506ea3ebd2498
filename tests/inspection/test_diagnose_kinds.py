"""Models of every kind are diagnosed: layers, losses, tasks, recipes and estimators."""

from __future__ import annotations

import json
import warnings

import numpy as np
import pytest

from glassnet.inspection.diagnosis import RULES, diagnose
from tests.inspection.tables import KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_model_is_diagnosed(kind):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of short trainings
        model, _, table = KINDS[kind].make()
        target = model.predict(table)
    if model.task == "regression":
        several = np.asarray(target).reshape(len(target), -1)[:, : model.target.n_outputs]
        target = several[:, 0] if several.shape[1] == 1 else several
    found = diagnose(model, table, target=target)
    codes = [code for code, _ in found.unchecked]
    assert sorted([*found.checked, *codes]) == [rule.code for rule in RULES]
    assert all(reason for _, reason in found.unchecked)
    json.dumps(found.to_dict(), allow_nan=False)
