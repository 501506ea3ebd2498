"""Print progress lines, and issue warnings that point at the caller's code."""

import inspect
import warnings
from contextlib import suppress

#: Packages whose frames `warn_caller` passes over; NumPy's and contextlib's are decorators.
INSIDE = ("glassnet", "sklearn", "numpy", "contextlib")


def say(line: str) -> None:
    """Print a line; errors of a closed or full standard output are ignored."""
    with suppress(OSError, ValueError):
        print(line, flush=True)  # noqa: T201 - asked for by verbose


def warn_caller(message: str, category: type[Warning] = UserWarning) -> None:
    """Issue a warning for the innermost line of code outside glassnet and scikit-learn."""
    level, frame = 1, inspect.currentframe()
    while frame and frame.f_globals.get("__name__", "").partition(".")[0] in INSIDE:
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)
