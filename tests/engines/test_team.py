"""The team of threads: the same bits for any number of them, in two fits at once, after a fork."""

import hashlib
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from glassnet.engines import NativeEngine, step_rates
from glassnet.engines.native import compiled
from glassnet.engines.threads import _cgroup_limit, _omp_limit, useful_cores
from glassnet.layers import (
    Activation,
    BatchNorm,
    CategoryEmbedding,
    Dense,
    Dropout,
    Layer,
    LayerNorm,
    Members,
    PeriodicEmbedding,
    PiecewiseLinearEmbedding,
    Residual,
    RMSNorm,
    Scale,
    Stack,
)
from glassnet.losses import Loss, Softmax, Squared
from glassnet.network import Network
from glassnet.optimizers import SGD, Adam
from glassnet.penalties import Penalty

pytestmark = pytest.mark.skipif(compiled() is None, reason="the native engine is not built")

#: More than there are cores, too.
THREADS = (1, 2, 3, 4, 7, 16)
# Large enough that every phase has several pieces; each has something that could depend on who does
# it. Some go through all layers by rows, others layer by layer.
NETWORKS: dict[str, tuple[int, Sequence[Layer], Loss, dict[str, Any]]] = {
    "plain": (100, [Dense(100, "relu"), Dense(5)], Softmax(0.1), {}),
    "small": (
        20,
        [Dense(64, "relu"), Dropout(0.1), RMSNorm(), Dense(50, "selu"), Dense(2)],
        Softmax(),
        {},
    ),
    "far apart": (900, [Dense(300, "relu"), Dense(280, "tanh"), Dense(4)], Softmax(), {}),
    "wide": (
        300,
        [Dense(520, "relu"), Dense(260, "gelu"), Dense(10)],
        Softmax(),
        {"max_norm": 0.5},
    ),
    "dropped": (
        54,
        [Dense(256, "relu"), Dropout(0.15), Dense(130, "silu"), Dropout(0.5), Dense(7)],
        Softmax(),
        {},
    ),
    "normed": (
        40,
        [Dense(200), BatchNorm(), Dense(200, "tanh"), LayerNorm(), Dense(3)],
        Softmax(),
        {"penalty": Penalty(1e-4, 1e-3)},
    ),
    "residual": (
        64,
        [Residual([Dense(200, "elu"), Dropout(0.2), Dense(64)]), BatchNorm(), Dense(1)],
        Squared(),
        {},
    ),
    "members": (
        60,
        [
            LayerNorm(),
            Members(
                [
                    Stack([Dense(150, "relu"), Dropout(0.2), Dense(90)]),
                    Stack([Dropout(0.3), Activation("tanh"), Dense(90)]),
                ]
                * 2
            ),
            Members([Dense(3), Stack([Scale(), Dense(70, "silu"), Dense(3)])]),
        ],
        Softmax(),
        {},
    ),
    "embedded": (
        40,
        [
            PeriodicEmbedding(30),
            CategoryEmbedding([2] * 5, 70),
            Scale(),
            Dense(200),
            Activation("silu", parametric=True),
            Dense(3),
        ],
        Softmax(),
        {},
    ),
    "in bins": (
        40,
        [
            PiecewiseLinearEmbedding(edges=[np.linspace(-2.0, 2.0, n) for n in range(2, 37)]),
            Dense(200, "silu"),
            Dense(3),
        ],
        Softmax(),
        {},
    ),
}


def train(name: str, n_threads: int, dtype: str = "float32") -> NativeEngine:
    """Enough steps for every number of workers to be tried."""
    n_features, layers, loss, settings = NETWORKS[name]
    network = Network(layers, n_features, seed=3, dtype=dtype)
    rng = np.random.default_rng(1)
    X = rng.standard_normal((1000, n_features)).astype(dtype)
    y: Any = (
        rng.integers(0, network.n_outputs, 1000)
        if isinstance(loss, Softmax)
        else X[:, :1] * X[:, 1:2]
    )
    engine = NativeEngine(network, loss, Adam(), seed=5, n_threads=n_threads, **settings)
    order = np.concatenate([rng.permutation(1000) for _ in range(8)])
    engine.run(
        X, y, None, order, np.array([*range(0, 8000, 190), 8000]), 0, step_rates(np.full(43, 1e-3))
    )
    return engine


def digest(engine: NativeEngine) -> str:
    parameters = engine.network.parameters
    return hashlib.sha256(parameters.theta.tobytes() + parameters.statistics.tobytes()).hexdigest()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", NETWORKS)
def test_the_same_bits_for_any_number_of_threads(name: str, dtype: str) -> None:
    assert len({digest(train(name, n_threads, dtype)) for n_threads in THREADS}) == 1


def test_the_number_of_threads_can_change_between_two_runs() -> None:
    changing, steady = train("wide", 1), train("wide", 1)
    rng = np.random.default_rng(2)
    X, y = rng.standard_normal((600, 300), np.float32), rng.integers(0, 10, 600)
    for n_threads in (3, 1, 16):
        changing.use_threads(n_threads)
        for engine in (changing, steady):
            engine.run(
                X, y, None, np.arange(600), np.arange(0, 601, 60), 0, step_rates(np.full(10, 1e-3))
            )
    assert digest(changing) == digest(steady)


def test_the_same_bits_under_load() -> None:
    alone = {name: digest(train(name, 1)) for name in NETWORKS}
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        for name, expected in alone.items():
            assert {digest(train(name, n_threads)) for n_threads in THREADS} == {expected}, name
    finally:
        busy.kill()
        busy.wait()


def test_a_full_batch_gradient_has_the_same_bits_for_any_number_of_threads() -> None:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((30_000, 60)).astype(np.float32)
    seen = set()
    for n_threads in (1, 2, 4):
        engine = NativeEngine(
            Network([Dense(64, "tanh"), Dense(1)], 60), Squared(), n_threads=n_threads
        )
        for _ in range(3):  # the first call measures whether a team is worth it
            value = engine.loss_and_gradient(X, X[:, :1])
        seen.add((value, engine.network.parameters.gradient.tobytes()))
    assert len(seen) == 1


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", NETWORKS)
def test_a_row_is_answered_alike_alone_and_among_many(name: str, dtype: str) -> None:
    n_features, layers, loss, _ = NETWORKS[name]
    X = np.random.default_rng(0).standard_normal((3000, n_features)).astype(dtype)
    engines = [
        NativeEngine(Network(layers, n_features, dtype=dtype), loss, n_threads=n) for n in (1, 3)
    ]
    together = engines[0].predict(X)
    np.testing.assert_array_equal(engines[1].predict(X), together)
    for start, stop in [(0, 1), (5, 18), (700, 1700), (2999, 3000)]:
        np.testing.assert_array_equal(engines[0].predict(X[start:stop]), together[start:stop])


def test_fits_in_several_threads_at_once_do_not_meet() -> None:
    expected = {name: digest(train(name, 1)) for name in NETWORKS}
    found: dict[str, list[str]] = {name: [] for name in NETWORKS}

    def work(names: list[str]) -> None:
        for name in names:
            found[name].append(digest(train(name, 2)))

    names = list(NETWORKS)
    threads = [threading.Thread(target=work, args=(turn,)) for turn in (names, names[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {name: [digest_] * 2 for name, digest_ in expected.items()}


def _digest_in_child(name: str) -> str:
    return digest(train(name, 2))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_fork_after_a_fit_can_fit() -> None:
    expected = digest(train("wide", 2))
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert pool.map(_digest_in_child, ["wide", "wide", "wide"]) == [expected] * 3


@pytest.mark.skipif(os.name == "nt", reason="signals are another matter there")
def test_an_interrupt_leaves_the_state_after_a_whole_step() -> None:
    network = Network([Dense(300, "relu"), Dense(3)], 50, seed=0)
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((2000, 50)).astype(np.float32), rng.integers(0, 3, 2000)
    engine = NativeEngine(network, Softmax(), Adam(), n_threads=2)
    order, offsets = np.tile(np.arange(2000), 400), np.arange(0, 800_001, 200)
    rates = step_rates(np.full(4000, 1e-3))
    timer = threading.Timer(0.05, lambda: os.kill(os.getpid(), signal.SIGINT))
    before = signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # a shell's background job is born deaf to it
    timer.start()
    done, status = 0, "done"
    try:
        while status == "done" and done < 10**6:  # however late the signal comes
            steps = engine.run(X, y, None, order, offsets, 0, rates)
            done, status = done + steps.done, steps.status
        timer.join()
    finally:
        signal.signal(signal.SIGINT, before)
    assert status == "interrupted"
    assert engine.state is not None
    assert engine.state.t == done
    again = NativeEngine(
        Network([Dense(300, "relu"), Dense(3)], 50, seed=0), Softmax(), Adam(), n_threads=1
    )
    for n in [4000] * (done // 4000) + [done % 4000]:
        again.run(X, y, None, order, offsets[: n + 1], 0, rates[:n])
    np.testing.assert_array_equal(again.network.parameters.theta, network.parameters.theta)


@pytest.mark.slow
def test_two_hundred_fits_are_interrupted_anywhere() -> None:
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((500, 20)).astype(np.float32), rng.integers(0, 3, 500)
    order, offsets = np.tile(np.arange(500), 4000), np.arange(0, 2_000_001, 50)
    interrupted = 0
    for _ in range(200):
        engine = NativeEngine(
            Network([Dense(64, "relu"), Dense(3)], 20, seed=0), Softmax(), SGD(0.01), n_threads=2
        )
        timer = threading.Timer(
            float(rng.uniform(0, 0.05)), lambda: os.kill(os.getpid(), signal.SIGINT)
        )
        try:
            timer.start()
            steps = engine.run(X, y, None, order, offsets, 0, step_rates(np.full(40_000, 1e-3)))
            timer.join()
        except KeyboardInterrupt:  # before the run or after it
            continue
        interrupted += steps.status == "interrupted"
        again = NativeEngine(
            Network([Dense(64, "relu"), Dense(3)], 20, seed=0), Softmax(), SGD(0.01), n_threads=1
        )
        again.run(
            X, y, None, order, offsets[: steps.done + 1], 0, step_rates(np.full(steps.done, 1e-3))
        )
        np.testing.assert_array_equal(
            again.network.parameters.theta, engine.network.parameters.theta
        )
    assert interrupted > 150


@pytest.mark.slow
def test_two_threads_fit_for_a_minute() -> None:
    expected = {name: digest(train(name, 1)) for name in NETWORKS}
    end, wrong, done = time.monotonic() + 60, list[str](), list[str]()

    def work(names: list[str]) -> None:
        while time.monotonic() < end:
            for name in names:
                (done if digest(train(name, 2)) == expected[name] else wrong).append(name)

    threads = [
        threading.Thread(target=work, args=(turn,))
        for turn in (list(NETWORKS), list(NETWORKS)[::-1])
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert len(done) > 20


# ----- how many threads


@pytest.mark.parametrize(
    ("variable", "expected"),
    [
        ("3", 3),
        ("4,2", 4),
        (" 2 ", 2),
        ("", float("inf")),
        ("0", float("inf")),
        ("x", float("inf")),
    ],
)
def test_omp_num_threads_is_obeyed(variable: str, expected: float) -> None:
    assert _omp_limit(variable) == expected


CGROUPS: dict[str, tuple[dict[str, str], float]] = {
    "no cgroups": ({}, float("inf")),
    "version 2, no limit": (
        {"proc/self/cgroup": "0::/", "sys/fs/cgroup/cpu.max": "max 100000"},
        float("inf"),
    ),
    "version 2, two cores and a half": (
        {"proc/self/cgroup": "0::/", "sys/fs/cgroup/cpu.max": "250000 100000"},
        2,
    ),
    "version 2, the tightest on the way": (
        {
            "proc/self/cgroup": "0::/a/b",
            "sys/fs/cgroup/cpu.max": "800000 100000",
            "sys/fs/cgroup/a/cpu.max": "300000 100000",
        },
        3,
    ),
    "version 1": (
        {
            "proc/self/cgroup": "4:memory:/x\n3:cpu,cpuacct:/x",
            "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "150000",
            "sys/fs/cgroup/cpu/cpu.cfs_period_us": "50000",
        },
        3,
    ),
    "version 1, no limit": (
        {
            "proc/self/cgroup": "3:cpu:/",
            "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1",
            "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000",
        },
        float("inf"),
    ),
}


@pytest.mark.parametrize("name", CGROUPS)
def test_the_share_of_a_cgroup_is_obeyed(name: str, tmp_path: Path) -> None:
    files, expected = CGROUPS[name]
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text + "\n")
    assert _cgroup_limit(tmp_path) == expected


def test_useful_cores_are_no_more_than_omp_num_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert useful_cores() == 1
    monkeypatch.setenv("OMP_NUM_THREADS", "1000")
    assert 1 <= useful_cores() <= (os.cpu_count() or 1)
