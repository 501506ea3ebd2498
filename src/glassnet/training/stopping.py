"""`Epoch`, the record of an epoch, and `EarlyStopping`, which decides when training ends."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from typing import Any

from glassnet.checks import check_name, check_number
from glassnet.errors import SettingError, is_number


@dataclass(frozen=True)
class Epoch:
    """The record of an epoch.

    index : number of the epoch, from 0; the last one if a record covers several
    training_loss : mean objective (loss and penalty) over the batches of the epoch, each computed
        with the weights before its step
    validation_loss : mean loss, without penalty, over the validation rows after the epoch; None
        without them
    validation_score : score of the validation rows, higher is better; None without a scorer
    lr : learning rate of the last step
    gradient_norm : Euclidean norm of the last step's gradient, before clipping
    seconds : duration of the training steps of the record
    rows_per_second : training rows processed per second
    engine : name of the engine that executed the steps
    """

    index: int
    training_loss: float
    validation_loss: float | None
    validation_score: float | None
    lr: float
    gradient_norm: float
    seconds: float
    rows_per_second: float
    engine: str = ""


def history_columns(records: Iterable[Epoch]) -> dict[str, list[Any]]:
    """Return one list for each field of `Epoch` except the engine."""
    records = list(records)
    return {
        field.name: [getattr(record, field.name) for record in records]
        for field in fields(Epoch)
        if field.name != "engine"
    }


WATCHED = ("training_loss", "validation_loss", "validation_score")


@dataclass(frozen=True)
class EarlyStopping:
    """Stop training when the watched value has not improved for `patience` epochs.

    The best weights are restored.

    Parameters
    ----------
    patience : epochs without improvement; math.inf never stops but still restores the best
    scoring : watch this score on the validation set, higher is better: the name of a scorer such as
        "roc_auc", or a callable (estimator, X, y)
    min_delta : improvements must be larger than this
    watch : the field of `Epoch` that is watched; None is the validation score with `scoring`,
        otherwise the validation loss, or the training loss without validation rows
    sklearn_patience : as in scikit-learn: an improvement of exactly `min_delta` counts, and so does
        NaN; training stops after more than `patience` epochs without improvement; the best weights
        are those of the best value, even if it is better by less than `min_delta`
    restore : restore the best weights at the end
    rate_divisor : when patience is exhausted, divide the learning rate by this and continue; stop
        only if the rate is at most `least_rate`
    on_divergence : "raise" an error, or "stop": training then ends with a last record of NaN values

    Prechelt 1998, "Early stopping - but when?".
    """

    patience: float = 10
    scoring: str | Callable[[Any, Any, Any], float] | None = None
    min_delta: float = 0.0
    watch: str | None = None
    sklearn_patience: bool = False
    restore: bool = True
    rate_divisor: float | None = None
    least_rate: float = 1e-6
    on_divergence: str = "raise"

    def __post_init__(self) -> None:
        if not is_number(self.patience) or not self.patience >= 1:
            raise SettingError(
                f"patience must be a number of epochs, at least 1, got {self.patience!r}."
            )
        check_number("min_delta", self.min_delta, "[0, inf)")
        if self.watch is not None:
            check_name("value to watch", self.watch, WATCHED)
        if self.rate_divisor is not None:
            check_number("rate_divisor", self.rate_divisor, "(1, inf)")
        check_number("least_rate", self.least_rate, "(0, inf]")
        check_name("answer to divergence", self.on_divergence, ("raise", "stop"))

    def value(self, epoch: Epoch) -> float:
        """Return the watched value, negated if higher is better; NaN if it is missing."""
        watch = self.watch or ("validation_score" if self.scoring is not None else None)
        if watch == "validation_score":
            return math.nan if epoch.validation_score is None else -epoch.validation_score
        if self.watch == "training_loss" or epoch.validation_loss is None:
            return epoch.training_loss
        return epoch.validation_loss

    def improves(self, value: float, best: float) -> bool:
        """Return whether a value is an improvement, so that patience restarts; lower is better."""
        if self.sklearn_patience:
            return not value > best - self.min_delta
        return value < best - self.min_delta

    def exhausted(self, waited: int) -> bool:
        """Return whether patience is exhausted after `waited` epochs without improvement."""
        return waited > self.patience if self.sklearn_patience else waited >= self.patience

    def divides(self, epoch: Epoch) -> bool:
        """Return whether to divide the learning rate after this epoch instead of stopping."""
        return self.rate_divisor is not None and epoch.lr > self.least_rate
