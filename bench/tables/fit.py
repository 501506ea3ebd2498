"""One fit, in the process that runs this file: reads what to do from its argument, writes the
result to the file named there.

The clock runs over the learner's function, preparation of the table included, imports of its
library not; then over one prediction of all test rows.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import resource
import sys
import time
import warnings
from datetime import UTC, datetime
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import measures
from learners import KNOWN, Learner
from sources import is_classification, read
from splits import split
from writing import cores, processor


def main() -> None:
    """Fit, judge, write."""
    order = json.loads(sys.argv[1])
    warnings.simplefilter("ignore")  # that an epoch is not yet convergence, and such
    Path(order["answer"]).write_text(json.dumps(result(**order["fit"])), encoding="utf-8")


def result(name: str, seed: int, learner: str, folder: str | None, threads: int) -> dict[str, Any]:
    """The line of a fit."""
    row = KNOWN[learner]
    for module in row.modules:
        import_module(module)
    table = read(name, Path(folder) if folder else None)
    train, test = split(len(table.y), table.y if is_classification(table.task) else None, seed)
    X, y = table.X.iloc[train].reset_index(drop=True), table.y[train]
    X_test, y_test = table.X.iloc[test].reset_index(drop=True), table.y[test]
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    start, used = time.perf_counter(), processor_seconds()
    predict = row.fit(X, y, table.task, seed, threads)
    fitted, used = time.perf_counter(), processor_seconds() - used
    predicted = predict(X_test)
    end = time.perf_counter()
    return {
        "task": table.task,
        "n_train": len(train),
        "n_test": len(test),
        **(measures.of_probabilities if is_classification(table.task) else measures.of_numbers)(
            y_test, predicted
        ),
        "fit_seconds": round(fitted - start, 4),
        "fit_processor_seconds": round(used, 4),
        "predict_seconds": round(end - fitted, 5),
        **circumstances(row, threads, load),
    }


def circumstances(learner: Learner, threads: int, load: float | None) -> dict[str, Any]:
    """Under what a fit ran. Where it gave way to others (nice) or others worked beside it, its
    times do not count, and the line says so.

    The load average, one minute's mean of the threads at work, is at most that of the fit before
    where no one else works.
    """
    nice = os.nice(0) if hasattr(os, "nice") else 0
    busy = load is not None and load > threads + 1
    return {
        "threads": threads,
        "nice": nice,
        "times_disturbed": nice > 0 or busy,
        "load_before": load,
        "machine": f"{processor()}, {cores()} cores",
        "versions": versions(learner),
        "when": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    }


def versions(learner: Learner) -> dict[str, str]:
    """Of Python, NumPy and what the learner is; ours with a hash of its source, since its version
    stands while it is worked on."""
    found = {"python": platform.python_version()}
    names = [
        "numpy",
        "scikit-learn",
        learner.distribution,
        *(["torch"] if "pytabkit" in learner.modules else []),
    ]
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "unknown"
    if learner.distribution == "glassnet":
        package = import_module("glassnet")
        source = hashlib.sha256()
        for path in sorted(Path(str(package.__file__)).parent.rglob("*.py")):
            source.update(path.read_bytes())
        found["glassnet"] = f"{package.__version__}+{source.hexdigest()[:8]}"
    return found


def processor_seconds() -> float:
    """Of this process and those it started and has waited for, over all threads."""
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in spent)


if __name__ == "__main__":
    main()
