"""Writes RESULTS.md and its plots from the lines of run.py: `python bench/tables/summary.py [FILE ...] [--learners a,b] [--out FOLDER]`.

Only complete blocks are compared: pairs of set and seed for which each of the learners named (all found, where none are) has a result.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import journal
import numpy as np
from comparison import Array, Blocks, blocks, mean_ranks, shifted_geometric_means, win_rates
from learners import LEARNERS
from plot import Point, quality_against_time
from sets import DEVELOPED_ON, LOG_TARGETS
from sources import is_classification
from splits import MOST_TRAINING_ROWS, TEST_SHARE
from writing import figure, table

HERE = Path(__file__).resolve().parent
SHIFT = 0.01
Lines = dict[journal.Key, journal.Line]
HEAD = """# Learners on tables

Written by `bench/tables/summary.py` from the lines of `bench/tables/run.py`: default parameters of every library, a process for each
fit. Of each set {test} of the rows are tested (of every class), of the others at most {most} trained on; each seed draws anew, for all
learners the same. Less is better but for AUC, R2 and win rates. nRMSE is the RMSE over the standard deviation of the target in the test
rows. SGM is the shifted geometric mean over sets, exp(mean log(m + {shift})) - {shift}, m the mean over seeds. Ranks, win rates and
times are averaged over seeds, then over sets (times geometrically). Fit seconds hold the preparation of the table, imports not. Targets
of {logged} are log(1 + y).

The defaults of glassnet were developed on {developed}.
All others are only reported on.
"""


@dataclass(frozen=True)
class Kind:
    """Classification or regression: its measure, others told beside it by their shifted geometric mean, and by their plain mean."""

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


def main() -> None:
    """Read, compare, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", nargs="*", type=Path, default=[HERE / "results.jsonl"], help="of two lines of one fit the later counts")
    parser.add_argument("--learners", type=lambda words: words.split(","), help="compared; else all that are found")
    parser.add_argument("--out", type=Path, default=HERE, help="folder for RESULTS.md and the plots")
    asked = parser.parse_args()
    lines = journal.read(asked.results)
    found = {learner for _, _, learner in lines}
    if unknown := set(asked.learners or []) - found:
        parser.error(f"no line of {', '.join(sorted(unknown))}. There are: {', '.join(sorted(found)) or 'none'}.")
    learners = asked.learners or sorted(found, key=lambda name: (list(LEARNERS).index(name) if name in LEARNERS else len(LEARNERS), name))
    lines = {key: line for key, line in lines.items() if line["learner"] in learners}
    if not lines:
        parser.error("there are no results to summarize; run.py makes them")
    asked.out.mkdir(parents=True, exist_ok=True)
    text = "\n\n".join([head(lines), *(part for kind in KINDS for part in of_kind(lines, learners, kind, asked.out)), failures(lines)])
    (asked.out / "RESULTS.md").write_text(text.rstrip() + "\n", encoding="utf-8")
    print(asked.out / "RESULTS.md")


def head(lines: Lines) -> str:
    """What was measured, how, on what."""
    done = [line for line in lines.values() if "failed" not in line]
    machines = sorted({f"{line['machine']}, {line['threads']} threads a fit" for line in done})
    versions: dict[str, set[str]] = {}
    for line in done:
        for name, number in line["versions"].items():
            versions.setdefault(name, set()).add(number)
    software = ", ".join(f"{name} {' and '.join(sorted(numbers))}" for name, numbers in sorted(versions.items()))
    disturbed = sum(line["times_disturbed"] for line in done)
    times = (
        f"**Times are disturbed in {disturbed:,} of {len(done):,} fits**: they ran at low priority or beside other work."
        if disturbed
        else "No fit ran at low priority or beside other work."
    )
    told = HEAD.format(
        test=f"{TEST_SHARE:.0%}",
        most=f"{MOST_TRAINING_ROWS:,}",
        shift=f"{SHIFT:g}",
        logged=" and ".join(LOG_TARGETS),
        developed=", ".join(DEVELOPED_ON),
    )
    return f"{told}\n- Machine: {'; '.join(machines)}\n- Software: {software}\n- {times}"


def of_kind(lines: Lines, learners: Sequence[str], kind: Kind, out: Path) -> list[str]:
    """The sections of a kind of task, and its plot beside them."""
    mine = {key: line for key, line in lines.items() if "failed" not in line and is_classification(line["task"]) == kind.classification}
    compared = blocks(mine, learners, kind.measure)
    if not compared.sets:
        return [f"## {kind.name}\n\nNo block is complete."]
    per_set = compared.per_set()
    order = np.argsort(mean_ranks(compared), kind="stable")
    seconds = geometric_means(blocks(mine, learners, "fit_seconds"))
    plot = f"{kind.name.lower()}.svg"
    points = [
        Point(name, seconds[i], value, name.startswith("glassnet"))
        for i, (name, value) in enumerate(zip(learners, shifted_geometric_means(compared, SHIFT), strict=True))
    ]
    said = f"{kind.name}: {kind.called} against the time of a fit"
    svg = quality_against_time(points, x_label="fit seconds (geometric mean)", y_label=f"{kind.called} (SGM)", title=said)
    (out / plot).write_text(svg, encoding="utf-8")
    begun = len({key[:2] for key in mine})
    return [
        f"## {kind.name}",
        f"{len(compared.sets)} blocks of {len(per_set)} sets are complete, of {begun} begun.",
        overview(mine, compared, kind, order),
        f"![{said}]({plot})",
        *against(compared, kind, order),
        f"### {kind.name}: win rates on {kind.called}",
        "Per cent of blocks in which the row's learner is better than the column's; a tie counts half.",
        pairwise(compared, order),
        f"### {kind.name}: {kind.called} of each set",
        "Means over seeds, the best in bold; * marks the sets that the defaults were developed on.",
        by_set(compared, order),
    ]


def overview(lines: Lines, compared: Blocks, kind: Kind, order: Array) -> str:
    """A row for each learner, the best mean rank first."""
    developed, reported = (compared.within(names) for names in (DEVELOPED_ON, set(compared.sets) - set(DEVELOPED_ON)))
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
    for measure, called in (("fit_seconds", "fit s"), ("fit_processor_seconds", "of processor"), ("predict_seconds", "predict s")):
        columns.append((called, [figure(value) for value in geometric_means(blocks(lines, compared.learners, measure))]))
    return table(["", *(name for name, _ in columns)], [[compared.learners[i], *(cells[i] for _, cells in columns)] for i in order])


def ranks_of(found: Blocks) -> list[str]:
    """Mean ranks in words."""
    return [f"{rank:.2f}" for rank in mean_ranks(found)] if found.sets else ["-"] * len(found.learners)


def means_of(found: Blocks) -> list[str]:
    """Shifted geometric means in words."""
    return [f"{mean:.4f}" for mean in shifted_geometric_means(found, SHIFT)] if found.sets else ["-"] * len(found.learners)


def geometric_means(found: Blocks) -> list[float]:
    """Of each learner's seconds over sets; a time of nothing counts as 10 microseconds."""
    means = np.array(list(found.per_set().values()))
    return [float(mean) for mean in np.exp(np.log(np.maximum(means, 1e-5)).mean(axis=0))]


def against(compared: Blocks, kind: Kind, order: Array) -> list[str]:
    """What ours gain in SGM over each of the others, in per cent of theirs; nothing where ours are not compared."""
    ours = [i for i in order if compared.learners[i].startswith("glassnet")]
    others = [i for i in order if i not in ours]
    if not ours or not others:
        return []
    means = shifted_geometric_means(compared, SHIFT)
    rows = [[compared.learners[i], *(f"{100 * (1 - means[i] / means[j]):+.1f}" for j in others)] for i in ours]
    return [
        f"### {kind.name}: what ours gain",
        f"Per cent by which the SGM {kind.called} of the row is below that of the column.",
        table(["", *(compared.learners[j] for j in others)], rows),
    ]


def pairwise(compared: Blocks, order: Array) -> str:
    """The table of win rates."""
    rates = win_rates(compared)
    rows = [[compared.learners[i], *("" if i == j else f"{100 * rates[i, j]:.0f}" for j in order)] for i in order]
    return table(["", *(compared.learners[j] for j in order)], rows)


def by_set(compared: Blocks, order: Array) -> str:
    """A row for each set."""
    rows = []
    for name, means in compared.per_set().items():
        cells = [f"**{value:.4f}**" if value == means.min() else f"{value:.4f}" for value in means]
        rows.append([f"{name}{' *' if name in DEVELOPED_ON else ''} ({compared.sets.count(name)})", *(cells[i] for i in order)])
    return table(["set (seeds)", *(compared.learners[i] for i in order)], rows)


def failures(lines: Lines) -> str:
    """Fits without a result; their blocks are compared for no one."""
    rows = [[name, str(seed), learner, line["failed"][:100]] for (name, seed, learner), line in sorted(lines.items()) if "failed" in line]
    if not rows:
        return "## Failed\n\nNo fit failed."
    return f"## Failed\n\nTheir blocks are left out for all.\n\n{table(['set', 'seed', 'learner', 'why'], rows)}"


if __name__ == "__main__":
    main()
