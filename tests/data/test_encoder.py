"""Columns become scaled numbers and ones; weights count rows; nothing overflows."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from glassnet.data.coding import moments as moments_file
from glassnet.data.coding import number_coding
from glassnet.data.coding.category_coding import CategoryCoding
from glassnet.data.coding.encoder import Encoder
from glassnet.data.coding.moments import moments
from glassnet.data.rows import checked_weight
from glassnet.data.tables.assembly import table_of
from glassnet.errors import DataError

FLOAT_MAX = np.finfo(np.float64).max


def mixed(n=200, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(3.0, 5.0, (n, 3))
    X[rng.random((n, 3)) < [0.0, 0.1, 0.3]] = np.nan
    island = rng.choice(np.array(["Dream", "Biscoe", "Torgersen", None], dtype=object), n)
    sex = rng.choice(["f", "m"], n)
    return table_of({"a": X[:, 0], "island": island, "b": X[:, 1], "sex": sex, "c": X[:, 2]})


def close(one, other):
    assert one.schema == other.schema
    assert one.feature_names == other.feature_names
    assert one.categories == other.categories
    assert one.numbers.has_missing == other.numbers.has_missing
    np.testing.assert_allclose(one.numbers.mean, other.numbers.mean, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(one.numbers.scale, other.numbers.scale, rtol=1e-12)


def clipped(Z, limit=4.0):
    return Z / np.sqrt(1.0 + (Z / limit) ** 2)


def test_features_by_hand():
    table = table_of(
        {"age": [1.0, np.nan, 3.0], "island": ["Dream", "Biscoe", None], "size": [5.0, 5.0, 5.0]}
    )
    encoder = Encoder.fit(table)
    assert encoder.feature_names == (
        "age",
        "size",
        "age is missing",
        "island=Biscoe",
        "island=Dream",
        "island is missing",
    )
    X = encoder.encode(table)
    one = clipped(1.0)
    np.testing.assert_allclose(
        X, [[-one, 0, 0, 0, 1, 0], [0, 0, 1, 1, 0, 0], [one, 0, 0, 0, 0, 1]], rtol=1e-7
    )
    assert X.dtype == np.float32
    assert X.flags.c_contiguous
    assert encoder.n_features == 6
    later = table_of({"size": [7.0], "island": ["Torgersen"], "extra": ["x"], "age": [2.0]})
    np.testing.assert_array_equal(encoder.encode(later, "float64"), [[0, 0, 0, 0, 0, 0]])


def test_gaps_where_training_had_none_are_zeros():
    encoder = Encoder.fit(table_of({"a": [1.0, 3.0], "b": ["x", "y"]}))
    assert encoder.encode(table_of({"a": [np.nan], "b": [None]})).tolist() == [[0, 0, 0]]


def test_statistics_are_those_of_numpy():
    table = mixed()
    encoder = Encoder.fit(table)
    np.testing.assert_allclose(encoder.numbers.mean, np.nanmean(table.numbers, axis=0), rtol=1e-13)
    np.testing.assert_allclose(encoder.numbers.scale, np.nanstd(table.numbers, axis=0), rtol=1e-13)
    X = encoder.encode(table, "float64")[:, :3]
    Z = (table.numbers - np.nanmean(table.numbers, axis=0)) / np.nanstd(table.numbers, axis=0)
    np.testing.assert_allclose(X, np.nan_to_num(clipped(Z)), rtol=1e-12, atol=1e-14)


def test_chunks_change_nothing(monkeypatch):
    table = mixed(1000)
    whole = Encoder.fit(table)
    X = whole.encode(table, "float64")
    for module in (moments_file, number_coding):
        monkeypatch.setattr(
            module,
            "row_chunks",
            lambda shape: [(i, min(i + 7, shape[0])) for i in range(0, shape[0], 7)],
        )
    close(Encoder.fit(table), whole)
    np.testing.assert_array_equal(whole.encode(table, "float64"), X)


def test_a_mean_far_from_zero_cancels_nothing():
    x = 1e9 + np.random.default_rng(0).normal(size=400_000)
    mean, scale, _ = moments(x[:, None], np.ones(len(x)))
    exact = (x - 1e9).astype(np.longdouble)
    np.testing.assert_allclose(mean[0] - 1e9, float(exact.mean()), atol=2e-7)
    np.testing.assert_allclose(scale[0], float(exact.std()), rtol=1e-12)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=30, max_size=30).filter(any), st.integers(0, 5))
def test_a_weight_is_a_number_of_rows(counts, seed):
    table, counts = mixed(30, seed), np.array(counts)
    close(Encoder.fit(table, counts), Encoder.fit(table.take(np.repeat(np.arange(30), counts))))


@settings(max_examples=30, deadline=None)
@given(st.one_of(st.floats(1e-300, 1e300), st.just(1e308)), st.integers(0, 5))
def test_only_the_ratio_of_weights_counts(factor, seed):
    table, weight = mixed(30, seed), np.random.default_rng(seed).random(30)
    close(Encoder.fit(table, weight * factor), Encoder.fit(table, weight))


def test_rows_of_weight_0_leave_no_trace_at_all():
    table = table_of({"a": [1.0, 2.0, np.nan, 1e300], "b": ["x", "y", None, "z"]})
    encoder = Encoder.fit(table, [1, 1, 0, 0])
    assert encoder == Encoder.fit(table.take(slice(0, 2)))
    assert encoder.feature_names == ("a", "b=x", "b=y")


@pytest.mark.parametrize("seed", range(3))
def test_sparse_is_scaled_without_centering(seed):
    rng = np.random.default_rng(seed)
    dense = rng.normal(2.0, 3.0, (50, 6)) * (rng.random((50, 6)) < 0.3)
    weight = rng.integers(0, 3, 50)
    sparse = sp.csr_array(dense)
    encoder, reference = Encoder.fit(table_of(sparse), weight), Encoder.fit(table_of(dense), weight)
    np.testing.assert_allclose(encoder.numbers.scale, reference.numbers.scale, rtol=1e-12)
    assert encoder.numbers.mean == (0.0,) * 6
    X = encoder.encode(table_of(sparse))
    assert isinstance(X, sp.csr_array)
    assert X.dtype == np.float32
    np.testing.assert_allclose(X.toarray(), clipped(dense / encoder.numbers.scale), rtol=1e-6)
    assert not np.shares_memory(X.indices, sparse.indices)
    np.testing.assert_allclose(encoder.encode(table_of(dense)), X.toarray(), rtol=1e-6)
    # The other way round the means are not 0, so the sparse table is made dense.
    np.testing.assert_array_equal(
        reference.encode(table_of(sparse)), reference.encode(table_of(dense))
    )


def test_sparse_beside_a_category_is_refused():
    table = table_of({"a": [1.0], "b": ["x"]})
    with pytest.raises(DataError, match="'b' cannot be sparse"):
        Encoder.fit(type(table)(table.schema, sp.csr_matrix(table.numbers), table.others))


EXTREMES = {
    "constant": ([5.0, 5.0, 5.0], 1.0),
    "constant not exact in binary": ([0.1] * 7, 1.0),
    "constant but for noise": ([0.3, 0.1 * 3, 0.1 + 0.2], 0.3),
    "huge constant but for noise": ([1e300, 1e300 * (1 + 3e-16), 1e300], 1e300),
    "huge": ([1e300, -1e300], 1e300),
    "the largest": ([FLOAT_MAX, -FLOAT_MAX], FLOAT_MAX),
    "the largest, constant": ([FLOAT_MAX] * 3, 1.0),
    "tiny": ([2e-300, 0.0], 1e-300),
    "denormal": ([5e-324, 0.0], 5e-324),
    "only gaps": ([np.nan, np.nan], 1.0),
    "one value": ([3.0], 1.0),
    "zeros": ([0.0, 0.0], 1.0),
    "neighbors at 1e9": ([1e9, 1e9 + 2], 1.0),
}


@pytest.mark.parametrize(("values", "scale"), EXTREMES.values(), ids=EXTREMES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_extremes(values, scale, dtype):
    table = table_of({"a": np.array(values)})
    encoder = Encoder.fit(table)
    assert encoder.numbers.scale[0] == pytest.approx(scale, rel=1e-12)
    X = encoder.encode(table, dtype)
    assert np.abs(X).max() <= 1.0 + 1e-6
    far = encoder.encode(table_of({"a": np.array([FLOAT_MAX, -FLOAT_MAX, np.nan])}), dtype)
    assert np.isfinite(far).all()
    assert np.abs(far).max() <= encoder.numbers.limit


def test_only_the_heaviest_levels_get_a_column():
    names = [f"level{i:03d}" for i in range(300)]
    table = table_of({"a": [*names, "level299"]})
    coding = Encoder.fit(table).categories[0]
    assert coding.levels == (*names[:255], "level299")  # the one that occurs twice, then by text
    X = Encoder.fit(table).encode(table)
    assert X.shape == (301, 257)
    assert coding.feature_names[-1] == "a is rare"
    assert np.flatnonzero(X[256]).tolist() == [256]  # one of the others
    unseen = Encoder.fit(table).encode(table_of({"a": ["level300", None]}))
    assert np.flatnonzero(unseen[0]).tolist() == [256]
    assert unseen[1].sum() == 0
    column, weight = table.others["a"], np.ones(301)
    weight[:100] = 0.5
    assert CategoryCoding.fit("a", column, weight).levels == (*names[:56], *names[100:])


@pytest.mark.parametrize(
    "make",
    [
        mixed,
        lambda: table_of(sp.csr_matrix(np.eye(3) * np.pi)),
        lambda: table_of({"a": ["x", "y"]}),
    ],
)
def test_plain_data_brings_back_an_equal_encoder(make):
    table = make()
    encoder = Encoder.fit(table)
    again = Encoder.from_plain(json.loads(json.dumps(encoder.to_plain())))
    assert again == encoder
    one, other = again.encode(table), encoder.encode(table)
    assert (one != other).sum() == 0


def without_limit(encoder):
    return replace(encoder, numbers=replace(encoder.numbers, limit=None))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_without_a_limit_nothing_is_clipped(dtype):
    encoder = without_limit(Encoder.fit(table_of({"a": [1.0, 3.0], "b": [0.0, 20.0]})))
    assert Encoder.from_plain(json.loads(json.dumps(encoder.to_plain()))) == encoder
    assert [words for _, _, words in encoder.describe()] == ["(value - 2) / 1", "(value - 10) / 10"]
    later = table_of({"a": [2.5, 1e9, -FLOAT_MAX], "b": [10.0, -1e30, FLOAT_MAX]})
    expected = np.array([[0.5, 0.0], [1e9 - 2.0, -1e29], [-FLOAT_MAX, FLOAT_MAX / 10.0]])
    found = encoder.encode(later, dtype)
    sparse = without_limit(Encoder.fit(table_of(sp.csr_matrix(np.eye(3)))))
    spread = sparse.encode(table_of(sp.csr_matrix(np.diag([1e9, -1e30, 1e300]))), dtype).diagonal()
    with np.errstate(over="ignore"):  # here alone: the encoder warns of nothing
        np.testing.assert_allclose(found, expected.astype(dtype), rtol=1e-6)
        np.testing.assert_allclose(
            spread, (np.array([1e9, -1e30, 1e300]) / sparse.numbers.scale).astype(dtype), rtol=1e-6
        )


def test_without_a_limit_gaps_are_taken_only_where_there_were_some():
    encoder = without_limit(Encoder.fit(table_of({"a": [1.0, 3.0, np.nan], "b": [1.0, 3.0, 2.0]})))
    assert encoder.encode(table_of({"a": [np.nan], "b": [2.0]})).tolist() == [[0, 0, 1]]
    with pytest.raises(
        DataError, match=r"column 'b' holds a missing value \(NaN\) in row 1 \(counting from 0\)"
    ):
        encoder.encode(table_of({"a": [2.0, 2.0], "b": [2.0, np.nan]}))


def test_booleans_are_numbers():
    encoder = Encoder.fit(table_of({"a": [0.0, 2.0], "b": [0.0, 4.0]}))
    booleans = table_of({"a": [True, False], "b": [4.0, 0.0]})
    assert without_limit(encoder).encode(booleans).tolist() == [[0, 1], [-1, -1]]
    np.testing.assert_array_equal(
        encoder.encode(booleans), encoder.encode(table_of({"a": [1.0, 0.0], "b": [4.0, 0.0]}))
    )


def test_the_row_of_a_gap_is_that_of_the_table():
    X = np.zeros((2**17 + 10, 2))
    X[2**17 + 3, 1] = np.nan
    encoder = without_limit(Encoder.fit(table_of(np.eye(2))))
    with pytest.raises(DataError, match=r"'x1' .* in row 131075 "):
        encoder.encode(table_of(X))


def test_describe_tells_every_column():
    rows = Encoder.fit(mixed()).describe()
    assert [(name, kind) for name, kind, _ in rows] == [
        ("a", "number"),
        ("island", "category"),
        ("b", "number"),
        ("sex", "category"),
        ("c", "number"),
    ]
    words = {name: word for name, _, word in rows}
    assert "Biscoe, Dream, Torgersen; missing is a level" in words["island"]
    assert "'b is missing'" in words["b"]
    assert "missing" not in words["a"]


def test_missing_columns_are_named():
    with pytest.raises(DataError, match="missing 'island', 'c'"):
        Encoder.fit(mixed()).encode(mixed().drop(["island", "c"]))


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        ([1, 2], r"must have shape \(3,\), one number for each row, got \(2,\)"),
        ([1, -1, 1], ">= 0, got -1.0 in row 1"),
        ([1, 1, np.nan], ">= 0, got nan in row 2"),
        ([0, 0, 0], "zero in every row"),
        (["a", "b", "c"], "must hold numbers"),
    ],
)
def test_bad_weights(weight, message):
    with pytest.raises(DataError, match=message):
        checked_weight(weight, 3)
