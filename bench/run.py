"""Runs the benchmarks and writes what they print into RESULTS.md: `python bench/run.py`, or some
parts, `python bench/run.py grid xor`.

Every part is a script of this folder that checks its results before it times anything, and prints
Markdown at its end. Where a check fails it prints nothing and its old section stays as it was;
where only a limit is passed, what was measured is written. Either way the run goes on with the next
part and ends in an error itself.
"""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from report import machine, processor, sections

HERE = Path(__file__).parent
RESULTS = HERE / "RESULTS.md"
PARTS = {
    "grid": "A training step",
    "phases": "The phases of a step",
    "latency": "Prediction",
    "xor": "The tutorial's XOR",
    "load": "With a busy core",
    "cli": "The command line",
    "reading": "Reading a table",
    "dropin": "In the place of scikit-learn",
}
HEAD = """# Measured

Written by `make bench`. Every part first checks that all contenders compute the same, then times
them in turn (A B C A B C ...), so that a busy moment of the machine meets all of them, and gives
medians; its program in `bench/` says how. Below is the machine of the last run; under each heading
stands when that part was measured.

"""


def main() -> None:
    """Run the parts named, or all."""
    chosen = sys.argv[1:] or list(PARTS)
    if unknown := set(chosen) - set(PARTS):
        sys.exit(f"No such benchmark: {', '.join(sorted(unknown))}. There are: {', '.join(PARTS)}.")
    failed = []
    for part in chosen:
        print(f"\n== {part} ==", flush=True)
        load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
        done = subprocess.run(
            [sys.executable, str(HERE / f"{part}.py")],
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        print(done.stdout, flush=True)
        failed += [part] if done.returncode else []
        if done.stdout.strip():
            write(part, done.stdout, load)
    if failed:
        sys.exit(f"Failed: {', '.join(failed)}.")


def write(part: str, text: str, load: float) -> None:
    """Put a part's text under its heading, and leave the others as they are."""
    bodies = sections(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    bodies[PARTS[part]] = (
        f"{text.strip()}\n\n*{now}, {processor()}; load average before it {load:.1f}.*"
    )
    kept = (
        f"## {heading}\n\n{bodies[heading]}\n" for heading in PARTS.values() if heading in bodies
    )
    RESULTS.write_text(f"{HEAD}{machine()}\n\n" + "\n".join(kept), encoding="utf-8")


if __name__ == "__main__":
    main()
