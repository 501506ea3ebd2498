"""`GlassNetRegressor`: a neural network for regression with scikit-learn's interface."""

from dataclasses import dataclass
from typing import Any, Self, cast

import numpy as np
from sklearn.utils import Tags, check_array
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from glassnet.data.coding.target import Target
from glassnet.engines.exclusive_use import exclusive_use
from glassnet.errors import SettingError
from glassnet.estimators.base import Array, NetworkEstimator, supports_partial_fit
from glassnet.estimators.documentation import documented_by
from glassnet.estimators.parameters import NetworkParameters
from glassnet.estimators.scoring import IGNORE_OVERFLOW, RegressorScore
from glassnet.losses import Quantile


@documented_by(NetworkParameters)
@dataclass(kw_only=True, eq=False, repr=False)
class GlassNetRegressor(RegressorScore, NetworkEstimator):
    """A neural network for regression, with scikit-learn's interface.

    It takes raw data: numbers and the target are scaled, categories are coded, missing values are
    filled and marked. It predicts one target, several (y a matrix), or several quantiles of one. A
    parameter that is None is chosen from the data; `model_.training["plan"]` records the choice.

    Parameters
    ----------
    loss : str or loss, optional
        None is "squared"; "absolute", "huber", "quantile", "poisson", "gamma", "tweedie", or an
        object such as `glassnet.losses.Quantile((0.1, 0.5, 0.9))`.
    calibrate : bool, optional
        Hold out rows that calibrate prediction intervals: half of those held out for early
        stopping. None does so if the recipe does and rows are held out at all.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from glassnet import GlassNetRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> regressor = GlassNetRegressor(hidden_layer_sizes=16, random_state=0).fit(X, y)
    >>> regressor.predict(X[:5]).shape
    (5,)
    >>> regressor.score(X, y) > 0.4
    True
    """

    _task = "regression"

    @available_if(supports_partial_fit)  # type: ignore[untyped-decorator]
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train for one epoch on these rows, from where the last call ended.

        Training continues from the last call of `fit` or `partial_fit` with the state of the
        optimizer. The first call learns the coding of the columns and the scale of the target
        (means, standard deviations, categories) and resolves the parameters, so its rows should
        represent the later ones. The learning rate is that of `fit`, without a schedule; no rows
        are held out. The members of an ensemble that `fit` trained continue as one network; without
        a `fit` there is one network. Prediction intervals of an earlier `fit` are dropped, because
        they belong to another network.

        Parameters
        ----------
        X, y, sample_weight : as for `fit`

        Returns
        -------
        self
        """
        with exclusive_use(self):
            self._partial_fit(X, y, None, sample_weight)
        return self

    def predict(self, X: Any, members: bool = False) -> Array:
        """Return the predictions: `(n,)`, or `(n, m)` for several targets or quantiles.

        A regressor that was fitted to a y of shape `(n, 1)` predicts that shape. With `members` the
        predictions of each member of the ensemble, `(M, n)` or `(M, n, m)`; see `Model.predict`.
        """
        now, table = self._ready(X)
        Y = now.model_.predict(table, members)
        is_flat = Y.ndim == 1 + members
        return Y[..., np.newaxis] if is_flat and now._one_column else Y  # noqa: SLF001 - a copy

    def predict_interval(self, X: Any, coverage: float = 0.9) -> Array:
        """Return the lower and upper bounds of prediction intervals, `(n, 2)`.

        For m targets the shape is `(n, m, 2)`. The intervals are calibrated on rows that `fit` held
        out, by conformalized quantile regression, see `glassnet.intervals`: about the share
        `coverage` of new rows from the same source lies within. If all values of y had the same
        sign, the bounds do not cross zero.

        Raises
        ------
        SettingError
            If no rows were held out for calibration (below a hundred rows, with `X_val`, with the
            recipe "plain", or with `calibrate=False`), or if they were too few for this coverage.

        Examples
        --------
        >>> from sklearn.datasets import load_diabetes
        >>> from glassnet import GlassNetRegressor
        >>> X, y = load_diabetes(return_X_y=True)
        >>> regressor = GlassNetRegressor(recipe="fast", calibrate=True, random_state=0)
        >>> low, high = regressor.fit(X[:400], y[:400]).predict_interval(X[400:], coverage=0.8).T
        >>> bool((low < high).all())
        True
        """
        now, table = self._ready(X)
        return now.model_.predict_interval(table, coverage)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return R2, the share of the variance of y that the predictions explain.

        1 is perfect, 0 is no better than predicting the mean.

        Raises
        ------
        SettingError
            For several quantiles, which have no R2.
        """
        check_is_fitted(self)
        loss = self.model_.loss
        if isinstance(loss, Quantile) and len(loss.quantiles) > 1:
            raise SettingError(
                "R2 is for one prediction a row, but this regressor gives the quantiles "
                f"{loss.quantiles}: score each with sklearn.metrics.d2_pinball_score."
            )
        return super().score(X, y, sample_weight=sample_weight)

    @IGNORE_OVERFLOW
    def _check_target(self, y: Any) -> Array:
        return cast(
            Array, check_array(y, ensure_2d=False, dtype="numeric", input_name="y", estimator=self)
        )

    def _learn_target(
        self, y: Array, names: tuple[str, ...], classes: Any
    ) -> tuple[Target | None, dict[str, Any]]:
        return None, {"_one_column": y.ndim == 2 and y.shape[1] == 1}

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return cast(Tags, tags)
