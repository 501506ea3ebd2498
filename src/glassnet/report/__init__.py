"""How good a model is on rows it has not seen, beside the simple models that it has to beat; and the page that shows it."""

from glassnet.report.evaluation import Evaluation, Rival, evaluation_schema
from glassnet.report.importances import Importances, permutation_importances
from glassnet.report.page import report_page, write_report
from glassnet.report.predictions import Part
from glassnet.report.scoring import evaluate, evaluate_with_baselines, held_out_scores

__all__ = [
    "Evaluation",
    "Importances",
    "Part",
    "Rival",
    "evaluate_with_baselines",
    "evaluate",
    "evaluation_schema",
    "held_out_scores",
    "permutation_importances",
    "report_page",
    "write_report",
]
