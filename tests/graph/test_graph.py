"""The interpreter of a graph agrees with the model, to within the bound that it computes itself.

In float64 the bound is so narrow (1e-8) that an array or a sign that is wrong cannot hide; in
float32 each operation is also held alone to what the engine computes from the same inputs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import glassnet
from glassnet import Dense, Plan
from glassnet.activations import ActivationFunction
from glassnet.engines import NativeEngine, ReferenceEngine
from glassnet.engines.trace import signals
from glassnet.errors import DataNotice, SettingError, UnsupportedError
from glassnet.graph import OPERATIONS, Graph, Operation
from glassnet.graph.building import Builder
from glassnet.graph.curves import CURVES
from glassnet.graph.from_model import LINKS
from glassnet.graph.from_network import add_network
from glassnet.graph.graph import Signals
from glassnet.losses import CustomLoss
from glassnet.model import Model
from glassnet.network import Network
from tests.graph.models import MADE, made, numbers, rows_of, score
from tests.laws.tables import LAYER_CASES, LOSS_CASES, WIDTH, log_cosh

pytestmark = pytest.mark.filterwarnings("ignore::glassnet.errors.DataNotice")

ANSWERS: Mapping[str, Callable[[Model, Any], Any]] = {
    "raw_scores": lambda model, rows: model.raw_scores(rows),
    "probabilities": lambda model, rows: model.predict_proba(rows),
    "numbers": lambda model, rows: model.predict(rows),
    "intervals": lambda model, rows: model.predict_interval(rows),
    "labels": lambda model, rows: model.predict(rows),
}


def in_float64(model: Model) -> Model:
    """The model with its networks in float64."""
    intervals = model.intervals
    if intervals is not None and intervals.network is not None:
        intervals = replace(intervals, network=intervals.network.astype("float64"))
    return replace(model, network=model.network.astype("float64"), intervals=intervals)


def differences(model: Model, graph: Graph, found: Signals, rows: Any) -> dict[str, float]:
    """For each answer, the largest difference from the model in units of its bound."""
    shares = {}
    for name, signal in graph.outputs.items():
        value, error = found.values[signal], found.errors[signal]
        expected = ANSWERS[name](model, rows)
        if name == "labels" and model.task != "multilabel":
            expected = [model.classes.index(label) for label in expected.tolist()]
        off = np.abs(value - np.reshape(np.asarray(expected, np.float64), value.shape))
        shares[name] = float((off - error).max())
    return shares


@pytest.mark.parametrize("name", MADE)
@pytest.mark.parametrize("wide", [False, True], ids=["own dtype", "float64"])
def test_the_interpreter_agrees_with_the_model(name: str, wide: bool) -> None:
    model, rows = made(name)[0], rows_of(name)
    model = in_float64(model) if wide else model
    graph = model.graph()
    found = graph.run(rows)
    assert max(differences(model, graph, found, rows).values()) <= 0.0
    if wide:
        assert found.errors[graph.outputs["raw_scores"]].max() < 1e-8


@pytest.mark.parametrize("name", MADE)
def test_arrays_are_copies_in_the_dtype_of_the_computation(name: str) -> None:
    model = made(name)[0]
    for operation in model.graph().operations:
        if operation.place.startswith("layers."):
            assert operation.dtype == model.dtype
            for array in operation.arrays.values():
                assert array.dtype == model.dtype
                assert not np.shares_memory(array, model.network.parameters.theta)


def layer_graph(network: Network) -> tuple[Operation, ...]:
    to = Builder()
    add_network(to, network, "features")
    return tuple(to.operations)


def outside(operation: Operation, found: Mapping[str, Any]) -> float:
    """How far the engine's signal is outside the bound of one operation, given its inputs."""
    inputs = [found[name].astype(np.float64) for name in operation.inputs]
    value = operation.evaluate(*inputs)
    error = operation.error(inputs, [np.zeros(signal.shape) for signal in inputs], value)
    return float((np.abs(value - found[operation.output]) - error).max())


@pytest.mark.parametrize("engine", [NativeEngine, ReferenceEngine], ids=["native", "reference"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", [name for name in LAYER_CASES if name != "dense, own activation"])
def test_every_layer_becomes_operations_that_compute_the_same(
    case: str, dtype: str, engine: Any
) -> None:
    rng = np.random.default_rng(len(case))
    network = Network([LAYER_CASES[case]], WIDTH, dtype="float64")
    network.parameters.theta += rng.normal(0.0, 0.5, network.parameters.theta.size)
    for name, view in network.parameters.items():
        if name.endswith("running_var"):
            view[...] = rng.uniform(0.5, 2.0, view.shape)
    network = network.astype(dtype)
    found = signals(network, rng.normal(0.0, 2.0, (7, WIDTH)), engine)
    for operation in layer_graph(network):
        assert outside(operation, found) <= 0.0, operation.kind


def test_an_array_that_is_wrong_is_noticed() -> None:
    network = Network([Dense(3, "tanh"), Dense(1)], 2, dtype="float64")
    found = signals(network, np.ones((1, 2)), ReferenceEngine)
    operations = layer_graph(network)
    assert all(outside(operation, found) <= 0.0 for operation in operations)
    for operation in operations:
        for name, array in operation.arrays.items():
            assert outside(replace(operation, **{name: array + 1e-12}), found) > 0.0


@pytest.mark.parametrize("case", [name for name in LOSS_CASES if not name.startswith("custom")])
def test_every_link_gives_the_predictions_of_the_loss(case: str) -> None:
    loss, k = LOSS_CASES[case].loss, LOSS_CASES[case].n_outputs
    Z, to = np.random.default_rng(0).normal(0.0, 3.0, (9, k)), Builder()
    last = LINKS[loss.name](to, loss, "Z")
    found = {"Z": Z, last: loss.predict(Z)}
    assert last == "Z" or outside(to.operations[-1], found) <= 0.0
    assert np.array_equal(loss.predict(Z), Z) if last == "Z" else len(to.operations) == 1


def test_the_largest_slopes_are_those_of_the_functions() -> None:
    from glassnet.activations import ACTIVATIONS

    z = np.linspace(-8.0, 8.0, 40_001)
    for name, curve in CURVES.items():
        slope = np.abs(np.diff(ACTIVATIONS[name].forward(z)) / np.diff(z)).max()
        assert slope <= curve.max_slope * (1.0 + 1e-9), name
        assert slope >= 0.99 * curve.max_slope, name


def test_the_models_of_these_tests_have_every_operation() -> None:
    kinds = {operation.kind for name in MADE for operation in made(name)[0].graph().operations}
    for layer in LAYER_CASES.values():
        if layer != LAYER_CASES["dense, own activation"]:
            kinds |= {one.kind for one in layer_graph(Network([layer], WIDTH))}
    one_class = glassnet.fit({"x": [1.0, 2.0, 3.0, 4.0], "y": ["a"] * 4}, "y", Plan(max_epochs=1))
    kinds |= {operation.kind for operation in one_class.graph().operations}
    assert kinds == set(OPERATIONS)


@pytest.mark.parametrize("kind", OPERATIONS)
def test_the_table_names_its_classes_and_formulas_name_their_arrays(kind: str) -> None:
    made_by = OPERATIONS[kind]
    assert made_by.__name__ == kind
    own = [name for name, kind in made_by.__annotations__.items() if kind == "Array"]
    described = f"{made_by.formula} {made_by.__doc__}"
    assert made_by.formula
    assert all(name in described for name in own), own


def test_the_graph_of_intervals_has_the_second_network() -> None:
    graph = made("best, number with intervals")[0].graph(coverage=0.5)
    assert any(one.output.startswith("intervals.layers.0") for one in graph.operations)
    assert graph["interval.scaled"].settings["coverage"] == 0.5
    model = made("best, number with intervals")[0]
    with pytest.raises(SettingError, match="enough for a coverage of"):
        model.graph(coverage=0.99999)


def test_every_input_is_ready_and_every_name_used_once() -> None:
    for name in MADE:
        graph = made(name)[0].graph()
        ready = {column.signal for column in graph.inputs}
        for operation in graph.operations:
            assert ready >= set(operation.inputs), operation.output
            assert operation.output not in ready
            ready.add(operation.output)
        assert ready >= set(graph.outputs.values())
    assert repr(graph).splitlines()[0] == "numbers = Numbers(column a, column b)"


def test_what_a_file_cannot_hold_a_graph_cannot_hold() -> None:
    table = numbers(np.random.default_rng(0))
    cube = ActivationFunction("cube", lambda Z: Z**3, lambda Z, dA: 3 * Z * Z * dA, "input")
    settings: list[tuple[str, Any]] = [
        ("activation 'cube'", {"activation": cube}),
        ("loss 'log_cosh'", {"loss": CustomLoss(log_cosh, name="log_cosh")}),
    ]
    for said, setting in settings:
        plan = Plan(recipe="plain", max_epochs=1, engine="reference", **setting)
        model = glassnet.fit(table, score(table), plan)
        with pytest.raises(UnsupportedError, match=f"a graph cannot hold .*{said}"):
            model.graph()


def test_a_new_level_is_read_with_the_notice_of_predict() -> None:
    model, rows = made("fast, three classes")[0], rows_of("fast, three classes")
    with pytest.warns(DataNotice):
        model.graph().run({**rows, "more": rows["a"]})
