"""Drop-in replacements for scikit-learn's `MLPClassifier` and `MLPRegressor`."""

from glassnet.estimators.mlp.classifier import MLPClassifier
from glassnet.estimators.mlp.regressor import MLPRegressor

__all__ = ["MLPClassifier", "MLPRegressor"]
