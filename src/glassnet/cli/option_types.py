"""Parse and check option values such as layer sizes and durations."""

import math
import re
from typing import Any

import click

from glassnet.errors import did_you_mean

_SPAN = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?(s|m|h)?")
_UNITS = {None: 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}


def refuse(is_wrong: object, message: str, option: str | None = None) -> None:
    """Raise a usage error, optionally for an option such as "-o", if a condition holds."""
    if is_wrong and option:
        raise click.BadParameter(message, param_hint=f"'{option}'")
    if is_wrong:
        raise click.UsageError(message)


def layer_sizes(text: str) -> tuple[int, ...]:
    """Parse the units of each hidden layer: `64`, `256,256`, or `none` for a linear model."""
    if text.strip().lower() == "none":
        return ()
    try:
        sizes = tuple(map(int, text.split(",")))
    except ValueError:
        sizes = (0,)
    if min(sizes) < 1:
        raise click.BadParameter(
            f"{text!r} is not a list of units: write 256,256 for two hidden layers, or none for a "
            "linear model."
        )
    return sizes


def column_kind(text: str) -> tuple[str, str]:
    """Parse a column and its kind, `zip=category`; a name may contain `=`: the last one counts."""
    from glassnet.data.tables.schema import KINDS

    column, _, kind = text.rpartition("=")
    if not column:
        raise click.BadParameter(
            f"{text!r} names no column and kind: write zip=category, for example."
        )
    if kind not in KINDS:
        raise click.BadParameter(
            f"{kind!r} is not a kind of column: expected one of "
            f"{', '.join(KINDS)}.{did_you_mean(kind, KINDS)}"
        )
    return column, kind


def time_span(text: str) -> float:
    """Parse a duration in seconds: `30`, `30s`, `5m`, `1.5h`."""
    found = _SPAN.fullmatch(text.strip())
    seconds = float(found[1]) * _UNITS[found[2]] if found else 0.0
    if not 0.0 < seconds < math.inf:
        raise click.BadParameter(
            f"{text!r} is not a span of time: write 30 or 30s for seconds, 5m for minutes, 1h for "
            "hours."
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
