"""Draw a walk: the cells, the layers, the answer, and the way back."""

from __future__ import annotations

import numpy as np

from glassnet.inspection.walk.answer_text import draw_answer, draw_members
from glassnet.inspection.walk.backward_text import draw_backward
from glassnet.inspection.walk.blanks import chosen
from glassnet.inspection.walk.cell_text import draw_cells
from glassnet.inspection.walk.page import Page
from glassnet.inspection.walk.records import Layer, WalkRecord
from glassnet.inspection.walk.sums import Sum, make_sum, number
from glassnet.inspection.walk.unit_steps import UnitStep
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
    whole : whether all units and all terms are drawn, without blanks
    n_blanks : how many numbers are left out; None is as many as the walk has
    """
    wanted = len(walk.blanks) if n_blanks is None else n_blanks
    page = _draw(walk, Page(width), whole=whole)
    if whole or not wanted:
        return page
    return _draw(walk, Page(width, chosen(page.n_sums, wanted)), whole=False)


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
    """Draw a unit: its sum and its activation, or a single product, or an activation alone."""
    activated = [f"-> a = {number(step.value)}" for step in unit.steps if step.function]
    for step in unit.steps:
        if step.function and len(unit.steps) == 1:
            z, a = number(step.x or 0.0), number(step.value)
            page.line(f"{unit.name}:", f"{step.function}({z}) = {a}")
        elif len(step.terms) == 1 and step.bias is None:
            page.line(f"{unit.name}:", _product(step, unit.name))
        elif step.terms:
            after = activated if step is not unit.steps[-1] else []
            page.sum(f"{unit.name}:", _sum(step, keep), *after)


def _product(step: UnitStep, unit: str) -> str:
    """Return a single product, or the number that is passed on."""
    (term,) = step.terms
    if term.weight == 1.0:
        source = "" if term.name == unit else f" ({term.name})"
        return f"{number(step.value)}{source}"
    return f"{number(term.x)} x {number(term.weight)} = {number(step.value)}"


def _sum(step: UnitStep, keep: int | None) -> Sum:
    names, values = [term.name for term in step.terms], [term.value for term in step.terms]
    if step.bias is None:
        return make_sum(names, values, step.value, keep=keep)
    return make_sum([*names, "bias"], [*values, step.bias], step.value, keep=keep, last=1)
