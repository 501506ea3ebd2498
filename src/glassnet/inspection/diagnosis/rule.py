"""A rule: a row of a table of verdicts. It reads evidence and finds one fault, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from glassnet.inspection.diagnosis.evidence import Evidence
from glassnet.inspection.diagnosis.verdict import (
    SEVERITIES,
    Change,
    Diagnosis,
    Number,
    Severity,
    Verdict,
)


@dataclass(frozen=True)
class Finding:
    """What a rule found.

    Attributes
    ----------
    evidence : the numbers, by the names that the texts of the rule use
    value : the new value of the setting to change
    severity, setting, change : replace those of the rule if given
    """

    evidence: Mapping[str, Number]
    value: Any = None
    severity: Severity | None = None
    setting: str | None = None
    change: str | None = None


@dataclass(frozen=True)
class Rule:
    """A fault and how it is recognized.

    The texts are format strings of the evidence, and of `value`.

    Attributes
    ----------
    code, name, severity : of the verdict
    needs : fields of `Evidence` without which the rule cannot be checked
    find : reads the evidence, and returns a finding or None
    text : what was found
    cause : the likely cause
    setting : the one setting to change; "" if it is not one of a fit
    change : the change in words
    cost : what the change costs
    after : codes that explain this fault: beside one of them it is a consequence
    """

    code: str
    name: str
    severity: Severity
    needs: tuple[str, ...]
    find: Callable[[Any], Finding | None]
    text: str
    cause: str
    setting: str
    change: str
    cost: str
    after: tuple[str, ...] = ()

    def verdict(self, found: Finding) -> Verdict:
        """Return the verdict on a finding."""
        words = {**found.evidence, "value": found.value}
        setting = self.setting if found.setting is None else found.setting
        change = (found.change or self.change).format(**words)
        return Verdict(
            code=self.code,
            name=self.name,
            severity=found.severity or self.severity,
            text=self.text.format(**words),
            evidence=tuple(found.evidence.items()),
            cause=self.cause,
            change=Change(setting, found.value, change, self.cost),
        )


def judge(evidence: Evidence, rules: Iterable[Rule], n_rows: int) -> Diagnosis:
    """Return what the rules find in the evidence; of cause and consequence, the cause comes first.

    A rule whose evidence is missing is not checked, and the diagnosis says why.
    """
    found, checked, unchecked = [], [], []
    after: dict[str, tuple[str, ...]] = {}
    for rule in rules:
        missing = next((name for name in rule.needs if getattr(evidence, name) is None), None)
        if missing is not None:
            unchecked.append((rule.code, evidence.why_missing(missing)))
            continue
        checked.append(rule.code)
        after[rule.code] = rule.after
        if finding := rule.find(evidence):
            found.append(rule.verdict(finding))
    found.sort(key=lambda verdict: (SEVERITIES.index(verdict.severity), verdict.code))
    codes = {verdict.code for verdict in found}
    leading = tuple(v for v in found if not codes & set(after[v.code]))
    return Diagnosis(
        n_rows,
        leading,
        tuple(v for v in found if v not in leading),
        tuple(checked),
        tuple(unchecked),
    )
