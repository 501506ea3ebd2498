"""What all tests share."""

import importlib
import os
from types import ModuleType

import hypothesis
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


def pytest_configure(config: pytest.Config) -> None:
    """The quick tests draw the same examples in every run; `make test-slow` draws new ones."""
    if config.option.markexpr != "slow":
        hypothesis.settings.register_profile("same examples", derandomize=True)
        hypothesis.settings.load_profile("same examples")
