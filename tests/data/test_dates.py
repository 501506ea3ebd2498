"""Date-times as numbers: the parts, which of them vary, and weights that count rows."""

from __future__ import annotations

import datetime as dt
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glassnet.data.coding.dates import CYCLES, DateCoding
from glassnet.data.coding.encoder import Encoder
from glassnet.data.tables.assembly import table_of

MOMENTS = st.datetimes(dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31))  # noqa: DTZ001  columns have no zone


def column(values):
    return np.array(values, dtype="M8[us]")


@settings(max_examples=200, deadline=None)
@given(MOMENTS)
def test_the_phases_are_those_of_the_calendar(moment):
    """Python's own calendar is the oracle."""
    expected = {
        "month": moment.month - 1,
        "day": moment.day - 1,
        "weekday": moment.weekday(),
        "hour": moment.hour,
        "minute": moment.minute,
        "second": moment.second,
    }
    assert {name: phase(column([moment]))[0] for name, (_, phase) in CYCLES.items()} == expected
    assert all(0 <= expected[name] < period for name, (period, _) in CYCLES.items())


def features(values, weight=None):
    table = table_of({"t": values})
    encoder = Encoder.fit(table, weight)
    return encoder.feature_names, encoder.encode(table, "float64")


ONE = dt.datetime(2024, 1, 31, 12, 30, 15)  # noqa: DTZ001
VARYING = {
    "years": ([ONE, ONE.replace(year=2025)], ["year", "weekday"]),
    "months": ([ONE, ONE.replace(month=3)], ["month", "weekday"]),
    "days": ([ONE, ONE.replace(day=30)], ["day", "weekday"]),
    "weeks": ([ONE, ONE.replace(day=24)], ["day"]),
    "hours": ([ONE, ONE.replace(hour=13)], ["hour"]),
    "minutes": ([ONE, ONE.replace(minute=0)], ["minute"]),
    "seconds": ([ONE, ONE.replace(second=0)], ["second"]),
    "microseconds": ([ONE, ONE.replace(microsecond=7)], []),
    "a gap": ([ONE, None, ONE.replace(hour=13)], ["hour"]),
}


@pytest.mark.parametrize(("values", "parts"), VARYING.values(), ids=VARYING)
def test_only_parts_that_vary_are_kept(values, parts):
    names, X = features(values)
    gap = ["t is missing"] if None in values else []
    line = ["t", *(["t: year"] if "year" in parts else []), *gap]
    assert list(names) == line + [
        f"t: {part} {wave}" for part in parts if part != "year" for wave in ("sin", "cos")
    ]
    assert all(
        len(set(X[:, i])) > 1 or "sin" in name or "cos" in name for i, name in enumerate(names)
    )
    if gap:
        assert X[1].tolist() == [1.0 if name == "t is missing" else 0.0 for name in names]


def test_a_cycle_closes():
    months = [dt.datetime(2024, month, 1) for month in range(1, 13)]  # noqa: DTZ001
    names, X = features(months)
    circle = X[:, [names.index("t: month sin"), names.index("t: month cos")]]
    steps = np.linalg.norm(circle - np.roll(circle, 1, axis=0), axis=1)
    np.testing.assert_allclose(
        steps, steps[0], rtol=1e-12
    )  # from December to January it is as far as from May to June
    np.testing.assert_allclose(np.linalg.norm(circle, axis=1), 1.0, rtol=1e-12)


def test_time_runs_on_evenly():
    names, X = features([ONE, ONE + dt.timedelta(hours=1), ONE + dt.timedelta(hours=2)])
    assert names[0] == "t"
    np.testing.assert_allclose(X[:, 0], -X[::-1, 0], atol=1e-12)
    assert X[0, 0] < X[1, 0] < X[2, 0]


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.none() | MOMENTS, st.integers(0, 3)), min_size=2, max_size=20).filter(
        lambda rows: any(w for _, w in rows)
    )
)
def test_a_weight_is_a_number_of_rows(rows):
    values, counts = column([value for value, _ in rows]), np.array([count for _, count in rows])
    weighted = Encoder.fit(table_of({"t": values}), counts).dates[0]
    repeated = Encoder.fit(table_of({"t": np.repeat(values, counts)})).dates[0]
    assert (weighted.cycles, weighted.continuous.names, weighted.continuous.has_missing) == (
        repeated.cycles,
        repeated.continuous.names,
        repeated.continuous.has_missing,
    )
    np.testing.assert_allclose(
        weighted.continuous.mean, repeated.continuous.mean, rtol=1e-12, atol=1e-9
    )
    np.testing.assert_allclose(weighted.continuous.scale, repeated.continuous.scale, rtol=1e-9)


def test_plain_data_and_unseen_dates():
    table = table_of({"t": ["2024-01-31 10:00", None, "2025-03-01"]})
    encoder = Encoder.fit(table)
    again = Encoder.from_plain(json.loads(json.dumps(encoder.to_plain())))
    assert again == encoder
    assert isinstance(again.dates[0], DateCoding)
    for text in ("0001-01-01", "9999-12-31 23:59:59"):
        X = again.encode(table_of({"t": text}))
        assert np.isfinite(X).all()
        assert np.abs(X).max() <= 4.0
    assert encoder.describe() == [
        (
            "t",
            "datetime",
            "the time itself, the year, month, day, weekday, hour; missing values are marked",
        )
    ]


def test_booleans_are_one_column():
    table = table_of({"a": [True, False, None]})
    encoder = Encoder.fit(table)
    assert encoder.feature_names == ("a=true", "a is missing")
    assert encoder.encode(table).tolist() == [[1, 0], [0, 0], [0, 1]]
    assert encoder.describe() == [("a", "boolean", "1 where true; missing is a level")]
    assert Encoder.fit(table_of({"a": [False, True]})).encode(table_of({"a": "true"})).tolist() == [
        [1]
    ]
