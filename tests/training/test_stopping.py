"""Early stopping waits as long as it says, and the best weights come back however training ends;
whoever leaves keeps what is there."""

import math
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from glassnet.errors import DivergenceError, SettingError
from glassnet.layers import BatchNorm, Dense
from glassnet.losses import Squared
from glassnet.network import Network
from glassnet.optimizers import SGD
from glassnet.training.state import TrainingState
from glassnet.training.stopping import EarlyStopping, Epoch
from tests.training.helpers import (
    Array,
    Script,
    assert_has,
    numbers_of,
    problem,
    small_network,
    start,
)

NAN = math.nan


def scripted(network: Network, scores: list[float], **changed: Any) -> Any:
    """Training whose validation score follows a script."""
    X, y = problem()
    stop = EarlyStopping(changed.pop("patience", 3), Script(*scores), changed.pop("min_delta", 0.0))
    return start(
        network, X, y, **{"epochs": len(scores), "validation": (X, y), "stop": stop, **changed}
    )


def followed(
    scores: list[float], **changed: Any
) -> tuple[list[Epoch], list[tuple[Array, Array]], Network]:
    network = small_network(layers=[Dense(4, "tanh"), BatchNorm()])
    records, kept = [], []
    for record in scripted(network, scores, **changed):
        records.append(record)
        kept.append(numbers_of(network))
    return records, kept, network


@pytest.mark.parametrize(
    ("scores", "patience", "min_delta", "n_records", "best"),
    [
        ([0.0, 1.0, 0.9, 0.9, 0.9, 2.0], 3, 0.0, 5, 1),
        (
            [0.0, 1.0, 0.9, 0.9, 2.0, 0.0, 0.0, 0.0, 9.0],
            3,
            0.0,
            8,
            4,
        ),  # an improvement starts the count anew
        ([1.0, 0.5, 2.0], 1, 0.0, 2, 0),
        ([1.0, 1.0, 1.0, 5.0], 2, 0.0, 3, 0),  # as good is no better
        (
            [0.0, 0.4, 0.8, 1.2, 5.0],
            2,
            0.5,
            5,
            4,
        ),  # each gain is measured from the best that counted
        ([0.0, 0.1, 0.2, 0.3, 5.0], 3, 0.5, 4, 0),
        ([0.0, 1.0, 2.0, 3.0], 1, 0.0, 4, 3),
        ([5.0, 1.0, 1.0, 1.0, 1.0, 1.0], math.inf, 0.0, 6, 0),  # never stops, restores the best
        ([NAN, NAN, 1.0, NAN, NAN, 3.0], 2, 0.0, 5, 2),  # not a number is the worst
        ([NAN, NAN, NAN, 3.0], 2, 0.0, 3, 0),
        ([1.0, 3.0, 2.0], 5, 0.0, 3, 1),  # all epochs done before patience is
    ],
)
def test_training_stops_after_its_patience_with_the_best_weights(
    scores: list[float], patience: float, min_delta: float, n_records: int, best: int
) -> None:
    records, kept, network = followed(scores, patience=patience, min_delta=min_delta)
    assert len(records) == n_records
    np.testing.assert_array_equal([r.validation_score for r in records], scores[:n_records])
    assert_has(network, kept[best])


def test_patience_counts_epochs_and_not_records() -> None:
    records, kept, network = followed([1.0, 0.5, 0.5, 9.0], patience=4, every=2, epochs=8)
    assert [r.index for r in records] == [1, 3, 5]
    assert_has(network, kept[0])


@pytest.mark.parametrize("validation", [False, True])
def test_without_a_scorer_the_validation_loss_is_watched_and_without_validation_the_training_loss(
    validation: bool,
) -> None:
    X, y = problem()
    network = small_network()
    kept, values = [], []
    held = (X[:5], 1 - y[:5]) if validation else None
    for record in start(
        network, X, y, epochs=6, stop=EarlyStopping(math.inf), validation=held, optimizer=SGD(0.5)
    ):
        kept.append(numbers_of(network))
        values.append(record.validation_loss if validation else record.training_loss)
    assert int(np.argmin(values)) == (0 if validation else 5)
    assert_has(network, kept[int(np.argmin(values))])


def test_the_state_says_that_it_stopped_early_and_where_the_best_was() -> None:
    state, network = TrainingState(), small_network()
    stop = EarlyStopping(2)

    def epoch(index: int, loss: float) -> Epoch:
        return Epoch(index, loss, None, None, 0.1, 1.0, 1.0, 1.0)

    assert [
        state.watch(epoch(i, loss), stop, network) for i, loss in enumerate([3.0, 2.0, 2.0, 2.5])
    ] == [True, True, False, False]
    assert (state.best_epoch, state.best_value, state.waited) == (1, 2.0, 2)


# Ends


def interrupt(records: Any) -> None:
    with pytest.raises(KeyboardInterrupt):
        records.throw(KeyboardInterrupt)


def exhaust(records: Any) -> None:
    assert len(list(records)) == 1


def any_error(records: Any) -> None:
    with pytest.raises(ZeroDivisionError):
        records.throw(ZeroDivisionError)


@pytest.mark.parametrize("end", [interrupt, exhaust, any_error])
def test_the_best_weights_come_back_however_training_ends(end: Callable[[Any], None]) -> None:
    network = small_network(layers=[Dense(4, "tanh"), BatchNorm()])
    records = scripted(network, [1.0, 3.0, 2.0, 0.0])
    kept = []
    for _ in range(3):
        next(records)
        kept.append(numbers_of(network))
    end(records)
    assert_has(network, kept[1])
    assert next(records, None) is None


@pytest.mark.parametrize("rate", [1e300, math.inf])
def test_the_best_weights_come_back_after_a_divergence(rate: float) -> None:
    X, y = problem()
    network = small_network(layers=[Dense(4, "tanh"), BatchNorm()])
    again = start(network, X, y, loss=Squared(), optimizer=SGD(0.1), epochs=3)
    kept = [numbers_of(network) for _ in again]
    network = small_network(layers=[Dense(4, "tanh"), BatchNorm()])
    records = scripted(
        network,
        [1.0, 3.0, 2.0, 2.0, 2.0],
        patience=9,
        loss=Squared(),
        optimizer=SGD(0.1),
        schedule=lambda steps, n: np.where(steps == 10, rate, 1.0),
    )
    with pytest.raises(DivergenceError):
        list(records)
    assert_has(network, kept[1])


def test_a_caller_who_breaks_out_keeps_the_weights_of_that_moment() -> None:
    network = small_network(layers=[Dense(4, "tanh"), BatchNorm()])
    records = scripted(network, [1.0, 3.0, 2.0, 0.0])
    for record in records:
        kept = numbers_of(network)
        if record.index == 2:
            break
    records.close()
    assert_has(network, kept)


def test_without_stop_training_ends_with_the_last_weights() -> None:
    X, y = problem()
    network = small_network()
    for _ in start(network, X, y, epochs=4, validation=(X, 1 - y)):
        kept = numbers_of(network)
    assert_has(network, kept)


# Ctrl-C: a real SIGINT needs a process of its own


CHILD = """
import os, signal, sys, threading, warnings
warnings.simplefilter("error")
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have us ignore it
import numpy as np
from glassnet import Dense, EarlyStopping, Network, SGD, train
from glassnet.losses import Squared

at, batch_size, stops = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "stop"
calls, training = 0, False

class Interrupting(Squared):
    def value_and_gradient(self, Z, y, weight=None):
        global calls
        # A step, not the check of the loss, and not the validation rows.
        if training and len(Z) <= batch_size:
            calls += 1
            if calls == at:
                os.kill(os.getpid(), signal.SIGINT)
        return super().value_and_gradient(Z, y, weight)

scores = iter([1.0, 3.0, 2.0, 2.0, 2.0, 2.0])
rng = np.random.default_rng(0)
X = rng.normal(size=(12, 3))
y = X[:, 0]
network = Network([Dense(4, "tanh"), Dense(1)], 3)
stop = EarlyStopping(9, lambda estimator, X, y: next(scores)) if stops else None
kept = []
records = train(
    network, X, y, loss=Interrupting(), optimizer=SGD(0.1), batch_size=batch_size, epochs=6,
stop=stop,
    validation=(np.vstack([X, X]), np.hstack([y, y])), engine="reference",
)
training = True
try:
    for epoch in records:
        kept.append(network.parameters.theta.copy())
except KeyboardInterrupt:
    same = [i for i, theta in enumerate(kept) if np.array_equal(theta, network.parameters.theta)]
    print(len(kept), calls, same, signal.getsignal(signal.SIGINT) is signal.default_int_handler)
else:
    print("lost")
"""


def child(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", CHILD, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_ctrl_c_in_the_middle_of_an_epoch_is_obeyed_after_the_step_and_restores_the_best() -> None:
    # Epochs of 3 steps: the 10th step is the first of the 4th epoch, and the best weights are
    # those of the second.
    assert child("10", "4", "stop") == "3 10 [1] True"


def test_ctrl_c_in_the_only_step_of_an_epoch_is_not_lost() -> None:
    assert child("4", "12", "stop") == "3 4 [1] True"


def test_ctrl_c_without_stop_keeps_the_step_that_it_came_in() -> None:
    assert child("10", "4", "go") == "3 10 [] True"


def test_no_thread_and_no_handler_is_left_behind() -> None:
    before = threading.active_count(), signal.getsignal(signal.SIGINT)
    followed([1.0, 2.0])
    assert (threading.active_count(), signal.getsignal(signal.SIGINT)) == before


@pytest.mark.parametrize("patience", [0, -1, NAN, 0.5])
def test_a_patience_below_one_epoch_is_refused(patience: float) -> None:
    with pytest.raises(SettingError, match="patience must be a number of epochs, at least 1, got"):
        EarlyStopping(patience)


@pytest.mark.parametrize("min_delta", [-1.0, math.inf, NAN])
def test_a_min_delta_that_is_no_size_is_refused(min_delta: float) -> None:
    with pytest.raises(SettingError, match="min_delta must be zero or a positive number, got"):
        EarlyStopping(3, min_delta=min_delta)
