"""Names of columns, labels, numbers and missing targets mean the same by every door."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy import sparse

import glassnet
from glassnet.errors import DataError, DataNotice
from glassnet.estimators import GlassNetClassifier, GlassNetRegressor
from tests.fitting.helpers import quick

N = 40
RNG = np.random.default_rng(0)
BLOCK = RNG.normal(size=(N, 4)).round(2)
BLOCK[:, 3] = np.arange(N) % 2
PLAIN: dict[str, Any] = {
    "recipe": "plain",
    "hidden_layer_sizes": (3,),
    "max_epochs": 2,
    "random_state": 0,
}


def fitted(table: Any, target: Any, **said: Any) -> glassnet.Model:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataNotice)
        return glassnet.fit(table, target, quick(max_epochs=2, hidden_layer_sizes=(3,)), **said)


def matrix(values: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        return np.asmatrix(values)


FRAME = pd.DataFrame(BLOCK)
LEVELS = pd.MultiIndex.from_product([["a", "b"], ["x", "y"]])

#: What holds the four columns, how the caller calls them, and what they are called in the model.
DOORS: dict[str, tuple[Any, Callable[[int], Any], tuple[str, ...]]] = {
    "frame": (FRAME, int, ("0", "1", "2", "3")),
    "frame, numbers of NumPy": (FRAME, np.int64, ("0", "1", "2", "3")),
    "frame, text": (FRAME, str, ("0", "1", "2", "3")),
    "dict": ({i: BLOCK[:, i].tolist() for i in range(4)}, int, ("0", "1", "2", "3")),
    "dict of arrays": (
        {np.int64(i): BLOCK[:, i] for i in range(4)},
        np.int64,
        ("0", "1", "2", "3"),
    ),
    "records": (FRAME.to_dict("records"), int, ("0", "1", "2", "3")),
    "array": (BLOCK, int, ("x0", "x1", "x2", "x3")),
    "array, numbers of NumPy": (BLOCK, np.int32, ("x0", "x1", "x2", "x3")),
    "array, names": (BLOCK, lambda i: f"x{i}", ("x0", "x1", "x2", "x3")),
    "rows": (BLOCK.tolist(), int, ("x0", "x1", "x2", "x3")),
    "matrix": (matrix(BLOCK), int, ("x0", "x1", "x2", "x3")),
    "several levels": (
        FRAME.set_axis(LEVELS, axis=1),
        lambda i: LEVELS[i],
        tuple(map(str, LEVELS)),
    ),
    "several levels, text": (
        FRAME.set_axis(LEVELS, axis=1),
        lambda i: str(LEVELS[i]),
        tuple(map(str, LEVELS)),
    ),
    "fractions": (
        FRAME.set_axis([0.5, 1.5, 2.5, 3.5], axis=1),
        lambda i: i + 0.5,
        ("0.5", "1.5", "2.5", "3.5"),
    ),
}


@pytest.mark.parametrize("door", DOORS)
def test_a_column_is_called_as_the_table_calls_it(door: str) -> None:
    table, call, names = DOORS[door]
    model = fitted(table, call(3))
    assert (model.target.names, model.encoder.schema.names) == (names[3:], names[:3])
    assert model.predict(table).shape == (N,)
    assert fitted(table, [call(3), call(1)]).target.names == (names[3], names[1])
    assert fitted(table, call(3), drop=[call(0), call(2)]).encoder.schema.names == names[1:2]
    assert (
        fitted(table, call(3), types={call(0): "category"}).encoder.schema.kinds[names[0]]
        == "category"
    )
    assert fitted(table, call(3), groups=call(0), time=call(1)).encoder.schema.names == names[1:3]
    assert (
        fitted(
            np.abs(table) if isinstance(table, np.ndarray) else table, call(0), weights=call(3)
        ).encoder.schema.names
        == names[1:3]
    )
    seen = glassnet.inspect_table(table, call(3), drop=[call(0)], types={call(1): "category"})
    assert seen.target == names[3]
    assert [(column.name, column.used, column.kind) for column in seen.columns][:2] == [
        (names[0], False, "number"),
        (names[1], True, "category"),
    ]


@pytest.mark.parametrize("place", [4, -1, np.int64(9)])
def test_a_place_that_an_array_does_not_have_is_refused(place: Any) -> None:
    for said in ({"target": place}, {"target": 3, "drop": [place]}, {"target": 3, "groups": place}):
        with pytest.raises(
            DataError,
            match=f"the array has no column {int(place)}: its 4 columns are numbered from 0",
        ):
            fitted(BLOCK, **said)
    with pytest.raises(DataError, match="the table has no column '9'"):
        fitted(FRAME, 9)


def test_numbers_that_are_as_many_as_the_rows_are_the_target_itself() -> None:
    table = pd.DataFrame(BLOCK[:4])
    assert fitted(table, [0, 1, 2, 3]).target.names == ("y",)
    assert fitted(sparse.csr_array(BLOCK), np.arange(N) % 2).encoder.schema.names == (
        "x0",
        "x1",
        "x2",
        "x3",
    )


NUMBERS: dict[str, list[Any]] = {
    "decimals": [Decimal(str(v)) for v in BLOCK[:, 1]],
    "fractions": [Fraction(str(v)) for v in BLOCK[:, 1]],
    "decimals and floats": [
        Decimal(str(v)) if i % 2 else float(v) for i, v in enumerate(BLOCK[:, 1])
    ],
    "floats and NumPy": [np.float64(v) if i % 2 else float(v) for i, v in enumerate(BLOCK[:, 1])],
    "decimals, fractions and floats": [
        (Decimal, Fraction, float)[i % 3](str(v)) for i, v in enumerate(BLOCK[:, 1])
    ],
    "decimals of long": [Decimal(str(v)).quantize(Decimal("1.0000000000")) for v in BLOCK[:, 1]],
}
COLUMNS: dict[str, Callable[[list[Any]], Any]] = {
    "frame": lambda t: pd.DataFrame({"x": BLOCK[:, 0], "t": pd.Series(t, dtype=object)}),
    "dict": lambda t: {"x": BLOCK[:, 0], "t": t},
    "dict of an array": lambda t: {"x": BLOCK[:, 0], "t": np.array(t, dtype=object)},
    "records": lambda t: [{"x": a, "t": b} for a, b in zip(BLOCK[:, 0].tolist(), t, strict=True)],
}


@pytest.mark.parametrize("numbers", NUMBERS)
def test_numbers_of_any_type_are_numbers(numbers: str) -> None:
    values = NUMBERS[numbers]
    expected = fitted({"x": BLOCK[:, 0], "t": BLOCK[:, 1]}, "t")
    as_feature = fitted({"x": BLOCK[:, 0], "t": BLOCK[:, 1]}, "x")
    for make in COLUMNS.values():
        table = make(values)
        assert np.array_equal(
            fitted(table, "t").predict(table), expected.predict({"x": BLOCK[:, 0]})
        )
        assert np.array_equal(as_feature.predict(table), as_feature.predict({"t": BLOCK[:, 1]}))
    assert np.array_equal(
        fitted({"x": BLOCK[:, 0]}, values).predict({"x": BLOCK[:, 0]}),
        expected.predict({"x": BLOCK[:, 0]}),
    )
    assert as_feature.predict({"t": values[5]}) == as_feature.predict({"t": [BLOCK[5, 1]]})
    rows = BLOCK[:, :1]
    assert np.array_equal(
        GlassNetRegressor(**PLAIN).fit(rows, values).predict(rows),
        GlassNetRegressor(**PLAIN).fit(rows, BLOCK[:, 1]).predict(rows),
    )


MIXED = {
    "one first": [1, True, 0, False],
    "true first": [True, 1, False, 0],
    "floats": [1.0, True, 0.0, False],
    "NumPy": [np.int64(1), np.True_, np.float64(0.0), np.False_],
    "text": ["1", "true", "0", "false"],
    "reversed": [False, 0, True, 1],
    "decimals": [Decimal(1), True, Fraction(0), False],
}


@pytest.mark.parametrize("trained", MIXED)
def test_true_and_one_are_two_values_in_any_order(trained: str) -> None:
    model = fitted({"k": [*MIXED[trained], "a", "b"] * 8}, [0, 1, 0, 1, 1, 0] * 8)
    answers = {
        text: model.predict_proba({"k": [text]})[0, 1] for text in ("1", "true", "0", "false")
    }
    assert len(set(answers.values())) >= 3
    for values in MIXED.values():
        texts = [
            {True: "true", False: "false"}[bool(v)]
            if isinstance(v, bool | np.bool_)
            else str(v).lower().removesuffix(".0")
            for v in values
        ]
        for order in (values, values[::-1]):
            expected = [answers[text] for text in (texts if order is values else texts[::-1])]
            assert model.predict_proba({"k": order})[:, 1].tolist() == expected
            assert model.predict_proba([{"k": value} for value in order])[:, 1].tolist() == expected
        assert [model.predict_proba({"k": value})[0, 1] for value in values] == [
            answers[text] for text in texts
        ]


TRUTH = (np.arange(N) % 3 == 0).tolist()
WORDS = {True: "true", False: "false"}


def _csv(cells: list[Any]) -> Callable[[Path], Any]:
    def write(folder: Path) -> Path:
        pd.DataFrame({"x": BLOCK[:, 0], "t": cells}).to_csv(folder / "t.csv", index=False)
        return folder / "t.csv"

    return write


def _parquet(folder: Path) -> Path:
    pd.DataFrame({"x": BLOCK[:, 0], "t": TRUTH}).to_parquet(folder / "t.parquet")
    return folder / "t.parquet"


def _memory(**columns: Any) -> Callable[[Path], Any]:
    return lambda folder: pd.DataFrame({"x": BLOCK[:, 0], **columns})


LABELS: dict[str, Callable[[Path], Any]] = {
    "frame": _memory(t=TRUTH),
    "frame of objects": _memory(t=pd.Series(TRUTH, dtype=object)),
    "nullable": _memory(t=pd.Series(TRUTH, dtype="boolean")),
    "pyarrow in pandas": _memory(t=pd.Series(TRUTH, dtype="bool[pyarrow]")),
    "categories": _memory(t=pd.Categorical(TRUTH)),
    "polars": lambda folder: pl.DataFrame({"x": BLOCK[:, 0], "t": TRUTH}),
    "arrow": lambda folder: pa.table({"x": BLOCK[:, 0], "t": TRUTH}),
    "dict": lambda folder: {"x": BLOCK[:, 0], "t": TRUTH},
    "records": lambda folder: [
        {"x": x, "t": t} for x, t in zip(BLOCK[:, 0].tolist(), TRUTH, strict=True)
    ],
    "True in a file": _csv(TRUTH),
    "true in a file": _csv([WORDS[t] for t in TRUTH]),
    "TRUE in a file": _csv([WORDS[t].upper() for t in TRUTH]),
    "Parquet": _parquet,
}


@pytest.mark.parametrize("door", LABELS)
def test_true_and_false_are_the_same_labels_by_every_door(door: str, tmp_path: Path) -> None:
    table = LABELS[door](tmp_path)
    model = fitted(table, "t")
    assert model.classes == (False, True)
    assert model.predict({"x": [0.5]}).dtype == bool
    expected = fitted({"x": BLOCK[:, 0]}, np.array(TRUTH))
    assert np.array_equal(
        model.predict_proba({"x": BLOCK[:, 0]}), expected.predict_proba({"x": BLOCK[:, 0]})
    )
    values = np.array([{"TRUE": True, "FALSE": False}[str(t).upper()] for t in TRUTH])
    accuracy = float((model.predict({"x": BLOCK[:, 0]}) == values).mean())
    for other in ("frame", "categories", "TRUE in a file", "Parquet"):
        found = glassnet.evaluate(model, LABELS[other](tmp_path))
        assert next(
            score.value for score in found.scores if score.name == "accuracy"
        ) == pytest.approx(accuracy)


MISSING: dict[str, Any] = {
    "text of pandas": pd.Series(["a", None] * 10, dtype="string"),
    "text of pandas in pyarrow": pd.Series(["a", None] * 10, dtype="string[pyarrow]"),
    "Int64": pd.Series([1, None] * 10, dtype="Int64"),
    "Float64": pd.Series([1.0, None] * 10, dtype="Float64"),
    "boolean": pd.Series([True, None] * 10, dtype="boolean"),
    "int64 in pyarrow": pd.Series([1, None] * 10, dtype="int64[pyarrow]"),
    "float series": pd.Series([1.0, None] * 10),
    "categories": pd.Categorical(["a", None] * 10),
    "series of categories": pd.Series(pd.Categorical(["a", None] * 10)),
    "objects": np.array(["a", None] * 10, dtype=object),
    "NaN among objects": np.array(["a", np.nan] * 10, dtype=object),
    "NaT among objects": pd.Series(["a", pd.NaT] * 10, dtype=object),
    "list with None": ["a", None] * 10,
    "list with NA": ["a", pd.NA] * 10,
    "list with NaN": ["a", float("nan")] * 10,
    "polars text": pl.Series(["a", None] * 10),
    "polars whole numbers": pl.Series([1, None] * 10),
    "polars boolean": pl.Series([True, None] * 10),
    "polars categories": pl.Series(["a", None] * 10, dtype=pl.Categorical),
    "arrow text": pa.array(["a", None] * 10),
    "arrow whole numbers": pa.array([1, None] * 10),
    "arrow, chunked": pa.chunked_array([["a", None] * 10]),
    "frame of one column": pd.DataFrame({"t": pd.Series(["a", None] * 10, dtype="string")}),
}


@pytest.mark.parametrize("values", MISSING)
def test_a_missing_target_is_counted_and_its_row_named(values: str) -> None:
    y, X = MISSING[values], np.arange(20.0)[:, None]
    said = r"10 of 20 values are missing( \(NaN\))?, the first in row 1 \(counting from 0\)"
    for estimator in (GlassNetClassifier, GlassNetRegressor):
        with pytest.raises(DataError, match=said):
            estimator(**PLAIN).fit(X, y)
    with pytest.raises(DataError, match=said):
        fitted({"x": X[:, 0]}, y)
    if not isinstance(y, pd.DataFrame):
        with pytest.raises(DataError, match=said):
            fitted({"x": X[:, 0], "t": y}, "t")


CLASSES: dict[str, tuple[Any, list[Any]]] = {
    "text of pandas": (pd.Series(["a", "b"] * 10, dtype="string"), ["a", "b"]),
    "Int64": (pd.Series([1, 2] * 10, dtype="Int64"), [1, 2]),
    "boolean": (pd.Series([True, False] * 10, dtype="boolean"), [False, True]),
    "bool in pyarrow": (pd.Series([True, False] * 10, dtype="bool[pyarrow]"), [False, True]),
    "int64 in pyarrow": (pd.Series([1, 2] * 10, dtype="int64[pyarrow]"), [1, 2]),
    "categories of text": (pd.Series(pd.Categorical(["a", "b"] * 10)), ["a", "b"]),
    "categories of whole numbers": (pd.Series(pd.Categorical([7, 5] * 10)), [5, 7]),
    "polars": (pl.Series(["a", "b"] * 10), ["a", "b"]),
    "polars boolean": (pl.Series([True, False] * 10), [False, True]),
    "arrow": (pa.array(["a", "b"] * 10), ["a", "b"]),
    "matrix": (matrix([[1], [2]] * 10), [1, 2]),
}


@pytest.mark.filterwarnings("ignore:A column-vector y was passed")
@pytest.mark.parametrize("values", CLASSES)
def test_the_classes_of_an_estimator_are_those_that_were_given(values: str) -> None:
    y, expected = CLASSES[values]
    X = np.arange(20.0)[:, None]
    model = GlassNetClassifier(**PLAIN).fit(X, y)
    assert model.classes_.tolist() == expected
    assert [type(label) for label in model.predict(X).tolist()[:1]] == [type(expected[0])]
    assert list(fitted({"x": X[:, 0]}, y).classes) == expected


ZERO_ONE = RNG.integers(0, 2, (N, 3))
TYPES: dict[str, np.ndarray[Any, Any]] = {
    "int": ZERO_ONE,
    "bool": ZERO_ONE.astype(bool),
    "float": ZERO_ONE.astype(float),
    "float32": ZERO_ONE.astype(np.float32),
    "objects": ZERO_ONE.astype(object),
    "objects of bool": ZERO_ONE.astype(bool).astype(object),
    "int and bool": np.array(
        [[bool(v) if j else int(v) for j, v in enumerate(row)] for row in ZERO_ONE], dtype=object
    ),
    "text": ZERO_ONE.astype(str),
}
HOLDERS: dict[str, Callable[[Any], Any]] = {
    "array": lambda a: a,
    "frame": lambda a: pd.DataFrame(a, columns=list("abc")),
    "polars": lambda a: pl.DataFrame(
        {c: a[:, i].tolist() for i, c in enumerate("abc")}, strict=False
    ),
    "rows": lambda a: a.tolist(),
}


@pytest.mark.parametrize("holder", HOLDERS)
@pytest.mark.parametrize("trained", TYPES)
def test_zero_and_one_are_the_same_as_false_and_true_in_features(trained: str, holder: str) -> None:
    make, y = HOLDERS[holder], np.where(ZERO_ONE[:, 0] > 0, "p", "q")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataNotice)
        table = make(TYPES[trained])
        estimator, model = GlassNetClassifier(**PLAIN).fit(table, y), fitted(table, y)
        expected = estimator.predict_proba(table), model.predict_proba(table)
        for name, other in TYPES.items():
            assert np.array_equal(estimator.predict_proba(make(other)), expected[0])
            if name in ("int", "bool", "float", "text"):
                assert np.array_equal(model.predict_proba(make(other)), expected[1])


def test_a_matrix_is_an_array() -> None:
    y = np.where(BLOCK[:, 0] > 0, "p", "q")
    for estimator, target in ((GlassNetClassifier, y), (GlassNetRegressor, BLOCK[:, 1])):
        expected = estimator(**PLAIN).fit(BLOCK, target).predict(BLOCK)
        model = estimator(**PLAIN).fit(matrix(BLOCK), target)
        assert np.array_equal(model.predict(matrix(BLOCK)), expected)
        assert np.array_equal(model.predict(BLOCK), expected)
    assert np.array_equal(
        fitted(matrix(BLOCK), y).predict_proba(BLOCK), fitted(BLOCK, y).predict_proba(matrix(BLOCK))
    )
    assert glassnet.inspect_table(matrix(BLOCK)).n_rows == N
