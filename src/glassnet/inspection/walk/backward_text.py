"""Draw the way back: the loss, the gradients of each layer, and the step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.inspection.walk.answer_text import answered
from glassnet.inspection.walk.page import Page
from glassnet.inspection.walk.records import Backward, Layer, LayerGradients, WalkRecord
from glassnet.inspection.walk.sums import make_sum, number

Array = np.ndarray[Any, np.dtype[Any]]

#: How many numbers of a gradient are drawn.
SHOWN = 3


def draw_backward(page: Page, walk: WalkRecord, backward: Backward) -> None:
    """Draw the gradients from the last layer to the first, and the step."""
    value, slope = backward.formulas
    k = len(backward.by_scores)
    share = f"({slope}) / {k}" if k > 1 and walk.answer.link != "softmax" else slope
    begin = [f"loss = {value} = {number(backward.loss)};"]
    if backward.label_smoothing:
        begin.append(f"labels y smoothed by {backward.label_smoothing:g};")
    dZ = _largest(backward.by_scores, walk.answer.score_names)
    page.heading(f"Back: target {backward.target}", *begin, f"dZ = {share}:", *dZ)
    for i in range(len(walk.layers) - 1, -1, -1):
        layer = walk.layers[i]
        if layer.backward is not None:
            _draw_layer(page, i, layer, layer.backward)
    step = backward.step
    before, after = number(backward.loss), number(step.loss)
    answers = f"answer {answered(walk.answer)} -> {answered(step.answer)}"
    rule = "" if step.rule == "gradient descent" else f" of {step.rule}"
    title = f"Step{rule} at rate {step.learning_rate:g}"
    page.heading(title, f"loss {before} -> {after},", answers)


def _draw_layer(page: Page, i: int, layer: Layer, g: LayerGradients) -> None:
    """Draw the gradients of a layer, each beside the formula of its docstring."""
    formulas = {formula.partition(" ")[0]: formula for formula in g.formulas}
    drawn = {f"d{name}" for name in g.tensors} | {"dX", "dZ"}
    title, rest = f"{i}  {layer.title}", [f for name, f in formulas.items() if name not in drawn]
    activated = g.by_sum is not None and layer.operations[-1].kind == "Activation"
    page.heading(
        title, *(["dA:", *_largest(g.by_output, layer.output_names)] if activated else rest)
    )
    if g.by_sum is not None:  # of a dense layer, whose db is dZ where there is one row
        page.line(f"{formulas['dZ']}:", *_largest(g.by_sum, layer.output_names))
    for name, gradient in g.tensors.items():
        label, own = formulas.get(f"d{name}", f"d{name}"), []
        if g.by_sum is not None and name == "b":
            continue
        if g.by_sum is not None:
            own = [f"{formulas['db']} = dZ,"]
        page.line(*own, f"{label}:", *_largest(gradient.ravel(), _labels(layer, name, gradient)))
    if g.by_input is not None:
        label = formulas.get("dX") or formulas.get("dZ") or "dX"
        _draw_input(page, layer, g, g.by_input, label)


def _draw_input(page: Page, layer: Layer, g: LayerGradients, gradient: Array, label: str) -> None:
    """Draw the gradient by the input; of a dense layer its largest number as a sum."""
    first = layer.operations[0]
    if first.kind != "Dense":
        page.line(f"{label}:", *_largest(gradient, layer.input_names))
        return
    i = int(np.argmax(np.abs(gradient)))
    dZ = g.by_output if g.by_sum is None else g.by_sum
    terms = (dZ.astype(float) * first.arrays["W"][i]).tolist()
    of = make_sum(layer.output_names, terms, float(gradient[i]), keep=SHOWN)
    page.sum(f"{label}, {layer.input_names[i]}:", of)


def _largest(values: Array, names: Sequence[str]) -> list[str]:
    """Return the largest numbers with their names, and how many more there are."""
    kept = np.argsort(-np.abs(values), kind="stable")[:SHOWN].tolist()
    if len(values) <= SHOWN + 1:
        kept = list(range(len(values)))
    shown = [f"{number(float(values[i]))} ({names[i]})" for i in kept]
    more = len(values) - len(kept)
    rest = [f"and {more:,} nearer to 0"] if more else []
    return [*(f"{text}," for text in shown[:-1]), *shown[-1:], *rest]


def _labels(layer: Layer, name: str, tensor: Array) -> Sequence[str]:
    """Return a name for each number of a tensor."""
    outputs, inputs = layer.output_names, layer.input_names
    if name == "W" and tensor.shape == (len(inputs), len(outputs)):
        return [f"{source} to {to}" for source in inputs for to in outputs]
    if tensor.shape == (len(outputs),):
        return outputs
    return [str(list(index)) for index in np.ndindex(tensor.shape)]
