"""Which engine runs when none is asked for, and what is said where the faster one is missing."""

import re
import warnings
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet
from glassnet import Plan
from glassnet.engines import building, native

TABLE = {"x": np.arange(40.0), "y": np.arange(40.0) > 19.5}


def test_a_fit_without_the_native_engine_says_so_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "compiled", lambda: None)
    monkeypatch.setattr("glassnet.engines.compiled", lambda: None)
    native.warn_not_built.cache_clear()
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        models = [glassnet.fit(TABLE, "y", Plan(max_epochs=2)) for _ in range(3)]
    native.warn_not_built.cache_clear()
    assert len(said) == 1
    assert re.fullmatch(
        "the native engine is not built.*pip install --force-reinstall.*several times slower.",
        str(said[0].message),
    )
    assert {model.training["engine"] for model in models} == {"reference"}
    assert models[0].engine.name == "reference"


def test_who_asks_for_the_reference_engine_is_told_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "compiled", lambda: None)
    native.warn_not_built.cache_clear()
    assert (
        glassnet.fit(TABLE, "y", Plan(max_epochs=2, engine="reference")).training["engine"]
        == "reference"
    )
    native.warn_not_built.cache_clear()


def no_module(name: str) -> Any:
    raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def no_such_symbol(name: str) -> Any:
    raise ImportError("undefined symbol: _ZN5older", name=name)


@pytest.mark.parametrize(
    ("imported", "compiler", "says"),
    [
        (no_module, "", "is not built. No C++ compiler is found: install one"),
        (
            no_module,
            "clang++",
            (
                "is not built, although there is a C++ compiler, {}/clang++: the code did not "
                "compile, or"
            ),
        ),
        (no_such_symbol, "", "is built but cannot be loaded: undefined symbol: _ZN5older."),
        (no_such_symbol, "g++", "is built but cannot be loaded: undefined symbol: _ZN5older."),
    ],
)
def test_why_nothing_is_compiled_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, imported: Any, compiler: str, says: str
) -> None:
    if compiler:
        (tmp_path / compiler).touch(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setattr(
        native,
        "import_module",
        lambda name: imported(name) if name == "glassnet._native" else import_module(name),
    )
    assert native.why_not_compiled().startswith(says.format(tmp_path))
    assert "pip install --force-reinstall" in native.why_not_compiled()


def test_the_compiler_is_the_one_that_cxx_names(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("c++", "clang++-18"):
        (tmp_path / name).touch(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    assert building.found_compiler() == str(tmp_path / "c++")
    monkeypatch.setenv("CXX", "clang++-18 -stdlib=libc++")
    assert building.found_compiler() == str(tmp_path / "clang++-18")
    monkeypatch.setenv("CXX", "no-such-compiler")
    assert building.found_compiler() is None
