"""Convert losses to and from JSON values, for the model file.

Huber(1.0)  <->  {"kind": "huber", "delta": 1.0}

Names are looked up in a fixed table and never imported. `reduction` and `clip_eps` are left out,
because predictions do not depend on them: a loss that is read has their defaults.
"""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, cast

from glassnet.errors import SettingError, UnsupportedError, look_up
from glassnet.losses import LOSSES, Loss

#: Settings that only training uses.
TRAINING_ONLY = {"reduction", "clip_eps"}


def saved_settings(loss: Any) -> dict[str, Any]:
    """Return the settings of a loss that are saved, by name: numbers and tuples of numbers."""
    names = [field.name for field in fields(loss) if field.name not in TRAINING_ONLY]
    return {name: getattr(loss, name) for name in names}


def loss_to_plain(loss: Loss) -> dict[str, Any]:
    """Return the kind and the settings of a loss as JSON values.

    Raises
    ------
    UnsupportedError
        For a user-defined loss, because files contain numbers and names, not code.

    Examples
    --------
    >>> from glassnet.losses import Huber
    >>> loss_to_plain(Huber(1.0))
    {'kind': 'huber', 'delta': 1.0}
    """
    kind = next((name for name, made in LOSSES.items() if type(loss) is made), None)
    if kind is None:
        raise UnsupportedError(
            f"a model file cannot hold the loss {loss.name!r}, which is user-defined: it holds "
            f"numbers and names, not code. Train with one of {', '.join(LOSSES)}, or keep your "
            "code beside `dict(model.network.parameters.items())`."
        )
    settings = {
        name: [float(entry) for entry in value] if isinstance(value, tuple) else float(value)
        for name, value in saved_settings(loss).items()
    }
    return {"kind": kind, **settings}


def loss_from_plain(plain: Any) -> Loss:
    """Return the loss that `loss_to_plain` wrote.

    Raises
    ------
    SettingError
        For an unknown kind, an unknown or missing field, and a value of another type.
    """
    if not isinstance(plain, Mapping) or not isinstance(plain.get("kind"), str):
        raise SettingError("a loss must be an object with a kind.")
    kind = plain["kind"]
    made = look_up("kind of loss", kind, LOSSES)
    defaults = saved_settings(made())
    if plain.keys() != {"kind", *defaults}:
        raise SettingError(
            f"a loss of kind {kind!r} has the fields {['kind', *defaults]}, got {list(plain)}."
        )
    settings = {name: _read(name, plain[name], default) for name, default in defaults.items()}
    return cast(Loss, made(**settings))


def _read(name: str, value: Any, default: float | tuple[float, ...]) -> float | tuple[float, ...]:
    """Return a number, or a tuple of at least one number if the default is a tuple."""
    several = isinstance(default, tuple)
    entries = value if several else [value]
    if (
        not isinstance(entries, list)
        or not entries
        or any(type(entry) not in (int, float) for entry in entries)
    ):
        raise SettingError(
            f"{name} of a loss must be a {'list of numbers' if several else 'number'}."
        )
    return tuple(float(entry) for entry in entries) if several else float(value)
