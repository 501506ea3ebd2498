"""What all tests share."""

import importlib
import os
from types import ModuleType

import pytest


def oracle(name: str) -> ModuleType:
    """Import a library that only the tests use; where it is missing, skip, or fail in continuous integration.

    For the head of a test file as well as for the inside of a test: `torch = oracle("torch")`.
    """
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name or os.environ.get("CI", "").lower() in {"1", "true"}:
            raise
        pytest.skip(f"{name} is not installed", allow_module_level=True)
