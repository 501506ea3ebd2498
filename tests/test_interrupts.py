"""Signals: noted in a block, by inner blocks and the block's own threads; a model comes of every
fit that a signal ends."""

from __future__ import annotations

import signal
import threading
from contextvars import copy_context

import numpy as np
import pytest

import glassnet
from glassnet.errors import DivergenceError
from glassnet.fitting.in_threads import in_threads
from glassnet.interrupts import SIGNALS, deferred_interrupts, interrupts_raised, uninterrupted


def raised(times=1, number=signal.SIGINT):
    for _ in range(times):
        signal.raise_signal(number)


@pytest.fixture(autouse=True)
def pythons():
    """Where the tests run in the background of a shell, SIGINT is ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def ours(pythons):
    """The handlers that the command line sets."""
    with interrupts_raised():
        yield


@pytest.mark.usefixtures("ours")
@pytest.mark.parametrize("number", SIGNALS)
def test_every_signal_is_noted_and_then_raises_again(number):
    with deferred_interrupts() as outer:
        assert not outer()
        with deferred_interrupts() as inner:
            assert inner is outer
            raised(number=number)
        assert (outer(), outer.count, outer.signum) == (True, 1, number)
    with pytest.raises(KeyboardInterrupt) as caught:
        raised(number=number)
    assert caught.value.args == (number,)


def test_signals_raise_again_where_nobody_has_looked_for_long(monkeypatch):
    times = iter([5.0, 6.0, 15.0, 15.1])
    monkeypatch.setattr("glassnet.interrupts.monotonic", lambda: next(times))
    with deferred_interrupts() as noted:
        raised(3)
        assert noted.count == 3
        with pytest.raises(KeyboardInterrupt):
            raised()


def test_a_signal_whose_exception_python_drops_is_noted_later():
    class Collected:
        def __del__(self):
            raised()

    with interrupts_raised():
        Collected()
        with deferred_interrupts() as noted:
            assert noted()
        with deferred_interrupts() as noted:
            assert not noted()


def test_sigterm_is_left_to_a_program_that_did_not_ask_for_it():
    with deferred_interrupts():
        assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def test_a_thread_of_the_block_sees_the_signal_and_another_does_not():
    seen = []

    def look():
        with deferred_interrupts() as noted:
            seen.append(noted())

    with deferred_interrupts():
        raised()
        for target in (copy_context().run, lambda function: function()):
            thread = threading.Thread(target=target, args=(look,))
            thread.start()
            thread.join()
    assert seen == [True, False]


def test_a_delayed_signal_is_raised_after_the_block_or_left_to_the_outer_one():
    done = []

    def delayed():
        with uninterrupted():
            raised()
            done.append("inside")

    with pytest.raises(KeyboardInterrupt):
        delayed()
    with deferred_interrupts() as noted:
        delayed()
    assert (done, noted.count) == (["inside", "inside"], 1)


def test_handlers_are_given_back_but_by_the_last_block():
    before = [signal.getsignal(number) for number in SIGNALS]
    with interrupts_raised() as raising:
        raising.over = True
        raised()  # no more
    assert [signal.getsignal(number) for number in SIGNALS] == before
    try:
        with interrupts_raised(last=True):
            pass
        for number in SIGNALS:
            raised(number=number)
    finally:
        for number, handler in zip(SIGNALS, before, strict=True):
            signal.signal(number, handler)


@pytest.mark.parametrize("handler", [signal.SIG_IGN, print])
def test_a_signal_that_is_ignored_or_handled_stays_so(handler):
    before = signal.signal(signal.SIGTERM, handler)
    try:
        with interrupts_raised(), deferred_interrupts():
            assert signal.getsignal(signal.SIGTERM) is handler
    finally:
        signal.signal(signal.SIGTERM, before)


# A function in threads


def test_results_are_in_the_order_of_the_items_and_the_caller_works_too():
    names = in_threads(lambda i: (i, threading.current_thread().name), range(20), 4)
    assert [i for i, _ in names] == list(range(20))
    assert (
        in_threads(lambda i: threading.current_thread(), [0, 1], 1) == [threading.main_thread()] * 2
    )
    assert in_threads(lambda i: i, [], 4) == []


def test_the_first_error_by_the_order_of_the_items_is_raised_when_nobody_works_any_more():
    both, working = threading.Barrier(2), []

    def fail(i):
        working.append(i)
        both.wait()
        working.remove(i)
        raise ValueError(i)

    with pytest.raises(ValueError, match="0"):
        in_threads(fail, [0, 1], 2)
    assert not working


@pytest.mark.parametrize("error", [RuntimeError("can't start new thread"), MemoryError()])
@pytest.mark.parametrize("started", [0, 1])
def test_where_threads_cannot_start_fewer_work(monkeypatch, error, started):
    begin, starts = threading.Thread.start, []

    def start(thread):
        if len(starts) == started:
            raise error
        starts.append(thread)
        begin(thread)

    monkeypatch.setattr(threading.Thread, "start", start)
    assert in_threads(lambda i: i * i, range(6), 4) == [0, 1, 4, 9, 16, 25]


def test_a_raising_signal_waits_for_the_threads():
    both, done = threading.Barrier(2), []

    def work(i):
        both.wait()
        if threading.current_thread() is threading.main_thread():
            raised()
        else:
            done.append(sum(range(300_000)))

    with pytest.raises(KeyboardInterrupt):
        in_threads(work, [0, 1], 2)
    assert done


# Fits

X = np.random.default_rng(0).normal(size=(300, 3))
TARGETS = {"classes": X[:, 0] > 0, "numbers": X[:, 0] - X[:, 1]}


@pytest.mark.usefixtures("ours")
@pytest.mark.parametrize("engine", ["native", "reference"])
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("recipe", ["plain", "fast", "standard"])
def test_a_signal_between_epochs_leaves_a_model_that_predicts(engine, target, recipe):
    if engine == "native" and glassnet.engines.compiled() is None:
        pytest.skip("the native engine is not built")
    plan = glassnet.Plan(recipe=recipe, engine=engine, max_epochs=6, hidden_layer_sizes=(4,))
    with pytest.warns(RuntimeWarning, match="training interrupted"):
        model = glassnet.fit(
            X,
            TARGETS[target],
            plan,
            on_epoch=lambda epoch: raised(number=SIGNALS[-1]) if epoch.index == 1 else None,
        )
    assert (model.training["ended"], model.training["epochs"]) == ("interrupted", 2)
    assert len(model.predict(X)) == 300


def test_members_that_have_not_begun_are_left_out(monkeypatch):
    from glassnet.fitting import ensemble
    from glassnet.fitting.network_fit import NetworkFit

    monkeypatch.setattr(ensemble, "useful_cores", lambda: 1)
    all_epochs = NetworkFit.epochs

    def epochs(fit, limit):
        for record in all_epochs(fit, limit):
            raised()  # in the first epoch of the first member
            yield record

    monkeypatch.setattr(NetworkFit, "epochs", epochs)
    plan = glassnet.Plan(
        recipe="standard", max_epochs=3, hidden_layer_sizes=(4,), engine="reference"
    )
    with pytest.warns(RuntimeWarning, match="training interrupted"):
        model = glassnet.fit(X, TARGETS["classes"], plan)
    assert model.network.n_members == len(model.training["members"]) == 1


def rough(seed):
    """A rate at which some epoch diverges; which one, the rate decides."""
    return glassnet.Plan(
        recipe="plain",
        optimizer=glassnet.SGD(1.0),
        schedule=growing,
        max_epochs=60,
        loss="squared",
        seed=seed,
    )


def growing(step, n_steps):
    return np.where(np.arange(n_steps)[step] < n_steps // 2, 1e-3, 1e30)


def test_a_late_divergence_ends_training_as_early_stopping_does():
    with pytest.warns(
        RuntimeWarning, match=r"training diverged in epoch \d\d, .* have been restored"
    ):
        model = glassnet.fit(X, TARGETS["numbers"], rough(0))
    assert model.training["ended"] == "diverged"
    assert 20 < model.training["epochs"] < 40
    assert np.isfinite(model.predict(X)).all()
    with pytest.warns(RuntimeWarning, match="training diverged"):
        estimator = glassnet.GlassNetRegressor(
            recipe="plain", optimizer=glassnet.SGD(1.0), schedule=growing, max_epochs=60
        ).fit(X, TARGETS["numbers"])
    assert np.isfinite(estimator.predict(X)).all()


def test_a_divergence_in_the_first_epoch_is_an_error():
    plan = glassnet.Plan(recipe="plain", optimizer=glassnet.SGD(1e30), loss="squared")
    with pytest.raises(DivergenceError, match="training diverged in epoch 0"):
        glassnet.fit(X, TARGETS["numbers"], plan)
    plan = glassnet.Plan(recipe="standard", optimizer=glassnet.SGD(1e30), loss="squared")
    with pytest.raises(DivergenceError):
        glassnet.fit(X, TARGETS["numbers"], plan)
