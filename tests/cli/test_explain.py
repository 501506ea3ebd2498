"""`glassnet explain`: contributions that add up as printed, and the same ones in a file."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

import glassnet
from tests.cli.invoked import QUICK, made_up, run, targets


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("explain")
    made_up().to_csv(folder / "t.csv", index=False)
    for name in ("price", "sort"):
        done = run(
            "train", folder / "t.csv", *targets(name), *QUICK, "-o", folder / f"{name}.glassnet"
        )
        assert done.exit_code == 0, done.output
    rng = np.random.default_rng(0)
    wide = pd.DataFrame(rng.normal(size=(100, 15)), columns=[f"c{i}" for i in range(15)])
    wide["y"] = 1000.0 * wide["c0"] * wide["c1"]
    wide.to_csv(folder / "wide.csv", index=False)
    options = ("--recipe", "plain", "--epochs", "5", "-o", folder / "wide.glassnet")
    assert run("train", folder / "wide.csv", "--target", "y", *options).exit_code == 0
    return folder


@pytest.mark.parametrize(("model", "table"), [("price", "t"), ("sort", "t"), ("wide", "wide")])
def test_printed_contributions_add_up_to_the_answer(model, table, folder):
    done = run("explain", folder / f"{model}.glassnet", folder / f"{table}.csv", "--rows", "3,17")
    assert (done.exit_code, done.stderr) == (0, "")
    for part in re.split(r"\nRow ", done.stdout)[1:]:
        lines = part.splitlines()
        value = re.compile(r" ([+-]?[0-9,]+(?:\.[0-9]+)?)(?: +± [0-9.,]+)?(?: +#*)?$")
        numbers = [float(value.search(line)[1].replace(",", "")) for line in lines[2:]]
        assert lines[2].split()[0] == "background"
        assert lines[len(numbers) + 1].split()[0] == "answer"
        assert sum(numbers[:-1]) == pytest.approx(numbers[-1], abs=1e-9)


def test_a_file_holds_the_contributions_of_the_rows(folder):
    path = folder / "out.csv"
    model = glassnet.load(folder / "price.glassnet")
    done = run("explain", folder / "price.glassnet", folder / "t.csv", "-o", path)
    assert (done.exit_code, done.stdout) == (0, "")
    assert "200 explained rows in" in done.stderr
    written = pd.read_csv(path)
    found = model.explain(folder / "t.csv")
    assert written["row"].tolist() == list(range(200))
    assert set(written["output"]) == {"price"}
    np.testing.assert_array_equal(written["answer"], found.answers)
    names = [f"contribution_{name}" for name in found.columns]
    np.testing.assert_array_equal(written[names], found.contributions)
    total = written["base"] + written[names].sum(axis=1)
    np.testing.assert_allclose(total, written["answer"], rtol=1e-9)
    assert (written[[f"standard_error_{name}" for name in found.columns]] == 0.0).all(axis=None)


def test_a_row_of_a_file_is_a_row_and_an_output(folder, tmp_path):
    classes = glassnet.load(folder / "sort.glassnet")
    path = tmp_path / "out.parquet"
    done = run("explain", folder / "sort.glassnet", folder / "t.csv", "--rows", "5,2", "-o", path)
    assert done.exit_code == 0
    written = pd.read_parquet(path)
    assert written["row"].tolist() == [5, 2]
    assert set(written["output"]) == {classes.classes[1]}


def test_another_table_can_be_the_background(folder, tmp_path):
    made_up()[:3].to_csv(tmp_path / "few.csv", index=False)
    model = folder / "price.glassnet"
    alone = run("explain", model, tmp_path / "few.csv", "--rows", "1")
    assert (alone.exit_code, alone.stderr) == (0, "")
    assert "3 rows of few.csv" in alone.stdout
    done = run("explain", model, tmp_path / "few.csv", "--background", folder / "t.csv")
    assert "64 rows of t.csv" in done.stdout
    assert "Rows        3: the mean size of the contributions to price" in done.stdout


MISTAKES = [
    (("--rows", "200"), "there is no row 200: t.csv has 200 rows"),
    (("--rows", "1,x"), "'x' is not the number of a row"),
    (("--rows", ""), "'' is not the number of a row"),
    (("--rows", "-1"), "'-1' is not the number of a row"),
    (("-o", "out.txt"), "name a file that ends in .csv, .csv.gz, .parquet"),
    (("--background", "no.csv"), "no.csv"),
]


@pytest.mark.parametrize(("options", "says"), MISTAKES, ids=range(len(MISTAKES)))
def test_mistakes_are_answered_with_one_message(options, says, folder, monkeypatch):
    monkeypatch.chdir(folder)
    done = run("explain", "price.glassnet", "t.csv", *options)
    assert (done.exit_code, done.stdout) == (2, "")
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_labels_that_a_spreadsheet_would_run_are_told_of(tmp_path):
    table = pd.DataFrame({"x": range(40), "y": ["!", "=1+2"] * 20})
    table.to_csv(tmp_path / "t.csv", index=False)
    model, path = tmp_path / "m.glassnet", tmp_path / "out.csv"
    assert run("train", tmp_path / "t.csv", "--target", "y", *QUICK, "-o", model).exit_code == 0
    command = ("explain", model, tmp_path / "t.csv", "--rows", "1", "-o", path)
    assert "a spreadsheet would run text such as '=1+2' in column 'output'" in run(*command).stderr
    assert pd.read_csv(path)["output"].tolist() == ["=1+2"]
    assert "as a formula" not in run(*command, "--spreadsheet-safe").stderr
    assert pd.read_csv(path)["output"].tolist() == ["'=1+2"]
