"""scikit-learn's `MLPRegressor` on glassnet's engines: change the import, and what it could not do is there too."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Self, cast

import numpy as np
from sklearn.base import _fit_context
from sklearn.utils import column_or_1d
from sklearn.utils._param_validation import HasMethods, StrOptions
from sklearn.utils.validation import check_array, validate_data

from glassnet.activations import GivenActivation
from glassnet.engines.turns import as_it_is, turn_of
from glassnet.estimators.mlp.base import CONSTRAINTS, Array, MultilayerPerceptron
from glassnet.estimators.mlp.targets import Numbers
from glassnet.estimators.scoring import QUIETLY, RegressorScore
from glassnet.losses import LOSSES, Loss, check_own_loss
from glassnet.training.history import Epoch

SCIKIT_LEARN_LOSSES = ("squared_error", "absolute_error", "poisson")
FOR_CLASSES = {name for name, kind in LOSSES.items() if kind().traits.classifies}


class MLPRegressor(RegressorScore, MultilayerPerceptron):
    """Multi-layer perceptron regressor with the interface, the numbers and the quirks of scikit-learn's, and more.

    With the same `random_state` the first weights, the batches and, to rounding, all later weights
    are those of `sklearn.neural_network.MLPRegressor`. Parameters up to `max_fun` are
    scikit-learn's, in its order and with its defaults; those after it change nothing unless they
    are set. The target is taken as it is: scale it, or see `GlassNetRegressor`, which does.

    Parameters
    ----------
    loss : str or loss object
        "squared_error" or "poisson", scikit-learn's own; or "absolute_error", "huber", "quantile",
        "gamma" and objects such as `Quantile((0.1, 0.9))`, whose quantiles are the columns of the
        prediction.
    hidden_layer_sizes, activation, solver, alpha, batch_size, learning_rate, learning_rate_init,
    power_t, max_iter, shuffle, random_state, tol, verbose, warm_start, momentum,
    nesterovs_momentum, early_stopping, validation_fraction, beta_1, beta_2, epsilon,
    n_iter_no_change, max_fun, dropout, clip_norm, callbacks, engine, n_threads
        As for `MLPClassifier`.
    scoring : str, callable or None
        What `early_stopping` watches: a scikit-learn scorer; None is R2, for several quantiles
        minus their loss.

    Attributes
    ----------
    coefs_, intercepts_, loss_, loss_curve_, best_loss_, validation_scores_, best_validation_score_,
    validation_loss_curve_, stopped_early_, n_iter_, t_, n_features_in_, feature_names_in_,
    n_layers_, n_outputs_, out_activation_, model_
        As for `MLPClassifier`.

    Examples
    --------
    >>> from sklearn.datasets import make_regression
    >>> from glassnet import MLPRegressor
    >>> X, y = make_regression(n_samples=200, n_features=20, random_state=1)
    >>> regressor = MLPRegressor(random_state=1, solver="lbfgs", max_iter=2000).fit(X[:150], y[:150])
    >>> regressor.score(X[150:], y[150:]) > 0.8
    True
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **CONSTRAINTS,
        "loss": [
            StrOptions({*SCIKIT_LEARN_LOSSES, *LOSSES} - FOR_CLASSES),
            HasMethods("value_and_gradient"),
            callable,
        ],
    }

    def __init__(
        self,
        loss: str | Loss = "squared_error",
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
        dropout: float = 0.0,
        clip_norm: float | None = None,
        scoring: str | Callable[[Any, Any, Any], float] | None = None,
        callbacks: Callable[[Epoch], Any] | Sequence[Callable[[Epoch], Any]] | None = None,
        engine: str = "auto",
        n_threads: int | None = None,
    ) -> None:
        self.loss = loss
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
        """Train on rows and their numbers, anew or (`warm_start`) from where the last call ended.

        Parameters
        ----------
        X : array or sparse matrix (n, n_features)
        y : array (n,) or (n, m)
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

    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def partial_fit(
        self, X: Any, y: Any, sample_weight: Any = None, X_val: Any = None, y_val: Any = None
    ) -> Self:
        """Train for one epoch on these rows, from where the last call ended, the optimizer's memory included.

        With `solver="lbfgs"`, as in scikit-learn, it goes on with up to `max_iter` iterations on
        these rows.

        Parameters
        ----------
        X, y, sample_weight : as for `fit`
        X_val, y_val : as for `fit`
            With `early_stopping` their score is watched over the calls: in the one in which
            patience runs out the best weights are put back and `stopped_early_` is True.
        """
        with turn_of(self):
            self._fit(X, y, sample_weight, X_val, y_val, incremental=True)
        return self

    def predict(self, X: Any) -> Array:
        """Return the numbers predicted: `(n,)`, or `(n, m)` for several targets or quantiles."""
        now = as_it_is(self)  # another thread may fit it meanwhile
        P = now._loss_predictions(X)  # noqa: SLF001 - its own twin
        return now._target().predictions(P)  # noqa: SLF001

    @QUIETLY
    def _check_input(self, X: Any, y: Any, incremental: bool, reset: bool) -> tuple[Any, Array]:
        X, y = validate_data(
            self,
            X,
            y,
            accept_sparse=["csr", "csc"],
            multi_output=True,
            y_numeric=True,
            dtype=(np.float64, np.float32),
            reset=reset,
        )
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        Y = y.reshape(-1, 1) if y.ndim == 1 else y
        target = self._target()
        loss, n_outputs = target.loss(X.dtype), target.n_raw_scores(Y)
        check_own_loss(
            loss, loss.prepare(Y, n_outputs, X.dtype), n_outputs
        )  # what is refused leaves an earlier fit as it was
        return X, Y

    def _check_target(self, y: Any) -> Array:
        y = check_array(y, ensure_2d=False, dtype="numeric", input_name="y_val", estimator=self)
        return cast(Array, y.reshape(-1, 1) if y.ndim == 1 else y)

    def _target(self) -> Numbers:
        return Numbers(self.loss)
