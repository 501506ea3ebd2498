"""Every setting of a layer, a loss and an optimizer is an argument of the native engine."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import fields, replace
from typing import Any

import pytest

from glassnet.engines import program
from glassnet.errors import SettingError
from glassnet.layers import Dense, Layer
from glassnet.losses import LOSSES, Softmax, Squared
from glassnet.losses.loss import OUTPUTS
from glassnet.network import Network
from tests.laws.tables import LAYER_CASES, LOSS_CASES, STEPPERS, WIDTH

HERE = "src/glassnet/engines/program.py"
#: What says where weights begin and how fast they learn: theta and its segments tell the engine.
OF_THE_WEIGHTS = {"initializer", "parametrization", "sigma", "edges"}
#: The lr is an argument of each step.
OF_THE_STEP = {"lr"}


def other_values(name: str, value: Any) -> list[Any]:
    """Values that differ; a setting may take some of them only."""
    if name == "outputs":
        return [outputs for outputs in OUTPUTS if outputs != value]
    if name == "activation":
        return ["softplus", "silu"]
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1, value - 1, 2 * value]
    if isinstance(value, float):
        return [value + 1.0, 0.5 * value + 0.1]
    if isinstance(value, tuple) and value:
        return [(other, *value[1:]) for other in other_values(name, value[0])]
    return []


def changed(thing: Any, name: str) -> Iterator[Any]:
    """The thing with other values of a setting, where it takes them."""
    for value in other_values(name, getattr(thing, name)):
        others = (
            {"edges": None} if name == "n_bins" else {}
        )  # which give the number of bins where there are some
        with suppress(SettingError):
            yield replace(thing, **{name: value}, **others)


def settings_of(cases: dict[str, Any], without: set[str]) -> list[Any]:
    """One parameter for each field of each class: the objects that have it."""
    kinds: dict[type, list[Any]] = {}
    for thing in cases.values():
        kinds.setdefault(type(thing), []).append(thing)
    return [
        pytest.param(things, field.name, id=f"{kind.__name__}.{field.name}")
        for kind, things in kinds.items()
        for field in fields(kind)
        if field.name not in without
    ]


def arrives(things: list[Any], name: str, arguments: Any) -> None:
    differ = []
    for thing in things:
        for other in changed(thing, name):
            with suppress(SettingError):  # a width that the network does not take
                differ.append(arguments(thing) != arguments(other))
    assert differ, f"no other value of {name} is known here"
    assert any(differ), (
        f"{HERE}: {type(things[0]).__name__}.{name} does not arrive at the native engine"
    )


def of_a_loss(loss: Any) -> Any:
    return program.settings(loss, None)


def of_an_optimizer(optimizer: Any) -> Any:
    return program.settings(Squared(), optimizer)


def of_a_layer(layer: Layer) -> Any:
    """The operations of a network that begins with the layer and ends with a dense one."""
    return program.operations(Network([layer, Dense(2)], n_features=WIDTH))


LOSSES_BY_NAME = {
    name: case.loss for name, case in LOSS_CASES.items() if type(case.loss) in LOSSES.values()
}
FLAT_LAYERS = {
    name: layer
    for name, layer in LAYER_CASES.items()
    if name != "dense, own activation" and not layer.layers
}


@pytest.mark.parametrize(("things", "name"), settings_of(LOSSES_BY_NAME, set()))
def test_setting_of_a_loss_arrives(things: list[Any], name: str) -> None:
    arrives(things, name, of_a_loss)


@pytest.mark.parametrize(("things", "name"), settings_of(STEPPERS, OF_THE_STEP))
def test_setting_of_an_optimizer_arrives(things: list[Any], name: str) -> None:
    arrives(things, name, of_an_optimizer)


@pytest.mark.parametrize(("things", "name"), settings_of(FLAT_LAYERS, OF_THE_WEIGHTS))
def test_setting_of_a_layer_arrives(things: list[Any], name: str) -> None:
    arrives(things, name, of_a_layer)


def test_a_setting_that_is_left_out_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "settings", lambda loss, optimizer: {"loss": type(loss).__name__})
    with pytest.raises(
        AssertionError, match=r"engines/program.py: Softmax.label_smoothing does not arrive"
    ):
        arrives([Softmax()], "label_smoothing", of_a_loss)
