"""The matrix products of NumPy and SciPy: what an OpenBLAS reaches here."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from scipy.linalg.blas import sgemm


class BLAS:
    """Square products on one thread or on the default number."""

    def __init__(self, threads: int | None) -> None:
        """One thread is asked for by the environment before NumPy starts."""

    def multiply(self, n: int, times: int) -> dict[str, float]:
        """The least seconds that a product of two (n, n) float32 matrices took, by library."""
        rng = np.random.default_rng(0)
        A, B = (np.asfortranarray(rng.standard_normal((n, n), dtype=np.float32)) for _ in range(2))
        C = np.empty_like(A)

        def scipy_product() -> None:
            sgemm(1.0, A, B, c=C, overwrite_c=True)

        return {
            "NumPy": least(lambda: np.matmul(A, B, out=C), times),
            "SciPy": least(scipy_product, times),
        }

    def train(self, size: int, times: int) -> float:
        """The seconds that so many products of (size, size) matrices took, one after the other."""
        A = np.random.default_rng(0).standard_normal((size, size), dtype=np.float32)
        C = np.empty_like(A)
        start = time.perf_counter()
        for _ in range(times):
            np.matmul(A, A, out=C)
        return time.perf_counter() - start


def least(product: Callable[[], object], times: int) -> float:
    """The shortest of several runs, in seconds."""
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        product()
        seconds.append(time.perf_counter() - start)
    return min(seconds)
