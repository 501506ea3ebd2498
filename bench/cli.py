"""How long the command line takes, from a cold start: help, and predictions for 1,000 rows. What
comes out is checked first.

The process ends in an error where a result is wrong, scikit-learn is imported, or a limit is
passed.
"""

from __future__ import annotations

import csv
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from report import figure, table

RUNS = 7
LIMITS = {"--help": 150.0, "predict, 1,000 rows": 500.0}  # milliseconds
PENGUINS = Path(__file__).parents[1] / "examples" / "penguins.csv"
GLASSNET = [sys.executable, "-m", "glassnet"]


def run(*arguments: str) -> str:
    """What a command prints."""
    return subprocess.run(
        [*GLASSNET, *arguments], check=True, capture_output=True, text=True
    ).stdout


def imported(*arguments: str) -> set[str]:
    """The libraries that a command imports."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "glassnet", *arguments],
        check=True,
        capture_output=True,
        text=True,
    )
    names = (
        line.rpartition("|")[2].strip()
        for line in done.stderr.splitlines()
        if line.startswith("import time:")
    )
    return {name.partition(".")[0] for name in names}


def milliseconds(*arguments: str) -> float:
    """The median of several cold processes."""
    times = []
    for _ in range(RUNS):
        started = time.perf_counter()
        subprocess.run(
            [*GLASSNET, *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        times.append(1e3 * (time.perf_counter() - started))
    return statistics.median(times)


def main() -> None:
    """Check, then time, then print."""
    with tempfile.TemporaryDirectory() as folder:
        model, rows_file, out = (
            f"{folder}/{name}" for name in ("m.glassnet", "table.csv", "out.csv")
        )
        run("train", str(PENGUINS), "--target", "species", "-o", model, "--quiet")
        with PENGUINS.open(newline="") as file:
            head, *rows = csv.reader(file)
        rows = (rows * 3)[:1_000]
        with Path(rows_file).open("w", newline="") as file:
            csv.writer(file).writerows([head, *rows])
        commands = {
            "--help": ["--help"],
            "predict, 1,000 rows": ["predict", model, rows_file, "-o", out],
        }

        assert "Commands:" in run("--help")
        run(*commands["predict, 1,000 rows"])
        with Path(out).open(newline="") as file:
            found = [row["species"] for row in csv.DictReader(file)]
        right = sum(a == row[0] for a, row in zip(found, rows, strict=True))
        assert right >= 970, f"only {right} of 1,000 penguins are recognized"
        heavy = {"sklearn", "scipy", "pandas"}
        assert not imported("--help") & (heavy | {"numpy"})
        assert not imported(*commands["predict, 1,000 rows"]) & heavy

        took = {name: milliseconds(*command) for name, command in commands.items()}
        lines = [
            [f"glassnet {name}", figure(time), f"{LIMITS[name]:g}"] for name, time in took.items()
        ]
        print(
            f"Median of {RUNS} cold processes; neither imports "
            f"scikit-learn.\n\n{table(['', 'milliseconds', 'limit'], lines)}"
        )
        slow = [name for name, time in took.items() if time > LIMITS[name]]
        if slow:
            sys.exit(f"too slow: {', '.join(slow)}")


if __name__ == "__main__":
    main()
