"""Numbers, dates and times that come as text are read as what they are, by every door."""

from __future__ import annotations

import json
import warnings

import numpy as np
import pytest

import glassnet
from tests.kinds.doors import DOORS, FILES, OPTIONS, command, fit, named, pairs, plain, read, scores

N = 60


def repeated(*texts):
    """Some cells as a column."""
    return [texts[i % len(texts)] for i in range(N)]


#: Ways to write numbers: cells, and the numbers that they are.
SPELLINGS = {
    "plain": (["1", "2.5", "-3e2", "+4"], [1.0, 2.5, -300.0, 4.0]),
    "thousands": (["1,234.50", "12,000.25", "999.00"], [1234.5, 12000.25, 999.0]),
    "thousands with points": (["1.234,50", "12.000,25", "999,00"], [1234.5, 12000.25, 999.0]),
    "thousands with spaces": (["1 234", "12 000,5", "999"], [1234.0, 12000.5, 999.0]),
    "thousands with NBSP": (["1\u00a0234,5", "12\u00a0000", "999"], [1234.5, 12000.0, 999.0]),
    "thousands with thin NBSP": (["1\u202f234,5", "12\u202f000", "999"], [1234.5, 12000.0, 999.0]),
    "thousands with apostrophes": (["1'234.5", "12'000", "999"], [1234.5, 12000.0, 999.0]),
    "Swiss apostrophes": (["1\u2019234.5", "12\u2019000", "999"], [1234.5, 12000.0, 999.0]),
    "decimal commas": (["1,5", "2,25", "-3,125"], [1.5, 2.25, -3.125]),
    "dollars": (["$1,234.50", "-$99", "$0.5"], [1234.5, -99.0, 0.5]),
    "dollars, sign inside": (["$-1,234", "$5", "$7.25"], [-1234.0, 5.0, 7.25]),
    "euros": (["1.234,50 \u20ac", "99,00 \u20ac", "-5,25 \u20ac"], [1234.5, 99.0, -5.25]),
    "EUR": (["EUR 12", "EUR 1,250.5", "EUR -3"], [12.0, 1250.5, -3.0]),
    "pounds": (["\u00a312", "\u00a31,250.5", "-\u00a33"], [12.0, 1250.5, -3.0]),
    "kroner": (["12 kr", "1250,5 kr", "3 kr"], [12.0, 1250.5, 3.0]),
    "per cent": (["5.1%", "12 %", "0.25%"], [5.1, 12.0, 0.25]),
    "kilograms": (["1.5 kg", "2kg", "0.25 kg"], [1.5, 2.0, 0.25]),
    "degrees": (["21.5 \u00b0C", "-3 \u00b0C", "0.5 \u00b0C"], [21.5, -3.0, 0.5]),
    "years": (["1 year", "2 years", "0.5 years"], [1.0, 2.0, 0.5]),
    "kilometres an hour": (["50 km/h", "80 km/h", "120.5 km/h"], [50.0, 80.0, 120.5]),
    "brackets": (["(1,234.50)", "12", "(3)"], [-1234.5, 12.0, -3.0]),
    "brackets and dollars": (["($1,234.50)", "$12.25", "($3)"], [-1234.5, 12.25, -3.0]),
    "trailing minus": (["1234-", "12.5", "3-"], [-1234.0, 12.5, -3.0]),
    "U+2212": (["\u22121.5", "2.5", "\u22123"], [-1.5, 2.5, -3.0]),
    "clock": (["13:30", "01:05", "00:15"], [13.5, 1.0 + 5.0 / 60.0, 0.25]),
    "clock of 12 hours": (["01:05 PM", "12:30 AM", "11:45 am"], [13.0 + 5.0 / 60.0, 0.5, 11.75]),
    "clock with seconds": (["13:30:36", "01:00:00", "00:15:00"], [13.51, 1.0, 0.25]),
}

#: Ways to write dates: cells, and the moments that they are.
DATES = {
    "ISO": (["2020-01-02", "2021-03-04"], ["2020-01-02", "2021-03-04"]),
    "ISO with times": (
        ["2020-01-02 03:04", "2021-03-04T05:06:07"],
        ["2020-01-02T03:04:00", "2021-03-04T05:06:07"],
    ),
    "month names": (["02-Jan-2020", "04-Mar-2021"], ["2020-01-02", "2021-03-04"]),
    "long month names": (["2 January 2020", "4 March 2021"], ["2020-01-02", "2021-03-04"]),
    "American month names": (["Jan 2, 2020", "Mar 4, 2021"], ["2020-01-02", "2021-03-04"]),
    "day first": (["25/01/2020", "04/03/2021"], ["2020-01-25", "2021-03-04"]),
    "month first": (["01/25/2020", "03/04/2021"], ["2020-01-25", "2021-03-04"]),
    "points": (["25.01.2020", "04.03.2021"], ["2020-01-25", "2021-03-04"]),
    "slashes, year first": (["2020/01/02", "2021/03/04"], ["2020-01-02", "2021-03-04"]),
    "two digits for the year": (["25/01/20", "04/03/21"], ["2020-01-25", "2021-03-04"]),
    "12-hour clock": (
        ["1/25/2020 01:05 PM", "3/4/2021 12:30 AM"],
        ["2020-01-25T13:05:00", "2021-03-04T00:30:00"],
    ),
    "zones": (
        ["2020-01-02T03:00+02:00", "2021-03-04T05:00Z"],
        ["2020-01-02T01:00:00", "2021-03-04T05:00:00"],
    ),
}

#: What people write where a number is not known.
MARKS = (
    *(
        "-",
        "--",
        ".",
        "..",
        "\u2013",
        "\u2014",
        "*",
        "n.a.",
        "na",
        "NA",
        "N/A",
        "n/a",
        "none",
        "None",
        "null",
        "NULL",
        "(null)",
        "nan",
        "NaN",
    ),
    *(
        "#DIV/0!",
        "#N/A",
        "#REF!",
        "#VALUE!",
        "\\N",
        "?",
        "unknown",
        "missing",
        "(blank)",
        "<0.01",
        "< 0,5",
        "> 500",
        ">=10",
        "~3",
        "",
    ),
)

#: Codes, names and durations, which stay what they are.
CATEGORIES = {
    "product codes": ["102B", "V27", "12A-3"],
    "numbers with letters": ["102B", "103A", "104B"],
    "dimensions": ["4x4", "2x4", "6x8"],
    "ordinals": ["1st", "2nd", "3rd"],
    "leading zeros": ["007", "012", "100"],
    "versions": ["1.2.3", "1.10.0", "2.0.1"],
    "ranges": ["18-25", "26-35", "36-45"],
    "addresses": ["10.0.0.1", "10.0.0.2", "192.168.0.1"],
    "telephone numbers": ["555-1234", "555-9876", "555-1111"],
    "sizes": ["S", "M", "10"],
    "durations": ["26:10", "30:45", "99:59"],
    "letters": ["e5", "1f", "7d"],
    "fractions": ["1/2", "3/4", "1/8"],
    "quarters": ["2020Q1", "2020Q2", "2021Q1"],
    "chess": ["1-0", "0-1", "1/2-1/2"],
    "stages": ["T1", "T2a", "T2b"],
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("member", SPELLINGS)
def test_numbers_are_read_as_people_write_them(member, door, tmp_path):
    texts, numbers = SPELLINGS[member]
    table = read(DOORS[door](named(repeated(*texts), repeated("a", "b")), tmp_path))
    assert table.schema.kinds["x0"] == "number"
    np.testing.assert_allclose(table.column("x0"), repeated(*numbers), rtol=1e-12)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("member", DATES)
def test_dates_are_read_as_people_write_them(member, door, tmp_path):
    texts, dates = DATES[member]
    table = read(DOORS[door](named(repeated(*texts), repeated("a", "b")), tmp_path))
    assert table.schema.kinds["x0"] == "datetime"
    assert (
        table.column("x0").tolist() == np.array(repeated(*dates), dtype="datetime64[us]").tolist()
    )


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("mark", MARKS)
def test_a_mark_is_a_missing_number(mark, door, tmp_path):
    table = read(
        DOORS[door](
            named([mark, *(f"{i / 4}" for i in range(N))], [*repeated("a", "b"), "a"]), tmp_path
        )
    )
    assert table.schema.kinds["x0"] == "number"
    assert plain(table.column("x0")) == [None, *(i / 4 for i in range(N))]


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("member", CATEGORIES)
def test_codes_stay_categories(member, door, tmp_path):
    cells = repeated(*CATEGORIES[member])
    table = read(DOORS[door](named(cells, repeated("a", "b")), tmp_path))
    assert table.schema.kinds["x0"] == "category"
    assert table.column("x0").tolist() == cells


#: Everything above as a column of cells.
COLUMNS = {
    **{member: repeated(*texts) for member, (texts, _) in (SPELLINGS | DATES).items()},
    **{member: repeated(*texts) for member, texts in CATEGORIES.items()},
    **{f"mark {mark}": [mark, *(f"{i / 4}" for i in range(N - 1))] for mark in MARKS},
    "censored": [f"<{i % 3}" if i % 10 < 3 else f"{i / 4}" for i in range(N)],
}


@pytest.mark.parametrize(("member", "door"), pairs(COLUMNS, 1))
def test_a_model_reads_its_training_table_at_every_door(member, door, tmp_path):
    columns = named(COLUMNS[member], repeated("a", "b", "b"))
    model, _ = fit(DOORS[door](columns, tmp_path), "x1")
    expected, _ = scores(model, DOORS[door](columns, tmp_path))
    for other in DOORS:
        found, _ = scores(model, DOORS[other](columns, tmp_path))
        np.testing.assert_array_equal(found, expected, err_msg=other)
    few = [scores(model, {"x0": columns["x0"][row]})[0][0] for row in range(2)]
    np.testing.assert_allclose(few, expected[:2], rtol=1e-6, atol=1e-6)
    one, _ = scores(
        model, DOORS[door]({name: cells[1:2] for name, cells in columns.items()}, tmp_path)
    )
    np.testing.assert_allclose(one, expected[1:2], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(("member", "door"), pairs(SPELLINGS, 4))
def test_a_target_is_read_as_people_write_it(member, door, tmp_path):
    texts, numbers = SPELLINGS[member]
    columns = named([i / 8 for i in range(N)], repeated(*texts))
    given = DOORS[door](columns, tmp_path)
    model, _ = fit(given, "x1")
    assert model.task == "regression"
    assert model.target.mean == pytest.approx((np.mean(repeated(*numbers)),))
    report = glassnet.inspect_table(given, target="x1")
    assert report.task == "regression"
    assert report.columns[1].quantiles[::4] == pytest.approx((min(numbers), max(numbers)))


@pytest.mark.parametrize(
    "member", [*list(SPELLINGS)[1::6], "clock", "mark -", "mark #DIV/0!", "censored"]
)
def test_the_command_line_reads_what_it_trained_on(member, tmp_path):
    numbers = repeated(*SPELLINGS[member][1]) if member in SPELLINGS else None
    columns = named([f"{i / 8} kg" for i in range(N)], COLUMNS[member])
    path, model = FILES["CSV"](columns, tmp_path), tmp_path / "m.glassnet"
    command("train", path, "--target", "x1", *OPTIONS, "-o", model)
    command("predict", model, path, "-o", tmp_path / "p.csv")
    found = glassnet.load(model).predict(path)
    report = json.loads(command("evaluate", model, path, "--json")[0])
    errors = [score["value"] for score in report["scores"] if score["name"] == "RMSE"]
    assert report["n_rows"] == (
        N if numbers else sum(cell[0].isdigit() for cell in COLUMNS[member])
    )
    if numbers:
        assert errors == pytest.approx([np.sqrt(np.mean((found - numbers) ** 2))])


#: Text that is no number or date for sure, the option that reads it, and what it then is.
LOOKALIKES = {
    "units": (["1.5 kg", "200 g", "3 kg"], "number", [1.5, None, 3.0]),
    "currencies": (["$5", "\u20ac6", "$7.5"], "number", [5.0, None, 7.5]),
    "some per cent": (["5%", "7", "8.5"], "number", [None, 7.0, 8.5]),
    "magnitudes": (["1.5M", "200k", "3M"], "number", [1.5, None, 3.0]),
    "months": (
        ["2020-01", "2020-02", "2021-12"],
        "datetime",
        ["2020-01-01T00:00:00", "2020-02-01T00:00:00", "2021-12-01T00:00:00"],
    ),
    "named months": (
        ["Jan 2020", "Feb 2020", "Dec-2021"],
        "datetime",
        ["2020-01-01T00:00:00", "2020-02-01T00:00:00", "2021-12-01T00:00:00"],
    ),
    "American months": (
        ["01/2020", "02/2020", "12/2021"],
        "datetime",
        ["2020-01-01T00:00:00", "2020-02-01T00:00:00", "2021-12-01T00:00:00"],
    ),
    "impossible dates": (
        ["30.02.2020", "01.02.2020", "29.02.2019"],
        "datetime",
        [None, "2020-02-01T00:00:00", None],
    ),
    "some codes": (["7.5", "8.5", "9.5", "10.5", "12 b3"], "number", [7.5, 8.5, 9.5, 10.5, None]),
    "some ranges": (["7.5", "8.5", "9.5", "10.5", "18-25"], "number", [7.5, 8.5, 9.5, 10.5, None]),
}


@pytest.mark.parametrize(("member", "door"), pairs(LOOKALIKES, 4))
def test_the_notice_of_a_lookalike_names_an_option_that_works(member, door, tmp_path):
    texts, kind, values = LOOKALIKES[member]
    columns = named(repeated(*texts), [i / 4 for i in range(N)], repeated(*reversed(texts)))
    given = DOORS[door](columns, tmp_path)
    for target in ("x1", "x0"):
        _, said = fit(given, target)
        option = f"types={{'x0': '{kind}'}}"
        assert any(option in one and f"--types x0={kind}" in one for one in said), said
    assert any(option in one for one in glassnet.inspect_table(given).notices)
    table = read(given, types={"x0": kind})
    assert plain(table.column("x0")) == repeated(*values)
    _, said = fit(given, "x1", types={"x0": kind, "x2": "category"})
    assert not any("looks like" in one for one in said)
    assert any("are read as missing" in one for one in said) == (None in values)


LEARN = glassnet.Plan(
    recipe=glassnet.Recipe(hidden_layer_sizes=(8,)), max_epochs=60, learning_rate=0.05
)


def _accuracy(given):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = glassnet.fit(given, "x1", LEARN)
        return float(
            np.mean(
                model.predict(given)
                == np.array(["no", "yes"])[(np.arange(300) * 7 % 300 >= 150).astype(int)]
            )
        )


#: Two odd cells in three hundred: none costs the column.
ODD = (
    "-",
    "n.a.",
    "na",
    "none",
    ".",
    "#DIV/0!",
    "\\N",
    "(null)",
    "<0.01",
    "*",
    "ca. 5",
    "18-25",
    "12b",
    "see note",
    "--",
)


@pytest.mark.parametrize(("odd", "door"), pairs(ODD, 4))
def test_two_odd_cells_in_three_hundred_cost_no_column(odd, door, tmp_path):
    x = np.arange(300) * 7 % 300
    cells = [f"{value / 300:.4f}" for value in x]
    cells[20] = cells[200] = odd
    given = DOORS[door](
        named(cells, np.array(["no", "yes"])[(x >= 150).astype(int)].tolist()), tmp_path
    )
    assert read(given).schema.kinds["x0"] == "number"
    _, said = fit(given, "x1")
    assert any(
        f"2 of 300 cells hold no number ({odd!r})" in one and "--types x0=category" in one
        for one in said
    ), said


@pytest.mark.parametrize("door", DOORS)
def test_a_frame_of_numeric_strings_is_learned_as_numbers(door, tmp_path):
    x = np.arange(300) * 7 % 300
    cells = [f"{value / 300:.4f}" for value in x]
    cells[20] = "-"
    assert (
        _accuracy(
            DOORS[door](
                named(cells, np.array(["no", "yes"])[(x >= 150).astype(int)].tolist()), tmp_path
            )
        )
        > 0.95
    )


@pytest.mark.parametrize("door", FILES)
@pytest.mark.parametrize("odd", ["-", "#N/A", "\u22125"])
def test_the_last_row_of_a_long_file_may_be_odd(odd, door, tmp_path):
    n = 16_000
    given = DOORS[door](
        named([*(f"{i / 8}" for i in range(n - 1)), odd], ["a", "b"] * (n // 2)), tmp_path
    )
    table = read(given)
    assert table.schema.kinds["x0"] == "number"
    assert plain(table.column("x0"))[-2:] == [(n - 2) / 8, -5.0 if odd == "\u22125" else None]
    model, _ = fit(given, "x1")
    found, said = scores(model, given)
    assert len(found) == n
    assert len(said) == (odd not in ("#N/A", "\u22125"))  # of an odd cell, nothing else


@pytest.mark.parametrize(
    ("odd", "door"),
    pairs(["-", "n.a.", "NA", "(null)", "<0.01", "#DIV/0!", "unknown", "see note"], 6),
)
def test_an_odd_cell_of_a_target_is_a_missing_number(odd, door, tmp_path):
    columns = named([f"{i} kg" for i in range(300)], [f"${i + 0.5}" for i in range(299)] + [odd])
    report = glassnet.inspect_table(DOORS[door](columns, tmp_path), target="x1")
    assert (report.task, report.columns[1].kind, report.columns[1].gaps) == (
        "regression",
        "number",
        1,
    )
    if odd != "NA":  # which says nothing but that it is missing
        assert any(
            f"column 'x1': 1 of 300 cells holds no number ({odd!r})" in one
            for one in report.notices
        )
