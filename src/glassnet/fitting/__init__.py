"""Fit a model: `prepare` a table, `begin` a session and train it; `fit` does all three."""

from glassnet.fitting.beginning import begin
from glassnet.fitting.from_table import fit
from glassnet.fitting.preparation import prepare
from glassnet.fitting.session import Session
from glassnet.fitting.training_table import Roles, TrainingTable

__all__ = ["Roles", "Session", "TrainingTable", "begin", "fit", "prepare"]
