"""Targets: the task is guessed by one rule, labels and numbers come back as they were."""

from __future__ import annotations

import json
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from glassnet.data.coding.target import Target
from glassnet.data.coding.target_arrays import RULE
from glassnet.data.tables.assembly import table_of
from glassnet.errors import DataError, SettingError

GUESSES = {
    "text": (["a", "b", "a"], "binary", ("a", "b"), 1),
    "three texts": (["c", "b", "a"], "multiclass", ("a", "b", "c"), 3),
    "digits as text": (["1", "2"], "binary", ("1", "2"), 1),
    "booleans": ([True, False], "binary", (False, True), 1),
    "pandas category": (pd.Series(["b", "a"], dtype="category"), "binary", ("a", "b"), 1),
    "pandas nullable": (pd.Series([0, 1], dtype="Int64"), "binary", (0, 1), 1),
    "polars": (pl.Series(["b", "a"]), "binary", ("a", "b"), 1),
    "pyarrow": (pa.chunked_array([["b", "a"]]), "binary", ("a", "b"), 1),
    "table column": (table_of({"y": ["b", "a"]}).column("y"), "binary", ("a", "b"), 1),
    "one column": (np.array([[0], [1]]), "binary", (0, 1), 1),
    "whole floats": ([0.0, 1.0, 1.0], "binary", (0, 1), 1),
    "huge numbers": ([1e300, -1e300], "binary", (-1e300, 1e300), 1),
    "fractions": ([0.0, 1.0, 1.5], "regression", (), 1),
    "few whole numbers": ([1, 2, 3] * 5, "multiclass", (1, 2, 3), 3),
    "whole numbers in few rows": ([1, 2, 3], "regression", (), 1),
    "20 different": (list(range(20)) * 5, "multiclass", tuple(range(20)), 20),
    "21 different": (list(range(21)) * 9, "regression", (), 1),
    "whole numbers beyond 53 bits": ([2**60, 2**60 + 1, 2**60], "binary", (2**60, 2**60 + 1), 1),
    "whole numbers beyond 64 bits": ([2**70, 1, 2**70], "binary", ("1", str(2**70)), 1),
    "decimals": ([Decimal("1.5"), Decimal(2)] * 2, "regression", (), 1),
    "one class": (["a", "a"], "binary", ("a",), 1),
    "one number": ([5, 5], "binary", (5,), 1),
    "labels": (np.array([[0, 1, 1], [1, 1, 0]]), "multilabel", ("y0", "y1", "y2"), 3),
    "several numbers": (np.array([[0, 1.5], [1, 1]]), "regression", (), 2),
}


@pytest.mark.parametrize(("values", "task", "classes", "n_outputs"), GUESSES.values(), ids=GUESSES)
def test_the_rule(values, task, classes, n_outputs):
    target = Target.fit(values)
    assert (target.task, target.classes, target.n_outputs) == (task, classes, n_outputs)
    assert all(type(label) in (str, int, float, bool) for label in target.classes)
    assert [type(label) for label in target.classes] == [type(label) for label in classes]


@pytest.mark.parametrize(("values", "task", "classes", "n_outputs"), GUESSES.values(), ids=GUESSES)
def test_plain_data_and_values_come_back(values, task, classes, n_outputs):
    target = Target.fit(values)
    again = Target.from_plain(json.loads(json.dumps(target.to_plain())))
    assert again == target
    assert [type(label) for label in again.classes] == [type(label) for label in classes]
    y, code = np.asarray(values).squeeze(), again.encode(values)
    if task == "regression":
        assert code.dtype == np.float64
        np.testing.assert_allclose(
            again.decode_numbers(code), y.astype(np.float64), rtol=1e-14, atol=1e-14
        )
        np.testing.assert_allclose(code.mean(axis=0), 0, atol=1e-12)
        np.testing.assert_allclose(code.std(axis=0), 1, rtol=1e-12)
    elif task == "multilabel":
        np.testing.assert_array_equal(code, y)
    else:
        assert code.dtype == np.int64
        assert again.decode_labels(code).tolist() == (
            [str(label) for label in y] if type(classes[0]) is str else y.tolist()
        )


def test_the_rule_is_written_down():
    assert "20" in RULE
    assert "regression" in RULE


def test_a_task_can_be_chosen():
    assert Target.fit([1, 2, 3], task="multiclass").classes == (1, 2, 3)
    assert Target.fit([1, 2], task="multiclass").n_outputs == 2
    assert Target.fit([1, 2], task="classification").task == "binary"
    assert Target.fit(list(range(50)), task="classification").n_outputs == 50
    assert Target.fit([1.5, 2.5], task="multiclass").classes == (1.5, 2.5)
    assert Target.fit([0, 1], task="regression").mean == (0.5,)
    assert Target.fit(["1.5", "2.5"], task="regression").mean == (2.0,)
    with pytest.raises(SettingError, match=r"'regresion'.*Did you mean 'regression'"):
        Target.fit([1], task="regresion")
    with pytest.raises(DataError, match="'species' has 3"):
        Target.fit(["a", "b", "c"], task="binary", names=["species"])


def test_weights():
    y, weight = np.array([1.0, 2.5, 7.0, 100.0]), [1, 2, 3, 0]
    target = Target.fit(y, weight=weight)
    repeated = Target.fit(np.repeat(y, weight))
    np.testing.assert_allclose(
        [target.mean, target.scale], [repeated.mean, repeated.scale], rtol=1e-12
    )
    assert Target.fit(["a", "b", "c"], weight=[1, 1, 0]).classes == ("a", "b")
    assert Target.fit([1.5, np.nan], weight=[1, 0]).mean == (1.5,)


def test_scale_of_constants_and_without_scaling():
    assert Target.fit([2.5, 2.5], task="regression").scale == (1.0,)
    raw = Target.fit([1.5, 2.5], scale=False)
    assert (raw.mean, raw.scale) == ((0.0,), (1.0,))
    assert raw.encode([7.5]).tolist() == [7.5]
    assert Target.fit([1.5, 3.5]).decode_numbers(np.float32([[-1], [1]])).tolist() == [1.5, 3.5]


def test_one_class_answers_with_itself():
    target = Target.fit(["a", "a"])
    assert target.encode(["a", "a"]).tolist() == [0, 0]
    assert target.decode_labels([0, 1]).tolist() == ["a", "a"]


def test_labels_are_found_by_their_text():
    assert Target.fit([0, 1]).encode(["1", "0"]).tolist() == [1, 0]
    assert Target.fit(["0", "1"]).encode([1.0, 0.0]).tolist() == [1, 0]
    assert Target.fit([False, True]).encode(["True", "false"]).tolist() == [1, 0]
    assert Target.fit(["False", "True"]).encode(["true", "False"]).tolist() == [1, 0]
    both = Target.fit(["True", "true", " a", "a"])
    assert both.decode_labels(both.encode(["True", "true", " a", "a"])).tolist() == [
        "True",
        "true",
        " a",
        "a",
    ]


WRONG = {
    "missing": (["a", None, "b", None], "'y': 2 of 4 values are missing, the first in row 1"),
    "missing number": (
        [1.5, 2.5, np.nan],
        r"'y': 1 of 3 values are missing \(NaN\), the first in row 2",
    ),
    "missing beside whole": ([1, None], "1 of 2 values are missing"),
    "NA": (pd.Series([1, pd.NA], dtype="Int64"), "1 of 2 values are missing"),
    "infinite": ([1.5, np.inf], "1 of 2 values are infinite, the first in row 1"),
    "in two columns": (np.array([[1.5, 2], [3, np.nan]]), "'y1': 1 of 4 values are missing"),
    "mixed": (["a", 1], "one type.*int, str"),
    "dates": (pd.Series(pd.to_datetime(["2020-01-01"])), "dates"),
    "complex": ([1j], "Complex data not supported"),
    "ragged": ([[1, 2], [3]], "one value a row"),
    "3-D": (np.ones((2, 2, 2)), r"\(2, 2, 2\)"),
    "nothing": ([], "0 values"),
}


@pytest.mark.parametrize(("values", "message"), WRONG.values(), ids=WRONG)
def test_what_is_no_target(values, message):
    with pytest.raises(DataError, match=message):
        Target.fit(values)


def test_values_that_do_not_fit_later():
    with pytest.raises(
        DataError, match=r"'species' holds the label 'Gentooo' in row 1 .*it had 'Adelie', 'Gentoo'"
    ):
        Target.fit(["Adelie", "Gentoo"], names=["species"]).encode(["Adelie", "Gentooo"])
    with pytest.raises(DataError, match="label 3 in row 0"):
        Target.fit([0, 1]).encode([3])
    with pytest.raises(DataError, match="1 of 1 values are missing"):
        Target.fit(["a", "b"]).encode([None])
    with pytest.raises(DataError, match="'price' holds 'x' in row 1"):
        Target.fit([1.5, 2.5], names=["price"]).encode(["1", "x"])
    with pytest.raises(DataError, match="'b' holds 2 in row 1"):
        Target.fit(np.eye(2), names=["a", "b"]).encode([[0, 1], [1, 2]])
    with pytest.raises(DataError, match=r"1 columns \(price\), got 2"):
        Target.fit([1.5, 2.5], names=["price"]).encode(np.eye(2))
    with pytest.raises(SettingError, match="3 target names for 2"):
        Target.fit(np.eye(2), names=["a", "b", "c"])


def test_how_a_reader_should_take_it():
    assert [column.kind for column in Target.fit(["a", "b"]).columns] == ["category"]
    assert [column.kind for column in Target.fit([True, False]).columns] == ["boolean"]
    assert [column.kind for column in Target.fit([1, 2]).columns] == ["number"]
    assert [column.kind for column in Target.fit(np.eye(2), names=["a", "b"]).columns] == [
        "number",
        "number",
    ]
