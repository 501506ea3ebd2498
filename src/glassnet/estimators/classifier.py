"""`GlassNetClassifier`: a neural network for classification with scikit-learn's interface."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self, cast

import numpy as np
from sklearn.utils import Tags, check_array, column_or_1d
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets, type_of_target

from glassnet.data.coding.target import Target
from glassnet.data.coding.target_arrays import exact_labels, refuse_missing
from glassnet.engines.exclusive_use import exclusive_use
from glassnet.errors import DataError
from glassnet.estimators.base import Array, NetworkEstimator, supports_partial_fit
from glassnet.estimators.documentation import documented_by
from glassnet.estimators.parameters import NetworkParameters
from glassnet.estimators.scoring import IGNORE_OVERFLOW, ClassifierScore
from glassnet.losses import Softmax


@documented_by(NetworkParameters)
@dataclass(kw_only=True, eq=False, repr=False)
class GlassNetClassifier(ClassifierScore, NetworkEstimator):
    """A neural network for classification, with scikit-learn's interface.

    It takes raw data: numbers are scaled, categories are coded, missing values are filled and
    marked. The target is binary, multiclass, or multilabel (y a matrix of 0 and 1). A parameter
    that is None is chosen from the data; `model_.training["plan"]` records the choice.

    Parameters
    ----------
    loss : str or loss, optional
        None is "logistic" for two classes and for several labels, and "softmax" for more classes.
    calibrate : bool, optional
        Hold out rows that calibrate the probabilities (by a temperature): half of those held out
        for early stopping. None does so if the recipe does and rows are held out at all.
    label_smoothing : float, optional
        Share of each label that is spread over all classes.
    class_weight : {"balanced"} or mapping, optional
        A weight for each label; "balanced" gives every class the same total weight.

    Attributes
    ----------
    classes_ : ndarray
        The labels in the order of the columns of `predict_proba`; for a multilabel target the
        numbers of its columns.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from glassnet import GlassNetClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> classifier = GlassNetClassifier(hidden_layer_sizes=16, random_state=0).fit(X, y)
    >>> classifier.predict(X[:2])
    array([0, 0])
    >>> classifier.score(X, y) > 0.9
    True
    """

    label_smoothing: float | None = None
    class_weight: str | Mapping[Any, float] | None = None

    @available_if(supports_partial_fit)  # type: ignore[untyped-decorator]
    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Train for one epoch on these rows, from where the last call ended.

        Training continues from the last call of `fit` or `partial_fit` with the state of the
        optimizer. The first call learns the coding of the columns (means, standard deviations,
        categories) and resolves the parameters, so its rows should represent the later ones. The
        learning rate is that of `fit`, without a schedule; no rows are held out. The members of an
        ensemble that `fit` trained continue as one network; without a `fit` there is one network.

        Parameters
        ----------
        X, y, sample_weight : as for `fit`
        classes : array, optional
            All labels that any call may contain; required in the first call, unless the target is
            multilabel.

        Returns
        -------
        self
        """
        with exclusive_use(self):
            if (
                classes is None
                and not hasattr(self, "_session")
                and y is not None
                and type_of_target(y) != "multilabel-indicator"
            ):
                raise DataError(
                    "classes must be passed on the first call to partial_fit: all labels that will "
                    "ever come."
                )
            self._partial_fit(X, y, classes, sample_weight)
        return self

    def predict(self, X: Any, members: bool = False) -> Array:
        """Return the most probable label of each row `(n,)`; for multilabel 0 and 1, `(n, k)`.

        Labels have the dtype of `classes_`. With `members` the predictions of each member of the
        ensemble, `(M, n)` or `(M, n, k)`; see `Model.predict`.
        """
        now, table = self._ready(X)
        if now.model_.task == "multilabel":
            return now.model_.predict(table, members)
        P = now.model_.predict_proba(table, members)
        return cast(Array, now.classes_[P.argmax(axis=-1)])

    def predict_proba(self, X: Any, members: bool = False) -> Array:
        """Return the probabilities of the classes `(n, k)`; for multilabel that of each label.

        The columns have the order of `classes_`. With `members` the probabilities of each member
        of the ensemble, `(M, n, k)`; see `Model.predict`.
        """
        now, table = self._ready(X)
        return now.model_.predict_proba(table, members)

    def predict_log_proba(self, X: Any) -> Array:
        """Return the logarithms of `predict_proba`; that of zero is minus infinity."""
        with np.errstate(divide="ignore"):
            return cast(Array, np.log(self.predict_proba(X)))

    @IGNORE_OVERFLOW
    def _check_target(self, y: Any) -> Array:
        y = check_array(
            exact_labels(y),
            accept_sparse="csr",
            ensure_2d=False,
            dtype=None,
            input_name="y",
            estimator=self,
        )
        y = y.toarray() if hasattr(y, "toarray") else y
        refuse_missing(y, [f"y{i}" for i in range(y.shape[1])] if y.ndim == 2 else ["y"])
        check_classification_targets(y)
        kind = type_of_target(y, input_name="y")
        if kind == "multiclass-multioutput":
            raise DataError(
                "y has several columns that hold more than 0 and 1. Several columns are labels "
                "that a row has or has not; for several targets of several classes each, fit one "
                "classifier a column (sklearn.multioutput.MultiOutputClassifier)."
            )
        return cast(Array, y if kind == "multilabel-indicator" else column_or_1d(y, warn=True))

    def _learn_target(
        self, y: Array, names: tuple[str, ...], classes: Any
    ) -> tuple[Target | None, dict[str, Any]]:
        if y.ndim == 2:
            columns = np.arange(y.shape[1])
            return Target.fit(y, names=names, task="multilabel"), {"classes_": columns}
        found = np.unique(y if classes is None else np.asarray(exact_labels(classes)))
        return Target.fit(found, names=names, task="classification"), {"classes_": found}

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        # A setting for one class per row excludes several labels per row.
        tags.classifier_tags.multi_label = (
            self.class_weight is None
            and self.loss != "softmax"
            and not isinstance(self.loss, Softmax)
        )
        return cast(Tags, tags)
