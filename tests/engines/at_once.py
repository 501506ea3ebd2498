"""What `test_at_once.py` does in child processes: `python at_once.py ENGINE SEED N_CALLS CASE...`.

Nothing here may end in a signal, hang, or raise; what is left must be whole.
"""

import multiprocessing
import os
import resource
import sys
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import glassnet
from glassnet import GlassNetClassifier, GlassNetRegressor, MLPClassifier, MLPRegressor, Plan
from glassnet.engines import ENGINES, make_engine, step_rates
from glassnet.fitting import TrainingTable, begin
from glassnet.layers import BatchNorm, Dense
from glassnet.losses import Softmax
from glassnet.network import Network
from glassnet.optimizers import SGD, Adam

Array = np.ndarray[Any, np.dtype[Any]]
N_CALLS = int(sys.argv[3]) if __name__ == "__main__" else 1


def rows(seed: int, n: int = 1500, d: int = 20) -> tuple[Array, Array]:
    X = np.random.default_rng(seed).standard_normal((n, d)).astype(np.float32)
    return X, (X[:, 0] > 0).astype(np.int64) + (X[:, 1] > 0)


def at_once(*works: Callable[[], Any]) -> None:
    """Run these in threads of their own, and raise what one of them raised."""
    failures: list[BaseException] = []

    def run(work: Callable[[], Any]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - raised below
            failures.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for failure in failures:
        raise failure


def again(work: Callable[[], Any]) -> Callable[[], None]:
    def repeated() -> None:
        for _ in range(N_CALLS):
            work()

    return repeated


def bound(engine: str, **settings: Any) -> Any:
    network = Network([Dense(64, "relu"), BatchNorm(), Dense(64, "tanh"), Dense(3)], 20, seed=0)
    return make_engine(engine, network, Softmax(), Adam(), **settings)


def one_engine(engine: str, seed: int) -> None:
    """Two threads take steps, one asks for gradients and updates, two predict."""
    X, y = rows(seed)
    made = bound(engine, n_threads=2)
    order, offsets = np.tile(np.arange(1500), 3), np.arange(0, 4501, 100)

    def steps() -> None:
        assert made.run(X, y, None, order, offsets, 0, step_rates(np.full(45, 1e-3))).done == 45

    def gradient() -> None:
        assert np.isfinite(made.loss_and_gradient(X, y))
        made.update(1e-4)

    def predict() -> None:
        assert np.isfinite(made.predict(X)).all()

    at_once(again(steps), again(steps), again(gradient), again(predict), again(predict))
    assert made.state.t == 2 * 45 * N_CALLS + N_CALLS
    assert np.isfinite(made.network.parameters.theta).all()


ESTIMATORS: dict[str, Callable[..., Any]] = {
    "GlassNetClassifier": GlassNetClassifier,
    "GlassNetRegressor": GlassNetRegressor,
    "MLPClassifier": MLPClassifier,
    "MLPRegressor": MLPRegressor,
}


def partial_fits(name: str) -> Callable[[str, int], None]:
    """Two threads in `partial_fit` of one estimator, and one in `predict`: every call counts."""

    def case(engine: str, seed: int) -> None:
        X, y = rows(seed)
        made = ESTIMATORS[name](
            hidden_layer_sizes=(64, 64), random_state=0, engine=engine, n_threads=2
        )
        classes = {"classes": np.arange(3)} if "Classifier" in name else {}

        def learn() -> None:
            made.partial_fit(X, y, **classes)

        def predict() -> None:
            while not hasattr(made, "n_features_in_") or not (
                hasattr(made, "model_") or hasattr(made, "coefs_")
            ):
                time.sleep(0.001)
            assert made.predict(X).shape == (1500,)

        at_once(again(learn), again(learn), again(predict))
        counted = made.t_ if name.startswith("MLP") else made._session.state.epoch
        assert counted == 2 * N_CALLS * (1500 if name.startswith("MLP") else 1)

    return case


def fits_and_predictions(name: str) -> Callable[[str, int], None]:
    """`fit` again and again, of two and of three classes, and `predict` meanwhile."""

    def case(engine: str, seed: int) -> None:
        X, y = rows(seed, 400)
        lengths = {"max_iter": 2} if name.startswith("MLP") else {"max_epochs": 2}
        made = ESTIMATORS[name](
            hidden_layer_sizes=(16,), random_state=0, engine=engine, n_threads=2, **lengths
        )
        made.fit(X, y)

        def learn() -> None:
            with warnings.catch_warnings():
                made.fit(X, np.minimum(y, 1) if name.startswith("GlassNet") else y).fit(X, y)

        at_once(again(learn), again(lambda: made.predict(X)), again(lambda: made.predict(X[:3])))

    return case


def advances(engine: str, seed: int) -> None:
    """Two threads in `advance` of one session."""
    X, y = rows(seed)
    table = glassnet.data.tables.assembly.table_of(
        {f"x{j}": X[:, j].astype(np.float64) for j in range(X.shape[1])}
    )
    plan = Plan(hidden_layer_sizes=(32,), early_stopping=False, engine=engine)
    session = begin(TrainingTable(table, y), plan, single=True)
    at_once(again(lambda: session.advance(table, y)), again(lambda: session.advance(table, y)))
    assert session.state.epoch == 2 * N_CALLS
    assert len(session.history["training_loss"]) == 2 * N_CALLS


def forks(engine: str, seed: int) -> None:
    """Children forked while four threads predict with a model can predict with it, and train."""
    X, y = rows(seed, 400)
    plan = Plan(hidden_layer_sizes=(64,), max_epochs=2, engine=engine, n_threads=2)
    columns = {f"x{j}": X[:, j].astype(np.float64) for j in range(20)}
    made = glassnet.fit({**columns, "y": y.astype(str)}, "y", plan)
    expected, ended = made.predict_proba(columns), False

    def predict() -> None:
        while not ended:
            made.predict_proba(columns)

    threads = [threading.Thread(target=predict) for _ in range(4)]
    for thread in threads:
        thread.start()
    fresh = glassnet.Model(made.encoder, made.target, made.network, made.loss)
    threading.Thread(
        target=fresh.predict_proba, args=(columns,)
    ).start()  # its engine is made at this very moment
    statuses = []
    for _ in range(2 * N_CALLS):
        child = os.fork()
        if child == 0:
            same = all(
                np.array_equal(model.predict_proba(columns), expected) for model in (made, fresh)
            )
            model = glassnet.fit({**columns, "y": y.astype(str)}, "y", plan)
            os._exit(0 if same and np.isfinite(model.predict_proba(columns)).all() else 3)
        statuses.append(_waited(child))
    ended = True
    for thread in threads:
        thread.join()
    assert not any(statuses), statuses


def _waited(child: int) -> int:
    for _ in range(3000):
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(child, 9)
    os.waitpid(child, 0)
    return -9


def _child_trains(engine: Any, X: Array, y: Array, answer: Any) -> None:
    steps = engine.run(
        X, y, None, np.arange(1500), np.arange(0, 1501, 100), 0, step_rates(np.full(15, 1e-3))
    )
    answer.put((steps.done, bool(np.isfinite(engine.predict(X)).all())))


def fork_in_a_run(engine: str, seed: int) -> None:
    """A child that is forked while another thread trains an engine trains and predicts with it."""
    X, y = rows(seed)
    # OpenBLAS ends its threads before a fork, and a product in another thread that waits for one of
    # them waits for ever: one thread for it.
    made, ended = bound(engine, n_threads=2 if engine == "native" else 1), False

    def steps() -> None:
        while not ended:
            made.run(
                X,
                y,
                None,
                np.tile(np.arange(1500), 5),
                np.arange(0, 7501, 500),
                0,
                step_rates(np.full(15, 1e-3)),
            )

    thread = threading.Thread(target=steps)
    thread.start()
    context = multiprocessing.get_context("fork")
    statuses = []
    try:
        for _ in range(N_CALLS):
            answer = context.SimpleQueue()
            child = context.Process(target=_child_trains, args=(made, X, y, answer))
            child.start()
            child.join(60)
            statuses.append((child.exitcode, answer.get() if child.exitcode == 0 else None))
            child.kill()
    finally:
        ended = True
        thread.join()
    assert statuses == [(0, (15, True))] * N_CALLS, statuses


def no_more_threads(engine: str, seed: int) -> None:
    """64 threads where the system has room for a few: the rest does without."""
    X, y = rows(seed, 3000)
    made = bound(engine, n_threads=64)
    if (
        engine == "native"
    ):  # NumPy keeps every signal, and needs more than the stacks of some threads
        limit_memory(200)
    order, offsets = np.tile(np.arange(3000), 10), np.arange(0, 30001, 300)
    assert made.run(X, y, None, order, offsets, 0, step_rates(np.full(100, 1e-3))).done == 100
    many = np.tile(X, (20, 1))
    assert np.isfinite(made.predict(many)).all()
    assert np.isfinite(made.loss_and_gradient(many, np.tile(y, 20)))
    assert np.isfinite(made.loss_and_gradient(many, np.tile(y, 20)))


def limit_memory(megabytes: int | None) -> None:
    """Let the process take so much more than it has; None lets it take all."""
    if megabytes is None:
        resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY,) * 2)
        return
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + megabytes * 2**20, resource.RLIM_INFINITY))


def no_more_memory(engine: str, seed: int) -> None:
    """Where memory runs out there is a MemoryError, and afterwards all of it works."""
    rng = np.random.default_rng(seed)
    X, y = rows(seed, 4000)
    layers = [Dense(300, "relu"), BatchNorm(), Dense(200, "silu"), Dense(3)]
    made, twin = (
        make_engine(
            engine, Network(layers, 20, seed=0), Softmax(), SGD(0.01, momentum=0.9), n_threads=4
        )
        for _ in range(2)
    )
    theta, state = made.network.parameters.theta, made.state
    taken = failed = 0
    for n in range(400, 4001, 400):  # more rows each time, and so more room
        steps = (
            X[:n],
            y[:n],
            None,
            rng.permutation(n),
            np.array([0, 50, n]),
            taken,
            step_rates(np.full(2, 1e-3)),
        )
        for allowed in (int(rng.integers(0, 12)), None):
            limit_memory(allowed)
            try:
                made.predict(X[:n])
                made.run(*steps)
            except MemoryError:
                if allowed is None:
                    raise
                failed += 1
            finally:
                limit_memory(None)
            while twin.state.t < state.t:  # the steps that were taken are whole ones
                i = int(twin.state.t - taken) % 2
                twin.run(*steps[:4], steps[4][i : i + 2], steps[5], steps[6][i : i + 1])
            np.testing.assert_array_equal(theta, twin.network.parameters.theta)
            np.testing.assert_array_equal(
                made.network.parameters.statistics, twin.network.parameters.statistics
            )
            taken = state.t
    np.testing.assert_array_equal(made.predict(X), twin.predict(X))
    assert failed, "there was always enough memory: this shows nothing"


def daemon_at_exit(engine: str, seed: int) -> None:
    """Python ends while a daemon thread trains: nothing is said, nothing aborts."""
    X, y = rows(seed)
    made = bound(engine, n_threads=2)

    def forever() -> None:
        while True:
            made.run(
                X,
                y,
                None,
                np.tile(np.arange(1500), 50),
                np.arange(0, 75001, 500),
                0,
                step_rates(np.full(150, 1e-3)),
            )

    threading.Thread(target=forever, daemon=True).start()
    time.sleep(0.05 + 0.05 * np.random.default_rng(seed).random())


CASES: dict[str, Callable[[str, int], None]] = {
    "one engine": one_engine,
    **{f"partial_fit of {name}": partial_fits(name) for name in ESTIMATORS},
    **{f"fit and predict of {name}": fits_and_predictions(name) for name in ESTIMATORS},
    "advance of one session": advances,
    "fork while others predict": forks,
    "fork in a run": fork_in_a_run,
    "no more threads": no_more_threads,
    "no more memory": no_more_memory,
    "daemon thread at exit": daemon_at_exit,
}

if __name__ == "__main__":
    warnings.simplefilter("ignore")
    assert set(ENGINES) == {"native", "reference"}
    for name in sys.argv[4:]:
        CASES[name](sys.argv[1], int(sys.argv[2]))
        print(name, "was done", flush=True)
