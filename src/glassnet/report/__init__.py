"""Evaluation of a model on rows it has not seen: scores, baselines, and the HTML report."""

from glassnet.report.evaluation import Evaluation, Rival, evaluation_schema
from glassnet.report.importances import Importances, permutation_importances
from glassnet.report.page import report_page, write_report
from glassnet.report.scoring import evaluate, evaluate_with_baselines, held_out_scores

__all__ = [
    "Evaluation",
    "Importances",
    "Rival",
    "evaluate",
    "evaluate_with_baselines",
    "evaluation_schema",
    "held_out_scores",
    "permutation_importances",
    "report_page",
    "write_report",
]
