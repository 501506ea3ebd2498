"""The settings of L-BFGS, which SciPy runs on all rows at once; see `training.lbfgs`."""

from dataclasses import dataclass

import numpy as np

from glassnet.checks import check_number


@dataclass(frozen=True)
class LBFGS:
    """Limited-memory BFGS: SciPy's L-BFGS-B on all rows at once. Byrd, Lu, Nocedal and Zhu 1995.

    history : pairs of steps and gradients that approximate the curvature
    gradient_tolerance : it ends when no element of the gradient is larger
    max_evaluations : passes over the table at most, line searches included
    value_tolerance : it ends too when a step lowers the objective by no more than this share of it
        (of 1 where that is larger): SciPy's ftol. The default, 64 units in the last place, leaves
        the end to the gradient; SciPy's own 2.2e-9 ends the plateaus of a classifier too early.

    It takes no schedule, no mini-batches, no dropout and no batch normalization, whose objectives
    change from step to step.
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
