"""Files of every version of the format are kept, load forever, and predict as before."""

from __future__ import annotations

import json

import numpy as np
import pytest

from glassnet.errors import ModelFileError
from glassnet.storage import container, load, migrations, save
from glassnet.storage.migrations import FORMAT, MIGRATIONS
from tests.storage.make_kept import KEPT
from tests.storage.models import build
from tests.storage.unpacked import Unpacked

FILES = sorted(KEPT.glob("format-*/*.glassnet"))


def columns_of(said):
    """The columns of a kept table: numbers with gaps as floats, text as it is."""
    return {
        name: values
        if any(isinstance(value, str) for value in values)
        else np.array(values, dtype=np.float64)
        for name, values in said["columns"].items()
    }


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_kept_file_predicts_what_it_predicted(path):
    said = json.loads(path.with_suffix(".json").read_text())
    model, columns = load(path), columns_of(said)
    numbers = (
        model.raw_scores(columns) if model.task == "regression" else model.predict_proba(columns)
    )
    exact = model.network.dtype == np.float64
    np.testing.assert_allclose(
        numbers, said["numbers"], rtol=1e-12 if exact else 1e-5, atol=1e-14 if exact else 1e-7
    )
    if model.task == "regression":
        np.testing.assert_allclose(
            model.predict(columns), said["predict"], rtol=1e-12 if exact else 1e-5
        )
    else:
        assert model.predict(columns).tolist() == said["predict"]


def test_every_version_has_kept_files_and_a_way_to_the_next():
    """A new format needs `python -m tests.storage.make_kept`, and a step from the one before."""
    versions = {int(path.parent.name.removeprefix("format-")) for path in FILES}
    assert versions == set(range(1, FORMAT + 1))
    assert MIGRATIONS.keys() == set(range(1, FORMAT))
    assert all(
        sum(path.parent.name == f"format-{version}" for path in FILES) >= 6 for version in versions
    )


@pytest.mark.parametrize(
    "path",
    [path for path in FILES if path.parent.name == f"format-{FORMAT}"],
    ids=lambda path: path.stem,
)
def test_current_format_says_what_it_said(path, tmp_path, monkeypatch):
    """A kept file of this format is saved byte for byte; other descriptions need a new FORMAT."""
    version = Unpacked(path.read_bytes()).said["glassnet"]
    monkeypatch.setattr("glassnet.storage.description.__version__", version)
    save(load(path), tmp_path / "again.glassnet")
    assert (tmp_path / "again.glassnet").read_bytes() == path.read_bytes()


@pytest.mark.parametrize(
    "path",
    [path for path in FILES if path.parent.name != f"format-{FORMAT}"],
    ids=lambda path: path.stem,
)
def test_older_file_is_saved_in_the_current_format(path, tmp_path):
    model = load(path)
    save(model, tmp_path / "again.glassnet")
    again = load(tmp_path / "again.glassnet")
    assert Unpacked((tmp_path / "again.glassnet").read_bytes()).said["format"] == FORMAT
    assert (again.encoder, again.target, again.loss) == (model.encoder, model.target, model.loss)
    assert again.network.parameters.theta.tobytes() == model.network.parameters.theta.tobytes()


def test_steps_are_taken_in_order(tmp_path, monkeypatch):
    """Planted: a format 5; files of 1 to 4 still load, and its own are refused by this glassnet."""
    taken = []

    def four_to_five(description):
        taken.append(description["format"])
        return description

    monkeypatch.setattr(migrations, "FORMAT", 5)
    monkeypatch.setattr(container, "FORMAT", 5)
    monkeypatch.setitem(MIGRATIONS, 4, four_to_five)
    for version in (1, 2, 3, 4):
        load(KEPT / f"format-{version}" / "binary.glassnet")
    assert taken == [4, 4, 4, 4]
    monkeypatch.setattr("glassnet.storage.description.FORMAT", 5)
    save(build("binary")[0], tmp_path / "m.glassnet")
    load(tmp_path / "m.glassnet")
    monkeypatch.undo()
    with pytest.raises(ModelFileError, match="made by a newer glassnet"):
        load(tmp_path / "m.glassnet")


@pytest.mark.parametrize(
    "error",
    [KeyError("x"), TypeError("x"), ValueError("x"), AttributeError("x"), IndexError("x")],
    ids=repr,
)
def test_older_file_that_lacks_what_a_step_needs_is_refused(error, monkeypatch):
    def one_to_two(description):
        raise error

    monkeypatch.setitem(MIGRATIONS, 1, one_to_two)
    with pytest.raises(ModelFileError, match="its description is not as format 1 has it"):
        load(KEPT / "format-1" / "binary.glassnet")
