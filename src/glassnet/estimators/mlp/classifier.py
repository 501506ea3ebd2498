"""scikit-learn's `MLPClassifier` on glassnet's engines: change the import, and what it could not do is there too."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Self, cast

import numpy as np
from sklearn.base import _fit_context
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils import Tags, column_or_1d
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import _check_partial_fit_first_call, type_of_target, unique_labels
from sklearn.utils.validation import check_array, validate_data

from glassnet.activations import GivenActivation
from glassnet.engines.turns import as_it_is, turn_of
from glassnet.errors import DataError
from glassnet.estimators.mlp import translation
from glassnet.estimators.mlp.base import CONSTRAINTS, STOCHASTIC, Array, MultilayerPerceptron
from glassnet.estimators.mlp.targets import Labels
from glassnet.estimators.scoring import QUIETLY, ClassifierScore
from glassnet.training.history import Epoch


def takes_steps(estimator: Any) -> bool:
    """Say whether a solver can go on row by row; AttributeError where it cannot, as scikit-learn's `available_if` wants."""
    if estimator.solver not in STOCHASTIC:
        raise AttributeError(
            f"partial_fit is only available for stochastic optimizers. {estimator.solver} is not "
            "stochastic."
        )
    return True


class MLPClassifier(ClassifierScore, MultilayerPerceptron):
    """Multi-layer perceptron classifier with the interface, the numbers and the quirks of scikit-learn's, and more.

    With the same `random_state` the first weights, the batches and, to rounding, all later weights
    are those of `sklearn.neural_network.MLPClassifier`. Parameters up to `max_fun` are
    scikit-learn's, in its order and with its defaults; those after it change nothing unless they
    are set. For stronger models without settings see `GlassNetClassifier`.

    Parameters
    ----------
    hidden_layer_sizes : array-like of int, or int
        Units of each hidden layer.
    activation : str, ActivationFunction, or one of these for each hidden layer
        "identity", "logistic", "tanh", "relu", or any other of `glassnet.activations.ACTIVATIONS`.
    solver : {"adam", "sgd", "lbfgs"}
        Kingma and Ba 2015; stochastic gradient descent with momentum; SciPy's L-BFGS on all rows at
        once.
    alpha : float
        L2 penalty alpha / 2 |W|^2 on the weights, divided by the rows (their total weight) of a
        batch.
    batch_size : int or "auto"
        Rows to a step; "auto" is min(200, n).
    learning_rate : {"constant", "invscaling", "adaptive"}
        For sgd: as it is; divided by (rows seen + 1)^power_t after each epoch; divided by 5
        whenever patience runs out, down to 1e-6.
    learning_rate_init, power_t : float
        The first rate, and the exponent of "invscaling".
    max_iter : int
        Epochs at most; iterations for lbfgs.
    shuffle : bool
        Visit the rows in a new order in each epoch.
    random_state : int, RandomState or None
        Of the first weights, the rows held out, the orders and dropout.
    tol : float
        Gains below it do not count; for lbfgs the largest gradient it ends at.
    verbose : bool
        Print the loss of each epoch.
    warm_start : bool
        `fit` goes on from the weights of the last `fit`.
    momentum, nesterovs_momentum : float, bool
        Of sgd.
    early_stopping : bool
        Hold rows out, stop when their score no longer gains, and put the best weights back;
        otherwise the training loss is watched.
    validation_fraction : float
        Share of the rows held out.
    beta_1, beta_2, epsilon : float
        Of adam.
    n_iter_no_change : int
        Epochs without gain that are still borne.
    max_fun : int
        Evaluations of lbfgs at most.
    class_weight : {"balanced"}, mapping from labels to numbers, or None
        Weights of the classes, multiplied with those of the rows.
    dropout : float
        Share of the units of each hidden layer that a step leaves out by chance.
    clip_norm : float or None
        Longest gradient that a step takes.
    scoring : str, callable or None
        What `early_stopping` watches: a scikit-learn scorer; None is the accuracy.
    callbacks : callable, sequence of callables, or None
        Called with the `glassnet.Epoch` of each epoch; training ends when one returns True.
    engine : {"auto", "native", "reference"}
        What executes the network.
    n_threads : int or None
        Threads of the native engine at most; None is as many as help. The result does not depend on
        it.

    Attributes
    ----------
    classes_ : ndarray, or list of ndarray
        The labels.
    coefs_, intercepts_ : list of ndarray
        Weights (fan_in, fan_out) and biases (fan_out,) of each layer: views into the network, which
        follow further training.
    loss_, loss_curve_, best_loss_ : float, list of float, float or None
        The loss of the last epoch, of each, and the lowest (None with `early_stopping`).
    validation_scores_, best_validation_score_ : list of float, float; None without `early_stopping`
        The score of each epoch on the rows held out, and the best.
    validation_loss_curve_ : list of float or None
        The loss of each epoch on the rows held out or given, without penalty.
    stopped_early_ : bool
        Whether patience ran out.
    n_iter_, t_ : int
        Epochs of the last call, and rows seen in all.
    n_features_in_, feature_names_in_, n_layers_, n_outputs_, out_activation_
        As in scikit-learn.
    model_ : glassnet.Model
        The same network as a model, to be saved, exported, reported on and asked row by row.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from glassnet import MLPClassifier
    >>> X, y = make_classification(n_samples=100, random_state=1)
    >>> classifier = MLPClassifier(random_state=1, max_iter=300).fit(X[:75], y[:75])
    >>> classifier.predict(X[75:78]).tolist()
    [1, 0, 1]
    """

    loss: ClassVar[str] = "log_loss"
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **CONSTRAINTS,
        "class_weight": [dict, Mapping, StrOptions({"balanced"}), None],
    }

    def __init__(
        self,
        hidden_layer_sizes: Any = (100,),
        activation: GivenActivation | Sequence[GivenActivation] = "relu",
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: int | str = "auto",
        learning_rate: str = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: int | np.random.RandomState | None = None,
        tol: float = 1e-4,
        verbose: bool = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: float = 10,
        max_fun: int = 15000,
        class_weight: str | Mapping[Any, float] | None = None,
        dropout: float = 0.0,
        clip_norm: float | None = None,
        scoring: str | Callable[[Any, Any, Any], float] | None = None,
        callbacks: Callable[[Epoch], Any] | Sequence[Callable[[Epoch], Any]] | None = None,
        engine: str = "auto",
        n_threads: int | None = None,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.max_fun = max_fun
        self.class_weight = class_weight
        self.dropout = dropout
        self.clip_norm = clip_norm
        self.scoring = scoring
        self.callbacks = callbacks
        self.engine = engine
        self.n_threads = n_threads

    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, X_val: Any = None, y_val: Any = None
    ) -> Self:
        """Train on rows and their labels, anew or (`warm_start`) from where the last call ended.

        Parameters
        ----------
        X : array or sparse matrix (n, n_features)
        y : array (n,) of labels, or (n, k) of 0 and 1 for labels that may go together
        sample_weight : array (n,), optional
        X_val, y_val : as X and y, optional
            Rows whose loss is noted after each epoch, and which `early_stopping` watches instead of
            holding some out.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            For input and parameters that do not fit, and where the weights leave the finite numbers
            (unscaled data, as a rule).

        Warns
        -----
        ConvergenceWarning
            When `max_iter` ended the training.
        """
        with turn_of(self):
            self._fit_as_task(X, y, sample_weight, X_val, y_val)
        return self

    @available_if(takes_steps)  # type: ignore[untyped-decorator]
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
        """Train for one epoch on these rows, from where the last call ended, the optimizer's memory included.

        Parameters
        ----------
        X, y, sample_weight : as for `fit`
        classes : array, needed in the first call
            All labels that will ever come.
        X_val, y_val : as for `fit`
            With `early_stopping` their score is watched over the calls: in the one in which
            patience runs out the best weights are put back and `stopped_early_` is True.
        """
        with turn_of(self):
            if _check_partial_fit_first_call(self, classes):
                self._label_binarizer = LabelBinarizer().fit(
                    y if type_of_target(y).startswith("multilabel") else classes
                )
            self._fit(X, y, sample_weight, X_val, y_val, incremental=True)
        return self

    def predict(self, X: Any) -> Array:
        """Return the likeliest label of each row `(n,)`; for labels that may go together 0 and 1, `(n, k)`."""
        now = as_it_is(self)  # another thread may fit it meanwhile
        P = now._loss_predictions(X)  # noqa: SLF001 - its own twin
        return now._target().predictions(P)  # noqa: SLF001

    def predict_proba(self, X: Any) -> Array:
        """Return the probability of each class `(n, k)`, in the order of `classes_`; of each label by itself where they may go together."""
        now = as_it_is(self)  # another thread may fit it meanwhile
        P = now._loss_predictions(X)  # noqa: SLF001 - its own twin
        return now._target().probabilities(P)  # noqa: SLF001

    def predict_log_proba(self, X: Any) -> Array:
        """Return the logarithms of `predict_proba`."""
        P = self.predict_proba(X)
        return cast(Array, np.log(P, out=P))

    @QUIETLY
    def _check_input(self, X: Any, y: Any, incremental: bool, reset: bool) -> tuple[Any, Array]:
        X, y = validate_data(
            self,
            X,
            y,
            accept_sparse=["csr", "csc"],
            multi_output=True,
            dtype=(np.float64, np.float32),
            reset=reset,
        )
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        if not hasattr(self, "classes_") or (not self.warm_start and not incremental):
            self._label_binarizer = LabelBinarizer().fit(y)
            self.classes_ = self._label_binarizer.classes_
        else:
            self._refuse_other_classes(unique_labels(y))
        return X, self._target().encode(y)

    def _refuse_other_classes(self, came: Array) -> None:
        if self.warm_start:
            if set(came) != set(self.classes_):
                raise DataError(
                    "warm_start can only be used where `y` has the same classes as in the previous "
                    f"call to fit. Previously got {self.classes_}, `y` has {came}"
                )
        elif len(np.setdiff1d(came, self.classes_, assume_unique=True)):
            raise DataError(
                f"`y` has classes not in `self.classes_`. `self.classes_` has {self.classes_}. 'y' "
                f"has {came}."
            )

    def _check_target(self, y: Any) -> Array:
        y = check_array(
            y, accept_sparse="csr", ensure_2d=False, dtype=None, input_name="y_val", estimator=self
        )
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y)
        unknown = np.setdiff1d(unique_labels(y), self.classes_)
        if len(unknown):
            raise DataError(f"y_val has classes {unknown} that y has not: {self.classes_}.")
        return self._target().encode(y)

    def _target(self) -> Labels:
        return Labels(self._label_binarizer)

    def _row_weights(self, Y: Array, sample_weight: Any, X: Any) -> Array | None:
        weight = super()._row_weights(Y, sample_weight, X)
        if self.class_weight is None:
            return weight
        target = self._target()
        if target.task == "multilabel":
            raise DataError(
                "class_weight is for one class a row, but y has several labels that may go "
                "together: use sample_weight."
            )
        found, places = np.unique(target.truth(Y), return_inverse=True)
        with np.errstate(divide="ignore"):  # a class whose rows weigh nothing
            factors = compute_class_weight(
                self.class_weight, classes=found, y=found[places], sample_weight=weight
            )
        of_class = np.where(np.isfinite(factors), factors, 1.0)[places]
        return translation.usable_weight(of_class if weight is None else weight * of_class)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = self.class_weight is None
        return cast(Tags, tags)
