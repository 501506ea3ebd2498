"""Models on disk: one `.glassnet` file holds all that predicts, as numbers and names, and nothing that runs."""

from glassnet.storage.model_file import load, save

__all__ = ["load", "save"]
