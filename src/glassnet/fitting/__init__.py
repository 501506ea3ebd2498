"""The one road from data to a model."""

from glassnet.fitting.fit import fit
from glassnet.fitting.session import Session

__all__ = ["Session", "fit"]
