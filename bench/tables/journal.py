"""The results: one JSON object a line, appended as each fit ends, so that a stop loses nothing and
what is there is not run again."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

Line = dict[str, Any]
Key = tuple[str, int, str]


def key(line: Line) -> Key:
    """Which fit a line tells of: set, seed, learner."""
    return line["set"], line["seed"], line["learner"]


def read(paths: Sequence[Path]) -> dict[Key, Line]:
    """The lines of all files by their fit; of two lines of one fit the later counts. A last line
    cut off by a stop is left out."""
    found: dict[Key, Line] = {}
    for path in paths:
        rows = path.read_text(encoding="utf-8").split("\n") if path.exists() else []
        for number, row in enumerate(rows, 1):
            try:
                line = json.loads(row) if row.strip() else None
            except json.JSONDecodeError as error:
                if number == len(rows):  # no newline after it
                    continue
                raise ValueError(f"{path}, line {number} is no JSON: {error}") from None
            if line:
                found[key(line)] = line
    return found


def append(path: Path, line: Line) -> None:
    """Add a line. Numbers that are not finite have no place in JSON and none in a result."""
    if bad := [
        name
        for name, value in line.items()
        if isinstance(value, float) and not math.isfinite(value)
    ]:
        line = {name: value for name, value in line.items() if name not in bad} | {
            "failed": f"{', '.join(bad)} not finite"
        }
    text = path.read_bytes() if path.exists() else b""
    cut = b"" if not text or text.endswith(b"\n") else b"\n"
    if cut:  # what a stop cut off goes, so that it is not taken for a line of its own
        path.write_bytes(text[: text.rfind(b"\n") + 1])
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, allow_nan=False) + "\n")
