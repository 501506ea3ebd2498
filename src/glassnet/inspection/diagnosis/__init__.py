"""Tell what is wrong with a model: evidence is computed once, and a table of rules reads it."""

from glassnet.inspection.diagnosis.apply import Applied, Compared, apply_change
from glassnet.inspection.diagnosis.at_fit import FitDiagnosis, diagnose_fit, diagnose_session
from glassnet.inspection.diagnosis.from_table import RULES, diagnose
from glassnet.inspection.diagnosis.verdict import Change, Diagnosis, Verdict

__all__ = [
    "RULES",
    "Applied",
    "Change",
    "Compared",
    "Diagnosis",
    "FitDiagnosis",
    "Verdict",
    "apply_change",
    "diagnose",
    "diagnose_fit",
    "diagnose_session",
]
