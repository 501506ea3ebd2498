"""How far scikit-learn's own results move where another BLAS kernel adds up: what no comparison
with them can ask to be closer.

The configurations of tests/oracles are fitted by scikit-learn in one process for each kernel of
OpenBLAS that this processor runs, in float64 and float32. Run as `python bench/sensitivity.py`;
printed, for the configurations that move most, is the largest norm of a difference from the kernel
that OpenBLAS chooses itself, over the norm.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from report import table
from sklearn import neural_network
from threadpoolctl import threadpool_info

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # the configurations lie with the tests
from tests.oracles.mlp_configurations import CLIPPED, MINIMA, STEPS, estimator_of, identify  # noqa: E402
from tests.oracles.mlp_configurations import table as rows_of  # noqa: E402

CONFIGURATIONS = STEPS + CLIPPED + MINIMA
SHOWN = 12  # of each dtype, the largest first
KERNELS = ("Prescott", "Nehalem", "Sandybridge", "Haswell", "Zen", "SkylakeX")
DTYPES = ("float64", "float32")
Array = np.ndarray[Any, np.dtype[Any]]


def main() -> None:
    """Fit in every kernel, compare, print."""
    if len(sys.argv) == 2:
        np.savez(sys.argv[1], **fitted())
        return
    with tempfile.TemporaryDirectory() as folder:
        chosen = results(None, folder)
        assert chosen, "scikit-learn does not run"
        others = {kernel: found for kernel in KERNELS if (found := results(kernel, folder))}
    names = identify(CONFIGURATIONS)
    print(
        f"{chosen['kernel']} against "
        f"{', '.join(sorted({str(other['kernel']) for other in others.values()}))}."
    )
    for dtype in DTYPES:
        found = {
            name: max(moved(chosen, other, f"{i} {dtype} ") for other in others.values())
            for i, name in enumerate(names)
        }
        largest = sorted(found, key=lambda name: -found[name])[:SHOWN]
        print(f"\n{table([dtype, 'moved'], [[name, f'{found[name]:.1e}'] for name in largest])}")


def results(kernel: str | None, folder: str) -> dict[str, Array]:
    """What a process with this kernel finds; nothing where the processor does not run it."""
    path = Path(folder) / f"{kernel}.npz"
    environment = (
        os.environ
        | {"OPENBLAS_NUM_THREADS": "1"}
        | ({"OPENBLAS_CORETYPE": kernel} if kernel else {})
    )
    done = subprocess.run([sys.executable, __file__, str(path)], env=environment, check=False)
    if done.returncode:
        print(f"  {kernel}: does not run here", file=sys.stderr, flush=True)
        return {}
    with np.load(path) as found:
        return dict(found)


def fitted() -> dict[str, Array]:
    """Weights, losses and answers of all configurations, by number, dtype and name."""
    warnings.simplefilter("ignore")  # so few epochs are not enough
    found = {
        "kernel": np.array(
            "/".join(sorted({str(one.get("architecture")) for one in threadpool_info()}))
        )
    }
    for i, (name, settings) in enumerate(CONFIGURATIONS):
        X, y = rows_of(name)
        for dtype in DTYPES:
            estimator = estimator_of(neural_network, name, settings).fit(X.astype(dtype), y)
            tensors = [
                np.array([estimator.loss_, 1.0])
            ]  # of lbfgs, as its test does: |a - b| beside max(1, loss), nearly
            if estimator.solver != "lbfgs":
                answer = (
                    estimator.predict_proba if hasattr(estimator, "classes_") else estimator.predict
                )
                tensors = [
                    *estimator.coefs_,
                    *estimator.intercepts_,
                    np.array(estimator.loss_curve_),
                    answer(X.astype(dtype)),
                ]
            found |= {f"{i} {dtype} {k}": tensor for k, tensor in enumerate(tensors)}
    return found


def moved(one: dict[str, Array], other: dict[str, Array], prefix: str) -> float:
    """The largest norm of a difference over the norm; where one stopped in another epoch it is
    1."""
    largest = 0.0
    for key in (key for key in one if key.startswith(prefix)):
        a, b = (np.ravel(found[key]).astype(np.float64) for found in (one, other))
        largest = max(
            largest, float(np.linalg.norm(a - b) / np.linalg.norm(a)) if a.shape == b.shape else 1.0
        )
    return largest


if __name__ == "__main__":
    main()
