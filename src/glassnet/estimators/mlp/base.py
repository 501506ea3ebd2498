"""Base class of `MLPClassifier` and `MLPRegressor`: fitting and prediction."""

from contextlib import nullcontext
from typing import Any, Self, cast

import numpy as np
from sklearn.base import BaseEstimator, _fit_context, is_regressor
from sklearn.callback import CallbackSupportMixin
from sklearn.utils import Tags, check_consistent_length, check_random_state, column_or_1d
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from glassnet.data.files.arrow import refuse_damaged
from glassnet.data.rows import Rows, checked_weight
from glassnet.data.tables.values import refuse_not_finite
from glassnet.engines.exclusive_use import exclusive_use, shallow_copy
from glassnet.engines.native import warn_not_built
from glassnet.errors import DataError, DivergenceError, SettingError
from glassnet.estimators.callbacks import EpochTasksContext, fit_task
from glassnet.estimators.input import read_validation
from glassnet.estimators.migration import from_sklearn
from glassnet.estimators.mlp import translation
from glassnet.estimators.mlp.parameters import STOCHASTIC, MLPParameters
from glassnet.estimators.mlp.targets import Array, TargetCoding
from glassnet.estimators.mlp.training import begin_curves, train_by_batches, train_by_lbfgs
from glassnet.estimators.mlp.weight_binding import WeightBinding
from glassnet.estimators.scoring import IGNORE_OVERFLOW
from glassnet.layers import Layer
from glassnet.losses import loss_traits
from glassnet.model import Model
from glassnet.network import Network
from glassnet.training.stopping import Epoch


class MultilayerPerceptron(MLPParameters, CallbackSupportMixin, BaseEstimator):
    """Base class of the drop-ins: everything that does not depend on the kind of target.

    Y is an encoded target. The arrays in `coefs_` and `intercepts_` are views of the network; if
    others are assigned, the network takes their values.
    """

    coefs_: list[Array]
    intercepts_: list[Array]
    out_activation_: str
    _binding: WeightBinding

    def _target(self) -> TargetCoding:
        raise NotImplementedError

    def _learn_target(self, y: Array, X: Any, incremental: bool) -> Array:
        """Return Y, or raise an error in scikit-learn's words."""
        raise NotImplementedError

    def _check_target(self, y: Any) -> Array:
        """Return Y of a validation set."""
        raise NotImplementedError

    def _row_weights(self, Y: Array, sample_weight: Any, X: Any) -> Array | None:
        if sample_weight is None:
            return None
        weight = _check_sample_weight(sample_weight, X, dtype=np.float64)
        return translation.usable_weight(weight).astype(X.dtype, copy=False)

    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, X_val: Any = None, y_val: Any = None
    ) -> Self:
        """Train on rows and their targets, from new weights or (`warm_start`) from the last ones.

        Parameters
        ----------
        X : array or sparse matrix (n, n_features)
        y : array (n,) or (n, k)
            Classifiers take labels, or a column of 0 and 1 for each of several labels; regressors
            take a number for each row, or several.
        sample_weight : array (n,), optional
        X_val, y_val : as X and y, optional
            A validation set, whose loss is recorded after each epoch, and which `early_stopping`
            watches instead of held-out rows.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            For invalid input and parameters, and if the weights become infinite or NaN (often
            because the data are not scaled).

        Warns
        -----
        ConvergenceWarning
            If `max_iter` ended the training.
        """
        with exclusive_use(self), fit_task(self, X, y, sample_weight, self.max_iter) as epoch_tasks:
            self._fit(X, y, sample_weight, X_val, y_val, epoch_tasks=epoch_tasks)
        return self

    def _fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        X_val: Any,
        y_val: Any,
        *,
        epoch_tasks: EpochTasksContext | None = None,
    ) -> None:
        """Train until the end, or, without the tasks of `fit`, for one epoch of `partial_fit`."""
        incremental = epoch_tasks is None
        refuse_damaged(X, y, sample_weight, X_val, y_val)
        sizes = translation.hidden_sizes(self.hidden_layer_sizes)
        if self.dropout and self.solver not in STOCHASTIC:
            raise SettingError(
                f"solver={self.solver!r} needs a loss that is the same at every call, which "
                "dropout changes: use 'adam'."
            )
        listeners = translation.listeners(self.callbacks)
        first = not hasattr(self, "coefs_") or (not self.warm_start and not incremental)
        with np.errstate(over="ignore", invalid="ignore"):
            X, y = validate_data(
                self,
                X,
                y,
                accept_sparse=["csr", "csc"],
                multi_output=True,
                y_numeric=is_regressor(self),
                dtype=(np.float64, np.float32),
                reset=first,
            )
            flat = y.ndim == 2 and y.shape[1] == 1
            Y = self._learn_target(column_or_1d(y, warn=True) if flat else y, X, incremental)
        weight = checked_weight(self._row_weights(Y, sample_weight, X), X.shape[0])
        validation = read_validation(X_val, y_val, lambda: self._read_rows(X_val, y_val))
        if incremental and self.early_stopping and validation is None:
            raise ValueError(
                "partial_fit does not support early_stopping=True without rows to stop by, "
                "for a part of each call's rows would be held out anew: give X_val and y_val."
            )
        rng = self._random_state = check_random_state(self.random_state)
        if first:
            self._begin(sizes, X, Y, rng)
        else:
            self._resume()
        if self.engine == "auto":
            warn_not_built()
        of = self, self._binding, self._target(), Rows(X, Y, weight), validation
        try:
            with (
                epoch_tasks(self._snapshot, self._continues)
                if epoch_tasks
                else nullcontext([]) as tasks
            ):
                if self.solver in STOCHASTIC:
                    train_by_batches(*of, [*listeners, *tasks], rng, incremental=incremental)
                else:
                    train_by_lbfgs(*of, [*listeners, *tasks])
        except DivergenceError as error:
            raise DataError(
                "Solver produced non-finite parameter weights. The input data may contain large "
                f"values and need to be preprocessed. In detail: {error}"
            ) from error

    def _continues(self, epoch: Epoch) -> bool:
        """Return whether training continues after this epoch, as far as is known."""
        stop = translation.stopping(self)
        out_of_patience = (
            self.solver in STOCHASTIC
            and stop.exhausted(self._binding.state.waited)
            and not stop.divides(epoch)
        )
        return not out_of_patience and self.n_iter_ < self.max_iter

    def _snapshot(self) -> dict[str, Any]:
        """Return copies of the fitted attributes, which further training does not change."""
        fitted = {
            name: list(value) if isinstance(value, list) else value
            for name, value in vars(self).items()
            if name.endswith("_") and not name.startswith("__")
        }
        weights = {name: [W.copy() for W in fitted[name]] for name in ("coefs_", "intercepts_")}
        return fitted | weights

    def _begin(self, sizes: list[int], X: Any, Y: Array, rng: np.random.RandomState) -> None:
        """Build the network and draw its initial weights."""
        traits = loss_traits(self._target().loss(X.dtype))
        n_outputs = traits.n_raw_scores(Y.shape[1], Y.shape[1])
        layers = translation.layers(sizes, self.activation, self.dropout, n_outputs)  # may raise
        self.n_iter_ = self.t_ = 0
        self.n_outputs_ = n_outputs
        self.out_activation_ = "logistic" if traits.link == "sigmoid" else traits.link
        # SciPy's L-BFGS works in float64, and so do the weights that scikit-learn takes from it.
        dtype = "float64" if self.solver == "lbfgs" else str(X.dtype)
        self._show(self._new_binding(layers, X.shape[1], dtype))
        translation.initialize(self.coefs_, self.intercepts_, self.activation, rng)
        if self.dropout:
            self._binding.seed = int(rng.randint(2**31 - 1))
        if self.solver in STOCHASTIC:
            begin_curves(self)

    def _resume(self) -> None:
        """Update the network if `coefs_`, `intercepts_` or the parameters were changed by hand."""
        last = getattr(self, "_binding", None)
        if last is None or not last.consists_of(self._layers()):
            self._show(self._binding_of_arrays())
            if last is not None:
                self._binding.resume_from(last)
        elif not self._is_bound():
            last.copy_from(self.coefs_, self.intercepts_)
            self._show(last)

    def _show(self, binding: WeightBinding) -> None:
        weights, biases = binding.weights, binding.biases
        # All attributes change at once, because another thread may predict at the same time.
        self.__dict__.update(
            _binding=binding, coefs_=weights, intercepts_=biases, n_layers_=len(weights) + 1
        )

    def _layers(self) -> list[Layer]:
        """Return the layers that `coefs_` and the parameters describe."""
        sizes = [np.shape(W)[1] for W in self.coefs_]
        return translation.layers(sizes[:-1], self.activation, self.dropout, sizes[-1])

    def _new_binding(self, layers: list[Layer], n_features: int, dtype: str) -> WeightBinding:
        network = Network(layers, n_features, seed=None, dtype=dtype)
        return WeightBinding(network, self._target().loss(dtype))

    def _binding_of_arrays(self) -> WeightBinding:
        """Return a new network with the weights in `coefs_` and `intercepts_`."""
        dtype = str(np.result_type(np.float32, *(np.asarray(W).dtype for W in self.coefs_)))
        binding = self._new_binding(self._layers(), np.shape(self.coefs_[0])[0], dtype)
        binding.copy_from(self.coefs_, self.intercepts_)
        return binding

    def _is_bound(self) -> bool:
        """Return whether `coefs_` and `intercepts_` are the arrays of the network."""
        binding = getattr(self, "_binding", None)
        return binding is not None and binding.shares_memory(self.coefs_, self.intercepts_)

    @IGNORE_OVERFLOW
    def _read_rows(self, X: Any, y: Any) -> Rows:
        """Return the rows of a validation set."""
        X = validate_data(
            self, X, accept_sparse=["csr", "csc"], dtype=(np.float64, np.float32), reset=False
        )
        Y = self._check_target(y)
        check_consistent_length(X, Y)
        return Rows(X, Y, None)

    def _answers(self, X: Any) -> tuple[TargetCoding, Array]:
        """Return the target encoder, and probabilities or numbers (n, n_outputs).

        Their dtype is the wider one of X and the weights. Call it on a `shallow_copy`, because
        another thread may fit the estimator.
        """
        check_is_fitted(self)
        refuse_damaged(X)
        with np.errstate(over="ignore", invalid="ignore"):
            X = validate_data(self, X, accept_sparse=["csr", "csc"], reset=False)
        current = self._is_bound() and self._binding.consists_of(self._layers())
        binding = self._binding if current else self._binding_of_arrays()
        narrow = X.dtype.kind == "f" and X.dtype.itemsize <= 4
        Z = binding.raw_scores(X, np.dtype(np.float32 if narrow else np.float64))
        refuse_not_finite(Z)
        return self._target(), binding.loss.predict(Z)

    def predict(self, X: Any) -> Array:
        """Return the predictions, `(n,)`, or `(n, k)` for several labels, targets or quantiles.

        A classifier predicts the most probable label, or 0 and 1 for several labels.
        """
        target, P = shallow_copy(self)._answers(X)  # noqa: SLF001 - a copy of self
        return target.predictions(P)

    @property
    def model_(self) -> Model:
        """The fitted network as a `glassnet.Model`: to save, export, report on, predict rows."""
        check_is_fitted(self)
        return from_sklearn(self)

    def __getstate__(self) -> dict[str, Any]:
        state = cast(dict[str, Any], super().__getstate__())
        if "_binding" in state and self._is_bound():
            state = {**state, "coefs_": None, "intercepts_": None}
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        if state.get("coefs_", ()) is None:  # views lose their base in a pickle
            self._show(self._binding)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "coefs_")

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return cast(Tags, tags)
