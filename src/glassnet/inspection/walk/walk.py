"""The walk of a row: its record, which can be printed, looked into and practiced with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from glassnet.checks import is_integer
from glassnet.errors import DataError, SettingError
from glassnet.inspection.walk.blanks import checked
from glassnet.inspection.walk.drawing import drawn
from glassnet.inspection.walk.records import WalkRecord
from glassnet.inspection.walk.units import Unit, unit_of


@dataclass(frozen=True, eq=False)
class Walk(WalkRecord):
    """One row's way through a model.

    Printed it is the story: a line or a few for each layer, with the strongest units and terms. All
    numbers are those of the engine, with the bits of `predict`; printed sums add up in the printed
    digits, with a term "rounding" where they need one. See `WalkRecord` for what it holds.
    """

    def unit(self, layer: int | str, unit: int) -> Unit:
        """Return one unit of a layer with all its terms.

        Parameters
        ----------
        layer : its number in the walk, or its place, such as "layers.2"
        unit : the number of the unit, from 0
        """
        places = [one.place for one in self.layers]
        index: Any = places.index(layer) if layer in places else layer
        if not is_integer(index, 0, len(places) - 1):
            raise SettingError(
                f"a layer of this walk is a number from 0 to {len(places) - 1} or a place, one of "
                f"{', '.join(places)}, got {layer!r}."
            )
        found = self.layers[index]
        if not is_integer(unit, 0, len(found.output) - 1):
            raise SettingError(
                f"a unit of layer {index} is a number from 0 to {len(found.output) - 1}, got "
                f"{unit!r}."
            )
        return unit_of(found.operations, found.signals, found.names, unit)

    def text(self, width: int = 80, *, whole: bool = False) -> str:
        """Return the walk as text of this width.

        `whole` has all units with all terms, and no blanks.
        """
        return drawn(self, width, whole=whole).text()

    def check(self, answers: Any) -> tuple[bool, ...]:
        """Return which answers to the blanks are right, to within half a printed digit.

        Raises
        ------
        DataError
            If there are more or fewer answers than blanks.
        """
        if len(answers) != len(self.blanks):
            raise DataError(f"this walk has {len(self.blanks)} blanks, got {len(answers)} answers.")
        return tuple(map(checked, self.blanks, answers))

    def __str__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        return drawn(self, 100).html()
