"""`--json` prints one object that the published schema describes, and nothing else."""

from __future__ import annotations

import json
import subprocess
import sys

import jsonschema
import pytest

from glassnet.cli.predict import prediction_schema
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
    for change in (
        {"format": "urn:glassnet:training:2"},
        {"extra": 1},
        {"evaluation": {**found["evaluation"], "task": "guess"}},
    ):
        with pytest.raises(jsonschema.ValidationError):
            validate({**found, **change}, training_schema())


@pytest.mark.parametrize("target", ["sort", "price", "kind"])
def test_evaluation_fits_its_schema(target):
    run(
        "train",
        "t.csv",
        *QUICK,
        *targets(target),
        *(["--target", target] if target == "kind" else []),
    )
    validate(report("evaluate", "t.glassnet", "t.csv"), evaluation_schema())


@pytest.mark.parametrize("drifted", [False, True])
def test_prediction_fits_its_schema(drifted):
    run("train", "t.csv", *QUICK, *targets("price"))
    new = made_up()[:50].assign(more=1)
    (new.assign(kind=9.0, day="2030-01-01") if drifted else new).to_csv("new.csv", index=False)
    result = run("predict", "t.glassnet", "new.csv", "-o", "p.csv", "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    validate(found, prediction_schema())
    assert (found["format"], found["rows"], found["output"]) == (
        prediction_schema()["$id"],
        50,
        "p.csv",
    )
    assert found["notices"][0] == "column 'more' is not known to the model and ignored."
    assert [
        "of 50 values of 'day' lie outside 2026-01-0" in notice for notice in found["notices"][1:]
    ] == [True] * drifted
    assert result.stderr.splitlines() == [
        *(f"Note: {notice}" for notice in found["notices"]),
        "50 predictions in p.csv",
    ]
    day = next(column for column in found["drift"] if column["name"] == "day")
    assert day["outside"]["count"] == (50 if drifted else 0)


def test_prediction_as_json_needs_a_file_for_the_predictions():
    run("train", "t.csv", *QUICK, *targets("price"))
    result = run("predict", "t.glassnet", "t.csv", "--json")
    assert (result.exit_code, result.stdout) == (2, "")
    assert (
        "--json prints its report to stdout, where the predictions would go: name a file for them, "
        "-o FILE." in result.stderr
    )


def test_evaluation_of_another_source_says_so():
    run("train", "t.csv", *QUICK, *targets("price"))
    made_up()[:50].assign(x=99.0).to_csv("new.csv", index=False)
    found = run("evaluate", "t.glassnet", "new.csv", "-o", "page.html", "--json")
    assert found.stderr.startswith(
        "Note: the table is not like the training rows: 50 of 50 values of 'x' lie outside "
    )
    assert found.stderr.count("\n") == 1
    drift = {column["name"]: column for column in json.loads(found.stdout)["drift"]}
    assert drift["x"]["outside"]["count"] == 50
    assert drift["z"]["outside"]["count"] == 0
    assert run("evaluate", "t.glassnet", "new.csv", "-q").stderr == ""


def test_training_tells_of_test_rows_from_another_source_alone():
    made_up()[:50].assign(x=99.0).to_csv("new.csv", index=False)
    result = run("train", "t.csv", *QUICK, *targets("price"), "--test", "new.csv")
    assert (
        "Note: the table is not like the training rows: 50 of 50 values of 'x' lie outside "
        in result.stderr
    )
    assert (
        "not like the training rows"
        not in run("train", "t.csv", *QUICK, *targets("price"), "--time", "day").stderr
    )


def test_stdout_holds_the_object_alone():
    arguments = ["train", str(PENGUINS), "--target", "body_mass_g", "--json", *QUICK]
    done = subprocess.run(
        [sys.executable, "-m", "glassnet", *arguments], capture_output=True, text=True, check=True
    )
    found = json.loads(done.stdout)
    assert found["table"]["without_target"] == 2
    assert found["target"]["names"] == ["body_mass_g"]
    assert {rival["name"] for rival in found["evaluation"]["rivals"]} == {
        "always the mean",
        "linear model",
        "gradient boosting",
    }
    assert "2 rows without 'body_mass_g' left out." in done.stderr
    assert not any(c < " " and c != "\n" for c in done.stdout + done.stderr)
