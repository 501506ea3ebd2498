"""Draw a network as SVG: the layers from the features at the top down to the raw scores."""

from dataclasses import dataclass

from glassnet.messages import counted
from glassnet.network import Network
from glassnet.report.markup import Markup, element, name

WIDTH, STEP = 420, 62
#: The x coordinate of the center of the units, and of the text beside them.
MIDDLE, TEXT = 118, 246
#: The maximum number of units of a layer and of layers; of more, the first and the last are drawn.
MAX_UNITS, MAX_LAYERS = 8, 10
GAP = 26


@dataclass(frozen=True)
class Row:
    """One row of the picture.

    text : the kind of layer
    width : number of units
    count : number of parameters; None for the features
    dense : whether each unit is connected to all units of the row above, or only to one
    """

    text: str
    width: int
    count: int | None
    dense: bool


def network_picture(network: Network) -> Markup:
    """Return the picture; its label describes it in text."""
    rows = [Row("features", network.n_features, None, dense=False)]
    rows += [
        Row(kind, width, count, kind.startswith("Dense"))
        for _, kind, width, count in network.summary()
    ]
    kinds = "; ".join(f"{row.text}, {row.width:,} wide" for row in rows[: MAX_LAYERS + 1])
    alt_text = f"The network: {kinds}; {network.parameters.theta.size:,} parameters in all."
    shown: list[Row | None] = [*rows]
    if len(rows) > MAX_LAYERS + 1:
        shown = [*rows[: MAX_LAYERS - 3], None, *rows[-3:]]
    links, units = [], []
    for i, row in enumerate(shown):
        y = 22 + i * STEP
        if row is None:
            units.append(_centered(f"{len(rows) - len(shown) + 1:,} more layers", y))
            continue
        above = shown[i - 1] if i else None
        links += [_links(above, row, y)] if above else []
        count = "" if row.count is None else f", {counted(row.count, 'parameter')}"
        units += [
            *_units(row, y),
            element("text", name(row.text, 27), x=TEXT, y=y - 1, class_="strong"),
            element("text", f"{row.width:,} wide{count}", x=TEXT, y=y + 13),
        ]
    height = 22 + (len(shown) - 1) * STEP + 26
    return element(
        "svg",
        *links,
        *units,
        viewBox=f"0 0 {WIDTH} {height}",
        role="img",
        aria_label=alt_text,
        xmlns="http://www.w3.org/2000/svg",
    )


def _centered(text: str, y: float) -> Markup:
    return element("text", text, x=MIDDLE, y=y + 4, text_anchor="middle")


def _unit_positions(width: int) -> list[float]:
    """Return the x coordinates of the units; if not all are drawn, the middle is left free."""
    if width <= MAX_UNITS:
        return [MIDDLE + (i - (width - 1) / 2) * GAP for i in range(width)]
    side = [GAP * (1.2 + i) for i in range(MAX_UNITS // 2 - 1)]
    return [*(MIDDLE - x for x in reversed(side)), *(MIDDLE + x for x in side)]


def _units(row: Row, y: float) -> list[Markup]:
    kind = "unit" if row.dense or row.count is None else "unit plain"
    drawn = [element("circle", cx=x, cy=y, r=8, class_=kind) for x in _unit_positions(row.width)]
    hidden = row.width - len(drawn)
    return [*drawn, _centered(f"+{hidden:,}", y)] if hidden else drawn


def _links(above: Row, row: Row, y: float) -> Markup:
    """Return the links to the row above as one path."""
    starts, ends = _unit_positions(above.width), _unit_positions(row.width)
    if row.dense:
        pairs = [(a, b) for a in starts for b in ends]
    else:
        pairs = list(zip(starts, ends, strict=False))
    path = "".join(f"M{a:.0f} {y - STEP + 8:.0f}L{b:.0f} {y - 8:.0f}" for a, b in pairs)
    return element("path", d=path, class_="link")
