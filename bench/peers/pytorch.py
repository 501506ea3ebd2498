"""PyTorch: the loop that its tutorials teach, with the fused optimizer and without reading the loss
in every step; and the whole step as one program of `torch.compile`."""

from __future__ import annotations

import os
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from cells import Array, Cell

BUILD = Path(__file__).parents[2] / "build" / "bench-inductor"
ACTIVATIONS = {"relu": torch.nn.ReLU, "sigmoid": torch.nn.Sigmoid}


class PyTorch:
    """An eager model on one thread or on PyTorch's default number."""

    def __init__(self, threads: int | None) -> None:
        if threads:
            torch.set_num_threads(threads)

    def prepare(self, cell: Cell) -> None:
        """Make the data, the model with our first weights, and its optimizer."""
        self.cell = cell
        self.full = cell.batch >= cell.rows
        X, y = cell.data()
        one = cell.widths[-1] == 1
        self.X, self.y = (
            torch.from_numpy(X),
            torch.from_numpy(y.astype(np.float32)[:, None] if one else y),
        )
        self.loss = (
            torch.nn.functional.binary_cross_entropy_with_logits
            if one
            else torch.nn.functional.cross_entropy
        )
        modules: list[torch.nn.Module] = []
        for W, b in cell.weights():
            linear = torch.nn.Linear(*W.shape)
            with torch.no_grad():  # PyTorch stores W transposed
                linear.weight[:] = torch.from_numpy(W.T.copy())
                linear.bias[:] = torch.from_numpy(b)
            modules += [
                linear,
                ACTIVATIONS[cell.activation](),
                *([torch.nn.Dropout(cell.dropout)] if cell.dropout else []),
            ]
        self.model = torch.nn.Sequential(*modules[: -2 if cell.dropout else -1])
        optimizer = torch.optim.Adam if cell.solver == "adam" else torch.optim.SGD
        self.optimizer = optimizer(self.model.parameters(), lr=cell.rate, fused=True)

    def rows(self, rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """A batch; a full one takes the rows as they stand, for all contenders."""
        return (self.X, self.y) if self.full else (self.X[rows], self.y[rows])

    def step(self, rows: torch.Tensor) -> torch.Tensor:
        """Train on a batch, and return its mean loss."""
        X, y = self.rows(rows)
        loss = self.loss(self.model(X), y)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.detach()

    def train(self, epochs: int) -> tuple[float, float]:
        """Train, and return the seconds it took and the mean loss."""
        return self.run(*self.cell.batches(epochs))

    def check(self) -> float:
        """Train on the batches that all are compared over, and return the mean loss."""
        return self.run(*self.cell.last_batches())[1]

    def run(self, order: Array, offsets: Array) -> tuple[float, float]:
        """Train on batches, and return the seconds it took and the mean loss."""
        batches = [
            torch.from_numpy(order[start:stop]) for start, stop in pairwise(offsets.tolist())
        ]
        start = time.perf_counter()
        losses = [self.step(rows) for rows in batches]
        values = torch.stack(losses).numpy()
        seconds = time.perf_counter() - start
        return seconds, float(np.average(values, weights=[len(rows) for rows in batches]))

    def multiply(self, n: int, times: int) -> dict[str, float]:
        """The least seconds that a product of two (n, n) matrices took."""
        A, B = torch.randn(n, n), torch.randn(n, n)
        out = torch.empty(n, n)
        seconds = []
        for _ in range(times):
            start = time.perf_counter()
            torch.mm(A, B, out=out)
            seconds.append(time.perf_counter() - start)
        return {"PyTorch": min(seconds)}


class Compiled(PyTorch):
    """The gather, the forward and the backward pass and the optimizer, fused by `torch.compile`."""

    def __init__(self, threads: int | None) -> None:
        super().__init__(threads)
        # The code holds the number of threads: one folder for each, kept for the next run.
        folder = BUILD / f"{threads or 'all'}-threads"
        os.environ["TORCHINDUCTOR_CACHE_DIR"] = str(folder)
        os.environ["TORCHINDUCTOR_COMPILE_THREADS"] = "1"  # other contenders compile beside it
        torch.set_grad_enabled(False)  # the gradient is asked for by name

    def prepare(self, cell: Cell) -> None:
        """As the eager one, and compile for the batches of an epoch, the shorter last one too."""
        super().prepare(cell)
        torch.compiler.reset()
        weights = {name: p.detach() for name, p in self.model.named_parameters()}
        m, v = ({name: torch.zeros_like(p) for name, p in weights.items()} for _ in range(2))
        t = torch.zeros(())

        def loss_of(
            weights: dict[str, torch.Tensor], X: torch.Tensor, y: torch.Tensor
        ) -> torch.Tensor:
            return self.loss(torch.func.functional_call(self.model, weights, (X,)), y)

        def step(rows: torch.Tensor) -> torch.Tensor:
            gradient, loss = torch.func.grad_and_value(loss_of)(weights, *self.rows(rows))
            t.add_(1.0)
            c1, c2 = 1.0 - 0.9**t, 1.0 - 0.999**t
            for name, p in weights.items():
                g = gradient[name]
                if cell.solver == "adam":
                    m[name].mul_(0.9).add_(g, alpha=0.1)
                    v[name].mul_(0.999).addcmul_(g, g, value=0.001)
                    g = (m[name] / c1) / ((v[name] / c2).sqrt() + 1e-8)
                p.sub_(cell.rate * g)
            return loss

        self.step = torch.compile(step, dynamic=False, fullgraph=True)
        changed = [*weights.values(), *m.values(), *v.values(), t]
        before = [tensor.clone() for tensor in changed]
        order, offsets = cell.batches(1)
        for start, stop in {b - a: (a, b) for a, b in pairwise(offsets.tolist())}.values():
            self.step(torch.from_numpy(order[start:stop]))
        for tensor, old in zip(changed, before, strict=True):
            tensor.copy_(old)
