"""Members: networks that are trained side by side, each with first values and held-out rows of its own, and answer as their mean.

What one network learns by accident another does not, and the mean forgets it (bagging, Breiman 1996). They advance epoch by epoch together,
in threads, each on one core; their numbers do not depend on how many threads there are.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from statistics import fmean
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from glassnet.engines.threads import useful_cores
from glassnet.layers import Members, Stack
from glassnet.network import Network
from glassnet.training.history import Epoch
from glassnet.training.state import TrainingState

if TYPE_CHECKING:
    from glassnet.fitting.session import Session


def member_seed(seed: int, member: int) -> int:
    """Return the seed of a member; the first has that of the fit."""
    return seed if member == 0 else int(np.random.SeedSequence([seed, member]).generate_state(1)[0])


def network_of(members: Sequence[Network]) -> Network:
    """Return one network that answers with the mean of the members' raw scores."""
    first = members[0]
    stacks: Any = [Stack(member.layers) for member in members]
    network = Network(cast(Any, [Members(stacks)]), first.n_features, seed=None, dtype=str(first.dtype))
    copy_into(network, members)
    return network


def copy_into(network: Network, members: Sequence[Network]) -> None:
    """Write the members' numbers into the network made of them."""
    for i, member in enumerate(members):
        for name, values in member.parameters.items():
            network.parameters[f"layers.0.layers.{i}.{name}"] = values


def side_by_side(members: Sequence[Session], state: TrainingState, n_threads: int | None) -> Generator[Epoch, None, None]:
    """Yield a record of means after each epoch, until no member goes on; each keeps its own best weights."""
    streams = [member.epochs() for member in members]
    live = list(streams)
    try:
        with ThreadPoolExecutor(min(len(members), n_threads or useful_cores())) as pool:
            while live:
                records = list(pool.map(lambda stream: next(stream, None), live))
                live = [stream for stream, record in zip(live, records, strict=True) if record is not None]
                came = [record for record in records if record is not None]
                if came:
                    state.epoch += 1
                    state.step = sum(member.state.step for member in members)
                    yield _mean(came, state.epoch - 1)
    finally:
        for stream, member in zip(streams, members, strict=True):
            stream.close()
            member.state.restore_best(member.network)
    state.stopped_early = all(member.state.stopped_early for member in members)


def _mean(records: Sequence[Epoch], index: int) -> Epoch:
    """Return one record for several: means, but rows per second add up."""

    def of(name: str) -> Any:
        values = [getattr(record, name) for record in records]
        return None if None in values else fmean(values) if all(map(math.isfinite, values)) else math.nan

    means = {name: of(name) for name in ("training_loss", "validation_loss", "validation_score", "lr", "gradient_norm", "seconds")}
    return Epoch(index=index, rows_per_second=sum(record.rows_per_second for record in records), **means)
