"""Count the verdicts of the bench: precision and recall with Wilson bounds, by code."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import astuple, dataclass
from typing import ClassVar

from glassnet.inspection.diagnosis import RULES, Diagnosis


@dataclass(frozen=True)
class Line:
    """One run: what was planted, and what was found (codes with severities, consequences)."""

    FIELDS: ClassVar = (
        "half", "planted", "fatal", "table", "magnitude", "seed", "found", "severities",
        "consequences",
    )  # fmt: skip
    half: str
    planted: tuple[str, ...]
    fatal: bool
    table: str
    magnitude: float
    seed: int
    found: tuple[str, ...]
    severities: tuple[str, ...]
    consequences: tuple[str, ...]

    @classmethod
    def of(cls, half, planted, fatal, table, magnitude, seed, diagnosis: Diagnosis) -> Line:
        """Make a line of a diagnosis."""
        severities = tuple(verdict.severity for verdict in diagnosis.verdicts)
        after = tuple(verdict.code for verdict in diagnosis.consequences)
        return cls(half, planted, fatal, table, magnitude, seed, diagnosis.codes, severities, after)

    @classmethod
    def read(cls, cells: dict[str, str]) -> Line:
        """Make a line of the cells of a CSV file."""
        several = (tuple(cells[name].split()) for name in ("found", "severities", "consequences"))
        return cls(
            cells["half"],
            tuple(cells["planted"].split()),
            cells["fatal"] == "True",
            cells["table"],
            float(cells["magnitude"]),
            int(cells["seed"]),
            *several,
        )

    def row(self) -> list[object]:
        """Return it as cells of a CSV file."""
        return [" ".join(v) if isinstance(v, tuple) else v for v in astuple(self)]


def wilson(k: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson 1927)."""
    if n == 0:
        return 0.0, 1.0
    p = k / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def _share(k: int, n: int) -> str:
    low, high = wilson(k, n)
    return f"{k}/{n} = {k / n if n else 0.0:.2f} [{low:.2f}, {high:.2f}]"


def summary(lines: list[Line]) -> str:
    """Return the summary of a half as Markdown."""
    broken = [line for line in lines if line.planted]
    healthy = [line for line in lines if not line.planted]
    hits = sum(code in line.found for line in broken for code in line.planted)
    planted = sum(len(line.planted) for line in broken)
    verdicts = sum(len(line.found) for line in lines)
    fatal = [line for line in broken if line.fatal]
    loud = sum(
        (line.planted[-1], "error") in zip(line.found, line.severities, strict=True)
        for line in fatal
    )
    clean = sum(not line.found for line in healthy)
    alarms = sum("error" in line.severities for line in healthy)
    head = [
        f"- precision: {_share(hits, verdicts)}",
        f"- recall: {_share(hits, planted)}",
        f"- fatal faults named as errors: {_share(loud, len(fatal))}",
        f"- healthy runs without any verdict: {_share(clean, len(healthy))}, {alarms} with errors",
    ]
    rows = [
        "| code | fault | recall | precision | named instead, or beside |",
        "|---|---|---|---|---|",
    ]
    for rule in RULES:
        own = [line for line in broken if rule.code in line.planted]
        named = [line for line in lines if rule.code in line.found]
        right = sum(rule.code in line.planted for line in named)
        other = Counter(code for line in own for code in line.found if code not in line.planted)
        missed = sum(not line.found for line in own)
        also = ", ".join(f"{code} {n}" for code, n in other.most_common())
        also += f"{'; ' if also and missed else ''}{f'nothing {missed}' if missed else ''}"
        found = sum(rule.code in line.found for line in own)
        rows.append(
            f"| {rule.code} | {rule.name} | {_share(found, len(own))} | "
            f"{_share(right, len(named))} | {also} |"
        )
    wrong = Counter(code for line in healthy for code in line.found)
    rows.append(
        f"| | healthy | | | {', '.join(f'{code} {n}' for code, n in wrong.most_common())} |"
    )
    return "\n".join([*head, "", *rows])
