"""An ensemble: networks trained in parallel, whose mean is the prediction.

The random errors of the members partly cancel in their mean (bagging, Breiman 1996). Members
advance together epoch by epoch, in parallel threads. If there are more cores than members, each
member has several threads. The results do not depend on the number of threads. An ensemble may also
consist of a single network.
"""

import math
from collections.abc import Generator, Sequence
from dataclasses import fields
from statistics import fmean
from typing import Any, cast

import numpy as np

from glassnet.cached import cached_property
from glassnet.engines.threads import useful_cores
from glassnet.errors import DivergenceError
from glassnet.fitting.in_threads import in_threads
from glassnet.fitting.network_fit import NetworkFit, make_trainer
from glassnet.layers import Members, Stack
from glassnet.losses import Loss
from glassnet.network import Network
from glassnet.training.resolved_plan import ResolvedPlan
from glassnet.training.state import TrainingState
from glassnet.training.stopping import Epoch
from glassnet.training.time_limit import TimeLimit
from glassnet.training.trainer import Trainer

#: Minimum share of the planned epochs: if time is too short for it, fewer members are trained. In
#: the time of 64 epochs of one member, two members of 32 epochs had 8 % less error than one of 64,
#: 3 % less than four of 16, and 17 % less than eight of 8 (geometric mean, five tables, three
#: splits each).
MIN_EPOCH_SHARE = 0.5


class Ensemble:
    """The fits of the members, and the network that computes their mean.

    Parameters
    ----------
    fits : of the members
    loss, plan : of the fit
    single : whether there is one network instead of members

    Attributes
    ----------
    fits : as above, without members that learned nothing
    state : the state of training
    """

    def __init__(
        self, fits: list[NetworkFit], loss: Loss, plan: ResolvedPlan, *, single: bool
    ) -> None:
        self.fits, self.single = fits, single
        self._loss, self._plan = loss, plan
        self.state = fits[0].state if single else TrainingState()

    @cached_property
    def network(self) -> Network:
        """The single network, or the network that is the mean of the members."""
        if self.single:
            return self.fits[0].network
        return network_of([fit.network for fit in self.fits])

    @cached_property
    def trainer(self) -> Trainer:
        """The trainer of `network`, which only further training needs."""
        if self.single:
            return self.fits[0].trainer
        return make_trainer(self.network, self._loss, self._plan)

    @property
    def members(self) -> list[NetworkFit]:
        """The fits of the members; none if there is a single network."""
        return [] if self.single else self.fits

    def epochs(self, limit: TimeLimit) -> Generator[Epoch, None, None]:
        """Train to the end of the plan; the best weights are restored however it ends."""
        return self.fits[0].epochs(limit) if self.single else self._side_by_side(limit)

    def gather(self) -> None:
        """Copy the current parameters of the members to the network that is their mean."""
        made = self.__dict__.get("network")
        if self.single or made is None:
            return
        if len(self.fits) == len(made.layers[0].layers):
            copy_into(made, [fit.network for fit in self.fits])
        else:
            for name in ("network", "trainer"):
                self.__dict__.pop(name, None)

    def scatter(self) -> None:
        """Copy the parameters of the network that is the mean of the members back to them."""
        for i, fit in enumerate(self.members):
            for name in fit.network.parameters:
                fit.network.parameters[name] = self.network.parameters[member_name(i, name)]

    def _side_by_side(self, limit: TimeLimit) -> Generator[Epoch, None, None]:
        """Yield the mean record of the members after each epoch, until none continues.

        Each member keeps its own best weights. A member that diverges ends as if it had stopped
        early. Members that have learned nothing are removed: those that had not begun when time was
        too short or a signal arrived, and those that diverge in their first epoch.

        Raises
        ------
        DivergenceError
            If every member diverged in its first epoch.
        """
        fits, state = self.fits, self.state
        streams = {id(fit): fit.epochs(limit) for fit in fits}
        n_threads = self._plan.n_threads or useful_cores()
        width = min(len(fits), n_threads)

        def next_record(fit: NetworkFit) -> Epoch | None:
            try:
                return next(streams[id(fit)], None)
            except DivergenceError as error:
                fit.diverged = error
                return None

        def next_records(fits: list[NetworkFit]) -> list[Epoch | None]:
            """Return the next record of each fit; the last ones share the threads of all."""
            records = []
            n_full = len(fits) // width * width
            for abreast in (fits[:n_full], fits[n_full:]):
                for fit in abreast:
                    fit.trainer.engine.use_threads(n_threads // min(len(abreast), width))
                records += in_threads(next_record, abreast, width)
            return records

        try:
            records = next_records(fits[:width])
            n_kept = n_worthwhile(len(fits), width, limit.after(1), fits[0].plan.max_epochs)
            if n_kept < len(fits):
                del fits[n_kept:]
                limit.shortened = True
            records += next_records(fits[width:])
            live = list(fits)
            while completed := [record for record in records if record is not None]:
                state.epoch += 1
                state.step = sum(fit.state.step for fit in fits)
                yield mean_record(completed, state.epoch - 1)
                live = [f for f, record in zip(live, records, strict=True) if record is not None]
                records = next_records(live)
        finally:
            for stream in streams.values():
                stream.close()
            for fit in fits:
                fit.state.restore_best(fit.network)
            self._keep_those_that_learned()
            state.step = sum(fit.state.step for fit in fits)
        state.stopped_early = all(fit.state.stopped_early or fit.diverged for fit in fits)

    def _keep_those_that_learned(self) -> None:
        """Remove members that learned nothing.

        If none learned anything, all are kept, or the divergence is raised if it is the reason.
        """
        learned = [
            fit
            for fit in self.fits
            if fit.warm or (fit.state.step and not (fit.diverged and not fit.state.epoch))
        ]
        if learned:
            self.fits[:] = learned
        elif reason := next((fit.diverged for fit in self.fits if fit.diverged), None):
            raise reason

    @property
    def divergences(self) -> list[str]:
        """A message for each network that diverged after its first epoch."""
        n = len(self.fits)
        return [
            f"{'' if self.single else f'member {i} of {n}: '}{fit.diverged}"
            for i, fit in enumerate(self.fits, 1)
            if fit.diverged
        ]


def member_seed(seed: int, member: int) -> int:
    """Return the seed of a member; the first member has the seed of the fit."""
    return seed if member == 0 else int(np.random.SeedSequence([seed, member]).generate_state(1)[0])


def member_name(member: int, tensor: str) -> str:
    """Return the name of a member's tensor in the network that is the mean of the members."""
    return f"layers.0.layers.{member}.{tensor}"


def network_of(members: Sequence[Network]) -> Network:
    """Return one network that computes the mean of the members' raw scores."""
    first = members[0]
    layers = [Members(cast(Any, [Stack(member.layers) for member in members]))]
    network = Network(cast(Any, layers), first.n_features, seed=None, dtype=str(first.dtype))
    copy_into(network, members)
    return network


def copy_into(network: Network, members: Sequence[Network]) -> None:
    """Copy the parameters of the members to the network that is their mean."""
    for i, member in enumerate(members):
        for name, values in member.parameters.items():
            network.parameters[member_name(i, name)] = values


def n_worthwhile(n_members: int, width: int, turns_left: float, planned: int) -> int:
    """Return how many members have time for `MIN_EPOCH_SHARE` of the planned epochs.

    Parameters
    ----------
    n_members : planned number of members
    width : number of members that are trained at a time, have begun, and are always included
    turns_left : how many more epochs of `width` members there is time for
    planned : planned number of epochs
    """
    each = max(1, math.ceil(MIN_EPOCH_SHARE * planned))
    turns = min(turns_left + 1.0, n_members * each) // each
    return min(n_members, width * max(1, int(turns)))


def mean_record(records: Sequence[Epoch], index: int) -> Epoch:
    """Return one record with the means of several records, and the sum of rows per second."""

    def mean(name: str) -> Any:
        values = [getattr(record, name) for record in records]
        if None in values:
            return None
        return fmean(values) if all(map(math.isfinite, values)) else math.nan

    apart = ("index", "rows_per_second", "engine")
    means = {f.name: mean(f.name) for f in fields(Epoch) if f.name not in apart}
    rows_per_second = sum(record.rows_per_second for record in records)
    return Epoch(index=index, rows_per_second=rows_per_second, engine=records[0].engine, **means)
