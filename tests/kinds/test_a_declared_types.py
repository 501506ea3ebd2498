"""A type that a column was declared with wins over what its values look like, by every door."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from pyarrow import feather, parquet

import glassnet
from glassnet.data.tables.cells import text_of
from tests.kinds.doors import DOORS, OPTIONS, command, fit, named, plain, read, scores

N = 60
FLAGS = [i * 7 % 5 > 2 for i in range(N)]


def repeated(*values):
    return [values[i % len(values)] for i in range(N)]


#: What categories may be of.
MEMBERS = {
    "whole numbers": repeated(3, 1, 2),
    "fractions": repeated(1.5, 2.5, 0.25),
    "whole floats": repeated(1.0, 2.0, 3.0),
    "negative numbers": repeated(-1, 0, 1),
    "large numbers": repeated(2**60 + 1, 2**60 + 2),
    "decimals": repeated(Decimal("1.75"), Decimal("2.25")),
    "dates": repeated(dt.date(2020, 1, 2), dt.date(2021, 3, 4)),
    "date-times": repeated(
        *(dt.datetime.fromisoformat(text) for text in ("2020-01-02 03:04", "2021-03-04 05:06"))
    ),
    "booleans": repeated(True, False, True),
    "words": repeated("Dream", "Biscoe"),
    "numeric text": repeated("10", "9", "8"),
    "codes": repeated("007", "7"),
    "prices": repeated("$1.50", "$2.00"),
    "dates as text": repeated("2020-01-02", "2021-03-04"),
    "truth as text": repeated("true", "false"),
    "gaps": repeated(1, None, 2),
    "words for gaps": repeated("NA", "None", "a"),
}


def _pandas(values, **how):
    return pd.DataFrame({"x0": pd.Series(pd.Categorical(values, **how)), "x1": FLAGS})


def _arrow(values):
    return pa.table({"x0": pa.array(values).dictionary_encode(), "x1": FLAGS})


def _polars(values, kind=None):
    texts = [text_of(value) if not isinstance(value, str) else value for value in values]
    return pl.DataFrame(
        {"x0": pl.Series(texts, dtype=kind or pl.Enum(sorted({*texts} - {None}))), "x1": FLAGS}
    )


def _file(write, path):
    write(path)
    return path


def _unique(values):
    return list(dict.fromkeys(value for value in values if value is not None))


#: Doors at which a category can be declared.
DECLARED = {
    "pandas": lambda values, _: _pandas(values),
    "pandas, ordered": lambda values, _: _pandas(
        values, categories=_unique(values)[::-1], ordered=True
    ),
    "dict of series": lambda values, _: {"x0": _pandas(values)["x0"], "x1": FLAGS},
    "pandas with pyarrow": lambda values, _: pd.DataFrame(
        {"x0": pd.Series(pd.arrays.ArrowExtensionArray(_arrow(values).column(0))), "x1": FLAGS}
    ),
    "polars enum": lambda values, _: _polars(values),
    "polars categorical": lambda values, _: _polars(values, pl.Categorical),
    "pyarrow": lambda values, _: _arrow(values),
    "dict of pyarrow": lambda values, _: {"x0": _arrow(values).column(0), "x1": FLAGS},
    "dict of one chunk": lambda values, _: {
        "x0": pa.array(values).dictionary_encode(),
        "x1": FLAGS,
    },
    "Parquet of pandas": lambda values, folder: _file(
        _pandas(values).to_parquet, folder / "pandas.parquet"
    ),
    "Parquet of polars": lambda values, folder: _file(
        _polars(values).write_parquet, folder / "polars.parquet"
    ),
    "Parquet of pyarrow": lambda values, folder: _file(
        lambda path: parquet.write_table(_arrow(values), path), folder / "pyarrow.parquet"
    ),
    "Arrow file of pandas": lambda values, folder: _file(
        _pandas(values).to_feather, folder / "pandas.feather"
    ),
    "Arrow file of polars": lambda values, folder: _file(
        _polars(values).write_ipc, folder / "polars.arrow"
    ),
    "Arrow file of pyarrow": lambda values, folder: _file(
        lambda path: feather.write_feather(_arrow(values), str(path)), folder / "pyarrow.arrow"
    ),
}

every_door = pytest.mark.parametrize("door", DECLARED)


@every_door
@pytest.mark.parametrize("member", MEMBERS)
def test_a_declared_category_is_one(member, door, tmp_path):
    values = MEMBERS[member]
    given = DECLARED[door](values, tmp_path)
    table = read(given)
    assert table.schema.kinds == {"x0": "category", "x1": "boolean"}
    assert table.column("x0").tolist() == [
        value if isinstance(value, str) else text_of(value) for value in values
    ]
    model, _ = fit(given, "x1")
    expected, _ = scores(model, given)
    levels = model.encoder.categories[0].levels
    assert levels == tuple(
        sorted({text for text in table.column("x0").tolist() if text is not None})
    )
    found = scores(model, DOORS["dict of lists"](named(values, FLAGS), tmp_path))[0]
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_allclose(scores(model, {"x0": values[0]})[0], expected[:1], atol=1e-6)
    assert scores(model, {"x0": ["some other text"]})[0].shape == expected[:1].shape
    assert glassnet.inspect_table(given).columns[0].kind == "category"


@every_door
@pytest.mark.parametrize(
    "member",
    [
        "whole numbers",
        "fractions",
        "whole floats",
        "dates",
        "numeric text",
        "prices",
        "large numbers",
    ],
)
def test_a_declared_category_is_a_target_of_classes(member, door, tmp_path):
    values = MEMBERS[member]
    given = DECLARED[door](values, tmp_path)
    model, _ = fit(given, "x0")
    assert model.task in ("binary", "multiclass")
    assert {text_of(label) for label in model.classes} == set(map(text_of, values))
    report = glassnet.inspect_table(given, target="x0")
    assert (report.task, len(report.classes)) == (model.task, len(set(values)))


@every_door
def test_many_whole_numbers_that_are_categories_are_classes(door, tmp_path):
    values = [i % 30 for i in range(N)]  # as plain numbers they would be a regression
    given = DECLARED[door](values, tmp_path)
    model, _ = fit(given, "x0")
    whole = "polars" not in door  # whose categories are text
    assert (model.task, model.classes) == (
        "multiclass",
        tuple(range(30)) if whole else tuple(sorted(map(str, range(30)))),
    )
    assert glassnet.inspect_table(given, target="x0").task == "multiclass"


@pytest.mark.parametrize(
    "door", [door for door in DECLARED if " of pa" in door or " of po" in door or " of py" in door]
)
@pytest.mark.parametrize("member", ["whole numbers"])
def test_the_command_line_obeys_a_declared_category(member, door, tmp_path):
    given = DECLARED[door](MEMBERS[member], tmp_path)
    if isinstance(given, dict):
        return
    model = tmp_path / "m.glassnet"
    command("train", given, "--target", "x0", *OPTIONS, "-o", model)
    assert glassnet.load(model).task in ("binary", "multiclass")
    assert json.loads(command("evaluate", model, given, "--json")[0])["n_rows"] == N
    command("train", given, "--target", "x1", *OPTIONS, "-o", model)
    command("predict", model, given, "-o", tmp_path / "p.csv")
    assert json.loads(command("evaluate", model, given, "--json")[0])["n_rows"] == N


@pytest.mark.parametrize("member", MEMBERS)
@pytest.mark.parametrize(
    "door",
    [
        "pandas",
        "pandas, ordered",
        "polars enum",
        "polars categorical",
        "pyarrow",
        "pandas with pyarrow",
    ],
)
def test_an_estimator_obeys_a_declared_category(member, door, tmp_path):
    given = DECLARED[door](MEMBERS[member], tmp_path)
    X = (
        given.drop(columns="x1")
        if isinstance(given, pd.DataFrame)
        else given.drop("x1")
        if isinstance(given, pl.DataFrame)
        else given.select(["x0"])
    )
    model = glassnet.GlassNetClassifier(
        recipe="plain", hidden_layer_sizes=(), max_epochs=1, random_state=0
    ).fit(X, FLAGS)
    (coding,) = model.model_.encoder.categories
    assert coding.levels == tuple(
        sorted(
            {value if isinstance(value, str) else text_of(value) for value in MEMBERS[member]}
            - {None}
        )
    )
    assert len(model.predict(X)) == N


ABSENT = [None] * N
#: Columns without a value whose type says what they would hold, and the kind that this is.
EMPTY = {
    "pandas string": (pd.Series(ABSENT, dtype="string"), "category"),
    "pandas str": (pd.Series(ABSENT, dtype="str"), "category"),
    "pandas category": (pd.Series(pd.Categorical(ABSENT, categories=[1, 2])), "category"),
    "pandas Int64": (pd.Series(ABSENT, dtype="Int64"), "number"),
    "pandas UInt64": (pd.Series(ABSENT, dtype="UInt64"), "number"),
    "pandas Float64": (pd.Series(ABSENT, dtype="Float64"), "number"),
    "pandas float": (pd.Series(ABSENT, dtype=float), "number"),
    "pandas boolean": (pd.Series(ABSENT, dtype="boolean"), "boolean"),
    "pandas datetime": (pd.Series(ABSENT, dtype="datetime64[ns]"), "datetime"),
    "pandas zoned datetime": (pd.Series(ABSENT, dtype="datetime64[us, UTC]"), "datetime"),
    **{
        f"pandas {name}": (pd.Series(ABSENT, dtype=pd.ArrowDtype(kind)), found)
        for name, kind, found in (
            ("pyarrow text", pa.string(), "category"),
            ("pyarrow int64", pa.int64(), "number"),
            ("pyarrow double", pa.float64(), "number"),
            ("pyarrow bool", pa.bool_(), "boolean"),
            ("pyarrow date", pa.date32(), "datetime"),
            ("pyarrow timestamp", pa.timestamp("us"), "datetime"),
        )
    },
    **{
        f"polars {kind}": (pl.Series(ABSENT, dtype=kind), found)
        for kind, found in (
            (pl.String, "category"),
            (pl.Categorical, "category"),
            (pl.Enum(["a"]), "category"),
            (pl.Int64, "number"),
            (pl.UInt8, "number"),
            (pl.Float32, "number"),
            (pl.Decimal(10, 2), "number"),
            (pl.Boolean, "boolean"),
            (pl.Date, "datetime"),
            (pl.Datetime("us"), "datetime"),
        )
    },
    **{
        f"pyarrow {kind}": (pa.array(ABSENT, kind), found)
        for kind, found in (
            (pa.string(), "category"),
            (pa.large_string(), "category"),
            (pa.string_view(), "category"),
            (pa.dictionary(pa.int8(), pa.int64()), "category"),
            (pa.dictionary(pa.int32(), pa.string()), "category"),
            (pa.int32(), "number"),
            (pa.float64(), "number"),
            (pa.decimal128(5, 1), "number"),
            (pa.bool_(), "boolean"),
            (pa.date32(), "datetime"),
            (pa.timestamp("ns", "UTC"), "datetime"),
        )
    },
}


def _held(column, rows):
    """A table of a column of some library beside others, in memory and in files."""
    others = {"x1": [i / 8 for i in range(N)][:rows], "x2": FLAGS[:rows]}
    if isinstance(column, pd.Series):
        frame = pd.DataFrame({"x0": column, **others})
        return frame, {"parquet": frame.to_parquet, "feather": frame.to_feather}
    if isinstance(column, pl.Series):
        frame = pl.DataFrame({"x0": column, **others})
        return frame, {"parquet": frame.write_parquet, "arrow": frame.write_ipc}
    frame = pa.table({"x0": column, **others})
    return frame, {
        "parquet": lambda path: parquet.write_table(frame, path),
        "arrow": lambda path: feather.write_feather(frame, str(path)),
    }


@pytest.mark.parametrize("member", EMPTY)
def test_a_type_without_a_value_is_kept(member, tmp_path):
    column, kind = EMPTY[member]
    frame, writers = _held(column, N)
    given = [frame, {"x0": column, "x1": [i / 8 for i in range(N)], "x2": FLAGS}]
    given += [_file(write, tmp_path / f"t.{suffix}") for suffix, write in writers.items()]
    for one in given:
        table = read(one)
        assert table.schema.kinds["x0"] == kind
        assert plain(table.column("x0")) == ABSENT
        model = glassnet.GlassNetClassifier(
            recipe="plain", hidden_layer_sizes=(), max_epochs=1, random_state=0
        )
        trained, _ = fit(one, "x2", types={"x0": kind})
        expected = scores(trained, one)[0]
        for later in (
            ["some text"] * N,
            ["7"] * N,
            [7.5] * N,
            ["2020-01-02"] * N,
            [True] * N,
            ABSENT,
        ):
            np.testing.assert_allclose(
                scores(trained, {"x0": later, "x1": given[1]["x1"]})[0], expected, atol=1e-6
            )
    X = (
        frame.drop(columns="x2")
        if isinstance(frame, pd.DataFrame)
        else frame.drop("x2")
        if isinstance(frame, pl.DataFrame)
        else frame.drop(["x2"])
    )
    model.fit(X, FLAGS)
    assert model.model_.encoder.schema.kinds["x0"] == kind
    assert len(model.predict(pd.DataFrame({"x0": ["some text"], "x1": [0.5]}))) == 1
