"""Quality against time as SVG: a point and a name for each learner, time logarithmic, down and to
the left being better."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 640, 400
LEFT, RIGHT, TOP, BOTTOM = 64, 110, 20, 44
LINE = 13  # the least distance of two names


@dataclass(frozen=True)
class Point:
    """A learner: seconds, quality, and whether it is ours."""

    name: str
    seconds: float
    value: float
    ours: bool


def quality_against_time(points: Sequence[Point], *, x_label: str, y_label: str, title: str) -> str:
    """The text of an SVG file."""
    low, high = (f(math.log10(p.seconds) for p in points) for f in (min, max))
    start, stop = math.floor(low), max(math.ceil(high), math.floor(low) + 1)
    ticks = nice_ticks(min(p.value for p in points), max(p.value for p in points))

    def x(seconds: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (math.log10(seconds) - start) / (stop - start)

    def y(value: float) -> float:
        return (
            HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (value - ticks[0]) / (ticks[-1] - ticks[0])
        )

    parts = [f"<title>{escape(title)}</title>", '<rect width="100%" height="100%" fill="#fff"/>']
    for power in range(start, stop + 1):
        parts += rule(x(10.0**power), TOP, x(10.0**power), HEIGHT - BOTTOM)
        parts.append(text(f"{10.0**power:g}", x(10.0**power), HEIGHT - BOTTOM + 16, "middle"))
    for tick in ticks:
        parts += rule(LEFT, y(tick), WIDTH - RIGHT, y(tick))
        parts.append(text(f"{tick:g}", LEFT - 6, y(tick) + 4, "end"))
    parts.append(text(x_label, (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, "middle"))
    middle = (TOP + HEIGHT - BOTTOM) / 2
    parts.append(text(y_label, 14, middle, "middle", f' transform="rotate(-90 14 {middle:g})"'))
    for point, height in zip(
        points, heights([(x(p.seconds), y(p.value)) for p in points]), strict=True
    ):
        color = "#c0392b" if point.ours else "#2c5aa0"
        across, down = x(point.seconds), y(point.value)
        parts.append(f'<circle cx="{across:.1f}" cy="{down:.1f}" r="4" fill="{color}"/>')
        if abs(height - down) > 1:
            parts.append(
                f'<path d="M{across:.1f} {down:.1f}L{across + 8:.1f} {height:.1f}" '
                f'stroke="{color}" stroke-width="0.7"/>'
            )
        parts.append(text(point.name, across + 9, height + 4, "start", f' fill="{color}"'))
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" '
        f'font-family="sans-serif" font-size="12" role="img">\n{body}\n</svg>\n'
    )


def nice_ticks(low: float, high: float) -> list[float]:
    """Four to eight or so round numbers that hold low and high between them."""
    span = max(high - low, 1e-9, 1e-3 * abs(high))
    step = 10.0 ** math.floor(math.log10(span / 4))
    step *= next(factor for factor in (1, 2, 5, 10) if span / (step * factor) <= 6)
    first, last = math.floor(low / step), max(math.ceil(high / step), math.floor(low / step) + 1)
    return [round(i * step, 12) for i in range(first, last + 1)]


def heights(places: Sequence[tuple[float, float]]) -> list[float]:
    """Where each name stands: at its point, moved down where it would cover a name beside it."""
    found = [0.0] * len(places)
    taken: list[tuple[float, float]] = []
    for i in sorted(range(len(places)), key=lambda i: places[i][1]):
        across, height = places[i]
        for other, at in sorted(taken, key=lambda place: place[1]):
            if abs(other - across) < RIGHT and abs(at - height) < LINE:
                height = at + LINE
        found[i] = height
        taken.append((across, height))
    return found


def rule(x1: float, y1: float, x2: float, y2: float) -> list[str]:
    """A thin line of the grid."""
    return [f'<path d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}" stroke="#ddd"/>']


def text(words: str, x: float, y: float, anchor: str, more: str = "") -> str:
    """Words at a place."""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{more}>{escape(words)}</text>'
