"""`train`: the training loop of a network on arrays, as a generator of records."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from glassnet.checks import check_integer
from glassnet.errors import SettingError
from glassnet.losses import Loss, loss_function
from glassnet.network import Network
from glassnet.optimizers import LBFGS, Optimizer, optimizer_settings
from glassnet.penalties import Penalty
from glassnet.schedules import ReduceOnPlateau, RunSchedules, Schedule
from glassnet.training.batch_plan import BatchPlan
from glassnet.training.state import TrainingState, stop_and_restore
from glassnet.training.stopping import EarlyStopping, Epoch
from glassnet.training.trainer import Trainer
from glassnet.training.validation import check_seed, check_weight, make_rows, make_validation


def train(
    network: Network,
    X: Any,
    y: Any,
    *,
    loss: str | Loss,
    optimizer: str | Optimizer | LBFGS,
    batch_size: int,
    epochs: int,
    schedule: str | Schedule | ReduceOnPlateau | None = None,
    dropout_schedule: str | Schedule | None = None,
    decay_schedule: str | Schedule | None = None,
    sample_weight: Any = None,
    validation: Any = None,
    penalty: Penalty | None = None,
    clip_norm: float | None = None,
    stop: EarlyStopping | None = None,
    every: int = 1,
    engine: str = "auto",
    n_threads: int | None = None,
    seed: int = 0,
) -> Iterator[Epoch]:
    """Train a network in place, yielding an `Epoch` record after every `every` epochs.

    This function checks its arguments and combines the parts. The training steps themselves are in
    `ReferenceEngine.run` (`glassnet/engines/reference.py`): for each batch the forward pass, the
    loss, the backward pass and the update.

    Parameters
    ----------
    network : the network, whose parameters are changed
    X : (n, n_features) array or CSR matrix
    y : the target in the form that the loss expects
    loss, optimizer, schedule : names or objects
    dropout_schedule, decay_schedule : names or objects: how every dropout rate, and weight decay
        and the penalty, change over the run
    batch_size : rows in a batch; a shorter last batch of an epoch is used too
    epochs : passes over all rows, each in a new order; a batch of all rows is not permuted
    sample_weight : (n,) weights; a row of weight 2 counts as two rows
    validation : None, a fraction of the rows to hold out, (X, y), (X, y, weight) or a `Validation`
    penalty : L1 and L2 terms of the objective
    clip_norm : maximum norm of the gradient of an update
    stop : early stopping; the best weights are restored when training ends, also after Ctrl-C and
        divergence
    every : epochs per record; a larger number saves time for very small networks
    engine : "auto", or the name of one of `glassnet.engines.ENGINES`
    n_threads : threads of BLAS, 1 by default
    seed : of the order of the rows, of dropout and of the held-out fraction; the same seed gives
        the same bits

    Yields
    ------
    Epoch
        A frozen record. If the caller stops iterating, the network keeps its current weights.

    Raises
    ------
    DivergenceError
        If a loss or gradient is not finite. The last finite weights have been restored, or with
        `stop` the best ones.
    KeyboardInterrupt
        After Ctrl-C, at the end of a step; with `stop` the best weights have been restored.

    Examples
    --------
    >>> from glassnet import Adam, Dense, Network, train
    >>> from glassnet.data.toys import xor
    >>> X, y = xor()
    >>> network = Network([Dense(8, "tanh"), Dense(2)], n_features=2)
    >>> settings = {"loss": "softmax", "optimizer": Adam(0.05), "batch_size": 4, "epochs": 200}
    >>> for epoch in train(network, X, y, **settings):
    ...     pass
    >>> epoch.training_loss < 0.01
    True
    """
    loss, optimizer = loss_function(loss), optimizer_settings(optimizer)
    if not isinstance(network, Network):
        raise SettingError(f"network must be a glassnet.Network, got {network!r}.")
    for name, count in (("batch_size", batch_size), ("epochs", epochs), ("every", every)):
        check_integer(name, count)
    seed = check_seed(seed)
    if stop is not None and not isinstance(stop, EarlyStopping):
        raise SettingError(f"stop must be an EarlyStopping(...) or None, got {stop!r}.")
    if penalty is not None and not isinstance(penalty, Penalty):
        raise SettingError(f"penalty must be a Penalty(l1=..., l2=...) or None, got {penalty!r}.")
    rows = make_rows(network, loss, X, y, sample_weight)
    rows = replace(rows, weight=check_weight(rows.weight, rows.n))
    rows, held_out = make_validation(validation, network, loss, rows, stop, seed)
    trainer = Trainer.bind(
        network,
        loss,
        optimizer,
        schedules=RunSchedules.of(schedule, dropout_schedule, decay_schedule),
        penalty=penalty,
        clip_norm=clip_norm,
        engine=engine,
        seed=seed,
        n_threads=n_threads,
    )
    state = TrainingState()
    batches = BatchPlan.seeded(rows.n, batch_size, seed)
    records = trainer.epochs(rows, state, batches, epochs, every=every, held_out=held_out)
    return stop_and_restore(records, network, state, stop)
