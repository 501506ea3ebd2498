"""`--json` prints one object that the published schema describes, and nothing else."""

from __future__ import annotations

import json
import subprocess
import sys

import jsonschema
import pytest

from glassnet.cli.training_report import training_schema
from glassnet.report import evaluation_schema
from tests.cli.invoked import PENGUINS, QUICK, made_up, report, run, targets


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made_up().to_csv("t.csv", index=False)


def validate(found, schema):
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(found)


@pytest.mark.parametrize(
    "options",
    [
        targets("sort"),
        [*targets("kind"), "--group", "person", "-o", "p.html", "--target", "kind"],
        [*targets("price"), "--time", "day", "--weights", "weight"],
        targets("price", "cost"),
        targets("left", "low"),
        [*targets("sort"), "--test-fraction", "0"],
        [*targets("sort"), "--dry-run"],
        [*targets("sort"), "--task", "binary"],
    ],
    ids=["classes", "groups", "time", "numbers", "labels", "none held out", "dry run", "task"],
)
def test_training_fits_its_schema(options):
    validate(report("train", "t.csv", *QUICK, *options), training_schema())


def test_a_calibrated_training_fits_its_schema():
    found = report("train", PENGUINS, "--epochs", "2", "--target", "species")
    assert found["training"]["calibration"]["temperature"] > 0.0
    validate(found, training_schema())


def test_schema_refuses_what_is_wrong():
    found = report("train", "t.csv", *QUICK, *targets("sort"))
    for change in ({"format": "urn:glassnet:training:2"}, {"extra": 1}, {"evaluation": {**found["evaluation"], "task": "guess"}}):
        with pytest.raises(jsonschema.ValidationError):
            validate({**found, **change}, training_schema())


@pytest.mark.parametrize("target", ["sort", "price", "kind"])
def test_evaluation_fits_its_schema(target):
    run("train", "t.csv", *QUICK, *targets(target), *(["--target", target] if target == "kind" else []))
    validate(report("evaluate", "t.glassnet", "t.csv"), evaluation_schema())


def test_stdout_holds_the_object_alone():
    arguments = ["train", str(PENGUINS), "--target", "body_mass_g", "--json", *QUICK]
    done = subprocess.run([sys.executable, "-m", "glassnet", *arguments], capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert found["table"]["without_target"] == 2
    assert found["target"]["names"] == ["body_mass_g"]
    assert {rival["name"] for rival in found["evaluation"]["rivals"]} == {"always the mean", "linear model", "gradient boosting"}
    assert "2 rows without 'body_mass_g' left out." in done.stderr
    assert not any(c < " " and c != "\n" for c in done.stdout + done.stderr)
