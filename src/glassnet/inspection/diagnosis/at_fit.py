"""`diagnose_fit`: fit a model, and say at once what is wrong with its network."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from glassnet.data.tables.schema import Kind
from glassnet.engines.blas import blas_threads
from glassnet.errors import DivergenceError
from glassnet.fitting import Roles, Session, begin, prepare
from glassnet.inspection.diagnosis.evidence import Evidence, fresh_network, from_record
from glassnet.inspection.diagnosis.failure import Failure, Watch, failure_of, watched
from glassnet.inspection.diagnosis.from_table import RULES
from glassnet.inspection.diagnosis.layers import layer_facts
from glassnet.inspection.diagnosis.plan_record import step_optimizer
from glassnet.inspection.diagnosis.rule import judge
from glassnet.inspection.diagnosis.verdict import Diagnosis
from glassnet.model import Model
from glassnet.training.plan import Plan

#: The number of rows that are passed through the layers: so few that it takes no time.
PASSED = 32


@dataclass(frozen=True)
class FitDiagnosis:
    """A model and the verdicts on its network.

    model : the model; None if training diverged in its first epoch
    diagnosis : the verdicts; `unchecked` names those that need `Model.diagnose`
    error : the divergence; None if there is a model
    """

    model: Model | None
    diagnosis: Diagnosis
    error: DivergenceError | None = None


def diagnose_fit(
    table: Any,
    target: Any,
    plan: Plan | None = None,
    *,
    task: str | None = None,
    types: Mapping[str, Kind] | None = None,
    drop: Collection[str] = (),
    weights: Any = None,
    groups: Any = None,
    time: Any = None,
) -> FitDiagnosis:
    """Fit a model as `glassnet.fit` does, and diagnose its network: GN301 to GN305.

    The model has the same bits as that of `glassnet.fit`. The other verdicts need the rows, or
    trials that would take longer than 2 % of a fit; `Model.diagnose` has them. A divergence is not
    raised but diagnosed: which step, row, layer and column.

    Parameters
    ----------
    table, target, plan, task, types, drop, weights, groups, time : as for `glassnet.fit`

    Raises
    ------
    DataError, SettingError
        As `glassnet.fit` does.

    Examples
    --------
    >>> import numpy as np
    >>> import glassnet
    >>> x = np.linspace(-1.0, 1.0, 200)
    >>> plan = glassnet.Plan(recipe="plain", optimizer="sgd", learning_rate=1e30)
    >>> found = diagnose_fit({"x": x, "y": x**2}, "y", plan)
    >>> found.model, found.diagnosis.codes
    (None, ('GN305',))
    """
    roles = Roles(
        target, weights=weights, groups=groups, time=time, drop=drop, types=types, task=task
    )
    data = prepare(table, roles)
    session = begin(data, plan or Plan())
    watches = [watched(fit) for fit in session.ensemble.fits]
    fits = list(session.ensemble.fits)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            model = data.remembered(session.finish())
    except DivergenceError as error:
        evidence = Evidence(failure=_failure(session, fits, watches))
        reasons = dict.fromkeys(("table", "between", "answers", "labels"), "there is no model")
        evidence.reasons.update(reasons)
        return FitDiagnosis(None, judge(evidence, RULES, data.table.n_rows), error)
    return FitDiagnosis(model, diagnose_session(session, model, _failure(session, fits, watches)))


def diagnose_session(session: Session, model: Model, failure: Failure | None = None) -> Diagnosis:
    """Return the verdicts on the network of a session that has ended, and on its record.

    Parameters
    ----------
    session : which still has its rows
    model : of the session
    failure : where training left the finite numbers, if it was watched
    """
    evidence = replace(from_record(model), failure=failure)
    evidence = replace(evidence, layers=_layers(session, model, evidence))
    return judge(evidence, RULES, session.n_rows)


def _failure(session: Session, fits: list[Any], watches: list[Watch]) -> Failure | None:
    for fit, watch in zip(fits, watches, strict=True):
        numbers = np.arange(fit.data.n)
        if (found := failure_of(fit, watch, session.encoder, numbers)) is not None:
            return found
    return None


def _layers(session: Session, model: Model, evidence: Evidence) -> Any:
    fit = session.ensemble.fits[0]
    some = fit.splits.learning[:PASSED]
    if not isinstance(fit.data.X, np.ndarray) or not evidence.plan:
        return None
    network = fit.network
    y = model.loss.prepare(fit.data.y[some], network.n_outputs, np.dtype("float64"))
    fresh = fresh_network(network, 0)
    optimizer = step_optimizer(evidence.plan)
    with blas_threads(1):  # so small products take longer on several
        return layer_facts(network, fresh, model.loss, fit.data.X[some], y, optimizer)
