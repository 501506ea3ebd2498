"""The one road from data to a model."""

from glassnet.fitting.from_table import fit
from glassnet.fitting.session import Session

__all__ = ["Session", "fit"]
