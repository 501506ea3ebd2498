"""Descriptions changed at random, with checksums that fit: each is refused, or predicts."""

from __future__ import annotations

import copy
import io
import re
import warnings
from functools import partial

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glassnet.errors import DataError, DataNotice, ModelFileError
from glassnet.storage import load, model_file, save
from glassnet.storage.description import describe, parse_description
from glassnet.storage.header import BadFileError
from glassnet.storage.history import PREFIX
from tests.storage.models import build
from tests.storage.unpacked import Unpacked

MODELS = ("multiclass", "quantiles of two targets", "nested", "multilabel", "floats for labels")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz")


@pytest.fixture(scope="module")
def good(folder):
    def made(name):
        save(build(name)[0], folder / "good.glassnet")
        return (folder / "good.glassnet").read_bytes()

    return {name: made(name) for name in MODELS}


def outcome(read):
    """The result of a file: "refused", or "predicts", also for huge, missing and unseen values."""
    try:
        model = read()
    except (ModelFileError, BadFileError):
        return "refused"
    schema = model.encoder.schema
    values = {
        "number": np.array([0.0, 1e300, -1e300, np.nan]),
        "category": ["", "unseen", "Dream", None],
    }
    columns = {column.name: values[column.kind] for column in schema.columns}
    # Weights and scales may be any finite numbers, so sums may overflow; what is predicted then is
    # no news.
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)
        warnings.simplefilter("ignore", DataNotice)  # the rows are not like any of the training
        numbers = model.encoder.numbers
        if numbers.limit is None and not all(numbers.has_missing):
            with pytest.raises(DataError, match=r"holds a missing value .* takes none there"):
                model.predict(columns)
            values["number"][3] = 1.0
        try:
            assert len(model.predict(columns)) == 4
            if model.task != "regression":
                assert len(model.predict_proba(columns)) == 4
        except DataError as error:
            assert re.match(  # noqa: PT017
                "the model's (raw scores|predictions) for rows? .* are not finite", str(error)
            )
    shapes = parse_description(describe(model)).shapes
    assert {name for name in shapes if not name.startswith(PREFIX)} == set(model.network.parameters)
    return "predicts"


def from_file(data, folder):
    """Load as a user does."""
    (folder / "m.glassnet").write_bytes(data)
    return load(folder / "m.glassnet")


def from_memory(data):
    """The same without a file, of which thousands would take long."""
    return model_file._read(io.BytesIO(data), len(data))


def places(value, path=()):
    """The paths of all values in a description."""
    yield path
    inner = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, child in inner:
        if key != "training" and key not in ("sha256", "data_sha256"):
            yield from places(child, (*path, key))


def put(said, path, value):
    at = said
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value


ODD = [
    None,
    True,
    False,
    -1,
    0,
    1,
    2,
    1.5,
    -0.0,
    1e308,
    5e-324,
    2**53 + 1,
    2**63,
    10**299,
    "",
    "x",
    "number",
    "a" * 300,
    "\x1b[2J",
    [],
    [[]],
    {},
]
ODD += [[None], {"kind": "dense"}, {"a": 1}, [1.0], ["x"], [0.5, 0.5]]


@pytest.mark.parametrize("name", MODELS)
def test_every_value_replaced_by_every_odd_one(name, good):
    seen = set()
    for path in places(Unpacked(good[name]).said):
        for odd in ODD if path else []:
            unpacked = Unpacked(good[name])
            put(unpacked.said, path, copy.deepcopy(odd))
            seen.add(outcome(partial(from_memory, unpacked.pack())))
    assert seen == {"refused", "predicts"}


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
    | st.sampled_from(
        [
            "dense",
            "batch_norm",
            "layer_norm",
            "dropout",
            "residual",
            "stack",
            "members",
            "relu",
            "softmax",
        ]
    )
    | st.sampled_from(["logistic", "squared", "quantile"])
    | st.sampled_from(
        [
            "binary",
            "multiclass",
            "multilabel",
            "regression",
            "float32",
            "float64",
            "number",
            "category",
        ]
    ),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)


@st.composite
def descriptions(draw, unpacked):
    """A description with up to three changes: a value set, removed, doubled or exchanged."""
    said = copy.deepcopy(unpacked.said)
    for _ in range(draw(st.integers(1, 3))):
        paths = [path for path in places(said) if path]
        path = draw(st.sampled_from(paths))
        at = said
        for step in path[:-1]:
            at = at[step]
        act = draw(st.sampled_from(["put", "drop", "double", "move", "number"]))
        if act == "put":
            at[path[-1]] = draw(VALUES)
        elif act == "drop":
            del at[path[-1]]
        elif act == "double" and isinstance(at, list):
            at.insert(path[-1], copy.deepcopy(at[path[-1]]))
        elif act == "move":
            other = said
            for step in draw(st.sampled_from(paths)):
                other = other[step]
            at[path[-1]] = copy.deepcopy(other)
        elif isinstance(at[path[-1]], int | float):
            at[path[-1]] = draw(
                st.floats(allow_nan=False, allow_infinity=False) | st.integers(-5, 300)
            )
    return said


@pytest.mark.parametrize("name", MODELS)
@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_description_changed_at_random(name, good, folder, data):
    unpacked = Unpacked(good[name])
    unpacked.said = data.draw(descriptions(unpacked))
    outcome(partial(from_file, unpacked.pack(), folder))


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", MODELS)
@settings(
    max_examples=5_000,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_description_changed_at_random_for_long(name, good, folder, data):
    unpacked = Unpacked(good[name])
    unpacked.said = data.draw(descriptions(unpacked))
    outcome(partial(from_file, unpacked.pack(), folder))
