"""What all tests share."""

import importlib
import os
from types import ModuleType

import pytest

# Where there is no compiler every process says once, at its first fit, that the reference engine
# runs. Tests of other words do not listen to that, here (pyproject.toml) and in the processes that
# they start.
os.environ["PYTHONWARNINGS"] = "ignore:the native engine is not built:RuntimeWarning"


def oracle(name: str) -> ModuleType:
    """Import a library that only the tests use; where it is missing, skip, or fail in continuous
    integration.

    For the head of a test file as well as for the inside of a test: `torch = oracle("torch")`.
    """
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name or os.environ.get("CI", "").lower() in {"1", "true"}:
            raise
        pytest.skip(f"{name} is not installed", allow_module_level=True)
