"""The classifier: labels in, labels and probabilities out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self, cast

import numpy as np
from sklearn.callback import with_callbacks
from sklearn.utils import Tags, check_array, column_or_1d
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets, type_of_target

from glassnet.activations import GivenActivation
from glassnet.data.coding.target import Target
from glassnet.data.coding.target_arrays import exact_labels, refuse_missing
from glassnet.engines.turns import as_it_is, turn_of
from glassnet.errors import DataError
from glassnet.estimators.base import Array, NetworkEstimator, takes_steps
from glassnet.estimators.scoring import QUIETLY, ClassifierScore
from glassnet.losses import Loss, Softmax
from glassnet.optimizers import LBFGS, Optimizer
from glassnet.schedules import ReduceOnPlateau, Schedule
from glassnet.training.recipes import Recipe


class GlassNetClassifier(ClassifierScore, NetworkEstimator):
    """A neural network that tells classes apart, with scikit-learn's interface.

    It takes data as they are: numbers are scaled, categories coded, gaps filled and marked. Two
    classes, several, or several labels that may go together (y a matrix of 0 and 1). A parameter
    that is None is chosen from the data; `model_.training["plan"]` tells the choice.

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
        None is the task's own: "logistic" for two classes and for several labels, "softmax" beyond.
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
        Hold rows out that calibrate the probabilities (a temperature): half of those that would
        stop the training; None does where the recipe says so and rows are held out at all.
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
    label_smoothing : float, optional
        Share of each label spread over all classes.
    class_weight : {"balanced"} or mapping, optional
        A weight for each label; "balanced" gives every class the same total.
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
    classes_ : ndarray
        The labels in the order of the columns of `predict_proba`; for several labels their numbers.
    n_features_in_ : int
        Columns of X.
    feature_names_in_ : ndarray of str
        Names of the columns of X, where all are text.

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

    classes_: Array
    _task = None

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
        label_smoothing: float | None = None,
        class_weight: str | Mapping[Any, float] | None = None,
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
        self.label_smoothing = label_smoothing
        self.class_weight = class_weight
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
        """Train a network on rows and their labels.

        Parameters
        ----------
        X : array, sparse matrix or data frame (n, n_features)
            Numbers, gaps (NaN) included; in a data frame and in an array of objects also text,
            categories and booleans.
        y : array (n,) or (n, k)
            Labels of any type, or 0 and 1 in a column for each label that a row may have.
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
    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Train for one epoch on these rows, from where the last call of `fit` or `partial_fit` ended, the optimizer's memory included.

        The first call learns the coding of the columns (means, deviations, levels) and settles the
        parameters, so give it rows that are like the rest. The learning rate is that of `fit`,
        without schedule; nothing is held out. Members that were fitted before are trained as one
        network; begun here there is but one.

        Parameters
        ----------
        X, y, sample_weight : as for `fit`
        classes : array, optional
            All labels that will ever come; needed in the first call, unless y has a column for each
            label.

        Returns
        -------
        self
        """
        with turn_of(self):
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
        """Return the likeliest label of each row `(n,)`, of the dtype of `classes_`; for several labels 0 and 1, `(n, k)`.

        With `members` what each member of the network says by itself, `(M, n)` or `(M, n, k)`; see
        `Model.predict`.
        """
        now = as_it_is(self)  # another thread may fit it meanwhile
        return now._answers(X, now._labels, members=members)  # noqa: SLF001 - its own twin

    def predict_proba(self, X: Any, members: bool = False) -> Array:
        """Return the probability of each class `(n, k)`, in the order of `classes_`; of each label by itself where several go together.

        With `members` what each member of the network says by itself, `(M, n, k)`; see
        `Model.predict`.
        """
        now = as_it_is(self)  # another thread may fit it meanwhile
        return now._answers(X, now._probabilities, members=members)  # noqa: SLF001 - its own twin

    def predict_log_proba(self, X: Any) -> Array:
        """Return the logarithms of `predict_proba`; that of zero is minus infinity."""
        with np.errstate(divide="ignore"):
            return cast(Array, np.log(self.predict_proba(X)))

    def _labels(self, Z: Array) -> Array:
        if self.model_.task == "multilabel":
            return self.model_.predictions(Z)
        return cast(Array, self.classes_[self._probabilities(Z).argmax(axis=1)])

    def _probabilities(self, Z: Array) -> Array:
        return self.model_.probabilities(Z)

    @QUIETLY
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
        self, y: Array, names: tuple[str, ...], classes: Any = None
    ) -> tuple[Target | None, dict[str, Any]]:
        if y.ndim == 2:
            return Target.fit(y, names=names, task="multilabel"), {
                "classes_": np.arange(y.shape[1])
            }
        found = np.unique(y if classes is None else np.asarray(exact_labels(classes)))
        return Target.fit(found, names=names, task="classification"), {"classes_": found}

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        # What asks for one class a row cannot have several labels.
        tags.classifier_tags.multi_label = (
            self.class_weight is None
            and self.loss != "softmax"
            and not isinstance(self.loss, Softmax)
        )
        return cast(Tags, tags)
