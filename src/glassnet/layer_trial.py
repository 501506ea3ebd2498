"""Test one user-defined layer: both passes, and its gradients by central differences."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.differences import STEPS, Array, Value, describe_array, gradient_fault
from glassnet.errors import SettingError
from glassnet.layers import PREDICT, Layer, Run
from glassnet.parameters import Views

#: Number of rows of an input.
ROWS = 8
_RUN = Run(training=True)


class UnusableError(Exception):
    """The layer cannot be tested with these values, but perhaps with others."""


@dataclass
class Trial:
    """A test of a user-defined layer, with its path, its views and its input width."""

    layer: Layer
    path: str
    p: Views
    g: Views
    n_in: int

    def __post_init__(self) -> None:
        arrays = list(_arrays(self.p, self.g))
        #: (values, gradient) of each trained tensor by name, including those of inner layers.
        self.tensors = {name: (view, g) for name, view, g in arrays if g is not None}
        self._statistics = [view for _, view, g in arrays if g is None]
        self._initial = [statistic.copy() for statistic in self._statistics]

    def require_dtype(self) -> None:
        """Raise SettingError if a pass returns another dtype than float32 for float32."""
        X = np.random.default_rng(1).standard_normal((ROWS, self.n_in)).astype(np.float32)
        try:
            Y, cache, given = self._forward(X)
            self._backward(cache, np.ones_like(Y), X, given)
        except UnusableError:
            return  # it is tested with other values later

    def fault(self, X: Array, rng: np.random.Generator) -> str:
        """Return what is wrong with a gradient, or ""; SettingError if another rule is broken."""
        first = self._forward(X)[0]
        self._require_steady_statistics(X)
        Y, cache, given = self._forward(X)
        if not np.array_equal(Y, first):
            raise self.error(
                "its forward pass gives another output each time: draw random numbers by run.seed, "
                "run.step and p.number."
            )
        R = np.asarray(rng.standard_normal(Y.shape))
        dX, gradients = self._backward(cache, R, X, given)
        for name, gradient in gradients.items():
            if not np.isfinite(gradient).all():
                self._refuse_unwritten(name, X, R)
        self._require_cache(X, R, dX, gradients)
        if self._is_continuous(X) and (
            fault := gradient_fault("the gradient of its input, dX,", self._value(X, R), X, dX, rng)
        ):
            return fault
        for name, (view, _) in self.tensors.items():
            if fault := gradient_fault(
                f"the gradient of {name!r}",
                self._value(X, R, view),
                view.copy(),
                gradients[name],
                rng,
            ):
                return fault
        return ""

    # The two passes

    def _forward(self, X: Array) -> tuple[Array, Any, Array]:
        """Return Y, the cache and the copy of X that was passed; SettingError for a broken rule."""
        given, before = X.copy(), {name: view.copy() for name, (view, _) in self.tensors.items()}
        try:
            returned: Any = self._forward_alone(given)
        except SettingError as error:
            raise self.error(str(error)) from error
        except Exception as error:
            raise UnusableError(
                f"its forward pass failed: {type(error).__name__}: {error}."
            ) from error
        if not isinstance(returned, tuple | list) or len(returned) != 2:
            raise self.error(
                f"its forward pass must return (Y, cache), got {type(returned).__name__}."
            )
        Y, shape = returned[0], (len(X), self.layer.output_width(self.n_in))
        if not isinstance(Y, np.ndarray) or Y.shape != shape or Y.dtype != X.dtype:
            raise self.error(
                f"its forward pass must return Y of shape {shape} and of dtype {X.dtype} for X of "
                f"that dtype, got {describe_array(Y)}."
            )
        if not np.array_equal(given, X):
            raise self.error("its forward pass changes its input in place: return a new array.")
        self._require_unchanged(before, "forward")
        if not np.isfinite(Y).all():
            raise UnusableError(
                "its forward pass gives values that are not finite for finite inputs."
            )
        return Y, returned[1], given

    def _backward(
        self,
        cache: Any,
        dY: Array,
        X: Array,
        given: Array,
        needs_dX: bool = True,
        filled: float = np.nan,
    ) -> tuple[Array, dict[str, Array]]:
        """Return dX and the gradients by name; SettingError if the pass breaks a rule.

        filled : initial value of all elements of the gradients
        """
        before = {name: view.copy() for name, (view, _) in self.tensors.items()}
        for _, gradient in self.tensors.values():
            gradient[...] = filled
        passed = dY.copy()
        try:
            dX: Any = self.layer.backward(self.p, self.g, cache, passed, needs_dX)
        except SettingError as error:
            raise self.error(str(error)) from error
        except Exception as error:
            raise self.error(
                f"its backward pass failed: {type(error).__name__}: {error}."
            ) from error
        if needs_dX and (
            not isinstance(dX, np.ndarray) or dX.shape != X.shape or dX.dtype != X.dtype
        ):
            shape = f"{X.shape} and {X.dtype}"
            raise self.error(
                f"its backward pass must return dX, an array of the shape and dtype of X, {shape}, "
                f"got {describe_array(dX)}."
            )
        if not np.array_equal(passed, dY):
            raise self.error("its backward pass changes dY in place: return a new array.")
        if not np.array_equal(given, X):
            raise self.error(
                "its backward pass changes X in place, which the layer before may have kept."
            )
        self._require_unchanged(before, "backward")
        return dX, {name: gradient.copy() for name, (_, gradient) in self.tensors.items()}

    def _forward_alone(self, X: Array) -> Any:
        """Run the forward pass in training mode, with the initial statistics."""
        self._set_statistics(self._initial)
        return self.layer.forward(self.p, X, _RUN)

    def _set_statistics(self, values: list[Array]) -> None:
        for statistic, value in zip(self._statistics, values, strict=True):
            statistic[...] = value

    def _is_continuous(self, X: Array) -> bool:
        """Return whether a small change of the input is valid, unlike for codes of categories."""
        try:
            self._forward_alone(X + STEPS[0])
        except Exception:  # noqa: BLE001 - user-defined code may raise anything
            return False
        return True

    def _value(self, X: Array, R: Array, view: Array | None = None) -> Value:
        """Return sum(R * Y) as a function of the tensor of a view, or of X if the view is None."""

        def value(at: Array) -> tuple[float, float]:
            before = None if view is None else view.copy()
            try:
                if view is not None:
                    view[...] = at
                terms = R * self._forward_alone(at if view is None else X.copy())[0]
            except Exception:  # noqa: BLE001 - another step or direction may succeed
                return math.nan, math.nan
            finally:
                if view is not None:
                    view[...] = before
            return float(terms.sum()), float(np.abs(terms).sum())

        return value

    # The rules

    def _require_unchanged(self, before: dict[str, Array], which: str) -> None:
        for name, (view, _) in self.tensors.items():
            if not np.array_equal(view, before[name]):
                raise self.error(
                    f"its {which} pass changes its parameters, {name!r}: only the optimizer does."
                )

    def _require_steady_statistics(self, X: Array) -> None:
        self._set_statistics(self._initial)
        try:
            self.layer.forward(self.p, X.copy(), PREDICT)
        except Exception as error:
            raise UnusableError(
                f"its forward pass failed in prediction: {type(error).__name__}: {error}."
            ) from error
        if not all(map(np.array_equal, self._statistics, self._initial)):
            raise self.error(
                "its forward pass changes its statistics in prediction: change them where "
                "run.training is true."
            )

    def _require_cache(self, X: Array, R: Array, dX: Array, gradients: dict[str, Array]) -> None:
        """Raise if the layer keeps state, or writes no gradients if dX is not needed."""
        _, cache, given = self._forward(X)
        after_pass = [statistic.copy() for statistic in self._statistics]
        self._forward(X[::-1][: len(X) // 2 + 1])
        self._set_statistics(after_pass)
        try:
            after_another = self._backward(cache, R, X, given)
        except SettingError:
            after_another = np.empty(0), {}
        if not _same(after_another[1], gradients) or not np.array_equal(
            after_another[0], dX, equal_nan=True
        ):
            raise self.error(
                "its backward pass gives something else after another forward pass: keep nothing "
                "of a pass on the layer, return it as the cache."
            )
        _, cache, given = self._forward(X)
        if not _same(self._backward(cache, R, X, given, needs_dX=False)[1], gradients):
            raise self.error(
                "its backward pass must write the same gradients with needs_dX=False, when it need "
                "not return dX."
            )

    def _refuse_unwritten(self, name: str, X: Array, R: Array) -> None:
        """Raise the error for a gradient that is not written, is accumulated, or is not finite."""
        _, cache, given = self._forward(X)
        written = self._backward(cache, R, X, given, filled=0.0)[1][name]
        if not np.isfinite(written).all():
            raise UnusableError(
                f"its backward pass gives a gradient of {name!r} that is not finite."
            )
        if written.any():
            raise self.error(
                f"its backward pass adds to g.{name}, which still holds the gradient of the step "
                f"before, or writes a part of it: write all of it (g.{name}[...] = value)."
            )
        raise self.error(
            f"its backward pass leaves the gradient of {name!r} unwritten: write it (g.{name}[...] "
            "= value)."
        )

    def error(self, fault: str) -> SettingError:
        """Return the error that names the layer and its path."""
        return SettingError(
            f"the layer {type(self.layer).__name__} ({self.path}) is wrong: {fault}"
        )


def _arrays(p: Views, g: Views, path: str = "") -> Iterator[tuple[str, Array, Array | None]]:
    """Yield (name, values, gradient) of each tensor, including those of inner layers."""
    gradients = g.arrays()
    for name, array in p.arrays().items():
        yield path + name, array, gradients.get(name)
    for i, (inner, inner_g) in enumerate(zip(p.layers, g.layers, strict=True)):
        yield from _arrays(inner, inner_g, f"{path}layers.{i}.")


def _same(one: dict[str, Array], other: dict[str, Array]) -> bool:
    return one.keys() == other.keys() and all(
        np.array_equal(one[name], other[name], equal_nan=True) for name in one
    )
