"""The schedule that follows the losses instead of the steps."""

from dataclasses import dataclass

from glassnet.checks import check_number


@dataclass(frozen=True)
class ReduceOnPlateau:
    """Multiply the rate by `factor`, down to `final`, when the loss stops improving.

    It does so after `patience` epochs without improvement of the validation loss, or of the
    training loss where there is none.
    """

    factor: float = 0.5
    patience: int = 10
    final: float = 1e-3

    def __post_init__(self) -> None:
        check_number("the factor of reduce-on-plateau", self.factor, "(0, 1)")
        check_number("the patience of reduce-on-plateau, in epochs,", self.patience, "[1, inf]")
        check_number("the final multiplier of reduce-on-plateau", self.final, "[0, 1]")
