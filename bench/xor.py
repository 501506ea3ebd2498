"""The tutorial's XOR, 10,000 epochs: bare NumPy against ours, inside one process and as whole
processes with their imports.

Both are functions of examples/xor.py, which must learn the same numbers.
"""

from __future__ import annotations

import inspect
import statistics
import subprocess
import sys
import time
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import numpy as np
from report import figure, table

EXAMPLE = Path(__file__).parents[1] / "examples" / "xor.py"
TURNS = 9
AIM = 20.0  # times as quick in one process
DATA = (
    "X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])\n"
    "y = np.array([[0.0], [1.0], [1.0], [0.0]])\n"
)
OURS_IMPORTS = "import numpy as np\nimport glassnet\nfrom glassnet import SGD, Dense, Network\n"


def main() -> None:
    """Check, then time, then print."""
    example = load(EXAMPLE)
    start = example.initialize(seed=0)
    weights = example.train(example.X, example.y, start)
    network, _ = example.train_with_glassnet(example.X, example.y, start)
    apart = max(
        float(np.abs(network.parameters[name] - w).max())
        for name, w in zip(network.parameters, weights, strict=True)
    )
    if not apart < 1e-9:
        sys.exit(f"XOR: the weights of both ways are {apart:.1e} apart. Nothing is timed.")

    calls = (
        lambda: example.train(example.X, example.y, start),
        lambda: example.train_with_glassnet(example.X, example.y, start),
    )
    inside = in_turn(calls)
    shared = DATA + inspect.getsource(example.initialize)
    numpy_functions = (
        example.sigmoid,
        example.sigmoid_slope,
        example.forward,
        example.backward,
        example.train,
    )
    bare = (
        "import numpy as np\n"
        + shared
        + "".join(map(inspect.getsource, numpy_functions))
        + "train(X, y, initialize(0))"
    )
    ours = (
        OURS_IMPORTS
        + shared
        + inspect.getsource(example.train_with_glassnet)
        + "train_with_glassnet(X, y, initialize(0))"
    )
    outside = in_turn(
        tuple(
            lambda code=code: subprocess.run([sys.executable, "-c", code], check=True)
            for code in (bare, ours)
        )
    )

    rows = [
        [name, figure(1e3 * a), figure(1e3 * b), figure(a / b), aim]
        for name, (a, b), aim in (
            ("training alone", inside, f"≥ {AIM:g}"),
            ("the whole process", outside, "≥ 1"),
        )
    ]
    head = ["", "bare NumPy", "glassnet", "NumPy / glassnet", "aim"]
    print(
        f"Milliseconds, medians of {TURNS} turns; the weights of both ways end {apart:.0e} "
        f"apart.\n\n{table(head, rows)}"
    )


def load(path: Path) -> Any:
    """A script as a module."""
    spec = spec_from_file_location("example", path)
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def in_turn(calls: tuple[Any, ...]) -> tuple[float, ...]:
    """The median seconds of each call."""
    times: list[list[float]] = [[] for _ in calls]
    for turn in range(TURNS + 1):
        for call, found in zip(calls, times, strict=True):
            start = time.perf_counter()
            call()
            if turn:  # the first warms up
                found.append(time.perf_counter() - start)
    return tuple(map(statistics.median, times))


if __name__ == "__main__":
    main()
