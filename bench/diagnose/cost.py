"""What the verdicts at fit time cost: their share of the time of default fits.

Run as `python bench/diagnose/cost.py`. Timed is what `diagnose_fit` does beyond the fit itself: the
record, one pass of a few rows through the first member and back, and the rules.
"""

from __future__ import annotations

import time
import warnings

from tables import REPORTING, SETTING, table_named

from glassnet.inspection.diagnosis import at_fit


def main() -> None:
    """Print the seconds of each fit, and the share of the verdicts."""
    spent: list[float] = []

    def timed(function):  # the three things that are not part of a fit
        def run(*arguments):
            started = time.perf_counter()
            result = function(*arguments)
            spent.append(time.perf_counter() - started)
            return result

        return run

    for name in ("from_record", "_layers", "judge"):
        setattr(at_fit, name, timed(getattr(at_fit, name)))
    with warnings.catch_warnings():  # the first call imports
        warnings.simplefilter("ignore")
        at_fit.diagnose_fit(table_named("iris", 1).frame, "target")
    print("| table | fit, s | verdicts, ms | share |\n|---|---:|---:|---:|")
    for name in SETTING | REPORTING:
        data = table_named(name, 0)
        spent.clear()
        started = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            at_fit.diagnose_fit(data.frame, "target")
        total, own = time.perf_counter() - started, sum(spent)
        print(f"| {name} | {total - own:.2f} | {1e3 * own:.1f} | {own / (total - own):.2%} |")


if __name__ == "__main__":
    main()
