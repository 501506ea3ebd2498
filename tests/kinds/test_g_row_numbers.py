"""Columns that number or name the rows are left out by every door, with a notice."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pytest

import glassnet
from glassnet.errors import DataNotice
from glassnet.estimators import GlassNetClassifier
from tests.cli.invoked import QUICK, report, run
from tests.fitting.helpers import quick

N = 60
RNG = np.random.default_rng(0)
A, B = RNG.normal(size=(2, N)).round(3)
FRAME = pd.DataFrame({"a": A, "b": B, "y": np.where(RNG.random(N) < 0.5, "no", "yes")})
FILTERED = FRAME[FRAME.b > -0.5]
ROWS = np.arange(len(FILTERED))

INDEXED = {
    "filtered": FILTERED,
    "shuffled": FRAME.sample(frac=1.0, random_state=0),
    "named": FILTERED.rename_axis("patient"),
    "named as a measure": FILTERED.rename_axis("age"),
    "of several levels": FILTERED.set_index([ROWS, ROWS[::-1]]),
    "of several named levels": FILTERED.set_index(
        pd.MultiIndex.from_arrays([ROWS % 7, ROWS], names=["visit", "patient"])
    ),
    "of text": FILTERED.set_axis([f"r{i}" for i in ROWS]),
    "of few texts": FILTERED.set_axis([f"r{i % 3}" for i in ROWS]),
    "of dates": FILTERED.set_axis(pd.date_range("2020-01-01", periods=len(ROWS))),
    "of floats": FILTERED.set_axis(ROWS / 4.0),
    "a range": FRAME,
    "reset": FILTERED.reset_index(),
    "reset, shuffled": FRAME.sample(frac=1.0, random_state=0).reset_index(),
    "reset, named": FILTERED.rename_axis("customer_id").reset_index(),
}


def parquet(frame: pd.DataFrame, folder: Path) -> Any:
    frame.to_parquet(folder / "table.parquet")
    return folder / "table.parquet"


def feather(frame: pd.DataFrame, folder: Path) -> Any:
    pa.feather.write_feather(pa.Table.from_pandas(frame), str(folder / "table.feather"))
    return folder / "table.feather"


def arrow(frame: pd.DataFrame, folder: Path) -> Any:
    return pa.Table.from_pandas(frame)


def arrow_preserved(frame: pd.DataFrame, folder: Path) -> Any:
    return pa.Table.from_pandas(frame, preserve_index=True)


def csv(frame: pd.DataFrame, folder: Path) -> Any:
    frame.to_csv(folder / "table.csv")
    return folder / "table.csv"


KEPT: dict[str, Callable[[pd.DataFrame, Path], Any]] = {
    "parquet": parquet,
    "feather": feather,
    "arrow": arrow,
    "arrow, preserved": arrow_preserved,
}


def fitted(table: Any, target: Any = "y", **said: Any) -> glassnet.Model:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataNotice)
        return glassnet.fit(table, target, quick(max_epochs=1, hidden_layer_sizes=()), **said)


def used(table: Any, **said: Any) -> tuple[str, ...]:
    return tuple(
        column.name for column in glassnet.inspect_table(table, "y", **said).columns if column.used
    )


@pytest.mark.parametrize("door", KEPT)
@pytest.mark.parametrize("index", INDEXED)
def test_an_index_is_no_feature_and_not_needed_later(index: str, door: str, tmp_path: Path) -> None:
    table = KEPT[door](INDEXED[index], tmp_path)
    model = fitted(table)
    assert model.encoder.schema.names == ("a", "b") == used(table)
    if index != "a range":
        assert any("left out" in notice for notice in model.training["notices"])
    expected = model.predict_proba(INDEXED[index][["a", "b"]])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataNotice)
        assert np.array_equal(model.predict_proba(table), expected)


@pytest.mark.parametrize("door", KEPT)
def test_an_index_stays_where_it_is_asked_for_by_name(door: str, tmp_path: Path) -> None:
    table = KEPT[door](FILTERED.set_axis(ROWS % 5 + 1).rename_axis("ward"), tmp_path)
    assert (
        fitted(table, types={"ward": "number"}).encoder.schema.names
        == ("a", "b", "ward")
        == used(table, types={"ward": "number"})
    )
    assert fitted(table, "ward").target.names == ("ward",)
    assert fitted(table, ["a", "ward"]).target.names == ("a", "ward")
    for said in ({"groups": "ward"}, {"weights": "ward"}, {"drop": ["ward"]}):
        assert fitted(table, **said).encoder.schema.names == ("a", "b"), said
    assert used(table, drop=["ward"]) == ("a", "b")
    assert fitted(table, time="ward").encoder.schema.names == ("a", "b", "ward")


@pytest.mark.parametrize("door", KEPT)
def test_an_index_stays_where_there_is_nothing_else(door: str, tmp_path: Path) -> None:
    table = KEPT[door](FILTERED[["y"]].set_axis(FILTERED.a).rename_axis("a"), tmp_path)
    assert fitted(table).encoder.schema.names == ("a",) == used(table)


def test_an_estimator_leaves_the_index_of_an_arrow_table_out() -> None:
    frame = FILTERED.drop(columns="y")
    with pytest.warns(DataNotice, match="the index of a pandas frame, is left out"):
        model = GlassNetClassifier(recipe="plain", max_epochs=1).fit(
            pa.Table.from_pandas(frame), FILTERED.y
        )
    assert model.n_features_in_ == 2
    assert np.array_equal(
        model.predict(frame), model.predict(pa.table({"a": frame.a, "b": frame.b}))
    )


#: Names of a column of whole numbers that all differ: steps of one, in another order, and with
#: holes.
NUMBERS = {
    "rows": np.arange(N),
    "shuffled": np.random.default_rng(1).permutation(N),
    "holes": np.arange(N) ** 2 + 5,
}
LEFT_OUT = {
    **dict.fromkeys(
        (
            "",
            "Unnamed: 0",
            "Unnamed: 0.1",
            "index",
            "Index",
            "__index_level_0__",
            "row_number",
            "rownames",
            "row",
            "Row ID",
        ),
        ("rows", "shuffled", "holes"),
    ),
    **dict.fromkeys(
        (
            "id",
            "ID",
            "customer_id",
            "CustomerID",
            "customerid",
            "PassengerId",
            "order.id",
            "user-id",
            "id number",
            "uuid",
            "pid",
            "key",
            "record_key",
        ),
        ("rows", "shuffled", "holes"),
    ),
    **dict.fromkeys(("X", "obs", "nr", "No."), ("rows", "shuffled")),
}


@pytest.mark.parametrize("name", LEFT_OUT)
def test_a_column_that_numbers_the_rows_is_left_out_everywhere(name: str, tmp_path: Path) -> None:
    for numbers in LEFT_OUT[name]:
        frame = FRAME.copy()
        frame.insert(0, name, NUMBERS[numbers])
        frame.to_csv(tmp_path / "table.csv", index=False)
        doors = (
            frame,
            tmp_path / "table.csv",
            pa.Table.from_pandas(frame),
            frame.to_dict("list"),
            frame.to_dict("records"),
        )
        for table in doors if numbers == "rows" else doors[1:2]:
            model = fitted(table)
            assert model.encoder.schema.names == ("a", "b"), (numbers, type(table))
            assert used(table) == ("a", "b"), (numbers, type(table))
            notices = [notice for notice in model.training["notices"] if "left out" in notice]
            assert [f"column {name!r} is left out" in notice for notice in notices] == [True], (
                notices
            )
            assert set(notices) <= set(glassnet.inspect_table(table, "y").notices)


REPEATED = np.arange(N) % 12
STAYS: dict[str, Any] = {
    "id": REPEATED,
    "index": REPEATED,
    "customer_id": np.arange(N) // 2,
    "key": REPEATED,
    "year": 1900 + np.arange(N),
    "age": np.arange(N),
    "price": 100 * np.arange(N),
    "paid": np.arange(N) ** 2,
    "grid": np.arange(N),
    "valid": np.arange(N) % 2,
    "bid": np.arange(N) * 3,
    "humid": np.arange(N) * 3,
    "level": np.arange(N) * 7,
    "X": np.arange(N) * 7,
    "x": np.arange(N),
    "x0": np.arange(N),
    "identity": np.arange(N),
    "ids": np.arange(N) + 0.5,
    "monkey": np.arange(N),
    "rows_seen": np.arange(N) * 2,
}


@pytest.mark.parametrize("name", STAYS)
def test_other_columns_of_whole_numbers_stay(name: str, tmp_path: Path) -> None:
    frame = FRAME.assign(**{name: STAYS[name]})
    frame.to_csv(tmp_path / "table.csv", index=False)
    for table in (frame, tmp_path / "table.csv", pa.Table.from_pandas(frame)):
        assert fitted(table).encoder.schema.names == ("a", "b", name) == used(table)


def test_a_declared_type_and_the_only_column_stay(tmp_path: Path) -> None:
    frame = FRAME.assign(id=np.arange(N))
    for table in (frame, csv(frame.set_index("id"), tmp_path)):
        for kind in ("number", "category"):
            assert "id" in fitted(table, types={"id": kind}).encoder.schema.names
        assert fitted(table, drop=["a", "b"]).encoder.schema.names == ("id",)
    assert fitted(np.column_stack([np.arange(N), A]), FRAME.y).encoder.schema.names == ("x0", "x1")


@pytest.mark.parametrize("door", ["csv", "parquet", "feather"])
def test_the_commands_say_the_same(door: str, tmp_path: Path) -> None:
    table = {"csv": csv, "parquet": parquet, "feather": feather}[door](FILTERED, tmp_path)
    seen = report("inspect", table, "--target", "y")
    result = run("train", table, "--target", "y", "-o", tmp_path / "m.glassnet", *QUICK)
    assert result.exit_code == 0, result.output
    said = [notice for notice in seen["notices"] if "left out" in notice]
    assert len(said) == 1
    assert said[0] in " ".join(result.stderr.split()) + " ".join(result.output.split())
    new = FILTERED[["a", "b"]].assign(y="no")
    new.to_csv(tmp_path / "new.csv", index=False)
    result = run("predict", tmp_path / "m.glassnet", tmp_path / "new.csv")
    assert result.exit_code == 0, result.output
    assert len(result.stdout.splitlines()) == len(FILTERED) + 1
    named = {"csv": csv, "parquet": parquet, "feather": feather}[door](
        FILTERED.rename_axis("patient"), tmp_path
    )
    for said in (
        ["--drop", "patient"],
        ["--group", "patient"],
        ["--time", "patient"],
        ["--types", "patient=number"],
    ):
        result = run("train", named, "--target", "y", "-o", tmp_path / "m.glassnet", *QUICK, *said)
        assert result.exit_code == 0, result.output
