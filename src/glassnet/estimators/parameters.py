"""The parameters of `GlassNetClassifier` and `GlassNetRegressor`, with their defaults."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.activations import GivenActivation
from glassnet.losses import Loss
from glassnet.optimizers import LBFGS, Optimizer
from glassnet.schedules import ReduceOnPlateau, Schedule
from glassnet.training.recipes import Recipe


@dataclass(kw_only=True, eq=False, repr=False)
class NetworkParameters:
    """Shared parameters of both estimators: their signature and documentation.

    Parameters
    ----------
    recipe : str or Recipe
        Chooses all parameters that are None: "plain", "fast", "standard" or "best", see
        `glassnet.training.recipes`.
    hidden_layer_sizes : int or sequence of int, optional
        Units of each hidden layer; `()` is a linear model.
    activation : str, activation function or a sequence of them, optional
        Activation of the hidden layers: one for all, or one for each. A custom function returns
        (A, slope).
    dropout : float, optional
        Dropout rate after each hidden layer.
    normalization : {"none", "batch", "layer"}, optional
        Normalization between the weights of a hidden layer and its activation.
    loss : str or loss, optional
        What training minimizes; None chooses by the task.
    optimizer : str or optimizer, optional
        "adam", "adamw", "sgd", "rmsprop", "lbfgs", or an object such as
        `glassnet.SGD(0.1, momentum=0.9)`.
    learning_rate : float, optional
        The rate that the schedule multiplies. None is that of the recipe if the optimizer is None
        too, and otherwise the default of the optimizer.
    schedule : str or schedule, optional
        How the learning rate changes during `fit`: "cosine", "one_cycle", "coslog4" and others.
    dropout_schedule, decay_schedule : str or schedule, optional
        How dropout, and weight decay and the penalties, change during `fit`: "flat_cosine" and
        others; None is constant.
    batch_size : int, optional
        Rows in a batch; a number above that of all rows means all.
    max_epochs : int, optional
        Maximum number of epochs.
    early_stopping : bool, optional
        Hold out rows, stop when the loss on them no longer improves, and keep the best weights.
        None does so from a hundred rows on.
    validation_fraction : float, optional
        Fraction of the rows held out, if no `X_val` and `y_val` are given. None is a tenth, and up
        to a fifth if there are few rows.
    patience : int, optional
        Epochs without improvement before training stops.
    calibrate : bool, optional
        Hold out rows for calibration: half of those held out for early stopping. None does so if
        the recipe does and rows are held out at all.
    time_limit : float, optional
        Maximum seconds of `fit`, to within one epoch. If time is short, the schedules end after
        fewer epochs; if even these would be very few, the ensemble has fewer members.
        `model_.training["ended"]` is then "time limit".
    scoring : str or callable, optional
        What early stopping watches: None is the loss, otherwise a scikit-learn scorer.
    weight_decay : float, optional
        Decoupled weight decay (AdamW).
    l1, l2 : float
        Penalties on the weights, the same for every batch size.
    clip_norm : float, optional
        Maximum norm of the gradient in an update.
    warm_start : bool
        Whether `fit` continues with the network of the last `fit`, and with its scaling of columns.
    dtype : {"float32", "float64"}
        Precision of training. Predictions are computed in float64 from either, so a row gets the
        same prediction alone and among others.
    random_state : int, RandomState instance or None
        Seed of all random numbers. The same integer gives the same bits, None different ones.
    engine : str
        What executes the network: "auto" chooses.
    n_threads : int, optional
        Threads of one fit.
    verbose : bool
        Whether to print the parameters chosen from the data, and about twenty lines of progress.

    Attributes
    ----------
    model_ : Model
        All steps from a raw table to a prediction. `model_.save(path)` writes it to one file;
        `model_.training` records the parameters, those chosen from the data included, the history,
        and how training ended. It shares its network with the estimator, so `partial_fit` changes
        it.
    network_ : Network
        The network inside, with its parameters by name.
    history_ : dict of str to list
        One list for each field of `glassnet.Epoch`, such as "training_loss" and "validation_loss".
    n_iter_ : int
        Number of epochs trained.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of str
        Names of the columns of X, if all of them are strings.
    """

    recipe: str | Recipe = "standard"
    hidden_layer_sizes: Sequence[int] | int | None = None
    activation: GivenActivation | Sequence[GivenActivation] | None = None
    dropout: float | None = None
    normalization: str | None = None
    loss: str | Loss | None = None
    optimizer: str | Optimizer | LBFGS | None = None
    learning_rate: float | None = None
    schedule: str | Schedule | ReduceOnPlateau | None = None
    dropout_schedule: str | Schedule | None = None
    decay_schedule: str | Schedule | None = None
    batch_size: int | None = None
    max_epochs: int | None = None
    early_stopping: bool | None = None
    validation_fraction: float | None = None
    patience: int | None = None
    calibrate: bool | None = None
    time_limit: float | None = None
    scoring: str | Callable[[Any, Any, Any], float] | None = None
    weight_decay: float | None = None
    l1: float = 0.0
    l2: float = 0.0
    clip_norm: float | None = None
    warm_start: bool = False
    dtype: str = "float32"
    random_state: int | np.random.RandomState | None = None
    engine: str = "auto"
    n_threads: int | None = None
    verbose: bool = False
