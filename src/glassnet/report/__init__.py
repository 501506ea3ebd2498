"""How good a model is on rows it has not seen, beside the simple models that it has to beat."""

from glassnet.report.baselines import Part
from glassnet.report.comparison import Report, Row, compare, held_out_scores

__all__ = ["Part", "Report", "Row", "compare", "held_out_scores"]
