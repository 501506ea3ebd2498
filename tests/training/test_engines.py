"""An engine at work: one thread of BLAS and none of its own business afterwards; Ctrl-C at the end
of a step, with counters that agree."""

import signal
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from glassnet.data.rows import Rows
from glassnet.engines import ReferenceEngine, step_rates
from glassnet.engines.blas import _libraries, blas_threads
from glassnet.errors import SettingError
from glassnet.interrupts import deferred_interrupts
from glassnet.losses import Squared
from glassnet.optimizers import SGD
from glassnet.report.threads import one_thread
from glassnet.training.batch_plan import BatchPlan
from glassnet.training.state import TrainingState
from glassnet.training.trainer import minibatch_epochs
from tests.training.helpers import Array, linear, problem, start

RATES = step_rates(np.full(3, 0.1))
ORDER, OFFSETS = np.arange(22), np.array([0, 8, 16, 22])


def blas() -> set[int]:
    """The threads of NumPy's BLAS; SciPy's own may be loaded at any later time and has no part in a
    run."""
    return {
        pool["num_threads"]
        for pool in threadpool_info()
        if pool["user_api"] == "blas" and "scipy.libs" not in pool["filepath"]
    }


@pytest.fixture(autouse=True)
def _two_threads() -> Iterator[None]:
    with threadpool_limits(limits=2, user_api="blas"):
        if blas() != {2}:
            pytest.skip("this BLAS takes no number of threads")
        yield


@pytest.fixture(autouse=True)
def _default_handler() -> Iterator[None]:
    """A shell that starts the tests in the background has them ignore Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


class Watching(Squared):
    """A loss that does something at each step."""

    def __init__(self, act: Any) -> None:
        object.__setattr__(self, "act", act)

    def value_and_gradient(
        self, Z: Array, y: Array, weight: Array | None = None
    ) -> tuple[float, Array]:
        self.act()  # type: ignore[attr-defined]
        return super().value_and_gradient(Z, y, weight)


def run(act: Any, n_threads: int | None = None) -> Any:
    X, y = problem()
    engine = ReferenceEngine(linear(), Watching(act), SGD(0.1), n_threads=n_threads)
    return engine, engine.run(X, y[:, None].astype(float), None, ORDER, OFFSETS, 0, RATES)


# BLAS


@pytest.mark.parametrize(("n_threads", "during"), [(None, 1), (1, 1), (2, 2)])
def test_blas_is_held_to_its_threads_during_a_run_and_released_after_it(
    n_threads: int | None, during: int
) -> None:
    seen: list[set[int]] = []
    run(lambda: seen.append(blas()), n_threads)
    assert seen == [{during}] * 3
    assert blas() == {2}


def test_blas_is_released_after_an_exception() -> None:
    def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(fail)
    assert blas() == {2}


def run_of_a_report() -> None:
    with one_thread():
        pass


DOORS = {"a run": lambda: run(lambda: None), "a report": run_of_a_report}


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
def test_where_no_file_may_be_opened_to_find_blas_the_work_is_done(
    door: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look(controller: Any) -> None:
        raise OSError(24, "Too many open files", "/proc/self/maps")

    _libraries.cache_clear()
    with monkeypatch.context() as patched:
        patched.setattr("threadpoolctl.ThreadpoolController._load_libraries", look)
        door()
    seen: list[set[int]] = []
    run(lambda: seen.append(blas()))
    assert seen == [{1}] * 3  # looked for again
    assert blas() == {2}


def test_blas_is_released_when_the_last_of_two_overlapping_runs_leaves() -> None:
    inside, outside = threading.Barrier(2, timeout=30), threading.Event()
    seen: dict[str, list[set[int]]] = {"first": [], "second": []}

    def first() -> None:
        if not seen["first"]:
            inside.wait()
        seen["first"].append(blas())

    def second() -> None:
        if not seen["second"]:
            inside.wait()
            outside.wait(30)  # until the first has left
        seen["second"].append(blas())

    other = threading.Thread(target=run, args=(second,))
    other.start()
    run(first)
    still = blas()
    outside.set()
    other.join()
    assert still == {1}
    assert seen == {"first": [{1}] * 3, "second": [{1}] * 3}
    assert blas() == {2}


def test_blas_is_held_by_a_run_in_another_thread_than_the_one_that_set_its_threads() -> None:
    seen: list[set[int]] = []
    thread = threading.Thread(target=run, args=(lambda: seen.append(blas()),))
    thread.start()
    thread.join()
    assert seen == [{1}] * 3
    assert blas() == {2}


def test_blas_is_free_between_the_records_of_a_training() -> None:
    X, y = problem()
    for optimizer in ("sgd", "lbfgs"):
        records = start(linear(), X, y, optimizer=optimizer)
        for _ in records:
            assert blas() == {2}


def test_limits_nest() -> None:
    with blas_threads():
        with blas_threads():
            assert blas() == {1}
        assert blas() == {1}
    assert blas() == {2}


@pytest.mark.parametrize("n_threads", [0, -1, 1.5, "2", True])
def test_a_number_of_threads_that_is_none_is_refused(n_threads: Any) -> None:
    with pytest.raises(
        SettingError, match="n_threads must be a whole number of at least 1, or None, got"
    ):
        ReferenceEngine(linear(), Squared(), n_threads=n_threads)


# Ctrl-C, raised in this process: the handler under test takes it


def at_call(number: int) -> Any:
    calls = 0

    def act() -> None:
        nonlocal calls
        calls += 1
        if calls == number:
            signal.raise_signal(signal.SIGINT)

    return act


@pytest.mark.parametrize("step", [1, 2, 3])
def test_an_interrupted_run_ends_after_its_step_with_counters_that_agree(step: int) -> None:
    engine, steps = run(at_call(step))
    assert (steps.status, steps.done, len(steps.losses), len(steps.weights)) == (
        "interrupted",
        step,
        step,
        step,
    )
    assert engine.state is not None
    assert engine.state.t == step
    X, y = problem()
    other = ReferenceEngine(linear(), Squared(), SGD(0.1))
    whole = other.run(X, y[:, None].astype(float), None, ORDER, OFFSETS[: step + 1], 0, RATES)
    assert whole.status == "done"
    np.testing.assert_array_equal(engine.network.parameters.theta, other.network.parameters.theta)
    assert steps.losses.tolist() == whole.losses.tolist()
    assert steps.gradient_norm == whole.gradient_norm
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize(("call", "epoch"), [(1, 0), (3, 1), (4, 1), (8, 2), (9, 3)])
@pytest.mark.parametrize("every", [1, 2, 3])
def test_the_state_of_an_interrupted_training_counts_whole_epochs_and_steps(
    call: int, epoch: int, every: int
) -> None:
    X, y = problem()
    engine = ReferenceEngine(linear(), Watching(at_call(call)), SGD(0.1))
    state = TrainingState()
    records = minibatch_epochs(
        engine,
        0.1,
        Rows(X, y[:, None].astype(float), None),
        state,
        BatchPlan.seeded(len(X), 8, 0),
        epochs=5,
        every=every,
    )
    with pytest.raises(KeyboardInterrupt):
        list(records)
    assert (state.epoch, state.step) == (epoch, call)
    assert engine.state is not None
    assert engine.state.t == call


def test_the_handler_is_put_back_after_a_block_and_after_an_exception() -> None:
    with deferred_interrupts() as interrupted:
        assert signal.getsignal(signal.SIGINT) is not signal.default_int_handler
        assert not interrupted()
        signal.raise_signal(signal.SIGINT)
        assert interrupted()
        assert interrupted()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    with pytest.raises(ZeroDivisionError), deferred_interrupts():
        raise ZeroDivisionError
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_handler_of_the_programs_own_is_left_alone() -> None:
    came = []
    signal.signal(signal.SIGINT, lambda number, frame: came.append(number))
    try:
        _, steps = run(at_call(2))
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    assert (steps.status, came) == ("done", [signal.SIGINT])


def test_another_thread_than_the_main_one_runs_without_handlers() -> None:
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(run(lambda: None)[1]))
    thread.start()
    thread.join()
    assert results[0].status == "done"
