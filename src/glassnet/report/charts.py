"""Charts as SVG, drawn by hand: lines, bars, histograms, points. Colors come from the page's style, shapes tell them apart without.

A chart is 420 wide in its own units, so that its text can be read on a telephone too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from glassnet.report.classes import CalibrationBin
from glassnet.report.markup import Markup, element, name

WIDTH, HEIGHT = 420, 260
LEFT, RIGHT, TOP, BOTTOM = 60, 16, 16, 40
#: Of a longer line so many points are drawn, evenly chosen.
MAX_POINTS = 400


@dataclass(frozen=True)
class Line:
    """Points joined by a line; `style` is "first" (solid) or "second" (dashed)."""

    label: str
    points: Sequence[tuple[float, float]]
    style: str


@dataclass(frozen=True)
class Scale:
    """From numbers low ... high to places start ... stop."""

    low: float
    high: float
    start: float
    stop: float

    def __call__(self, value: float) -> float:
        """Return the place of a number."""
        return self.start + (self.stop - self.start) * (value - self.low) / (self.high - self.low)


def line_chart(
    lines: Sequence[Line],
    *,
    x_label: str,
    y_label: str,
    says: str,
    mark: tuple[float, str] | None = None,
) -> Markup:
    """Return lines over a common x, with a vertical mark where given, and their names below."""
    points = [point for line in lines for point in line.points]
    x, y = _scales([p[0] for p in points], [p[1] for p in points], height=HEIGHT - 18)
    parts = [*_axes(x, y, x_label, y_label)]
    if mark:
        parts += [
            element("line", x1=x(mark[0]), x2=x(mark[0]), y1=y.start, y2=y.stop, class_="mark"),
            _text(
                mark[1], x(mark[0]), y.stop - 4, anchor="end" if x(mark[0]) > WIDTH / 2 else "start"
            ),
        ]
    for line in lines:
        shown = " ".join(f"{x(a):.1f},{y(b):.1f}" for a, b in _thinned(line.points))
        parts.append(element("polyline", points=shown, class_=f"line {line.style}"))
    for i, line in enumerate(lines):
        place = LEFT + i * 150
        parts.append(
            element(
                "line",
                x1=place,
                x2=place + 24,
                y1=HEIGHT - 6,
                y2=HEIGHT - 6,
                class_=f"line {line.style}",
            )
        )
        parts.append(_text(line.label, place + 30, HEIGHT - 2))
    return _chart(says, *parts)


def scatter(
    points: Sequence[tuple[float, float]], *, x_label: str, y_label: str, says: str
) -> Markup:
    """Return points, and the diagonal on which both coordinates are the same."""
    both = [value for point in points for value in point]
    x, y = _scales(both, both)
    dots = [element("circle", cx=x(a), cy=y(b), r=2.5, class_="dot") for a, b in points]
    diagonal = element("line", x1=x(x.low), y1=y(y.low), x2=x(x.high), y2=y(y.high), class_="mark")
    return _chart(says, *_axes(x, y, x_label, y_label), diagonal, *dots)


def histogram(edges: Sequence[float], counts: Sequence[int], *, x_label: str, says: str) -> Markup:
    """Return bars of the counts between edges, and a mark at 0."""
    x = Scale(edges[0], edges[-1], LEFT, WIDTH - RIGHT)
    y = Scale(0.0, float(max(*counts, 1)) * 1.05, HEIGHT - BOTTOM, TOP)
    bars = [
        element(
            "rect",
            x=x(a) + 0.5,
            y=y(n),
            width=max(x(b) - x(a) - 1.0, 0.5),
            height=y(0) - y(n),
            class_="bar",
        )
        for a, b, n in zip(edges[:-1], edges[1:], counts, strict=True)
        if n
    ]
    zero = (
        [element("line", x1=x(0.0), x2=x(0.0), y1=y.start, y2=y.stop, class_="mark")]
        if edges[0] <= 0.0 <= edges[-1]
        else []
    )
    return _chart(says, *_axes(x, y, x_label, "rows"), *bars, *zero)


def reliability(bins: Sequence[CalibrationBin], *, says: str) -> Markup:
    """Return how often predictions were right over how sure they were; larger points stand for more rows."""
    x, y = Scale(0.0, 1.0, LEFT, WIDTH - RIGHT), Scale(0.0, 1.0, HEIGHT - BOTTOM, TOP)
    most = max((one.rows for one in bins), default=1)
    known = [
        (one.confidence, one.frequency, one.rows)
        for one in bins
        if one.confidence is not None and one.frequency is not None
    ]
    line = element(
        "polyline",
        points=" ".join(f"{x(a):.1f},{y(b):.1f}" for a, b, _ in known),
        class_="line first",
    )
    dots = [
        element("circle", cx=x(a), cy=y(b), r=2.5 + 5.0 * math.sqrt(n / most), class_="dot solid")
        for a, b, n in known
    ]
    diagonal = element("line", x1=x(0.0), y1=y(0.0), x2=x(1.0), y2=y(1.0), class_="mark")
    return _chart(
        says,
        *_axes(x, y, "mean probability of the predicted class", "share that was right"),
        diagonal,
        line,
        *dots,
    )


def bars(rows: Sequence[tuple[str, float, float, float]], *, x_label: str, says: str) -> Markup:
    """Return one bar a row from 0 to its value, (label, value, low, high), with a line from low to high."""
    step, left = 20, 150
    height = TOP + step * len(rows) + BOTTOM
    low, high = min(0.0, *(r[2] for r in rows)), max(0.0, *(r[3] for r in rows))
    x = Scale(*_apart(low, high), left, WIDTH - RIGHT)
    y = Scale(0.0, float(len(rows)), TOP, TOP + step * len(rows))
    parts = [*_x_axis(x, height - BOTTOM, TOP, x_label)]
    for i, (label, value, least, most) in enumerate(rows):
        top, start, stop = y(i) + 4, x(min(0.0, value)), x(max(0.0, value))
        parts.append(_text(name(label, 24), left - 6, top + 9, anchor="end"))
        parts.append(
            element(
                "rect", x=start, y=top, width=max(stop - start, 0.5), height=step - 8, class_="bar"
            )
        )
        parts.append(
            element("line", x1=x(least), x2=x(most), y1=top + 6, y2=top + 6, class_="whisker")
        )
    return _chart(says, *parts, height=height)


def ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Return round numbers from low to high, at most so many: multiples of 1, 2 or 5 times a power of ten."""
    span = high - low
    if not math.isfinite(span) or span <= 0.0:
        return [low]
    power = 10.0 ** math.floor(math.log10(span / most))
    step = next(
        (factor * power for factor in (1.0, 2.0, 5.0, 10.0) if span / (factor * power) <= most),
        20.0 * power,
    )
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [
        round(i * step, 12 - math.floor(math.log10(step))) + 0.0 for i in range(first, last + 1)
    ]


def _tick(value: float) -> str:
    """Return a round number, short: 600k, 1.5M."""
    if 1e6 <= abs(value) < 1e9:
        return f"{value / 1e6:g}M"
    return f"{value / 1e3:g}k" if 1e4 <= abs(value) < 1e6 else f"{value:g}"


def _chart(says: str, *parts: Markup, height: int = HEIGHT) -> Markup:
    return element(
        "svg",
        *parts,
        viewBox=f"0 0 {WIDTH} {height}",
        role="img",
        aria_label=says,
        xmlns="http://www.w3.org/2000/svg",
    )


def _scales(
    xs: Sequence[float], ys: Sequence[float], *, height: int = HEIGHT
) -> tuple[Scale, Scale]:
    """Return scales that hold all numbers, with a little room above and below."""
    return Scale(*_widened(xs, 0.0), LEFT, WIDTH - RIGHT), Scale(
        *_widened(ys, 0.04), height - BOTTOM, TOP
    )


def _widened(values: Sequence[float], room: float) -> tuple[float, float]:
    low, high = _apart(min(values), max(values)) if values else (0.0, 1.0)
    return low - room * (high - low), high + room * (high - low)


def _apart(low: float, high: float) -> tuple[float, float]:
    """Return bounds that are no rounding error apart."""
    size = max(abs(low), abs(high))
    if high - low > max(1e-9 * size, 1e-290):
        return low, high
    half = 0.5 * size if size > 1e-290 else 0.5
    return low - half, high + half


def _axes(x: Scale, y: Scale, x_label: str, y_label: str) -> list[Markup]:
    parts = _x_axis(x, y.start, y.stop, x_label)
    for value in ticks(y.low, y.high):
        parts.append(
            element("line", x1=LEFT, x2=WIDTH - RIGHT, y1=y(value), y2=y(value), class_="grid")
        )
        parts.append(_text(_tick(value), LEFT - 5, y(value) + 3.5, anchor="end"))
    middle = (y.start + y.stop) / 2
    parts.append(
        element(
            "text",
            y_label,
            x=0,
            y=0,
            text_anchor="middle",
            transform=f"translate(11 {middle:.0f}) rotate(-90)",
        )
    )
    return parts


def _x_axis(x: Scale, bottom: float, top: float, label: str) -> list[Markup]:
    parts = [element("line", x1=x.start, x2=x.stop, y1=bottom, y2=bottom, class_="axis")]
    for value in ticks(x.low, x.high):
        parts.append(element("line", x1=x(value), x2=x(value), y1=bottom, y2=top, class_="grid"))
        parts.append(_text(_tick(value), x(value), bottom + 14, anchor="middle"))
    return [*parts, _text(label, (x.start + x.stop) / 2, bottom + 30, anchor="middle")]


def _text(text: str, x: float, y: float, *, anchor: str = "start") -> Markup:
    return element("text", text, x=x, y=y, text_anchor=anchor)


def _thinned(points: Sequence[tuple[float, float]]) -> Sequence[tuple[float, float]]:
    if len(points) <= MAX_POINTS:
        return points
    chosen = {round(i * (len(points) - 1) / (MAX_POINTS - 1)) for i in range(MAX_POINTS)}
    return [points[i] for i in sorted(chosen)]
