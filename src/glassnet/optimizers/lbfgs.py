"""The settings of L-BFGS, which SciPy runs on all rows at once; see `training.lbfgs`."""

from dataclasses import dataclass

import numpy as np

from glassnet.checks import check_number


@dataclass(frozen=True)
class LBFGS:
    """Limited-memory BFGS: SciPy's L-BFGS-B on all rows at once. Byrd, Lu, Nocedal and Zhu 1995.

    history : number of past steps that approximate the curvature
    gradient_tolerance : training ends if no element of the gradient is larger
    max_evaluations : maximum number of passes over the rows, including those of line searches
    value_tolerance : training also ends if a step lowers the objective f by at most this times
        max(|f|, 1): SciPy's ftol. With the default, 64 times the machine epsilon, the gradient
        usually decides; SciPy's default of 2.2e-9 ends training too early on plateaus of
        classifiers.

    L-BFGS needs the same objective in every step, so it allows no schedule, mini-batches, dropout
    or batch normalization.
    """

    history: int = 10
    gradient_tolerance: float = 1e-5
    max_evaluations: int = 15_000
    value_tolerance: float = 64.0 * float(np.finfo(np.float64).eps)

    def __post_init__(self) -> None:
        check_number("history", self.history, "(0, inf)")
        check_number("max_evaluations", self.max_evaluations, "(0, inf)")
        check_number("gradient_tolerance", self.gradient_tolerance, "[0, inf]")
        check_number("value_tolerance", self.value_tolerance, "[0, inf]")
