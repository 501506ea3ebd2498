"""scikit-learn estimators that train glassnet networks."""

from glassnet.estimators.classifier import GlassNetClassifier
from glassnet.estimators.mlp import MLPClassifier, MLPRegressor
from glassnet.estimators.regressor import GlassNetRegressor

__all__ = ["GlassNetClassifier", "GlassNetRegressor", "MLPClassifier", "MLPRegressor"]
