"""The verdicts on single columns: GN101 to GN105. Each rule only reads the evidence."""

from __future__ import annotations

from typing import Any

from glassnet.inspection.diagnosis.evidence import Evidence
from glassnet.inspection.diagnosis.rule import Finding, Rule
from glassnet.messages import listed

#: A column gives the target away if what it leaves unexplained is at most this share of what the
#: next column leaves, and at most so much.
LEAK_RATIO, LEAK_LEFT, LEAK_COLUMNS = 0.15, 0.12, 3
#: Inputs that nothing scales: the largest standard deviation, and its ratio to the smallest.
LARGEST_DEVIATION, DEVIATION_RATIO = 20.0, 100.0
#: The middle half of a scaled column is this narrow, because other values are so far away.
NARROW, FAR_AWAY = 0.05, 100.0

DROP_COST = "one column less; nothing if it is not known before the target is"


def _leak(e: Evidence) -> Finding | None:
    columns = sorted(e.table.columns, key=lambda c: -c.explained) if e.table else []
    if len(columns) < LEAK_COLUMNS:
        return None
    best, next_best = columns[0], columns[1]
    left, others = 1.0 - best.explained, 1.0 - next_best.explained
    if best.repeats or next_best.repeats or left > min(LEAK_LEFT, LEAK_RATIO * others):
        return None
    return Finding(
        {"column": best.name, "explained": best.explained, "next": next_best.explained},
        [best.name],
    )


def _constant(e: Evidence) -> Finding | None:
    left = e.table.left_out if e.table else ()
    names = [name for name, why in left if "same in every row" in why or "cells are missing" in why]
    if not names:
        return None
    return Finding({"columns": listed(names, 5), "count": len(names)}, names)


def _repeated(e: Evidence) -> Finding | None:
    table: Any = e.table
    pairs = [(name, "left out") for name, why in table.left_out if why.startswith("it equals")]
    kept = [(c.name, c.repeats) for c in table.columns if c.repeats]
    if not pairs and not kept:
        return None
    names = [name for name, _ in (*kept, *pairs)]
    return Finding(
        {"columns": listed(names, 5), "count": len(names)}, names, "warning" if kept else "note"
    )


def _unscaled(e: Evidence) -> Finding | None:
    table: Any = e.table
    known = [c for c in table.columns if c.deviation is not None and c.deviation > 0.0]
    if table.scaled or not known:
        return None
    widest, narrowest = (end(known, key=lambda c: c.deviation) for end in (max, min))
    ratio = widest.deviation / narrowest.deviation
    if widest.deviation < LARGEST_DEVIATION and ratio < DEVIATION_RATIO:
        return None
    return Finding(
        {
            "widest": widest.name,
            "deviation": widest.deviation,
            "narrowest": narrowest.name,
            "least": narrowest.deviation,
        }
    )


def _extreme(e: Evidence) -> Finding | None:
    table: Any = e.table
    found = [
        c
        for c in table.columns
        if c.outlying is not None and c.middle < NARROW and c.outlying > FAR_AWAY
    ]
    if not found or not table.scaled:
        return None
    worst = min(found, key=lambda c: c.middle)
    return Finding(
        {
            "column": worst.name,
            "middle": worst.middle,
            "outlying": worst.outlying,
            "count": len(found),
        },
        "robust",
    )


RULES: tuple[Rule, ...] = (
    Rule(
        "GN101",
        "column gives the target away",
        "error",
        ("table",),
        _leak,
        "column {column!r} alone explains {explained:.1%} of the target, the next best {next:.1%}",
        "the column was written down after the target was known, or is computed from it",
        "drop",
        "leave {column!r} out (drop)",
        DROP_COST,
    ),
    Rule(
        "GN102",
        "constant column",
        "note",
        ("table",),
        _constant,
        "a single value in every row, and left out by the fit: {columns} ({count})",
        "the table was filtered by them, or an export failed",
        "drop",
        "leave {columns} out of the table, or repair them",
        "nothing: the fit left them out",
    ),
    Rule(
        "GN103",
        "repeated column",
        "warning",
        ("table",),
        _repeated,
        "the same as an earlier column, up to scale and shift: {columns} ({count})",
        "the same quantity in another unit, or a column that was joined twice",
        "drop",
        "leave {columns} out (drop)",
        "nothing: they hold no more than the earlier columns",
    ),
    Rule(
        "GN104",
        "unscaled columns",
        "warning",
        ("table",),
        _unscaled,
        "the inputs are not scaled: the standard deviation of {widest!r} is {deviation:.3g}, that "
        "of {narrowest!r} {least:.3g}",
        "the network was trained on columns as they are",
        "",
        "standardize the columns first, or use glassnet.fit, which does",
        "nothing",
    ),
    Rule(
        "GN105",
        "extreme values",
        "warning",
        ("table",),
        _extreme,
        "the middle half of {column!r} is {middle:.2g} wide as the network sees it, because one "
        "value lies {outlying:,.0f} such widths away",
        "a code for a missing value, such as 999999, or an error of measurement",
        "recipe.scaling",
        "scale by the middle half: recipe 'standard', or Recipe(scaling={value!r})",
        "nothing",
    ),
)
