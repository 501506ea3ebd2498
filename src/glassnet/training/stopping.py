"""When to stop: after so many epochs without a better value, with the best weights put back."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from glassnet.errors import SettingError, is_number
from glassnet.training.history import Epoch


@dataclass(frozen=True)
class EarlyStopping:
    """Stop when the watched value has not improved for `patience` epochs; the best weights are restored.

    Parameters
    ----------
    patience : epochs without improvement; math.inf never stops but still restores the best
    scoring : None watches the validation loss (the training loss where there is no validation set); a scorer's name such as
        "roc_auc", or a callable (estimator, X, y), watches that score on the validation set, higher being better
    min_delta : improvements must be larger than this

    Prechelt 1998, "Early stopping - but when?".
    """

    patience: float = 10
    scoring: str | Callable[[Any, Any, Any], float] | None = None
    min_delta: float = 0.0

    def __post_init__(self) -> None:
        if not is_number(self.patience) or not self.patience >= 1:
            raise SettingError(f"patience is a number of epochs, at least 1, but {self.patience!r} came.")
        if not is_number(self.min_delta) or not 0.0 <= self.min_delta < math.inf:
            raise SettingError(f"min_delta must be zero or a positive number, but {self.min_delta!r} came.")

    def value(self, epoch: Epoch) -> float:
        """Return what is watched in a record, turned so that lower is better; not-a-number counts as the worst."""
        if self.scoring is not None:
            value = -math.inf if epoch.validation_score is None else -epoch.validation_score
        else:
            value = epoch.training_loss if epoch.validation_loss is None else epoch.validation_loss
        return math.inf if math.isnan(value) else value
