"""Files beside the table: validation rows, test rows, and the output files."""

from __future__ import annotations

from pathlib import Path

import pytest

import glassnet
from tests.cli.invoked import QUICK, made_up, report, run, targets


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    frame = made_up()
    frame[:120].to_csv("t.csv", index=False)
    frame[120:150].iloc[:, ::-1].to_csv("stop.csv", index=False)
    frame[150:].to_csv("score.csv", index=False)


@pytest.mark.parametrize(("recipe", "held"), [("plain", 12), ("standard", 24)])
def test_rows_held_out_by_a_network_are_counted(recipe, held):
    rows = report(
        "train", "t.csv", *targets("sort"), *QUICK, "--recipe", recipe, "--test", "score.csv"
    )["rows"]
    assert (rows["training"], rows["validation"]) == (120 - held, held)


@pytest.mark.parametrize("recipe", ["plain", "standard"])
def test_rows_of_files_are_used_as_said(recipe):
    found = report(
        "train",
        "t.csv",
        *targets("sort"),
        *QUICK,
        "--recipe",
        recipe,
        "--validation",
        "stop.csv",
        "--test",
        "score.csv",
    )
    assert found["rows"] == {"training": 120, "validation": 30, "held_out": 50, "split": None}
    assert found["evaluation"]["name"] == "score.csv"
    assert (
        run("train", "t.csv", *targets("sort"), *QUICK, "--test", "score.csv").stdout.count(
            "50 of score.csv for the score"
        )
        == 1
    )


def test_score_on_a_file_is_that_of_evaluate():
    found = report("train", "t.csv", *targets("sort"), *QUICK, "--test", "score.csv")
    assert report("evaluate", "t.glassnet", "score.csv")["scores"] == found["evaluation"]["scores"]


def test_text_files_are_read_as_said():
    made_up().to_csv("t.csv", index=False, sep="|", decimal=",", encoding="utf-16-le")
    options = ("--delimiter", "|", "--decimal", ",", "--encoding", "utf-16-le")
    assert report("train", "t.csv", *targets("price"), *QUICK, *options)["table"]["rows"] == 200
    model = glassnet.load("t.glassnet")
    assert model.encoder.schema.kinds["x"] == "number"
    assert report("evaluate", "t.glassnet", "t.csv", *options)["n_rows"] == 200
    made_up().to_csv("tabs.txt", index=False, sep="\t")
    assert run("train", "tabs.txt", *targets("price"), *QUICK, "--delimiter", "tab").exit_code == 0


def test_page_and_model_are_written():
    result = run(
        "train",
        "t.csv",
        *targets("sort"),
        *QUICK,
        "-o",
        "page.html",
        "-o",
        "m.glassnet",
        "--group",
        "person",
    )
    assert result.exit_code == 0, result.output
    page = Path("page.html").read_text(encoding="utf-8")
    assert "glassnet train t.csv --drop left" in page
    assert "held out for the score (whole groups)" in page
    assert "Importance" in page
    assert "page.html, " in result.stdout
    assert glassnet.load("m.glassnet").task == "binary"


def test_page_alone_leaves_the_model_its_name(tmp_path):
    assert run("train", "t.csv", *targets("sort"), *QUICK, "-o", "page.html").exit_code == 0
    assert (tmp_path / "t.glassnet").exists()


def test_dialect_of_a_file_that_is_no_text_is_refused():
    made_up().to_parquet("t.parquet")
    result = run("train", "t.parquet", *targets("sort"), "--delimiter", ";")
    assert result.exit_code == 2
    assert "--delimiter is for text files, which t.parquet is not" in result.stderr


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (
            ["--test", "score.csv", "--test-fraction", "0.3"],
            "from --test or are a --test-fraction of the table",
        ),
        (["--test", "t.csv"], "--test names the table that is learned from"),
        (["--validation", "./t.csv"], "--validation names the table that is learned from"),
        (["--test", "scores.csv"], "Did you mean 'score.csv'?"),
        (["--test", "narrow.csv"], "narrow.csv: the table lacks"),
        (["--test", "odd.csv"], "odd.csv: target 'sort' holds the label 'ugly'"),
        (
            ["--validation", "stop.csv", "--test", "score.csv", "--group", "person"],
            "but none are: leave them out",
        ),
        (["--delimiter", "ab"], "the delimiter must be one ASCII character"),
        (["--decimal", ";"], "decimal must be one of"),
        (["--encoding", "utf-9"], "unknown encoding 'utf-9'"),
        (["-o", "a.html", "-o", "b.html"], "a report is written once, not to a.html and b.html"),
        (["-o", "page.htm"], "a report ends in .html: write page.glassnet"),
        (["-o", "page.html", "--test-fraction", "0"], "no rows are held out"),
    ],
)
def test_bad_file_is_refused_in_a_line(options, says, tmp_path):
    made_up()[["x", "sort"]].to_csv("narrow.csv", index=False)
    made_up().assign(sort="ugly").to_csv("odd.csv", index=False)
    result = run("train", "t.csv", *targets("sort"), *QUICK, *options)
    assert result.exit_code == 2, result.output
    assert says in result.stderr
    assert result.stderr.count("Error: ") == 1
    assert not list(tmp_path.glob("*.glassnet")) + list(tmp_path.glob("*.html"))
