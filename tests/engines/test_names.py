"""What exists in Python exists in C++ by the same name; the message names the file to edit."""

import inspect
import re
from dataclasses import fields

import numpy as np
import pytest

from glassnet.activations import ACTIVATIONS
from glassnet.engines import program
from glassnet.engines.native import compiled
from glassnet.layers import LAYERS
from glassnet.losses import LOSSES
from glassnet.losses.loss import OUTPUTS
from glassnet.optimizers import OPTIMIZERS
from tests.engines.test_native_parity import needs_native
from tests.laws.tables import LAYER_CASES, all_layers

PROGRAM = "src/glassnet/engines/program.py"


def kinds() -> set[str]:
    """The kinds of operations that program.py makes: layers, and ends of blocks and members."""
    layers = {
        name
        for name, made in LAYERS.items()
        if "layers" not in {field.name for field in fields(made)}
    }
    return layers | set(re.findall(r'"kind": "(\w+)"', inspect.getsource(program.operations)))


#: What -> the names in Python, the file of the list in C++
TABLES: dict[str, tuple[set[str], str]] = {
    "operation": (kinds(), "native/layers.hpp"),
    "activation": ({*ACTIVATIONS}, "native/activations.hpp"),
    "loss": ({*LOSSES}, "native/losses.hpp"),
    "reduction": ({*OUTPUTS}, "native/loss.hpp"),
    "optimizer": ({"none", *OPTIMIZERS} - {"lbfgs"}, "native/optimizers.hpp"),
    "status": ({"done", "diverged", "interrupted"}, "native/engine.hpp"),
}


@needs_native
@pytest.mark.parametrize("what", TABLES)
def test_both_languages_list_the_same(what: str) -> None:
    ours, file = TABLES[what]
    theirs = set(compiled().names[what])
    assert not ours - theirs, f"{sorted(ours - theirs)}: add it to the list in {file}"
    assert not theirs - ours, (
        f"{sorted(theirs - ours)}: add it to {PROGRAM}, or take it out of {file}"
    )


@needs_native
def test_every_list_of_the_module_is_compared() -> None:
    assert set(compiled().names) == set(TABLES), "add a row to TABLES in this file"


@needs_native
def test_everything_that_exists_is_translated() -> None:
    in_cases = {type(layer) for layer in all_layers(LAYER_CASES.values())}
    assert set(LAYERS.values()) <= in_cases, f"{PROGRAM} has to name each layer"
    assert {name: kind.name for name, kind in LOSSES.items()} == {name: name for name in LOSSES}


@needs_native
@pytest.mark.parametrize("what", ["loss", "activation"])
def test_a_name_that_the_engine_does_not_have_is_refused_with_the_file(what: str) -> None:
    make = {
        "loss": lambda: compiled().settings(loss="new", loss_settings=[]),
        "activation": lambda: bound("new"),
    }[what]
    with pytest.raises(ValueError, match=rf"^{TABLES[what][1]} lists no {what} named 'new'$"):
        make()


def bound(activation: str) -> object:
    """An engine of one dense unit of one column."""
    dense = {"kind": "dense", "n_in": 1, "n_out": 1, "tensors": [0, 1]}
    settings = {"numbers": {"n_out": [1.0]}, "names": {"activation": activation}}
    vectors = [np.zeros(2), np.zeros(2), np.empty(0), np.empty(0), np.empty(0)]
    loss = compiled().settings(loss="squared", loss_settings=[])
    return compiled().Engine64(
        [compiled().operation(**dense, **settings)], [(0, 2, 1.0, 1.0)], loss, *vectors
    )
