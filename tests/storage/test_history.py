"""The history of a training is loaded as it was saved, a long one thinned."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

import glassnet
from glassnet.data.coding.encoder import Encoder
from glassnet.data.tables.assembly import table_of
from glassnet.errors import UnsupportedError
from glassnet.layers import Dense
from glassnet.network import Network
from glassnet.report import report_page
from glassnet.storage import check, load, model_file, save
from glassnet.storage.history import MAX_EPOCHS
from tests.laws.tables import CUBE
from tests.storage.models import build
from tests.storage.unpacked import Unpacked


def columns(n):
    """A history of n epochs, as a fit writes it."""
    loss = np.random.default_rng(0).uniform(size=n)
    return {
        "index": list(range(n)),
        "training_loss": loss.tolist(),
        "validation_loss": [None if i % 3 else value for i, value in enumerate(loss.tolist())],
        "validation_score": [None] * n,
        "lr": [0.1] * n,
        "engine": ["native"] * n,
    }


def saved(training, path, name="binary"):
    """The record of a model that was saved and loaded; saved again it is the same file."""
    save(replace(build(name)[0], training=training), path)
    again = load(path)
    save(again, path.with_suffix(".again"))
    assert path.read_bytes() == path.with_suffix(".again").read_bytes()
    return again.training


# Records whose history is what it was; what no tensor can hold stays in the description.
RECORDS = {
    "no history": {"rows": 3},
    "history is null": {"history": None},
    "no columns": {"history": {}},
    "no epochs": {"history": {"index": [], "lr": []}},
    "one epoch": {"history": columns(1)},
    "a thousand epochs": {"history": columns(1_000)},
    "as many as stay": {"history": columns(MAX_EPOCHS), "best_epoch": 77},
    "two lengths": {"history": {"index": [0, 1, 2], "lr": [0.1, 0.2]}},
    "large whole numbers": {"history": {"index": [0, 2**53], "seed": [2**63 - 1, 2**70]}},
    "whole numbers and fractions": {"history": {"lr": [0.5, 1, -0.0, 5e-324, 1.7e308]}},
    "gaps alone": {"history": {"lr": [None, None]}},
    "gaps among whole numbers": {"history": {"lr": [None, 3]}},
    "texts": {"history": {"engine": ["native", "reference", None, "native", ""]}},
    "many texts": {"history": {"note": [f"note {i}" for i in range(200)]}},
    "no numbers": {
        "history": {"note": ["a", 1], "more": [[1], [2]], "one": 5, "flags": [True, False]}
    },
    "names of strangers": {
        "history": {
            "../x": [1.0],
            "": [2.0],
            "a" * 99: [3.0],
            "ü": [4.0],
            "__class__": [5.0],
            "W": [6.0],
        }
    },
}


@pytest.mark.parametrize("dtype", ["binary", "multiclass"], ids=["float32", "float64"])
@pytest.mark.parametrize("name", RECORDS)
def test_history_comes_back(name, dtype, tmp_path):
    record = RECORDS[name]
    again = saved(record, tmp_path / "m.glassnet", dtype)
    expected = json.loads(json.dumps(record))
    if name == "large whole numbers":  # what float64 cannot hold exactly is a float
        expected["history"]["seed"] = [float(value) for value in expected["history"]["seed"]]
    assert again == expected
    if name != "whole numbers and fractions":
        assert json.dumps(again, sort_keys=True) == json.dumps(
            expected, sort_keys=True
        )  # 1 is not 1.0


def test_arrays_are_columns_too(tmp_path):
    again = saved(
        {"history": {"lr": np.array([0.5, np.nan, np.inf]), "index": np.arange(3)}},
        tmp_path / "m.glassnet",
    )
    assert again == {"history": {"lr": [0.5, None, None], "index": [0, 1, 2]}}


SO_MANY = pytest.param(130_000, 77_777, marks=pytest.mark.slow)  # XOR has them in 20 seconds


@pytest.mark.parametrize(
    ("n", "best"), [(MAX_EPOCHS + 1, 5), (30_000, 17_777), (20_000, None), SO_MANY]
)
def test_long_history_is_thinned_and_says_so(n, best, tmp_path):
    history = columns(n) | {"more": [[i] for i in range(n)]}
    again = saved({"epochs": n, "best_epoch": best, "history": history}, tmp_path / "m.glassnet")
    index, every = again["history"]["index"], again["history_thinned"]["every"]
    assert again["history_thinned"] == {"epochs": n, "every": -(-n // (MAX_EPOCHS - 2))}
    assert {0, n - 1} | ({best} if best else set()) <= set(index)
    assert set(index) - {n - 1, best} == set(range(0, n, every)) - {n - 1, best}
    assert MAX_EPOCHS // 2 < len(index) <= MAX_EPOCHS
    for name, values in history.items():
        assert again["history"][name] == [values[i] for i in index]
    assert (tmp_path / "m.glassnet").stat().st_size < 2**20


def test_head_does_not_grow_with_the_epochs(tmp_path):
    sizes = []
    for n in (10, 9_999):
        saved({"history": columns(n)}, tmp_path / "m.glassnet")
        sizes.append(len(json.dumps(Unpacked((tmp_path / "m.glassnet").read_bytes()).head)))
    assert sizes[1] - sizes[0] < 200


def test_page_of_a_thinned_history_says_how_long_it_was(tmp_path):
    n, best = 12_000, 11_900
    training = {"epochs": n, "best_epoch": best, "history": columns(n), "ended": "all epochs done"}
    model, table = build("binary")
    save(replace(model, training=training), tmp_path / "m.glassnet")
    model = load(tmp_path / "m.glassnet")
    page = report_page(glassnet.evaluate(model, table, np.array(["no", "yes"] * 20)), model)
    assert "Training took 12,000 epochs" in page
    assert "The weights of the best one, epoch 11,901, were kept" in page


def wide(n, name="x{}"):
    """An untrained model of so many columns, with what training rows were like."""
    from glassnet.data.review.reference import Reference

    table = table_of(
        {
            name.format(i): column
            for i, column in enumerate(np.random.default_rng(0).normal(size=(n, 4)))
        }
    )
    encoder = Encoder.fit(table)
    network = Network([Dense(1)], encoder.n_features, seed=1)
    return replace(
        build("binary")[0], encoder=encoder, network=network, reference=Reference.of(table, encoder)
    )


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_two_hundred_thousand_columns_are_saved(tmp_path):
    model = wide(200_000, "a name of thirty characters {:06}")
    check(model)
    save(model, tmp_path / "m.glassnet")
    assert load(tmp_path / "m.glassnet").encoder == model.encoder


def test_what_no_file_has_room_for_is_refused_before_training(monkeypatch):
    model = wide(100, "a long name " * 40 + "{}")
    check(model)
    monkeypatch.setattr(model_file, "MAX_HEADER", model_file.ROOM_FOR_TRAINING + 50_000)
    with pytest.raises(
        UnsupportedError,
        match=r"levels and classes take \d\d\d?,\d\d\d bytes, more than a file has room for",
    ):
        check(model)
    monkeypatch.setattr("glassnet.storage.strict.MAX_VALUES", 500)
    with pytest.raises(UnsupportedError, match="it holds more than 500 values"):
        check(model)


def test_what_is_the_users_own_is_refused_before_training():
    model, _ = build("squared")
    check(model)
    network = Network([Dense(1, CUBE)], model.encoder.n_features)
    with pytest.raises(UnsupportedError, match="'cube'"):
        check(replace(model, network=network))
