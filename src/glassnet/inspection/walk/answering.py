"""From the raw scores of a row to the answer."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.graph import Graph
from glassnet.inspection.walk.records import Answer
from glassnet.losses import Quantile, loss_traits
from glassnet.model import Model

Array = np.ndarray[Any, np.dtype[Any]]


def answer_of(model: Model, scores: Array, intervals: Array | None) -> Answer:
    """Return the answer of a model for the raw scores `(1, k)` of a row.

    `intervals` are those of the row `(m, 2)`, None without them.
    """
    names, none = score_names(model), np.empty(0)
    probabilities: dict[str, float] = {}
    linked = scale = mean = numbers = none
    if model.task == "regression":
        q = len(names) // len(model.target.names)
        linked = model.loss.predict(scores.astype(np.float64))[0]
        scale, mean = np.repeat(model.target.scale, q), np.repeat(model.target.mean, q)
        numbers = model.target.answers(linked[None])[0]
    else:
        P = model.probabilities(scores)[0].tolist()
        probabilities = dict(zip(map(str, model.classes), P, strict=True))
    bounds = [] if intervals is None else intervals.tolist()
    predicted = model.predictions(scores)[0]
    calibration = model.training.get("calibration") or {}
    return Answer(
        ", ".join(model.target.names),
        scores[0],
        names,
        link_of(model.loss),
        float(calibration.get("temperature", 1.0)),
        probabilities,
        linked,
        scale,
        mean,
        numbers,
        {name: (low, high) for name, (low, high) in zip(model.target.names, bounds, strict=False)},
        predicted.tolist() if isinstance(predicted, np.generic | np.ndarray) else predicted,
    )


def link_of(loss: Any) -> str:
    """Return the function from raw scores to predictions."""
    several = isinstance(loss, Quantile) and len(loss.quantiles) > 1
    return "sorted" if several else loss_traits(loss).link


def score_names(model: Model) -> tuple[str, ...]:
    """Return what each raw score is about: a class, a label, a target or a quantile of it."""
    target, k = model.target, model.network.n_outputs
    if model.task == "regression":
        quantiles = getattr(model.loss, "quantiles", ())
        if len(quantiles) > 1:
            return tuple(f"{name} at {q:g}" for name in target.names for q in quantiles)
        return target.names
    classes = tuple(map(str, target.classes))
    if k == 1:
        return (f"{target.names[0]} = {classes[-1]}",)
    return classes if len(classes) == k else tuple(f"class {j}" for j in range(k))


def intervals_of(model: Model, graph: Graph, table: Any) -> Array | None:
    """Return the intervals of a row `(m, 2)` at the coverage of the graph, None without them."""
    if "intervals" not in graph.outputs:
        return None
    coverage = graph["interval.scaled"].settings["coverage"]
    return model.predict_interval(table, coverage).reshape(-1, 2)
