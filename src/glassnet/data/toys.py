"""Small two-dimensional classification problems for tests, examples and the documentation."""

import numpy as np
from numpy.typing import NDArray

Toy = tuple[NDArray[np.float64], NDArray[np.int64]]


def xor() -> Toy:
    """Return the points of XOR: X (4, 2) of 0 and 1, y (4,) is 1 if exactly one of them is 1."""
    X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    return X, np.array([0, 1, 1, 0])


def moons(n: int = 200, noise: float = 0.1, seed: int = 0) -> Toy:
    """Return two interleaved half circles: X (n, 2), y (n,) 0 for the upper, 1 for the lower."""
    y, t = _classes_and_position(n)
    angle = np.pi * t
    X = np.column_stack([np.cos(angle), np.sin(angle)])
    X[y == 1] = [1.0, 0.5] - X[y == 1]
    return _noisy(X, y, noise, seed)


def circles(n: int = 200, noise: float = 0.05, seed: int = 0, *, inner: float = 0.5) -> Toy:
    """Return a circle of radius 1 (class 0) around one of radius `inner` (class 1)."""
    y, t = _classes_and_position(n)
    angle = 2.0 * np.pi * t
    X = np.column_stack([np.cos(angle), np.sin(angle)]) * np.where(y == 1, inner, 1.0)[:, None]
    return _noisy(X, y, noise, seed)


def spirals(n: int = 200, noise: float = 0.05, seed: int = 0, *, turns: float = 1.5) -> Toy:
    """Return two spirals around each other from the center to radius 1: X (n, 2), y (n,)."""
    y, t = _classes_and_position(n)
    radius = 0.05 + 0.95 * t
    angle = 2.0 * np.pi * turns * t + np.pi * y
    X = radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    return _noisy(X, y, noise, seed)


def _classes_and_position(n: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return class 0 for the first half of the points, else 1, and positions 0 to 1 on a curve."""
    first = (n + 1) // 2
    y = np.repeat(np.array([0, 1]), [first, n - first])
    return y, np.concatenate([np.linspace(0.0, 1.0, first), np.linspace(0.0, 1.0, n - first)])


def _noisy(X: NDArray[np.float64], y: NDArray[np.int64], noise: float, seed: int) -> Toy:
    """Return the points with normal noise, in random order."""
    rng = np.random.Generator(np.random.Philox(seed))
    X = X + noise * rng.standard_normal(X.shape)
    order = rng.permutation(len(y))
    return X[order], y[order]
