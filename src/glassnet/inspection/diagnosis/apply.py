"""`apply_change`: refit with the one change of a verdict; before and after on the same rows."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassnet.data.split import split_rows
from glassnet.errors import SettingError, UnsupportedError
from glassnet.fitting import Roles, begin, prepare
from glassnet.inspection.diagnosis.from_table import diagnose
from glassnet.inspection.diagnosis.parts import Known, known_rows
from glassnet.inspection.diagnosis.plan_record import recorded_plan
from glassnet.inspection.diagnosis.verdict import Verdict
from glassnet.model import Model
from glassnet.training.plan import Plan

Array = NDArray[Any]

#: The share of the rows that both fits hold out.
HELD_OUT = 0.25
Z95 = 1.96


@dataclass(frozen=True)
class Compared:
    """A mean error on the held-out rows, lower is better.

    name : "error" (share of wrong classes), "log loss" or "squared error"
    before, after : of the two fits
    low, high : the 95 % interval of after minus before, over pairs of answers to the same row
    """

    name: str
    before: float
    after: float
    low: float
    high: float


@dataclass(frozen=True)
class Applied:
    """What one change does.

    verdict : whose change was made
    n_learned, n_held_out : rows that both fits learned from, and rows that neither did
    scores : errors before and after
    model : the fit with the change
    """

    verdict: Verdict
    n_learned: int
    n_held_out: int
    scores: tuple[Compared, ...]
    model: Model = field(repr=False)

    @property
    def outcome(self) -> str:
        """Return "better" or "worse" if the interval of the first score says so, else "same"."""
        first = self.scores[0]
        if first.high < 0.0:
            return "better"
        return "worse" if first.low > 0.0 else "same"


def apply_change(
    model: Model, table: Any, *, target: Any = None, code: str | None = None, seed: int = 0
) -> Applied:
    """Refit a model twice, as it was and with one change, and compare both on the same rows.

    A quarter of the rows is held out of both fits, which see neither these rows nor a score of
    them. So the comparison is fair, also where the model itself has learned from all rows.

    Parameters
    ----------
    model : the model
    table, target : the table it was trained on, as for `diagnose`
    code : of the verdict whose change is made; None is the first one that a fit can make
    seed : of the choice of the held-out rows

    Raises
    ------
    SettingError
        If nothing was found, or not this code.
    UnsupportedError
        If the change is not a setting of a fit, or the model has no record of its plan.
    """
    found = diagnose(model, table, target=target).verdicts
    chosen = [v for v in found if (v.code == code if code else v.change.setting)]
    if not chosen:
        codes = ", ".join(v.code for v in found) or "nothing"
        raise SettingError(
            f"there is no change to apply for {code or 'this model'}: the diagnosis found {codes}."
        )
    verdict, plan = chosen[0], recorded_plan(model.training)
    changed, drop = changed_plan(plan, verdict)
    rows = known_rows(model, table, target)
    stratify = rows.y if model.task in ("binary", "multiclass") else None
    learned, held = split_rows(rows.n, HELD_OUT, seed=[seed, 7], stratify=stratify)
    learning, asked = rows.take(learned), rows.take(held)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        before = _refit(model, learning, plan, ())
        after = _refit(model, learning, changed, drop)
        pairs = zip(_errors(before, asked), _errors(after, asked), strict=True)
    scores = tuple(_compared(name, a, b) for (name, a), (_, b) in pairs)
    return Applied(verdict, learning.n, asked.n, scores, after)


def changed_plan(plan: Plan, verdict: Verdict) -> tuple[Plan, tuple[str, ...]]:
    """Return the plan with the change of a verdict, and the columns to leave out.

    Raises
    ------
    UnsupportedError
        If the change is not a setting of a fit.
    """
    setting, value = verdict.change.setting, verdict.change.value
    if setting == "drop":
        return plan, tuple(value)
    if setting.startswith("recipe."):
        recipe: Any = plan.recipe
        return replace(plan, recipe=replace(recipe, **{setting[7:]: value})), ()
    if setting not in {one.name for one in fields(Plan)}:
        raise UnsupportedError(
            f"{verdict.code} asks for a change that no fit can make: {verdict.change.text}."
        )
    if setting == "early_stopping":
        plan = replace(plan, validation_fraction=max(plan.validation_fraction or 0.0, 0.1))
    return replace(plan, **{setting: value}), ()


def _refit(model: Model, rows: Known, plan: Plan, drop: tuple[str, ...]) -> Model:
    known = tuple(name for name in drop if name in rows.table.schema.kinds)
    table = rows.table.drop(known) if known else rows.table
    roles = Roles(rows.values, task=model.task)
    return begin(prepare(table, roles), plan, target=model.target).finish()


def _errors(model: Model, rows: Known) -> list[tuple[str, Array]]:
    """Return the errors of each row, by name."""
    if model.task == "regression":
        truth = model.target.decode_numbers(rows.y).reshape(rows.n, -1)
        predicted = np.asarray(model.predict(rows.table), np.float64).reshape(rows.n, -1)
        off = predicted[:, [predicted.shape[1] // 2]] if truth.shape[1] == 1 else predicted
        return [("squared error", ((off - truth) ** 2).mean(axis=1))]
    P = np.asarray(model.predict_proba(rows.table), np.float64)
    if model.task == "multilabel":
        return [("error", ((P > 0.5) != rows.y).mean(axis=1))]
    own = P[np.arange(rows.n), rows.y]
    return [
        ("error", (P.argmax(axis=1) != rows.y).astype(np.float64)),
        ("log loss", -np.log(np.maximum(own, 1e-15))),
    ]


def _compared(name: str, before: Array, after: Array) -> Compared:
    difference = after - before
    middle = float(difference.mean())
    half = Z95 * float(difference.std()) / max(1, len(difference)) ** 0.5
    return Compared(name, float(before.mean()), float(after.mean()), middle - half, middle + half)
