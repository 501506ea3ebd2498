"""One vector and many names.

Views stay views, through copies too, and decayed tensors stand first.
"""

import copy
import pickle
from collections.abc import Callable

import numpy as np
import pytest

from glassnet.errors import SettingError
from glassnet.layers import BatchNorm, Dense, Residual
from glassnet.network import Network
from glassnet.parameters import Parameters, Segment, Spec, Tree

LAYERS = [Dense(3, "relu"), BatchNorm(), Residual([Dense(2, "tanh"), Dense(3)])]
NAMES = [
    "layers.0.W",
    "layers.0.b",
    "layers.1.gamma",
    "layers.1.beta",
    "layers.1.running_mean",
    "layers.1.running_var",
    "layers.2.layers.0.W",
    "layers.2.layers.0.b",
    "layers.2.layers.1.W",
    "layers.2.layers.1.b",
]
COPIES: dict[str, Callable[[Parameters], Parameters]] = {
    "deepcopy": copy.deepcopy,
    "copy": copy.copy,
    **{
        f"pickle {p}": lambda parameters, p=p: pickle.loads(pickle.dumps(parameters, p))  # noqa: S301
        for p in range(2, 6)
    },  # type: ignore[misc]
}


def made(dtype: str = "float64") -> Parameters:
    return Network(LAYERS, n_features=4, dtype=dtype).parameters


def test_names_are_paths_in_reading_order() -> None:
    parameters = made()
    assert list(parameters) == NAMES
    assert [name for name, _ in parameters.items()] == NAMES
    assert len(parameters) == len(NAMES)
    assert "layers.0.W" in parameters
    assert "layers.9.W" not in parameters


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_tensor_is_a_view_into_its_vector(dtype: str) -> None:
    parameters = made(dtype)
    for name, view in parameters.items():
        trained = parameters.spec(name).trained
        assert np.shares_memory(view, parameters.theta if trained else parameters.statistics)
        assert view.shape == parameters.spec(name).shape
        assert view.dtype == dtype
        assert view.flags.c_contiguous
        if trained:
            assert np.shares_memory(parameters.gradient_of(name), parameters.gradient)
            assert parameters.gradient_of(name).shape == view.shape


def test_tensors_fill_their_vectors_without_gaps_or_overlap() -> None:
    parameters = made()
    for i, name in enumerate(NAMES, start=1):
        parameters[name] = np.full(parameters[name].shape, i)
    for vector, trained in ((parameters.theta, True), (parameters.statistics, False)):
        chosen = [
            (i, name)
            for i, name in enumerate(NAMES, start=1)
            if parameters.spec(name).trained == trained
        ]
        assert {i: int((vector == i).sum()) for i, _ in chosen} == {
            i: parameters.spec(name).size for i, name in chosen
        }
        assert vector.size == sum(parameters.spec(name).size for _, name in chosen)


def test_decayed_tensors_stand_first_in_one_segment() -> None:
    parameters = made()
    n_weights = 4 * 3 + 3 * 2 + 2 * 3
    assert parameters.segments == (
        Segment(0, n_weights, 1.0, 1.0),
        Segment(n_weights, parameters.theta.size, 1.0, 0.0),
    )
    parameters.theta[:n_weights] = 7.0
    assert [name for name in NAMES if (parameters[name] == 7.0).all()] == [
        name for name in NAMES if name.endswith("W")
    ]


def test_segments_follow_the_factors() -> None:
    tree = Tree(
        {
            "bias": Spec((2,), lr_factor=0.1, decay_factor=0.0),
            "scale": Spec((3,), lr_factor=6.0),
            "W": Spec((2, 2)),
            "nothing": Spec((0, 5)),
            "seen": Spec((4,), trained=False),
            "V": Spec((1, 2)),
        }
    )
    parameters = Parameters(tree)
    assert parameters.segments == (
        Segment(0, 6, 1.0, 1.0),
        Segment(6, 9, 6.0, 1.0),
        Segment(9, 11, 0.1, 0.0),
    )
    assert parameters.statistics.shape == (4,)
    assert parameters["nothing"].shape == (0, 5)


def test_a_network_without_tensors_has_empty_vectors() -> None:
    parameters = Parameters(Tree({}))
    assert parameters.theta.size == parameters.statistics.size == len(parameters) == 0
    assert parameters.segments == ()


def test_views_by_layer_are_the_same_memory_as_views_by_name() -> None:
    parameters = made()
    assert np.shares_memory(parameters.p.layers[0].W, parameters["layers.0.W"])
    assert np.shares_memory(parameters.p.layers[2].layers[1].b, parameters["layers.2.layers.1.b"])
    assert np.shares_memory(parameters.p.layers[1].running_var, parameters["layers.1.running_var"])
    assert np.shares_memory(
        parameters.g.layers[2].layers[1].b, parameters.gradient_of("layers.2.layers.1.b")
    )


def test_layers_are_numbered_depth_first() -> None:
    p = made().p
    assert [p.layers[0].number, p.layers[1].number, p.layers[2].number] == [0, 1, 2]
    assert [inner.number for inner in p.layers[2].layers] == [3, 4]


@pytest.mark.parametrize("way", COPIES)
def test_a_copy_has_vectors_and_views_of_its_own(way: str) -> None:
    parameters = made()
    parameters.gradient[:] = 3.0
    again = COPIES[way](parameters)
    assert list(again) == NAMES
    assert again.segments == parameters.segments
    for name in ("theta", "gradient", "statistics"):
        np.testing.assert_array_equal(getattr(again, name), getattr(parameters, name))
        assert not np.shares_memory(getattr(again, name), getattr(parameters, name))
    again.theta[:] = 5.0
    again.statistics[:] = 6.0
    again.gradient[:] = 7.0
    assert (again.p.layers[0].W == 5.0).all()
    assert (again.p.layers[2].layers[0].b == 5.0).all()
    assert (again.p.layers[1].running_mean == 6.0).all()
    assert (again.g.layers[0].b == 7.0).all()
    assert (again["layers.1.gamma"] == 5.0).all()
    again.p.layers[0].W[0, 0] = 8.0
    assert 8.0 in again.theta
    assert not np.isin([5.0, 8.0], parameters.theta).any()


def test_a_copied_network_predicts_the_same_and_learns_apart() -> None:
    network = Network(LAYERS, n_features=4)
    again = copy.deepcopy(network)
    X = np.random.default_rng(0).normal(size=(5, 4))
    np.testing.assert_array_equal(again.predict(X), network.predict(X))
    before = network.predict(X)
    again.parameters.theta += 1.0
    assert (again.predict(X) != before).any()
    np.testing.assert_array_equal(network.predict(X), before)


def test_read_only_vectors_become_writable_ones() -> None:
    state = made().__getstate__()
    for name in ("theta", "gradient", "statistics"):
        state[name].flags.writeable = False
    again = Parameters.__new__(Parameters)
    again.__setstate__(state)
    again["layers.0.W"] = np.ones((4, 3))
    assert (again.p.layers[0].W == 1.0).all()


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (lambda p: p["layer.0.W"], "unknown tensor 'layer.0.W'.*Did you mean 'layers.0.W'"),
        (
            lambda p: p.__setitem__("layers.0.W", np.zeros((3, 4))),
            r"layers.0.W must have shape \(4, 3\), got \(3, 4\)",
        ),
        (
            lambda p: p.__setitem__("layers.0.b", 1.0),
            r"layers.0.b must have shape \(3,\), got \(\)",
        ),
        (
            lambda p: p.gradient_of("layers.1.running_mean"),
            "unknown trained tensor 'layers.1.running_mean'",
        ),
        (
            lambda p: Parameters(Tree({}), "float16"),
            "unknown dtype 'float16': expected one of float32, float64",
        ),
    ],
)
def test_a_wrong_name_or_shape_is_refused(
    use: Callable[[Parameters], object], message: str
) -> None:
    with pytest.raises(SettingError, match=message):
        use(made())


def test_a_tensor_that_a_layer_has_not_is_named() -> None:
    with pytest.raises(AttributeError, match=r"this layer has no tensor 'V'; it has \['W', 'b'\]"):
        _ = made().p.layers[0].V
    with pytest.raises(AttributeError, match="no tensor 'running_mean'"):
        _ = made().g.layers[1].running_mean
