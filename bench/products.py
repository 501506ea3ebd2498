"""The matrix products of a dense layer alone, one thread, float32: the engine's own function beside
the BLAS of PyTorch (MKL, oneDNN), NumPy and SciPy (OpenBLAS), and beside the processor's peak.

The function of native/gemm.hpp is compiled into a library of its own, for the widest instruction
set that this processor has, and called as the engine calls it for a step on one thread. All results
are compared with a product in float64 first; then all are timed in turn, and the least counts.

    python bench/products.py [--seconds 0.7]
"""

from __future__ import annotations

import os

from workers import THREAD_VARIABLES

os.environ.update(dict.fromkeys(THREAD_VARIABLES, "1"))  # read when NumPy and PyTorch start

import argparse
import ctypes
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from compiler import ROOT, compile_library, compiler, flags, widest
from report import figure, table
from scipy.linalg.blas import sgemm

Array = np.ndarray[Any, np.dtype[Any]]
Products = dict[str, Callable[[], object]]

OURS = "ours"
# rows of the batch, inputs and outputs of the layer
SHAPES = (
    (128, 64, 64),
    (128, 128, 128),
    (256, 256, 256),
    (256, 784, 512),
    (400, 1000, 1000),
    (512, 1024, 2048),
    (512, 2048, 2048),
)
AIM, PEAK_AIM = 0.95, 0.85  # best BLAS / ours; of the peak,
PEAK_FROM = 256**3  # from so many multiplications up
TURN = 2e-3  # seconds of one contender in a turn
PEAK_ROUNDS = 200_000


@dataclass
class Form:
    """One of the three products: the contenders' calls, where ours puts its result, and what it
    must be."""

    name: str
    calls: Products
    results: dict[str, Array]
    expected: Array

    def check(self) -> None:
        """End the benchmark where a result is wrong."""
        for name, call in self.calls.items():
            self.results[name][:] = np.nan
            call()
            apart = np.linalg.norm(self.results[name] - self.expected)
            if not apart <= 1e-5 * np.linalg.norm(self.expected):
                sys.exit(f"{self.name}: the product of {name} is wrong. Nothing is timed.")


class Library:
    """The compiled functions of products.cpp."""

    def __init__(self, folder: Path) -> None:
        path = folder / "products.so"
        options = [*flags(widest()), f"-I{ROOT / 'native'}"]
        compile_library(options, [Path(__file__).with_suffix(".cpp")], path)
        self.functions = ctypes.CDLL(str(path))
        self.functions.peak.restype = ctypes.c_double
        self.functions.row_step.restype = ctypes.c_size_t

    def peak(self) -> float:
        """Operations a second that the multiply-adds of one core reach."""
        return float(self.functions.peak(ctypes.c_size_t(PEAK_ROUNDS)))

    def call(self, name: str, arrays: list[Array], shape: tuple[int, ...]) -> Callable[[], object]:
        """A function with its arguments, made ready."""
        function = getattr(self.functions, name)
        pointers = [ctypes.c_void_p(array.ctypes.data) for array in arrays]
        sizes = [ctypes.c_size_t(n) for n in shape]

        def ready(_held: list[Array] = arrays) -> None:  # which the pointers alone would not keep
            function(*pointers, *sizes)

        return ready

    def signal(self, A: Array) -> Array:
        """A copy whose rows lie as the engine lays signals, on a vector's boundary."""
        step = self.functions.row_step(ctypes.c_size_t(A.shape[1]))
        memory = np.zeros(A.shape[0] * step + 16, np.float32)
        start = -memory.ctypes.data // 4 % 16
        rows = memory[start : start + A.shape[0] * step].reshape(-1, step)[:, : A.shape[1]]
        rows[:] = A
        return rows


def forms(library: Library, shape: tuple[int, int, int]) -> list[Form]:
    """The three products of a layer."""
    m, k, n = shape
    rng = np.random.default_rng(0)
    X, W, dZ = (rng.standard_normal(size, dtype=np.float32) for size in ((m, k), (k, n), (m, n)))
    b = np.zeros(n, np.float32)
    own_X, own_dZ = library.signal(X), library.signal(dZ)
    own = {"x_w": [own_X, W, b], "dz_wt": [own_dZ, W], "xt_dz": [own_X, own_dZ]}
    found = []
    for name, function, A, B in (
        ("X W", "x_w", X, W),
        ("dZ W^T", "dz_wt", dZ, W.T),
        ("X^T dZ", "xt_dz", X.T, dZ),
    ):
        C = np.empty((A.shape[0], B.shape[1]), np.float32)
        result = C.copy() if name == "X^T dZ" else library.signal(C)
        calls = {OURS: library.call(function, [*own[function], result], shape)} | blas(A, B, C)
        results = dict.fromkeys(calls, C) | {OURS: result}
        expected = A.astype(np.float64) @ B.astype(np.float64)
        found.append(Form(name, calls, results, expected))
    return found


def blas(A: Array, B: Array, C: Array) -> Products:
    """C = A B by each library that is here; A and B may be transposed, and none is copied."""
    calls: Products = {}
    if find_spec("torch"):
        import torch

        torch.set_num_threads(1)
        a, b, c = map(torch.from_numpy, (A, B, C))
        calls["PyTorch"] = lambda: torch.mm(a, b, out=c)
    calls["NumPy"] = lambda: np.matmul(A, B, out=C)
    # Fortran's columns are our rows: C^T = B^T A^T
    sides = [(M, 0) if M.flags.f_contiguous else (M.T, 1) for M in (B.T, A.T)]
    (left, trans_left), (right, trans_right) = sides
    calls["SciPy"] = lambda: sgemm(
        1.0, left, right, c=C.T, trans_a=trans_left, trans_b=trans_right, overwrite_c=True
    )
    return calls


def least(calls: Products, operations: float, seconds: float, peak: Callable[[], float]) -> Any:
    """The least seconds of each call, taken in turn, and the highest peak of the same turns."""
    times, best_peak = dict.fromkeys(calls, float("inf")), 0.0
    repeats = max(1, round(TURN * 5e10 / operations))
    until = time.perf_counter() + seconds
    while True:
        for name, call in calls.items():
            start = time.perf_counter()
            for _ in range(repeats):
                call()
            times[name] = min(times[name], (time.perf_counter() - start) / repeats)
        best_peak = max(best_peak, peak())
        if time.perf_counter() > until:
            return times, best_peak


def main() -> None:
    """Check, then time, then print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=0.7, help="of each product")
    given = parser.parse_args()
    if not compiler():
        print("Left out: no C++ compiler, to compile the product alone.", file=sys.stderr)
        return
    with tempfile.TemporaryDirectory() as folder:
        library = Library(Path(folder))
        every = [(shape, form) for shape in SHAPES for form in forms(library, shape)]
        for _, form in every:
            form.check()
        found, peak = [], 0.0
        for (m, k, n), form in every:
            times, highest = least(form.calls, 2.0 * m * k * n, given.seconds, library.peak)
            found.append(((m, k, n), form.name, times))
            peak = max(peak, highest)
            print(f"  {m} x {k} x {n}, {form.name}", file=sys.stderr, flush=True)
    print(written(found, peak))


def written(found: list[tuple[tuple[int, ...], str, dict[str, float]]], peak: float) -> str:
    """The table, and in words which aims are missed."""
    rows, missed = [], []
    for shape, form, times in found:
        work = float(np.prod(shape))
        words = f"{' x '.join(map(str, shape))}: {form}"
        ratio = min(seconds for name, seconds in times.items() if name != OURS) / times[OURS]
        share = 2.0 * work / times[OURS] / peak
        rates = [figure(2e-9 * work / seconds) for seconds in times.values()]
        rows.append([words, *rates, f"{ratio:.2f}", f"{share:.0%}"])
        missed += [f"{words} {ratio:.2f} of {AIM:g}"] if ratio < AIM else []
        if work >= PEAK_FROM and share < PEAK_AIM:
            missed.append(f"{words} {share:.0%} of the peak")
    head = ["batch x inputs x outputs", *found[0][2], "best BLAS / ours", "of the peak"]
    return (
        "Billions of operations a second on one thread, float32, the best of all turns; the ratio "
        f"is of times, aim for all:\nat least {AIM:g}. The peak is that of multiply-adds in "
        f"registers alone ({widest().lstrip('_')}), {figure(peak / 1e9)};\naim for ours from "
        f"256 x 256 x 256 up: {PEAK_AIM:.0%}.\n\n{table(head, rows)}\n\n"
        f"Aims missed: {'; '.join(missed) or 'none'}.\n"
    )


if __name__ == "__main__":
    main()
