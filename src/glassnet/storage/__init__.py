"""Models on disk: one `.glassnet` file holds all that predicts, as numbers and names, and nothing that runs."""

from glassnet.storage.model_file import check, load, save

__all__ = ["check", "load", "save"]
