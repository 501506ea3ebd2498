"""How long one row takes through a small network, and how many rows a second go through it: ours
and the peers.

All hold the same weights, and their probabilities are compared with a forward pass in NumPy first.
"""

from __future__ import annotations

import statistics
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from processor import cores
from report import figure, table
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits
from workers import PAUSE

import glassnet
from glassnet import Dense, Model, Network
from glassnet.engines import make_engine
from glassnet.losses import Softmax

Array = np.ndarray[Any, np.dtype[Any]]
Predict = Callable[[Array], Array]

WIDTHS = (20, 64, 64, 2)
TURNS = 15
CALLS = 300  # of one row in a turn
MANY = (1_000, 1_000_000)
CHUNK = (
    8_192  # rows at a time for PyTorch, which would else write the signals of all rows to memory
)
AIM = 5.0  # microseconds


def main() -> None:
    """Check, then time, then print."""
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    network = Network([*(Dense(n, "relu") for n in WIDTHS[1:-1]), Dense(WIDTHS[-1])], WIDTHS[0])
    weights = [
        (network.parameters[f"layers.{i}.W"], network.parameters[f"layers.{i}.b"])
        for i in range(len(WIDTHS) - 1)
    ]
    for _, b in weights:
        b[:] = rng.standard_normal(b.shape)
    X = rng.standard_normal((MANY[-1], WIDTHS[0]), dtype=np.float32)
    model = model_around(network, rng)
    print(f"{one_row(model, weights, X[0])}\n{many_rows(model, weights, X)}")


def model_around(network: Network, rng: np.random.Generator) -> Model:
    """A model that was trained for a moment, with this network in it."""
    table = rng.standard_normal((100, WIDTHS[0]))
    trained = glassnet.fit(table, table[:, 0] > 0.0, glassnet.Plan(max_epochs=1))
    return replace(trained, network=network, loss=Softmax())


def one_row(model: Model, weights: list[tuple[Array, Array]], x: Array) -> str:
    """The table of microseconds for one row."""
    row = x[None]
    estimator, module, session = scikit_learn(weights), pytorch(weights), onnx(weights)
    tensor = torch.from_numpy(row)
    calls: dict[str, Callable[[], Array]] = {
        "scikit-learn, `predict_proba`": lambda: estimator.predict_proba(row),
        "PyTorch, `inference_mode`": lambda: infer(module, tensor),
        "onnxruntime": lambda: session.run(None, {"X": row})[0],
        "NumPy, by hand": lambda: forward(weights, row),
    }
    expected = [forward(weights, row)]
    if hasattr(model, "predictor"):
        predict_row = model.predictor()
        calls = {OURS: lambda: predict_row(x)} | calls
        expected.append(
            forward(weights, model.encode(row))
        )  # where it takes a row of the table rather than of the encoded matrix
    for name, call in calls.items():
        agree(name, call(), expected if name == OURS else expected[:1])
    times = {name: [] for name in calls}
    for turn in range(TURNS + 1):
        for name, call in calls.items():
            start = time.perf_counter()
            for _ in range(CALLS):
                call()
            if turn:  # the first warms up
                times[name].append(1e6 * (time.perf_counter() - start) / CALLS)
    found = {name: statistics.median(values) for name, values in times.items()}
    first = found.get(OURS)
    rows = [
        [name, figure(value), f"{figure(value / first)} x" if first else ""]
        for name, value in found.items()
    ]
    note = f"aim for ours: at most {AIM:g}" if first else "the prepared predictor is not there yet"
    return (
        f"One row through {'-'.join(map(str, WIDTHS))}, float32, one thread, median of {TURNS} "
        f"turns of {CALLS} calls;\n{note}.\n\n{table(['', 'microseconds', 'of ours'], rows)}\n"
    )


OURS = "glassnet, `model.predictor()`"


def many_rows(model: Model, weights: list[tuple[Array, Array]], X: Array) -> str:
    """The table of rows a second."""
    engine = make_engine("auto", model.network, model.loss)
    estimator, module = scikit_learn(weights), pytorch(weights)

    def pytorch_chunks(X: Array) -> Array:
        return np.concatenate([infer(module, part) for part in torch.from_numpy(X).split(CHUNK)])

    ways: dict[str, tuple[int, Predict]] = {
        "glassnet, the engine": (cores(), lambda X: model.probabilities(engine.predict(X)))
    }
    for n in sorted({1, cores()}):
        ways[f"scikit-learn, threads: {n}"] = n, estimator.predict_proba
        ways[f"PyTorch, chunks of {CHUNK:,}, threads: {n}"] = n, pytorch_chunks
    for name, (n, predict) in ways.items():
        with limited(n):
            agree(name, predict(X[:1000]), [forward(weights, X[:1000])])
    raw, P = "glassnet, `predict_proba` of a table", model.predict_proba(X[:1000])
    agree(raw, P, [forward(weights, model.encode(X[:1000]))])
    ways[raw] = cores(), model.predict_proba
    columns = [measure_rows(ways, X[:n]) for n in MANY]
    rows = [[name, *(figure(column[name]) for column in columns)] for name in ways]
    return (
        "Many rows through the same network, rows a second, medians. The last line reads a table "
        "of raw numbers and encodes it "
        f"first.\n\n{table(['', *(f'{n:,} rows' for n in MANY)], rows)}\n"
    )


def measure_rows(ways: dict[str, tuple[int, Predict]], X: Array) -> dict[str, float]:
    """Rows a second of each, taken in turn."""
    calls, turns = (100, 7) if len(X) <= MANY[0] else (1, 3)
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(turns):
        for name, (n, predict) in ways.items():
            with limited(n):
                time.sleep(PAUSE)
                start = time.perf_counter()
                for _ in range(calls):
                    predict(X)
                times[name].append(calls * len(X) / (time.perf_counter() - start))
    return {name: statistics.median(values) for name, values in times.items()}


@contextmanager
def limited(n: int) -> Iterator[None]:
    """So many threads for PyTorch and for BLAS."""
    torch.set_num_threads(n)
    with threadpool_limits(n, user_api="blas"):
        yield


def agree(name: str, found: Any, expected: list[Array]) -> None:
    """End the benchmark where probabilities are not those of NumPy."""
    P = np.asarray(found).reshape(-1, WIDTHS[-1])
    if not any(P.shape == E.shape and np.allclose(P, E, rtol=1e-4, atol=1e-6) for E in expected):
        sys.exit(f"{name} answers {P[0]}, NumPy {expected[0][0]}. Nothing is timed.")


def forward(weights: list[tuple[Array, Array]], X: Array) -> Array:
    """Probabilities, in NumPy."""
    for W, b in weights[:-1]:
        X = np.maximum(X @ W + b, 0.0)
    Z = X @ weights[-1][0] + weights[-1][1]
    P = np.exp(Z - Z.max(axis=1, keepdims=True))
    return np.asarray(P / P.sum(axis=1, keepdims=True))


def scikit_learn(weights: list[tuple[Array, Array]]) -> MLPClassifier:
    """Its one logistic unit for two classes is the difference of our two outputs."""
    estimator = MLPClassifier(WIDTHS[1:-1], max_iter=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        estimator.fit(
            np.random.default_rng(0).standard_normal((10, WIDTHS[0]), dtype=np.float32),
            np.arange(10) % 2,
        )
    W, b = weights[-1]
    last = (W[:, 1:] - W[:, :1], b[1:] - b[:1])
    for mine, bias, (W, b) in zip(
        estimator.coefs_, estimator.intercepts_, [*weights[:-1], last], strict=True
    ):
        mine[:], bias[:] = W, b
    return estimator


def pytorch(weights: list[tuple[Array, Array]]) -> torch.nn.Module:
    """An eager module that ends in softmax."""
    modules: list[torch.nn.Module] = []
    for W, b in weights:
        linear = torch.nn.Linear(*W.shape)
        linear.load_state_dict(
            {"weight": torch.from_numpy(W.T.copy()), "bias": torch.from_numpy(b.copy())}
        )
        modules += [linear, torch.nn.ReLU()]
    return torch.nn.Sequential(*modules[:-1], torch.nn.Softmax(dim=1)).eval()


def infer(module: torch.nn.Module, X: torch.Tensor) -> Array:
    """The module's answer."""
    with torch.inference_mode():
        return module(X).numpy()


def onnx(weights: list[tuple[Array, Array]]) -> onnxruntime.InferenceSession:
    """A session on one thread over a graph of Gemm, Relu and Softmax."""
    nodes, tensors, name = [], [], "X"
    for i, (W, b) in enumerate(weights):
        tensors += [
            numpy_helper.from_array(W.copy(), f"W{i}"),
            numpy_helper.from_array(b.copy(), f"b{i}"),
        ]
        nodes.append(helper.make_node("Gemm", [name, f"W{i}", f"b{i}"], [f"Z{i}"]))
        last = i == len(weights) - 1
        name = "P" if last else f"A{i}"
        nodes.append(helper.make_node("Softmax" if last else "Relu", [f"Z{i}"], [name]))
    ends = [
        helper.make_tensor_value_info(end, TensorProto.FLOAT, [None, n])
        for end, n in (("X", WIDTHS[0]), ("P", WIDTHS[-1]))
    ]
    graph = helper.make_graph(nodes, "network", ends[:1], ends[1:], tensors)
    # Opsets and formats that a younger onnx writes are not yet read by every onnxruntime.
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(
        proto.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )


if __name__ == "__main__":
    main()
