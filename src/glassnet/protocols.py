"""Check that user-defined objects and functions have the required methods and arguments."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from glassnet.errors import SettingError, did_you_mean


def require_members(
    kind: str, thing: object, methods: Mapping[str, str], attributes: Sequence[str] = ()
) -> None:
    """Raise SettingError where an object lacks a method, an argument of one, or an attribute.

    Objects of glassnet's own classes pass unchecked.

    Parameters
    ----------
    kind : what the object is meant to be, such as "layer"
    thing : an object, not a class
    methods : name -> its arguments, such as {"forward": "p, X, run"}
    attributes : names of what is no method
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
        method, came = fault
        raise SettingError(_takes(f"{method} of the {kind} {name}", methods[method], came))


def require_arguments(what: str, function: Any, arguments: str) -> None:
    """Raise SettingError for what is no function, or does not take these arguments by place.

    Parameters
    ----------
    what : how the function is called in the message, such as "a schedule"
    function : given in place of one of glassnet's own objects; a class is refused, too
    arguments : their names, such as "steps, n_steps"
    """
    refuse_class(what, function)
    if not callable(function):
        raise SettingError(f"{what} must be a function ({arguments}), got {function!r}.")
    if not takes(function, arguments):
        raise SettingError(_takes(what, arguments, said(function)))


def refuse_class(what: str, given: object) -> None:
    """Raise SettingError for a class where an object of it is meant."""
    if isinstance(given, type):
        raise SettingError(
            f"{what} must be an object, got the class {given.__name__}: write {given.__name__}()."
        )


def takes(function: Callable[..., Any], arguments: str) -> bool:
    """Return whether a function takes these arguments by position, or has no signature."""
    try:
        inspect.signature(function).bind(*arguments.split(", "))
    except ValueError:  # compiled, without a signature
        return True
    except TypeError:
        return False
    return True


def name_of(function: object) -> str:
    """Return a function's name, or that of an object's class."""
    return str(getattr(function, "__name__", type(function).__name__))


def parameter_names(function: Callable[..., Any]) -> tuple[str, ...]:
    """Return the names of a function's arguments, none where it does not say them."""
    try:
        return tuple(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return ()


def said(function: Callable[..., Any]) -> str:
    """Return a function's name with its arguments, such as `score(y_true, y_pred)`."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return name_of(function)
    plain = [one.replace(annotation=inspect.Parameter.empty) for one in parameters]
    return f"{name_of(function)}{inspect.Signature(plain)}"


@lru_cache(maxsize=256)
def _fault_of_arguments(kind: type, methods: tuple[tuple[str, str], ...]) -> tuple[str, str] | None:
    """Return the first method with other arguments, and its arguments; None where all are right."""
    for name, arguments in methods:
        method = getattr(kind, name, None)  # None where the object itself holds the function
        static = isinstance(inspect.getattr_static(kind, name, None), staticmethod | classmethod)
        if method is not None and not takes(
            method, arguments if static else f"self, {arguments}" if arguments else "self"
        ):
            return name, said(method)
    return None


def _takes(what: str, arguments: str, came: str) -> str:
    n = len(arguments.split(", "))
    return f"{what} must take {n} argument{'s' if n > 1 else ''}, ({arguments}), got {came}."
