"""Features that never varied in training are 0 for later rows, until rows that differ come."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from glassnet.data.coding.encoder import Encoder
from glassnet.data.coding.moments import extent
from glassnet.data.coding.settings import CodingSettings
from glassnet.data.tables.assembly import table_of
from glassnet.data.tables.schema import Column, Schema

#: Pools to draw the cells of a column from: kind, values; a draw may well be of one value alone.
POOLS = {
    "number": ("number", [np.nan, 0.0, 105.0, 112.0, -3.5]),
    "text": ("category", [None, "x", "y", "z"]),
    "truth": ("boolean", [None, True, False]),
    "moment": (
        "datetime",
        [None, "2023-02-01", "2023-12-01", "2023-12-01 09:30", "2024-06-15 15:30"],
    ),
}


def column(kind, cells):
    return (
        np.array(cells, float)
        if kind == "number"
        else np.array(cells, "M8[us]")
        if kind == "datetime"
        else cells
    )


def tables(n_rows):
    """Tables of one column of each pool, from some of its values each."""

    def of(kind, pool):
        some = st.lists(st.sampled_from(pool), min_size=1, max_size=3)
        return some.flatmap(
            lambda values: st.lists(st.sampled_from(values), min_size=n_rows, max_size=n_rows)
        ).map(lambda cells: column(kind, cells))

    schema = Schema(tuple(Column(name, kind) for name, (kind, _) in POOLS.items()))
    return st.fixed_dictionaries({name: of(*pool) for name, pool in POOLS.items()}).map(
        lambda data: table_of(data).select(schema)
    )


def varying(encoder):
    """The same encoder, as if every feature had varied in training."""

    def all_vary(coding):
        return replace(coding, constant=())

    dates = tuple(
        replace(date, continuous=all_vary(date.continuous), still=()) for date in encoder.dates
    )
    return replace(
        encoder,
        numbers=all_vary(encoder.numbers),
        categories=tuple(replace(c, constant="") for c in encoder.categories),
        dates=dates,
    )


SETTINGS = {
    "one-hot": CodingSettings(),
    "robust, coded": CodingSettings("robust", 3.0, max_one_hot=0),
}


@pytest.mark.parametrize("coding", SETTINGS.values(), ids=SETTINGS)
@settings(max_examples=150, deadline=None)
@given(tables(5), tables(7))
def test_a_feature_that_never_varied_is_0_for_every_row_and_the_others_are_as_they_were(
    coding, training, later
):
    encoder = Encoder.fit(training, None, coding)
    before = varying(encoder).encode(training, "float64")
    still = np.ptp(before, axis=0) < 1e-9
    for table in (training, later):
        X, plain = (e.encode(table, "float64") for e in (encoder, varying(encoder)))
        assert not X[:, still].any()
        np.testing.assert_array_equal(X[:, ~still], plain[:, ~still])
    assert Encoder.from_plain(json.loads(json.dumps(encoder.to_plain()))) == encoder
    assert len(encoder.describe()) == len(POOLS)


@pytest.mark.parametrize("coding", SETTINGS.values(), ids=SETTINGS)
@settings(max_examples=150, deadline=None)
@given(st.lists(tables(2), min_size=2, max_size=4))
def test_batch_by_batch_a_feature_comes_alive_when_it_varies(coding, batches):
    first = Encoder.fit(batches[0], None, coding)
    encoder = first
    for batch in batches:
        encoder = encoder.updated(batch)
    assert encoder.updated(batches[-1]) is encoder
    assert encoder.feature_names == first.feature_names
    alive = varying(encoder)
    seen = np.concatenate([alive.encode(batch, "float64") for batch in batches])
    still = np.ptp(seen, axis=0) < 1e-9
    found = np.concatenate([encoder.encode(batch, "float64") for batch in batches])
    assert not found[:, still].any()
    np.testing.assert_array_equal(found[:, ~still], seen[:, ~still])


CONSTANT_SPARSE = {"zeros": 0.0, "equal in every row": 5.0, "below 0": -2.5}


@pytest.mark.parametrize("value", CONSTANT_SPARSE.values(), ids=CONSTANT_SPARSE)
def test_a_sparse_column_that_never_varied_is_zeros(value):
    X = np.random.default_rng(0).normal(size=(20, 3)) * [1.0, 0.0, 1.0] + [0.0, value, 0.0]
    other = X.copy()
    other[:, 1] += 7.0
    encoder = Encoder.fit(table_of(sp.csr_array(X)))
    assert encoder.numbers.constant == ("", "value", "")
    for rows in (X, other):
        found = encoder.encode(table_of(sp.csr_array(rows)))
        assert isinstance(found, sp.csr_array)
        assert not found.toarray()[:, 1].any()
        np.testing.assert_array_equal(found.toarray(), encoder.encode(table_of(rows)))
    assert encoder.updated(table_of(sp.csr_array(X))) is encoder
    now = encoder.updated(table_of(sp.csr_array(other)))
    assert now.numbers == replace(encoder.numbers, mean=(0.0, 0.0, 0.0), constant=())
    assert now.encode(table_of(sp.csr_array(other))).toarray()[:, 1].all()


@pytest.mark.parametrize("shape", [(1, 1), (5, 1), (20, 3)])
def test_a_sparse_table_without_a_written_cell_is_zeros(shape):
    table = table_of(sp.csr_array(shape))
    encoder = Encoder.fit(table)
    assert encoder.numbers.constant == ("value",) * shape[1]
    assert encoder.numbers.mean == (0.0,) * shape[1]
    assert encoder.numbers.scale == (1.0,) * shape[1]
    assert not encoder.encode(table).toarray().any()


def test_extent_is_that_of_what_is_present():
    dense = np.array([[1.0, np.nan, np.nan, 0.0], [-2.0, np.nan, 3.0, 0.0]])
    low, high = extent(dense)
    assert (low.tolist(), high.tolist()) == ([-2.0, np.inf, 3.0, 0.0], [1.0, -np.inf, 3.0, 0.0])
    low, high = extent(sp.csr_array(np.array([[1.0, 0.0, 2.0], [3.0, 0.0, -1.0], [4.0, 0.0, 0.0]])))
    assert (low.tolist(), high.tolist()) == ([1.0, 0.0, -1.0], [4.0, 0.0, 2.0])


def test_rare_levels_alone_are_constant():
    names = [f"row {i}" for i in range(2001)]
    encoder = Encoder.fit(table_of({"a": names}))
    assert encoder.feature_names == ("a is rare",)
    assert encoder.encode(table_of({"a": [names[0], "new", None]})).tolist() == [[0], [0], [0]]
    assert encoder.updated(table_of({"a": ["new", None]})).encode(
        table_of({"a": ["new", None]})
    ).tolist() == [[1], [0]]


def test_a_wave_that_never_varied_is_0():
    encoder = Encoder.fit(table_of({"t": ["2024-02-01", "2024-12-01"]}))
    place = encoder.feature_names.index("t: month cos")
    assert "month (sine)" in encoder.describe()[0][2]
    summer = table_of({"t": ["2024-06-01", "2024-02-01"]})
    assert encoder.encode(summer)[:, place].tolist() == [0.0, 0.0]
    np.testing.assert_allclose(
        encoder.updated(summer).encode(summer)[:, place],
        np.cos(2.0 * np.pi / 12.0 * np.array([5, 1])),
        rtol=1e-6,
    )


LATER = {
    "text": ["x", "y"],
    "numbers": [1.0, 2.0],
    "dates": ["2024-01-01", "2025-01-01"],
    "truths": [True, False],
    "gaps": [None, None],
}


@pytest.mark.parametrize("kind", ["number", "category", "boolean", "datetime"])
@pytest.mark.parametrize("later", LATER.values(), ids=LATER)
def test_a_column_of_gaps_alone_takes_anything(kind, later):
    schema = Schema((Column("a", kind), Column("b", "number")))
    encoder = Encoder.fit(table_of({"a": [None, None], "b": [1.0, 2.0]}).select(schema))
    found = encoder.encode(table_of({"b": [1.0, 2.0], "a": later}))
    np.testing.assert_array_equal(
        found, encoder.encode(table_of({"b": [1.0, 2.0], "a": [None, None]}))
    )
    assert (
        encoder.describe()[0][2]
        == "missing values only in training: it never varied, and has no effect"
    )
