"""The values of any column as an array that can be compared: numbers, codes or date-times."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from glassnet.data.tables.column_data import Categories
from glassnet.data.tables.table import Table


def stored_codes(table: Table, name: str) -> Categories | None:
    """Return the codes of a category, or of whole numbers beyond 2^53, and None for others."""
    if name in table.schema.categories:
        return table.categories[table.schema.places[name]]
    return table.exact.get(name)


def stored_values(table: Table, name: str) -> NDArray[Any]:
    """Return a column as numbers, date-times, or codes where the table holds such."""
    codes = stored_codes(table, name)
    return table.column(name) if codes is None else codes.codes
