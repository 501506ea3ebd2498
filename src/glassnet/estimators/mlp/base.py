"""What `MLPClassifier` and `MLPRegressor` share: scikit-learn's contract on the outside, glassnet's engines and training inside."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from numbers import Integral, Real
from typing import Any, ClassVar, cast

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.callback import CallbackSupportMixin
from sklearn.utils import Tags, check_consistent_length, check_random_state
from sklearn.utils._param_validation import Interval, Options, StrOptions
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from glassnet.activations import ACTIVATIONS, ActivationFunction
from glassnet.data.coding.weights import checked_weight
from glassnet.data.files.arrow import refuse_damaged
from glassnet.data.finite import refuse_not_finite
from glassnet.engines import ENGINES
from glassnet.engines.native import tell_where_not_built
from glassnet.errors import DataError, DivergenceError, SettingError
from glassnet.estimators.callbacks import EpochTasks
from glassnet.estimators.migration import from_sklearn
from glassnet.estimators.mlp import translation
from glassnet.estimators.mlp.network import Shown
from glassnet.estimators.mlp.targets import TargetCoding
from glassnet.estimators.mlp.training import begin_curves, listeners_of, minimize, train_by_steps
from glassnet.estimators.scoring import QUIETLY
from glassnet.layers import Layer
from glassnet.model import Model
from glassnet.network import Network
from glassnet.training.history import Epoch

Array = np.ndarray[Any, np.dtype[Any]]
Part = tuple[Any, Array, Array | None]

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


class MultilayerPerceptron(CallbackSupportMixin, BaseEstimator):
    """The part of a drop-in that does not care what is predicted; the subclasses hold the parameters.

    The arrays in `coefs_` and `intercepts_` are the network: who puts others there changes what is
    predicted and where training goes on.
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = CONSTRAINTS

    hidden_layer_sizes: Any
    activation: Any
    solver: str
    random_state: Any
    warm_start: bool
    early_stopping: bool
    dropout: float
    engine: str
    coefs_: list[Array]
    intercepts_: list[Array]
    out_activation_: str
    _shown: Shown

    # What the subclasses know of the target. Y is a target as training holds it, see
    # `glassnet.estimators.mlp.targets`.

    def _target(self) -> TargetCoding:
        raise NotImplementedError

    def _check_input(self, X: Any, y: Any, incremental: bool, reset: bool) -> tuple[Any, Array]:
        """Return X and Y, refused in scikit-learn's words where they cannot be used."""
        raise NotImplementedError

    def _check_target(self, y: Any) -> Array:
        """Return Y of validation rows."""
        raise NotImplementedError

    def _row_weights(self, Y: Array, sample_weight: Any, X: Any) -> Array | None:
        if sample_weight is None:
            return None
        weight = _check_sample_weight(sample_weight, X, dtype=np.float64)
        return translation.usable_weight(weight).astype(X.dtype, copy=False)

    # Fitting

    def _fit_as_task(self, X: Any, y: Any, sample_weight: Any, X_val: Any, y_val: Any) -> None:
        """Fit as a task of scikit-learn's callbacks, with one task below it for each epoch."""
        context = self._init_callback_context(max_subtasks=self.max_iter)
        arguments = {
            "X": X,
            "y": y,
            "metadata": {} if sample_weight is None else {"sample_weight": sample_weight},
        }
        context.call_on_fit_task_begin(estimator=self, **arguments)
        tasks = partial(EpochTasks, self, context, arguments, self._fitted_so_far, self._goes_on)
        self._fit(
            X,
            y,
            sample_weight,
            X_val,
            y_val,
            tasks=tasks if getattr(self, "_skl_callbacks", None) else None,
        )
        context.call_on_fit_task_end(estimator=self, **arguments, reconstruction_attributes={})

    def _fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        X_val: Any,
        y_val: Any,
        *,
        incremental: bool = False,
        tasks: Callable[[], EpochTasks] | None = None,
    ) -> None:
        refuse_damaged(X, y, sample_weight, X_val, y_val)
        sizes = translation.hidden_sizes(self.hidden_layer_sizes)
        if self.dropout and self.solver not in STOCHASTIC:
            raise SettingError(
                f"solver={self.solver!r} needs a loss that is the same at every call, which "
                "dropout changes: use 'adam'."
            )
        listeners = listeners_of(self.callbacks)
        first = not hasattr(self, "coefs_") or (not self.warm_start and not incremental)
        X, Y = self._check_input(X, y, incremental, first)
        weight = checked_weight(self._row_weights(Y, sample_weight, X), X.shape[0])
        validation = self._check_validation(X_val, y_val)
        if incremental and self.early_stopping and validation is None:
            raise ValueError(
                "partial_fit does not support early_stopping=True without rows to stop by, "
                "for a part of each call's rows would be held out anew: give X_val and y_val."
            )
        rng = self._random_state = check_random_state(self.random_state)
        if first:
            self._begin(sizes, X, Y, rng)
        else:
            self._go_on()
        if self.engine == "auto":
            tell_where_not_built()
        told = tasks() if tasks else None
        listeners += [told] if told else []
        shown, target, part = self._shown, self._target(), (X, Y, weight)
        try:
            if self.solver in STOCHASTIC:
                train_by_steps(
                    self, shown, target, part, validation, listeners, rng, incremental=incremental
                )
            else:
                minimize(self, shown, target, part, validation, listeners)
        except DivergenceError as error:
            raise DataError(
                "Solver produced non-finite parameter weights. The input data may contain large "
                f"values and need to be preprocessed. In detail: {error}"
            ) from error
        if told:
            told.close()

    def _goes_on(self, epoch: Epoch) -> bool:
        """Say whether training goes on after this epoch, as far as is known."""
        stop = translation.stopping(self)
        impatient = (
            self.solver in STOCHASTIC
            and stop.exhausted(self._shown.state.waited)
            and not stop.divides(epoch)
        )
        return not impatient and self.n_iter_ < self.max_iter

    def _fitted_so_far(self) -> dict[str, Any]:
        """Return the fitted attributes as they are now, which further training does not change."""
        fitted = {
            name: value
            for name, value in vars(self).items()
            if name.endswith("_") and not name.startswith("__")
        }
        copies = {
            name: [array.copy() for array in fitted[name]] for name in ("coefs_", "intercepts_")
        }
        curves = {
            name: list(value)
            for name, value in fitted.items()
            if name not in copies and isinstance(value, list)
        }
        return {**fitted, **curves, **copies}

    def _begin(self, sizes: list[int], X: Any, Y: Array, rng: np.random.RandomState) -> None:
        """Build the network and draw its first weights."""
        target = self._target()
        layers = translation.layers(sizes, self.activation, self.dropout, target.n_raw_scores(Y))
        self.n_iter_ = self.t_ = 0
        self.n_outputs_ = target.n_raw_scores(Y)
        self.out_activation_ = target.out_activation
        # SciPy's L-BFGS works in float64, and so do the weights that scikit-learn takes from it.
        dtype = "float64" if self.solver == "lbfgs" else str(X.dtype)
        self._show(Shown(Network(layers, X.shape[1], seed=None, dtype=dtype), target.loss(dtype)))
        translation.initialize(self.coefs_, self.intercepts_, self.activation, rng)
        if self.dropout:
            self._shown.seed = int(rng.randint(2**31 - 1))
        if self.solver in STOCHASTIC:
            begin_curves(self)

    def _go_on(self) -> None:
        """Let the network be the one that the weights shown and the settings describe, where either was changed by hand."""
        if not hasattr(self, "_shown") or not self._shown.consists_of(self._layers()):
            shown = self._network_of_shown()
            if hasattr(self, "_shown"):
                shown.follow(self._shown)
            self._show(shown)
        elif not self._shown.holds(self.coefs_, self.intercepts_):
            self._shown.take(self.coefs_, self.intercepts_)
            self._show(self._shown)

    def _show(self, shown: Shown) -> None:
        weights, biases = shown.weights, shown.biases  # all at once, for who predicts meanwhile
        self.__dict__.update(
            _shown=shown, coefs_=weights, intercepts_=biases, n_layers_=len(weights) + 1
        )

    def _layers(self) -> list[Layer]:
        """Return the layers that the weights shown and the settings describe."""
        sizes = [np.shape(W)[1] for W in self.coefs_]
        return translation.layers(sizes[:-1], self.activation, self.dropout, sizes[-1])

    def _network_of_shown(self) -> Shown:
        """Return a network of the weights that are shown."""
        dtype = str(np.result_type(np.float32, *(np.asarray(W).dtype for W in self.coefs_)))
        shown = Shown(
            Network(self._layers(), np.shape(self.coefs_[0])[0], seed=None, dtype=dtype),
            self._target().loss(dtype),
        )
        shown.take(self.coefs_, self.intercepts_)
        return shown

    def _is_shown(self) -> bool:
        """Say whether the network has the weights that are shown and is what the settings describe."""
        held = hasattr(self, "_shown") and self._shown.holds(self.coefs_, self.intercepts_)
        return held and self._shown.consists_of(self._layers())

    @QUIETLY
    def _check_validation(self, X_val: Any, y_val: Any) -> Part | None:
        if X_val is None and y_val is None:
            return None
        if X_val is None or y_val is None:
            given, missing = ("X_val", "y_val") if y_val is None else ("y_val", "X_val")
            raise DataError(f"{given} came without {missing}: give both, or neither.")
        try:
            X = validate_data(
                self,
                X_val,
                accept_sparse=["csr", "csc"],
                dtype=(np.float64, np.float32),
                reset=False,
            )
            Y = self._check_target(y_val)
            check_consistent_length(X, Y)
        except ValueError as error:
            raise DataError(f"the validation set (X_val, y_val) does not fit: {error}") from error
        return X, Y, None

    # Prediction

    def _loss_predictions(self, X: Any) -> Array:
        """Return probabilities or numbers (n, n_outputs), in the wider of the dtypes of X and of the weights."""
        check_is_fitted(self)
        refuse_damaged(X)
        with np.errstate(over="ignore", invalid="ignore"):
            X = validate_data(self, X, accept_sparse=["csr", "csc"], reset=False)
        shown = self._shown if self._is_shown() else self._network_of_shown()
        dtype = np.dtype(
            np.float32 if X.dtype.kind == "f" and X.dtype.itemsize <= 4 else np.float64
        )
        Z = shown.raw_scores(X, dtype)
        refuse_not_finite(Z)
        return shown.loss.predict(Z)

    @property
    def model_(self) -> Model:
        """The fitted network as a `glassnet.Model`, which can be saved, reported on, exported and asked row by row."""
        check_is_fitted(self)
        return from_sklearn(self)

    def __getstate__(self) -> dict[str, Any]:
        state = cast(dict[str, Any], super().__getstate__())
        if "_shown" in state and self._shown.holds(self.coefs_, self.intercepts_):
            state = {**state, "coefs_": None, "intercepts_": None}
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        if state.get("coefs_", ()) is None:  # views lose their base in a pickle
            self._show(self._shown)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "coefs_")

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return cast(Tags, tags)
