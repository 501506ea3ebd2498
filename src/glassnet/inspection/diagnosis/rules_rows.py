"""The verdicts on rows and target: GN106 to GN111. Each rule only reads the evidence."""

from __future__ import annotations

from typing import Any

from glassnet.inspection.diagnosis.evidence import Evidence
from glassnet.inspection.diagnosis.rule import Finding, Rule

#: Share of outside rows that were learned from, at least, and how often beyond chance.
SHARED, SHARED_ROWS, SHARED_BEYOND_CHANCE = 0.03, 3, 5.0
#: From this share on, the score says nothing.
SHARED_FATAL = 0.2
#: Errors among the surest answers: surely at least this share, and this share of that of all
#: answers, where the network is so much better than the most frequent class; and rows to tell by.
SUREST_ERROR, SUREST_RATIO, LABEL_SKILL, LABEL_ROWS = 0.04, 0.55, 0.3, 100
#: The share of numbers that are far off.
FAR_OFF_SHARE = 0.01
#: The smallest shift of a distribution worth a verdict.
SHIFT = 0.25
#: The rarest class is rare below this share, and overlooked below this recall.
RARE, OVERLOOKED = 0.05, 0.3
#: The spread of a target in the units of its loss, and the length of its tail.
SPREAD, LONG_TAIL = (0.02, 20.0), 30.0
#: Rows for each input, and rows at all.
ROWS_PER_INPUT, FEW_ROWS = 2.0, 60
#: Faults of the network, after which it does not know enough to judge the data by.
NETWORK = ("GN301", "GN302", "GN303", "GN304", "GN305")


def _shared(e: Evidence) -> Finding | None:
    b: Any = e.between
    share = b.shared / b.n_outside
    if (
        b.shared < SHARED_ROWS
        or share < SHARED
        or b.shared < SHARED_BEYOND_CHANCE * b.shared_by_chance
    ):
        return None
    return Finding(
        {
            "shared": b.shared,
            "outside": b.n_outside,
            "by_chance": b.shared_by_chance,
            "row": b.example[0],
            "learned_row": b.example[1],
        },
        severity="error" if share >= SHARED_FATAL else "warning",
    )


def _labels(e: Evidence) -> Finding | None:
    labels: Any = e.labels
    if labels.n_rows < LABEL_ROWS:
        return None
    evidence = {
        "rows": labels.n_rows,
        "disputed": labels.disputed,
        "error": labels.error,
        "surest_error": labels.surest_error,
        "examples": ", ".join(map(str, labels.rows)),
    }
    if e.plan and e.plan.loss in ("squared", "absolute", "huber") and labels.chance == 1.0:
        return Finding(evidence, "huber") if labels.error >= FAR_OFF_SHARE else None
    skill = 1.0 - labels.error / max(labels.chance, 1e-9)
    if (
        skill < LABEL_SKILL
        or labels.at_least < SUREST_ERROR
        or labels.surest_error < SUREST_RATIO * labels.error
    ):
        return None
    if e.plan and not e.plan.label_smoothing:
        return Finding(evidence, 0.1, setting="label_smoothing", change="label_smoothing=0.1")
    return Finding(evidence, setting="", change="look at rows {examples}, and correct the labels")


def _shift(e: Evidence) -> Finding | None:
    b: Any = e.between
    found = [
        s
        for s in b.shifts
        if s.distance > max(s.by_chance, SHIFT) and not (b.by == "time" and s.distance > 0.99)
    ]
    if not found:
        return None
    worst = max(found, key=lambda s: s.distance)
    return Finding(
        {
            "column": worst.name or "the target",
            "distance": worst.distance,
            "by_chance": worst.by_chance,
            "count": len(found),
        }
    )


def _imbalance(e: Evidence) -> Finding | None:
    counts = [count for count in e.table.classes if count] if e.table else []
    if len(counts) < 2 or (e.plan is not None and e.plan.class_weight is not None):
        return None
    share, recall = min(counts) / sum(counts), e.answers.recall if e.answers else None
    if share >= RARE or recall is None or recall > OVERLOOKED:
        return None
    return Finding({"share": share, "count": min(counts), "recall": recall}, "balanced")


def _units(e: Evidence) -> Finding | None:
    table: Any = e.table
    if table.spread is None:
        return None
    evidence = {"spread": table.spread, "tail": table.tail or 0.0}
    if not SPREAD[0] <= table.spread <= SPREAD[1]:
        return Finding(
            evidence,
            setting="",
            change="standardize the target, as glassnet.fit does",
        )
    if table.least >= 0.0 and table.tail is not None and table.tail > LONG_TAIL:
        return Finding(evidence, "gamma" if table.least > 0.0 else "tweedie")
    return None


def _few_rows(e: Evidence) -> Finding | None:
    table: Any = e.table
    if table.n_rows >= max(ROWS_PER_INPUT * table.n_features, FEW_ROWS):
        return None
    return Finding(
        {
            "rows": table.n_rows,
            "inputs": table.n_features,
            "parameters": table.n_parameters,
        },
        (),
    )


RULES: tuple[Rule, ...] = (
    Rule(
        "GN106",
        "rows in both parts",
        "warning",
        ("between",),
        _shared,
        "{shared} of {outside} rows held out are equal to a row learned from (by chance at most "
        "{by_chance:.1f}), such as rows {row} and {learned_row} (counting from 0): scores are too "
        "good",
        "the table holds rows twice, or several rows of one case",
        "",
        "remove the repetitions, or hold whole cases out: groups=",
        "fewer rows, and a score that is lower and true",
    ),
    Rule(
        "GN107",
        "labels against the members",
        "warning",
        ("labels",),
        _labels,
        "the networks that did not learn from a row dispute {disputed} of {rows} labels, and "
        "{surest_error:.1%} of their surest answers are wrong; look at rows {examples} "
        "(counting from 0)",
        "wrong labels, or targets that were measured wrongly",
        "loss",
        "loss={value!r}, which far values move less",
        "a loss that is less exact where all targets are right; better: correct the rows",
        ("GN109", "GN110", "GN201", "GN202", "GN203", *NETWORK),
    ),
    Rule(
        "GN108",
        "shift between the parts",
        "warning",
        ("between",),
        _shift,
        "{column} is distributed otherwise outside of training: distance {distance:.2f}, by chance "
        "at most {by_chance:.2f} ({count} such columns)",
        "the rows come from another time, place or source than those learned from",
        "",
        "learn from rows like those to predict; hold out by time= or groups= to see the effect",
        "new rows",
    ),
    Rule(
        "GN109",
        "rare class overlooked",
        "warning",
        ("table", "answers"),
        _imbalance,
        "the rarest class is {share:.1%} of the rows ({count}), and {recall:.0%} of its rows are "
        "recognized",
        "the loss counts rows, so a rare class counts little",
        "class_weight",
        "class_weight={value!r}",
        "more false alarms, and probabilities that are no longer calibrated",
        ("GN201", "GN202", "GN203", *NETWORK),
    ),
    Rule(
        "GN110",
        "target in odd units",
        "warning",
        ("table",),
        _units,
        "the target has a standard deviation of {spread:.3g} in the units of the loss, and its "
        "99th percentile is {tail:,.0f} times its median",
        "a squared error sees the largest targets only; weights must grow to reach large numbers",
        "loss",
        "loss={value!r}, or predict the logarithm of the target",
        "errors count relative to the target, so large targets may be further off",
    ),
    Rule(
        "GN111",
        "too few rows",
        "warning",
        ("table",),
        _few_rows,
        "{rows} rows for {inputs} inputs and {parameters:,} parameters",
        "a network of this size can learn so many rows by heart",
        "hidden_layer_sizes",
        "a linear model, hidden_layer_sizes={value}, or more rows",
        "no bends: only what is linear is learned",
    ),
)
