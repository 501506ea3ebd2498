"""The evidence of a diagnosis: one record, computed once, which the rules only read."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassnet.data.rows import Rows
from glassnet.engines.blas import blas_threads
from glassnet.errors import UnsupportedError
from glassnet.inspection.diagnosis.answers import Answers, Labels, answers_of, labels_of
from glassnet.inspection.diagnosis.between import Between, between
from glassnet.inspection.diagnosis.columns import TableFacts, table_facts
from glassnet.inspection.diagnosis.course import Course, course_of, n_updates
from glassnet.inspection.diagnosis.failure import Failure, failure_in
from glassnet.inspection.diagnosis.layers import LayerFacts, layer_facts
from glassnet.inspection.diagnosis.parts import Parts
from glassnet.inspection.diagnosis.plan_record import recorded_plan, step_optimizer
from glassnet.inspection.diagnosis.trials import Trials, trials
from glassnet.model import Model
from glassnet.network import Network
from glassnet.training.resolved_plan import ResolvedPlan

Array = NDArray[Any]

#: The number of rows that are passed through the layers, and that trials train and measure on.
PASSED, TRIED = 512, 5_000


@dataclass(frozen=True, eq=False)
class Evidence:
    """What the rules read; None where there is nothing to compute it from.

    Attributes
    ----------
    table : facts of the columns
    between : the rows learned from beside rows outside of training
    answers : errors outside of training
    labels : labels that contradict the members
    course : of the losses
    layers : of one network
    trials : with other learning rates
    plan : the settings of the training
    failure : where training left the finite numbers
    reasons : by field, why it is None
    """

    table: TableFacts | None = None
    between: Between | None = None
    answers: Answers | None = None
    labels: Labels | None = None
    course: Course | None = None
    layers: tuple[LayerFacts, ...] | None = None
    trials: Trials | None = None
    plan: ResolvedPlan | None = None
    failure: Failure | None = None
    reasons: dict[str, str] = field(default_factory=dict)

    def why_missing(self, name: str) -> str:
        """Return why a field is None."""
        return self.reasons.get(name, "there is nothing to compute it from")


def from_record(model: Model) -> Evidence:
    """Return the evidence in the model alone, in about a millisecond."""
    reasons = dict.fromkeys(("table", "between", "answers", "labels", "layers", "trials"), NO_TABLE)
    try:
        plan = recorded_plan(model.training)
    except UnsupportedError as error:
        plan, reasons["plan"] = None, str(error)
    reasons["course"] = "the model has no history of its training"
    return Evidence(course=course_of(model.training), plan=plan, reasons=reasons)


NO_TABLE = "no table was given"


def gather(model: Model, parts: Parts) -> Evidence:
    """Return the evidence in the model and in a table."""
    known = from_record(model)
    reasons = known.reasons
    X = model.encoder.encode(parts.rows.table, "float64")
    if not isinstance(X, np.ndarray):
        reasons |= dict.fromkeys(reasons, "the table is sparse")
        return known
    members = model.network.members()
    with np.errstate(all="ignore"):
        finite = np.isfinite(_predict(model, model.network, X)).all(axis=1)
    if not finite.all():
        reasons |= dict.fromkeys(reasons, "the answers of the model are not finite")
        rows = np.flatnonzero(~finite)
        found = failure_in(members[0], X[rows], parts.rows.index[rows], model.encoder)
        return replace(known, failure=found)
    first = replace(model, network=members[0])
    learning, outside = parts.learning, parts.outside
    record = model.training.get("split") or {}
    reasons["between"] = reasons["answers"] = reasons["labels"] = parts.why
    if model.task == "multilabel":
        reasons["answers"] = reasons["labels"] = "labels that may go together are not scored yet"
    elif not parts.why:
        reasons["labels"] = "no member held rows out"
    many = len(members) > 1 and parts.unseen is not None
    scores = None
    if parts.unseen is not None:
        every = members if many else members[:1]
        scores = np.stack([_predict(model, member, X) for member in every])
    with warnings.catch_warnings(), blas_threads(1):
        warnings.simplefilter("ignore", RuntimeWarning)
        return replace(
            known,
            table=table_facts(model, parts.rows.take(learning), X[learning]),
            between=None
            if outside is None
            else between(
                parts.rows.take(learning),
                outside,
                "given" if parts.test is not None else record.get("by", "chance"),
            ),
            answers=answers_of(model, first, parts, X),
            labels=labels_of(model, scores, parts),
            **_passes(model, members[0], parts, X, known.plan, reasons),
        )


def _predict(model: Model, member: Network, X: Array) -> Array:
    own = replace(model, network=member)
    return np.asarray(own.engine.predict(X.astype(member.dtype)), np.float64)


def fresh_network(network: Network, seed: int) -> Network:
    """Return a network of the same layers with first weights.

    Tensors that were derived from data, such as the edges of bins, are those of the network.
    """
    fresh = network.astype(str(network.dtype))
    fresh.initialize(seed)
    for name in fresh.parameters:
        if not fresh.spec(name).trained and name.endswith("edges"):
            fresh.parameters[name] = network.parameters[name]
    return fresh


def _passes(
    model: Model,
    network: Network,
    parts: Parts,
    X: Array,
    plan: ResolvedPlan | None,
    reasons: dict[str, str],
) -> dict[str, Any]:
    """Return the facts of the layers, and the trials."""
    loss, outside = model.loss, parts.outside
    fresh = fresh_network(network, 0)
    dtype, n_outputs = network.dtype, network.n_outputs
    y = loss.prepare(parts.rows.y, n_outputs, np.dtype("float64"))
    some = _some(parts.learning, PASSED)
    optimizer = step_optimizer(plan) if plan else None
    last = f"layers.{len(fresh.layers) - 1}.b"
    if last in fresh.parameters:
        fresh.parameters[last] = loss.baseline(y[parts.learning], n_outputs)
    layers = layer_facts(network, fresh, loss, X[some], y[some], optimizer)
    if plan is None or optimizer is None:
        reasons["trials"] = reasons.get("plan") or "L-BFGS has no learning rate"
        return {"layers": layers, "trials": None}
    learned = _some(parts.learning, TRIED)
    measured = parts.rows.take(learned) if outside is None else outside
    measured = measured.take(_some(np.arange(measured.n), TRIED))
    U = model.encoder.encode(measured.table, str(dtype))
    found = trials(
        network,
        fresh,
        loss,
        optimizer,
        plan.penalty(),
        Rows(X[learned].astype(dtype), loss.prepare(parts.rows.y[learned], n_outputs, dtype)),
        Rows(U, loss.prepare(measured.y, n_outputs, np.dtype("float64"))),
        plan.batch_size,
        n_updates(model.training),
    )
    return {"layers": layers, "trials": found}


def _some(rows: Array, n: int) -> Array:
    if len(rows) <= n:
        return rows
    return np.sort(np.random.default_rng(0).permutation(rows)[:n])
