"""Members: networks that are trained side by side, each with first values and held-out rows of its own, and answer as their mean.

What one network learns by accident another does not, and the mean forgets it (bagging, Breiman
1996). They advance epoch by epoch together, in threads, each on one core; their numbers do not
depend on how many threads there are.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from statistics import fmean
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from glassnet.engines.threads import useful_cores
from glassnet.errors import DivergenceError
from glassnet.fitting.in_threads import in_threads
from glassnet.layers import Members, Stack
from glassnet.network import Network
from glassnet.training.history import Epoch
from glassnet.training.state import TrainingState
from glassnet.training.time_limit import TimeLimit

if TYPE_CHECKING:
    from glassnet.fitting.session import Session


#: Of the planned epochs; rather than train all members for less, fewer are trained. In the time for
#: one member's 64 epochs, two of 32 had 8 % less error than one of 64, 3 % less than four of 16 and
#: 17 % less than eight of 8 (geometric mean, five tables, three splits each).
LEAST_SHARE = 0.5


def member_seed(seed: int, member: int) -> int:
    """Return the seed of a member; the first has that of the fit."""
    return seed if member == 0 else int(np.random.SeedSequence([seed, member]).generate_state(1)[0])


def network_of(members: Sequence[Network]) -> Network:
    """Return one network that answers with the mean of the members' raw scores."""
    first = members[0]
    stacks: Any = [Stack(member.layers) for member in members]
    network = Network(
        cast(Any, [Members(stacks)]), first.n_features, seed=None, dtype=str(first.dtype)
    )
    copy_into(network, members)
    return network


def gathered(network: Network, members: Sequence[Network]) -> Network:
    """Return the network that was made of members with their numbers of now; another one where there are fewer of them."""
    if len(members) != len(network.layers[0].layers):
        return network_of(members)
    copy_into(network, members)
    return network


def copy_into(network: Network, members: Sequence[Network]) -> None:
    """Write the members' numbers into the network made of them."""
    for i, member in enumerate(members):
        for name, values in member.parameters.items():
            network.parameters[f"layers.0.layers.{i}.{name}"] = values


def copy_from(network: Network, members: Sequence[Network]) -> None:
    """Write the numbers of the network made of them into the members."""
    for i, member in enumerate(members):
        for name in member.parameters:
            member.parameters[name] = network.parameters[f"layers.0.layers.{i}.{name}"]


def side_by_side(
    members: list[Session], state: TrainingState, limit: TimeLimit, n_threads: int | None
) -> Generator[Epoch, None, None]:
    """Yield a record of means after each epoch, until no member goes on; each keeps its own best weights.

    A member that diverges ends as if it had stopped early. Taken off the list are members that have
    learned nothing: the last ones, where time is too short for all or a signal came before they
    began, and those that diverge in their first epoch.

    Raises
    ------
    DivergenceError
        Where every member diverged in its first epoch.
    """
    streams = {id(member): member.epochs() for member in members}
    width = min(len(members), n_threads or useful_cores())

    def next_record(member: Session) -> Epoch | None:
        try:
            return next(streams[id(member)], None)
        except DivergenceError as error:
            member.diverged = error
            return None

    def advance(live: Sequence[Session]) -> list[Epoch | None]:
        return in_threads(next_record, live, width)

    try:
        records = advance(members[:width])
        assert members[0].plan.max_epochs is not None
        n_kept = n_worthwhile(len(members), width, limit.after(1), members[0].plan.max_epochs)
        if n_kept < len(members):
            del members[n_kept:]
            limit.cut = True
        records += advance(members[width:])
        live = list(members)
        while came := [record for record in records if record is not None]:
            state.epoch += 1
            state.step = sum(member.state.step for member in members)
            yield _mean(came, state.epoch - 1)
            live = [
                member for member, record in zip(live, records, strict=True) if record is not None
            ]
            records = advance(live)
    finally:
        for stream in streams.values():
            stream.close()
        for member in members:
            member.state.restore_best(member.network)
        _keep_those_that_learned(members)
        state.step = sum(member.state.step for member in members)
    state.stopped_early = all(member.state.stopped_early or member.diverged for member in members)


def _keep_those_that_learned(members: list[Session]) -> None:
    """Take members off that learned nothing, but where that is all of them; then a divergence is raised, if it is the reason."""
    learned = [
        m for m in members if m.warm or (m.state.step and not (m.diverged and not m.state.epoch))
    ]
    if learned:
        members[:] = learned
        return
    reason = next((member.diverged for member in members if member.diverged), None)
    if reason:
        raise reason


def n_worthwhile(n_members: int, width: int, turns_left: float, planned: int) -> int:
    """Return how many members have time for `LEAST_SHARE` of the planned epochs; at least those that have begun.

    width : members at a time, which have begun
    turns_left : how many more times there is time for one epoch of so many
    """
    each = max(1, math.ceil(LEAST_SHARE * planned))
    turns = min(turns_left + 1.0, n_members * each) // each
    return min(n_members, width * max(1, int(turns)))


def _mean(records: Sequence[Epoch], index: int) -> Epoch:
    """Return one record for several: means, but rows per second add up."""

    def of(name: str) -> Any:
        values = [getattr(record, name) for record in records]
        return (
            None
            if None in values
            else fmean(values)
            if all(map(math.isfinite, values))
            else math.nan
        )

    means = {
        name: of(name)
        for name in (
            "training_loss",
            "validation_loss",
            "validation_score",
            "lr",
            "gradient_norm",
            "seconds",
        )
    }
    return Epoch(
        index=index,
        rows_per_second=sum(record.rows_per_second for record in records),
        engine=records[0].engine,
        **means,
    )
