"""A kind that the caller names wins over what cells look like, also in later tables."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tests.kinds.doors import DOORS, FILES, OPTIONS, command, fit, named, pairs, plain, read, scores

N = 60
FLAGS = [i * 7 % 5 > 2 for i in range(N)]


def repeated(*values):
    return [values[i % len(values)] for i in range(N)]


#: What the caller says of cells, and what they then are.
SAID = {
    "yes and no": (["yes", "no", "Yes", "N"], "boolean", ["true", "false", "true", "false"]),
    "0 and 1": (["0", "1", "1.0", "0"], "boolean", ["false", "true", "true", "false"]),
    "t and f": (["t", "f", "T", "F"], "boolean", ["true", "false", "true", "false"]),
    "on and off, and an odd cell": (
        ["on", "off", "on", "maybe"],
        "boolean",
        ["true", "false", "true", None],
    ),
    "compact dates": (
        ["20200131", "20210228", "20200101", "20221231"],
        "datetime",
        ["2020-01-31", "2021-02-28", "2020-01-01", "2022-12-31"],
    ),
    "dates of months": (
        ["2020-01", "2021-02", "2020-03", "2022-12"],
        "datetime",
        ["2020-01-01", "2021-02-01", "2020-03-01", "2022-12-01"],
    ),
    "dates, and an odd cell": (
        ["2020-01-31", "soon", "2020-01-01", "n.a."],
        "datetime",
        ["2020-01-31", None, "2020-01-01", None],
    ),
    "numbers as categories": (["1", "2", "10", "2"], "category", ["1", "2", "10", "2"]),
    "dates as categories": (
        ["2020-01-31", "NA", "2020-01-01", "soon"],
        "category",
        ["2020-01-31", "NA", "2020-01-01", "soon"],
    ),
    "truth as categories": (
        ["true", "false", "true", "None"],
        "category",
        ["true", "false", "true", "None"],
    ),
    "codes as numbers": (["007", "7", "010", "0"], "number", [7.0, 7.0, 10.0, 0.0]),
    "numbers, and odd cells": (["1.5", "two", "-", "$4"], "number", [1.5, None, None, 4.0]),
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("member", SAID)
def test_a_kind_that_is_said_wins(member, door, tmp_path):
    cells, kind, values = SAID[member]
    columns = named(repeated(*cells), FLAGS, [i / 8 for i in range(N)])
    given = DOORS[door](columns, tmp_path)
    table = read(given, types={"x0": kind})
    assert table.schema.kinds["x0"] == kind
    expected = [f"{value}T00:00:00" if kind == "datetime" and value else value for value in values]
    assert plain(table.column("x0")) == repeated(*expected)
    odd = any(value is None for value in values)
    assert any("read as missing" in notice for notice in table.all_notices) == odd


@pytest.mark.parametrize(("member", "door"), pairs(SAID, 2))
def test_a_kind_that_was_said_is_that_of_later_tables(member, door, tmp_path):
    cells, kind, _ = SAID[member]
    columns = named(repeated(*cells), FLAGS, [i / 8 for i in range(N)])
    model, _ = fit(DOORS[door](columns, tmp_path), "x1", types={"x0": kind})
    if "odd" in member:
        return
    expected, _ = scores(model, DOORS[door](columns, tmp_path))
    for other in DOORS:
        np.testing.assert_array_equal(
            scores(model, DOORS[other](columns, tmp_path))[0], expected, err_msg=other
        )
    for row in range(4):
        one = {name: values[row] for name, values in columns.items()}
        np.testing.assert_allclose(scores(model, one)[0], expected[row : row + 1], atol=1e-6)
    if kind != "datetime":
        path, stored = FILES["CSV"](columns, tmp_path), tmp_path / "m.glassnet"
        command("train", path, "--target", "x1", "--types", f"x0={kind}", *OPTIONS, "-o", stored)
        assert json.loads(command("evaluate", stored, path, "--json")[0])["n_rows"] == N
