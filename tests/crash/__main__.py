"""Runs the crash fuzz: python -m tests.crash [--seeds FIRST:END] [--seed N [--fresh]] from the root
of the repository.

Each seed is one child process: a random job under a random limit. With --seed N that one alone, and
all that it says; with --fresh in a new interpreter, which a debugger can run: gdb --args python -m
tests.crash --inside N. Status 1 where there is a fault.
"""

from __future__ import annotations

import argparse
import collections
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

from tests.crash import zygote

#: Every so many-th child is a new interpreter, in a run over many seeds.
FRESH = 50


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", default="0:40", metavar="FIRST:END")
    parser.add_argument("--seed", type=int, metavar="N")
    parser.add_argument("--fresh", action="store_true")
    parser.add_argument(
        "--inside", type=int, metavar="N", help="live as the child N in this very process"
    )
    parser.add_argument("--job", default="", help="only seeds whose job's name holds this")
    parser.add_argument(
        "--log",
        type=Path,
        metavar="FILE",
        help="write every verdict that is no answer and no error of ours there, as JSON lines",
    )
    parser.add_argument("--verbose", action="store_true", help="a line for every seed")
    parser.add_argument("--no-fresh", action="store_true", help="no new interpreters")
    asked = parser.parse_args()
    base = Path(tempfile.mkdtemp(prefix="glassnet-crash-"))
    zygote.import_everything()
    zygote.prepare(base)
    if asked.inside is not None:
        os.dup2(2, zygote.REPORT)
        os.dup2(2, zygote.CRASH)
        zygote.live(asked.inside, base)
    if asked.seed is not None:
        seeds = [asked.seed]
    else:
        seeds = [
            seed
            for seed in range(*map(int, asked.seeds.split(":")))
            if asked.job in zygote.drawn(seed)[0]
        ]
    verdicts, spent = [], collections.Counter()
    for seed in seeds:
        fresh = asked.fresh or (
            asked.seed is None and not asked.no_fresh and seed % FRESH == FRESH - 1
        )
        verdict, seconds = zygote.one(seed, base, fresh=fresh)
        spent[verdict.job] += seconds
        verdicts.append(verdict)
        if asked.log and verdict.evidence:
            with asked.log.open("a") as log:
                log.write(json.dumps(verdict.as_dict()) + "\n")
        if verdict.kind in ("fault", "foreign") or asked.seed is not None or asked.verbose:
            print(
                f"seed {seed}{' (fresh)' if fresh else ''}: {verdict.kind}: {verdict.job}, "
                f"{verdict.limit}: {verdict.said}",
                flush=True,
            )
        if verdict.kind == "fault" and asked.seed is None:
            print(f"    again: python -m tests.crash --seed {seed}{' --fresh' if fresh else ''}")
        if verdict.kind == "fault" or asked.seed is not None:
            print("    " + verdict.evidence.replace("\n", "\n    ")[:20000], flush=True)
    print("answers/our errors/foreign ends/faults")
    print("\n".join(zygote.table_of(verdicts)))
    if asked.verbose:
        print("\n".join(f"{seconds:6.1f} s {job}" for job, seconds in spent.most_common()))
    for kind in ("foreign", "fault"):
        for said, n in collections.Counter(
            verdict.said for verdict in verdicts if verdict.kind == kind
        ).most_common():
            print(f"{n} {kind}: {said}")
    shutil.rmtree(base, ignore_errors=True)
    return 1 if any(verdict.kind == "fault" for verdict in verdicts) else 0


if __name__ == "__main__":
    sys.exit(main())
