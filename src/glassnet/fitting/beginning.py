"""Begin a fit: encode the table, split its rows, and build the networks."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from glassnet.data.coding.encoder import Encoder
from glassnet.data.coding.target import Target
from glassnet.data.review.reference import Reference
from glassnet.data.rows import Array, Rows
from glassnet.data.tables.given import as_table
from glassnet.data.tables.schema import Schema
from glassnet.errors import SettingError
from glassnet.fitting.class_weights import class_weighted, weighted_rows
from glassnet.fitting.construction import make_target
from glassnet.fitting.ensemble import Ensemble, member_seed
from glassnet.fitting.network_fit import NetworkFit
from glassnet.fitting.session import Session
from glassnet.fitting.splits import SplitColumns, Splits, make_splits
from glassnet.fitting.training_table import TrainingTable
from glassnet.layer_check import check_own_layers
from glassnet.losses import loss_for_task, loss_traits
from glassnet.model import Model
from glassnet.network import Network
from glassnet.optimizers import LBFGS
from glassnet.training.plan import Plan
from glassnet.training.resolved_plan import ResolvedPlan
from glassnet.training.scorers import bind_scorer
from glassnet.training.time_limit import TimeLimit
from glassnet.training.validation import Validation, check_validation, check_weight, prepared_rows


def begin(
    data: TrainingTable,
    plan: Plan,
    *,
    target: Target | None = None,
    validation: tuple[Any, ...] | None = None,
    earlier: Session | None = None,
    single: bool = False,
) -> Session:
    """Return the session of a fit, ready to train.

    Parameters
    ----------
    data : the features, the target, weights, groups and times; see `prepare`
    plan : the settings
    target : a target encoder learned before, if the classes are not all in these rows
    validation : (table, target values[, weights]) for early stopping, instead of some of the rows
    earlier : a session whose encoder, target and network are reused (warm start); the state of the
        optimizer is reset
    single : train one network, however many members the recipe has. This is always so for L-BFGS,
        which is slow, and for sparse tables.

    Raises
    ------
    SettingError
        For settings that do not fit the data or each other, and for a warm start with settings that
        would build another network.
    """
    limit = TimeLimit(plan.time_limit)
    weight = check_weight(data.weights, data.table.n_rows)
    if target is None and earlier:
        target = earlier.target
    elif target is None:
        target = make_target(plan, data.values, data.task, data.names, weight)
    given, numbers = weighted_rows(data.table, data.values, weight, target, plan.class_weight)
    resolved = ResolvedPlan.of(
        plan,
        given.n,
        classes=target.task != "regression",
        loss=loss_for_task(None, target.task).name,
        has_validation=validation is not None,
    )
    loss = loss_for_task(resolved.loss, target.task, resolved.label_smoothing)
    sparse = not isinstance(data.table.numbers, np.ndarray)
    single = single or sparse or isinstance(resolved.bound_optimizer(), LBFGS)
    n_members = 1 if single else resolved.recipe.members
    n_before = earlier.plan.recipe.members if earlier and earlier.ensemble.members else 1
    if earlier and n_members != n_before:
        raise SettingError(
            f"a warm start continues with the {n_before} members of the last fit, but the settings "
            f"now require {n_members}."
        )
    networks = [fit.network for fit in earlier.ensemble.fits] if earlier else [None] * n_members
    plans = [resolved]
    if n_members > 1:
        seeds = (member_seed(resolved.seed, i) for i in range(len(networks)))
        plans = [replace(resolved, seed=seed, n_threads=1) for seed in seeds]
    groups, time = (None if c is None else c[numbers] for c in (data.groups, data.time))
    columns = SplitColumns(given.y, groups, time, numbers, classes=given.y.dtype.kind == "i")
    has_validation = validation is not None
    splits = [make_splits(columns, own, has_validation=has_validation) for own in plans]
    encoder = _encoder(given, splits, resolved, earlier)
    n_outputs = loss_traits(loss).n_raw_scores(target.n_outputs, len(target.classes))
    X = encoder.encode(given.X, resolved.dtype)
    rows = prepared_rows(loss, n_outputs, np.dtype(resolved.dtype), X, given.y, given.weight)
    stopping = None
    if validation is not None:
        stopping = _validation_rows(validation, target, resolved, data.table.schema)

    def score(network: Network, held_out: Rows) -> Callable[[Array], float] | None:
        """Return a function from the raw scores of held-out rows to the score; None without one."""
        if resolved.scoring is None:
            return None
        model = Model(encoder, target, network, loss)
        truth = replace(held_out, y=model.truth(held_out.y))
        return bind_scorer(resolved.scoring, model.answers, model.raw_scores, truth)

    fits: list[NetworkFit] = []
    for own, split, network in zip(plans, splits, networks, strict=True):
        fit = NetworkFit.begin(rows, split, encoder, loss, n_outputs, own, network)
        if not fits:
            check_own_layers(fit.network, rows.X)
        if stopping:
            features = encoder.encode(stopping.X, own.dtype)
            held_out = check_validation(fit.network, loss, features, stopping.y, stopping.weight)
            fit.validation = Validation(held_out, score(fit.network, stopping))
        elif fit.validation and resolved.scoring is not None:
            watched = score(fit.network, given.take(split.stopping))
            fit.validation = replace(fit.validation, score=watched)
        fits.append(fit)
        if limit.too_short_to_prepare(len(fits), len(plans)):
            break
    before = earlier.reference if earlier else None
    return Session(
        encoder,
        target,
        loss,
        resolved,
        Ensemble(fits, loss, resolved, single=n_members == 1),
        n_rows=len(splits[0].learning),
        reference=before.widened(given.X, encoder) if before else Reference.of(given.X, encoder),
        limit=limit,
    )


def _encoder(
    given: Rows, splits: Sequence[Splits], plan: ResolvedPlan, earlier: Session | None
) -> Encoder:
    """Fit the encoder, or update the earlier one for columns that vary for the first time.

    It is fitted to all rows if there are several members, otherwise to the training rows.
    """
    alone = len(splits) == 1 and splits[0].record is not None
    learned = given.take(splits[0].learning) if alone else given
    if earlier:
        return earlier.encoder.updated(learned.X)
    return Encoder.fit(learned.X, learned.weight, plan.recipe.coding)


def _validation_rows(validation: Any, target: Target, plan: ResolvedPlan, schema: Schema) -> Rows:
    """Return the given rows for early stopping, with their features as a table."""
    if not isinstance(validation, tuple | list) or len(validation) not in (2, 3):
        raise SettingError(
            "validation must be (table, target values) or (table, target values, weights), got "
            f"a value of type {type(validation).__name__}."
        )
    table = as_table(validation[0], schema.names, schema=schema)
    y = target.encode(validation[1])
    weight = check_weight(validation[2], table.n_rows) if len(validation) > 2 else None
    if plan.class_weight is not None:
        weight = class_weighted(weight, y, target, plan.class_weight)
    return Rows(table, y, weight)
