"""The records of a diagnosis: a verdict, the one change that it suggests, and all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from glassnet.json_values import json_value

Severity = Literal["error", "warning", "note"]
Number = float | int | str

#: From the worst. An "error" means that the model, or its score, is of no use as it is.
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


@dataclass(frozen=True)
class Change:
    """One setting to change.

    Attributes
    ----------
    setting : a field of `glassnet.Plan` or an argument of `glassnet.fit` ("drop"); "" if the change
        is one of the data or of the program, which `apply` cannot make
    value : the new value
    text : the change in words
    cost : what it costs
    """

    setting: str
    value: Any
    text: str
    cost: str


@dataclass(frozen=True)
class Verdict:
    """Something that is wrong with a model, its training or its data.

    Attributes
    ----------
    code : stable, such as "GN201"
    name : the fault in two or three words
    severity : one of `SEVERITIES`
    text : what was found, with its numbers
    evidence : (name, value) pairs, the numbers that the verdict was made from
    cause : the likely cause
    change : the one setting to change
    """

    code: str
    name: str
    severity: Severity
    text: str
    evidence: tuple[tuple[str, Number], ...]
    cause: str
    change: Change


@dataclass(frozen=True)
class Diagnosis:
    """The verdicts on a model.

    Attributes
    ----------
    n_rows : the number of rows of the table
    verdicts : the worst first
    consequences : verdicts that one of the former explains; their faults likely go away with it
    checked : the codes that were checked
    unchecked : (code, reason) for each that could not be checked
    """

    n_rows: int
    verdicts: tuple[Verdict, ...]
    consequences: tuple[Verdict, ...] = ()
    checked: tuple[str, ...] = ()
    unchecked: tuple[tuple[str, str], ...] = ()

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of the verdicts."""
        return tuple(verdict.code for verdict in self.verdicts)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON values; numbers that are not finite are None."""
        plain: dict[str, Any] = json_value(self)
        return plain

    def __str__(self) -> str:
        lines = [f"{v.code} {v.name} ({v.severity}): {v.text}" for v in self.verdicts]
        return "\n".join(lines) or f"nothing found in {len(self.checked)} checks"
