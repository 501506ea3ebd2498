"""Registry of the engines that execute networks, and selection of an engine."""

from typing import Any

from glassnet.engines.engine import Engine, Steps, step_rates
from glassnet.engines.native import NativeEngine, compiled, warn_reference_fallback
from glassnet.engines.reference import ReferenceEngine
from glassnet.errors import UnsupportedError, unknown_name
from glassnet.losses import Loss
from glassnet.network import Network
from glassnet.optimizers import Optimizer
from glassnet.penalties import Penalty

__all__ = [
    "ENGINES",
    "Engine",
    "NativeEngine",
    "ReferenceEngine",
    "Steps",
    "engine_to_predict",
    "make_engine",
    "step_rates",
]

ENGINES: dict[str, type[ReferenceEngine | NativeEngine]] = {
    "native": NativeEngine,
    "reference": ReferenceEngine,
}


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
    """Bind a network to its loss and optimizer on the engine of that name.

    "auto" is the native engine if it was built and can run the whole network. Otherwise the
    reference engine runs it, and a RuntimeWarning says once why.
    """
    if engine != "auto" and engine not in ENGINES:
        raise unknown_name("engine", engine, ["auto", *ENGINES])
    settings: dict[str, Any] = {
        "penalty": penalty,
        "max_norm": max_norm,
        "seed": seed,
        "n_threads": n_threads,
    }
    if engine == "auto" and compiled() is not None:
        try:
            return NativeEngine(network, loss, optimizer, **settings)
        except UnsupportedError as error:  # something user-defined
            warn_reference_fallback(str(error))
    made = ENGINES["reference" if engine == "auto" else engine]
    return made(network, loss, optimizer, **settings)


def engine_to_predict(network: Network, loss: Loss) -> Engine:
    """Return the fastest engine that can run the network, for predictions, without a warning."""
    try:
        return NativeEngine(network, loss)
    except UnsupportedError:
        return ReferenceEngine(network, loss)
