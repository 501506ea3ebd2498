"""Walk a row through a model: from its cells to the answer and, by backpropagation, back."""

from glassnet.inspection.walk.making import walk_of
from glassnet.inspection.walk.walk import Walk

__all__ = ["Walk", "walk_of"]
