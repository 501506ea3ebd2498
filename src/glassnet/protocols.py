"""Check that user-defined objects and functions have the required methods and arguments."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from glassnet.errors import SettingError, did_you_mean


def require_members(
    kind: str, thing: object, methods: Mapping[str, str], attributes: Sequence[str] = ()
) -> None:
    """Raise SettingError if an object lacks a method, an argument of a method, or an attribute.

    Objects of glassnet's own classes are not checked.

    Parameters
    ----------
    kind : role of the object, such as "layer"
    thing : an object, not a class
    methods : name -> arguments, such as {"forward": "p, X, run"}
    attributes : names of the attributes that are not methods
    """
    if type(thing).__module__.partition(".")[0] == __name__.partition(".")[0]:
        return
    lacking = [
        f"{name}({of})" for name, of in methods.items() if not callable(getattr(thing, name, None))
    ]
    lacking += [name for name in attributes if not hasattr(thing, name)]
    name = type(thing).__name__
    if lacking:
        needed = ", ".join([*methods, *attributes])
        own = [
            known
            for known in dir(thing)
            if not known.startswith("_") and known not in {*methods, *attributes}
        ]
        hint = did_you_mean(lacking[0].partition("(")[0], own)
        article = "an" if kind[0] in "aeiou" else "a"
        raise SettingError(
            f"{article} {kind} must have {needed}, but the {kind} {name} lacks "
            f"{', '.join(lacking)}.{hint}"
        )
    kind_of_thing: Any = type(thing)
    if fault := _fault_of_arguments(kind_of_thing, tuple(methods.items())):
        method, signature = fault
        raise SettingError(_takes(f"{method} of the {kind} {name}", methods[method], signature))


def require_arguments(what: str, function: Any, arguments: str) -> None:
    """Raise SettingError unless a function takes these arguments by position.

    Parameters
    ----------
    what : description of the function for the message, such as "a schedule"
    function : a user-defined function; a class is an error, too
    arguments : their names, such as "steps, n_steps"
    """
    refuse_class(what, function)
    if not callable(function):
        raise SettingError(f"{what} must be a function ({arguments}), got {function!r}.")
    if not takes(function, arguments):
        raise SettingError(_takes(what, arguments, signature_of(function)))


def refuse_class(what: str, given: object) -> None:
    """Raise SettingError if a class was given instead of an object."""
    if isinstance(given, type):
        raise SettingError(
            f"{what} must be an object, got the class {given.__name__}: write {given.__name__}()."
        )


def takes(function: Callable[..., Any], arguments: str) -> bool:
    """Return whether a function takes these arguments by position; True if that is unknown."""
    try:
        inspect.signature(function).bind(*arguments.split(", "))
    except ValueError:  # compiled, without a signature
        return True
    except TypeError:
        return False
    return True


def name_of(function: object) -> str:
    """Return the name of a function, or the class name of another object."""
    return str(getattr(function, "__name__", type(function).__name__))


def parameter_names(function: Callable[..., Any]) -> tuple[str, ...]:
    """Return the names of the arguments of a function; () if they are unknown."""
    try:
        return tuple(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return ()


def signature_of(function: Callable[..., Any]) -> str:
    """Return the name of a function with its arguments, such as `score(y_true, y_pred)`."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return name_of(function)
    plain = [one.replace(annotation=inspect.Parameter.empty) for one in parameters]
    return f"{name_of(function)}{inspect.Signature(plain)}"


@lru_cache(maxsize=256)
def _fault_of_arguments(kind: type, methods: tuple[tuple[str, str], ...]) -> tuple[str, str] | None:
    """Return the first method with wrong arguments and its signature; None if all are correct."""
    for name, arguments in methods:
        method = getattr(kind, name, None)  # None if the function is an attribute of the object
        static = isinstance(inspect.getattr_static(kind, name, None), staticmethod | classmethod)
        if method is not None and not takes(
            method, arguments if static else f"self, {arguments}" if arguments else "self"
        ):
            return name, signature_of(method)
    return None


def _takes(what: str, arguments: str, signature: str) -> str:
    n = len(arguments.split(", "))
    return f"{what} must take {n} argument{'s' if n > 1 else ''}, ({arguments}), got {signature}."
