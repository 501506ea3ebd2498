"""The record of an epoch, and a training's records as columns."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True)
class Epoch:
    """The record of an epoch.

    index : number of the epoch, from 0; the last one where a record covers several
    training_loss : mean objective (loss and penalty) over the batches of the epoch, each with the
        weights it met
    validation_loss : mean loss, without penalty, over the validation rows after the epoch; None
        without them
    validation_score : score of the validation rows, higher is better; None where no scorer was
        given
    lr : learning rate of the last step
    gradient_norm : Euclidean norm of the last step's gradient, before clipping
    seconds : time that the training steps of the record took
    rows_per_second : training rows handled in a second
    engine : name of the engine that took the steps
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
    """Return one list for each field of `Epoch`, in their order, but the engine."""
    records = list(records)
    return {
        field.name: [getattr(record, field.name) for record in records]
        for field in fields(Epoch)
        if field.name != "engine"
    }
