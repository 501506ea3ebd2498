"""What is saved comes back: the same predictions bit for bit, and the same file byte for byte."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

import glassnet
from glassnet.errors import UnsupportedError
from glassnet.losses import CustomLoss
from glassnet.storage import load, save
from tests.laws.tables import CUBE
from tests.storage.models import CASES, build
from tests.storage.test_plain import with_defaults


@pytest.mark.parametrize("name", CASES)
def test_model_comes_back(name, tmp_path):
    model, table = build(name)
    save(model, tmp_path / "a.glassnet")
    again = load(tmp_path / "a.glassnet")
    assert (again.encoder, again.target, again.loss) == (model.encoder, model.target, model.loss)
    assert again.reference == model.reference
    assert (again.reference is None) is (name == "sparse")
    assert again.network.layers == tuple(map(with_defaults, model.network.layers))
    # By name: what training alone asks of a layer may place its tensors elsewhere in theta.
    tensors = [
        {name: view.tobytes() for name, view in made.network.parameters.items()}
        for made in (again, model)
    ]
    assert tensors[0] == tensors[1]
    assert again.raw_scores(table).tobytes() == model.raw_scores(table).tobytes()
    np.testing.assert_array_equal(again.predict(table), model.predict(table))
    save(again, tmp_path / "b.glassnet")
    assert (tmp_path / "a.glassnet").read_bytes() == (tmp_path / "b.glassnet").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.glassnet", "b.glassnet"]


def test_fitted_model_comes_back_through_the_public_names(tmp_path):
    data = {"x": np.arange(40.0), "y": np.arange(40.0) > 19.5}
    model = glassnet.fit(data, "y", glassnet.Plan(max_epochs=3))
    model.save(str(tmp_path / "m.glassnet"))
    again = glassnet.load(str(tmp_path / "m.glassnet"))
    assert again.predict_proba(data).tobytes() == model.predict_proba(data).tobytes()
    assert again.training == json.loads(json.dumps(model.training))


def test_file_is_what_its_description_says(tmp_path):
    """Read the file without glassnet, and compute the checksums of `storage.checksum`."""
    from safetensors import safe_open

    model, _ = build("nested")
    save(model, tmp_path / "m.glassnet")
    with safe_open(tmp_path / "m.glassnet", framework="numpy") as file:
        metadata = file.metadata()
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  it is no mapping
    assert list(metadata) == ["glassnet"]
    columns = {"training.history.gradient_norm", "training.history.lr"}
    assert tensors.keys() == set(model.network.parameters) | columns
    said = json.loads(metadata["glassnet"])

    def canonical(value):
        return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)

    assert canonical(said) == metadata["glassnet"]
    claimed = said.pop("sha256")
    layout = {name: ["F64", list(array.shape)] for name, array in tensors.items()}
    assert claimed == hashlib.sha256(canonical([said, layout]).encode()).hexdigest()
    assert (
        said["data_sha256"]
        == hashlib.sha256(b"".join(tensors[name].tobytes() for name in sorted(tensors))).hexdigest()
    )
    assert (said["format"], said["glassnet"], said["dtype"]) == (5, glassnet.__version__, "float64")
    assert said["history"] == {"gradient_norm": ["number", 3], "lr": ["number", 2]}
    np.testing.assert_array_equal(tensors["training.history.gradient_norm"], [0.1, np.nan, np.nan])
    np.testing.assert_array_equal(tensors["training.history.lr"], [0.5, 1.0])


def test_numbers_that_are_not_finite_are_not_written(tmp_path):
    model, _ = build("multiclass")
    model.network.parameters["layers.1.W"][0, 0] = np.nan
    with pytest.raises(UnsupportedError, match=r"layers\.1\.W holds numbers that are not finite"):
        save(model, tmp_path / "m.glassnet")
    assert not list(tmp_path.iterdir())


def test_what_is_the_users_own_is_not_written(tmp_path):
    model, _ = build("squared")
    with pytest.raises(UnsupportedError, match="'mine'"):
        save(
            replace(model, loss=CustomLoss(lambda Z, y: (Z, y), name="mine")),
            tmp_path / "m.glassnet",
        )
    network = glassnet.Network([glassnet.Dense(1, CUBE)], model.encoder.n_features)
    with pytest.raises(UnsupportedError, match="'cube'"):
        save(replace(model, network=network), tmp_path / "m.glassnet")
    with pytest.raises(UnsupportedError, match=r"training\.plan"):
        save(replace(model, training={"plan": object()}), tmp_path / "m.glassnet")
    assert not list(tmp_path.iterdir())


def test_parts_that_do_not_fit_each_other_are_not_written(tmp_path):
    model, _ = build("squared")
    other, _ = build("multiclass")
    with pytest.raises(UnsupportedError, match="cannot be stored"):
        save(replace(model, target=other.target), tmp_path / "m.glassnet")
    lone = replace(model, training={"note": "half a character: \ud800"})
    with pytest.raises(UnsupportedError, match="half a character"):
        save(lone, tmp_path / "m.glassnet")
    assert not list(tmp_path.iterdir())


def test_loading_imports_nothing_slow(tmp_path):
    model, _ = build("multiclass")
    save(model, tmp_path / "m.glassnet")
    code = f"""
import sys, glassnet
glassnet.load({str(tmp_path / "m.glassnet")!r})
names = ("scipy", "sklearn", "pyarrow", "safetensors", "pickle5")
print([name for name in names if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
