"""Shapley values of functions whose values are known, and the arithmetic of estimates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from glassnet.inspection.shapley import Game, PairedWalks, exact_values, random_positions

Array = Any


def game(f: Callable[[Array], Array], p: int, B: int = 6, seed: int = 0) -> Game:
    """A game of a function of p features; feature j is column j."""
    rng = np.random.default_rng(seed)
    x, background = rng.normal(size=p), rng.normal(size=(B, p))

    def answer(X: Array) -> Array:
        return f(X).reshape(len(X), -1)

    return Game(answer, np.arange(p), p, x, background, answer(x[None])[0], answer(background))


def estimate(of: Game, m: int, seed: int = 0) -> PairedWalks:
    walks = PairedWalks(of)
    walks.add(random_positions(np.random.default_rng(seed), m, len(of.background), of.n_players))
    return walks


def test_a_sum_is_shared_out_term_by_term() -> None:
    w = np.array([3.0, -1.0, 0.5, 2.0])
    of = game(lambda X: X @ w, 4)
    expected = w * (of.x - of.background.mean(axis=0))
    np.testing.assert_allclose(exact_values(of)[:, 0], expected, rtol=1e-12)
    walks = estimate(of, 2)
    np.testing.assert_allclose(walks.values[:, 0], expected, rtol=1e-12)
    assert walks.standard_errors.max() < 1e-14


def test_a_product_of_three_is_shared_out_in_thirds() -> None:
    """Against a background of zeros all three are needed, so each has a third."""
    of = game(lambda X: X[:, 0] * X[:, 1] * X[:, 2], 5)
    zeros = np.zeros((2, 5))
    of = Game(of.answer, of.owner, 5, of.x, zeros, of.fx, of.answer(zeros))
    third = of.fx[0] / 3.0
    np.testing.assert_allclose(exact_values(of)[:, 0], [third] * 3 + [0.0] * 2, atol=1e-15)


@pytest.mark.parametrize("p", [1, 2, 3, 7])
def test_values_add_up_exactly_and_in_every_estimate(p: int) -> None:
    of = game(lambda X: np.column_stack([np.sin(X.sum(axis=1)), np.prod(X, axis=1)]), p)
    gain = of.fx - of.fb.mean(axis=0)
    np.testing.assert_allclose(exact_values(of).sum(axis=0), gain, rtol=1e-12)
    np.testing.assert_allclose(estimate(of, 2).values.sum(axis=0), gain, rtol=1e-12)


def test_rounds_are_added_up_as_if_they_were_one() -> None:
    of = game(lambda X: np.exp(X.sum(axis=1)), 6)
    orders = random_positions(np.random.default_rng(1), 9, 6, 6)
    whole, parts = PairedWalks(of), PairedWalks(of)
    whole.add(orders)
    for part in (orders[:2], orders[2:3], orders[3:]):
        parts.add(part)
    assert parts.n_pairs == whole.n_pairs == 9
    np.testing.assert_allclose(parts.values, whole.values, rtol=1e-12)
    np.testing.assert_allclose(parts.standard_errors, whole.standard_errors, rtol=1e-10)


def test_errors_fall_with_the_root_of_the_number_of_pairs() -> None:
    of = game(lambda X: np.exp(X.sum(axis=1)), 6)
    few, many = (estimate(of, m).standard_errors for m in (100, 1_600))
    np.testing.assert_allclose(few / many, 4.0, rtol=0.15)


@pytest.mark.parametrize("power", [-900, 0, 980])
def test_a_power_of_two_changes_no_digit(power: int) -> None:
    of = game(lambda X: np.prod(X, axis=1) + X[:, 0], 5)
    scale = np.ldexp(1.0, power)
    other = Game(
        lambda X: of.answer(X) * scale,
        of.owner,
        5,
        of.x,
        of.background,
        of.fx * scale,
        of.fb * scale,
    )
    ours, theirs = estimate(of, 3), estimate(other, 3)
    np.testing.assert_array_equal(theirs.values, ours.values * scale)
    np.testing.assert_array_equal(theirs.standard_errors, ours.standard_errors * scale)
    np.testing.assert_array_equal(exact_values(other), exact_values(of) * scale)


def test_few_rows_at_a_time_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    from glassnet.inspection import shapley

    of = game(lambda X: np.sin(X.sum(axis=1)), 6)
    exact, walks = exact_values(of), estimate(of, 4)
    monkeypatch.setattr(shapley, "MAX_ROWS", 7)
    np.testing.assert_allclose(exact_values(of), exact, rtol=1e-12)
    np.testing.assert_array_equal(estimate(of, 4).values, walks.values)


def test_every_order_is_as_likely() -> None:
    orders = random_positions(np.random.default_rng(0), 300, 20, 3).reshape(-1, 3)
    assert (np.sort(orders, axis=1) == np.arange(3)).all()
    counts = np.unique(orders, axis=0, return_counts=True)[1]
    assert len(counts) == 6
    assert np.abs(counts - 1_000).max() < 150
