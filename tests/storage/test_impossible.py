"""Finite numbers that no model has, with checksums that fit, are refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from glassnet.errors import ModelFileError, UnsupportedError
from glassnet.intervals import Intervals
from glassnet.layers import Dense
from glassnet.network import Network
from glassnet.storage import load, save
from tests.storage.changes import append, said
from tests.storage.models import build
from tests.storage.unpacked import Unpacked


def set_to(tensor, *values):
    """A tensor that begins with these values."""

    def change(unpacked):
        entry = unpacked.head[tensor]
        start = entry["data_offsets"][0]
        told = np.array(values, "<f4" if entry["dtype"] == "F32" else "<f8").tobytes()
        unpacked.data = unpacked.data[:start] + told + unpacked.data[start + len(told) :]

    return change


def with_intervals():
    model, table = build("two targets")
    network = Network(
        [Dense(3, "tanh"), Dense(6)], model.network.n_features, seed=3, dtype="float64"
    )
    scores = np.sort(np.random.default_rng(5).normal(size=(20, 2)), axis=0)
    return replace(model, intervals=Intervals(network, scores, np.array([0.1, 0.2]))), table


MODELS = {
    "intervals": with_intervals,
    **{name: lambda name=name: build(name) for name in ("layer piecewise", "nested", "still")},
}
SCORES, LEAST, VARIANCE = (
    "intervals.scores",
    "intervals.least",
    "layers.0.layers.1.layers.0.running_var",
)
OF_MISSES = ("intervals", "layers")

# name: (the model, what is changed in its file, what the refusal says)
IMPOSSIBLE = {
    "edges that fall": (
        "layer piecewise",
        set_to("layers.0.edges", 3.0),
        "layers.0.edges holds numbers that no layer",
    ),
    "edges that are one": (
        "layer piecewise",
        set_to("layers.0.edges", 0.7, 0.7),
        "layers.0.edges holds numbers that no layer",
    ),
    "edges too far apart": (
        "layer piecewise",
        set_to("layers.0.edges", -3e38, 3e38),
        "layers.0.edges holds numbers that no layer",
    ),
    "variance below 0": (
        "nested",
        set_to(VARIANCE, -1e-9),
        "running_var holds numbers that no layer",
    ),
    "scores that fall": (
        "intervals",
        set_to(SCORES, 9.0),
        "its intervals hold numbers that no intervals have",
    ),
    "a spread of 0": (
        "intervals",
        set_to(LEAST, 0.0),
        "its intervals hold numbers that no intervals have",
    ),
    "a spread below 0": (
        "intervals",
        set_to(LEAST, 0.1, -0.1),
        "its intervals hold numbers that no intervals have",
    ),
    "no scores": ("intervals", said("intervals", "n_scores", value=0), "at least one score"),
    "fewer scores": (
        "intervals",
        said("intervals", "n_scores", value=19),
        "where its layers need F64 [19, 2]",
    ),
    "10^12 scores": (
        "intervals",
        said("intervals", "n_scores", value=10**12),
        "where its layers need F64 [1000000000000, 2]",
    ),
    "scores that are true": (
        "intervals",
        said("intervals", "n_scores", value=True),
        "at least one score",
    ),
    "no count of scores": (
        "intervals",
        said("intervals", "n_scores", drop=True),
        "at least one score",
    ),
    "another field": ("intervals", said("intervals", "code", value=1), "at least one score"),
    "intervals are null": ("intervals", said("intervals", value=None), "at least one score"),
    "intervals are a list": ("intervals", said("intervals", value=[]), "at least one score"),
    "intervals that are not said": (
        "intervals",
        said("intervals", drop=True),
        "have no tensor 'intervals.",
    ),
    "a network of misses that is not said": (
        "intervals",
        said(*OF_MISSES, value=None),
        "have no tensor 'intervals.",
    ),
    "an empty network of misses": ("intervals", said(*OF_MISSES, value=[]), "1 to 1,000 layers"),
    "misses by an unknown layer": (
        "intervals",
        said(*OF_MISSES, 0, value={"kind": "evil"}),
        "unknown kind of layer 'evil'",
    ),
    "misses of another width": (
        "intervals",
        said(*OF_MISSES, 1, "n_out", value=5),
        "does not fit the target",
    ),
    "misses by a wider layer": (
        "intervals",
        said(*OF_MISSES, 0, "n_out", value=4),
        "its layers need F64",
    ),
    "a cycle that stands still": (
        "still",
        said("encoder", "dates", 0, "still", 0, value=0.5),
        "the constant parts of column 'month'",
    ),
    "a cosine above 1": (
        "still",
        said("encoder", "dates", 0, "still", 1, value=1.5),
        "the constant parts of column 'month'",
    ),
    "no wave that stands still": (
        "still",
        said("encoder", "dates", 0, "still", 1, value=None),
        "the constant parts of column 'month'",
    ),
    "waves too many": (
        "still",
        append("encoder", "dates", 0, "still", value=None),
        "the constant parts of column 'month'",
    ),
    "wave that is text": (
        "still",
        said("encoder", "dates", 0, "still", 1, value="0"),
        "still must be",
    ),
    "one moment in several months": (
        "still",
        said("encoder", "dates", 1, "cycles", value=["month"]),
        "the constant parts of column 'day'",
    ),
    "dates of gaps without gaps": (
        "still",
        said("encoder", "dates", 1, "line", "constant", value=["gaps"]),
        "only those with missing values",
    ),
    "a boolean of gaps without gaps": (
        "still",
        said("encoder", "categories", 0, "constant", value="gaps"),
        "held 'gaps' alone",
    ),
    "true beside gaps": (
        "still",
        said("encoder", "categories", 1, "constant", value="level"),
        "held 'level' alone",
    ),
    "false of one level": (
        "still",
        said("encoder", "categories", 2, "constant", value="false"),
        "held 'false' alone",
    ),
    "intervals without tensors": (
        "nested",
        said("intervals", value={"layers": None, "n_scores": 1}),
        "need tensor 'intervals.",
    ),
}


@pytest.mark.parametrize("name", MODELS)
def test_honest_file_comes_back(name, tmp_path):
    model, table = MODELS[name]()
    save(model, tmp_path / "m.glassnet")
    again = load(tmp_path / "m.glassnet")
    np.testing.assert_array_equal(again.predict(table), model.predict(table))
    if model.intervals:
        np.testing.assert_array_equal(
            again.predict_interval(table, 0.8), model.predict_interval(table, 0.8)
        )


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_impossible_numbers_are_refused(name, tmp_path):
    kind, change, says = IMPOSSIBLE[name]
    path = tmp_path / "m.glassnet"
    save(MODELS[kind]()[0], path)
    unpacked = Unpacked(path.read_bytes())
    change(unpacked)
    path.write_bytes(unpacked.pack())
    with pytest.raises(ModelFileError) as caught:
        load(path)
    assert says in str(caught.value)


def test_impossible_numbers_are_not_saved(tmp_path):
    model, _ = build("layer piecewise")
    model.network.parameters["layers.0.edges"][...] = 0.0
    with pytest.raises(
        UnsupportedError, match=r"layers\.0\.edges holds numbers that no layer of its kind has"
    ):
        save(model, tmp_path / "m.glassnet")
    assert not list(tmp_path.iterdir())
