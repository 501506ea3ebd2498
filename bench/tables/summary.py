"""Writes RESULTS.md and its plots from the lines of run.py: `python bench/tables/summary.py [FILE
...] [--learners a,b] [--out FOLDER]`.

Only complete blocks are compared: pairs of set and seed for which each of the learners named (all
found, where none are) has a result.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import journal
from kinds import KINDS, SHIFT, Lines, of_kind
from learners import LEARNERS
from sets import DEVELOPED_ON, LOG_TARGETS
from splits import MOST_TRAINING_ROWS, TEST_SHARE
from together import everywhere, one_by_one
from writing import table

HERE = Path(__file__).resolve().parent
HEAD = """# Learners on tables

Written by `bench/tables/summary.py` from the lines of `bench/tables/run.py`: default parameters of
every library, a process for each fit. Of each set {test} of the rows are tested (of every class),
of the others at most {most} trained on; each seed draws anew, for all learners the same. Less is
better but for AUC, R2 and win rates. nRMSE is the RMSE over the standard deviation of the target
in the test rows. SGM is the shifted geometric mean over sets, exp(mean log(m + {shift})) -
{shift}, m the mean over seeds. Ranks, win rates and times are averaged over seeds, then over sets
(times geometrically). Fit seconds hold the preparation of the table, imports not. Targets of
{logged} are log(1 + y).

The defaults of glassnet were developed on {developed}.
All others are only reported on.
"""


def main() -> None:
    """Read, compare, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "results",
        nargs="*",
        type=Path,
        default=[HERE / "results.jsonl"],
        help="of two lines of one fit the later counts",
    )
    parser.add_argument(
        "--learners", type=lambda words: words.split(","), help="compared; else all that are found"
    )
    parser.add_argument(
        "--beside",
        type=lambda words: words.split(","),
        default=[],
        help="with fewer blocks: told of one by one",
    )
    parser.add_argument(
        "--out", type=Path, default=HERE, help="folder for RESULTS.md and the plots"
    )
    asked = parser.parse_args()
    lines = journal.read(asked.results)
    found = {learner for _, _, learner in lines}
    if unknown := {*(asked.learners or []), *asked.beside} - found:
        parser.error(
            f"no line of {', '.join(sorted(unknown))}. There are: "
            f"{', '.join(sorted(found)) or 'none'}."
        )
    known = list(LEARNERS)
    learners = asked.learners or sorted(
        found - {*asked.beside},
        key=lambda name: (known.index(name) if name in known else len(known), name),
    )
    lines = {
        key: line for key, line in lines.items() if line["learner"] in (*learners, *asked.beside)
    }
    if not lines:
        parser.error("there are no results to summarize; run.py makes them")
    asked.out.mkdir(parents=True, exist_ok=True)
    compared = {key: line for key, line in lines.items() if line["learner"] in learners}
    parts = [head(lines), *everywhere(compared, learners)]
    for kind in KINDS:
        parts += of_kind(compared, learners, kind, asked.out)
    text = "\n\n".join([*parts, *one_by_one(lines, learners, asked.beside), failures(lines)])
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
    software = ", ".join(
        f"{name} {' and '.join(sorted(numbers))}" for name, numbers in sorted(versions.items())
    )
    disturbed = sum(line["times_disturbed"] for line in done)
    times = (
        f"**Times are disturbed in {disturbed:,} of {len(done):,} fits**: they ran at low priority "
        "or beside other work."
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


def failures(lines: Lines) -> str:
    """Fits without a result; their blocks are compared for no one."""
    rows = [
        [name, str(seed), learner, line["failed"][:100]]
        for (name, seed, learner), line in sorted(lines.items())
        if "failed" in line
    ]
    if not rows:
        return "## Failed\n\nNo fit failed."
    failed = table(["set", "seed", "learner", "why"], rows)
    return f"## Failed\n\nTheir blocks are left out for all.\n\n{failed}"


if __name__ == "__main__":
    main()
