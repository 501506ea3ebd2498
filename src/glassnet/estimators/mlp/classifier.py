"""`MLPClassifier`: a drop-in replacement for scikit-learn's class, with additional options."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self, cast

import numpy as np
from sklearn.base import _fit_context
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils import Tags, column_or_1d
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import _check_partial_fit_first_call, type_of_target, unique_labels
from sklearn.utils.validation import check_array

from glassnet.answers import both_classes
from glassnet.engines.exclusive_use import exclusive_use, shallow_copy
from glassnet.errors import DataError
from glassnet.estimators.documentation import documented_by
from glassnet.estimators.mlp import translation
from glassnet.estimators.mlp.base import MultilayerPerceptron
from glassnet.estimators.mlp.parameters import CONSTRAINTS, STOCHASTIC, MLPParameters
from glassnet.estimators.mlp.targets import Array, LabelCoding
from glassnet.estimators.scoring import ClassifierScore


def supports_partial_fit(estimator: Any) -> bool:
    """Return True if the solver trains by batches, else raise the error for `available_if`."""
    if estimator.solver not in STOCHASTIC:
        raise AttributeError(
            f"partial_fit is only available for stochastic optimizers. {estimator.solver} is not "
            "stochastic."
        )
    return True


@documented_by(MLPParameters)
@dataclass(eq=False, repr=False)
class MLPClassifier(ClassifierScore, MultilayerPerceptron):
    """Multi-layer perceptron classifier with the interface and the numbers of scikit-learn's.

    With the same `random_state` the initial weights, the batches and, to rounding, all later
    weights are those of `sklearn.neural_network.MLPClassifier`. Parameters up to `max_fun` are
    scikit-learn's, in its order and with its defaults; those after it change nothing unless they
    are set. For stronger models without settings see `GlassNetClassifier`.

    Parameters
    ----------
    class_weight : {"balanced"}, mapping from labels to numbers, or None
        Weights of the classes, multiplied with those of the rows.

    Attributes
    ----------
    classes_ : ndarray, or list of ndarray
        The labels.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from glassnet import MLPClassifier
    >>> X, y = make_classification(n_samples=100, random_state=1)
    >>> classifier = MLPClassifier(random_state=1, max_iter=300).fit(X[:75], y[:75])
    >>> classifier.predict(X[75:78]).tolist()
    [1, 0, 1]
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **CONSTRAINTS,
        "class_weight": [dict, Mapping, StrOptions({"balanced"}), None],
    }

    loss: str = field(default="log_loss", init=False)  # not a parameter, as in scikit-learn
    class_weight: str | Mapping[Any, float] | None = field(default=None, kw_only=True)

    @available_if(supports_partial_fit)  # type: ignore[untyped-decorator]
    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def partial_fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        classes: Any = None,
        X_val: Any = None,
        y_val: Any = None,
    ) -> Self:
        """Train for one epoch on these rows, from where the last call ended.

        Training continues with the state of the optimizer.

        Parameters
        ----------
        X, y, sample_weight : as for `fit`
        classes : array, required in the first call
            All labels that any call may contain.
        X_val, y_val : as for `fit`
            With `early_stopping` their score is watched over the calls: in the call in which
            patience runs out the best weights are restored and `stopped_early_` is True.
        """
        with exclusive_use(self):
            if _check_partial_fit_first_call(self, classes):
                self._label_binarizer = LabelBinarizer().fit(
                    y if type_of_target(y).startswith("multilabel") else classes
                )
            self._fit(X, y, sample_weight, X_val, y_val)
        return self

    def predict_proba(self, X: Any) -> Array:
        """Return the probability of each class `(n, k)`, in the order of `classes_`.

        For several labels per row that of each label.
        """
        return both_classes(shallow_copy(self)._answers(X)[1])  # noqa: SLF001 - a copy of self

    def predict_log_proba(self, X: Any) -> Array:
        """Return the logarithms of `predict_proba`."""
        P = self.predict_proba(X)
        return cast(Array, np.log(P, out=P))

    def _learn_target(self, y: Array, X: Any, incremental: bool) -> Array:
        if not hasattr(self, "classes_") or (not self.warm_start and not incremental):
            self._label_binarizer = LabelBinarizer().fit(y)
            self.classes_ = self._label_binarizer.classes_
        else:
            self._refuse_other_classes(unique_labels(y))
        return self._target().encode(y)

    def _refuse_other_classes(self, new_classes: Array) -> None:
        if self.warm_start:
            if set(new_classes) != set(self.classes_):
                raise DataError(
                    "warm_start can only be used where `y` has the same classes as in the previous "
                    f"call to fit. Previously got {self.classes_}, `y` has {new_classes}"
                )
        elif len(np.setdiff1d(new_classes, self.classes_, assume_unique=True)):
            raise DataError(
                f"`y` has classes not in `self.classes_`. `self.classes_` has {self.classes_}. 'y' "
                f"has {new_classes}."
            )

    def _check_target(self, y: Any) -> Array:
        y = check_array(
            y, accept_sparse="csr", ensure_2d=False, dtype=None, input_name="y_val", estimator=self
        )
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y)
        unknown = np.setdiff1d(unique_labels(y), self.classes_)
        if len(unknown):
            raise DataError(
                f"the classes of y_val must be in {self.classes_}, the classes of y, got {unknown}."
            )
        return self._target().encode(y)

    def _target(self) -> LabelCoding:
        return LabelCoding(self._label_binarizer)

    def _row_weights(self, Y: Array, sample_weight: Any, X: Any) -> Array | None:
        weight = super()._row_weights(Y, sample_weight, X)
        if self.class_weight is None:
            return weight
        target = self._target()
        if target.task == "multilabel":
            raise DataError(
                "class_weight needs a y with one class for each row, got one with several labels: "
                "use sample_weight."
            )
        found, indices = np.unique(target.truth(Y), return_inverse=True)
        with np.errstate(divide="ignore"):  # a class whose rows weigh nothing
            factors = compute_class_weight(
                self.class_weight, classes=found, y=found[indices], sample_weight=weight
            )
        of_class = np.where(np.isfinite(factors), factors, 1.0)[indices]
        return translation.usable_weight(of_class if weight is None else weight * of_class)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = self.class_weight is None
        return cast(Tags, tags)
