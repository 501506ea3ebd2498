"""`glassnet evaluate`: scores with intervals on a table, beside the best constant guess."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, log_loss

import glassnet
from tests.cli.invoked import PENGUINS, made_up, report, run, targets


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("evaluate") / "m.glassnet"
    made_up()[:120].to_csv(path.with_name("t.csv"), index=False)
    assert (
        run(
            "train", path.with_name("t.csv"), *targets("sort"), "--epochs", "20", "-o", path
        ).exit_code
        == 0
    )
    return path


@pytest.fixture
def new(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    frame = made_up()[120:]
    frame.to_csv("new.csv", index=False)
    return frame


def test_scores_are_those_of_scikit_learn(model, new):
    found = {
        score["name"]: score["value"] for score in report("evaluate", model, "new.csv")["scores"]
    }
    trained, rows = glassnet.load(model), glassnet.data.files.read.read_table("new.csv")
    assert found["accuracy"] == pytest.approx(accuracy_score(new["sort"], trained.predict(rows)))
    P = np.float64(trained.predict_proba(rows))
    assert found["log loss"] == pytest.approx(
        log_loss(new["sort"], P / P.sum(axis=1, keepdims=True))
    )


def test_report_is_printed(model, new):
    result = run("evaluate", model, "new.csv")
    assert (result.exit_code, result.stderr) == (0, "")
    for said in (
        "new.csv: 80 rows with sort",
        "95 % interval",
        "always '",
        "precision",
        "Verdict",
        "The network is right in",
    ):
        assert said in result.stdout, said
    assert "linear model" not in result.stdout


@pytest.mark.usefixtures("new")
def test_columns_are_found_by_name(model):
    made_up()[120:].iloc[:, ::-1].assign(more=1).rename(columns={"sort": "truth"}).to_csv(
        "other.csv", index=False
    )
    found, same = (
        report("evaluate", model, "other.csv", "--target", "truth"),
        report("evaluate", model, "new.csv"),
    )
    assert found["scores"] == same["scores"]


def test_rows_without_a_target_are_left_out(model, new):
    new.assign(sort=new["sort"].where(new["x"] > 0)).to_csv("gaps.csv", index=False)
    result = run("evaluate", model, "gaps.csv", "-o", "page.html")
    assert f"{int((new['x'] <= 0).sum())} rows without sort left out." in result.stderr
    assert f"on {int((new['x'] > 0).sum())} rows" in result.stdout
    page = Path("page.html").read_text(encoding="utf-8")
    assert "glassnet evaluate " in page
    assert "Importance" in page


@pytest.mark.usefixtures("new")
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["new.csv", "--target", "sotr"], "Did you mean 'sort'?"),
        (
            ["new.csv", "--target", "sort", "--target", "x"],
            "the model predicts 1 target, but --target names 2",
        ),
        (["new.csv", "--target", "name"], "which training did not have"),
        (["new.csv", "--target", "x"], "'x'"),
        (["news.csv"], "Did you mean 'new.csv'?"),
        ([PENGUINS], "the table lacks"),
        (["new.csv", "-o", "p.pdf"], "a report ends in .html: write p.html"),
        (["new.csv", "--jsn"], "--json"),
    ],
)
def test_mistake_is_answered_in_a_line(arguments, says, model):
    result = run("evaluate", model, *arguments)
    assert result.exit_code == 2, result.output
    assert says in result.stderr
    assert "Error: " in result.stderr
