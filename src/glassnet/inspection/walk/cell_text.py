"""Draw the cells of a walk: what each holds, and how it becomes features."""

from __future__ import annotations

from glassnet.inspection.walk.page import Page
from glassnet.inspection.walk.records import Cell, Scaling, WalkRecord
from glassnet.inspection.walk.sums import MAX_DECIMALS, Number, decimals_for, number
from glassnet.messages import counted, shorten

#: How many columns the story has.
COLUMNS = 20
#: The longest name of a column and of a level that is printed whole.
NAME, VALUE = 24, 30


def draw_cells(page: Page, walk: WalkRecord, *, whole: bool) -> None:
    """Draw the cells; the story has the first ones only."""
    shown = walk.cells if whole else walk.cells[:COLUMNS]
    if all(_is_plain(cell) for cell in walk.cells):
        values = ", ".join(f"{cell.column} = {_value(cell)}" for cell in shown)
        more = f", and {len(walk.cells) - len(shown)} more" if len(shown) < len(walk.cells) else ""
        page.heading(f"The row ({walk.dtype})", *f"{values}{more}".split(" "))
        return
    page.block(f"The row, and what the network gets of it ({walk.dtype})")
    width = max((min(len(cell.column), NAME) for cell in shown), default=0)
    for cell in shown:
        page.line(f"{shorten(cell.column, NAME):{width}} ", *_pieces(cell))
    if len(shown) < len(walk.cells):
        page.line(f"and {counted(len(walk.cells) - len(shown), 'column')} more")


def _is_plain(cell: Cell) -> bool:
    """Return whether a number is a feature as it is."""
    known = cell.kind == "number" and cell.state == "known"
    return known and all(one.z == one.x and one.clipped is None for one in cell.scalings)


def _pieces(cell: Cell) -> list[str]:
    value, several = _value(cell), len(cell.scalings) > 1
    if cell.state == "ignored":
        return [f"{value}:", "never varied in training,", "and has no effect"]
    pieces = []
    if cell.state == "missing":
        center = [f"the center {_center(scaling)}" for scaling in cell.scalings[:1]]
        pieces += ["missing:", *[f"{text} stands for it, so 0;" for text in center]]
    elif cell.state == "new":
        pieces.append(f"{value} is new or rare:")
    else:
        names = ("days ", "year ") if several or cell.kind == "datetime" else ("",)
        pairs = zip(names, cell.scalings, strict=False)
        pieces.append(f"{value}:")
        for name, one in pairs:
            pieces += _scaled(name, one)
    scaled = {scaling.name for scaling in cell.scalings}
    rest = {name: x for name, x in cell.features.items() if name not in scaled}
    ones = [
        f"code {x:.0f}" if name == cell.column else f"{name} = {_plain(x)}"
        for name, x in rest.items()
        if x != 0.0 or name == cell.column
    ]
    if not ones and not cell.scalings:
        ones = ["all its features are 0"]
    pieces += [f"{text}," for text in ones]
    return [*pieces[:-1], pieces[-1].rstrip(",;")]


def _value(cell: Cell) -> str:
    if cell.value is None:
        return "missing"
    if isinstance(cell.value, float):
        return str(number(cell.value)) if not cell.value.is_integer() else f"{cell.value:,.0f}"
    return f"{cell.value:,}" if isinstance(cell.value, int) else shorten(cell.value, VALUE)


def _plain(x: float) -> str:
    return f"{x:.0f}" if x.is_integer() else str(number(x))


def _center(scaling: Scaling) -> str:
    return f"{scaling.origin:,}" if scaling.origin else str(number(scaling.mean))


def _scaled(name: str, scaling: Scaling) -> list[str]:
    """Return (x - mean) / scale = z, and the clipped z."""
    # As many decimals as the difference needs: 2,036.00 - 2,036.24.
    places = min(max(decimals_for([scaling.x - scaling.mean, scaling.scale]), 0), MAX_DECIMALS)
    whole = all(value.is_integer() for value in (scaling.x, scaling.mean))
    x, mean = (Number(value, 0 if whole else places) for value in (scaling.x, scaling.mean))
    center = f"- {mean}" if scaling.mean >= 0.0 else f"+ {str(mean)[1:]}"
    less = [f"less {scaling.origin:,}"] if scaling.origin else []
    text = f"{name}({x} {center}) / {number(scaling.scale)} = {number(scaling.z)}"
    if scaling.clipped is None:
        return [*less, f"{text};"]
    return [*less, f"{text},", f"smooth clip {number(scaling.clipped)};"]
