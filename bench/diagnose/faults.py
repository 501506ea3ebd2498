"""The faults: the code of each, its tables, and its magnitudes in the two halves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from data_faults import (
    constant,
    extreme,
    few_rows,
    imbalance,
    labels,
    leak,
    repeated,
    shared,
    shift,
    units,
    unscaled,
    with_constant,
    with_repeated,
)
from runs import Setup
from training_faults import (
    dead,
    exploding,
    not_finite,
    overfit,
    rate,
    restrained,
    saturated,
    stopped,
    vanishing,
)

from glassnet.inspection.diagnosis import Diagnosis

#: Tables with classes, with numbers as target, or both.
ANY, CLASSES, NUMBERS = "any", "classes", "numbers"


@dataclass(frozen=True)
class Fault:
    """A fault: its code, the tables it fits, whether it is fatal, and how it is planted.

    A planter receives a healthy run, and a magnitude: one of the two tuples, for each half.
    """

    code: str
    target: str
    fatal: bool
    setting: tuple[float, ...]
    reporting: tuple[float, ...]
    plant: Callable[[Setup, float], Diagnosis]


FAULTS: dict[str, Fault] = {
    "leak": Fault("GN101", ANY, True, (0.0, 0.01, 0.03), (0.0, 0.005, 0.02), leak),
    "constant": Fault("GN102", ANY, False, (1, 2), (1, 3), constant),
    "repeated": Fault("GN103", ANY, False, (1.0, 2.54), (0.001, 12.0), repeated),
    "unscaled": Fault("GN104", ANY, False, (100.0, 1e4), (50.0, 3e3), unscaled),
    "extreme": Fault("GN105", ANY, False, (1e3, 1e5), (5e3, 1e6), extreme),
    "shared": Fault("GN106", ANY, False, (0.2, 0.5), (0.3, 1.0), shared),
    "labels": Fault("GN107", ANY, False, (0.12, 0.2), (0.1, 0.15), labels),
    "shift": Fault("GN108", ANY, False, (1.0, 2.0), (0.8, 1.5), shift),
    "imbalance": Fault("GN109", CLASSES, False, (0.03, 0.04), (0.025, 0.035), imbalance),
    "units": Fault("GN110", NUMBERS, False, (2.0, 3.0), (2.5, 3.5), units),
    "few rows": Fault("GN111", ANY, False, (25, 40), (30, 45), few_rows),
    "rate too high": Fault("GN201", ANY, False, (60.0, 400.0), (100.0, 1000.0), rate),
    "rate too low": Fault("GN202", ANY, False, (3e-4, 3e-3), (1e-4, 1e-3), rate),
    "stopped": Fault("GN203", ANY, False, (10, 25), (15, 30), stopped),
    "overfit": Fault("GN204", ANY, False, (150, 300), (200, 250), overfit),
    "restrained": Fault("GN205", ANY, False, (10.0, 30.0), (20.0, 50.0), restrained),
    "dead": Fault("GN301", ANY, True, (8.0, 15.0), (10.0, 20.0), dead),
    "saturated": Fault("GN302", ANY, False, (30.0, 100.0), (40.0, 80.0), saturated),
    "vanishing": Fault("GN303", ANY, False, (7, 10), (8, 9), vanishing),
    "exploding": Fault("GN304", ANY, False, (4.0, 6.0), (4.5, 8.0), exploding),
    "not finite": Fault("GN305", ANY, True, (1e6, 1e20), (1e8, 1e30), not_finite),
}

#: Two faults in one run: one of columns, and one planted after it.
COLUMNS = {"constant": with_constant, "repeated": with_repeated}
COMBINED = {
    "setting": [("constant", "rate too low"), ("repeated", "dead"), ("constant", "stopped")],
    "reporting": [
        ("repeated", "rate too low"),
        ("constant", "rate too high"),
        ("repeated", "stopped"),
        ("constant", "vanishing"),
        ("repeated", "saturated"),
    ],
}
