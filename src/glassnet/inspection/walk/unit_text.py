"""A unit in full as text: one line for each term, which add up in the printed digits."""

from __future__ import annotations

from collections.abc import Sequence

from glassnet.inspection.walk.sums import Number, make_sum, number
from glassnet.inspection.walk.unit_steps import UnitStep
from glassnet.messages import printable, shorten

#: The longest name of a term that is printed whole.
NAME = 34


def unit_text(name: str, steps: Sequence[UnitStep], width: int) -> str:
    """Return a unit as text."""
    lines = [printable(name)]
    for step in steps:
        lines += [f"  {step.formula}"[:width]]
        lines += _function(step) if step.function else _terms(step)
    return "\n".join(lines)


def _function(step: UnitStep) -> list[str]:
    return [f"    a = {step.function}({number(step.x or 0.0)}) = {number(step.value)}"]


def _terms(step: UnitStep) -> list[str]:
    names = [term.name for term in step.terms]
    values = [term.value for term in step.terms]
    if step.bias is not None:
        names, values = [*names, "bias"], [*values, step.bias]
    of = make_sum(names, values, step.value)
    rows = [
        (shorten(printable(term.name), NAME), str(number(term.x)), str(number(term.weight)))
        for term in step.terms
    ]
    rows += [("bias", "", "")] if step.bias is not None else []
    printed = [str(term.number) for term in of.terms]
    if of.rounding:
        rows.append(("rounding", "", ""))
        printed.append(str(Number(float(of.rounding), of.total.decimals)))
    rows.append(("sum", "", ""))
    printed.append(str(of.total))
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    last = max(map(len, printed))
    return [
        f"    {name:{widths[0]}}  {x:>{widths[1]}} {'x' if x else ' '} {weight:>{widths[2]}}"
        f" {'=' if x else ' '} {value:>{last}}"
        for (name, x, weight), value in zip(rows, printed, strict=True)
    ]
