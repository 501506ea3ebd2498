"""Exceptions and warnings of glassnet, and messages about unknown names.

    GlassNetError
    ├── SettingError (ValueError)              invalid or unknown parameter, option or name
    ├── DataError (ValueError)                 table, column or target that cannot be used
    ├── ModelFileError (ValueError)            damaged, unreadable or unwritable model file
    ├── DivergenceError (ArithmeticError)      loss, gradient or weights are no longer finite
    ├── UnsupportedError (NotImplementedError) not supported by an engine or a file format
    └── MissingDependencyError (ImportError)   optional package that is not installed

    DataNotice (UserWarning)                   information on how your data were treated

Each message says what was expected, what was given, and what to do. Each error also derives from
the built-in class that a caller would expect, so `except ValueError` works.
"""

import difflib
from collections import Counter
from collections.abc import Iterable, Mapping
from numbers import Real
from typing import TypeVar

from glassnet.messages import printable_lines, shorten

T = TypeVar("T")
MAX_NAME_LENGTH = 200
#: Maximum number of known names that are compared in full with a misspelled name.
MAX_COMPARED = 100


class GlassNetError(Exception):
    """Base class of all errors that glassnet raises; messages have no control characters."""

    def __str__(self) -> str:
        """Return the message."""
        return printable_lines(super().__str__())


class SettingError(GlassNetError, ValueError):
    """A parameter, option or name that is invalid, unknown or incompatible with the others."""


class DataError(GlassNetError, ValueError):
    """A table, column or target that cannot be used as it is."""


class ModelFileError(GlassNetError, ValueError):
    """A model file that is damaged, of another format or newer, or cannot be read or written.

    errno : error number of the operating system, as in OSError (`errno.ENOSPC` for a full disk);
        None if the content of the file is the problem
    """

    errno: int | None = None


class DivergenceError(GlassNetError, ArithmeticError):
    """The loss, a gradient or the weights became infinite or NaN; good weights were restored."""


class UnsupportedError(GlassNetError, NotImplementedError):
    """Something that an engine or a file format does not support."""


class MissingDependencyError(GlassNetError, ImportError):
    """An optional package that is not installed; the message shows how to install it."""

    def __init__(self, package: str, purpose: str, extra: str) -> None:
        super().__init__(
            f"{purpose} needs {package}, which is not installed. Install it with: pip install "
            f"'glassnet[{extra}]'"
        )


class DataNotice(UserWarning):
    """Information on how a table was treated: a column was left out, an encoding was guessed."""

    def __str__(self) -> str:
        """Return the message, without control characters."""
        return printable_lines(super().__str__())


def is_number(value: object) -> bool:
    """Return whether a value is a real number; booleans are not, and neither is text."""
    return isinstance(value, Real) and not isinstance(value, bool)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return `" Did you mean 'x'?"` for the nearest known name, or "" if no name is near."""
    if len(name) > MAX_NAME_LENGTH:  # perhaps from a malicious file; comparing it would take long
        return ""
    names = [n for n in known if len(n) <= MAX_NAME_LENGTH]
    # Names that differ only in case come first: W and w, Age and age.
    close = [n for n in names if n.casefold() == name.casefold()] or _near(name, names)
    return f" Did you mean {close[0]!r}?" if close else ""


def _near(name: str, names: list[str]) -> list[str]:
    """Return the nearest name or none; of many, those that share most letters are compared."""
    if len(names) > MAX_COMPARED:
        letters = Counter(name)
        common = [
            2 * (letters & Counter(other)).total() / (len(name) + len(other) or 1)
            for other in names
        ]
        names = [
            names[i] for i in sorted(range(len(names)), key=lambda i: -common[i])[:MAX_COMPARED]
        ]
    return difflib.get_close_matches(name, names, n=1, cutoff=0.6)


def unknown_name(kind: str, name: object, known: Iterable[str]) -> SettingError:
    """Return the error for a name that is not known, with the nearest known name."""
    names = sorted(known)
    shown = repr(shorten(name, MAX_NAME_LENGTH) if isinstance(name, str) else name)
    return SettingError(
        f"unknown {kind} {shown}: expected one of "
        f"{', '.join(names)}.{did_you_mean(str(name), names)}"
    )


def look_up(kind: str, name: str, table: Mapping[str, T]) -> T:
    """Return the entry of a name; SettingError, with the nearest name, if there is none."""
    if name not in table:
        raise unknown_name(kind, name, table)
    return table[name]
