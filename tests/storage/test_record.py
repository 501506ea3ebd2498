"""The training record in a model file, with odd values: what loads can be shown and used."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet
from glassnet.cli.scores import evaluation_lines
from glassnet.errors import DataError, ModelFileError
from glassnet.report import evaluate, write_report
from glassnet.storage import load, save
from tests.cli.invoked import run
from tests.storage.unpacked import Unpacked

N = 40
TABLE = {"x": np.arange(N) + 0.5, "c": ["a", "b"] * (N // 2)}
LABELS = ["low"] * (N // 2) + ["high"] * (N // 2)
NUMBERS = (np.arange(N) * 1.5 + 0.25).tolist()

ODD: tuple[Any, ...] = (
    None,
    True,
    1,
    -1,
    10**299,
    0.5,
    1e308,
    "",
    "x\x1b[2J",
    [],
    [None],
    ["x"],
    {},
    {"a": 1},
    {"x": [1]},
    [[1]],
)


def models() -> dict[str, glassnet.Model]:
    plan = glassnet.Plan(
        recipe="fast", max_epochs=2, hidden_layer_sizes=(4,), calibrate=True, early_stopping=True
    )
    made = {
        "classes": glassnet.fit({**TABLE, "y": LABELS}, "y", plan),
        "numbers": glassnet.fit(
            {**TABLE, "y": NUMBERS},
            "y",
            glassnet.Plan(recipe="standard", max_epochs=2, hidden_layer_sizes=(4,)),
        ),
    }
    held = {"rows": 12, "scores": {"accuracy": 0.5, "AUC": 0.75}}
    record = dict(made["classes"].training)
    calibration = {"temperature": 1.5, "n_rows": 9, "of_one": 1.25}
    calibration |= {
        side: {"log_loss": 0.5, "brier_score": 0.2, "calibration_error": 0.1}
        for side in ("before", "after")
    }
    record |= {
        "held_out": held,
        "split": {"by": "chance"},
        "ended": "time limit",
        "calibration": calibration,
    }
    record |= {
        "members": [{"best_epoch": 1, "updates": 3}] * 2,
        "notices": ["one"],
        "source": "sklearn",
        "best_epoch": 1,
    }
    object.__setattr__(made["classes"], "training", record)
    return made


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("record")
    found = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, model in models().items():
            save(model, folder / f"{name}.glassnet")
            found[name] = (folder / f"{name}.glassnet").read_bytes()
    return found


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of all values of a record; of a list its first entry, and of the plan no recipe."""
    if path:
        yield path
    inner = (
        value.items()
        if isinstance(value, dict)
        else list(enumerate(value))[:1]
        if isinstance(value, list)
        else ()
    )
    for key, child in inner:
        if path != ("plan",) or key != "recipe" or not isinstance(child, dict):
            yield from places(child, (*path, key))


def with_odd(data: bytes, path: tuple[Any, ...], odd: Any) -> bytes:
    unpacked = Unpacked(data)
    at = unpacked.said["training"]
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = copy.deepcopy(odd)
    return unpacked.pack()


def use(path: Path, *, page: Path | None) -> str:
    """Load a model and use it at every door that looks into the record; how that ended."""
    try:
        model = load(path)
    except ModelFileError:
        shown = run("show", path)
        assert (shown.exit_code, shown.output.count("\n")) == (2, 1), shown.output
        return "refused"
    repr(model)
    assert model.columns
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for table in (TABLE, {**TABLE, "other": TABLE["x"]}, [[1.0, "a"], [2.0, "b"]]):
            try:
                assert len(model.predict(table)) in (2, N)
            except (
                DataError
            ):  # an array has no names, and the record may be wrong about how many there are
                assert not isinstance(table, dict)
    shown = run("show", path)
    assert shown.exit_code == 0, shown.output
    assert "\x1b" not in shown.output
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the record may be wrong about which columns there were
        if page is not None:
            y = np.array(
                LABELS if model.classes else NUMBERS, dtype=object if model.classes else float
            )
            found = evaluate(model, TABLE, y)
            list(evaluation_lines(found))
            write_report(page, found, model)
            found.to_dict()
    return "used"


def every(files: dict[str, bytes]) -> list[tuple[str, tuple[Any, ...], Any]]:
    return [
        (name, path, odd)
        for name, data in files.items()
        for path in places(Unpacked(data).said["training"])
        for odd in ODD
    ]


def outcomes(
    cases: list[tuple[str, tuple[Any, ...], Any]],
    files: dict[str, bytes],
    folder: Path,
    *,
    page: bool,
) -> set[str]:
    seen, faults = set(), []
    for name, path, odd in cases:
        (folder / "m.glassnet").write_bytes(with_odd(files[name], path, odd))
        try:
            seen.add(use(folder / "m.glassnet", page=folder / "page.html" if page else None))
        except Exception as error:  # noqa: BLE001  what no door may say
            faults.append((name, path, odd, f"{type(error).__name__}: {error}"[:300]))
    assert not faults, (len(faults), len(cases), faults[:30])
    return seen


def test_odd_values_in_the_record(files: dict[str, bytes], tmp_path: Path) -> None:
    cases = every(files)
    first = [case for case in cases if case[1][0] == "columns" and case[0] == "numbers"]
    assert outcomes(cases[::31] + first[::3], files, tmp_path, page=False) == {"refused", "used"}


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_every_odd_value_in_the_record_at_every_door(
    files: dict[str, bytes], tmp_path: Path
) -> None:
    cases = every(files)
    assert len(cases) > 1_000
    assert outcomes(cases, files, tmp_path, page=True) == {"refused", "used"}


FALSE_RECORDS = {
    "columns is a number": (("columns",), 1, "training.columns must"),
    "columns without features": (("columns",), {"others": []}, "training.columns must"),
    "columns of numbers": (("columns", "features"), [1, 2], "training.columns must"),
    "rows is text": (("rows",), "many", "training.rows must be a whole number"),
    "seconds is true": (("seconds",), True, "training.seconds must be a number"),
    "plan is a list": (("plan",), [1], "training.plan must"),
    "history is text": (("history",), "x", "training.history must"),
    "members are numbers": (("members",), [1], "training.members must"),
    "ended is a number": (("ended",), 3, "training.ended must be a text"),
}


@pytest.mark.parametrize("name", FALSE_RECORDS)
def test_a_lie_in_the_record_is_refused_by_name(
    name: str, files: dict[str, bytes], tmp_path: Path
) -> None:
    path, odd, said = FALSE_RECORDS[name]
    (tmp_path / "m.glassnet").write_bytes(with_odd(files["classes"], path, odd))
    with pytest.raises(ModelFileError, match=said):
        load(tmp_path / "m.glassnet")


def test_what_the_record_says_beyond_is_kept(files: dict[str, bytes], tmp_path: Path) -> None:
    """Notes of one's own in it, of any form."""
    (tmp_path / "m.glassnet").write_bytes(
        with_odd(files["classes"], ("note",), {"by": ["me", 1, None]})
    )
    assert load(tmp_path / "m.glassnet").training["note"] == {"by": ["me", 1, None]}
