"""Draw charts as SVG: lines, bars, histograms and points.

Colors come from the style of the page; line styles differ too, so that colors are not needed. A
chart is 420 units wide, so that its text is readable on a phone.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from glassnet.report.classes import CalibrationBin
from glassnet.report.markup import Markup, element, name

T = TypeVar("T")

WIDTH, HEIGHT = 420, 260
LEFT, RIGHT, TOP, BOTTOM = 60, 16, 16, 40
#: The maximum number of points of a line; of more, evenly spaced ones are drawn.
MAX_POINTS = 400


@dataclass(frozen=True)
class Line:
    """Points joined by a line; `style` is "first" (solid) or "second" (dashed)."""

    label: str
    points: Sequence[tuple[float, float]]
    style: str


@dataclass(frozen=True)
class Scale:
    """Maps numbers from low to high to coordinates from start to stop."""

    low: float
    high: float
    start: float
    stop: float

    def __call__(self, value: float) -> float:
        """Return the coordinate of a number."""
        return self.start + (self.stop - self.start) * (value - self.low) / (self.high - self.low)


def line_chart(
    lines: Sequence[Line],
    *,
    x_label: str,
    y_label: str,
    alt_text: str,
    mark: tuple[float, str] | None = None,
) -> Markup:
    """Return lines over a common x with a legend, and a vertical mark (x, text) if given."""
    points = [point for line in lines for point in line.points]
    x = _scale([p[0] for p in points], 0.0, LEFT, WIDTH - RIGHT)
    y = _scale([p[1] for p in points], 0.04, HEIGHT - 18 - BOTTOM, TOP)
    parts = _axes(x, y, x_label, y_label)
    if mark:
        at = x(mark[0])
        parts += [
            _segment((at, at), (y.start, y.stop), "mark"),
            _text(mark[1], at, y.stop - 4, anchor="end" if at > WIDTH / 2 else "start"),
        ]
    for i, line in enumerate(lines):
        left = LEFT + i * 150
        parts += [
            _polyline(evenly_chosen(line.points, MAX_POINTS), x, y, line.style),
            _segment((left, left + 24), (HEIGHT - 6, HEIGHT - 6), f"line {line.style}"),
            _text(line.label, left + 30, HEIGHT - 2),
        ]
    return _chart(alt_text, *parts)


def scatter(
    points: Sequence[tuple[float, float]], *, x_label: str, y_label: str, alt_text: str
) -> Markup:
    """Return points, and the diagonal on which both coordinates are equal."""
    both = [value for point in points for value in point]
    x, y = _scale(both, 0.0, LEFT, WIDTH - RIGHT), _scale(both, 0.04, HEIGHT - BOTTOM, TOP)
    dots = [element("circle", cx=x(a), cy=y(b), r=2.5, class_="dot") for a, b in points]
    diagonal = _segment((x(x.low), x(x.high)), (y(y.low), y(y.high)), "mark")
    return _chart(alt_text, *_axes(x, y, x_label, y_label), diagonal, *dots)


def histogram(
    edges: Sequence[float], counts: Sequence[int], *, x_label: str, alt_text: str
) -> Markup:
    """Return bars of the counts between edges, and a mark at 0."""
    x = Scale(edges[0], edges[-1], LEFT, WIDTH - RIGHT)
    y = Scale(0.0, float(max(*counts, 1)) * 1.05, HEIGHT - BOTTOM, TOP)
    parts = _axes(x, y, x_label, "rows")
    for a, b, n in zip(edges[:-1], edges[1:], counts, strict=True):
        if n:
            parts.append(_bar(x(a) + 0.5, y(n), max(x(b) - x(a) - 1.0, 0.5), y(0) - y(n)))
    if edges[0] <= 0.0 <= edges[-1]:
        parts.append(_segment((x(0.0), x(0.0)), (y.start, y.stop), "mark"))
    return _chart(alt_text, *parts)


def reliability(bins: Sequence[CalibrationBin], *, alt_text: str) -> Markup:
    """Return the share of right predictions over their probability; larger points are more rows."""
    x, y = Scale(0.0, 1.0, LEFT, WIDTH - RIGHT), Scale(0.0, 1.0, HEIGHT - BOTTOM, TOP)
    most = max((one.rows for one in bins), default=1)
    known = [
        (one.confidence, one.frequency, one.rows)
        for one in bins
        if one.confidence is not None and one.frequency is not None
    ]
    dots = [
        element("circle", cx=x(a), cy=y(b), r=2.5 + 5.0 * math.sqrt(n / most), class_="dot solid")
        for a, b, n in known
    ]
    return _chart(
        alt_text,
        *_axes(x, y, "mean probability of the predicted class", "share that was right"),
        _segment((x(0.0), x(1.0)), (y(0.0), y(1.0)), "mark"),
        _polyline([(a, b) for a, b, _ in known], x, y, "first"),
        *dots,
    )


def bars(rows: Sequence[tuple[str, float, float, float]], *, x_label: str, alt_text: str) -> Markup:
    """Return a bar from 0 to each value, with a line; rows are (label, value, low, high)."""
    step, left = 20, 150
    bottom = TOP + step * len(rows)
    low, high = min(0.0, *(r[2] for r in rows)), max(0.0, *(r[3] for r in rows))
    x = Scale(*_widened(low, high), left, WIDTH - RIGHT)
    parts = _x_axis(x, bottom, TOP, x_label)
    for i, (label, value, least, most) in enumerate(rows):
        top, start, stop = TOP + step * i + 4, x(min(0.0, value)), x(max(0.0, value))
        parts += [
            _text(name(label, 24), left - 6, top + 9, anchor="end"),
            _bar(start, top, max(stop - start, 0.5), step - 8),
            _segment((x(least), x(most)), (top + 6, top + 6), "whisker"),
        ]
    return _chart(alt_text, *parts, height=bottom + BOTTOM)


def ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Return at most `most` round numbers from low to high, multiples of 1, 2 or 5 x 10^k."""
    span = high - low
    if not math.isfinite(span) or span <= 0.0:
        return [low]
    power = 10.0 ** math.floor(math.log10(span / most))
    step = next(
        (factor * power for factor in (1.0, 2.0, 5.0, 10.0) if span / (factor * power) <= most),
        20.0 * power,
    )
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    decimals = 12 - math.floor(math.log10(step))
    return [round(i * step, decimals) + 0.0 for i in range(first, last + 1)]


def evenly_chosen(values: Sequence[T], most: int) -> Sequence[T]:
    """Return at most `most` evenly spaced values, including the first and the last one."""
    if len(values) <= most:
        return values
    chosen = {round(i * (len(values) - 1) / (most - 1)) for i in range(most)}
    return [values[i] for i in sorted(chosen)]


def _tick_label(value: float) -> str:
    """Return a short text for a round number: 600k, 1.5M."""
    if 1e6 <= abs(value) < 1e9:
        return f"{value / 1e6:g}M"
    return f"{value / 1e3:g}k" if 1e4 <= abs(value) < 1e6 else f"{value:g}"


def _chart(alt_text: str, *parts: Markup, height: int = HEIGHT) -> Markup:
    return element(
        "svg",
        *parts,
        viewBox=f"0 0 {WIDTH} {height}",
        role="img",
        aria_label=alt_text,
        xmlns="http://www.w3.org/2000/svg",
    )


def _scale(values: Sequence[float], room: float, start: float, stop: float) -> Scale:
    """Return a scale that contains all values, with a margin on both sides."""
    low, high = _widened(min(values), max(values)) if values else (0.0, 1.0)
    margin = room * (high - low)
    return Scale(low - margin, high + margin, start, stop)


def _widened(low: float, high: float) -> tuple[float, float]:
    """Return bounds that differ by more than a rounding error."""
    size = max(abs(low), abs(high))
    if high - low > max(1e-9 * size, 1e-290):
        return low, high
    half = 0.5 * size if size > 1e-290 else 0.5
    return low - half, high + half


def _axes(x: Scale, y: Scale, x_label: str, y_label: str) -> list[Markup]:
    parts = _x_axis(x, y.start, y.stop, x_label)
    for value in ticks(y.low, y.high):
        parts += [
            _segment((LEFT, WIDTH - RIGHT), (y(value), y(value)), "grid"),
            _text(_tick_label(value), LEFT - 5, y(value) + 3.5, anchor="end"),
        ]
    turn = f"translate(11 {(y.start + y.stop) / 2:.0f}) rotate(-90)"
    return [*parts, element("text", y_label, x=0, y=0, text_anchor="middle", transform=turn)]


def _x_axis(x: Scale, bottom: float, top: float, label: str) -> list[Markup]:
    parts = [_segment((x.start, x.stop), (bottom, bottom), "axis")]
    for value in ticks(x.low, x.high):
        parts += [
            _segment((x(value), x(value)), (bottom, top), "grid"),
            _text(_tick_label(value), x(value), bottom + 14, anchor="middle"),
        ]
    return [*parts, _text(label, (x.start + x.stop) / 2, bottom + 30, anchor="middle")]


def _segment(xs: tuple[float, float], ys: tuple[float, float], class_: str) -> Markup:
    return element("line", x1=xs[0], x2=xs[1], y1=ys[0], y2=ys[1], class_=class_)


def _polyline(points: Sequence[tuple[float, float]], x: Scale, y: Scale, style: str) -> Markup:
    places = " ".join(f"{x(a):.1f},{y(b):.1f}" for a, b in points)
    return element("polyline", points=places, class_=f"line {style}")


def _bar(x: float, y: float, width: float, height: float) -> Markup:
    return element("rect", x=x, y=y, width=width, height=height, class_="bar")


def _text(text: str, x: float, y: float, *, anchor: str = "start") -> Markup:
    return element("text", text, x=x, y=y, text_anchor=anchor)
