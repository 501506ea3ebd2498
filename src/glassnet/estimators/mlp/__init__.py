"""scikit-learn's two multi-layer perceptrons, as a translation of its settings and attributes onto glassnet's engines and training."""

from glassnet.estimators.mlp.classifier import MLPClassifier
from glassnet.estimators.mlp.regressor import MLPRegressor

__all__ = ["MLPClassifier", "MLPRegressor"]
