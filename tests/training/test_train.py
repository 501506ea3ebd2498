"""`train` takes the steps that can be written down by hand, and its records tell what they came
to."""

import dataclasses
import math
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from glassnet.errors import DivergenceError
from glassnet.layers import BatchNorm, Dense, Dropout
from glassnet.losses import Squared
from glassnet.optimizers import SGD, Adam
from glassnet.penalties import Penalty
from glassnet.schedules import ReduceOnPlateau
from glassnet.training.batch_plan import permutation
from glassnet.training.stopping import Epoch, history_columns
from tests.laws.tables import LOSS_CASES, STEPPERS, STEPWISE
from tests.training.helpers import (
    N_FEATURES,
    Array,
    N,
    assert_has,
    linear,
    numbers_of,
    problem,
    sha,
    small_network,
    start,
)

NOISY = [Dense(4, "tanh"), BatchNorm(), Dropout(0.3)]


def by_hand(
    X: Array,
    y: Array,
    W: Array,
    b: Array,
    *,
    rates: Array,
    batch_size: int,
    epochs: int,
    seed: int = 0,
    weight: Array | None = None,
) -> tuple[Array, Array, list[float], list[float]]:
    """Train a linear model on half the squared error in bare NumPy; return W, b, and each epoch's
    loss and last gradient's length."""
    W, b, losses, norms, step = W.copy(), b.copy(), [], [], 0
    w = np.ones(len(X)) if weight is None else weight
    for epoch in range(epochs):
        order, total = permutation(len(X), epoch, seed), 0.0
        for begin in range(0, len(X), batch_size):
            rows = order[begin : begin + batch_size]
            E = X[rows] @ W + b - y[rows, None]
            total += 0.5 * float(w[rows] @ E[:, 0] ** 2)
            dZ = E * (w[rows] / w[rows].sum())[:, None]
            dW, db = X[rows].T @ dZ, dZ.sum(axis=0)
            norm = math.sqrt((dW**2).sum() + (db**2).sum())
            W -= rates[step] * dW
            b -= rates[step] * db
            step += 1
        losses.append(total / w.sum())
        norms.append(norm)
    return W, b, losses, norms


def compare_with_hand(schedule: Any, batch_size: int, weight: Array | None, seed: int) -> None:
    X, y = problem()
    network = linear()
    W, b = network.parameters["layers.0.W"].copy(), network.parameters["layers.0.b"].copy()
    epochs = 4
    n_steps = epochs * -(-N // batch_size)
    multipliers = np.ones(n_steps) if schedule is None else schedule(np.arange(n_steps), n_steps)
    W, b, losses, norms = by_hand(
        X,
        y,
        W,
        b,
        rates=0.2 * multipliers,
        batch_size=batch_size,
        epochs=epochs,
        seed=seed,
        weight=weight,
    )
    records = list(
        start(
            network,
            X,
            y,
            loss="squared",
            optimizer=SGD(0.2),
            batch_size=batch_size,
            epochs=epochs,
            schedule=schedule,
            sample_weight=weight,
            seed=seed,
        )
    )
    np.testing.assert_allclose(network.parameters["layers.0.W"], W, rtol=1e-12)
    np.testing.assert_allclose(network.parameters["layers.0.b"], b, rtol=1e-12)
    np.testing.assert_allclose([r.training_loss for r in records], losses, rtol=1e-12)
    np.testing.assert_allclose([r.gradient_norm for r in records], norms, rtol=1e-10)
    per_epoch = n_steps // epochs
    np.testing.assert_allclose(
        [r.lr for r in records], 0.2 * multipliers[per_epoch - 1 :: per_epoch], rtol=1e-15
    )


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("seed", [0, 3])
@pytest.mark.parametrize("batch_size", [1, 5, 8, N - 1, N, N + 1, 1000])
def test_training_is_the_loop_by_hand_short_last_batch_included(
    batch_size: int, seed: int, weighted: bool
) -> None:
    weight = np.random.default_rng(1).random(N) if weighted else None
    compare_with_hand(None, batch_size, weight, seed)


@pytest.mark.parametrize("name", STEPWISE)
def test_every_step_has_the_rate_of_its_schedule(name: str) -> None:
    compare_with_hand(STEPWISE[name], 8, None, 0)


def test_a_schedule_may_be_named() -> None:
    X, y = problem()
    named, given = small_network(), small_network()
    lrs = [
        [r.lr for r in start(n, X, y, schedule=s, epochs=10)]
        for n, s in ((named, "warmup_cosine"), (given, STEPWISE["warmup_cosine"]))
    ]
    assert lrs[0] == lrs[1]
    assert sha(named) == sha(given)
    assert (
        lrs[0].index(max(lrs[0])) == 0
    )  # the warm-up takes the first twentieth: two of thirty steps
    assert lrs[0][-1] < 0.01 * lrs[0][0]


def test_a_users_own_schedule_is_asked_once_a_step() -> None:
    X, y = problem()
    asked: list[tuple[list[int], int]] = []

    def schedule(steps: Array, n_steps: int) -> Array:
        asked.append((steps.tolist(), n_steps))
        return np.ones(len(steps))

    list(start(small_network(), X, y, schedule=schedule))
    assert asked == [([0, 1, 2], 9), ([3, 4, 5], 9), ([6, 7, 8], 9)]


# Records


def test_records_are_frozen_and_numbered_from_zero() -> None:
    X, y = problem()
    records = list(start(small_network(), X, y, epochs=4))
    assert [type(r) for r in records] == [Epoch] * 4
    assert [r.index for r in records] == [0, 1, 2, 3]
    assert {(r.lr, r.validation_loss, r.validation_score) for r in records} == {(0.5, None, None)}
    assert all(
        r.seconds > 0.0 and r.rows_per_second == pytest.approx(N / r.seconds) for r in records
    )
    assert records[-1].training_loss < records[0].training_loss
    with pytest.raises(dataclasses.FrozenInstanceError):
        records[0].index = 7  # type: ignore[misc]


def test_history_columns_are_the_fields_of_the_records_but_for_the_engine_which_is_one() -> None:
    X, y = problem()
    records = list(start(small_network(), X, y))
    columns = history_columns(records)
    assert list(columns) == [
        field.name for field in dataclasses.fields(Epoch) if field.name != "engine"
    ]
    assert columns["training_loss"] == [r.training_loss for r in records]
    assert set(map(tuple, history_columns(()).values())) == {()}


def test_a_record_is_made_when_it_is_asked_for() -> None:
    X, y = problem()
    network = small_network()
    records = start(network, X, y)
    before = sha(network)
    assert sha(network) == before
    next(records)
    after = sha(network)
    assert after != before
    next(records)
    assert sha(network) != after


@pytest.mark.parametrize("every", [2, 3, 5, 7, 8, 100])
@pytest.mark.parametrize("schedule", [None, "one_cycle"])
@pytest.mark.parametrize("rows_at_once", [1, 2 * N, 2**22])
def test_epochs_to_a_record_change_no_bit(
    every: int, schedule: str | None, rows_at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    X, y = problem()
    monkeypatch.setattr("glassnet.training.batch_plan.MAX_ROWS_PER_CALL", rows_at_once)
    one, many = small_network(layers=NOISY), small_network(layers=NOISY)
    singles = list(
        start(one, X, y, epochs=7, schedule=schedule, validation=(X, y), optimizer=Adam(0.05))
    )
    records = list(
        start(
            many,
            X,
            y,
            epochs=7,
            schedule=schedule,
            validation=(X, y),
            optimizer=Adam(0.05),
            every=every,
        )
    )
    assert sha(one) == sha(many)
    assert [r.index for r in records] == sorted(
        {min(i, 6) for i in range(every - 1, 7 + every - 1, every)}
    )
    assert len(records) == -(-7 // every)
    for record in records:
        single = singles[record.index]
        assert (record.training_loss, record.validation_loss, record.lr, record.gradient_norm) == (
            single.training_loss, single.validation_loss, single.lr, single.gradient_norm,
        )  # fmt: skip
    covered = np.diff([-1, *(r.index for r in records)])
    np.testing.assert_allclose([r.rows_per_second * r.seconds for r in records], N * covered)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", STEPPERS)
def test_the_same_seed_gives_the_same_bits_and_another_seed_others(name: str, dtype: str) -> None:
    X, y = problem()
    shas = []
    for seed in (0, 0, 1):
        network = small_network(layers=NOISY, dtype=dtype)
        list(start(network, X, y, optimizer=STEPPERS[name], seed=seed))
        shas.append(sha(network))
    assert shas[0] == shas[1] != shas[2]


def test_csr_rows_train_as_dense_ones() -> None:
    X, y = problem()
    X[np.abs(X) < 0.5] = 0.0
    dense, rows = small_network(), small_network()
    for network, given in ((dense, X), (rows, sparse.csr_array(X))):
        records = list(start(network, given, y, epochs=5, validation=(given, y)))
        assert records[-1].validation_loss is not None
    np.testing.assert_allclose(rows.parameters.theta, dense.parameters.theta, rtol=1e-10)


def test_the_callers_arrays_are_left_as_they_were() -> None:
    X, y = problem()
    weight = np.ones(N)
    copies = [a.copy() for a in (X, y, weight)]
    list(
        start(
            small_network(),
            X,
            y,
            sample_weight=weight,
            validation=(X, y, weight),
            penalty=Penalty(l2=0.1),
            clip_norm=0.1,
        )
    )
    for now, before in zip((X, y, weight), copies, strict=True):
        np.testing.assert_array_equal(now, before)


# Reduce on plateau: rows that are all alike give the same loss to the last bit, and a rate of 1e-30
# moves nothing.


def test_a_plateau_lowers_the_rate_after_its_patience_and_never_below_the_end() -> None:
    X, y = np.ones((4, N_FEATURES)), np.zeros(4)
    plateau = ReduceOnPlateau(factor=0.5, patience=3, final=0.2)
    lrs = [
        r.lr / 1e-30
        for r in start(small_network(), X, y, optimizer=SGD(1e-30), epochs=14, schedule=plateau)
    ]
    np.testing.assert_allclose(lrs, [1.0] * 4 + [0.5] * 3 + [0.25] * 3 + [0.2] * 4, rtol=1e-12)


def test_a_loss_that_falls_keeps_its_rate() -> None:
    X, y = np.ones((4, N_FEATURES)), np.zeros(4)
    lrs = {
        r.lr
        for r in start(
            small_network(),
            X,
            y,
            optimizer=SGD(0.1),
            epochs=20,
            schedule=ReduceOnPlateau(patience=1),
        )
    }
    assert lrs == {0.1}


def test_a_plateau_is_one_of_the_validation_loss_where_there_is_one() -> None:
    X, y = np.ones((4, N_FEATURES)), np.zeros(4)
    plateau = ReduceOnPlateau(factor=0.5, patience=2)
    records = list(
        start(
            small_network(),
            X,
            y,
            optimizer=SGD(0.1),
            epochs=6,
            schedule=plateau,
            validation=(X, y + 1.0),
        )
    )
    assert [r.training_loss for r in records] == sorted(
        (r.training_loss for r in records), reverse=True
    )
    np.testing.assert_allclose([r.lr for r in records], [0.1, 0.1, 0.1, 0.05, 0.05, 0.025])


def test_a_record_of_several_epochs_counts_them_all_on_a_plateau() -> None:
    X, y = np.ones((4, N_FEATURES)), np.zeros(4)
    plateau = ReduceOnPlateau(factor=0.5, patience=4)
    lrs = [
        r.lr / 1e-30
        for r in start(
            small_network(), X, y, optimizer=SGD(1e-30), epochs=12, schedule=plateau, every=2
        )
    ]
    np.testing.assert_allclose(lrs, [1.0, 1.0, 1.0, 0.5, 0.5, 0.25], rtol=1e-12)


# Weights


@pytest.mark.parametrize("weights", [2.0, 0.0], ids=["twice", "absent"])
@pytest.mark.parametrize("name", LOSS_CASES)
def test_a_weight_of_two_is_the_row_twice_and_of_zero_the_row_absent(
    name: str, weights: float
) -> None:
    case = LOSS_CASES[name]
    rng = np.random.default_rng(2)
    X, y = rng.normal(size=(N, N_FEATURES)), case.target(rng, N)
    some = np.arange(N) % 3 == 0
    weight = np.where(some, weights, 1.0)
    rows = np.repeat(np.arange(N), weight.astype(int))
    settings = {
        "loss": case.loss,
        "optimizer": SGD(0.1, momentum=0.5),
        "batch_size": 1000,
        "epochs": 20,
        "penalty": Penalty(l2=0.01),
    }
    by_weight, by_row = small_network(case.n_outputs), small_network(case.n_outputs)
    held = (X, y, weight), (X[rows], y[rows])
    weighted = list(start(by_weight, X, y, sample_weight=weight, validation=held[0], **settings))
    repeated = list(start(by_row, X[rows], y[rows], validation=held[1], **settings))
    np.testing.assert_allclose(
        by_weight.parameters.theta, by_row.parameters.theta, rtol=1e-10, atol=1e-12
    )
    for a, b in zip(weighted, repeated, strict=True):
        assert a.training_loss == pytest.approx(b.training_loss, rel=1e-10)
        assert a.validation_loss == pytest.approx(b.validation_loss, rel=1e-10)


def test_a_scale_of_all_weights_changes_nothing() -> None:
    X, y = problem()
    weight = np.random.default_rng(1).random(N)
    networks = [small_network(), small_network()]
    for network, factor in zip(networks, (1.0, 1024.0), strict=True):
        list(start(network, X, y, sample_weight=factor * weight))
    np.testing.assert_allclose(
        networks[0].parameters.theta, networks[1].parameters.theta, rtol=1e-12
    )


# Penalty and clipping


@pytest.mark.parametrize("batch_size", [1, 8, N])
def test_a_penalty_pulls_the_same_at_every_batch_size(batch_size: int) -> None:
    network = linear()
    W = network.parameters["layers.0.W"].copy()
    records = list(
        start(
            network,
            np.zeros((N, N_FEATURES)),
            np.zeros(N),
            loss="squared",
            batch_size=batch_size,
            penalty=Penalty(l2=0.1),
            optimizer=SGD(0.5),
        )
    )
    n_steps = 3 * -(-N // batch_size)
    np.testing.assert_allclose(
        network.parameters["layers.0.W"], W * (1.0 - 0.05) ** n_steps, rtol=1e-12
    )
    shrunk = W * (1.0 - 0.05) ** np.arange(n_steps)
    per_epoch = n_steps // 3
    sizes = np.minimum(batch_size, N - batch_size * np.arange(per_epoch))
    first = 0.05 * (shrunk**2).sum(axis=0)[:per_epoch] @ sizes / N
    assert records[0].training_loss == pytest.approx(first, rel=1e-12)


def test_no_update_is_longer_than_clip_norm_and_the_record_tells_the_length_before() -> None:
    X, y = problem()
    free, clipped, roomy = (linear() for _ in range(3))
    before = free.parameters.theta.copy()
    one_step: dict[str, Any] = {"optimizer": SGD(1.0), "batch_size": N, "epochs": 1}
    (record,) = start(free, X, y, **one_step)
    (short,) = start(clipped, X, y, clip_norm=0.01, **one_step)
    (long,) = start(roomy, X, y, clip_norm=1e3, **one_step)
    moved = [float(np.linalg.norm(n.parameters.theta - before)) for n in (free, clipped, roomy)]
    assert moved == pytest.approx([record.gradient_norm, 0.01, record.gradient_norm], rel=1e-12)
    assert short.gradient_norm == long.gradient_norm == record.gradient_norm > 0.01


# Divergence


def diverging(at: int, rate: float) -> Any:
    """A schedule whose rate is far too high at one step."""
    return lambda steps, n_steps: np.where(steps == at, rate, 1.0)


def test_a_divergence_names_epoch_batch_and_rate_and_leaves_finite_weights() -> None:
    X, y = problem()
    network = small_network()
    records = start(
        network, X, y, loss=Squared(), epochs=9, schedule=diverging(13, 1e300), optimizer=SGD(0.1)
    )
    kept = [
        numbers_of(network)
        for _ in records_until_failure(records, "epoch 4, batch 2", "rate 0.1 is likely")
    ]
    assert len(kept) == 4
    assert np.isfinite(network.parameters.theta).all()


def records_until_failure(records: Any, *words: str) -> Any:
    """Yield records until training diverges with a message that holds these words."""
    with pytest.raises(DivergenceError, match=".*".join(words)):
        yield from records


@pytest.mark.parametrize("every", [1, 2, 3])
def test_weights_that_are_no_longer_finite_become_the_last_finite_ones(every: int) -> None:
    X, y = problem()
    network = small_network(layers=[Dense(4, "tanh"), BatchNorm()])
    records = start(
        network,
        X,
        y,
        loss=Squared(),
        epochs=9,
        schedule=diverging(13, np.inf),
        optimizer=SGD(0.1),
        every=every,
    )
    kept = [numbers_of(network) for _ in records_until_failure(records, "epoch 4, batch 2")]
    assert len(kept) == 4 // every
    assert_has(network, kept[-1])


def test_a_divergence_in_the_very_last_update_names_the_epoch_that_there_was() -> None:
    X, y = problem()
    network = small_network()
    records = start(
        network, X, y, loss=Squared(), epochs=2, schedule=diverging(5, np.inf), optimizer=SGD(0.1)
    )
    assert len(list(records_until_failure(records, "epoch 1, batch 2", "rate inf"))) == 1
    assert np.isfinite(network.parameters.theta).all()


def test_float32_that_overflows_is_a_divergence_without_a_warning() -> None:
    X, y = problem()
    network = small_network(dtype="float32", layers=[Dense(4, "relu")])
    with pytest.raises(
        DivergenceError,
        match=r"training diverged in epoch \d+, batch \d+: .*try a rate of 1e\+09.*clip_norm=1\.0",
    ):
        list(start(network, X, y, loss="poisson", optimizer=SGD(1e10)))
    assert np.isfinite(network.parameters.theta).all()
