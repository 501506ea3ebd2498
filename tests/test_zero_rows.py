"""A table without rows: every door that predicts answers with as many rows and the shape and dtype
of other answers, all others refuse."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from scipy import sparse

import glassnet
from glassnet import GlassNetClassifier, GlassNetRegressor
from glassnet.cli import main
from glassnet.data.review.inspection import inspect_table
from glassnet.data.tables.assembly import table_of
from glassnet.errors import DataError, GlassNetError
from glassnet.losses import Quantile
from glassnet.network import Network
from glassnet.training.plan import Plan
from glassnet.training.recipes import STANDARD, STANDARD_FOR_NUMBERS

N = 240
RNG = np.random.default_rng(0)
NUMBERS = RNG.normal(size=(N, 3))
TABLE: dict[str, Any] = {
    "size": NUMBERS[:, 0],
    "island": np.where(NUMBERS[:, 1] > 0.0, "Dream", "Biscoe").tolist(),
    "wet": (NUMBERS[:, 2] > 0.0).tolist(),
    "day": np.datetime64("2026-01-01") + np.arange(N) % 60,
}
NOISY = NUMBERS + RNG.normal(size=(N, 3))
TARGETS: dict[str, Any] = {
    "two classes": np.where(NOISY[:, 0] > 0.0, "yes", "no"),
    "three classes": np.digitize(NOISY[:, 0], [-0.5, 0.5]),
    "booleans": NOISY[:, 0] > 0.0,
    "labels together": (NOISY > 0.0).astype(int),
    "a number": NOISY[:, 0],
    "two numbers": NOISY[:, :2],
    "quantiles": NOISY[:, 0],
    "counts": RNG.poisson(np.exp(0.5 * NOISY[:, 0])),
}
NUMERIC = ("a number", "two numbers", "quantiles", "counts")


def plan(name: str, members: int = 2) -> Plan:
    recipe = STANDARD_FOR_NUMBERS if name in NUMERIC else STANDARD
    loss = {"quantiles": Quantile((0.1, 0.5, 0.9)), "counts": "poisson"}.get(name)
    return Plan(
        recipe=replace(
            recipe, members=members, hidden_layer_sizes=(4,), max_epochs=2, min_epochs=2
        ),
        loss=loss,
        calibrate=True,
    )


@dataclass(frozen=True)
class Door:
    """How a table without rows comes in, and as which columns."""

    make: Callable[[Path], Any]
    mixed: bool = True


def csv(text: str, name: str = "t.csv") -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        (folder / name).write_text(text)
        return folder / name

    return make


def parquet(folder: Path) -> Path:
    pq.write_table(pa.table(TABLE).slice(0, 0), folder / "t.parquet")
    return folder / "t.parquet"


def feather(folder: Path) -> Path:
    table = pa.table(TABLE).slice(0, 0)
    with (
        pa.OSFile(str(folder / "t.arrow"), "wb") as sink,
        pa.ipc.new_file(sink, table.schema) as writer,
    ):
        writer.write_table(table)
    return folder / "t.arrow"


def parquets(folder: Path) -> Path:
    for name in ("a", "b"):
        pq.write_table(pa.table(TABLE).slice(0, 0), folder / f"{name}.parquet")
    return folder


FILES = {
    "CSV of a header": Door(csv("size,island,wet,day\n")),
    "CSV of a header without a line end": Door(csv("size,island,wet,day")),
    "CSV of a header and empty lines": Door(csv("day;wet;island;size\n\n\n")),
    "TSV of a header": Door(csv("size\tisland\twet\tday\n", "t.tsv")),
    "Parquet": Door(parquet),
    "folder of Parquet files": Door(parquets),
    "Arrow": Door(feather),
}
MEMORY = {
    "frame of pandas": Door(lambda _: pd.DataFrame(TABLE).iloc[:0]),
    "frame of pandas without types": Door(lambda _: pd.DataFrame(columns=list(TABLE))),
    "frame of pandas in another order": Door(lambda _: pd.DataFrame(TABLE).iloc[:0, ::-1]),
    "frame of polars": Door(lambda _: pl.DataFrame(TABLE).head(0)),
    "table of arrow": Door(lambda _: pa.table(TABLE).slice(0, 0)),
    "dict of lists": Door(lambda _: {name: [] for name in TABLE}),
    "dict of arrays": Door(
        lambda _: {name: np.asarray(values)[:0] for name, values in TABLE.items()}
    ),
    "Table": Door(lambda _: table_of(TABLE).take(slice(0, 0))),
    "array of objects": Door(lambda _: np.empty((0, 4), dtype=object)),
    "array": Door(lambda _: np.empty((0, 3)), mixed=False),
    "array of float32": Door(lambda _: np.empty((0, 3), np.float32), mixed=False),
    "array of whole numbers": Door(lambda _: np.empty((0, 3), int), mixed=False),
    "sparse matrix": Door(lambda _: sparse.csr_array((0, 3)), mixed=False),
}
DOORS = FILES | MEMORY


@pytest.fixture(scope="module")
def models() -> dict[tuple[str, bool], glassnet.Model]:
    """By target, and whether the columns are numbers, text, booleans and dates, or numbers
    alone."""
    return {
        (name, mixed): glassnet.fit(TABLE if mixed else NUMBERS, y, plan(name))
        for name, y in TARGETS.items()
        for mixed in (True, False)
    }


def assert_as_others(empty: Any, others: Any, axis: int) -> None:
    """An answer has the shape and the dtype of that for other rows, but for the number of rows."""
    assert empty.dtype == others.dtype
    assert empty.shape == (*others.shape[:axis], 0, *others.shape[axis + 1 :])


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("door", DOORS)
def test_a_model_answers_with_as_many_rows(
    door: str, target: str, models: Any, tmp_path: Path
) -> None:
    mixed = DOORS[door].mixed
    model, empty, rows = (
        models[target, mixed],
        DOORS[door].make(tmp_path),
        TABLE if mixed else NUMBERS,
    )
    assert_as_others(model.predict(empty), model.predict(rows), 0)
    assert_as_others(model.predict(empty, members=True), model.predict(rows, members=True), 1)
    if model.task == "regression":
        assert_as_others(model.predict_interval(empty, 0.8), model.predict_interval(rows, 0.8), 0)
    else:
        assert_as_others(model.predict_proba(empty), model.predict_proba(rows), 0)
        assert_as_others(
            model.predict_proba(empty, members=True), model.predict_proba(rows, members=True), 1
        )


@pytest.fixture(scope="module")
def estimators() -> dict[tuple[str, str], Any]:
    made = {}
    for name, y in TARGETS.items():
        for engine in ("auto", "reference"):
            settings = {
                "recipe": plan(name).recipe,
                "loss": plan(name).loss,
                "calibrate": True,
                "random_state": 0,
                "engine": engine,
            }
            kind = GlassNetRegressor if name in NUMERIC else GlassNetClassifier
            made[name, engine] = (
                kind(**settings).fit(NUMBERS, y),
                kind(**settings).fit(pd.DataFrame(TABLE), y),
            )
    return made


@pytest.mark.parametrize("engine", ["auto", "reference"])
@pytest.mark.parametrize("target", TARGETS)
def test_an_estimator_answers_with_as_many_rows(target: str, engine: str, estimators: Any) -> None:
    of_numbers, of_frame = estimators[target, engine]
    for estimator, rows, empties in (
        (
            of_numbers,
            NUMBERS,
            (
                np.empty((0, 3)),
                np.empty((0, 3), np.float32),
                sparse.csr_array((0, 3)),
                sparse.csc_matrix((0, 3)),
            ),
        ),
        (
            of_frame,
            pd.DataFrame(TABLE),
            (pd.DataFrame(TABLE).iloc[:0], pd.DataFrame(columns=list(TABLE))),
        ),
    ):
        for empty in empties:
            assert_as_others(estimator.predict(empty), estimator.predict(rows), 0)
            assert_as_others(
                estimator.predict(empty, members=True), estimator.predict(rows, members=True), 1
            )
            if hasattr(estimator, "predict_interval"):
                assert_as_others(
                    estimator.predict_interval(empty, 0.8), estimator.predict_interval(rows, 0.8), 0
                )
            else:
                assert_as_others(estimator.predict_proba(empty), estimator.predict_proba(rows), 0)
                assert_as_others(
                    estimator.predict_log_proba(empty), estimator.predict_log_proba(rows), 0
                )


@pytest.mark.parametrize(
    "y",
    [TARGETS["a number"][:, np.newaxis], TARGETS["two numbers"]],
    ids=["one column", "two columns"],
)
def test_a_target_of_columns_keeps_them(y: Any) -> None:
    regressor = GlassNetRegressor(recipe=plan("a number").recipe, random_state=0).fit(NUMBERS, y)
    assert regressor.predict(np.empty((0, 3))).shape == (0, y.shape[1])


def test_a_network_answers_with_as_many_rows(models: Any) -> None:
    network: Network = models["three classes", False].network
    assert network.predict(np.empty((0, network.n_features))).shape == (0, 3)


WRONG: dict[str, tuple[Any, str]] = {
    "columns too few": (np.empty((0, 2)), "features"),
    "no columns": (np.empty((0, 0)), "feature"),
    "one dimension": (np.empty(0), "2D"),
}


@pytest.mark.parametrize("name", WRONG)
def test_columns_are_checked_as_ever(name: str, models: Any, estimators: Any) -> None:
    given, says = WRONG[name]
    with pytest.raises(ValueError, match=says):
        estimators["two classes", "auto"][0].predict(given)
    with pytest.raises(DataError):
        models["two classes", False].predict(given)
    with pytest.raises(DataError, match="missing 'wet', 'day'"):
        models["two classes", True].predict({"size": [], "island": []})
    with pytest.raises(DataError, match="column 'island' has 1 values but column 'size' has 0"):
        models["two classes", True].predict(TABLE | {"size": [], "island": ["Dream"]})


@pytest.mark.parametrize(
    "options",
    [(), ("--keep",), ("--coverage", "0.8"), ("--keep", "--coverage", "0.8", "--spreadsheet-safe")],
    ids=str,
)
@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".parquet", "-"])
@pytest.mark.parametrize("door", FILES)
def test_the_command_line_writes_a_header_and_no_row(
    door: str, suffix: str, options: Any, models: Any, tmp_path: Path
) -> None:
    models["a number", True].save(tmp_path / "m.glassnet")
    (tmp_path / "in").mkdir()
    pq.write_table(pa.table(TABLE), tmp_path / "full.parquet")
    tables = []
    for i, table in enumerate((DOORS[door].make(tmp_path / "in"), tmp_path / "full.parquet")):
        path = tmp_path / f"out{i}{suffix.replace('-', '')}"
        arguments = [
            "predict",
            str(tmp_path / "m.glassnet"),
            str(table),
            "-o",
            "-" if suffix == "-" else str(path),
            *options,
        ]
        done = CliRunner().invoke(main, arguments, prog_name="glassnet")
        assert done.exit_code == 0, done.output
        if suffix == "-":
            path.write_bytes(done.stdout_bytes)
        elif i == 0:
            assert done.stderr == f"0 predictions in {path}\n"
        tables.append(pd.read_parquet(path) if suffix == ".parquet" else pd.read_csv(path))
    empty, full = tables
    assert sorted(empty.columns) == sorted(full.columns)
    assert (len(empty), len(full)) == (0, N)
    if suffix == ".parquet":
        assert empty.dtypes.sort_index().tolist() == full.dtypes.sort_index().tolist()
    elif suffix == "-":
        assert path.parent.joinpath("out0").read_text().count("\n") == 1


def test_the_command_line_takes_a_header_from_stdin(models: Any, tmp_path: Path) -> None:
    models["two classes", True].save(tmp_path / "m.glassnet")
    done = CliRunner().invoke(
        main,
        ["predict", str(tmp_path / "m.glassnet"), "-"],
        prog_name="glassnet",
        input="size,island,wet,day,other\n",
    )
    assert (done.exit_code, done.stdout) == (0, "y,probability_no,probability_yes\n")
    assert done.stderr == "Note: column 'other' is not known to the model and ignored.\n"
    done = CliRunner().invoke(
        main,
        ["predict", str(tmp_path / "m.glassnet"), "-"],
        prog_name="glassnet",
        input="size,island,wet\n",
    )
    assert done.exit_code == 2
    assert "missing 'day'" in done.stderr
    done = CliRunner().invoke(
        main, ["predict", str(tmp_path / "m.glassnet"), "-"], prog_name="glassnet", input=""
    )
    assert done.exit_code == 2
    assert "the file is empty" in done.stderr


REFUSING: dict[str, Callable[[Any, Any], Any]] = {
    "fit": lambda _, given: glassnet.fit(given, "y"),
    "inspect": lambda _, given: inspect_table(given),
    "evaluate": glassnet.evaluate,
    "compare": lambda model, given: glassnet.compare(model, model, given),
}


@pytest.mark.parametrize("door", ["CSV", "Parquet", "frame", "dict"])
@pytest.mark.parametrize("what", REFUSING)
def test_what_needs_rows_refuses_a_table_without(
    what: str, door: str, models: Any, tmp_path: Path
) -> None:
    table = {**TABLE, "y": TARGETS["two classes"]}
    given: Any = pd.DataFrame(table).iloc[:0]
    if door == "CSV":
        given.to_csv(tmp_path / "t.csv", index=False)
        given = tmp_path / "t.csv"
    elif door == "Parquet":
        pq.write_table(pa.table(table).slice(0, 0), tmp_path / "t.parquet")
        given = tmp_path / "t.parquet"
    elif door == "dict":
        given = {name: [] for name in table}
    with pytest.raises(GlassNetError, match=r"no rows|0 sample|0 values|0 rows"):
        REFUSING[what](models["two classes", True], given)
    if door in ("CSV", "Parquet") and what != "compare":
        models["two classes", True].save(tmp_path / "m.glassnet")
        command = {
            "fit": ["train", str(given), "--target", "y"],
            "inspect": ["inspect", str(given)],
        }
        arguments = command.get(what, ["evaluate", str(tmp_path / "m.glassnet"), str(given)])
        done = CliRunner().invoke(main, arguments, prog_name="glassnet")
        assert done.exit_code == 2
        assert done.stderr.count("Error:") == 1
        assert "no rows" in done.stderr


@pytest.mark.parametrize("kind", [GlassNetClassifier, GlassNetRegressor])
def test_estimators_need_rows_to_learn_and_to_score(kind: Any, estimators: Any) -> None:
    with pytest.raises(ValueError, match=r"0 sample\(s\)"):
        kind().fit(np.empty((0, 3)), np.empty(0))
    fitted = estimators["two classes" if kind is GlassNetClassifier else "a number", "auto"][0]
    with pytest.raises(ValueError, match=r"0 sample|empty input array"):
        fitted.score(np.empty((0, 3)), np.empty(0))
