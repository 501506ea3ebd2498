"""Drift notices: told where planted, silent on rows of the same source, with SciPy's bounds."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Any

import jsonschema
import numpy as np
import pytest
from scipy import sparse, stats

from glassnet.data.coding.encoder import Encoder
from glassnet.data.coding.settings import DEFAULT, CodingSettings
from glassnet.data.review.reference import Drift, Reference, drift_schema
from glassnet.data.review.tally import LEVEL, Expected, Tally
from glassnet.data.tables.assembly import table_of
from glassnet.data.tables.column_data import Categories
from glassnet.data.tables.schema import Column, Schema
from glassnet.data.tables.table import Table

N = 1000
RNG = np.random.default_rng(0)
DAY = np.timedelta64(1, "D")
DAYS = np.datetime64("2026-01-01", "us") + np.arange(N) * DAY
TRAINING: dict[str, Any] = {
    "x": RNG.normal(size=N),
    "sometimes": np.where(np.arange(N) % 10 == 0, np.nan, RNG.normal(size=N)),
    "island": np.array(["Dream", "Biscoe", "Torgersen"], dtype=object)[np.arange(N) % 3],
    "wet": np.arange(N) % 2 == 0,
    "day": DAYS,
}


def tally_of(training: Any, *tables: Any, coding: CodingSettings = DEFAULT) -> Tally:
    learned = table_of(training)
    encoder = Encoder.fit(learned, settings=coding)
    reference = Reference.of(learned, encoder)
    assert reference is not None
    tally = Tally(Expected(encoder, reference))
    for table in tables:
        tally.add(table_of(table))
    return tally


def rows(n: int, **changes: Any) -> dict[str, Any]:
    """The first n rows of the training, with some columns changed."""
    return {name: column[:n] for name, column in TRAINING.items()} | changes


def after(n: int, first: int, value: Any) -> Any:
    """The first n values of "x", the first so many of them replaced."""
    return np.where(np.arange(n) < first, value, TRAINING["x"][:n])


# Planted

SILENT = ""
PLANTED: dict[str, tuple[dict[str, Any], str]] = {
    "the training rows themselves": (rows(N), SILENT),
    "one of them": (rows(1), SILENT),
    "all levels unseen": (
        rows(200, island=["Atlantis"] * 200),
        "200 of 200 values of 'island' have a level that the model does not know",
    ),
    "one row with a level that training did not have": (
        rows(1, island=["Atlantis"]),
        "1 of 1 values of 'island' have a level",
    ),
    "ten rows, one of them with such a level": (
        rows(10, island=["Atlantis"] + ["Dream"] * 9),
        "1 of 10 values of 'island'",
    ),
    "eleven rows, one of them with such a level": (
        rows(11, island=["Atlantis"] + ["Dream"] * 10),
        SILENT,
    ),
    "a shift by ten widths": (
        rows(300, x=TRAINING["x"][:300] + 60.0),
        "300 of 300 values of 'x' lie outside",
    ),
    "one value a little outside": (rows(1, x=[5.0]), SILENT),
    "nulls in a twentieth": (
        rows(600, x=after(600, 30, np.nan)),
        "30 of 600 values of 'x' are missing (by chance at most",
    ),
    "one null where none was": (
        rows(1, x=[np.nan]),
        "1 of 1 values of 'x' are missing (by chance at most 0)",
    ),
    "one null where some were": (rows(1, sometimes=[np.nan]), SILENT),
    "as many nulls as ever": (
        rows(600, sometimes=np.where(np.arange(600) % 10 == 0, np.nan, 0.0)),
        SILENT,
    ),
    "nulls in a third": (
        rows(600, sometimes=np.where(np.arange(600) % 3 == 0, np.nan, 0.0)),
        "200 of 600 values of 'sometimes'",
    ),
    "a boolean that is missing": (rows(2, wet=[True, None]), "1 of 2 values of 'wet' are missing"),
    "later days": (
        rows(50, day=DAYS[:50] + 5000 * DAY),
        "50 of 50 values of 'day' lie outside 2026-01-01 to 2028-09-26, such as 2039",
    ),
    "a day that is missing": (
        rows(1, day=np.array(["NaT"], "M8[us]")),
        "1 of 1 values of 'day' are missing",
    ),
    "columns in another order": (
        dict(reversed(rows(200, island=["Atlantis"] * 200).items())),
        "200 of 200 values of 'island'",
    ),
}


@pytest.mark.parametrize("name", PLANTED)
def test_planted_drift_is_told_by_name(name: str) -> None:
    table, says = PLANTED[name]
    tally = tally_of(TRAINING, table)
    notice = tally.notice()
    assert bool(notice) is bool(says)
    assert says in notice
    drift = tally.drift()
    assert drift is not None
    assert drift.notice() == notice
    assert [column.name for column in drift.columns] == list(TRAINING)


def test_record_has_the_counts_of_each_column() -> None:
    table = rows(
        4,
        x=[1.0, None, 99.0, -77.0],
        island=["Atlantis", "Dream", None, "Atlantis"],
        day=[*DAYS[:2], None, DAYS[0] - 1],
    )
    drift = tally_of(TRAINING, table).drift()
    assert drift is not None
    x, sometimes, island, wet, day = drift.columns
    assert (
        x.missing.count,
        x.outside and x.outside.count,
        x.outside and x.outside.example,
        x.unseen,
    ) == (1, 2, 99.0, None)
    assert x.range == (TRAINING["x"].min(), TRAINING["x"].max())
    assert (
        island.missing.count,
        island.unseen and island.unseen.count,
        island.unseen and island.unseen.example,
    ) == (1, 2, "Atlantis")
    assert (island.outside, island.range) == (None, None)
    assert (wet.missing.count, wet.unseen, wet.outside, wet.range) == (0, None, None, None)
    assert (day.missing.count, day.outside and day.outside.count, day.range and day.range[0]) == (
        1,
        1,
        "2026-01-01",
    )
    assert day.outside
    assert day.outside.example == "2025-12-31 23:59:59.999999"
    assert sometimes.missing.count == 1
    jsonschema.Draft202012Validator(drift_schema()).validate(
        json.loads(json.dumps([asdict(column) for column in drift.columns]))
    )


def test_three_columns_are_named_the_worst_first() -> None:
    training = {f"x{i}": RNG.normal(size=N) for i in range(7)}
    table = {f"x{i}": np.where(np.arange(200) < 60 + 20 * i, 1e6, 0.0) for i in range(7)}
    notice = tally_of(training, table).notice()
    assert notice.startswith(
        "the table is not like the training rows: 180 of 200 values of 'x6' lie outside "
    )
    assert [notice.find(f"'x{i}'") > 0 for i in range(7)] == [False] * 4 + [True] * 3
    assert notice.endswith("; and 4 more columns.")


def test_chunks_add_up() -> None:
    table = table_of(rows(600, island=["Atlantis"] * 600, x=after(600, 30, np.nan)))
    whole, parts = (
        tally_of(TRAINING, table),
        tally_of(TRAINING, *(table.take(slice(i, i + 100)) for i in range(0, 600, 100))),
    )
    assert parts.drift() == whole.drift()
    assert parts.notice() == whole.notice() != ""


def test_a_block_of_many_chunks_is_counted_whole() -> None:
    X = np.zeros((200_000, 3))
    X[::1000, 1], X[7::1000, 2] = np.nan, 5.0
    drift = tally_of(np.zeros((200, 3)), X).drift()
    assert drift is not None
    assert [column.missing.count for column in drift.columns] == [0, 200, 0]
    assert [column.outside and column.outside.count for column in drift.columns] == [0, 0, 200]
    assert drift.columns[2].outside is not None
    assert drift.columns[2].outside.example == 5.0


@pytest.mark.parametrize(
    ("learned", "asked"), [("float32", "float64"), ("float64", "float32"), ("float64", "float64")]
)
def test_a_value_that_was_stored_otherwise_is_no_value_outside(learned: str, asked: str) -> None:
    """0.1 and 0.7 as float32 lie beyond those of float64, one above and one below."""
    values = np.tile([0.1, 0.3, 0.5, 0.7, -0.1, -0.7], 100).reshape(-1, 2)
    drift = tally_of(values.astype(learned), values.astype(asked)).drift()
    assert drift is not None
    assert [column.outside and column.outside.count for column in drift.columns] == [0, 0]


def test_numbers_beyond_float32_are_counted() -> None:
    drift = tally_of({"x": np.linspace(-1e300, 1e300, 50)}, {"x": [1e299, 1e308, None]}).drift()
    assert drift is not None
    assert drift.columns[0].missing.count == 1


def test_nothing_is_counted_of_a_sparse_table() -> None:
    X = sparse.csr_array(np.eye(4))
    assert Reference.of(table_of(X), Encoder.fit(table_of(X))) is None
    tally = tally_of(np.eye(4), X)
    assert (tally.drift(), tally.notice()) == (None, "")


def test_a_table_without_a_row_holds_nothing() -> None:
    assert Drift(()).notice() == ""


# The reference


def test_reference_is_what_the_rows_are_like() -> None:
    table = table_of(
        {
            "x": [1.0, None, -3.0, 2.0],
            "none": [None, None, None, None],
            "day": ["2026-01-02", None, "2026-01-01", "2026-01-03"],
            "wet": [True, None, False, True],
        }
    )
    reference = Reference.of(table, Encoder.fit(table))
    assert reference is not None
    day = 86_400_000_000
    first = int(np.datetime64("2026-01-01", "us").astype(int))
    assert (reference.rows, reference.missing) == (4, (1, 4, 1, 1))
    assert (reference.low, reference.high) == ((-3.0, None), (2.0, None))
    assert (reference.first, reference.last) == ((first,), (first + 2 * day,))
    assert Reference.from_plain(json.loads(json.dumps(reference.to_plain()))) == reference


RARE: dict[str, tuple[dict[str, int], int, tuple[int, int]]] = {
    # rows of each level                        levels listed    rare, spread
    "all are listed, none occurs once": ({"a": 30, "b": 20}, 2, (0, 0)),
    "all are listed, two occur once": ({"a": 30, "b": 1, "c": 1}, 3, (2, 0)),
    "all are listed, some occur twice": ({"a": 30, "b": 1, "c": 2, "d": 2}, 4, (1, 4)),
    "one of three rows is not listed": (
        {"a": 30, "b": 5, "c": 4, "d": 3, "e": 1},
        3,
        (1 + 3 + 4, 4 * 5),
    ),
}


@pytest.mark.parametrize("name", RARE)
def test_rare_levels_tell_how_often_a_level_is_not_listed(name: str) -> None:
    """Good (1953): rows of levels that occurred at most once more than the top unlisted one."""
    counts, n_listed, expected = RARE[name]
    column = table_of({"c": [level for level, n in counts.items() for _ in range(n)]})
    encoder = Encoder.fit(column)
    coding = encoder.categories[0]
    encoder = replace(
        encoder,
        categories=(
            replace(
                coding, levels=tuple(sorted(counts, key=lambda level: -counts[level])[:n_listed])
            ),
        ),
    )
    reference = Reference.of(column, encoder)
    assert reference is not None
    assert (reference.rare, reference.spread) == ((expected[0],), (expected[1],))


def test_further_training_widens_it() -> None:
    first = table_of(rows(100))
    encoder = Encoder.fit(first)
    reference = Reference.of(first, encoder)
    assert reference is not None
    assert reference.widened(first, encoder) == reference
    more = table_of(
        rows(
            10,
            x=np.full(10, 9.0),
            island=["Atlantis"] + ["Dream"] * 9,
            wet=[None, *[True] * 9],
            day=DAYS[200:210],
        )
    )
    wider = reference.widened(more, encoder)
    assert wider is not None
    assert (wider.rows, wider.high[0], wider.low[0]) == (100, 9.0, reference.low[0])
    assert (wider.rare[0], wider.missing[3]) == (10, 10)
    assert (wider.first, wider.last) == (reference.first, (int(DAYS[209].astype(int)),))
    assert reference.widened(table_of(sparse.csr_array(np.eye(2))), encoder) is None


# Chance


def test_a_single_null_in_2000_rows_is_within_chance() -> None:
    """None of 2,000 was missing, so up to 0.5 % may be: 9 of 2,000 new rows, by chance 24."""
    training, column = {"x": np.arange(2000.0)}, np.arange(2000.0)
    level = LEVEL / 2
    most = int(stats.binom.isf(level, 2000, 1.0 - level ** (1.0 / 2000)))
    assert most == 24
    for n_nulls in (1, most, most + 1):
        tally = tally_of(training, {"x": np.where(np.arange(2000) < n_nulls, np.nan, column)})
        drift = tally.drift()
        assert drift is not None
        assert (drift.columns[0].missing.count, drift.columns[0].missing.chance) == (n_nulls, most)
        assert bool(tally.notice()) is (n_nulls > most)


def some_table(rng: np.random.Generator, n: int) -> Table:
    """Numbers with heavy tails, few, many and ever new levels, missing values in any share."""
    block = np.column_stack(
        [
            rng.normal(size=n),
            rng.standard_cauchy(n),
            rng.lognormal(0.0, 3.0, n),
            rng.integers(0, 5, n),
            np.round(rng.exponential(size=n), 1),
            rng.pareto(0.5, n),
        ]
    )
    for i in range(block.shape[1]):
        block[rng.random(n) < rng.choice([0.0, 1 / n, 3 / n, 0.01, 0.2]), i] = np.nan
    columns = []
    for n_levels, power in (
        (3, 1.0),
        (50, 1.2),
        (n, 1.0),
        (n, 2.0),
        (n // 3, 0.0),
        (n // 10, 0.0),
        (n // 30, 0.0),
    ):
        share = 1.0 / np.arange(1, n_levels + 1) ** power
        codes = rng.choice(n_levels, n, p=share / share.sum())
        found, codes = np.unique(
            np.where(rng.random(n) < rng.choice([0.0, 1 / n, 0.1]), -1, codes), return_inverse=True
        )
        gaps = int(found[0] == -1)
        columns.append(
            Categories(
                (codes - gaps).astype(np.int32), tuple(f"level {code}" for code in found[gaps:])
            )
        )
    names = [
        *(Column(f"x{i}", "number") for i in range(block.shape[1])),
        *(Column(f"c{i}", "category") for i in range(len(columns))),
    ]
    return Table(Schema(tuple(names)), block, {f"c{i}": column for i, column in enumerate(columns)})


@pytest.mark.parametrize("share", [0.8, 0.5, 0.1])
def test_rows_of_the_same_source_are_silent(share: float) -> None:
    """300 tables, cut in two at random: at most one notice, where a share of LEVEL is promised."""
    rng = np.random.default_rng(1)
    told = []
    for i in range(100):
        n = int(rng.choice([150, 600, 2500, 6000]))
        table, order = some_table(rng, n), rng.permutation(n)
        learned, new = (table.take(rows) for rows in np.split(order, [int(share * n)]))
        # Few columns of levels, all coded, or the 256 most frequent levels of each.
        told.append(
            tally_of(
                learned, new, coding=CodingSettings(max_one_hot=(8, 64, 2**16)[i % 3])
            ).notice()
        )
    assert sum(map(bool, told)) == 0, [notice for notice in told if notice]


@pytest.mark.parametrize(
    ("n_levels", "n", "max_one_hot"), [(1600, 20_000, 8), (400, 18_000, 2**16)]
)
def test_levels_that_are_just_not_listed_are_no_news(
    n_levels: int, n: int, max_one_hot: int
) -> None:
    """All levels are as frequent: those that are not listed come back more often than they came."""
    rng = np.random.default_rng(0)
    codes = rng.integers(0, n_levels, n + n // 2).astype(np.int32)
    table = Table(
        Schema((Column("c", "category"),)),
        np.empty((len(codes), 0)),
        {"c": Categories(codes, tuple(f"l{i}" for i in range(n_levels)))},
    )
    tally = tally_of(
        table.take(slice(0, n)),
        table.take(slice(n, None)),
        coding=CodingSettings(max_one_hot=max_one_hot),
    )
    drift = tally.drift()
    assert drift is not None
    assert drift.columns[0].unseen is not None
    assert drift.columns[0].unseen.count > 0.2 * n / 2
    assert tally.notice() == ""
