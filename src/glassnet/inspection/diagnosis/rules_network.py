"""The verdicts on the network: GN301 to GN305. Each rule only reads the evidence."""

from __future__ import annotations

from typing import Any

from glassnet.inspection.diagnosis.evidence import Evidence
from glassnet.inspection.diagnosis.layers import LayerFacts
from glassnet.inspection.diagnosis.rule import Finding, Rule
from glassnet.inspection.diagnosis.verdict import Number

#: Shares of units or slopes, at least and beyond what is usual.
DEAD, SATURATED, BEYOND_USUAL = 0.6, 0.5, 0.3
#: A layer with so many dead units passes nothing on.
ALL_DEAD = 0.9
#: The gradient of the first hidden layer over that of the last one, and over what is usual.
VANISHED, EXPLODED, EXPLODED_BEYOND_USUAL = 1e-3, 30.0, 100.0


def _worst(e: Evidence, share: str, limit: float) -> LayerFacts | None:
    """Return the layer with most such units, if they are more than usual and than the limit."""
    layers = e.layers or ()
    worst = max(layers, key=lambda layer: getattr(layer, share), default=None)
    if worst is None:
        return None
    found, usual = getattr(worst, share), getattr(worst, f"usual_{share}")
    return worst if found >= limit and found >= usual + BEYOND_USUAL else None


def _dead(e: Evidence) -> Finding | None:
    if (layer := _worst(e, "dead", DEAD)) is None:
        return None
    evidence: dict[str, Number] = {
        "layer": layer.name,
        "share": layer.dead,
        "units": layer.units,
        "usual": layer.usual_dead,
        "activation": layer.activation,
    }
    return Finding(evidence, "leaky_relu", "error" if layer.dead >= ALL_DEAD else None)


def _saturated(e: Evidence) -> Finding | None:
    if (layer := _worst(e, "saturated", SATURATED)) is None:
        return None
    evidence: dict[str, Number] = {
        "layer": layer.name,
        "share": layer.saturated,
        "units": layer.units,
        "usual": layer.usual_saturated,
        "activation": layer.activation,
    }
    return Finding(evidence, "relu")


def _ratio(e: Evidence) -> tuple[float, float]:
    """Return the first hidden layer's gradient over the last one's: now, and at first weights."""
    layers: Any = e.layers
    if len(layers) < 2 or not layers[-1].gradient or not layers[-1].usual_gradient:
        return 1.0, 1.0
    return (
        layers[0].gradient / layers[-1].gradient,
        layers[0].usual_gradient / layers[-1].usual_gradient,
    )


def _vanishing(e: Evidence) -> Finding | None:
    layers: Any = e.layers
    now, new = _ratio(e)
    if min(now, new) > VANISHED:
        return None
    evidence = {"ratio": min(now, new), "first": layers[0].name, "last": layers[-1].name}
    return Finding({**evidence, "activation": layers[0].activation}, "relu")


def _exploding(e: Evidence) -> Finding | None:
    layers: Any = e.layers
    now, new = _ratio(e)
    if max(now, new) < EXPLODED:
        return None
    if layers[0].gradient < EXPLODED_BEYOND_USUAL * layers[0].usual_gradient and new < EXPLODED:
        return None
    evidence = {"ratio": max(now, new), "first": layers[0].name, "last": layers[-1].name}
    return Finding(evidence, "layer")


def _not_finite(e: Evidence) -> Finding | None:
    f, plan = e.failure, e.plan
    rate = float(plan.learning_rate or 0.0) if plan else 0.0
    if f is None:
        if e.course is None or not e.course.not_finite:
            return None
        epochs = e.course.epochs
        return Finding({"when": f"epoch {epochs}", "where": "", "rate": rate}, rate / 10.0)
    where = (
        f": in {f.layer}, largest for row {f.row}, whose largest input is {f.column!r} "
        f"({f.value:.3g})"
    )
    rate = f.rate or rate
    evidence: dict[str, Number] = {
        "when": "the model itself" if f.step is None else f"step {f.step} at rate {rate:g}",
        "where": where,
        "rate": rate,
        "row": f.row,
        "layer": f.layer,
        "size": f.size,
        "column": f.column,
        "input": f.value,
    }
    return Finding(evidence, rate / 10.0)


RULES: tuple[Rule, ...] = (
    Rule(
        "GN301",
        "dead units",
        "warning",
        ("layers",),
        _dead,
        "{share:.0%} of the {units} units of {layer} ({activation}) answer no row; {usual:.0%} do "
        "so at first weights",
        "steps so large that units left the rows behind, or first biases far below 0",
        "activation",
        "activation={value!r}, whose slope is never 0",
        "a few per cent of time",
        ("GN104", "GN110", "GN201", "GN304", "GN305"),
    ),
    Rule(
        "GN302",
        "saturated units",
        "warning",
        ("layers",),
        _saturated,
        "{share:.0%} of the slopes of {layer} ({units} units, {activation}) are flat; {usual:.0%} "
        "are at first weights",
        "weights or inputs so large that the slope is nearly 0: what is not steep cannot learn",
        "activation",
        "activation={value!r}, which does not saturate",
        "outputs that are no longer bounded",
        ("GN104", "GN110", "GN201", "GN305"),
    ),
    Rule(
        "GN303",
        "vanishing gradients",
        "warning",
        ("layers",),
        _vanishing,
        "the gradient of {first} is {ratio:.1e} of that of {last}: the first layers do not learn",
        "each {activation} layer passes back a fraction of its gradient",
        "activation",
        "activation={value!r}",
        "nothing",
        ("GN104", "GN201", "GN301", "GN302", "GN305"),
    ),
    Rule(
        "GN304",
        "exploding gradients",
        "warning",
        ("layers",),
        _exploding,
        "the gradient of {first} is {ratio:.1e} times that of {last}",
        "each layer passes back more than its gradient: the first weights are too large",
        "normalization",
        "normalization={value!r}",
        "a third or so more time",
        ("GN104", "GN110", "GN201", "GN305"),
    ),
    Rule(
        "GN305",
        "not finite",
        "error",
        (),
        _not_finite,
        "{when} left the finite numbers{where}",
        "steps that grow from one to the next",
        "learning_rate",
        "learning_rate={value:.2g}",
        "more epochs until it has learned",
    ),
)
