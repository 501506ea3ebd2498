"""The parameters of `MLPClassifier` and `MLPRegressor`, with their defaults and valid values."""

from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from sklearn.utils._param_validation import Interval, Options, StrOptions

from glassnet.activations import ACTIVATIONS, ActivationFunction, GivenActivation
from glassnet.engines import ENGINES
from glassnet.losses import Loss
from glassnet.training.stopping import Epoch

STOCHASTIC = ("sgd", "adam")
CONSTRAINTS: dict[str, list[Any]] = {
    "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
    "activation": [
        StrOptions({"logistic", *ACTIVATIONS}),
        ActivationFunction,
        callable,
        "array-like",
    ],
    "solver": [StrOptions({"lbfgs", *STOCHASTIC})],
    "alpha": [Interval(Real, 0, None, closed="left")],
    "batch_size": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
    "learning_rate": [StrOptions({"constant", "invscaling", "adaptive"})],
    "learning_rate_init": [Interval(Real, 0, None, closed="neither")],
    "power_t": [Interval(Real, 0, None, closed="left")],
    "max_iter": [Interval(Integral, 1, None, closed="left")],
    "shuffle": ["boolean"],
    "random_state": ["random_state"],
    "tol": [Interval(Real, 0, None, closed="left")],
    "verbose": ["verbose"],
    "warm_start": ["boolean"],
    "momentum": [Interval(Real, 0, 1, closed="both")],
    "nesterovs_momentum": ["boolean"],
    "early_stopping": ["boolean"],
    "validation_fraction": [Interval(Real, 0, 1, closed="left")],
    "beta_1": [Interval(Real, 0, 1, closed="left")],
    "beta_2": [Interval(Real, 0, 1, closed="left")],
    "epsilon": [Interval(Real, 0, None, closed="neither")],
    "n_iter_no_change": [Interval(Integral, 1, None, closed="left"), Options(Real, {np.inf})],
    "max_fun": [Interval(Integral, 1, None, closed="left")],
    "dropout": [Interval(Real, 0, 1, closed="left")],
    "clip_norm": [Interval(Real, 0, None, closed="neither"), None],
    "scoring": [str, callable, None],
    "callbacks": [callable, list, tuple, None],
    "engine": [StrOptions({"auto", *ENGINES})],
    "n_threads": [Interval(Integral, 1, None, closed="left"), None],
}


@dataclass(eq=False, repr=False)
class MLPParameters:
    """Shared parameters of both drop-ins: their signature and documentation.

    Parameters
    ----------
    hidden_layer_sizes : array-like of int, or int
        Units of each hidden layer.
    activation : str, ActivationFunction, or one of these for each hidden layer
        "identity", "logistic", "tanh", "relu", or any other of `glassnet.activations.ACTIVATIONS`.
    solver : {"adam", "sgd", "lbfgs"}
        Adam (Kingma and Ba 2015), stochastic gradient descent with momentum, or SciPy's L-BFGS on
        all rows at once.
    alpha : float
        L2 penalty alpha / 2 |W|^2 on the weights, divided by the number of rows (their total
        weight) in a batch.
    batch_size : int or "auto"
        Rows in a batch; "auto" is min(200, n).
    learning_rate : {"constant", "invscaling", "adaptive"}
        For sgd: constant; divided by (rows seen + 1)^power_t after each epoch; or divided by 5
        whenever patience runs out, down to 1e-6.
    learning_rate_init, power_t : float
        The initial learning rate, and the exponent of "invscaling".
    max_iter : int
        Maximum number of epochs; of iterations for lbfgs.
    shuffle : bool
        Whether each epoch visits the rows in a new order.
    random_state : int, RandomState or None
        Seed of the initial weights, the held-out rows, the shuffles and dropout.
    tol : float
        Improvements below it do not count; for lbfgs the gradient norm at which it converges.
    verbose : bool
        Whether to print the loss of each epoch.
    warm_start : bool
        Whether `fit` continues from the weights of the last `fit`.
    momentum, nesterovs_momentum : float, bool
        Momentum of sgd, and whether it is Nesterov's.
    early_stopping : bool
        Hold out rows, stop when their score no longer improves, and restore the best weights.
        Otherwise the training loss is watched.
    validation_fraction : float
        Fraction of the rows held out.
    beta_1, beta_2, epsilon : float
        Parameters of adam.
    n_iter_no_change : int
        Epochs without improvement that are tolerated.
    max_fun : int
        Maximum number of evaluations of the loss by lbfgs.
    dropout : float
        Dropout rate after each hidden layer.
    clip_norm : float or None
        Maximum norm of the gradient in a step.
    scoring : str, callable or None
        What `early_stopping` watches: a scikit-learn scorer; None is the default score.
    callbacks : callable, sequence of callables, or None
        Called with the `glassnet.Epoch` of each epoch; training ends when one returns True.
    engine : {"auto", "native", "reference"}
        What executes the network.
    n_threads : int or None
        Maximum number of threads of the native engine; None uses as many as are useful. The result
        does not depend on it.

    Attributes
    ----------
    coefs_, intercepts_ : list of ndarray
        Weights (fan_in, fan_out) and biases (fan_out,) of each layer: views of the network, which
        change in further training.
    loss_, loss_curve_, best_loss_ : float, list of float, float or None
        The loss of the last epoch, that of each epoch, and the lowest (None with `early_stopping`).
    validation_scores_, best_validation_score_ : list of float, float; None without `early_stopping`
        The score of each epoch on the validation set, and the best.
    validation_loss_curve_ : list of float or None
        The loss of each epoch on the validation set, without penalty.
    stopped_early_ : bool
        Whether patience ran out.
    n_iter_, t_ : int
        Epochs of the last call, and rows seen in total.
    n_features_in_, feature_names_in_, n_layers_, n_outputs_, out_activation_
        As in scikit-learn.
    model_ : glassnet.Model
        The same network as a model: to save, export, report on, and predict single rows.
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = CONSTRAINTS

    loss: str | Loss = "squared_error"
    hidden_layer_sizes: Any = (100,)
    activation: GivenActivation | Sequence[GivenActivation] = "relu"
    _: KW_ONLY
    solver: str = "adam"
    alpha: float = 0.0001
    batch_size: int | str = "auto"
    learning_rate: str = "constant"
    learning_rate_init: float = 0.001
    power_t: float = 0.5
    max_iter: int = 200
    shuffle: bool = True
    random_state: int | np.random.RandomState | None = None
    tol: float = 1e-4
    verbose: bool = False
    warm_start: bool = False
    momentum: float = 0.9
    nesterovs_momentum: bool = True
    early_stopping: bool = False
    validation_fraction: float = 0.1
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8
    n_iter_no_change: float = 10
    max_fun: int = 15000
    dropout: float = 0.0
    clip_norm: float | None = None
    scoring: str | Callable[[Any, Any, Any], float] | None = None
    callbacks: Callable[[Epoch], Any] | Sequence[Callable[[Epoch], Any]] | None = None
    engine: str = "auto"
    n_threads: int | None = None
