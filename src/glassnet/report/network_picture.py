"""A network as a picture: its layers from the features above down to the raw scores; of a wide one some units, and how many more."""

from __future__ import annotations

from dataclasses import dataclass

from glassnet.network import Network
from glassnet.report.markup import Markup, element, name

WIDTH, STEP = 420, 62
#: The middle of the units, and where the words beside them start.
MIDDLE, WORDS = 118, 246
#: So many units of a layer are drawn, and so many layers: of more, the first and the last ones.
MAX_UNITS, MAX_LAYERS = 8, 10
GAP = 26


@dataclass(frozen=True)
class Row:
    """One row of the picture.

    words : what it is
    width : how many units it has
    count : its parameters; None for the features
    dense : whether every unit is joined to every one of the row above; else each to its own
    """

    words: str
    width: int
    count: int | None
    dense: bool


def network_picture(network: Network) -> Markup:
    """Return the picture; what it says in words stands in its label."""
    rows = [Row("features", network.n_features, None, dense=False)]
    rows += [
        Row(words, width, count, words.startswith("Dense"))
        for _, words, width, count in network.summary()
    ]
    total = f"{network.parameters.theta.size:,} parameters"
    says = (
        "The network: "
        + "; ".join(f"{row.words}, {row.width:,} wide" for row in rows[: MAX_LAYERS + 1])
        + f"; {total} in all."
    )
    shown: list[Row | None] = [*rows]
    if len(rows) > MAX_LAYERS + 1:
        shown = [*rows[: MAX_LAYERS - 3], None, *rows[-3:]]
    lines, units = [], []
    for i, row in enumerate(shown):
        y = 22 + i * STEP
        if row is None:
            units.append(
                element(
                    "text",
                    f"{len(rows) - len(shown) + 1:,} more layers",
                    x=MIDDLE,
                    y=y + 4,
                    text_anchor="middle",
                )
            )
            continue
        above = shown[i - 1] if i else None
        lines += _links(above, row, y) if above else []
        units += _units(row, y)
        units.append(element("text", name(row.words, 27), x=WORDS, y=y - 1, class_="strong"))
        units.append(element("text", _count(row), x=WORDS, y=y + 13))
    height = 22 + (len(shown) - 1) * STEP + 26
    return element(
        "svg",
        *lines,
        *units,
        viewBox=f"0 0 {WIDTH} {height}",
        role="img",
        aria_label=says,
        xmlns="http://www.w3.org/2000/svg",
    )


def _count(row: Row) -> str:
    wide = f"{row.width:,} wide"
    return (
        wide
        if row.count is None
        else f"{wide}, {row.count:,} parameter{'' if row.count == 1 else 's'}"
    )


def _places(width: int) -> list[float]:
    """Return where the units of a layer stand; where there are more than are drawn, the middle is left free."""
    if width <= MAX_UNITS:
        return [MIDDLE + (i - (width - 1) / 2) * GAP for i in range(width)]
    half = MAX_UNITS // 2 - 1
    side = [GAP * (1.2 + i) for i in range(half)]
    return [*(MIDDLE - x for x in reversed(side)), *(MIDDLE + x for x in side)]


def _units(row: Row, y: float) -> list[Markup]:
    drawn = [
        element(
            "circle",
            cx=x,
            cy=y,
            r=8,
            class_="unit" if row.dense or row.count is None else "unit plain",
        )
        for x in _places(row.width)
    ]
    hidden = row.width - len(drawn)
    return (
        drawn
        if not hidden
        else [*drawn, element("text", f"+{hidden:,}", x=MIDDLE, y=y + 4, text_anchor="middle")]
    )


def _links(above: Row, row: Row, y: float) -> list[Markup]:
    """Return the links to the row above as one path."""
    ends, starts = _places(row.width), _places(above.width)
    pairs = (
        [(a, b) for a in starts for b in ends]
        if row.dense
        else list(zip(starts, ends, strict=False))
    )
    return [
        element(
            "path",
            d="".join(f"M{a:.0f} {y - STEP + 8:.0f}L{b:.0f} {y - 8:.0f}" for a, b in pairs),
            class_="link",
        )
    ]
