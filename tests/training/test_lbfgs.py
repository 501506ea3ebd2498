"""L-BFGS: SciPy's minimizer, one record an iteration; it finds the optimum that others find, and
leaves no thread behind."""

import threading
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from glassnet.errors import DivergenceError, SettingError
from glassnet.layers import BatchNorm, Dense, Dropout, Layer, Residual
from glassnet.losses import Logistic
from glassnet.optimizers import LBFGS, Adam
from glassnet.penalties import Penalty
from glassnet.training.stopping import EarlyStopping
from tests.training.helpers import (
    Array,
    N,
    Script,
    assert_has,
    linear,
    numbers_of,
    problem,
    sha,
    small_network,
    start,
)

PRECISE = LBFGS(gradient_tolerance=1e-12)


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    before = threading.active_count()
    yield
    assert threading.active_count() == before


def objective(network: Any, X: Array, y: Array, l2: float = 0.0) -> float:
    loss = Logistic()
    value, _ = loss.value_and_gradient(network.predict(X), loss.prepare(y, 1, "float64"))
    W = [network.parameters[name] for name in network.parameters if name.endswith("W")]
    return float(value + 0.5 * l2 * sum((w * w).sum() for w in W))


def test_it_reaches_a_lower_loss_than_adam_in_as_many_passes() -> None:
    X, y = problem(200)
    ends = []
    for optimizer in (LBFGS(), Adam(0.01)):
        network = small_network()
        list(start(network, X, y, optimizer=optimizer, epochs=60, batch_size=200))
        ends.append(objective(network, X, y))
    assert ends[0] < 0.8 * ends[1]


def test_it_ends_at_the_first_step_that_lowers_the_objective_by_no_more_than_the_tolerance() -> (
    None
):
    X, y = problem(200)
    settings = {"epochs": 500, "penalty": Penalty(l2=0.01)}
    long = [
        r.training_loss
        for r in start(linear(), X, y, optimizer=LBFGS(gradient_tolerance=0.0), **settings)
    ]
    for tolerance in (1e-3, 1e-6):
        optimizer = LBFGS(gradient_tolerance=0.0, value_tolerance=tolerance)
        values = [r.training_loss for r in start(linear(), X, y, optimizer=optimizer, **settings)]
        shares = [(a - b) / max(a, b, 1.0) for a, b in pairwise(long)]
        assert values == long[: 2 + next(i for i, share in enumerate(shares) if share <= tolerance)]
        assert len(values) < len(long)


@pytest.mark.parametrize("l2", [0.003, 0.1])
def test_a_linear_network_ends_at_the_optimum_of_logistic_regression(l2: float) -> None:
    # Ours is the mean loss + l2 / 2 * |W|^2, scikit-learn's C * the sum of losses + |W|^2 / 2: C =
    # 1 / (n l2).
    X, y = problem(200)
    network = linear()
    list(start(network, X, y, optimizer=PRECISE, epochs=500, penalty=Penalty(l2=l2)))
    other = LogisticRegression(C=1.0 / (200 * l2), tol=1e-12, max_iter=10_000).fit(X, y)
    np.testing.assert_allclose(network.parameters["layers.0.W"][:, 0], other.coef_[0], rtol=1e-5)
    np.testing.assert_allclose(
        network.parameters["layers.0.b"], other.intercept_, rtol=1e-5, atol=1e-7
    )


def test_a_linear_softmax_ends_at_the_optimum_of_multinomial_regression() -> None:
    X, _ = problem(200)
    y = np.digitize(X @ [1.0, -2.0, 0.5] + np.random.default_rng(1).normal(size=200), [-1.0, 1.0])
    network = linear(3)
    list(
        start(
            network, X, y, loss="softmax", optimizer=PRECISE, epochs=500, penalty=Penalty(l2=0.01)
        )
    )
    other = LogisticRegression(C=1.0 / (200 * 0.01), tol=1e-12, max_iter=10_000).fit(X, y)
    np.testing.assert_allclose(
        network.parameters["layers.0.W"].T, other.coef_, rtol=1e-4, atol=1e-7
    )


def test_a_linear_network_ends_at_the_ridge() -> None:
    # Mean of half squares + l2 / 2 * |W|^2: W = (X'X + n l2 I)^-1 X'y over centered columns;
    # weights count as rows.
    X, _ = problem(50)
    y = X @ [1.0, -2.0, 0.5] + 3.0
    weight = np.random.default_rng(1).random(50)
    network = linear()
    records = list(
        start(
            network,
            X,
            y,
            loss="squared",
            optimizer=PRECISE,
            epochs=200,
            penalty=Penalty(l2=0.2),
            sample_weight=weight,
        )
    )
    share = weight / weight.sum()
    A, t = X - share @ X, y - share @ y
    expected = np.linalg.solve(
        (A * share[:, None]).T @ A + 0.2 * np.eye(3), (A * share[:, None]).T @ t
    )
    np.testing.assert_allclose(network.parameters["layers.0.W"][:, 0], expected, rtol=1e-8)
    assert records[-1].gradient_norm < 1e-8


def test_records_tell_objective_and_gradient_at_the_point_that_was_accepted() -> None:
    X, y = problem()
    network = small_network()
    records = []
    for record in start(
        network, X, y, optimizer="lbfgs", epochs=7, penalty=Penalty(l2=0.01), validation=(X, y)
    ):
        records.append(record)
        assert record.training_loss == pytest.approx(objective(network, X, y, 0.01), rel=1e-12)
        assert record.validation_loss == pytest.approx(objective(network, X, y), rel=1e-12)
        assert record.lr == 1.0
        assert record.gradient_norm > 0.0
    assert [r.index for r in records] == list(range(7))
    assert all(b.training_loss < a.training_loss for a, b in pairwise(records))


@pytest.mark.parametrize("every", [2, 3, 100])
def test_iterations_to_a_record_change_no_bit(every: int) -> None:
    X, y = problem()
    one, many = small_network(), small_network()
    singles = list(start(one, X, y, optimizer="lbfgs", epochs=7))
    records = list(start(many, X, y, optimizer="lbfgs", epochs=7, every=every))
    assert sha(one) == sha(many)
    assert [r.index for r in records] == sorted(
        {min(i, 6) for i in range(every - 1, 7 + every - 1, every)}
    )
    assert [r.training_loss for r in records] == [singles[r.index].training_loss for r in records]


def test_it_ends_by_itself_when_the_gradient_is_gone() -> None:
    X, y = problem()
    network = linear()
    records = list(start(network, X, y, optimizer="lbfgs", epochs=1000, penalty=Penalty(l2=0.1)))
    assert 1 < len(records) < 100
    gradient_gone = records[-1].gradient_norm
    assert gradient_gone < 1e-4
    assert (
        list(
            start(
                network,
                X,
                y,
                optimizer=LBFGS(gradient_tolerance=1e-2),
                epochs=10,
                penalty=Penalty(l2=0.1),
            )
        )
        == []
    )


def test_float32_networks_are_minimized_too_and_the_same_bits_come_again() -> None:
    X, y = problem()
    shas = set()
    for seed in (0, 0, 1):  # the seed draws nothing here
        network = small_network(dtype="float32")
        records = list(start(network, X, y, optimizer="lbfgs", epochs=20, seed=seed))
        shas.add(sha(network))
    assert len(shas) == 1
    assert records[-1].training_loss < 0.5 * records[0].training_loss


# Refusals


@pytest.mark.parametrize(
    ("layer", "named"),
    [
        (Dropout(0.2), "Dropout"),
        (BatchNorm(), "BatchNorm"),
        (Residual([Dense(4), Dropout(0.2)]), "Dropout"),
    ],
    ids=["dropout", "batch_norm", "dropout inside"],
)
def test_layers_that_change_the_objective_are_refused_by_name(layer: Layer, named: str) -> None:
    X, y = problem()
    with pytest.raises(
        SettingError,
        match=f"'lbfgs' needs an objective that is the same at every call, but {named} changes it",
    ):
        start(small_network(layers=[Dense(4), layer]), X, y, optimizer="lbfgs")


@pytest.mark.parametrize(
    "changed",
    [{"schedule": "cosine"}, {"schedule": "reduce_on_plateau"}, {"clip_norm": 1.0}],
    ids=str,
)
def test_schedule_and_clipping_are_refused_by_name(changed: dict[str, Any]) -> None:
    X, y = problem()
    with pytest.raises(
        SettingError, match="'lbfgs' chooses its own steps: leave schedules and clip_norm out"
    ):
        start(small_network(), X, y, optimizer="lbfgs", **changed)


# Ends


@pytest.mark.parametrize("n_records", [0, 1, 3])
def test_whoever_turns_away_keeps_the_last_point_that_was_accepted(n_records: int) -> None:
    X, y = problem()
    network = small_network()
    records = start(network, X, y, optimizer="lbfgs", epochs=50)
    kept = numbers_of(network)
    for _ in range(n_records):
        next(records)
        kept = numbers_of(network)
    records.close()
    assert_has(network, kept)
    assert next(records, None) is None


class Failing(Logistic):
    """A loss that is lost after so many evaluations."""

    left = 12

    def value_and_gradient(
        self, Z: Array, y: Array, weight: Array | None = None
    ) -> tuple[float, Array]:
        Failing.left -= 1
        if Failing.left == 0:
            raise ZeroDivisionError("lost")
        return super().value_and_gradient(Z, y, weight)


@pytest.mark.parametrize("left", [1, 2, 6])
def test_an_exception_in_the_objective_reaches_the_caller_and_the_accepted_point_stays(
    left: int,
) -> None:
    X, y = problem()
    network = small_network()
    Failing.left = left
    kept = [numbers_of(network)]
    with pytest.raises(ZeroDivisionError, match="lost"):
        kept.extend(
            numbers_of(network)
            for _ in start(network, X, y, loss=Failing(), optimizer="lbfgs", epochs=50)
        )
    assert_has(network, kept[-1])


def test_stopping_restores_the_best_point() -> None:
    X, y = problem()
    for end in ("patience", "interrupt"):
        network = small_network()
        stop = EarlyStopping(3, Script(0.0, 5.0, 1.0, 1.0, 1.0, 1.0))
        records = start(network, X, y, optimizer="lbfgs", epochs=6, validation=(X, y), stop=stop)
        kept = []
        for _ in range(5 if end == "patience" else 4):
            next(records)
            kept.append(numbers_of(network))
        if end == "patience":
            assert next(records, None) is None
        else:
            with pytest.raises(KeyboardInterrupt):
                records.throw(KeyboardInterrupt)
        assert_has(network, kept[1])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_an_objective_that_is_not_finite_from_the_start_is_a_divergence(dtype: str) -> None:
    X, y = problem()
    network = linear(dtype=dtype)
    before = numbers_of(network)
    with pytest.raises(
        DivergenceError,
        match=r"L-BFGS left the finite numbers: .*Standardize columns, or use 'adam'",
    ):
        list(start(network, X * 1e30, y, loss="poisson", optimizer="lbfgs"))
    assert_has(network, before)


def test_batch_size_does_not_matter() -> None:
    X, y = problem()
    shas = set()
    for batch_size in (1, 8, N):
        network = small_network()
        list(start(network, X, y, optimizer="lbfgs", epochs=5, batch_size=batch_size))
        shas.add(sha(network))
    assert len(shas) == 1


def test_where_no_thread_starts_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def start_none(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start_none)
    X, y = problem(20)
    with pytest.raises(MemoryError, match="the system starts no thread for optimizer 'lbfgs'"):
        list(start(small_network(), X, y, optimizer=LBFGS(), epochs=2, batch_size=20))
