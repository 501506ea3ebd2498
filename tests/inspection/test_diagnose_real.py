"""No default fit of real tables has an error; skipped where the tables are not there."""

from __future__ import annotations

import importlib.util
import os
import warnings
from pathlib import Path

import numpy as np
import pytest

import glassnet

FOLDER = Path(os.environ.get("GLASSNET_TABLES", Path(__file__).parents[3] / "shared" / "data"))
#: More rows are sampled at random: the tables are ordered, and their first rows are not like all.
MAX_ROWS = 6_000


def real_tables():
    path = FOLDER / "load.py"
    if not path.is_file():
        return None
    spec = importlib.util.spec_from_file_location("real_tables", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def names():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = real_tables()
        return module.names() if module else []


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # those of the module that loads the tables
@pytest.mark.parametrize("name", names() or [pytest.param("", marks=pytest.mark.skip("no tables"))])
def test_default_fit_has_no_error(name):
    X, y, _ = real_tables().load(name)
    rows = np.sort(np.random.default_rng(0).permutation(len(X))[:MAX_ROWS])
    X, y = X.iloc[rows], y.iloc[rows]
    target = y if y.ndim == 2 else y.to_numpy()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = glassnet.fit(X, target, glassnet.Plan(time_limit=6))
        found = model.diagnose(X, target=target)
    errors = [f"{v.code} {v.text}" for v in found.verdicts if v.severity == "error"]
    assert not errors, "\n".join(errors)
