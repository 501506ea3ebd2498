"""What a schedule is: step numbers go in, multipliers come out.

    multipliers = schedule(steps, n_steps)      steps: (k,) integers from 0; n_steps: length of the
                                                whole run; result (k,) float64

Shapes depend on the fraction t = step / n_steps of the run, so that a schedule means the same for
every table and batch size. A run that goes on past its length keeps the last multiplier; only
inverse scaling, which does not use the length, goes on falling.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
Schedule = Callable[[Array, int], Array]


def fraction(steps: Array, n_steps: int) -> Array:
    """Return t, the fraction of the run that lies before each step, at most 1."""
    return np.minimum(np.asarray(steps, np.float64) / max(n_steps, 1), 1.0)
