"""Microseconds a training step takes: our engines, PyTorch eager and scikit-learn, on the same data, weights and batches.

First one epoch of ours and of PyTorch from the same weights over the same batches must end at the same loss; then epochs are timed in
turn (A B C A B C ...), so that a busy moment meets all of them, and medians and ratios are printed.
"""

from __future__ import annotations

import statistics
import time
import warnings
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import torch
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from glassnet import Adam, Dense, Network
from glassnet.data.batches import plan_epochs
from glassnet.engines import ENGINES, make_engine
from glassnet.losses import Softmax

#: name, widths, rows, batch
GRID = [
    ("tiny", (4, 16, 3), 3_000, 32),
    ("small", (20, 64, 64, 2), 10_000, 128),
    ("table", (100, 100, 5), 10_000, 200),
    ("mnist", (784, 128, 10), 10_000, 128),
]
ROUNDS = 7


def main() -> None:
    torch.set_num_threads(1)
    columns = [*ENGINES, "pytorch", "scikit-learn"]
    print("microseconds a step, one thread, float32, ReLU, softmax, Adam; median of", ROUNDS, "epochs taken in turn")
    print(f"{'':8}" + "".join(f"{name:>14}" for name in columns) + f"{'best peer / ours':>20}")
    for name, widths, n_rows, batch in GRID:
        rng = np.random.default_rng(0)
        X = rng.standard_normal((n_rows, widths[0]), dtype=np.float32)
        y = (X @ rng.standard_normal((widths[0], widths[-1]))).argmax(axis=1)
        epochs = {engine: ours(engine, widths, X, y, batch) for engine in ENGINES}
        epochs["pytorch"] = pytorch(widths, X, y, batch)
        losses = {key: epoch() for key, epoch in epochs.items()}
        for engine in ENGINES:
            assert abs(losses[engine] - losses["pytorch"]) < 1e-4 * losses["pytorch"], (name, losses)
        epochs["scikit-learn"] = scikit_learn(widths, X, y, batch)
        steps = -(-n_rows // batch)
        times: dict[str, list[float]] = {key: [] for key in epochs}
        with threadpool_limits(1, user_api="blas"):
            for _ in range(ROUNDS):
                for key, epoch in epochs.items():
                    start = time.perf_counter()
                    epoch()
                    times[key].append((time.perf_counter() - start) / steps * 1e6)
        medians = {key: statistics.median(values) for key, values in times.items()}
        ratio = min(medians["pytorch"], medians["scikit-learn"]) / min(medians[engine] for engine in ENGINES)
        print(f"{name:8}" + "".join(f"{medians[key]:14.0f}" for key in columns) + f"{ratio:19.2f}x", flush=True)


def ours(engine: str, widths: tuple[int, ...], X: np.ndarray, y: np.ndarray, batch: int) -> Callable[[], float]:
    network = network_of(widths)
    bound = make_engine(engine, network, Softmax(), Adam(1e-3))
    order, offsets = plan_epochs(len(X), batch, 0, 1, 0)
    rates = np.full(len(offsets) - 1, 1e-3)

    def epoch() -> float:
        steps = bound.run(X, y, None, order, offsets, 0, rates)
        return float(np.dot(steps.losses, steps.weights) / steps.weights.sum())

    return epoch


def pytorch(widths: tuple[int, ...], X: np.ndarray, y: np.ndarray, batch: int) -> Callable[[], float]:
    network = network_of(widths)
    modules: list[torch.nn.Module] = []
    for i, (n_in, n_out) in enumerate(pairwise(widths)):
        linear = torch.nn.Linear(n_in, n_out)
        with torch.no_grad():  # PyTorch stores W transposed
            linear.weight[:] = torch.from_numpy(network.parameters[f"layers.{i}.W"].T.copy())
            linear.bias[:] = torch.from_numpy(network.parameters[f"layers.{i}.b"])
        modules += [linear, torch.nn.ReLU()]
    model = torch.nn.Sequential(*modules[:-1])
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    order, offsets = plan_epochs(len(X), batch, 0, 1, 0)
    X_, y_, order_ = torch.from_numpy(X), torch.from_numpy(y), torch.from_numpy(order)

    def epoch() -> float:
        total = 0.0
        for start, stop in pairwise(offsets):
            rows = order_[start:stop]
            loss = torch.nn.functional.cross_entropy(model(X_[rows]), y_[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * int(stop - start)
        return total / len(X)

    return epoch


def scikit_learn(widths: tuple[int, ...], X: np.ndarray, y: np.ndarray, batch: int) -> Callable[[], float]:
    model = MLPClassifier(widths[1:-1], batch_size=batch, max_iter=1, random_state=0)

    def epoch() -> float:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return float(model.partial_fit(X, y, classes=np.arange(widths[-1])).loss_)

    return epoch


def network_of(widths: tuple[int, ...]) -> Network:
    layers = [Dense(n, "relu") for n in widths[1:-1]]
    return Network([*layers, Dense(widths[-1])], widths[0])


if __name__ == "__main__":
    main()
