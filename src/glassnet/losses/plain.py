"""Losses as plain data and back: what the model file holds of them. Names are looked up in a closed table, never imported.

Huber(1.0)  <->  {"kind": "huber", "delta": 1.0}

`outputs` and `floor` say how training weighs and watches a loss and no prediction depends on them:
they are left out, and a loss that comes back has their defaults.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from glassnet.errors import SettingError, UnsupportedError, unknown_name
from glassnet.losses import LOSSES, Loss

# One row for each of LOSSES: its settings but for TRAINING_ALONE, each a number or a list of
# numbers.
TRAINING_ALONE = {"outputs", "floor"}
FIELDS: dict[str, dict[str, str]] = {
    "squared": {},
    "absolute": {},
    "huber": {"delta": "number"},
    "quantile": {"quantiles": "numbers"},
    "logistic": {"label_smoothing": "number"},
    "softmax": {"label_smoothing": "number"},
    "poisson": {},
    "gamma": {},
}


def loss_to_plain(loss: Loss) -> dict[str, Any]:
    """Return a loss's kind and settings as JSON-able values.

    Raises
    ------
    UnsupportedError
        For a loss of the user's own: a file holds numbers and names, not code.

    Examples
    --------
    >>> from glassnet.losses import Huber
    >>> loss_to_plain(Huber(1.0))
    {'kind': 'huber', 'delta': 1.0}
    """
    kind = next((name for name, made in LOSSES.items() if type(loss) is made), None)
    if kind is None:
        raise UnsupportedError(
            f"a model file cannot hold the loss {loss.name!r}, which is your own: it holds numbers "
            f"and names, not code. Train with one of {', '.join(LOSSES)}, or keep your code beside "
            "`dict(model.network.parameters.items())`."
        )
    settings = {name: getattr(loss, name) for name in FIELDS[kind]}
    return {
        "kind": kind,
        **{
            name: list(map(float, v)) if isinstance(v, tuple) else float(v)
            for name, v in settings.items()
        },
    }


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
    if kind not in FIELDS:
        raise unknown_name("kind of loss", kind, FIELDS)
    fields = FIELDS[kind]
    if plain.keys() != {"kind", *fields}:
        raise SettingError(
            f"a loss of kind {kind!r} has the fields {['kind', *fields]}, but {list(plain)} came."
        )
    made: Loss = LOSSES[kind](
        **{name: _read(name, plain[name], expected) for name, expected in fields.items()}
    )
    return made


def _read(name: str, value: Any, expected: str) -> float | tuple[float, ...]:
    if expected == "number" and type(value) in (int, float):
        return float(value)
    if (
        expected == "numbers"
        and isinstance(value, list)
        and value
        and all(type(entry) in (int, float) for entry in value)
    ):
        return tuple(float(entry) for entry in value)
    raise SettingError(
        f"{name} of a loss must be a {'number' if expected == 'number' else 'list of numbers'}."
    )
