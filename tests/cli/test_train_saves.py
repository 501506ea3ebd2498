"""`glassnet train` loses nothing that was learned if a result cannot be written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import glassnet
from glassnet.errors import DataError, ModelFileError
from tests.cli.invoked import QUICK, made_up, run, targets

TRAIN = ("train", "t.csv", *targets("sort"), *QUICK)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made_up(80).to_csv("t.csv", index=False)
    return tmp_path


def refusing(monkeypatch, refuses):
    """Have `Model.save` fail for paths that are refused, as a full disk would."""
    save = glassnet.Model.save

    def fail(model, path):
        if refuses(Path(path)):
            raise ModelFileError(f"{path}: cannot be written: No space left on device.")
        save(model, path)

    monkeypatch.setattr(glassnet.Model, "save", fail)


def test_a_model_that_its_place_does_not_take_goes_to_another_folder(monkeypatch, folder):
    (folder / "full").mkdir()
    refusing(monkeypatch, lambda path: path.parent.name == "full")
    result = run(*TRAIN, "-o", "full/m.glassnet")
    assert result.exit_code == 1
    found = re.search(
        r"^Error: full/m\.glassnet: cannot be written: .* The model is in (.*) instead\.$",
        result.stderr,
        re.MULTILINE,
    )
    assert glassnet.load(found[1]).training["epochs"] == 1
    assert "Verdict" in result.stdout
    assert found[1] in result.stdout.replace("\n            ", "")
    assert not list((folder / "full").iterdir())


def test_a_model_that_no_folder_takes_is_one_error(monkeypatch):
    refusing(monkeypatch, lambda path: True)
    result = run(*TRAIN, "-o", "m.glassnet")
    assert result.exit_code == 2
    assert (
        result.stderr.splitlines()[-1]
        == "Error: m.glassnet: cannot be written: No space left on device."
    )


def test_a_page_that_cannot_be_written_costs_neither_model_nor_report(monkeypatch):
    def fail(path, *rest, **options):
        raise DataError(f"{path}: cannot be written: No space left on device.")

    monkeypatch.setattr("glassnet.cli.training_report.write_report", fail)
    result = run(*TRAIN, "-o", "m.glassnet", "-o", "p.html")
    assert result.exit_code == 1
    assert "Error: p.html: cannot be written: No space left on device.\n" in result.stderr
    assert "Verdict" in result.stdout
    assert glassnet.load("m.glassnet").training["held_out"]


def test_what_is_replaced_is_said_before_the_training():
    assert "replaced" not in run(*TRAIN, "-o", "m.glassnet").stderr
    said = run(*TRAIN, "-o", "m.glassnet").stderr.splitlines()
    assert said[0] == "Note: m.glassnet is replaced."


def test_the_table_is_not_overwritten_through_a_link(folder):
    (folder / "m.glassnet").symlink_to("t.csv")
    before = (folder / "t.csv").read_bytes()
    result = run(*TRAIN, "-o", "m.glassnet")
    assert result.exit_code == 2
    assert (folder / "t.csv").read_bytes() == before


def test_a_model_is_saved_before_its_calibration(monkeypatch):
    made_up(400).to_csv("t.csv", index=False)
    saved = []
    save = glassnet.Model.save

    def noted(model, path):
        save(model, path)
        saved.append(glassnet.load(path).training.get("calibration"))

    monkeypatch.setattr(glassnet.Model, "save", noted)
    assert (
        run(
            "train", "t.csv", *targets("sort"), "--epochs", "1", "--hidden", "4", "-o", "m.glassnet"
        ).exit_code
        == 0
    )
    assert saved[0] is None
    assert saved[1]["temperature"] > 0.0
    assert len(saved) == 2
