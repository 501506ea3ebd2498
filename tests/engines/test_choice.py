"""Which engine runs when none is asked for, and what is said where the faster one is missing."""

import warnings

import numpy as np
import pytest

import glassnet
from glassnet import Plan
from glassnet.engines import native

TABLE = {"x": np.arange(40.0), "y": np.arange(40.0) > 19.5}


def test_a_fit_without_the_native_engine_says_so_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "compiled", lambda: None)
    monkeypatch.setattr("glassnet.engines.compiled", lambda: None)
    native.tell_where_not_built.cache_clear()
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        models = [glassnet.fit(TABLE, "y", Plan(max_epochs=2)) for _ in range(3)]
    native.tell_where_not_built.cache_clear()
    assert [str(warning.message).split(".")[0] for warning in said] == [
        "the native engine is not built, so the reference engine runs, several times slower"
    ]
    assert "pip install --force-reinstall" in str(said[0].message)
    assert {model.training["engine"] for model in models} == {"reference"}
    assert models[0].engine.name == "reference"


def test_who_asks_for_the_reference_engine_is_told_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "compiled", lambda: None)
    native.tell_where_not_built.cache_clear()
    assert glassnet.fit(TABLE, "y", Plan(max_epochs=2, engine="reference")).training["engine"] == "reference"
    native.tell_where_not_built.cache_clear()
