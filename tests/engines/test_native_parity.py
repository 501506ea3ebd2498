"""The native engine against the reference engine: every entry of every table, and random networks.

Differences are norms over norms, tensor by tensor, as the bounds of the design are.
"""

import copy
import pickle
import subprocess
import sysconfig
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp

from glassnet.activations import ACTIVATIONS
from glassnet.engines import NativeEngine, ReferenceEngine, make_engine, step_rates
from glassnet.engines.building import found_compiler
from glassnet.engines.native import compiled, why_not_compiled
from glassnet.errors import SettingError, UnsupportedError
from glassnet.layers import (
    Activation,
    BatchNorm,
    CategoryEmbedding,
    Dense,
    Dropout,
    Layer,
    LayerNorm,
    Members,
    PeriodicEmbedding,
    PiecewiseLinearEmbedding,
    Residual,
    Scale,
    Stack,
)
from glassnet.losses import CustomLoss, Softmax, Squared
from glassnet.network import Network
from glassnet.optimizers import SGD, Adam, Optimizer
from glassnet.penalties import Penalty
from tests.laws.random_networks import random_first_layers, random_layers
from tests.laws.tables import CUBE, LAYER_CASES, LOSS_CASES, PENALTIES, STEPPERS, WIDTH, LossCase

Array = np.ndarray[Any, np.dtype[Any]]
DTYPES = ("float64", "float32")
ONE_STEP = {"float64": 1e-12, "float32": 1e-5}
TEN_STEPS = {"float64": 1e-9, "float32": 1e-4}
needs_native = pytest.mark.skipif(compiled() is None, reason="the native engine is not built")


def works(compiler: str) -> bool:
    command = [
        compiler,
        "-std=c++17",
        "-x",
        "c++",
        "-fsyntax-only",
        f"-I{sysconfig.get_path('include')}",
        "-",
    ]
    return (
        subprocess.run(
            command, input=b"#include <Python.h>", capture_output=True, check=False
        ).returncode
        == 0
    )


def test_where_a_compiler_is_the_native_engine_was_built() -> None:
    compiler = found_compiler()
    if compiler and works(compiler):
        assert compiled() is not None, (
            f"the native engine {why_not_compiled()} In a clone: `touch CMakeLists.txt` and `make "
            "test` again."
        )


def difference(one: Array, other: Array, floor: float = 0.0) -> float:
    size = max(float(np.linalg.norm(other)), floor)
    away = float(
        np.linalg.norm(np.ravel(one).astype(np.float64) - np.ravel(other).astype(np.float64))
    )
    return away / size if size else away


def pair(
    layers: Sequence[Layer],
    case: LossCase,
    dtype: str,
    optimizer: Optimizer | None,
    seed: int = 0,
    **settings: Any,
) -> tuple[NativeEngine, ReferenceEngine]:
    made: list[Any] = []
    for engine in (NativeEngine, ReferenceEngine):
        network = Network(layers, WIDTH, seed=seed, dtype=dtype)
        parameters, rng = network.parameters, np.random.default_rng(seed)
        parameters.theta += 0.1 * rng.standard_normal(parameters.theta.size).astype(dtype)
        made.append(engine(network, case.loss, optimizer, seed=seed, **settings))
    return made[0], made[1]


def batch(case: LossCase, dtype: str, n: int, rng: np.random.Generator) -> tuple[Array, Array]:
    X = rng.standard_normal((n, WIDTH)).astype(dtype)
    return X, case.loss.prepare(case.target(rng, n), case.n_outputs, dtype)


def hold(
    engines: tuple[NativeEngine, ReferenceEngine],
    dtype: str,
    bound: float,
    view: Callable[[Any], Array],
) -> None:
    """Check that each tensor is within the bound; one that is nearly 0, beside the whole vector."""
    native, reference = (engine.network.parameters for engine in engines)
    floor = 1e-3 * float(np.linalg.norm(view(reference)))
    names = [name for name in reference if reference.spec(name).trained]
    for name in names:
        start, stop = reference.offset(name), reference.offset(name) + reference.spec(name).size
        away = difference(view(native)[start:stop], view(reference)[start:stop], floor)
        assert away <= bound, f"{name}: {away:.2e}"


def compare(
    layers: Sequence[Layer],
    case: LossCase,
    dtype: str,
    optimizer: Optimizer,
    seed: int = 0,
    n: int = 7,
    **settings: Any,
) -> None:
    rng = np.random.default_rng(seed)
    X, y = batch(case, dtype, 4 * n, rng)
    weight = rng.integers(0, 3, 4 * n).astype(np.float64) if seed % 2 else None
    engines = pair(layers, case, dtype, optimizer, seed, **settings)
    native, reference = engines
    values = [
        engine.loss_and_gradient(X[:n], y[:n], None if weight is None else weight[:n], step=3)
        for engine in engines
    ]
    assert abs(values[0] - values[1]) <= ONE_STEP[dtype] * max(abs(values[1]), 1.0)
    hold(engines, dtype, ONE_STEP[dtype], lambda parameters: parameters.gradient)
    statistics = [engine.network.parameters.statistics for engine in engines]
    assert difference(statistics[0], statistics[1]) <= ONE_STEP[dtype]

    order = np.concatenate([rng.permutation(4 * n) for _ in range(3)])
    offsets = np.array([*range(0, 10 * n, n), 10 * n])
    rates = step_rates(
        np.linspace(0.002, 0.0004, 10), np.linspace(1.0, 0.0, 10), np.linspace(0.0, 1.5, 10)
    )
    steps = [engine.run(X, y, weight, order, offsets, 5, rates) for engine in engines]
    assert [s.done for s in steps] == [10, 10]
    np.testing.assert_allclose(
        steps[0].losses, steps[1].losses, rtol=TEN_STEPS[dtype], atol=TEN_STEPS[dtype]
    )
    np.testing.assert_array_equal(steps[0].weights, steps[1].weights)
    hold(engines, dtype, TEN_STEPS[dtype], lambda parameters: parameters.theta)
    assert difference(statistics[0], statistics[1]) <= TEN_STEPS[dtype]
    assert difference(native.predict(X), reference.predict(X), 1.0) <= TEN_STEPS[dtype]
    assert native.state is not None
    assert reference.state is not None
    assert native.state.t == reference.state.t


PLAIN = LOSS_CASES["squared"]


@needs_native
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", [name for name in LAYER_CASES if "own" not in name])
def test_layers(name: str, dtype: str) -> None:
    compare(
        [Dense(WIDTH, "tanh"), LAYER_CASES[name], Dense(1)], PLAIN, dtype, SGD(0.1, momentum=0.9)
    )
    compare([LAYER_CASES[name], Dense(1)], PLAIN, dtype, SGD(0.1, momentum=0.9), seed=1)


@needs_native
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations(name: str, dtype: str) -> None:
    compare(
        [Dense(6, name), Dense(5), Activation(name), Dense(1)], PLAIN, dtype, SGD(0.1, momentum=0.9)
    )


@needs_native
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", LOSS_CASES)
@pytest.mark.parametrize("seed", [0, 1])
def test_losses_with_and_without_weights(name: str, dtype: str, seed: int) -> None:
    case = LOSS_CASES[name]
    if type(case.loss) is CustomLoss:
        pytest.skip("a loss of one's own runs on the reference engine")
    compare(
        [Dense(6, "tanh"), Dense(case.n_outputs)], case, dtype, SGD(0.1, momentum=0.9), seed=seed
    )


@needs_native
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", STEPPERS)
@pytest.mark.parametrize("penalty", PENALTIES)
def test_optimizers_and_penalties(name: str, dtype: str, penalty: str) -> None:
    layers = [Dense(6, "tanh"), Dense(3)]
    compare(
        layers,
        LOSS_CASES["squared, three outputs"],
        dtype,
        STEPPERS[name],
        seed=1,
        penalty=PENALTIES[penalty],
        max_norm=0.5,
    )


@needs_native
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    "name", ["squared, three outputs", "logistic, mean of sum", "softmax, floored"]
)
@pytest.mark.parametrize("penalty", PENALTIES)
def test_a_batch_that_weighs_nothing(name: str, dtype: str, penalty: str) -> None:
    case = LOSS_CASES[name]
    engines = pair(
        [Dense(6, "tanh"), Dense(case.n_outputs)], case, dtype, None, penalty=PENALTIES[penalty]
    )
    X, y = batch(case, dtype, 5, np.random.default_rng(0))
    values = [engine.loss_and_gradient(X, y, np.zeros(5)) for engine in engines]
    assert values[0] == pytest.approx(values[1], rel=ONE_STEP[dtype])
    hold(engines, dtype, ONE_STEP[dtype], lambda parameters: parameters.gradient)


@needs_native
@pytest.mark.parametrize("seed", range(200))
def test_random_networks(seed: int) -> None:
    rng = np.random.default_rng(seed)
    natives = [case for case in LOSS_CASES.values() if type(case.loss) is not CustomLoss]
    case = natives[seed % len(natives)]
    first, width = random_first_layers(rng, WIDTH)
    layers = [*first, *random_layers(rng, width, int(rng.integers(0, 5))), Dense(case.n_outputs)]
    # Plain descent for small steps: Adam divides a gradient that is rounding alone by its own size.
    compare(
        layers,
        case,
        "float64",
        SGD(0.05, momentum=0.9, nesterov=True),
        seed=seed,
        n=int(rng.integers(1, 10)),
        max_norm=1.0,
    )


# Around the edges of vectors, tiles, panels and the depth of a panel, whatever the instruction set.
SHAPES = [
    (1, 5, 2),
    (13, 15, 2),
    (14, 16, 17),
    (15, 31, 33),
    (57, 32, 5),
    (29, 48, 31),
    (300, 64, 65),
    (40, 257, 3),
    (7, 600, 40),
    (130, 100, 300),
]


def variants() -> list[str]:
    plain: Any = compiled() and import_module("glassnet._native")
    return ["", *(f"_{name}" for name in plain.instruction_sets())] if plain else []


@needs_native
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("variant", variants())
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_shapes_on_every_instruction_set(
    shape: tuple[int, int, int], variant: str, dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "glassnet.engines.native.compiled", lambda: import_module(f"glassnet._native{variant}")
    )
    n, hidden, n_outputs = shape
    case = LossCase(Softmax(0.05), n_outputs, lambda rng, n: rng.integers(0, n_outputs, n))
    layers = [
        PeriodicEmbedding(3, n_frequencies=1 + hidden // 7, n_out=1 + n % 5),
        PiecewiseLinearEmbedding(
            edges=[np.linspace(-2.0, 2.0, 2 + (hidden + j) % 40) for j in range(1 + n % 3)],
            n_out=1 + n % 7,
        ),
        CategoryEmbedding([1 + n_outputs], n_out=1 + hidden % 19),
        Scale(),
        Dense(hidden, "tanh"),
        Activation("selu", parametric=True),
        Residual([BatchNorm(), Dense(hidden + 1, "selu"), Dropout(0.3), Dense(hidden)]),
        LayerNorm(),
        Dense(n_outputs),
    ]
    compare(layers, case, dtype, SGD(0.1, momentum=0.9), seed=n, n=n)


@needs_native
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("variant", variants())
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_members_of_many_shapes(
    shape: tuple[int, int, int], variant: str, dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "glassnet.engines.native.compiled", lambda: import_module(f"glassnet._native{variant}")
    )
    n, hidden, n_outputs = shape
    case = LossCase(Softmax(0.05), n_outputs, lambda rng, n: rng.integers(0, n_outputs, n))
    first = Members(
        [
            Stack([Scale(), Dense(hidden)]),
            Dense(hidden, "tanh"),
            Stack([Dropout(0.1), Dense(hidden, "silu")]),
        ]
    )
    last = Members([Dense(n_outputs), Stack([Dropout(0.3), Activation("tanh"), Dense(n_outputs)])])
    compare([first, last], case, dtype, SGD(0.1, momentum=0.9), seed=n, n=n)


@needs_native
@pytest.mark.parametrize("dtype", DTYPES)
def test_csr_is_the_dense_matrix(dtype: str) -> None:
    rng = np.random.default_rng(0)
    X, y = batch(PLAIN, dtype, 20, rng)
    X[rng.random(X.shape) < 0.6] = 0.0
    dense, sparse = (
        NativeEngine(Network([Dense(5, "relu"), Dense(1)], WIDTH, dtype=dtype), Squared(), Adam())
        for _ in range(2)
    )
    order, offsets, rates = np.arange(20), np.array([0, 7, 14, 20]), step_rates(np.full(3, 0.01))
    dense.run(X, y, None, order, offsets, 0, rates)
    sparse.run(sp.csr_array(X), y, None, order, offsets, 0, rates)
    np.testing.assert_array_equal(sparse.network.parameters.theta, dense.network.parameters.theta)
    np.testing.assert_array_equal(sparse.predict(sp.csr_array(X)), dense.predict(X))


@needs_native
def test_copies_and_pickles_go_on_with_vectors_of_their_own() -> None:
    X, y = batch(PLAIN, "float64", 20, np.random.default_rng(0))
    engine = NativeEngine(
        Network([Dense(5, "tanh"), Dense(1)], WIDTH, dtype="float64"), Squared(), Adam()
    )
    arguments = (X, y, None, np.arange(20), np.array([0, 10, 20]), 0, step_rates(np.full(2, 0.01)))
    engine.run(*arguments)
    others = [copy.deepcopy(engine), pickle.loads(pickle.dumps(engine))]  # noqa: S301 - our own
    before = engine.network.parameters.theta.copy()
    for other in others:
        other.run(*arguments)
        np.testing.assert_array_equal(engine.network.parameters.theta, before)
    engine.run(*arguments)
    for other in others:
        np.testing.assert_array_equal(
            other.network.parameters.theta, engine.network.parameters.theta
        )


class Own(Dense):
    """A layer of one's own."""


OF_ONES_OWN: dict[str, tuple[Layer, Any, Any]] = {
    "user-defined layer Own": (Own(3), Squared(), Adam()),
    "user-defined activation 'cube'": (Dense(3, CUBE), Squared(), Adam()),
    "user-defined loss 'mine'": (
        Dense(3),
        CustomLoss(lambda Z, y: ((Z - y) ** 2, 2 * (Z - y)), name="mine"),
        Adam(),
    ),
}


@needs_native
@pytest.mark.parametrize("what", OF_ONES_OWN)
def test_what_is_ones_own_is_refused_by_name_and_runs_on_the_reference(what: str) -> None:
    layer, loss, optimizer = OF_ONES_OWN[what]
    network = Network([layer, Dense(1)], WIDTH)
    with pytest.raises(UnsupportedError, match=what):
        NativeEngine(network, loss, optimizer)
    assert make_engine("auto", network, loss, optimizer).name == "reference"
    assert make_engine("auto", Network([Dense(1)], WIDTH), Squared(), optimizer).name == "native"


@needs_native
def test_updates_by_hand_are_those_of_a_run() -> None:
    X, y = batch(PLAIN, "float64", 20, np.random.default_rng(0))
    by_hand, run = (
        NativeEngine(
            Network([Dense(5, "tanh"), Dense(1)], WIDTH, dtype="float64"), Squared(), Adam()
        )
        for _ in range(2)
    )
    for _ in range(3):
        by_hand.loss_and_gradient(X, y)
        by_hand.update(0.01)
    run.run(
        X,
        y,
        None,
        np.tile(np.arange(20), 3),
        np.array([0, 20, 40, 60]),
        0,
        step_rates(np.full(3, 0.01)),
    )
    np.testing.assert_array_equal(by_hand.network.parameters.theta, run.network.parameters.theta)
    with pytest.raises(SettingError, match="without an optimizer"):
        NativeEngine(Network([Dense(1)], WIDTH), Squared()).update(0.1)


@needs_native
@pytest.mark.parametrize("dtype", DTYPES)
def test_divergence_stops_before_the_update_with_the_statistics_put_back(dtype: str) -> None:
    X, y = batch(PLAIN, dtype, 20, np.random.default_rng(0))
    engine = NativeEngine(
        Network([Dense(5), BatchNorm(), Dense(1)], WIDTH, dtype=dtype), Squared(), SGD(0.1)
    )
    X[15] = np.finfo(dtype).max
    parameters = engine.network.parameters
    steps = engine.run(
        X, y, None, np.arange(20), np.array([0, 10, 20]), 0, step_rates(np.full(2, 0.01))
    )
    assert (steps.done, steps.status) == (1, "diverged")
    assert np.isfinite(parameters.theta).all()
    assert np.isfinite(parameters.statistics).all()


def good() -> dict[str, Any]:
    y = np.zeros(4, np.int64)
    return {
        "X": np.zeros((4, 2)), "y": y, "weight": np.ones(4),
        "order": np.arange(4), "offsets": np.array([0, 2, 4]),
        "first_step": 0, "rates": step_rates(np.ones(2)), "t": np.zeros(1), "stop": lambda: False,
    }  # fmt: skip


OUT_OF_BOUNDS: dict[str, dict[str, Any]] = {
    "X too narrow": {"X": np.zeros((4, 1))},
    "X of another dtype": {"X": np.zeros((4, 2), np.float32)},
    "X with one axis": {"X": np.zeros(8)},
    "a label too large": {"y": np.array([0, 1, 2, 3])},
    "a label below zero": {"y": np.array([0, 1, 2, -1])},
    "too few labels": {"y": np.zeros(3, np.int64)},
    "probabilities too narrow": {"y": np.zeros((4, 2))},
    "too few weights": {"weight": np.ones(3)},
    "an order beyond the rows": {"order": np.array([0, 1, 2, 4])},
    "an order below zero": {"order": np.array([0, 1, 2, -1])},
    "offsets beyond the order": {"offsets": np.array([0, 2, 5])},
    "falling offsets": {"offsets": np.array([2, 0, 4])},
    "offsets below zero": {"offsets": np.array([-1, 2, 4])},
    "no offsets": {"offsets": np.array([], np.int64)},
    "too few rates": {"rates": step_rates(np.ones(1))},
    "too many rates": {"rates": step_rates(np.ones(3))},
    "rates without factors": {"rates": np.ones((2, 1))},
    "rates with one axis": {"rates": np.ones(6)},
    "dropout above its rate": {"rates": step_rates(np.ones(2), 1.5)},
    "dropout below zero": {"rates": step_rates(np.ones(2), -0.5)},
    "dropout that is no number": {"rates": step_rates(np.ones(2), np.nan)},
    "a CSR column beyond the width": {
        "X": (np.ones(1), np.array([2], np.int32), np.array([0, 1, 1, 1, 1], np.int32))
    },
    "CSR rows beyond the data": {
        "X": (np.ones(1), np.array([1], np.int32), np.array([0, 1, 1, 1, 9], np.int32))
    },
}


@needs_native
@pytest.mark.parametrize("name", OUT_OF_BOUNDS)
def test_no_call_reaches_outside_its_arrays(name: str) -> None:
    network = Network([Residual([Dropout(0.5), Dense(2)]), Dense(3)], 2, dtype="float64")
    engine = NativeEngine(network, Softmax(), Adam())._engine
    engine.run(*good().values())
    before = network.parameters.theta.copy()
    with pytest.raises((ValueError, TypeError, RuntimeError)):
        engine.run(*{**good(), **OUT_OF_BOUNDS[name]}.values())
    np.testing.assert_array_equal(network.parameters.theta, before)


def test_penalties_are_in_the_table() -> None:
    assert {type(penalty) for penalty in PENALTIES.values()} == {Penalty, type(None)}
