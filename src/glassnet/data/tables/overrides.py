"""Checks of what a caller says about a table: kinds of columns, names to drop, dialect, limits."""

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
    """Refuse unknown kinds, names that are no list of text, and other types of dialect and limits.

    Raises
    ------
    SettingError
        What was expected, and what came.
    """
    if types is not None and not isinstance(types, Mapping):
        raise SettingError(
            "types must be a mapping from names of columns to kinds, such as {'zip': 'category'}, "
            f"got {types!r}."
        )
    for kind in (types or {}).values():
        if kind not in KINDS:
            raise unknown_name("kind of column", kind, KINDS)
    is_list = isinstance(drop, Collection) and not isinstance(drop, str)
    if not is_list or not all(isinstance(name, str) for name in drop):
        raise SettingError(f"drop must be a list of names of columns, got {drop!r}.")
    for name, value, kind in (("dialect", dialect, Dialect), ("limits", limits, Limits)):
        if value is not None and not isinstance(value, kind):
            raise SettingError(
                f"{name} must be a glassnet.{kind.__name__}(...) or None, got {value!r}."
            )
