"""What a caller says of a table, instead of leaving it to be found, is held to its kind before it is used."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from glassnet.data.files.limits import Limits
from glassnet.data.tables.dialect import Dialect
from glassnet.data.tables.schema import KINDS
from glassnet.errors import SettingError, unknown_name


def check_overrides(
    types: Any = None, drop: Any = (), dialect: Any = None, limits: Any = None
) -> None:
    """Refuse kinds, names of columns, a dialect and limits that are none.

    Raises
    ------
    SettingError
        What was expected, and what came.
    """
    if types is not None and not isinstance(types, Mapping):
        raise SettingError(
            f"types is a mapping from names of columns to kinds, such as {{'zip': 'category'}}, "
            f"but {types!r} came."
        )
    for kind in (types or {}).values():
        if kind not in KINDS:
            raise unknown_name("kind of column", kind, KINDS)
    if (
        isinstance(drop, str)
        or not isinstance(drop, Collection)
        or not all(isinstance(name, str) for name in drop)
    ):
        raise SettingError(f"drop is a list of names of columns, but {drop!r} came.")
    for name, value, kind in (("dialect", dialect, Dialect), ("limits", limits, Limits)):
        if value is not None and not isinstance(value, kind):
            raise SettingError(
                f"{name} is a glassnet.{kind.__name__}(...) or None, but {value!r} came."
            )
