"""The sections of RESULTS.md on one kind of task: classification, judged by its error, or
regression, judged by its nRMSE."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import journal
import numpy as np
from comparison import (
    Array,
    Blocks,
    blocks,
    geometric_means,
    mean_ranks,
    shifted_geometric_means,
    win_rates,
)
from plot import Point, quality_against_time
from sets import DEVELOPED_ON
from sources import is_classification
from writing import figure, table

SHIFT = 0.01
Lines = dict[journal.Key, journal.Line]


@dataclass(frozen=True)
class Kind:
    """Classification or regression: its measure, others told beside it by their shifted geometric
    mean, and by their plain mean."""

    name: str
    classification: bool
    measure: str
    called: str
    beside: tuple[tuple[str, str], ...]
    plain: tuple[tuple[str, str], ...]


KINDS = (
    Kind("Classification", True, "error", "error", (("log_loss", "log loss"),), (("auc", "AUC"),)),
    Kind("Regression", False, "nrmse", "nRMSE", (), (("r2", "R2"),)),
)


def lines_of(lines: Lines, kind: Kind) -> Lines:
    """The results on one kind of task."""
    return {
        key: line
        for key, line in lines.items()
        if "failed" not in line and is_classification(line["task"]) == kind.classification
    }


def of_kind(lines: Lines, learners: Sequence[str], kind: Kind, out: Path) -> list[str]:
    """The sections of a kind of task, and its plot beside them."""
    mine = lines_of(lines, kind)
    compared = blocks(mine, learners, kind.measure)
    if not compared.sets:
        return [f"## {kind.name}\n\nNo block is complete."]
    per_set = compared.per_set()
    order = np.argsort(mean_ranks(compared), kind="stable")
    seconds = geometric_means(blocks(mine, learners, "fit_seconds"))
    plot = f"{kind.name.lower()}.svg"
    points = [
        Point(name, seconds[i], value, name.startswith("glassnet"))
        for i, (name, value) in enumerate(
            zip(learners, shifted_geometric_means(compared, SHIFT), strict=True)
        )
    ]
    said = f"{kind.name}: {kind.called} against the time of a fit"
    svg = quality_against_time(
        points, x_label="fit seconds (geometric mean)", y_label=f"{kind.called} (SGM)", title=said
    )
    (out / plot).write_text(svg, encoding="utf-8")
    begun = len({key[:2] for key in mine})
    return [
        f"## {kind.name}",
        f"{len(compared.sets)} blocks of {len(per_set)} sets are complete, of {begun} begun.",
        overview(mine, compared, kind, order),
        f"![{said}]({plot})",
        *against(compared, kind, order),
        f"### {kind.name}: win rates on {kind.called}",
        (
            "Per cent of blocks in which the row's learner is better than the column's; a tie "
            "counts half."
        ),
        pairwise(compared, order),
        f"### {kind.name}: {kind.called} of each set",
        "Means over seeds, the best in bold; * marks the sets that the defaults were developed on.",
        by_set(compared, order),
    ]


def overview(lines: Lines, compared: Blocks, kind: Kind, order: Array) -> str:
    """A row for each learner, the best mean rank first."""
    developed, reported = (
        compared.within(names) for names in (DEVELOPED_ON, set(compared.sets) - set(DEVELOPED_ON))
    )
    columns: list[tuple[str, list[str]]] = [
        ("mean rank", [f"{rank:.2f}" for rank in mean_ranks(compared)]),
        ("developed", ranks_of(developed)),
        ("reported", ranks_of(reported)),
        (f"SGM {kind.called}", means_of(compared)),
        ("developed", means_of(developed)),
        ("reported", means_of(reported)),
    ]
    for measure, called in kind.beside:
        beside = blocks(lines, compared.learners, measure)
        columns += [(f"SGM {called}", means_of(beside)), ("its mean rank", ranks_of(beside))]
    for measure, called in kind.plain:
        values = np.array(list(blocks(lines, compared.learners, measure).per_set().values()))
        columns.append((f"mean {called}", [f"{value:.4f}" for value in values.mean(axis=0)]))
    for measure, called in (
        ("fit_seconds", "fit s"),
        ("fit_processor_seconds", "of processor"),
        ("predict_seconds", "predict s"),
    ):
        columns.append(
            (
                called,
                [
                    figure(value)
                    for value in geometric_means(blocks(lines, compared.learners, measure))
                ],
            )
        )
    return table(
        ["", *(name for name, _ in columns)],
        [[compared.learners[i], *(cells[i] for _, cells in columns)] for i in order],
    )


def ranks_of(found: Blocks) -> list[str]:
    """Mean ranks in words."""
    return (
        [f"{rank:.2f}" for rank in mean_ranks(found)] if found.sets else ["-"] * len(found.learners)
    )


def means_of(found: Blocks) -> list[str]:
    """Shifted geometric means in words."""
    return (
        [f"{mean:.4f}" for mean in shifted_geometric_means(found, SHIFT)]
        if found.sets
        else ["-"] * len(found.learners)
    )


def against(compared: Blocks, kind: Kind, order: Array) -> list[str]:
    """What ours gain in SGM over each of the others, in per cent of theirs; nothing where ours are
    not compared."""
    ours = [i for i in order if compared.learners[i].startswith("glassnet")]
    others = [i for i in order if i not in ours]
    if not ours or not others:
        return []
    means = shifted_geometric_means(compared, SHIFT)
    rows = [
        [compared.learners[i], *(f"{100 * (1 - means[i] / means[j]):+.1f}" for j in others)]
        for i in ours
    ]
    return [
        f"### {kind.name}: what ours gain",
        f"Per cent by which the SGM {kind.called} of the row is below that of the column.",
        table(["", *(compared.learners[j] for j in others)], rows),
    ]


def pairwise(compared: Blocks, order: Array) -> str:
    """The table of win rates."""
    rates = win_rates(compared)
    rows = [
        [compared.learners[i], *("" if i == j else f"{100 * rates[i, j]:.0f}" for j in order)]
        for i in order
    ]
    return table(["", *(compared.learners[j] for j in order)], rows)


def by_set(compared: Blocks, order: Array) -> str:
    """A row for each set."""
    rows = []
    for name, means in compared.per_set().items():
        cells = [f"**{value:.4f}**" if value == means.min() else f"{value:.4f}" for value in means]
        rows.append(
            [
                f"{name}{' *' if name in DEVELOPED_ON else ''} ({compared.sets.count(name)})",
                *(cells[i] for i in order),
            ]
        )
    return table(["set (seeds)", *(compared.learners[i] for i in order)], rows)
