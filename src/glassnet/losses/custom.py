"""User-defined losses: a loss from one function, and the check of its gradient."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from glassnet.differences import TOLERANCE, Value, gradient_error, worst_element
from glassnet.errors import SettingError
from glassnet.losses.loss import Array, Loss, LossTraits, numbers, weighted_mean
from glassnet.protocols import parameter_names, require_arguments, signature_of

_ROWS = 32
#: Names of a first argument that mark a metric, (y_true, y_pred), instead of a loss, (Z, y).
_TARGETS = ("y", "y_true", "true", "target", "targets", "truth", "label", "labels")


@dataclass(frozen=True)
class CustomLoss:
    """A loss from a function `(Z, y) -> (L, dZ)`, unweighted, row by row.

    Parameters
    ----------
    function : takes raw scores Z (n, n_outputs) and the target y, numbers (n, n_columns); returns
        the losses L, (n,) or (n, n_outputs), and their derivatives dZ (n, n_outputs). `CustomLoss`
        applies the weights and takes the mean.
    link : function from raw scores to predictions of the same shape; the identity by default
    name : its name in summaries

    The gradient is compared with central differences when a target is prepared; SettingError if
    they disagree.

    Examples
    --------
    >>> import numpy as np
    >>> from glassnet.losses import CustomLoss
    >>> def log_cosh(Z, y):
    ...     return np.log(np.cosh(Z - y)), np.tanh(Z - y)
    >>> loss = CustomLoss(log_cosh, name="log_cosh")
    """

    function: Callable[[Array, Array], tuple[Array, Array]]
    link: Callable[[Array], Array] | None = None
    name: str = "custom"
    traits: ClassVar[LossTraits] = LossTraits(reads_target_as=None, scales_target=False)

    def __post_init__(self) -> None:
        require_arguments(f"the function of loss {self.name!r}", self.function, "Z, y")
        if self.link is not None:
            require_arguments(f"the link of loss {self.name!r}", self.link, "Z")
        if parameter_names(self.function)[:1] in [(name,) for name in _TARGETS]:
            raise SettingError(
                "the function of a loss takes the raw scores first, (Z, y), got "
                f"{signature_of(self.function)}."
            )

    def prepare(self, y: Any, n_outputs: int, dtype: Any) -> Array:
        """Return finite numbers `(n, n_columns)`; SettingError if the gradient is wrong."""
        columns = np.shape(y)[1:]
        checked = numbers(y, columns[0] if columns else 1, dtype)
        check_loss(self, checked, n_outputs)
        return checked

    def value_and_gradient(
        self, Z: Array, y: Array, weight: Array | None = None
    ) -> tuple[float, Array]:
        """Return the mean loss and its gradient by Z."""
        returned: Any = self.function(Z, y)
        if not isinstance(returned, tuple | list) or len(returned) != 2:
            raise SettingError(
                f"loss {self.name!r} must return two arrays, losses and derivatives, got "
                f"{type(returned).__name__}."
            )
        L, dZ = returned
        L, dZ = np.asarray(L), np.array(dZ, dtype=Z.dtype, copy=True)
        if dZ.shape != Z.shape or L.shape not in (Z.shape, Z.shape[:1]):
            raise SettingError(
                f"loss {self.name!r} must return losses {Z.shape[:1]} or {Z.shape} and derivatives "
                f"{Z.shape}, got {L.shape} and {dZ.shape}."
            )
        return weighted_mean(L, dZ, weight)

    def predict(self, Z: Array) -> Array:
        """The link of Z."""
        return Z if self.link is None else self.link(Z)

    def baseline(self, y: Array, n_outputs: int, weight: Array | None = None) -> Array:
        """Zeros, because the best constant is unknown."""
        return np.zeros(n_outputs)


def check_loss(loss: Loss, y: Array, n_outputs: int) -> None:
    """Raise SettingError if a loss breaks a rule of `Loss`, such as a wrong gradient.

    y : a prepared target, of which the first rows are used
    """
    y = np.array(y[:_ROWS], dtype=np.float64 if y.dtype.kind == "f" else y.dtype)
    rng = np.random.default_rng(0)
    Z = rng.standard_normal((len(y), n_outputs))
    with np.errstate(all="ignore"):
        _, dZ = _value_and_gradient(loss, Z, y, None)
        value = _value_of_scores(loss, y)
        if gradient_error(value, Z, dZ, rng) > TOLERANCE:
            index, returned, expected = worst_element(value, Z, dZ)
            raise SettingError(
                f"the gradient of loss {loss.name!r} is not the derivative of its value: at Z = "
                f"{Z[index]:.6g} it says {returned:.6g}, but central differences of the value say "
                f"{expected:.6g}."
            )
        weight = np.where(np.arange(len(y)) % 2, 0.0, 1.0)
        with_zero_weights, without = (
            _value_and_gradient(loss, Z, y, weight)[0],
            _value_and_gradient(loss, Z[::2], y[::2], weight[::2])[0],
        )
        if not abs(with_zero_weights - without) <= TOLERANCE * max(
            abs(with_zero_weights), abs(without)
        ):
            raise SettingError(
                f"loss {loss.name!r} must be the mean over the weights of the rows: a row of "
                "weight 0 must count for nothing, but with such rows the value is "
                f"{with_zero_weights:.6g}, and without them {without:.6g}."
            )


def _value_and_gradient(
    loss: Loss, Z: Array, y: Array, weight: Array | None
) -> tuple[float, Array]:
    """Return the checked value and gradient of a loss."""
    given = Z.copy()
    returned: Any = loss.value_and_gradient(given, y.copy(), weight)
    if (
        not isinstance(returned, tuple | list)
        or len(returned) != 2
        or np.ndim(returned[0])
        or np.shape(returned[1]) != Z.shape
    ):
        got = (
            tuple(map(np.shape, returned))
            if isinstance(returned, tuple | list)
            else type(returned).__name__
        )
        raise SettingError(
            f"loss {loss.name!r} must return its mean, one number, and its gradient by Z, of shape "
            f"{Z.shape}, got {got}."
        )
    if not np.array_equal(given, Z):
        raise SettingError(f"loss {loss.name!r} changes Z in place: return a new array.")
    value, dZ = float(returned[0]), np.asarray(returned[1])
    if not np.isfinite(value) or not np.isfinite(dZ).all():
        raise SettingError(
            f"loss {loss.name!r} must be finite for every finite Z, got {value} for Z from "
            f"{Z.min():.3g} to {Z.max():.3g}."
        )
    return value, dZ


def _value_of_scores(loss: Loss, y: Array) -> Value:
    def value(Z: Array) -> tuple[float, float]:
        mean, _ = loss.value_and_gradient(Z, y.copy(), None)
        return float(mean), abs(float(mean))

    return value
