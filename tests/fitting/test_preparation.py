"""What a fit makes of a table before it learns, what it remembers of it, and what it asks of a
table to predict for."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import glassnet
from glassnet.data.split import split_rows
from glassnet.errors import DataError, DataNotice, SettingError
from glassnet.fitting import Roles, fit, prepare
from tests.fitting.helpers import quick

N = 120
RNG = np.random.default_rng(0)
TABLE: dict[str, Any] = {
    "id": [f"u{i}" for i in range(N)],
    "x": RNG.normal(size=N).tolist(),
    "site": RNG.choice(["north", "south", "east", "west"], N).tolist(),
    "one": [1.0] * N,
    "day": (np.datetime64("2024-01-01") + RNG.permutation(N)).tolist(),
    "w": RNG.integers(1, 4, N).tolist(),
    "zip": RNG.choice([7, 8, 9], N).tolist(),
}
TABLE["x copy"] = TABLE["x"]
TABLE["y"] = (np.array(TABLE["x"]) + RNG.normal(size=N) > 0.0).tolist()


def quietly(*arguments: Any, **settings: Any) -> glassnet.Model:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataNotice)
        return fit(
            *arguments,
            quick(max_epochs=2, early_stopping=True, validation_fraction=0.25),
            **settings,
        )


def test_columns_of_no_use_are_left_out_with_a_notice() -> None:
    with pytest.warns(DataNotice) as caught:
        model = fit(TABLE, "y", quick(max_epochs=1))
    assert [str(notice.message) for notice in caught] == model.training["notices"]
    assert model.training["notices"] == [
        (
            "column 'id' is left out: nearly every row has a text of its own (120 in 120 rows), as "
            "identifiers do."
        ),
        "column 'one' is left out: it is the same in every row.",
        "column 'x copy' is left out: it equals 'x'.",
    ]
    assert model.encoder.schema.names == ("x", "site", "day", "w", "zip")
    assert model.columns == ("id", "x", "site", "one", "day", "w", "zip", "x copy")
    assert list(model.training["columns"]["left_out"]) == ["id", "one", "x copy"]


def test_overrides() -> None:
    model = quietly(
        TABLE,
        "y",
        types={"zip": "category", "id": "category", "one": "number"},
        drop=["x copy", "day"],
    )
    assert model.encoder.schema.kinds == {
        "id": "category",
        "x": "number",
        "site": "category",
        "one": "number",
        "w": "number",
        "zip": "category",
    }
    assert model.encoder.categories[-1].levels == ("7", "8", "9")
    assert model.predict(TABLE).shape == (N,)


def test_a_leak_is_called_out_and_stays() -> None:
    with pytest.warns(
        DataNotice,
        match="column 'verdict' alone determines the target: is it known before the target is",
    ):
        model = fit(
            {
                "x": TABLE["x"],
                "verdict": ["ill" if y else "well" for y in TABLE["y"]],
                "y": TABLE["y"],
            },
            "y",
            quick(max_epochs=1),
        )
    assert "verdict" in model.encoder.schema.names


def test_a_column_of_weights_is_the_array_of_weights() -> None:
    beside = {name: column for name, column in TABLE.items() if name != "w"}
    by_name, by_array = (
        quietly(TABLE, "y", weights="w"),
        quietly(beside, "y", sample_weight=TABLE["w"]),
    )
    assert by_name.encoder == by_array.encoder
    assert by_name.raw_scores(TABLE).tobytes() == by_array.raw_scores(beside).tobytes()
    with pytest.raises(SettingError, match="leave one out"):
        quietly(TABLE, "y", weights="w", sample_weight=TABLE["w"])
    with pytest.raises(DataError, match="column of weights 'w' has a missing value in row 1"):
        quietly({**TABLE, "w": [1, None, *[1] * (N - 2)]}, "y", weights="w")
    with pytest.raises(DataError, match="'site' must hold numbers"):
        quietly(TABLE, "y", weights="site")
    with pytest.raises(DataError, match=r"no column 'ww'.*Did you mean 'w'"):
        quietly(TABLE, "y", weights="ww")


def test_rows_are_held_out_by_group_or_by_time() -> None:
    by_group = quietly(TABLE, "y", groups="site")
    split = by_group.training["split"]
    held = set(split["rows"])
    assert split["by"] == "group"
    assert not {TABLE["site"][i] for i in held} & {
        TABLE["site"][i] for i in range(N) if i not in held
    }
    assert "site" not in by_group.encoder.schema.names
    assert quietly(TABLE, "y", groups=TABLE["site"]).training["split"] == split

    by_time = quietly(TABLE, "y", time="day")
    split = by_time.training["split"]
    assert split["by"] == "time"
    days = np.array(TABLE["day"], dtype="M8[D]")
    assert sorted(split["rows"]) == sorted(np.argsort(days)[-len(split["rows"]) :].tolist())
    assert len(split["rows"]) == 30
    assert "day" in by_time.encoder.schema.names
    assert by_time.training["rows"] == 90


def test_the_rows_held_out_are_recorded_by_their_numbers_in_the_table() -> None:
    weight = np.ones(N)
    weight[::3] = 0.0
    split = quietly(TABLE, "y", sample_weight=weight).training["split"]
    present = np.flatnonzero(weight)
    labels = np.array(TABLE["y"])[present].astype(int)
    assert (
        split["rows"]
        == present[split_rows(len(present), 0.25, seed=0, stratify=labels)[1]].tolist()
    )
    assert (split["by"], split["seed"], split["fraction"], split["held_out"]) == (
        "class",
        0,
        0.25,
        len(split["rows"]),
    )
    numbers = quietly({**TABLE, "y": TABLE["x"], "x": TABLE["w"], "x copy": TABLE["w"]}, "y")
    assert numbers.training["split"]["by"] == "chance"
    assert json.loads(json.dumps(numbers.training["split"])) == numbers.training["split"]


def test_prepared_parts_say_what_they_are() -> None:
    prepared = prepare(TABLE, Roles("y", weights="w", groups="site", time="day", drop=["id"]))
    assert prepared.others == ("y", "w", "site", "id")
    assert prepared.table.schema.names == ("x", "day", "zip")
    assert prepared.groups is not None
    assert prepared.time is not None
    assert (prepared.groups.dtype.kind, prepared.time.dtype.kind) == ("O", "M")


WRONG: list[tuple[dict[str, Any], str]] = [
    (
        {"table": {"a": [1.0] * 9, "y": [0, 1, 0] * 3}},
        r"no column of the table is of use to predict from\. 'a': it is the same.*types=",
    ),
    ({"table": {"y": [0, 1, 0]}}, "no column beside its target"),
    ({"drop": ["agee"]}, "no column 'agee'"),
    ({"types": {"sitee": "category"}}, r"no column 'sitee'.*Did you mean 'site'"),
    ({"types": {"site": "number"}}, "'site' must hold numbers but row"),
    ({"groups": "sitee"}, "no column 'sitee'"),
    (
        {"groups": ["a", "b"]},
        (
            r"groups must be the name of a column or one value a row: the table has 120 rows, got "
            r"shape \(2,\)"
        ),
    ),
    ({"time": "site"}, "are text"),
]


@pytest.mark.parametrize(("settings", "message"), WRONG, ids=range(len(WRONG)))
def test_what_cannot_be_prepared(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        quietly(settings.pop("table", TABLE), "y", **settings)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"types": {"x": "date"}}, r"unknown kind of column 'date'.*Did you mean 'datetime'"),
        ({"types": {"x": ["number"]}}, "unknown kind of column"),
        ({"types": ["x"]}, r"types must be a mapping .* got \['x'\]"),
        ({"drop": "x"}, "drop must be a list of names of columns, got 'x'"),
        ({"drop": [3.5]}, "drop must be a list of names"),
        ({"dialect": {"delimiter": ";"}}, r"dialect must be a glassnet\.Dialect\(\.\.\.\) or None"),
        ({"limits": 5}, r"limits must be a glassnet\.Limits\(\.\.\.\) or None, got 5"),
    ],
)
def test_settings_of_another_kind(settings: dict[str, Any], message: str) -> None:
    for call in (
        lambda: quietly(TABLE, "y", **settings),
        lambda: glassnet.inspect_table(TABLE, "y", **settings),
    ):
        with pytest.raises(SettingError, match=message):
            call()


# Predicting


MODEL = quietly(TABLE, "y")
FEATURES = {name: TABLE[name] for name in ("x", "site", "day", "w", "zip")}


def test_what_was_left_out_is_not_asked_for_and_not_wondered_at() -> None:
    scores = MODEL.raw_scores(
        TABLE
    ).tobytes()  # with what was left out and with the target, and no notice
    assert MODEL.raw_scores(FEATURES).tobytes() == scores
    assert MODEL.raw_scores(dict(reversed(FEATURES.items()))).tobytes() == scores
    with pytest.warns(
        DataNotice, match="columns 'new', 'newer' are not known to the model and ignored"
    ):
        assert (
            MODEL.raw_scores({**FEATURES, "new": TABLE["x"], "newer": TABLE["x"]}).tobytes()
            == scores
        )


def test_one_record_and_several(tmp_path: Path) -> None:
    records = [
        dict(zip(FEATURES, row, strict=True)) for row in zip(*FEATURES.values(), strict=True)
    ]
    np.testing.assert_allclose(MODEL.raw_scores(records), MODEL.raw_scores(FEATURES), rtol=1e-5)
    np.testing.assert_allclose(
        MODEL.raw_scores(records[5]), MODEL.raw_scores(FEATURES)[5:6], rtol=1e-4
    )
    from_json = json.loads(json.dumps(records[5], default=str))
    assert MODEL.raw_scores(from_json).tobytes() == MODEL.raw_scores(records[5]).tobytes()
    path = tmp_path / "a.csv"
    pd.DataFrame(FEATURES).to_csv(path, index=False)
    assert (
        MODEL.predict(path).tolist()
        == MODEL.predict(str(path)).tolist()
        == MODEL.predict(FEATURES).tolist()
    )
    assert MODEL.predict_proba(path).shape == (N, 2)
    MODEL.save(tmp_path / "m.glassnet")
    again = glassnet.load(tmp_path / "m.glassnet")
    assert again.predict(path).tolist() == MODEL.predict(path).tolist()
    assert again.columns == MODEL.columns
    assert again.training["split"] == MODEL.training["split"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x": None}, None),
        ({"site": "somewhere"}, None),
        ({"day": None}, None),
        ({"x": "tall"}, "column 'x' must hold numbers but row 0 .* holds 'tall'"),
        ({"day": "tomorrow"}, "column 'day' must hold date-times .* holds 'tomorrow'"),
        ({"day": 7}, "column 'day' must hold date-times"),
    ],
)
def test_a_cell_of_another_kind_is_refused_by_name(
    tmp_path: Path, change: dict[str, Any], message: str | None
) -> None:
    record = {**{name: column[0] for name, column in FEATURES.items()}, **change}
    path = tmp_path / "a.csv"
    path.write_text(
        ",".join(record)
        + "\n"
        + ",".join("" if v is None else str(v) for v in record.values())
        + "\n"
    )
    for table in (record, [record], pd.DataFrame([record]), path):
        if message is None:
            with pytest.warns(DataNotice, match=f"1 of 1 values of '{next(iter(change))}'"):
                assert np.isfinite(MODEL.raw_scores(table)).all()
        else:
            with pytest.raises(DataError, match=message):
                MODEL.raw_scores(table)


def test_true_is_one_by_every_door(tmp_path: Path) -> None:
    one, true = (
        {**{name: column[0] for name, column in FEATURES.items()}, "x": value}
        for value in (1.0, True)
    )
    path = tmp_path / "a.csv"
    path.write_text(",".join(true) + "\n" + ",".join(map(str, true.values())) + "\n")
    for table in (true, [true], pd.DataFrame([true]), path):
        np.testing.assert_array_equal(MODEL.raw_scores(table), MODEL.raw_scores(one))


def test_missing_columns_are_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("X,site,day,w\n1,north,2024-01-01,1\n")
    for table in (
        path,
        pd.DataFrame({"X": [1.0], "site": ["north"], "day": ["2024-01-01"], "w": [1]}),
    ):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DataNotice)
            with pytest.raises(
                DataError,
                match=r"lacks 2 of the 5 columns .* needed: missing 'x', 'zip'\. Did you mean 'X'",
            ):
                MODEL.predict(table)


def test_arrays_take_the_names_of_all_training_columns() -> None:
    X = np.column_stack([np.ones(N), RNG.normal(size=(N, 2))])
    y = X[:, 1] + RNG.normal(size=N) > 0.0
    with pytest.warns(DataNotice, match="column 'x0' is left out"):
        by_array = fit(X, y, quick(max_epochs=2))
    assert by_array.predict(X).shape == (N,)
    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    with pytest.warns(DataNotice, match="column 'a' is left out"):
        by_frame = fit(frame, y, quick(max_epochs=2))
    assert (
        by_frame.raw_scores(X).tobytes()
        == by_frame.raw_scores(frame).tobytes()
        == by_array.raw_scores(X).tobytes()
    )


def test_a_long_file_is_predicted_for_a_stretch_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "long.csv"
    pd.DataFrame(FEATURES).loc[np.tile(np.arange(N), 600)].to_csv(path, index=False)
    sizes: list[int] = []
    predict = type(MODEL.engine).predict

    def noted(engine: Any, X: Any) -> Any:
        sizes.append(len(X))
        return predict(engine, X)

    monkeypatch.setattr(type(MODEL.engine), "predict", noted)
    scores = MODEL.raw_scores(path)
    assert len(sizes) > 1
    assert sum(sizes) == len(scores) == 600 * N
    np.testing.assert_allclose(
        scores, np.tile(MODEL.raw_scores(FEATURES), (600, 1)), rtol=1e-4, atol=1e-6
    )


def test_a_cell_that_is_no_number_in_a_late_stretch_is_found(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    rows = ["1.5,north,2024-01-01,1,7"] * 100_000
    path.write_text("\n".join(["x,site,day,w,zip", *rows, " NA ,north,2024-01-01,1,7"]) + "\n")
    assert len(MODEL.predict(path)) == 100_001
    path.write_text("\n".join(["x,site,day,w,zip", *rows, "tall,north,2024-01-01,1,7"]) + "\n")
    with pytest.warns(
        DataNotice,
        match=r"column 'x': 1 of 16,116 cells holds no number \('tall'\) and is read as missing",
    ):
        MODEL.predict(path)
    path.write_text(
        "\n".join(["x,site,day,w,zip", *rows, *["tall,north,2024-01-01,1,7"] * 20_000]) + "\n"
    )
    with pytest.raises(
        DataError,
        match=r"long\.csv: column 'x' must hold numbers but row 100000 .* holds 'tall'",
    ):
        MODEL.predict(path)
