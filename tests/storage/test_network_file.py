"""Networks on disk: saved ones load, the user's own layers are given, all else is refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

import glassnet
from glassnet import BatchNorm, Dense, Dropout, Network, Residual
from glassnet.errors import ModelFileError, SettingError, UnsupportedError
from glassnet.parameters import Spec
from glassnet.storage import save
from tests.laws.tables import CUBE
from tests.storage.models import build
from tests.storage.test_hostile import changed
from tests.storage.test_plain import LAYERS_WITH_NAMES, with_defaults
from tests.storage.unpacked import Unpacked, canonical


@dataclass(frozen=True)
class Gate:
    """A layer of one's own: Y = X * w, and a share of it that is settled by no parameter."""

    share: float = 1.0
    layers: ClassVar[tuple] = ()
    repeatable: ClassVar[bool] = True

    def output_width(self, n_in):
        return n_in

    def specs(self, n_in):
        return {"w": Spec((n_in,))}

    def initialize(self, p, rng):
        p.w[...] = rng.normal(size=p.w.shape)

    def forward(self, p, X, run):
        return self.share * X * p.w, X

    def backward(self, p, g, cache, dY, needs_dX=True):
        g.w[...] = (self.share * dY * cache).sum(axis=0)
        return self.share * dY * p.w


class Wide(Gate):
    """As wide again."""

    def specs(self, n_in):
        return {"w": Spec((1, n_in))}


class Other(Gate):
    """With another tensor beside it."""

    def specs(self, n_in):
        return {"w": Spec((n_in,)), "v": Spec((2,))}


OWN = [Dense(3, "tanh"), Gate(), Dense(2, CUBE), Residual([Gate(0.5)]), Dense(1)]


def filled(layers, n_features=4, dtype="float32"):
    """A network whose numbers are all its own, statistics included."""
    network = Network(layers, n_features, seed=3, dtype=dtype)
    rng = np.random.default_rng(5)
    network.parameters.statistics[...] = rng.uniform(0.5, 1.5, network.parameters.statistics.shape)
    for name, values in network.parameters.items():
        if (possible := network.parameters.spec(name).possible) and not possible(values):
            values.sort()
    return network


def numbers(network):
    return {name: (str(view.dtype), view.tobytes()) for name, view in network.parameters.items()}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "n.network"


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", LAYERS_WITH_NAMES)
def test_every_layer_comes_back(name, dtype, path):
    layer = LAYERS_WITH_NAMES[name]
    n_features = build(f"layer {name}")[0].network.n_features
    network = filled([layer, Dense(1)], n_features, dtype)
    network.save(path)
    again = Network.load(path)
    assert again.layers == (with_defaults(layer), Dense(1))
    assert (again.n_features, again.dtype) == (network.n_features, network.dtype)
    assert numbers(again) == numbers(network)
    X = np.abs(np.random.default_rng(0).normal(size=(5, n_features))).round()
    assert again.predict(X).tobytes() == network.predict(X).tobytes()
    again.save(path.with_suffix(".again"))
    assert path.read_bytes() == path.with_suffix(".again").read_bytes()
    given = Network.load(path, layers=network.layers)
    assert given.layers == network.layers  # what training alone asks of them, too
    assert numbers(given) == numbers(network)


def test_network_goes_on_learning(path):
    X, y = np.random.default_rng(0).normal(size=(2, 40, 2))
    network = Network([Dense(3, "tanh"), BatchNorm(), Dense(2)], 2, dtype="float64")
    learn = {"loss": "squared", "optimizer": glassnet.SGD(0.1), "batch_size": 8, "epochs": 3}
    list(glassnet.train(network, X, y, **learn))
    network.save(path)
    results = []
    for each in (network, Network.load(path)):
        list(glassnet.train(each, X, y, **learn))
        results.append(numbers(each))
    assert results[0] == results[1]


def test_own_layers_and_activations_are_brought_along(path):
    network = filled(OWN)
    network.save(path)
    again = Network.load(
        path, layers=[Dense(3, "tanh"), Gate(), Dense(2, CUBE), Residual([Gate(0.5)]), Dense(1)]
    )
    assert numbers(again) == numbers(network)
    X = np.random.default_rng(0).normal(size=(5, 4))
    assert again.predict(X).tobytes() == network.predict(X).tobytes()
    said = Unpacked(path.read_bytes()).said
    assert said["layers"][1:4] == [{"own": "Gate"}, {"own": "Dense"}, {"own": "Residual"}]


def test_own_layers_that_were_not_brought_along(path):
    filled(OWN).save(path)
    with pytest.raises(ModelFileError) as caught:
        Network.load(path)
    assert str(caught.value) == (
        f"{path}: has layers or activations that are not glassnet's: layers.1 (Gate), layers.2 "
        "(Dense), layers.3 (Residual). No file holds code: give all its layers, Network.load(path, "
        "layers=[...])."
    )


# Layers that are not those of OWN, and the one sentence about them.
WRONG = {
    "too few": (OWN[:-1], "layers must be those of the file, 5, got 4."),
    "too many": ([*OWN, Dropout(0.5)], "layers must be those of the file, 5, got 6."),
    "another setting": (
        [Dense(3, "relu"), *OWN[1:]],
        (
            "layers[0] must be that of the file, dense (activation tanh, initializer auto, n_out "
            "3), got dense (activation relu, "
        ),
    ),
    "another kind": (
        [*OWN[:-1], Dropout(0.5)],
        (
            "layers[4] must be that of the file, dense (activation identity, initializer auto, "
            "n_out 1), got dropout (rate 0.5)."
        ),
    ),
    "another class": (
        [OWN[0], Other(), *OWN[2:]],
        (
            "layers[1] must be that of the file, a layer Gate that is not glassnet's, got a layer "
            "Other that is not glassnet's."
        ),
    ),
    "ours for one's own": (
        [*OWN[:2], Dense(2, "relu"), *OWN[3:]],
        (
            "layers[2] must be that of the file, a layer Dense that is not glassnet's, got dense "
            "(activation relu, initializer auto, n_out 2)."
        ),
    ),
    "another shape": (
        [*OWN[:2], Dense(2, CUBE), Residual([Wide()]), OWN[4]],
        (
            "layers must have the tensors of the file: layers.3.layers.0.w must have shape (2,), "
            "got (1, 2)."
        ),
    ),
    "another width": (
        [*OWN[:2], Dense(3, CUBE), *OWN[3:]],
        "layers must have the tensors of the file: ",
    ),
    "a tensor more": (
        [*OWN[:3], Residual([Other()]), OWN[4]],
        "layers must have the tensors of the file: layers.3.layers.0.v is not in the file.",
    ),
    "a tensor less": (
        [*OWN[:3], Residual([Dense(2, CUBE)]), OWN[4]],
        "layers must have the tensors of the file: layers.3.layers.0.W is not in the file.",
    ),
    "no list": (5, "layers come in a list"),
    "a class": ([Dense, *OWN[1:]], "a layer is an object such as Dense(16, 'relu')"),
}


@pytest.mark.parametrize("name", WRONG)
def test_layers_that_are_not_those_of_the_file(name, path):
    layers, says = WRONG[name]
    filled(OWN).save(path)
    with pytest.raises(SettingError) as caught:
        Network.load(path, layers=layers)
    assert str(caught.value).startswith(says)
    assert "\n" not in str(caught.value)


def test_models_and_networks_are_told_apart(path):
    filled([Dense(2)]).save(path)
    with pytest.raises(
        ModelFileError,
        match=r"holds a network and no model: read it with glassnet\.Network\.load\.",
    ):
        glassnet.load(path)
    model, _ = build("binary")
    save(model, path)
    with pytest.raises(
        ModelFileError,
        match=r"of which the network is a part: read it with glassnet\.load, and take its",
    ):
        Network.load(path)
    glassnet.load(path).network.save(path)
    assert numbers(Network.load(path)) == numbers(model.network)


def test_other_files_are_refused(path):
    with pytest.raises(ModelFileError, match="there is no such file"):
        Network.load(path)
    path.write_bytes(b"\x80\x04cos\nsystem\n")
    with pytest.raises(ModelFileError, match="it is a pickle, which runs code when it is opened"):
        Network.load(path)


def test_numbers_that_are_not_finite_are_not_written(path):
    network = filled([Dense(2)])
    network.parameters["layers.0.b"][0] = np.inf
    with pytest.raises(
        UnsupportedError,
        match=r"layers\.0\.b holds numbers that are not finite, so the network predicts nothing",
    ):
        network.save(path)
    assert not path.exists()


def test_failed_save_leaves_the_old_file(path, tmp_path):
    with pytest.raises(
        ModelFileError, match=r"gone/n\.network: cannot be written: No such file or directory\."
    ):
        filled([Dense(2)]).save(tmp_path / "gone" / "n.network")
    filled([Dense(2)]).save(path)
    path.chmod(0o600)
    filled([Dense(3)]).save(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [other.name for other in tmp_path.iterdir()] == ["n.network"]


def test_every_changed_byte_is_refused(path):
    filled([Dense(1, "tanh"), BatchNorm()], 1).save(path)
    good = path.read_bytes()
    files = list(changed(good, lambda byte: {byte ^ 1}))
    assert len(files) == len(good)
    for data in files[::3]:
        path.write_bytes(data)
        with pytest.raises(ModelFileError):
            Network.load(path)


def said(name, value):
    return lambda unpacked: unpacked.said.update({name: value})


def dropped(name):
    return lambda unpacked: unpacked.said.pop(name)


# Changes of a good file, with checksums that fit, and what the refusal says.
FALSE_FILES = {
    "format 3": (said("format", 3), "is not that of a network"),
    "newer format": (said("format", 99), "was made by a newer glassnet"),
    "another kind": (said("kind", "graph"), "is not that of a network"),
    "no kind": (dropped("kind"), "is not that of a network"),
    "a field more": (said("code", 1), "is not that of a network"),
    "no dtype": (dropped("dtype"), "is not that of a network"),
    "dtype is a list": (said("dtype", ["float32"]), "is not that of a network"),
    "other dtype": (said("dtype", "float64"), "where its layers need F64"),
    "n_features is true": (said("n_features", True), "is not that of a network"),
    "n_features of 2^62": (said("n_features", 2**62), "is not that of a network"),
    "other n_features": (said("n_features", 5), "where its layers need F32 [5, 3]"),
    "no layers": (said("layers", []), "has no list of layers"),
    "layers are text": (said("layers", "dense"), "has no list of layers"),
    "a layer is text": (said("layers", ["dense"]), "has no list of layers"),
    "a layer of no kind": (said("layers", [{"kind": "evil"}]), "unknown kind of layer 'evil'"),
    "a removed layer": (
        said("layers", [{"kind": "member_mean", "n_members": 2}]),
        "the layer kind 'member_mean' was removed from glassnet",
    ),
    "an own layer with settings": (
        said("layers", [{"own": "Gate", "share": 1}]),
        "that cannot be one",
    ),
    "an own layer that steers": (said("layers", [{"own": "\x1b[2J"}]), "that cannot be one"),
    "an own layer of a module": (said("layers", [{"own": "os.system"}]), "that cannot be one"),
    "an own layer that is a number": (said("layers", [{"own": 5}]), "that cannot be one"),
    "an own layer of a long name": (said("layers", [{"own": "x" * 10_000}]), "that cannot be one"),
    "other layers": (
        said("layers", [{"kind": "dropout", "rate": 0.5}]),
        "its layers have no tensor",
    ),
    "2^40 units": (
        said(
            "layers",
            [{"kind": "dense", "n_out": 2**40, "activation": "relu", "initializer": "auto"}],
        ),
        "units",
    ),
}


@pytest.mark.parametrize("name", FALSE_FILES)
def test_false_file_with_fitting_checksums_is_refused(name, path):
    change, says = FALSE_FILES[name]
    filled([Dense(3, "tanh"), Dense(1)]).save(path)
    unpacked = Unpacked(path.read_bytes())
    before = canonical(unpacked.said)
    change(unpacked)
    assert canonical(unpacked.said) != before
    path.write_bytes(unpacked.pack())
    with pytest.raises(ModelFileError) as caught:
        Network.load(path)
    assert says in str(caught.value)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 1_200
