"""Whole numbers beyond 2^53 are told apart as classes, groups and categories, by every door."""

from __future__ import annotations

import json
import warnings

import numpy as np
import pandas as pd
import pytest

import glassnet
from glassnet.fitting import Roles, prepare
from tests.kinds.doors import DOORS, FILES, OPTIONS, command, fit, named, pairs, read, scores

N = 60
BIG = 1582218195625938944

#: Three whole numbers each, in ascending order, of which floats see one or two.
MEMBERS = {
    "of 19 digits": [BIG, BIG + 1, BIG + 2],
    "at 2^53": [2**53, 2**53 + 1, 2**53 + 2],
    "below -2^53": [-(2**53) - 2, -(2**53) - 1, -(2**53)],
    "negative": [-BIG - 2, -BIG - 1, -BIG],
    "of both signs": [-BIG - 1, -BIG, BIG],
    "beside small ones": [1, BIG, BIG + 1],
    "at the end of int64": [2**63 - 3, 2**63 - 2, 2**63 - 1],
    "beyond int64": [2**63, 2**63 + 1, 2**63 + 2],
    "across the end of int64": [2**63 - 1, 2**63, 2**63 + 1],
    "at the end of uint64": [2**64 - 3, 2**64 - 2, 2**64 - 1],
    "of 19 and of 20 digits": [10**19 - 1, 10**19, 10**19 + 1],
    "beyond uint64": [2**64 + 1, 2**64 + 2, 2**64 + 3],
    "of 25 digits": [10**24 + 1, 10**24 + 2, 10**24 + 3],
}


def labels(numbers):
    """Whole numbers as labels: integers where int64 holds all of them, else text."""
    fit = all(-(2**63) <= number < 2**63 for number in numbers)
    return [*numbers] if fit else sorted(map(str, numbers))


def columns_of(numbers, n=N):
    """A number that tells them apart, the numbers themselves, and true and false."""
    return named(
        [float(i % 3) + i * 7 % 5 / 16 for i in range(n)],
        [numbers[i % 3] for i in range(n)],
        [i % 2 for i in range(n)],
    )


both = pytest.mark.parametrize("door", DOORS)
all_members = pytest.mark.parametrize("member", MEMBERS)


@both
@all_members
def test_a_table_keeps_all_digits(member, door, tmp_path):
    columns = columns_of(MEMBERS[member])
    table = read(DOORS[door](columns, tmp_path))
    assert table.schema.kinds["x1"] == "number"
    assert list(map(int, table.labels("x1"))) == columns["x1"]
    assert table.column("x1").tolist() == [float(value) for value in columns["x1"]]


@both
@all_members
def test_gaps_leave_the_digits(member, door, tmp_path):
    columns = columns_of(MEMBERS[member])
    columns["x1"][3] = None
    found = read(DOORS[door](columns, tmp_path)).labels("x1").tolist()
    assert [None if value is None else int(value) for value in found] == columns["x1"]


@pytest.mark.parametrize(("member", "door"), pairs(MEMBERS, 3))
def test_they_are_classes(member, door, tmp_path):
    columns, numbers = columns_of(MEMBERS[member]), MEMBERS[member]
    given = DOORS[door](columns, tmp_path)
    plan = glassnet.Plan(
        recipe=glassnet.Recipe(hidden_layer_sizes=(8,)), max_epochs=80, learning_rate=0.05
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = glassnet.fit(given, "x1", plan)
    assert (model.task, list(map(int, model.classes))) == (
        "multiclass",
        list(map(int, labels(numbers))),
    )
    assert list(map(int, model.predict(given))) == columns["x1"]
    assert int(model.predict({"x0": 1.0, "x2": 0})[0]) == numbers[1]
    report = glassnet.inspect_table(given, target="x1")
    assert [int(label) for label, _ in report.classes] == list(map(int, labels(numbers)))
    assert report.columns[1].distinct == 3


@pytest.mark.parametrize(("member", "door"), pairs(MEMBERS, 3))
def test_they_are_groups_and_times(member, door, tmp_path):
    columns = columns_of(MEMBERS[member])
    given = DOORS[door](columns, tmp_path)
    groups = prepare(given, Roles("x2", groups="x1")).groups
    assert list(map(int, groups)) == columns["x1"]
    times = prepare(given, Roles("x2", time="x1")).time
    assert np.unique(times, return_inverse=True)[1].tolist() == [i % 3 for i in range(N)]
    fit(given, "x2", groups="x1")
    fit(given, "x2", time="x1")


@pytest.mark.parametrize(("member", "door"), pairs(MEMBERS, 3))
def test_they_are_categories_where_that_is_said(member, door, tmp_path):
    columns = columns_of(MEMBERS[member])
    model, said = fit(DOORS[door](columns, tmp_path), "x2", types={"x1": "category"})
    assert said == []
    assert model.encoder.categories[0].levels == tuple(sorted(map(str, MEMBERS[member])))
    expected, _ = scores(model, DOORS[door](columns, tmp_path))
    for other in DOORS:
        np.testing.assert_array_equal(
            scores(model, DOORS[other](columns, tmp_path))[0], expected, err_msg=other
        )
    row = {name: cells[1] for name, cells in columns.items()}
    np.testing.assert_allclose(scores(model, row)[0], expected[1:2], atol=1e-6)


@pytest.mark.parametrize(("member", "door"), pairs(MEMBERS, 3))
def test_no_notice_takes_them_for_one(member, door, tmp_path):
    first, second, third = MEMBERS[member]
    n = 120
    columns = named(
        [i / 8 for i in range(n)],
        [(first, second, third)[i % 3] for i in range(n)],
        [(first, third, second)[i % 3] for i in range(n)],
        [i * 7 % 5 > 2 for i in range(n)],
    )
    _, said = fit(DOORS[door](columns, tmp_path), "x3")
    assert not any(
        word in one
        for one in said
        for word in ("same in every row", "equals", "determines", "left out")
    )
    columns["x3"] = ["b" if i % 3 else "a" for i in range(n)]
    _, said = fit(DOORS[door](columns, tmp_path), "x3")
    assert [one.split()[1] for one in said if "alone determines the target" in one] == [
        "'x1'",
        "'x2'",
    ]


@pytest.mark.parametrize(
    ("member", "door"),
    [(member, list(FILES)[i // 2 % 4]) for i, member in enumerate(MEMBERS) if i % 2],
)
def test_the_command_line_tells_them_apart(member, door, tmp_path):
    columns = columns_of(MEMBERS[member])
    path, model = FILES[door](columns, tmp_path), tmp_path / "m.glassnet"
    command("train", path, "--target", "x1", *OPTIONS, "-o", model)
    for other in {"CSV", door}:
        again = FILES[other](columns, tmp_path)
        report = json.loads(command("evaluate", model, again, "--json")[0])
        assert report["n_rows"] == N
        command("predict", model, again, "-o", tmp_path / "p.csv")
        found = pd.read_csv(tmp_path / "p.csv", dtype=str).iloc[:, 0]
        assert set(found) <= set(map(str, MEMBERS[member]))


@all_members
def test_estimators_tell_them_apart(member):
    columns = columns_of(MEMBERS[member])
    X, y = np.array([columns["x0"], columns["x2"]]).T, columns["x1"]
    for given in (y, np.array(y, dtype=object), pd.Series(y, dtype=object)):
        model = glassnet.GlassNetClassifier(
            recipe="plain",
            hidden_layer_sizes=(8,),
            max_epochs=60,
            learning_rate=0.05,
            random_state=0,
        )
        assert list(map(int, model.fit(X, given).predict(X))) == y


#: Numbers that are no whole ones, though large, name nothing.
@both
@pytest.mark.parametrize("odd", [1.5, 0.25, 1e300, -2.5e-7, 3.125e18 + 0.0, 7.5])
def test_beside_fractions_they_are_numbers(odd, door, tmp_path):
    columns = named([float(BIG), odd, float(BIG + 4096)] * 20, [1, 2, 3] * 20)
    table = read(DOORS[door](columns, tmp_path))
    np.testing.assert_array_equal(table.labels("x0"), columns["x0"])
