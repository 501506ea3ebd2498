"""The regressor: numbers in, numbers out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Self, cast

import numpy as np
from sklearn.callback import with_callbacks
from sklearn.utils import Tags, check_array
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from glassnet.activations import GivenActivation
from glassnet.data.coding.target import Target
from glassnet.engines.turns import as_it_is, turn_of
from glassnet.errors import SettingError
from glassnet.estimators.base import Array, NetworkEstimator, takes_steps
from glassnet.estimators.scoring import QUIETLY, RegressorScore
from glassnet.losses import Loss, Quantile
from glassnet.optimizers import LBFGS, Optimizer
from glassnet.schedules import ReduceOnPlateau, Schedule
from glassnet.training.recipes import Recipe


class GlassNetRegressor(RegressorScore, NetworkEstimator):
    """A neural network that predicts numbers, with scikit-learn's interface.

    It takes data as they are: numbers and the target are scaled, categories coded, gaps filled and
    marked. One target, several (y a matrix), or several quantiles of one. A parameter that is None
    is chosen from the data; `model_.training["plan"]` tells the choice.

    Parameters
    ----------
    recipe : str or Recipe
        What is chosen where the parameters below say nothing: "plain", "fast", "standard" or
        "best", see `glassnet.training.recipes`.
    hidden_layer_sizes : int or sequence of int, optional
        Units of each hidden layer; `()` is a linear model.
    activation : str, activation function or a sequence of them, optional
        Of the hidden layers: one, or one for each; a function of your own returns (A, slope).
    dropout : float, optional
        Rate after each hidden layer.
    normalization : {"none", "batch", "layer"}, optional
        What stands between a hidden layer's weights and its activation.
    loss : str or loss, optional
        "squared" where None, "absolute", "huber", "quantile", "poisson", "gamma", or an object such
        as `glassnet.losses.Quantile((0.1, 0.5, 0.9))`.
    optimizer : str or optimizer, optional
        "adam", "adamw", "sgd", "rmsprop", "lbfgs", or an object such as
        `glassnet.SGD(0.1, momentum=0.9)`.
    learning_rate : float, optional
        The rate that the schedule multiplies; None is 0.005 where the optimizer is chosen too, else
        the optimizer's own.
    schedule : str or schedule, optional
        How the rate changes over the run of `fit`: "cosine", "one_cycle", "coslog4" and others.
    dropout_schedule, decay_schedule : str or schedule, optional
        How dropout, and weight decay and the penalties, change over the run of `fit`: "flat_cosine"
        and others; None is constant.
    batch_size : int, optional
        Rows to a step; more than there are means all.
    max_epochs : int, optional
        Passes over the rows at most.
    early_stopping : bool, optional
        Hold rows out, stop when they no longer gain, keep the best weights; None does so from a
        hundred rows on.
    validation_fraction : float, optional
        Share of the rows held out, where no `X_val` and `y_val` are given; None is a tenth, and up
        to a fifth of few rows.
    patience : int, optional
        Epochs without gain before stopping.
    calibrate : bool, optional
        Hold rows out that calibrate prediction intervals: half of those that would stop the
        training; None does where the recipe says so and rows are held out at all.
    time_limit : float, optional
        Seconds that `fit` may take, up to an epoch: where they are short, schedules run faster to
        their end in fewer epochs, and where even these would be very few, there are fewer members.
        `model_.training["ended"]` is then "time limit".
    scoring : str or callable, optional
        What is watched: None is the loss, else a scikit-learn scorer.
    weight_decay : float, optional
        Decoupled decay of the weights (AdamW).
    l1, l2 : float
        Penalties on the weights, the same for every batch size.
    clip_norm : float, optional
        Longest gradient that an update takes.
    warm_start : bool
        Whether `fit` goes on with the network of the `fit` before, its scaling of columns included.
    dtype : {"float32", "float64"}
        Of the network's numbers in training. Predictions are computed in float64 from either, so a
        row gets the same answer alone and among others.
    random_state : int, RandomState instance or None
        Seed of everything random: the same number gives the same bits, None gives others each time.
    engine : str
        What executes the network: "auto" chooses.
    n_threads : int, optional
        Threads of one fit.
    verbose : bool
        Whether to print the choices made from the data, and some twenty lines on the way.

    Attributes
    ----------
    model_ : Model
        All between a raw table and a prediction; `model_.save(path)` writes it to one file,
        `model_.training` tells how it was trained: the settings, those chosen from the data
        included, the history, and how it ended. It shares its network with the estimator, so
        `partial_fit` changes it.
    network_ : Network
        The network inside, with its parameters by name.
    history_ : dict of str to list
        One list for each field of `glassnet.Epoch`, such as "training_loss" and "validation_loss".
    n_iter_ : int
        Epochs trained.
    n_features_in_ : int
        Columns of X.
    feature_names_in_ : ndarray of str
        Names of the columns of X, where all are text.

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

    _one_column: bool
    _task = "regression"

    def __init__(
        self,
        *,
        recipe: str | Recipe = "standard",
        hidden_layer_sizes: Sequence[int] | int | None = None,
        activation: GivenActivation | Sequence[GivenActivation] | None = None,
        dropout: float | None = None,
        normalization: str | None = None,
        loss: str | Loss | None = None,
        optimizer: str | Optimizer | LBFGS | None = None,
        learning_rate: float | None = None,
        schedule: str | Schedule | ReduceOnPlateau | None = None,
        dropout_schedule: str | Schedule | None = None,
        decay_schedule: str | Schedule | None = None,
        batch_size: int | None = None,
        max_epochs: int | None = None,
        early_stopping: bool | None = None,
        validation_fraction: float | None = None,
        patience: int | None = None,
        calibrate: bool | None = None,
        time_limit: float | None = None,
        scoring: str | Callable[[Any, Any, Any], float] | None = None,
        weight_decay: float | None = None,
        l1: float = 0.0,
        l2: float = 0.0,
        clip_norm: float | None = None,
        warm_start: bool = False,
        dtype: str = "float32",
        random_state: int | np.random.RandomState | None = None,
        engine: str = "auto",
        n_threads: int | None = None,
        verbose: bool = False,
    ) -> None:
        self.recipe = recipe
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.dropout = dropout
        self.normalization = normalization
        self.loss = loss
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.dropout_schedule = dropout_schedule
        self.decay_schedule = decay_schedule
        self.batch_size = batch_size
        self.max_epochs = max_epochs
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.calibrate = calibrate
        self.time_limit = time_limit
        self.scoring = scoring
        self.weight_decay = weight_decay
        self.l1 = l1
        self.l2 = l2
        self.clip_norm = clip_norm
        self.warm_start = warm_start
        self.dtype = dtype
        self.random_state = random_state
        self.engine = engine
        self.n_threads = n_threads
        self.verbose = verbose

    @with_callbacks  # type: ignore[untyped-decorator]
    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, X_val: Any = None, y_val: Any = None
    ) -> Self:
        """Train a network on rows and their numbers.

        Parameters
        ----------
        X : array, sparse matrix or data frame (n, n_features)
            Numbers, gaps (NaN) included; in a data frame and in an array of objects also text,
            categories and booleans.
        y : array (n,) or (n, m)
            One number a row, or several.
        sample_weight : array (n,), optional
            A row of weight 2 counts as two, one of weight 0 as absent.
        X_val, y_val : as X and y, optional
            Rows to stop by, instead of a fraction of X and y.

        Returns
        -------
        self

        Raises
        ------
        DataError, SettingError
            Both are ValueErrors: what was expected, what came, and what to do.
        DivergenceError
            Training left the finite numbers in its first epoch.

        Warns
        -----
        RuntimeWarning
            When Ctrl-C or a divergence ended the training; the best weights so far are kept.
        """
        with turn_of(self):
            self._fit(X, y, sample_weight, X_val, y_val)
        return self

    @available_if(takes_steps)  # type: ignore[untyped-decorator]
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train for one epoch on these rows, from where the last call of `fit` or `partial_fit` ended, the optimizer's memory included.

        The first call learns the coding of the columns and the scale of the target (means,
        deviations, levels) and settles the parameters, so give it rows that are like the rest. The
        learning rate is that of `fit`, without schedule; nothing is held out. Members that were
        fitted before are trained as one network; begun here there is but one. Intervals that were
        fitted before go, for they are those of another network.

        Parameters
        ----------
        X, y, sample_weight : as for `fit`

        Returns
        -------
        self
        """
        with turn_of(self):
            self._partial_fit(X, y, None, sample_weight)
        return self

    def predict(self, X: Any, members: bool = False) -> Array:
        """Return the numbers predicted: `(n,)`, `(n, m)` for several targets or quantiles; a y of one column gets one column back.

        With `members` what each member of the network says by itself, `(M, n)` or `(M, n, m)`; see
        `Model.predict`.
        """
        now = as_it_is(self)  # another thread may fit it meanwhile
        return now._answers(X, now._numbers, members=members)  # noqa: SLF001 - its own twin

    def predict_interval(self, X: Any, coverage: float = 0.9) -> Array:
        """Return intervals that hold the truth with this probability: the lower and the upper bound, `(n, 2)`; `(n, m, 2)` for m targets.

        They are calibrated on rows that `fit` held out for it, by conformalized quantiles, see
        `glassnet.intervals`: of new rows from the same source about this share lies within. Bounds
        stay on the side of 0 where all values of y lay.

        Raises
        ------
        SettingError
            Where no rows were held out to calibrate with (below a hundred rows, with `X_val`, under
            the recipe "plain", or with `calibrate=False`), and for a coverage that needs more of
            them than there were.

        Examples
        --------
        >>> from sklearn.datasets import load_diabetes
        >>> from glassnet import GlassNetRegressor
        >>> X, y = load_diabetes(return_X_y=True)
        >>> regressor = GlassNetRegressor(recipe="fast", calibrate=True, random_state=0).fit(X[:400], y[:400])
        >>> low, high = regressor.predict_interval(X[400:], coverage=0.8).T
        >>> bool((low < high).all())
        True
        """
        table, model = self._asked(X)
        return model.predict_interval(table, coverage)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return R2, the share of the variance of y that the predictions explain: 1 is perfect, 0 is no better than the mean.

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
        return float(super().score(X, y, sample_weight=sample_weight))

    def _numbers(self, Z: Array) -> Array:
        Y = self.model_.predictions(Z)
        return Y[:, np.newaxis] if self._one_column and Y.ndim == 1 else Y

    @QUIETLY
    def _check_target(self, y: Any) -> Array:
        return cast(
            Array, check_array(y, ensure_2d=False, dtype="numeric", input_name="y", estimator=self)
        )

    def _learn_target(
        self, y: Array, names: tuple[str, ...], classes: Any = None
    ) -> tuple[Target | None, dict[str, Any]]:
        return None, {"_one_column": y.ndim == 2 and y.shape[1] == 1}

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return cast(Tags, tags)
