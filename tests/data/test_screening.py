"""Which columns are left out and which are called out, and what an inspection tells."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import Any

import numpy as np
import pytest

from glassnet.data.review.inspection import inspect_table
from glassnet.data.review.leaks import leaks
from glassnet.data.review.screening import lookalikes, uninformative_columns
from glassnet.data.tables.assembly import table_of
from glassnet.data.tables.dialect import Limits
from glassnet.errors import DataError

N = 200
RNG = np.random.default_rng(0)
X = RNG.normal(size=N)
LETTERS = RNG.choice(["a", "b", "c"], N)

USELESS: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "numbers that are the same": ({"a": [1.0] * N, "b": X}, {"a": "same in every row"}),
    "text that is the same": ({"a": ["x"] * N, "b": X}, {"a": "same in every row"}),
    "booleans that are the same": ({"a": [True] * N, "b": X}, {"a": "same in every row"}),
    "dates that are the same": ({"a": ["2020-01-01"] * N, "b": X}, {"a": "same in every row"}),
    "gaps alone": ({"a": [None] * N, "b": X}, {"a": "all its cells are missing"}),
    "gaps of dates alone": (
        {"a": np.full(N, "NaT", dtype="M8[us]"), "b": X},
        {"a": "all its cells are missing"},
    ),
    "where the gaps are may tell something": (
        {"a": [1.0, None] * (N // 2), "b": ["x", None] * (N // 2)},
        {},
    ),
    "a copy": (
        {"a": X, "b": X.copy(), "c": LETTERS, "d": LETTERS.copy()},
        {"b": "it equals 'a'", "d": "it equals 'c'"},
    ),
    "a copy with gaps and zeros": (
        {"a": [0.0, None, 1.0] * 10, "b": [-0.0, float("nan"), 1.0] * 10},
        {"b": "it equals 'a'"},
    ),
    "a number and its text": ({"a": [1, 2] * 30, "b": ["1", "2"] * 30}, {"b": "it equals 'a'"}),
    "the same codes of other texts": ({"a": ["x", "y"] * 30, "b": ["p", "q"] * 30}, {}),
    "nearly a copy": ({"a": X, "b": np.r_[X[:-1], 0.0]}, {}),
    "names of rows": (
        {"a": [f"row {i}" for i in range(N)], "b": X},
        {"a": "nearly every row has a text of its own (200 in 200 rows)"},
    ),
    "names of rows, some gone": (
        {"a": [f"row {i}" if i % 4 else None for i in range(N)], "b": X},
        {"a": "(150 in 150 rows)"},
    ),
    "few rows": ({"a": [f"row {i}" for i in range(19)], "b": X[:19]}, {}),
    "numbers of rows": ({"a": np.arange(N), "b": X}, {}),
    "half the rows have a text of their own": (
        {"a": [f"row {i // 2}" for i in range(N)], "b": X},
        {},
    ),
}


@pytest.mark.parametrize(("data", "expected"), USELESS.values(), ids=USELESS)
def test_what_is_left_out(data: dict[str, Any], expected: dict[str, str]) -> None:
    found = uninformative_columns(table_of(data))
    assert found.keys() == expected.keys()
    assert all(reason in found[name] for name, reason in expected.items())
    assert uninformative_columns(table_of(data), keep=data) == {}


def test_more_texts_than_the_limit_are_left_out() -> None:
    table = table_of({"a": [f"n{i % 100}" for i in range(N)], "b": X})
    assert uninformative_columns(table) == {}
    assert (
        "100 different texts; the limit is 99"
        in uninformative_columns(table, limits=Limits(categories=99))["a"]
    )


CLASSES = RNG.choice(["no", "yes"], N)
NUMBERS = RNG.normal(50.0, 10.0, N)
LEAKS: dict[str, tuple[Any, Any, str]] = {
    "the class in other words": (
        np.where(CLASSES == "yes", "positive", "negative"),
        CLASSES,
        "alone determines the target",
    ),
    "the class as a number": ((CLASSES == "yes") * 1.0, CLASSES, "alone determines the target"),
    "the class as a boolean": (CLASSES == "yes", CLASSES, "alone determines the target"),
    "a finer class": (
        [f"{c} {i % 3}" for i, c in enumerate(CLASSES)],
        CLASSES,
        "alone determines the target",
    ),
    "the class, with gaps": (
        [None if i % 9 == 0 else f"is {c}" for i, c in enumerate(CLASSES)],
        CLASSES,
        "",
    ),
    "the class, one row wrong": (
        np.r_[CLASSES[:-1], ["yes" if CLASSES[-1] == "no" else "no"]],
        CLASSES,
        "",
    ),
    "the number": (NUMBERS, NUMBERS, "is a copy of the target"),
    "the number, with gaps": (
        np.where(np.arange(N) % 5 == 0, np.nan, NUMBERS),
        NUMBERS,
        "is a copy of the target",
    ),
    "the number in another unit": (
        NUMBERS * 1.8 + 32.0,
        NUMBERS,
        "is a linear function of the target",
    ),
    "the number, rounded": (NUMBERS.round(1), NUMBERS, ""),
    "whole numbers": (RNG.integers(0, 3, N) * 1.0, CLASSES, ""),
    "a threshold": (
        np.where(CLASSES == "yes", 1.0, -1.0) * (1.0 + np.abs(X)),
        CLASSES,
        "alone determines the target by thresholds",
    ),
    "nearly a threshold": (np.where(CLASSES == "yes", 1.0, -1.0) + X, CLASSES, ""),
    "names of rows": ([f"row {i}" for i in range(N)], CLASSES, ""),
    "noise": (X, CLASSES, ""),
    "one class": (X, np.array(["no"] * N), ""),
    "a constant": (np.ones(N), CLASSES, ""),
}


@pytest.mark.parametrize(("column", "target", "expected"), LEAKS.values(), ids=LEAKS)
def test_what_gives_the_target_away(column: Any, target: Any, expected: str) -> None:
    table = table_of({"a": column})
    assert leaks(table, target, thresholds=True) == ({"a": expected} if expected else {})
    assert leaks(table, target) == (
        {"a": expected} if expected and "thresholds" not in expected else {}
    )
    few = leaks(table.take(slice(0, 40)), target[:40], thresholds=True)
    assert few == {}


def test_a_leak_in_a_sample_only_is_none() -> None:
    target = np.tile(["no", "yes"], 30_000)
    column = target.copy()
    assert leaks(table_of({"a": column}), target) != {}
    for row in range(6):  # the sample does not hold all of them
        column = target.copy()
        column[row] = target[row + 1]
        assert leaks(table_of({"a": column}), target) == {}


@pytest.mark.parametrize(
    ("texts", "what"),
    [
        (["1,234.5", "1.234,5"], "thousands signs, such as '1,234.5'"),
        (["5%", "7"], "percentages, such as '5%'"),
        (["$5", "7 €"], "amounts of money"),
        (["2 kg", "300 g"], "numbers with different units"),
        (["31.01.2026", "01.31.2026"], "dates"),
        (["1/31/2026", "31/1/2026"], "dates"),
        (["1,234", "about 5"], ""),
        (["1-2", "x"], ""),
        (["Dream", "Biscoe"], ""),
    ],
)
def test_text_that_looks_like_numbers_is_called_out(texts: list[str], what: str) -> None:
    found = lookalikes(table_of({"a": texts}))
    assert found.keys() == ({"a"} if what else set())
    assert what in found.get("a", "")


def test_an_inspection_tells_each_column() -> None:
    data = {
        "id": [f"u{i}" for i in range(N)],
        "height": [None, *np.linspace(0.0, 10.0, N - 1)],
        "island": ["Dream"] * 120 + ["Biscoe"] * 79 + [None],
        "when": ["2024-01-01", "2024-01-11"] * (N // 2),
        "sick": np.arange(N) % 4 == 0,
        "zip": [7, 8] * (N // 2),
        "empty": [None] * N,
    }
    report = inspect_table(data, "sick", types={"zip": "category"})
    assert (report.n_rows, report.target, report.task) == (N, "sick", "binary")
    assert report.classes == (("false", 150), ("true", 50))
    assert "Whole numbers are classes" in report.task_rule
    columns = {column.name: column for column in report.columns}
    assert list(columns) == list(data)
    assert [column.kind for column in report.columns] == [
        "category",
        "number",
        "category",
        "datetime",
        "boolean",
        "category",
        "number",
    ]
    assert [column.used for column in report.columns] == [
        False,
        True,
        True,
        True,
        False,
        True,
        False,
    ]
    assert [column.gaps for column in report.columns] == [0, 1, 1, 0, 0, 0, N]
    assert [column.distinct for column in report.columns] == [N, N - 1, 2, 2, 2, 2, 0]
    height = columns["height"]
    assert height.quantiles == tuple(np.linspace(0.0, 10.0, N - 1)[[0, 49, 99, 148, 198]])
    assert sum(height.histogram) == N - 1
    assert max(height.histogram) - min(height.histogram) <= 1
    assert columns["island"].top == (("Dream", 120), ("Biscoe", 79))
    assert columns["island"].histogram == (120, 79)
    assert columns["when"].quantiles[::4] == ("2024-01-01T00:00:00", "2024-01-11T00:00:00")
    assert columns["when"].histogram == (100, 0, 0, 0, 0, 0, 0, 0, 0, 100)
    assert columns["zip"].why == "as declared"
    assert columns["empty"].why == "all its cells are missing"
    assert columns["empty"].quantiles == columns["empty"].histogram == ()
    assert columns["id"].notices == (
        (
            "column 'id' is left out: nearly every row has a text of its own (200 in 200 rows), as "
            "identifiers do."
        ),
    )
    assert set(columns["id"].notices) < set(report.notices)
    with pytest.raises(FrozenInstanceError):
        report.task = "regression"  # type: ignore[misc]


def test_an_inspection_does_not_stumble() -> None:
    extremes = inspect_table(
        {
            "a": [1.7e308, -1.7e308, 0.0],
            "b": [5e-324, 0.0, None],
            "c": [3.0] * 3,
            "d": [2.0, 1.0, 3.0],
        },
        "c",
    )
    assert [column.histogram for column in extremes.columns[:2]] == [
        (1, 0, 0, 0, 0, 1, 0, 0, 0, 1),
        (2, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    ]
    assert inspect_table(np.eye(3)).target is None
    gaps = inspect_table({"y": ["a", None, "b"], "x": [1, 2, 3]}, "y")
    assert gaps.notices == (
        "the target 'y' is missing in 1 of 3 rows: a fit needs it in every row.",
    )
    assert gaps.task == "binary"
    assert inspect_table({"y": [None, None], "x": [1, 2]}, "y").task is None
    dated = inspect_table({"y": ["2020-01-01", "2020-01-02"], "x": [1, 2]}, "y")
    assert "holds date-times" in dated.notices[0]
    for wrong in ({"target": "yy"}, {"drop": ["yy"]}, {"types": {"yy": "number"}}):
        with pytest.raises(DataError, match=r"no column 'yy'.*Did you mean 'y'"):
            inspect_table({"y": [1, 2], "x": [1, 2]}, **wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("target", "task"),
    [
        ([1.5, 2.5, 3.5] * 10, "regression"),
        ([1, 2, 3] * 10, "multiclass"),
        (["a", "b", "a"] * 10, "binary"),
    ],
)
def test_the_task_is_guessed(target: list[Any], task: str) -> None:
    report = inspect_table({"y": target, "x": X[:30]}, "y")
    assert report.task == task
    assert bool(report.classes) == (task != "regression")
