"""Layers and losses as plain data: there and back, and nothing else comes in."""

from __future__ import annotations

import json
from dataclasses import fields, replace

import pytest

from glassnet import (
    Activation,
    CategoryEmbedding,
    Dense,
    Dropout,
    Members,
    PeriodicEmbedding,
    PiecewiseLinearEmbedding,
    Residual,
    Stack,
)
from glassnet.errors import SettingError, UnsupportedError
from glassnet.initializers import Constant, He
from glassnet.layers import LAYERS
from glassnet.layers.plain import CODECS, layer_from_plain, layer_to_plain, saved_fields
from glassnet.layers.plain import TRAINING_ONLY as LAYERS_TRAINING_ONLY
from glassnet.losses import Huber, Logistic
from glassnet.losses.plain import TRAINING_ONLY, loss_from_plain, loss_to_plain
from tests.laws.tables import CUBE, LAYER_CASES, LOSS_CASES

LAYERS_WITH_NAMES = {
    name: layer for name, layer in LAYER_CASES.items() if name != "dense, own activation"
}
LOSSES_WITH_NAMES = {
    name: case.loss for name, case in LOSS_CASES.items() if not name.startswith("custom")
}


@pytest.mark.parametrize("kind", LAYERS)
def test_every_setting_of_a_layer_has_a_codec(kind):
    for name, field in saved_fields(kind).items():
        assert field.type in CODECS, (
            f"src/glassnet/layers/plain.py: CODECS lacks {field.type!r}, the type of "
            f"{LAYERS[kind].__name__}.{name}"
        )


def test_no_prediction_depends_on_what_is_left_out():
    assert {"parametrization", "edges"} == LAYERS_TRAINING_ONLY, "src/glassnet/layers/plain.py"
    assert {"reduction", "clip_eps"} == TRAINING_ONLY, "src/glassnet/losses/plain.py"


@pytest.mark.parametrize("name", LAYERS_WITH_NAMES)
def test_layer_comes_back_equal_but_for_what_training_alone_asks(name):
    layer = LAYERS_WITH_NAMES[name]
    assert layer_from_plain(json.loads(json.dumps(layer_to_plain(layer)))) == with_defaults(layer)


def with_defaults(layer):
    """The layer, and those inside it, with the defaults of what training alone asks."""
    changed = {
        field.name: field.default for field in fields(layer) if field.name in LAYERS_TRAINING_ONLY
    }
    if layer.layers:
        changed["layers"] = [with_defaults(inner) for inner in layer.layers]
    return replace(layer, **changed)


@pytest.mark.parametrize("name", LOSSES_WITH_NAMES)
def test_loss_comes_back_equal_but_for_what_training_alone_asks(name):
    loss = LOSSES_WITH_NAMES[name]
    defaults = {field.name: field.default for field in fields(loss) if field.name in TRAINING_ONLY}
    assert loss_from_plain(json.loads(json.dumps(loss_to_plain(loss)))) == replace(loss, **defaults)


def test_what_it_looks_like():
    assert layer_to_plain(Dense(16, "relu", "he_normal")) == {
        "kind": "dense",
        "n_out": 16,
        "activation": "relu",
        "initializer": "he_normal",
    }
    assert layer_to_plain(Residual([Dropout(0)])) == {
        "kind": "residual",
        "layers": [{"kind": "dropout", "rate": 0.0}],
    }
    inside = {"kind": "stack", "layers": [{"kind": "dropout", "rate": 0.0}]}
    assert layer_to_plain(Members([Stack([Dropout(0)])])) == {"kind": "members", "layers": [inside]}
    assert layer_to_plain(PeriodicEmbedding(2)) == PERIODIC
    assert layer_to_plain(PiecewiseLinearEmbedding(edges=((0, 1), (-1, 0.5, 2)))) == PIECEWISE
    assert layer_to_plain(CategoryEmbedding((30, 12))) == CATEGORY
    assert layer_to_plain(Activation("relu")) == {"kind": "activation", "activation": "relu"}
    assert layer_to_plain(Activation("relu", parametric=True)) == {
        "kind": "activation",
        "activation": "relu",
        "parametric": True,
    }
    assert loss_to_plain(Huber(1)) == {"kind": "huber", "delta": 1.0}
    assert loss_to_plain(Logistic(0.1, "sum", 0.01)) == {"kind": "logistic", "label_smoothing": 0.1}


@pytest.mark.parametrize(
    ("initializer", "name"),
    [
        (He("normal"), "he_normal"),
        (Constant(3.0), "auto"),
        (lambda fan_in, fan_out, rng: rng.random((fan_in, fan_out)), "auto"),
    ],
    ids=["named", "unnamed", "own"],
)
def test_initializer_that_no_table_names_becomes_auto(initializer, name):
    assert layer_to_plain(Dense(3, initializer=initializer))["initializer"] == name


class Own:
    name = "own"
    layers = ()


class MyDense(Dense):
    pass


@pytest.mark.parametrize(
    ("write", "thing", "says"),
    [
        (layer_to_plain, Own(), "the layer Own"),
        (layer_to_plain, MyDense(3), "the layer MyDense"),
        (layer_to_plain, Dense(2, CUBE), "the activation 'cube', which is user-defined"),
        (layer_to_plain, Residual([Dense(2, CUBE)]), "the activation 'cube'"),
        (loss_to_plain, LOSS_CASES["custom"].loss, "the loss 'log_cosh', which is user-defined"),
    ],
)
def test_what_is_the_users_own_is_refused_by_name(write, thing, says):
    with pytest.raises(UnsupportedError, match=says):
        write(thing)


PERIODIC = {
    "kind": "periodic_embedding",
    "n_numeric": 2,
    "n_frequencies": 16,
    "n_out": 3,
    "sigma": 0.1,
}
PIECEWISE = {"kind": "piecewise_linear_embedding", "n_bins": [1, 2], "n_out": 3}
CATEGORY = {"kind": "category_embedding", "levels": [30, 12], "n_out": 8}
DENSE = {"kind": "dense", "n_out": 3, "activation": "relu", "initializer": "auto"}


@pytest.mark.parametrize(
    ("read", "plain"),
    [
        (layer_from_plain, None),
        (layer_from_plain, []),
        (layer_from_plain, {}),
        (layer_from_plain, {"kind": ["dense"]}),
        (layer_from_plain, {**DENSE, "kind": "dens"}),
        (layer_from_plain, {**DENSE, "kind": "os.system"}),
        (layer_from_plain, {**DENSE, "more": 1}),
        (layer_from_plain, {name: DENSE[name] for name in ("kind", "n_out", "activation")}),
        *(
            (layer_from_plain, {**DENSE, "n_out": n})
            for n in (0, -1, 2**40, 10**400, 3.0, True, "3", None, [3])
        ),
        *((layer_from_plain, {**DENSE, "activation": a}) for a in ("cube", 1, None, ["relu"], {})),
        *((layer_from_plain, {**DENSE, "initializer": i}) for i in ("mine", 1, None, ["auto"])),
        *(
            (layer_from_plain, {"kind": "dropout", "rate": r})
            for r in (1.0, -0.1, "0.5", True, None)
        ),
        (layer_from_plain, {"kind": "batch_norm", "momentum": 0.1, "eps": 0.0}),
        *(
            (layer_from_plain, {"kind": "activation", "activation": "relu", "parametric": m})
            for m in (1, 0, "yes", None, [True])
        ),
        (layer_from_plain, {"kind": "activation", "parametric": True}),
        (layer_from_plain, {"kind": "scale", "s": 1.0}),
        *(
            (layer_from_plain, {**PERIODIC, name: value})
            for name in ("n_numeric", "n_frequencies", "n_out")
            for value in (0, -1, 2**31, 10**400, 3.0, True, "3", None, [3])
        ),
        *(
            (layer_from_plain, {**PERIODIC, "sigma": s})
            for s in (0.0, -1.0, 1e400, "1", True, None)
        ),
        (layer_from_plain, {name: value for name, value in PERIODIC.items() if name != "sigma"}),
        *(
            (layer_from_plain, {**CATEGORY, "levels": levels})
            for levels in (
                [],
                3,
                "33",
                None,
                [0],
                [-1],
                [2**24 + 1],
                [3.0],
                [True],
                [[3]],
                {"3": 3},
            )
        ),
        *(
            (layer_from_plain, {**PIECEWISE, "n_bins": n_bins})
            for n_bins in (
                [],
                3,
                "33",
                None,
                [0],
                [-1],
                [2**15 + 1],
                [3.0],
                [True],
                [[3]],
                {"3": 3},
            )
        ),
        (layer_from_plain, {**PIECEWISE, "edges": [[0.0, 1.0], [-1.0, 0.5, 2.0]]}),
        *((layer_from_plain, {**PIECEWISE, "n_out": n}) for n in (0, 2**31, 3.0, True, None)),
        *((layer_from_plain, {**CATEGORY, "n_out": n}) for n in (0, 2**31, 3.0, True, None)),
        *(
            (layer_from_plain, {"kind": kind, "layers": inner})
            for kind in ("residual", "stack", "members")
            for inner in ([], [1], DENSE, "dense", None)
        ),
        (loss_from_plain, None),
        (loss_from_plain, {"kind": "mine"}),
        (loss_from_plain, {"kind": "squared", "delta": 1.0}),
        (loss_from_plain, {"kind": "huber"}),
        *((loss_from_plain, {"kind": "huber", "delta": d}) for d in (0.0, -1.0, "1", True, None)),
        *(
            (loss_from_plain, {"kind": "quantile", "quantiles": q})
            for q in ([], 0.5, [0.5, 0.1], [1.0], ["0.5"], None)
        ),
    ],
)
def test_anything_else_is_refused(read, plain):
    with pytest.raises(SettingError):
        read(plain)
