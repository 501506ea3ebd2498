"""Engines execute a network; what exists, and how one is chosen, stands here."""

from __future__ import annotations

from glassnet.engines.engine import Engine, Steps
from glassnet.engines.reference import ReferenceEngine
from glassnet.errors import unknown_name
from glassnet.losses import Loss
from glassnet.network import Network
from glassnet.optimizers import Optimizer
from glassnet.penalties import Penalty

__all__ = ["ENGINES", "Engine", "ReferenceEngine", "Steps", "make_engine"]

ENGINES: dict[str, type[ReferenceEngine]] = {"reference": ReferenceEngine}


def make_engine(
    engine: str,
    network: Network,
    loss: Loss,
    optimizer: Optimizer | None = None,
    *,
    penalty: Penalty | None = None,
    max_norm: float | None = None,
    seed: int = 0,
    n_threads: int | None = None,
) -> Engine:
    """Bind a network to its loss and optimizer on the engine of that name; "auto" takes the fastest that can run it."""
    if engine != "auto" and engine not in ENGINES:
        raise unknown_name("engine", engine, ["auto", *ENGINES])
    made = ENGINES["reference" if engine == "auto" else engine]
    return made(network, loss, optimizer, penalty=penalty, max_norm=max_norm, seed=seed, n_threads=n_threads)
