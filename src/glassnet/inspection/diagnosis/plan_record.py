"""The plan of a trained model, rebuilt from its record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from glassnet.errors import GlassNetError, UnsupportedError
from glassnet.optimizers import LBFGS, Optimizer
from glassnet.training.plan import Plan
from glassnet.training.recipes import Recipe
from glassnet.training.resolved_plan import ResolvedPlan


def recorded_plan(training: Mapping[str, Any]) -> ResolvedPlan:
    """Return the plan of a training with all its settings, as recorded in the model.

    Raises
    ------
    UnsupportedError
        If the record has no plan, or one with objects of Python, which a model file does not hold.
    """
    plain = training.get("plan")
    names = {field.name for field in fields(Plan)}
    if not isinstance(plain, Mapping) or not names <= plain.keys():
        raise UnsupportedError(
            "the model has no record of a glassnet.Plan: it was not trained by glassnet.fit, a "
            "GlassNet estimator or the command line."
        )
    recipe = {name: _tuples(value) for name, value in plain["recipe"].items()}
    settings = {name: _tuples(plain[name]) for name in names - {"recipe"}}
    try:
        plan = ResolvedPlan(recipe=Recipe(**recipe), **settings)
        plan.bound_optimizer()
        _ = plan.schedules
    except (GlassNetError, TypeError) as error:
        raise UnsupportedError(
            f"the model was trained with a setting that is an object of Python: {error}"
        ) from error
    return plan


def step_optimizer(plan: ResolvedPlan) -> Optimizer | None:
    """Return the optimizer of a plan; None for L-BFGS, which has no learning rate."""
    optimizer = plan.bound_optimizer()
    return None if isinstance(optimizer, LBFGS) else optimizer


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
