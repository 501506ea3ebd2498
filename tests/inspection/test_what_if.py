"""Changed cells: the answers are those of `predict`, and unusual cells are named."""

from __future__ import annotations

import warnings
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

import glassnet
from glassnet.errors import DataError, SettingError
from glassnet.model import Model
from tests.inspection.tables import KINDS, N, mixed, price

ROW = {"size": 30.0, "age": 5.0, "color": "red", "new": True, "sold": "2024-05-01"}


@cache
def numbers() -> Model:
    """A model of numbers with intervals."""
    table = mixed()
    many = {name: list(column) * 4 for name, column in table.items()}
    plan = glassnet.Plan(recipe="fast", max_epochs=4, seed=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = glassnet.fit(many, np.tile(price(table), 4), plan)
    assert model.intervals
    return model


CHANGES: list[tuple[dict[str, Any], tuple[str, ...]]] = [
    ({"size": 20.0}, ()),
    ({"size": 1e6}, ("size",)),
    ({"size": None}, ("size",)),
    ({"age": None}, ()),
    ({"color": "blue", "new": False}, ()),
    ({"color": "pink"}, ("color",)),
    ({"color": None}, ()),
    ({"sold": "2031-01-01"}, ("sold",)),
    ({"sold": np.datetime64("2024-09-01")}, ()),
    ({"sold": None, "size": -1e6}, ("size",)),
]


@pytest.mark.parametrize(("changes", "unusual"), CHANGES, ids=range(len(CHANGES)))
def test_answers_are_those_of_predict(changes: Any, unusual: tuple[str, ...]) -> None:
    model = numbers()
    found = model.what_if(ROW, changes)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of drift
        after = {name: [value] for name, value in (ROW | changes).items()}
        assert found.before.prediction == model.predict(ROW)[0]
        assert found.after.prediction == model.predict(after)[0]
        np.testing.assert_array_equal(found.after.interval, model.predict_interval(after)[0])
    assert found.before.unusual == ()
    assert found.after.unusual == unusual
    assert found.after.probabilities is None
    assert found.changes == changes


@pytest.mark.parametrize("kind", ["fast, three classes", "multilabel", "MLPClassifier"])
def test_classes_have_probabilities(kind: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model, rows, background = KINDS[kind].make()
        row = background[:1] if kind == "MLPClassifier" else {c: v[:1] for c, v in rows.items()}
        name = model.columns[0]
        found = model.what_if(row, {name: 0.25})
        changed = np.array(row) if kind == "MLPClassifier" else {**row, name: [0.25]}
        if kind == "MLPClassifier":
            changed[0, 0] = 0.25
        np.testing.assert_array_equal(found.after.probabilities, model.predict_proba(changed)[0])
        np.testing.assert_array_equal(found.after.prediction, model.predict(changed)[0])
    assert found.after.interval is None


def test_without_a_summary_of_the_training_rows_nothing_is_known_to_be_unusual() -> None:
    found = replace(numbers(), reference=None).what_if(ROW, {"size": 1e9})
    assert found.after.unusual is None


REFUSED: list[tuple[Any, Any, type[Exception], str]] = [
    (ROW, {}, SettingError, "at least one column"),
    (ROW, {"sise": 3.0}, SettingError, "Did you mean 'size'"),
    (ROW, {"size": "large"}, DataError, "'size'"),
    ({name: [value] * 2 for name, value in ROW.items()}, {"size": 3.0}, DataError, "one row"),
    ({"size": 3.0}, {"size": 3.0}, DataError, "lacks 4 of the 5 columns"),
]


@pytest.mark.parametrize(("row", "changes", "error", "says"), REFUSED, ids=range(len(REFUSED)))
def test_bad_input_is_refused(row: Any, changes: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        numbers().what_if(row, changes)


def test_with_columns_replaces_cells_and_nothing_else() -> None:
    from glassnet.data.tables.assembly import table_of

    big = 2**60
    whole = table_of({"a": [1.0, 2.0], "n": [big + 1, big + 3], "c": ["x", "y"], "b": [3.0, 4.0]})
    part = table_of({"b": [7.0, 8.0], "c": ["z", None]})
    found = whole.with_columns(part)
    assert found.column("a").tolist() == [1.0, 2.0]
    assert found.column("b").tolist() == [7.0, 8.0]
    assert found.column("c").tolist() == ["z", None]
    assert found.labels("n").tolist() == [big + 1, big + 3]
    assert whole.column("b").tolist() == [3.0, 4.0]
    assert found.with_columns(table_of({"n": [big + 5, big + 7]})).labels("n").tolist() == [
        big + 5,
        big + 7,
    ]
    assert found.with_columns(table_of({"n": [5, 7]})).labels("n").tolist() == [5.0, 7.0]
    assert len(mixed()["size"]) == N
