"""The options about columns: kinds, features, weights, groups, time and targets."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import glassnet
from tests.cli.invoked import PENGUINS, QUICK, made_up, report, run, targets


@pytest.fixture
def table(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made_up().to_csv("t.csv", index=False)
    return "t.csv"


def held_out(found):
    return found["rows"]["split"]["rows"]


def test_what_is_of_no_use_is_left_out_with_a_note(table):
    result = run("train", table, *targets("sort"), *QUICK)
    assert result.exit_code == 0, result.output
    assert "Note: column 'same' is left out: it is the same in every row." in result.stderr
    assert (
        "Note: column 'name' is left out: nearly every row has a text of its own" in result.stderr
    )
    assert "left out   same, name" in result.stdout
    assert "Note" not in run("train", table, *targets("sort"), *QUICK, "--quiet").stderr
    assert glassnet.load("t.glassnet").training["columns"]["others"] == [
        "sort",
        "left",
        "low",
        "price",
        "cost",
    ]


def test_leak_is_called_out(table):
    made_up().assign(copy=made_up()["price"]).to_csv(table, index=False)
    result = run("train", table, "--target", "price", *QUICK)
    assert (
        "Note: column 'copy' is a copy of the target: is it known before the target is? If not, "
        "drop=['copy'] (--drop copy) leaves it out." in result.stderr
    )


def test_prediction_does_not_look_at_ignored_columns_or_their_order(table):
    assert run("train", table, *targets("sort"), *QUICK).exit_code == 0
    found = run("predict", "t.glassnet", table)
    assert (found.exit_code, found.stderr) == (0, "")
    made_up().iloc[:, ::-1].to_csv("shuffled.csv", index=False)
    made_up()[["z", "kind", "day", "weight", "person", "x"]].to_csv("least.csv", index=False)
    for other in ("shuffled.csv", "least.csv"):
        assert run("predict", "t.glassnet", other).stdout == found.stdout


def test_kind_is_as_said(table):
    assert (
        run(
            "train",
            table,
            *targets("sort"),
            *QUICK,
            "--types",
            "kind=category",
            "--types",
            "name=category",
        ).exit_code
        == 0
    )
    kinds = glassnet.load("t.glassnet").encoder.schema.kinds
    assert (kinds["kind"], kinds["name"], kinds["x"], kinds["day"]) == (
        "category",
        "category",
        "number",
        "datetime",
    )


def test_dropped_column_is_not_learned_from(table):
    found = report("train", table, *targets("sort"), *QUICK, "--drop", "x")
    assert "x" in found["columns"]["others"]
    assert "x" not in glassnet.load("t.glassnet").encoder.schema.names


def test_rows_of_weight_zero_leave_no_trace(table):
    found = report(
        "train", table, *targets("price"), *QUICK, "--weights", "weight", "--drop", "day"
    )
    n = int((made_up()["weight"].iloc[held_out(found)] > 0).sum())
    assert found["evaluation"]["n_rows"] == n
    assert found["evaluation"]["weighted"]
    assert "weight" in found["columns"]["others"]
    theta = glassnet.load("t.glassnet").network.parameters.theta
    frame = made_up()
    frame.loc[frame["weight"] == 0, ["x", "z", "price"]] *= 3.0
    frame.to_csv(table, index=False)
    report("train", table, *targets("price"), *QUICK, "--weights", "weight", "--drop", "day")
    assert (glassnet.load("t.glassnet").network.parameters.theta == theta).all()


def test_groups_stay_together(table):
    found = report("train", table, *targets("sort"), *QUICK, "--group", "person")
    rows, person = held_out(found), made_up()["person"]
    assert found["rows"]["split"]["by"] == "group"
    learned = person.drop(rows)
    assert not set(person[rows]) & set(learned)
    stopped = learned.iloc[glassnet.load("t.glassnet").training["split"]["rows"]]
    assert not set(stopped) & set(learned.drop(stopped.index))


def test_latest_rows_are_held_out(table):
    found = report("train", table, *targets("sort"), *QUICK, "--time", "day")
    rows, day = held_out(found), pd.to_datetime(made_up()["day"])
    learned = day.drop(rows)
    assert len(rows) == 40
    assert day[rows].min() > learned.max()
    stopped = learned.iloc[glassnet.load("t.glassnet").training["split"]["rows"]]
    assert stopped.min() > learned.drop(stopped.index).max()


def test_each_class_has_its_share(table):
    found = report("train", table, *targets("sort"), *QUICK)
    sort = made_up()["sort"]
    assert found["rows"]["split"]["by"] == "class"
    assert abs((sort.iloc[held_out(found)] == "good").mean() - (sort == "good").mean()) < 0.02


def test_several_numbers(table):
    result = run(
        "train", table, *targets("price", "cost"), "--epochs", "30", "--hidden", "none", "--quiet"
    )
    assert result.exit_code == 0, result.output
    assert "price, cost: numbers" in result.stdout
    assert "several columns of numbers are taken for quantities" in result.stdout
    lines = [line.split()[:1] for line in result.stdout.splitlines()]
    assert ["price"] in lines
    assert run("predict", "t.glassnet", table).stdout.startswith("price,cost\n")


def test_several_columns_of_yes_or_no_are_labels(table):
    result = run("train", table, *targets("left", "low"), "--epochs", "30", "--quiet")
    assert result.exit_code == 0, result.output
    assert "left, low: labels, each yes or no" in result.stdout
    assert "labels that may go together have no scores yet" in " ".join(result.stdout.split())
    rows = pd.read_csv(table)
    predicted = np.asarray(
        glassnet.load("t.glassnet").predict(rows[["x", "z", "weight", "person", "day", "kind"]])
    )
    assert (predicted == rows[["left", "low"]].to_numpy()).mean() > 0.9


@pytest.mark.parametrize(
    ("target", "options", "says"),
    [
        (
            "kind",
            (),
            (
                "whole numbers, 3 different ones: few enough to be taken for classes (--task says "
                "otherwise)"
            ),
        ),
        ("kind", ("--task", "regression"), "as --task says"),
        ("weight", ("--task", "classification"), "as --task says"),
        ("person", (), "whole numbers, 20 different ones: few enough"),
        ("price", (), "numbers with fractions are taken for a quantity"),
        ("left", (), "true and false are classes"),
        ("sort", (), "text is taken for classes"),
    ],
)
def test_rule_is_printed(target, options, says, table):
    assert says in " ".join(
        run("train", table, "--target", target, *options, *QUICK).stdout.split()
    )


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--target", "sort", "--target", "sort"], "column 'sort' is given by --target twice"),
        (["--target", "sort", "--drop", "sort"], "column 'sort' is given by --target and --drop"),
        (
            ["--target", "sort", "--weights", "x", "--group", "x"],
            "column 'x' is given by --weights and --group",
        ),
        (["--target", "sort", "--time", "sort"], "given by --target and --time"),
        (
            ["--target", "sort", "--group", "person", "--time", "day"],
            "by --group or by --time: leave one of them out",
        ),
        (["--target", "sort", "--drop", "X"], "no column 'X'"),
        (["--target", "sort", "--weights", "wieght"], "Did you mean 'weight'?"),
        (["--target", "sort", "--group", "persons"], "Did you mean 'person'?"),
        (["--target", "sort", "--time", "days"], "Did you mean 'day'?"),
        (
            ["--target", "sort", "--time", "kind", "--types", "kind=category"],
            "are text: expected numbers or date-times",
        ),
        (["--target", "sort", "--weights", "name"], "column 'name' must hold numbers but row 0"),
        (["--target", "sort", "--types", "x"], "'x' names no column and kind"),
        (["--target", "sort", "--types", "x=categroy"], "Did you mean 'category'?"),
        (["--target", "sort", "--types", "kinds=category"], "Did you mean 'kind'?"),
        (
            ["--target", "sort", "--types", "name=number"],
            "column 'name' must hold numbers but row 0",
        ),
        (
            ["--target", "sort", "--types", "x=number", "--types", "x=category"],
            "--types says number and category of column 'x'",
        ),
        (
            ["--target", "price", "--target", "sort"],
            "a regression target must hold numbers but 'sort' holds",
        ),
        (["--target", "day"], "the target holds dates"),
    ],
)
def test_bad_column_is_refused_in_a_line(options, says, table, tmp_path):
    result = run("train", table, *options, *QUICK)
    assert result.exit_code == 2, result.output
    assert says in result.stderr
    assert result.stderr.count("Error: ") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["t.csv"]


def test_penguins_have_no_notes(tmp_path):
    result = run("train", PENGUINS, "--target", "species", "-o", tmp_path / "m.glassnet", *QUICK)
    assert "Note" not in result.stderr
