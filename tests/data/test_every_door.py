"""A table gives the same schema, model, predictions and messages whatever it comes from."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
import tempfile
import warnings
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import glassnet
from glassnet.data.tables.dialect import Dialect
from glassnet.errors import DataError, SettingError
from glassnet.model import Model
from tests.data.doors import (
    DECLARED,
    DOORS,
    Columns,
    dialect_of,
    hows,
    spelled,
    text_array,
    write_csv,
)

PLAN = glassnet.Plan(recipe="plain", hidden_layer_sizes=(3,), max_epochs=2)

WORDS = [
    "red",
    "green",
    "blue",
    "grün",
    "naïve",
    "it's",
    'say "hi"',
    "a,b",
    "a;b|c",
    "two words",
    "A12",
    "tab\tin",
    "line\nend",
    "x:y^z",
    "-a",
]
GAPS = ["", "", "NA", "null", "?", "n/a"]

TYPED: dict[str, st.SearchStrategy[Any]] = {
    "number": st.floats(-1e6, 1e6, width=32)
    | st.floats(allow_nan=False, allow_infinity=False, min_value=-1e9, max_value=1e9),
    "whole": st.integers(-50, 50) | st.integers(-(2**53), 2**53),
    "long": st.integers(2**53, 2**53 + 5) | st.integers(-(2**62), 2**62),
    "huge": st.integers(-(10**24), 10**24),
    "boolean": st.booleans(),
    "word": st.sampled_from(WORDS),
    "date": st.dates(dt.date(1900, 1, 1), dt.date(2200, 1, 1)),
    "moment": st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2200, 1, 1)),  # noqa: DTZ001
}
LABELS: dict[str, list[Any]] = {
    "word": ["no", "yes", "None, really"],
    "boolean": [True, False],
    "whole": [0, 1, 5],
    "long": [2**53, 2**53 + 1, -(2**60)],
}


@st.composite
def typed_tables(draw: st.DrawFn) -> dict[str, Any]:
    """Columns of a table with declared types and of a later one, and how to read them."""
    n, later = draw(st.integers(8, 24)), draw(st.integers(1, 6))
    kinds = {
        f"x{i}": kind
        for i, kind in enumerate(
            draw(st.lists(st.sampled_from(list(TYPED)), min_size=2, max_size=5))
        )
    }
    columns: Columns = {}
    then: Columns = {}
    types = {}
    for name, kind in kinds.items():
        cells = TYPED[kind] | st.none() if draw(st.booleans()) else TYPED[kind]
        columns[name] = [draw(TYPED[kind]), *draw(st.lists(cells, min_size=n - 1, max_size=n - 1))]
        then[name] = draw(st.lists(cells, min_size=later, max_size=later))
        if kind in ("whole", "long", "huge", "word") and draw(st.integers(0, 3)) == 0:
            types[name] = "category"
        if kind == "boolean" and draw(st.integers(0, 3)) == 0:
            types[name] = "number"
    kind = draw(st.sampled_from(["number", *LABELS]))
    target, kinds[f"x{len(columns)}"] = f"x{len(columns)}", kind
    cells = TYPED["number"] if kind == "number" else st.sampled_from(LABELS[kind])
    columns[target] = [
        *LABELS.get(kind, [0.5, 1.5])[:2] * 2,
        *draw(st.lists(cells, min_size=n - 4, max_size=n - 4)),
    ]
    gap = "" if "category" in types.values() else draw(st.sampled_from(GAPS))
    decimal = draw(st.sampled_from(".,"))
    return {
        "kinds": kinds,
        "columns": columns,
        "later": then,
        "target": target,
        "types": types,
        "gap": gap,
        "decimal": decimal,
    }


def digest(model: Model) -> dict[str, Any]:
    """What tells a model from others."""
    parts = [
        json.dumps([model.encoder.to_plain(), model.target.to_plain()], sort_keys=True).encode()
    ]
    seal = hashlib.sha256(b"".join([*parts, model.network.parameters.theta.tobytes()])).hexdigest()
    return {
        "schema": model.encoder.schema.to_plain(),
        "classes": model.classes,
        "columns": model.training["columns"],
        "seal": seal,
    }


def outcome(call: Any, path: Path) -> Any:
    """What a call returns, or the message of its error without the path of a file."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", glassnet.DataNotice)
            return call()
    except (DataError, SettingError) as error:
        message = str(error)
        return message.partition(": ")[2] if message.startswith(str(path.parent)) else message


def predicted(model: Model, table: Any) -> Any:
    return model.raw_scores(table).tobytes(), model.predict(table).tolist()


def same_at_every_door(
    case: dict[str, Any],
    doors: dict[str, Any],
    texts: Any,
    how: dict[str, Any],
    how_later: dict[str, Any],
) -> None:
    """Fit by every door, and let the model of each predict for what comes in by the next."""
    options = {"types": case["types"], "task": case.get("task")}
    cell = case.get("cell", Dialect())
    with tempfile.TemporaryDirectory() as folder:
        path, later = Path(folder) / "a.csv", Path(folder) / "b.csv"
        write_csv(path, texts(case["columns"]), how)
        write_csv(later, texts(case["later"]), how_later)
        said, said_later = dialect_of(how).filled(cell), dialect_of(how_later).filled(cell)
        models = {
            "csv": outcome(
                lambda: glassnet.fit(path, case["target"], PLAN, dialect=said, **options), path
            )
        }
        first = models["csv"]
        if isinstance(first, Model) and first.dialect is not None and first.dialect.decimal:
            cell = dataclasses.replace(
                cell, decimal=first.dialect.decimal
            )  # what the file as a whole shows has to be said of a frame
        for name, make in doors.items():
            table = make(case["columns"], case["kinds"], path)
            models[name] = outcome(
                lambda table=table: glassnet.fit(
                    table, case["target"], PLAN, dialect=cell, **options
                ),
                path,
            )
        expected = digest(first) if isinstance(first, Model) else first
        for name, model in models.items():
            got = digest(model) if isinstance(model, Model) else model
            assert got == expected, f"{name} gives {got}, the text file {expected}"
        if not isinstance(first, Model):
            return
        tables = {name: make(case["later"], case["kinds"], later) for name, make in doors.items()}
        answers = {}
        for model, (name, table) in zip(
            models.values(), tables.items(), strict=False
        ):  # the door before
            answers[name] = outcome(lambda model=model, table=table: predicted(model, table), later)
        told = dataclasses.replace(model, dialect=said_later.filled(model.dialect))
        answers["csv"] = outcome(lambda: predicted(told, later), later)
        for name, answer in answers.items():
            assert answer == answers["csv"], (
                f"{name} answers {answer}, the text file {answers['csv']}"
            )


def typed_law(case: dict[str, Any], how: dict[str, Any], how_later: dict[str, Any]) -> None:
    decimal = "." if how["delimiter"] == "," or how_later["delimiter"] == "," else case["decimal"]
    how, how_later = (
        {**one, "encoding": "utf-8"} if one["encoding"] == "cp1252" else one
        for one in (how, how_later)
    )
    declared = {} if case["types"] else DECLARED

    def texts_of(columns):
        return {
            name: [spelled(value, decimal, case["gap"]) for value in values]
            for name, values in columns.items()
        }

    same_at_every_door(case, {**DOORS, **declared}, texts_of, how, how_later)


# Tables of texts: whatever stands in the cells of a file stands in a frame of strings.


def grouped(value: float, mark: str, between: str) -> str:
    return f"{value:,.2f}".replace(",", "|").replace(".", mark).replace("|", between)


def other(mark: str) -> str:
    return "," if mark == "." else "."


NUMBER = st.integers(-(10**9), 10**9).map(lambda units: units / 100) | st.integers(-5000, 5000).map(
    lambda units: units / 1000
)
POSITIVE = st.integers(1, 10**9).map(lambda units: units / 100)
MOMENT = TYPED["moment"]
#: What is spelled, and how, with a decimal mark.
STYLES: dict[str, tuple[st.SearchStrategy[Any], Any]] = {
    "plain": (NUMBER, lambda x, mark: str(x).replace(".", mark)),
    "whole": (st.integers(-3000, 3000), lambda x, mark: str(x)),
    "long": (st.integers(2**53, 2**53 + 9), lambda x, mark: str(x)),
    "thousands": (NUMBER, lambda x, mark: grouped(x, mark, other(mark))),
    "whole thousands": (st.integers(0, 10**7), lambda x, mark: f"{x:,}".replace(",", other(mark))),
    "spaces": (NUMBER, lambda x, mark: grouped(x, mark, "\u202f")),
    "apostrophes": (NUMBER, lambda x, mark: grouped(x, mark, "'")),
    "money before": (POSITIVE, lambda x, mark: "$" + grouped(x, mark, other(mark))),
    "money behind": (NUMBER, lambda x, mark: grouped(x, mark, other(mark)) + " EUR"),
    "per cent": (NUMBER, lambda x, mark: f"{x}%".replace(".", mark)),
    "unit": (NUMBER, lambda x, mark: f"{x} kg".replace(".", mark)),
    "brackets": (NUMBER, lambda x, mark: (f"({-x})" if x < 0 else str(x)).replace(".", mark)),
    "minus behind": (NUMBER, lambda x, mark: (f"{-x}-" if x < 0 else str(x)).replace(".", mark)),
    "minus sign": (NUMBER, lambda x, mark: str(x).replace("-", "\u2212").replace(".", mark)),
    "codes": (st.integers(0, 9999), lambda x, mark: f"{x:04d}"),
    "clock": (MOMENT, lambda x, mark: f"{x:%H:%M}"),
    "half clock": (MOMENT, lambda x, mark: f"{x:%I:%M %p}"),
    "iso": (MOMENT, lambda x, mark: f"{x.year}-{x:%m-%d}"),
    "zone": (MOMENT, lambda x, mark: f"{x.year}-{x:%m-%dT%H:%M}+02:00"),
    "day first": (MOMENT, lambda x, mark: f"{x:%d}.{x:%m}.{x.year}"),
    "day first, slashes": (MOMENT, lambda x, mark: f"{x.day}/{x.month}/{x.year} {x:%H:%M}"),
    "month first": (MOMENT, lambda x, mark: f"{x:%m}/{x:%d}/{x.year}"),
    "month by name": (MOMENT, lambda x, mark: f"{x:%d-%b}-{x.year}"),
    "boolean": (st.booleans(), lambda x, mark: str(x).upper()),
    "words": (st.sampled_from([*WORDS, "None", "NaN"]), lambda x, mark: x),
    "words and numbers": (
        st.sampled_from(["12", "7", "102B", "n.a.", "15", "none", "true"]),
        lambda x, mark: x,
    ),
}
ODD = ["-", "n.a.", "<0.01", "unknown", "#N/A", "three", "102B", "5 g", "None"]
REGRESSION = ["plain", "thousands", "money before", "per cent", "unit", "brackets"]


@st.composite
def text_tables(draw: st.DrawFn) -> dict[str, Any]:
    """The columns of a table of texts and of a later one, and what is said of their cells."""
    n, later, mark = draw(st.integers(8, 24)), draw(st.integers(1, 6)), draw(st.sampled_from("..,"))
    columns: Columns = {}
    then: Columns = {}
    types = {}

    def column(style: str, count: int, *, sound: bool = False) -> list[str]:
        cells, spell = STYLES[style]
        mixed = not sound and draw(st.integers(0, 3)) == 0
        texts = [
            spell(value, mark) for value in draw(st.lists(cells, min_size=count, max_size=count))
        ]
        for i in draw(st.lists(st.integers(0, count - 1), max_size=count // 3)) if mixed else ():
            texts[i] = draw(st.sampled_from(["", *ODD]))
        return texts

    for name in [f"x{i}" for i in range(draw(st.integers(2, 5)))]:
        style = draw(st.sampled_from(list(STYLES)))
        columns[name], then[name] = column(style, n), column(style, later)
        if draw(st.integers(0, 5)) == 0:
            types[name] = draw(st.sampled_from(["number", "category", "datetime", "boolean"]))
    target = f"x{len(columns)}"
    labels = draw(st.booleans())
    style = draw(st.sampled_from(REGRESSION))
    columns[target] = (
        [("no", "yes", "None")[i % 3] for i in range(n)] if labels else column(style, n, sound=True)
    )
    cell = Dialect(
        dates=draw(st.sampled_from([None, None, "dmy", "mdy"])),
        missing=draw(st.sampled_from([None, None, ["-", "red"], []])),
    )
    kinds = dict.fromkeys(columns, "word")
    task = "classification" if labels else "regression"
    return {
        "kinds": kinds,
        "columns": columns,
        "later": then,
        "target": target,
        "types": types,
        "task": task,
        "mark": mark,
        "cell": cell,
    }


def text_law(case: dict[str, Any], how: dict[str, Any], how_later: dict[str, Any]) -> None:
    if case["mark"] == ",":  # the mark is that of the file: the rest would be another table
        how, how_later = (
            {**one, "delimiter": ";" if one["delimiter"] == "," else one["delimiter"]}
            for one in (how, how_later)
        )
    how, how_later = (
        {**one, "encoding": "utf-8"} if one["encoding"] == "cp1252" else one
        for one in (how, how_later)
    )
    doors = {name: door for name, door in DOORS.items() if name != "arrays"} | {
        "text array": lambda columns, kinds, _: text_array(columns)
    }
    same_at_every_door(case, doors, lambda columns: columns, how, how_later)


slow_checks = [HealthCheck.too_slow, HealthCheck.data_too_large]
quick = settings(max_examples=20, deadline=None, suppress_health_check=slow_checks)


def patient(test: Any) -> Any:
    """A test of minutes, on a busy machine more than the usual limit allows."""
    return pytest.mark.slow(pytest.mark.timeout(1800)(test))


long = settings(max_examples=1000, deadline=None, suppress_health_check=slow_checks)

test_texts = quick(given(text_tables(), hows, hows)(text_law))
test_typed = quick(given(typed_tables(), hows, hows)(typed_law))
test_typed_long = patient(long(given(typed_tables(), hows, hows)(typed_law)))
test_texts_long = patient(long(given(text_tables(), hows, hows)(text_law)))
