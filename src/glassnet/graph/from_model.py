"""The graph of a model: features, network, temperature, link, answers and intervals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from glassnet.errors import SettingError, UnsupportedError
from glassnet.graph.answers import (
    BothClasses,
    Clip,
    Exp,
    FoldedTemperature,
    InverseScale,
    Label,
    OnlyClass,
    Sigmoid,
    Softmax,
    Sort,
    Threshold,
)
from glassnet.graph.building import Builder
from glassnet.graph.from_encoder import add_features, inputs_of
from glassnet.graph.from_network import add_network
from glassnet.graph.graph import Graph
from glassnet.graph.interval_bounds import AroundCenter, Bounds, Center
from glassnet.losses import LOSSES, Loss, Quantile, loss_traits
from glassnet.model import Model
from glassnet.network import Network


def graph_of(model: Model, coverage: float = 0.9) -> Graph:
    """Return the graph of a model; see `Model.graph`."""
    to = Builder()
    X = add_features(to, model.encoder, model.dtype)
    Z = add_network(to, _in_dtype(model, model.network), X)
    temperature = (model.training.get("calibration") or {}).get("temperature", 1.0)
    if temperature != 1.0:
        Z = to.add(FoldedTemperature, "temperature", Z, temperature=float(temperature))
    outputs = {"raw_scores": Z}
    to.dtype = "float64"
    Y = _linked(to, model.loss, Z)
    if model.task == "regression":
        outputs["numbers"] = _numbers(to, model, Y)
        intervals = _intervals(to, model, X, Y, coverage)
        outputs |= {"intervals": intervals} if intervals else {}
    else:
        outputs |= _classes(to, model, Y)
    return Graph(inputs_of(model.encoder), tuple(to.operations), outputs, model.input)


def _in_dtype(model: Model, network: Network) -> Network:
    """Return a network in the dtype in which the model computes."""
    return network if str(network.dtype) == model.dtype else network.astype(model.dtype)


def _linked(to: Builder, loss: Loss, Z: str) -> str:
    kind = next((name for name, made in LOSSES.items() if type(loss) is made), None)
    if kind is None:
        raise UnsupportedError(
            f"a graph cannot hold the link of the user-defined loss {loss.name!r}: it holds "
            "numbers and names, not code. Use one of glassnet's own losses."
        )
    return LINKS[kind](to, loss, Z)


def _classes(to: Builder, model: Model, P: str) -> dict[str, str]:
    if model.task == "multilabel":
        return {"probabilities": P, "labels": to.add(Threshold, "answer.labels", P)}
    if len(model.classes) == 1:
        P = to.add(OnlyClass, "answer.probabilities", P)
    elif model.network.n_outputs == 1:
        P = to.add(BothClasses, "answer.probabilities", P)
    return {
        "probabilities": P,
        "labels": to.add(Label, "answer.labels", P, classes=tuple(model.classes)),
    }


def _numbers(to: Builder, model: Model, Y: str) -> str:
    target, q = model.target, loss_traits(model.loss).n_per_target
    mean, scale = np.repeat(target.mean, q), np.repeat(target.scale, q)
    numbers = to.add(InverseScale, "answer.numbers", Y, mean=mean, scale=scale)
    if not target.low:
        return numbers
    # With several quantiles the range is that of each target, for all of its quantiles.
    low, high = np.repeat(target.low, q), np.repeat(target.high, q)
    return to.add(Clip, "answer.clipped", numbers, low=low, high=high)


def _intervals(to: Builder, model: Model, X: str, Y: str, coverage: float) -> str | None:
    """Add the operations of the intervals; return None for a model that has none."""
    intervals, q = model.intervals, loss_traits(model.loss).n_per_target
    if intervals is None:
        return None
    try:
        ranks = intervals.ranks(coverage)
    except SettingError:
        if coverage == DEFAULT_COVERAGE:
            return None
        raise
    center, quantiles = Y, []
    if q > 1:
        center = to.add(Center, "interval.center", Y, n_quantiles=q)
        quantiles = [to.add(AroundCenter, "interval.around", Y, n_quantiles=q)]
    if intervals.network is not None:
        to.prefix = "intervals."
        quantiles = [add_network(to, _in_dtype(model, intervals.network), X)]
        to.prefix, to.dtype = "", "float64"
    bounds = to.add(
        Bounds,
        "interval.scaled",
        center,
        *quantiles,
        scores=intervals.scores[list(ranks)],
        least=intervals.least,
        coverage=float(coverage),
    )
    mean, scale = np.repeat(model.target.mean, 2), np.repeat(model.target.scale, 2)
    ends = to.add(InverseScale, "interval.numbers", bounds, mean=mean, scale=scale)
    low, high = (np.repeat(end, 2) for end in model.answers.limits)
    return to.add(Clip, "interval.clipped", ends, low=low, high=high)


#: The coverage of intervals unless another is asked for.
DEFAULT_COVERAGE = 0.9


def _identity(to: Builder, loss: Any, Z: str) -> str:
    """Add nothing: the raw score is the prediction."""
    return Z


def _sigmoid(to: Builder, loss: Any, Z: str) -> str:
    return to.add(Sigmoid, "answer.link", Z)


def _softmax(to: Builder, loss: Any, Z: str) -> str:
    return to.add(Softmax, "answer.link", Z)


def _exp(to: Builder, loss: Any, Z: str) -> str:
    return to.add(Exp, "answer.link", Z)


def _sorted(to: Builder, loss: Quantile, Z: str) -> str:
    return to.add(Sort, "answer.link", Z, n_quantiles=len(loss.quantiles))


#: The link of each loss of `glassnet.losses.LOSSES`: (builder, loss, raw scores) -> predictions.
LINKS: dict[str, Callable[[Builder, Any, str], str]] = {
    "squared": _identity,
    "absolute": _identity,
    "huber": _identity,
    "quantile": _sorted,
    "logistic": _sigmoid,
    "softmax": _softmax,
    "poisson": _exp,
    "gamma": _exp,
    "tweedie": _exp,
}
