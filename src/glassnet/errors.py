"""Exceptions and warnings of glassnet, and messages about unknown names.

    GlassNetError
    ├── SettingError (ValueError)              a parameter, option or name that does not exist or
    │                                          does not fit
    ├── DataError (ValueError)                 a table, column or target that cannot be used as it
    │                                          is
    ├── ModelFileError (ValueError)            a model file that is damaged, of another format or
    │                                          from a newer version
    ├── DivergenceError (ArithmeticError)      training left the finite numbers
    ├── UnsupportedError (NotImplementedError) an engine or a file format that cannot hold what was
    │                                          asked of it
    └── MissingDependencyError (ImportError)   an optional package that is not installed

    DataNotice (UserWarning)                   nothing is wrong, but you should know what was done
                                               with your data

Each error also derives from the built-in class that a caller would expect, so `except ValueError`
keeps working.
"""

import difflib
from collections import Counter
from collections.abc import Iterable, Mapping
from numbers import Real
from typing import TypeVar

from glassnet.messages import printable_lines, shorten

T = TypeVar("T")
MAX_NAME_LENGTH = 200
#: So many names are compared in full with one that is misspelt.
MAX_COMPARED = 100


class GlassNetError(Exception):
    """Base of all errors that glassnet raises on purpose; messages have no control characters."""

    def __str__(self) -> str:
        """Return the message."""
        return printable_lines(super().__str__())


class SettingError(GlassNetError, ValueError):
    """A parameter, option or name that does not exist or does not fit the others."""


class DataError(GlassNetError, ValueError):
    """A table, column or target that cannot be used as it is."""


class ModelFileError(GlassNetError, ValueError):
    """A model file that is damaged, of another kind or newer, or cannot be read or written.

    errno : the operating system's number for what failed, as in OSError: `errno.ENOSPC` for a full
        disk; None for what is in the file
    """

    errno: int | None = None


class DivergenceError(GlassNetError, ArithmeticError):
    """Training left the finite numbers; the last good weights have been restored."""


class UnsupportedError(GlassNetError, NotImplementedError):
    """Something that an engine or a file format cannot hold, named."""


class MissingDependencyError(GlassNetError, ImportError):
    """An optional package that is not installed; the message holds the line that installs it."""

    def __init__(self, package: str, purpose: str, extra: str) -> None:
        super().__init__(
            f"{purpose} needs {package}, which is not installed. Install it with: pip install "
            f"'glassnet[{extra}]'"
        )


class DataNotice(UserWarning):
    """What was done with a table that you should know: a column left out, an encoding guessed."""

    def __str__(self) -> str:
        """Return the message; it steers no terminal."""
        return printable_lines(super().__str__())


def is_number(value: object) -> bool:
    """Return whether a setting is a real number; text is none, and neither is True."""
    return isinstance(value, Real) and not isinstance(value, bool)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return `" Did you mean 'x'?"` for the nearest known name, or nothing when none is near."""
    if len(name) > MAX_NAME_LENGTH:  # from a hostile file; and to compare it would take long
        return ""
    names = [n for n in known if len(n) <= MAX_NAME_LENGTH]
    # Exact but for case first: W and w, Age and age.
    close = [n for n in names if n.casefold() == name.casefold()] or _near(name, names)
    return f" Did you mean {close[0]!r}?" if close else ""


def _near(name: str, names: list[str]) -> list[str]:
    """Return the nearest name, if any; of many, only those with common letters are compared."""
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
    """Return the error for a name that is not in a table, with the nearest one that is."""
    names = sorted(known)
    shown = repr(shorten(name, MAX_NAME_LENGTH) if isinstance(name, str) else name)
    return SettingError(
        f"unknown {kind} {shown}: expected one of "
        f"{', '.join(names)}.{did_you_mean(str(name), names)}"
    )


def look_up(kind: str, name: str, table: Mapping[str, T]) -> T:
    """Return the entry of that name; SettingError, with the nearest name, where there is none."""
    if name not in table:
        raise unknown_name(kind, name, table)
    return table[name]
