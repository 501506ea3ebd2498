"""scikit-learn's own tests of its perceptrons, as installed, against our two classes.

The file is read where it lies and its one import of the classes is swapped; nothing of it is kept
here. Each of its functions is a test of this module, with its own marks. Where scikit-learn's
configuration lets warnings pass, ours makes them errors here as everywhere.
"""

from __future__ import annotations

import ast
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

# What they read of the inside of scikit-learn's estimators;
# `test_what_is_left_out_reads_private_names` holds the list to it.
PRIVATE = {
    "test_gradient": (
        "calls _loss_grad_lbfgs, the gradient over packed weights; tests/laws/test_gradients.py "
        "checks every gradient of ours"
    ),
    "test_learning_rate_warmstart": "reads the rate of _optimizer",
    "test_adaptive_learning_rate": "reads the rate of _optimizer",
    "test_n_iter_no_change": "reads _no_improvement_count",
    "test_n_iter_no_change_inf": "reads _no_improvement_count",
}
# functions to run: the 37 that are public throughout, and test_fit, which sets private names but
# reads none
LEAST = 38


def swap_import(tree: ast.Module) -> None:
    """Have the module take the two classes from glassnet."""
    imports = [
        node
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module == "sklearn.neural_network"
    ]
    assert [[name.name for name in node.names] for node in imports] == [
        ["MLPClassifier", "MLPRegressor"]
    ]
    imports[0].module = "glassnet"


def private_names(function: ast.FunctionDef) -> set[str]:
    """The attributes that a function reads and that begin with an underscore."""
    nodes = (
        node
        for node in ast.walk(function)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)
    )
    return {node.attr for node in nodes if node.attr.startswith("_")}


spec = find_spec("sklearn.neural_network.tests.test_mlp")
assert spec is not None
assert spec.origin is not None
TREE = ast.parse(Path(spec.origin).read_text(encoding="utf-8"))
FUNCTIONS = {
    node.name: node
    for node in TREE.body
    if isinstance(node, ast.FunctionDef) and node.name.startswith("test")
}
swap_import(TREE)
loaded: dict[str, Any] = {"__name__": "scikit_learn_test_mlp"}
exec(compile(TREE, spec.origin, "exec"), loaded)  # noqa: S102 - a file of an installed package
globals().update({name: loaded[name] for name in FUNCTIONS if name not in PRIVATE})
# L-BFGS runs over the kinks of ReLU there: rounding decides whether a line search ends between two
# of them. Of 40 inputs changed by 1e-14, one ends so with scikit-learn's class and one with ours.
test_warm_start = pytest.mark.filterwarnings("ignore:lbfgs failed to converge")(
    loaded["test_warm_start"]
)


@pytest.fixture
def global_random_seed() -> int:
    """Their seed, unless their environment variable asks for others."""
    return 42


def test_what_is_left_out_reads_private_names() -> None:
    assert {name for name, function in FUNCTIONS.items() if private_names(function)} == set(PRIVATE)


def test_all_others_are_tests_of_this_module() -> None:
    here = {name: value for name, value in globals().items() if name in FUNCTIONS}
    assert set(here) == set(FUNCTIONS) - set(PRIVATE)
    assert len(here) >= LEAST
    assert all(value.__code__.co_filename == spec.origin for value in here.values())


def test_they_test_our_classes() -> None:
    import glassnet

    assert loaded["MLPClassifier"] is glassnet.MLPClassifier
    assert loaded["MLPRegressor"] is glassnet.MLPRegressor
    assert not {value.__module__ for value in loaded.values() if isinstance(value, type)} & {
        "sklearn.neural_network"
    }
