"""The sections of RESULTS.md across kinds of task: all sets at once, and learners that did not run
everywhere, one by one."""

from __future__ import annotations

from collections.abc import Sequence

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
from kinds import KINDS, SHIFT, Lines, lines_of
from scipy.stats import rankdata
from sets import DEVELOPED_ON
from writing import figure, table

TIMES = (
    "Times: geometric mean over sets, and, of the ratio to the time of the first learner, "
    "geometric mean and median over sets. First is"
)


def everywhere(lines: Lines, learners: Sequence[str]) -> list[str]:
    """The mean rank over the sets of both kinds, and the time of a fit beside that of the first
    learner."""
    found = [blocks(lines_of(lines, kind), learners, kind.measure) for kind in KINDS]
    if not all(each.sets for each in found):
        return []
    ranks: dict[str, Array] = {}
    for each in found:
        ranks |= each.per_set(rankdata(each.values, axis=1))
    seconds = [blocks(lines_of(lines, kind), learners, "fit_seconds") for kind in KINDS]
    joined = Blocks(
        tuple(learners),
        sum((each.sets for each in seconds), ()),
        np.concatenate([each.values for each in seconds]),
    )
    means, ratios = geometric_means(joined), ratios_to_first(joined)
    columns = [
        ("mean rank", mean_of(ranks, ranks)),
        ("developed", mean_of(ranks, DEVELOPED_ON)),
        ("reported", mean_of(ranks, set(ranks) - set(DEVELOPED_ON))),
        *((kind.name.lower(), mean_ranks(each)) for kind, each in zip(KINDS, found, strict=True)),
    ]
    rows = [
        [
            learners[i],
            *(f"{column[i]:.2f}" for _, column in columns),
            figure(means[i]),
            figure(ratios[0][i]),
            figure(ratios[1][i]),
        ]
        for i in np.argsort(columns[0][1], kind="stable")
    ]
    return [
        "## All sets",
        (
            f"Ranks on the error or the nRMSE of {len(ranks)} sets, "
            f"{sum(len(each.sets) for each in found)} blocks. {TIMES} {learners[0]}."
        ),
        table(["", *(name for name, _ in columns), "fit s", "relative", "median"], rows),
    ]


def mean_of(ranks: dict[str, Array], names: object) -> Array:
    """Mean over those sets."""
    return np.mean([rank for name, rank in ranks.items() if name in names], axis=0)  # type: ignore[operator]


def ratios_to_first(seconds: Blocks) -> tuple[Array, Array]:
    """Geometric mean and median over sets of each learner's time over that of the first."""
    of_sets = np.array(list(seconds.per_set().values()))
    ratios = of_sets / of_sets[:, :1]
    return np.exp(np.log(ratios).mean(axis=0)), np.median(ratios, axis=0)


def one_by_one(lines: Lines, learners: Sequence[str], others: Sequence[str]) -> list[str]:
    """For each of the others, ours against it on the blocks that all have."""
    ours = [name for name in learners if name.startswith("glassnet")]
    parts = []
    for other in others:
        rows = []
        for kind in KINDS:
            mine = lines_of(lines, kind)
            found = blocks(mine, [*ours, other], kind.measure)
            if not found.sets:
                continue
            means, rates = shifted_geometric_means(found, SHIFT), win_rates(found)
            seconds = geometric_means(blocks(mine, [*ours, other], "fit_seconds"))
            rows += [
                [
                    name,
                    f"{kind.called}, {len(found.sets)} blocks of {len(set(found.sets))} sets",
                    f"{means[i]:.4f}",
                    f"{means[-1]:.4f}",
                    f"{100.0 * rates[i, -1]:.0f}",
                    figure(seconds[i]),
                    figure(seconds[-1]),
                ]
                for i, name in enumerate(ours)
            ]
        heads = ["", "on", "SGM", f"SGM of {other}", "won, %", "fit s", f"fit s of {other}"]
        parts += [f"### {other}", table(heads, rows) if rows else "No block is complete."]
    return ["## Learners that did not run everywhere", *parts] if parts else []
