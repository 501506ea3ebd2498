"""scikit-learn's two multi-layer perceptrons, with its parameters, attributes and numbers."""

from glassnet.estimators.mlp.classifier import MLPClassifier
from glassnet.estimators.mlp.regressor import MLPRegressor

__all__ = ["MLPClassifier", "MLPRegressor"]
