"""Types of option values beyond text and numbers: layer sizes, column kinds, durations."""

from __future__ import annotations

import math
import re
from typing import Any

import click

from glassnet.errors import did_you_mean

_SPAN = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?(s|m|h)?")
_UNITS = {None: 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}


class Sizes(click.ParamType[tuple[int, ...]]):
    """Units of each hidden layer: `64`, `256,256`, or `none` for a linear model."""

    name = "units"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        """Return the units as whole numbers."""
        if isinstance(value, tuple):
            return value
        if value.strip().lower() == "none":
            return ()
        try:
            sizes = tuple(int(part) for part in value.split(","))
        except ValueError:
            sizes = (0,)
        if min(sizes) < 1:
            self.fail(
                f"{value!r} is no list of units: write 256,256 for two hidden layers, or none for "
                "a linear model.",
                param,
                ctx,
            )
        return sizes


class ColumnKind(click.ParamType[tuple[str, str]]):
    """A column and its kind: `zip=category`. A name may contain `=`: the last one counts."""

    name = "column=kind"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Return the column and its kind."""
        from glassnet.data.tables.schema import KINDS

        if isinstance(value, tuple):
            return value
        column, _, kind = value.rpartition("=")
        if not column:
            self.fail(
                f"{value!r} names no column and kind: write zip=category, for example.", param, ctx
            )
        if kind not in KINDS:
            self.fail(
                f"{kind!r} is no kind of column: expected one of "
                f"{', '.join(KINDS)}.{did_you_mean(kind, KINDS)}",
                param,
                ctx,
            )
        return column, kind


class Span(click.ParamType[float]):
    """A duration in seconds: `30`, `30s`, `5m`, `1.5h`."""

    name = "seconds"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the seconds."""
        if isinstance(value, float):
            return value
        found = _SPAN.fullmatch(value.strip())
        seconds = float(found[1]) * _UNITS[found[2]] if found else 0.0
        if not 0.0 < seconds < math.inf:
            self.fail(
                f"{value!r} is no span of time: write 30 or 30s for seconds, 5m for minutes, 1h "
                "for hours.",
                param,
                ctx,
            )
        return seconds


class Range(click.FloatRange):
    """A number between bounds; unlike `click.FloatRange` it refuses NaN."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the number."""
        number = float(super().convert(value, param, ctx))
        if math.isnan(number):
            self.fail(f"{value!r} is not a number: write one such as 0.25.", param, ctx)
        return number
