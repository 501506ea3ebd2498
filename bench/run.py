"""Runs the benchmarks and writes what they print into RESULTS.md, under this machine's processor:
`python bench/run.py`, or some parts, `python bench/run.py grid xor`.

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

import processor
import results

HERE = Path(__file__).parent
RESULTS = HERE / "RESULTS.md"
PARTS = {
    "grid": "A training step",
    "cores": "Numbers of threads",
    "members": "Members and many rows",
    "products": "The matrix products alone",
    "phases": "The phases of a step",
    "latency": "Prediction",
    "explaining": "Explaining a row",
    "xor": "The tutorial's XOR",
    "load": "With a busy core",
    "cli": "The command line",
    "reading": "Reading a table",
    "dropin": "In the place of scikit-learn",
}


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
    """Put a part's text under this processor and its heading, and leave all others as they are."""
    page = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else ""
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    body = f"{text.strip()}\n\n*{now}; load average before it {load:.1f}.*"
    page = results.replaced(
        page, processor.title(), processor.software(), PARTS[part], body, list(PARTS.values())
    )
    RESULTS.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
