"""JAX: an epoch compiled into one program, a scan over its steps, or all epochs in one; Adam by
hand, as optax would write it."""

from __future__ import annotations

import os
import time
from functools import partial
from typing import Any

os.environ["JAX_PLATFORMS"] = "cpu"  # read when JAX starts

import jax
import jax.numpy as jnp
import numpy as np
from cells import Cell
from jax import lax


class JAX:
    """A compiled program on XLA's own threads; one thread is asked for by the environment before it
    starts."""

    def __init__(self, threads: int | None) -> None:
        """Nothing is left to set."""

    def prepare(self, cell: Cell) -> None:
        """Make the data, the parameters with our first weights, and the program."""
        self.cell = cell
        X, y = cell.data()
        self.X, self.y = jnp.asarray(X), jnp.asarray(y, jnp.int32)
        parameters = [(jnp.asarray(W), jnp.asarray(b)) for W, b in cell.weights()]
        zeros = jax.tree.map(jnp.zeros_like, parameters) if cell.solver == "adam" else None
        # XLA's own generator: the default one, threefry, takes several times as long on a CPU.
        key = jax.random.key(0, impl="rbg")
        self.state = (
            parameters,
            zeros,
            jax.tree.map(jnp.copy, zeros),
            jnp.zeros((), jnp.float32),
            key,
        )
        self.program = program(cell)
        self.programs: dict[tuple[int, ...], Any] = {}

    def train(self, epochs: int) -> tuple[float, float]:
        """Train with a call for each epoch, and return the seconds it took and the mean loss;
        compiling is not counted."""
        orders = [self.rows(order[None]) for order in self.order(epochs)]
        run = self.compiled(*orders[0])
        totals = []
        start = time.perf_counter()
        for full, rest in orders:
            self.state, total = run(self.state, self.X, self.y, full, rest)
            totals.append(total)
        jax.block_until_ready(self.state)
        seconds = time.perf_counter() - start
        return seconds, float(np.mean(totals)) / self.cell.rows

    def train_at_once(self, epochs: int) -> tuple[float, float]:
        """Train with one call, and return the seconds it took and the mean loss; compiling is not
        counted."""
        full, rest = self.rows(self.order(epochs))
        run = self.compiled(full, rest)
        start = time.perf_counter()
        self.state, total = run(self.state, self.X, self.y, full, rest)
        jax.block_until_ready(self.state)
        return time.perf_counter() - start, float(total) / (self.cell.rows * epochs)

    def check(self) -> float:
        """Train on the batches that all are compared over, and return the mean loss."""
        order, _ = self.cell.last_batches()
        full, rest = self.rows(order.astype(np.int32)[None])
        self.state, total = self.compiled(full, rest)(self.state, self.X, self.y, full, rest)
        return float(total) / len(order)

    def order(self, epochs: int) -> Any:
        """The rows of each epoch."""
        return self.cell.batches(epochs)[0].astype(np.int32).reshape(epochs, self.cell.rows)

    def rows(self, order: Any) -> tuple[Any, Any]:
        """The rows of the full batches (epochs, steps, batch) and of the rest (epochs, fewer)."""
        cut = order.shape[1] // self.cell.batch * self.cell.batch
        return jax.device_put(
            (order[:, :cut].reshape(len(order), -1, self.cell.batch), order[:, cut:])
        )

    def compiled(self, full: Any, rest: Any) -> Any:
        """The program for so many epochs and batches."""
        shape = (*full.shape, *rest.shape)
        if shape not in self.programs:
            lowered = self.program.lower(self.state, self.X, self.y, full, rest)
            self.programs[shape] = lowered.compile()
        return self.programs[shape]


def program(cell: Cell) -> Any:
    """The training of a cell as a function to be compiled: state, data and row numbers in, state
    and summed loss out."""
    activate = {"relu": jax.nn.relu, "sigmoid": jax.nn.sigmoid}[cell.activation]

    def loss_of(parameters: Any, X: Any, y: Any, key: Any) -> Any:
        for i, (W, b) in enumerate(parameters[:-1]):
            X = activate(X @ W + b)
            if cell.dropout:
                keep = jax.random.bernoulli(jax.random.fold_in(key, i), 1.0 - cell.dropout, X.shape)
                X = jnp.where(keep, X / (1.0 - cell.dropout), 0.0)
        Z = X @ parameters[-1][0] + parameters[-1][1]
        if cell.widths[-1] == 1:
            return jnp.mean(jax.nn.softplus(Z[:, 0]) - y * Z[:, 0])
        return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(Z), y[:, None], axis=1))

    def step(data: Any, state: Any, rows: Any) -> Any:
        (X, y), (parameters, m, v, t, key) = data, state
        sub = key
        if cell.dropout:
            key, sub = jax.random.split(key)
        # A full batch takes the rows as they stand, for all contenders.
        batch = (X, y) if len(rows) == cell.rows else (X[rows], y[rows])
        loss, gradient = jax.value_and_grad(loss_of)(parameters, *batch, sub)
        t = t + 1
        if cell.solver == "adam":
            m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, gradient)
            v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, gradient)
            c1, c2 = 1 - 0.9**t, 1 - 0.999**t
            parameters = jax.tree.map(
                lambda p, m, v: p - cell.rate * (m / c1) / (jnp.sqrt(v / c2) + 1e-8),
                parameters,
                m,
                v,
            )
        else:
            parameters = jax.tree.map(lambda p, g: p - cell.rate * g, parameters, gradient)
        return (parameters, m, v, t, key), loss * len(rows)

    @partial(jax.jit, donate_argnums=0)
    def train(state: Any, X: Any, y: Any, full: Any, rest: Any) -> Any:
        take = partial(step, (X, y))
        if not rest.shape[1]:  # one scan over all steps
            state, losses = lax.scan(take, state, full.reshape(-1, full.shape[2]))
            return state, losses.sum()

        def epoch(state: Any, rows: Any) -> Any:
            state, losses = lax.scan(take, state, rows[0])
            state, last = take(state, rows[1])
            return state, losses.sum() + last

        state, losses = lax.scan(epoch, state, (full, rest))
        return state, losses.sum()

    return train
