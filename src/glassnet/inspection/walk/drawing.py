"""Draw a walk: the cells, the layers, the answer, and the way back."""

from __future__ import annotations

import numpy as np

from glassnet.inspection.walk.answer_text import draw_answer, draw_members
from glassnet.inspection.walk.backward_text import draw_backward
from glassnet.inspection.walk.blanks import chosen
from glassnet.inspection.walk.cell_text import draw_cells
from glassnet.inspection.walk.page import Page
from glassnet.inspection.walk.records import Layer, WalkRecord
from glassnet.inspection.walk.sums import make_sum, number
from glassnet.inspection.walk.units import Unit, unit_of
from glassnet.messages import counted

#: How many units of a layer, and how many terms of a unit, the story has.
UNITS = TERMS = 3


def drawn(
    walk: WalkRecord, width: int, *, whole: bool = False, n_blanks: int | None = None
) -> Page:
    """Return the drawing of a walk.

    Parameters
    ----------
    walk : the walk
    width : of the text
    whole : whether all units and all terms are drawn
    n_blanks : how many numbers are left out; None is as many as the walk has
    """
    wanted = len(walk.blanks) if n_blanks is None else n_blanks
    if not wanted:
        return _draw(walk, Page(width), whole=whole)
    # The story decides where the blanks are, whatever is drawn.
    n_sums = _draw(walk, Page(width), whole=whole).n_sums
    return _draw(walk, Page(width, chosen(n_sums, wanted)), whole=whole)


def _draw(walk: WalkRecord, page: Page, *, whole: bool) -> Page:
    draw_cells(page, walk, whole=whole)
    for i, layer in enumerate(walk.layers):
        _draw_layer(page, i, layer, whole=whole)
    if walk.members is not None:
        draw_members(page, walk.members, walk.answer)
    draw_answer(page, walk.answer)
    if walk.backward is not None:
        draw_backward(page, walk, walk.backward)
    return page


def _draw_layer(page: Page, i: int, layer: Layer, *, whole: bool) -> None:
    """Draw a layer: its strongest units, each with its strongest terms, or all of them."""
    formulas = [getattr(one, "curve", one.formula) for one in layer.operations]
    page.heading(f"{i}  {layer.title}", *", ".join(dict.fromkeys(formulas)).split(" "))
    keep = len(layer.output) if whole or len(layer.output) <= UNITS + 1 else UNITS
    largest = np.argsort(-np.abs(layer.output), kind="stable")[:keep]
    units = sorted(largest.tolist()) if keep == len(layer.output) else largest.tolist()
    for j in units:
        unit = unit_of(layer.operations, layer.signals, layer.names, j)
        _draw_unit(page, unit, None if whole else TERMS)
    if keep < len(layer.output):
        page.line(f"and {counted(len(layer.output) - keep, 'unit')} nearer to 0")


def _draw_unit(page: Page, unit: Unit, keep: int | None) -> None:
    """Draw a unit: a sum and its activation, or an activation alone."""
    functions = [step for step in unit.steps if step.function]
    sums = [step for step in unit.steps if step.terms]
    tail = [f"a = {number(step.value)}" for step in functions]
    if not sums:
        (only,) = functions
        page.line(
            f"{unit.name}:", f"{only.function}({number(only.x or 0.0)}) =", f"{only.value:.4g}"
        )
    for step in sums:
        names = [term.name for term in step.terms]
        values = [term.value for term in step.terms]
        bias = step.bias is not None
        if step.bias is not None:
            names, values = [*names, "bias"], [*values, step.bias]
        of = make_sum(names, values, step.value, keep=keep, last=int(bias))
        after = [f"-> {text}" for text in tail] if step is not unit.steps[-1] else []
        page.sum(f"{unit.name}:", of, *after)
