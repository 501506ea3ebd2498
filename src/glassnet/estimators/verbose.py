"""The lines that `verbose=True` asks for."""

from __future__ import annotations

from contextlib import suppress


def say(line: str) -> None:
    """Print a line; where standard output is closed or full, training matters more."""
    with suppress(OSError, ValueError):
        print(line, flush=True)  # noqa: T201 - asked for by verbose
