"""`MLPRegressor`: a drop-in replacement for scikit-learn's class, with additional options."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self, cast

from sklearn.base import _fit_context
from sklearn.utils._param_validation import HasMethods, StrOptions
from sklearn.utils.validation import check_array

from glassnet.engines.exclusive_use import exclusive_use
from glassnet.estimators.documentation import documented_by
from glassnet.estimators.mlp.base import MultilayerPerceptron
from glassnet.estimators.mlp.parameters import CONSTRAINTS, MLPParameters
from glassnet.estimators.mlp.targets import Array, NumberCoding
from glassnet.estimators.scoring import RegressorScore
from glassnet.losses import LOSSES, check_own_loss, loss_traits

SCIKIT_LEARN_LOSSES = ("squared_error", "absolute_error", "poisson")
CLASSIFICATION_LOSSES = {name for name, kind in LOSSES.items() if kind().traits.classifies}


@documented_by(MLPParameters)
@dataclass(eq=False, repr=False)
class MLPRegressor(RegressorScore, MultilayerPerceptron):
    """Multi-layer perceptron regressor with the interface and the numbers of scikit-learn's.

    With the same `random_state` the initial weights, the batches and, to rounding, all later
    weights are those of `sklearn.neural_network.MLPRegressor`. Parameters up to `max_fun` are
    scikit-learn's, in its order and with its defaults; those after it change nothing unless they
    are set. The target is not scaled: scale it, or use `GlassNetRegressor`, which does.

    Parameters
    ----------
    loss : str or loss object
        "squared_error" or "poisson", scikit-learn's own; or "absolute_error", "huber", "quantile",
        "gamma", "tweedie" and objects such as `Quantile((0.1, 0.9))`, whose quantiles are the
        columns of the prediction.
    scoring : str, callable or None
        What `early_stopping` watches: a scikit-learn scorer; None is R2, for several quantiles
        minus their loss.

    Examples
    --------
    >>> from sklearn.datasets import make_regression
    >>> from glassnet import MLPRegressor
    >>> X, y = make_regression(n_samples=200, n_features=20, random_state=1)
    >>> regressor = MLPRegressor(random_state=1, solver="lbfgs", max_iter=2000)
    >>> regressor.fit(X[:150], y[:150]).score(X[150:], y[150:]) > 0.8
    True
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **CONSTRAINTS,
        "loss": [
            StrOptions({*SCIKIT_LEARN_LOSSES, *LOSSES} - CLASSIFICATION_LOSSES),
            HasMethods("value_and_gradient"),
            callable,
        ],
    }

    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def partial_fit(
        self, X: Any, y: Any, sample_weight: Any = None, X_val: Any = None, y_val: Any = None
    ) -> Self:
        """Train for one epoch on these rows, from where the last call ended.

        Training continues with the state of the optimizer. With `solver="lbfgs"`, as in
        scikit-learn, it continues with up to `max_iter` iterations on these rows.

        Parameters
        ----------
        X, y, sample_weight : as for `fit`
        X_val, y_val : as for `fit`
            With `early_stopping` their score is watched over the calls: in the call in which
            patience runs out the best weights are restored and `stopped_early_` is True.
        """
        with exclusive_use(self):
            self._fit(X, y, sample_weight, X_val, y_val)
        return self

    def _learn_target(self, y: Array, X: Any, incremental: bool) -> Array:
        Y = y.reshape(-1, 1) if y.ndim == 1 else y
        loss = self._target().loss(X.dtype)
        n_outputs = loss_traits(loss).n_raw_scores(Y.shape[1])
        # An invalid loss must be refused before the earlier fit is changed.
        check_own_loss(loss, loss.prepare(Y, n_outputs, X.dtype), n_outputs)
        return Y

    def _check_target(self, y: Any) -> Array:
        y = check_array(y, ensure_2d=False, dtype="numeric", input_name="y_val", estimator=self)
        return cast(Array, y.reshape(-1, 1) if y.ndim == 1 else y)

    def _target(self) -> NumberCoding:
        return NumberCoding(self.loss)
