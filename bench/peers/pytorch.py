"""PyTorch, eager: the loop that its tutorials teach, with the fused optimizer and without reading
the loss in every step."""

from __future__ import annotations

import time
from itertools import pairwise

import numpy as np
import torch
from cells import Cell

ACTIVATIONS = {"relu": torch.nn.ReLU, "sigmoid": torch.nn.Sigmoid}


class PyTorch:
    """An eager model on one thread or on PyTorch's default number."""

    def __init__(self, threads: int | None) -> None:
        if threads:
            torch.set_num_threads(threads)

    def prepare(self, cell: Cell) -> None:
        """Make the data, the model with our first weights, and its optimizer."""
        self.cell = cell
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

    def train(self, epochs: int) -> tuple[float, float]:
        """Train, and return the seconds it took and the mean loss."""
        order, offsets = self.cell.batches(epochs)
        batches = [
            torch.from_numpy(order[start:stop]) for start, stop in pairwise(offsets.tolist())
        ]
        full = self.cell.batch >= self.cell.rows
        losses = []
        start = time.perf_counter()
        for rows in batches:
            X, y = (self.X, self.y) if full else (self.X[rows], self.y[rows])
            loss = self.loss(self.model(X), y)
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            losses.append(loss.detach())
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
