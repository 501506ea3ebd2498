"""Fits learners on tables and appends a line for each fit: `python bench/tables/run.py --data
FOLDER`.

Every fit runs in a process of its own, with two threads and an end: one that crashes or hangs is a
line that says "failed". Seeds are the outer loop, then sets, then learners, so that a stop leaves
whole blocks to compare. A fit that has its line, a failed one too, is not run again; to run it
again, name another file in --results (summary.py takes several, the later counts) or delete the
line.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import journal
from learners import KNOWN, LEARNERS
from sets import DEVELOPED_ON
from sources import names

HERE = Path(__file__).resolve().parent
THREADS = 2
#: Read by OpenMP, OpenBLAS and MKL when they start.
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
#: The processes that fit at the moment.
CHILDREN: set[subprocess.Popen[bytes]] = set()


@dataclass(frozen=True)
class Fit:
    """What fit.py is asked for."""

    name: str
    seed: int
    learner: str
    folder: str | None
    threads: int = THREADS


def main() -> None:
    """Run what is not there yet."""
    asked = arguments()
    there = journal.read([asked.results])
    fits = [
        Fit(name, seed, learner, asked.data, asked.threads)
        for seed in asked.seeds
        for name in asked.sets
        for learner in asked.learners
    ]
    fits = [fit for fit in fits if (fit.name, fit.seed, fit.learner) not in there]
    print(f"{len(fits)} fits to run, {len(there)} lines there", flush=True)
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit("told to end"))
    pool = ThreadPoolExecutor(asked.jobs)
    try:
        for number, line in enumerate(
            pool.map(
                lambda fit: run(fit, asked.limit, [sys.executable, str(HERE / "fit.py")]), fits
            ),
            1,
        ):
            journal.append(asked.results, line)
            print(f"{number}/{len(fits)} {told(line)}", flush=True)
    finally:  # where this was stopped nothing goes on
        pool.shutdown(wait=False, cancel_futures=True)
        for child in list(CHILDREN):
            end(child)
        signal.signal(signal.SIGTERM, before)


def run(fit: Fit, limit: float, program: list[str]) -> journal.Line:
    """The line of a fit, made by the program in a process of its own, which ends after `limit`
    seconds at the latest."""
    begin = {"set": fit.name, "seed": fit.seed, "learner": fit.learner}
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:  # what libraries leave lying about lies there
        answer = Path(folder) / "answer.json"
        order = json.dumps({"fit": asdict(fit), "answer": str(answer)})
        paths = os.pathsep.join(str(Path(path).resolve()) for path in sys.path if path)
        environment = (
            os.environ
            | dict.fromkeys(THREAD_VARIABLES, str(fit.threads))
            | {"PYTHONPATH": paths, "CUDA_VISIBLE_DEVICES": ""}
        )
        with (Path(folder) / "said").open("w+", encoding="utf-8", errors="replace") as said:
            child = subprocess.Popen(
                [*program, order],
                stdout=said,
                stderr=said,
                cwd=folder,
                env=environment,
                start_new_session=True,
            )
            CHILDREN.add(child)
            try:
                child.wait(limit)
            except subprocess.TimeoutExpired:
                return begin | {"failed": f"no end after {limit:g} s", "seconds": round(limit, 1)}
            finally:
                end(child)
                CHILDREN.discard(child)
            said.seek(0)
            last = (said.read().strip().splitlines() or ["no word"])[-1]
        seconds = {"seconds": round(time.perf_counter() - start, 2)}
        if child.returncode or not answer.exists():
            return begin | {"failed": f"exit status {child.returncode}: {last[:300]}"} | seconds
        return begin | json.loads(answer.read_text(encoding="utf-8")) | seconds


def end(child: subprocess.Popen[bytes]) -> None:
    """End a process and what it started."""
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def told(line: journal.Line) -> str:
    """A line in short."""
    name = f"{line['set']}, seed {line['seed']}, {line['learner']}: "
    if "failed" in line:
        return f"{name}failed: {line['failed']}"
    measure = "error" if "error" in line else "nrmse"
    times = f"fit {line['fit_seconds']:.1f} s, all {line['seconds']:.1f} s"
    return f"{name}{measure} {line[measure]:.4f}, {times}"


def arguments() -> argparse.Namespace:
    """What was asked on the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--data",
        default=os.environ.get("GLASSNET_TABLES"),
        help="folder with catalog.csv; else the sets of packages",
    )
    parser.add_argument(
        "--results",
        type=Path,
        default=HERE / "results.jsonl",
        help="file that the lines are appended to",
    )
    parser.add_argument(
        "--learners", type=words, help=f"some of {', '.join(LEARNERS)}; else all that are installed"
    )
    parser.add_argument("--sets", type=words, help="some of the sets; else all")
    parser.add_argument(
        "--developed", action="store_true", help="only sets that the defaults were developed on"
    )
    parser.add_argument(
        "--seeds",
        type=lambda text: [int(word) for word in words(text)],
        default=[0, 1, 2],
        help="0,1,2",
    )
    parser.add_argument("--threads", type=int, default=THREADS, help="of each fit")
    parser.add_argument(
        "--jobs", type=int, default=1, help="fits at a time; more than one disturbs the times"
    )
    parser.add_argument("--limit", type=float, default=1800.0, help="seconds until a fit is ended")
    asked = parser.parse_args()
    asked.data = str(Path(asked.data).resolve()) if asked.data else None
    there = names(Path(asked.data) if asked.data else None)
    asked.sets = asked.sets or [
        name for name in there if name in DEVELOPED_ON or not asked.developed
    ]
    if unknown := [name for name in asked.sets if name not in there]:
        parser.error(f"no such set: {', '.join(unknown)}. There are: {', '.join(there)}.")
    if unknown := [name for name in asked.learners or [] if name not in KNOWN]:
        parser.error(f"no such learner: {', '.join(unknown)}. There are: {', '.join(KNOWN)}.")
    chosen = asked.learners or list(LEARNERS)
    absent = {name: why for name in chosen if (why := KNOWN[name].absent())}
    for name, why in absent.items():
        print(f"{name} is left out: {why}.", file=sys.stderr)
    asked.learners = [name for name in chosen if name not in absent]
    return asked


def words(text: str) -> list[str]:
    """The words between commas."""
    return [word.strip() for word in text.split(",") if word.strip()]


if __name__ == "__main__":
    main()
