"""Jobs of the engines: random networks run, alone and by several threads at once, in up to 64
threads of their own, and after a fork."""

from __future__ import annotations

import numpy as np

from glassnet.engines import make_engine, step_rates
from glassnet.layers import Dense, Dropout
from glassnet.losses import Softmax
from glassnet.network import Network
from tests.crash.at_once import at_once, in_forks
from tests.crash.reading import WrongAnswerError
from tests.laws.random_networks import random_problem
from tests.laws.tables import STEPPERS


def random_engine(rng):
    """An engine with rows and a target for it."""
    problem = random_problem(
        np.random.default_rng(rng.randrange(2**32)),
        n=rng.choice([1, 7, 60, 900]),
        n_features=rng.randint(2, 6),
    )
    network, y = problem.network, problem.y
    engine = make_engine(
        rng.choice(["auto", "auto", "reference"]),
        network,
        problem.loss.loss,
        STEPPERS[rng.choice(list(STEPPERS))],
        penalty=problem.penalty,
        max_norm=rng.choice([None, 1.0]),
        n_threads=rng.choice([None, 1, 2, 8, 64]),
    )
    return engine, problem.X, y


def wide_engine(rng):
    """An engine so wide that its phases are worth a team of threads."""
    numbers = np.random.default_rng(rng.randrange(2**32))
    n, width = rng.choice([2000, 6000]), rng.choice([96, 200])
    dtype = rng.choice(["float32", "float64"])
    network = Network(
        [Dense(width, "tanh"), Dropout(0.1), Dense(width, "relu"), Dense(3)],
        20,
        seed=1,
        dtype=dtype,
    )
    loss = Softmax()
    engine = make_engine(
        "auto", network, loss, STEPPERS["adam"], n_threads=rng.choice([2, 3, 8, 64])
    )
    return (
        engine,
        numbers.normal(size=(n, 20)).astype(dtype),
        loss.prepare(numbers.integers(0, 3, n), 3, dtype),
    )


def calls(rng, engine, X, y):
    """What can be asked of an engine, by name."""
    n = len(X)
    batch = rng.choice([1, 7, 64, 2000])
    steps = [rng.randint(0, n - 1) for _ in range(3)]
    order = np.concatenate([np.arange(n), np.arange(n)[::-1]])
    offsets = np.unique(np.append(np.arange(0, len(order), max(batch, n // 4)), len(order)))
    return {
        "predict": lambda: engine.predict(X),
        "one row": lambda: [engine.predict(X[i : i + 1]) for i in steps],
        "loss_and_gradient": lambda: engine.loss_and_gradient(X, y),
        "run": lambda: engine.run(
            X, y, None, order, offsets, 0, step_rates([0.01] * (len(offsets) - 1))
        ),
        "update": lambda: (engine.loss_and_gradient(X, y), engine.update(0.01)),
    }


def alone(rng, place):
    engine, X, y = random_engine(rng)
    asked = calls(rng, engine, X, y)
    names = [rng.choice(list(asked)) for _ in range(rng.randint(1, 6))]
    return lambda: [asked[name]() for name in names]


def in_many_threads(rng, place):
    engine, X, y = wide_engine(rng)
    asked = calls(rng, engine, X, y)
    names = [rng.choice(["predict", "run", "loss_and_gradient"]) for _ in range(2)]
    if rng.random() < 0.5:
        asked[names[0]]()  # the engine knows then how long a pass takes
    return lambda: [asked[name]() for name in names]


def called_at_once(rng, place):
    """Calls that change the parameters among them: anything may come but a crash, and no predict
    may end in half a step."""
    engine, X, y = random_engine(rng) if rng.random() < 0.6 else wide_engine(rng)
    asked = calls(rng, engine, X, y)
    names = [[rng.choice(list(asked)) for _ in range(4)] for _ in range(rng.randint(2, 5))]
    return lambda: at_once([lambda mine=mine: [asked[name]() for name in mine] for mine in names])


def predicted_at_once(rng, place):
    engine, X, _ = random_engine(rng) if rng.random() < 0.6 else wide_engine(rng)
    expected = engine.predict(X)

    def ask():
        for _ in range(3):
            same(engine.predict(X), expected)

    return lambda: at_once([ask] * rng.randint(2, 6))


def forked(rng, place):
    """Children forked while other threads predict."""
    engine, X, _ = random_engine(rng) if rng.random() < 0.5 else wide_engine(rng)
    expected = engine.predict(X)
    n = rng.randint(1, 3)
    return lambda: in_forks(
        lambda: same(engine.predict(X), expected),
        n,
        meanwhile=lambda: engine.predict(X),
        threads=rng.randint(0, 3),
    )


def same(found, expected):
    if not np.array_equal(found, expected, equal_nan=expected.dtype.kind == "f"):
        raise WrongAnswerError("the same rows have other scores than before")


RUNNING = {
    "engine, called": alone,
    "engine, in many threads": in_many_threads,
    "engine, called at once": called_at_once,
    "engine, predictions at once": predicted_at_once,
    "engine, after forks": forked,
}
