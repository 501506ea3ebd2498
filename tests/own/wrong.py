"""Wrong things of one's own, each with a piece of the one sentence that refuses it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from sklearn.metrics import accuracy_score

from glassnet.activations import ActivationFunction
from glassnet.initializers import He
from glassnet.layers import Layer
from glassnet.losses import CustomLoss, Squared
from glassnet.optimizers import SGD, OptimizerState
from glassnet.parameters import Spec
from glassnet.schedules import Cosine

Array = np.ndarray[Any, np.dtype[Any]]


# Activations


def cube(Z: Array) -> Array:
    return Z**3


def cube_backward(Z: Array, dA: Array) -> Array:
    return 3.0 * Z**2 * dA


def spoiled(Z: Array) -> Array:
    np.maximum(Z, 0.0, out=Z)
    return Z


def one(
    backward: Any = cube_backward, forward: Any = cube, keeps: Any = "input", **more: Any
) -> ActivationFunction:
    return ActivationFunction("mine", forward, backward, keeps, **more)


class HalfAnActivation:
    name = "half"
    keeps = "input"

    def forward(self, Z: Array) -> Array:
        return Z


ACTIVATIONS: dict[str, tuple[Callable[[], Any], str]] = {
    "wrong derivative": (
        lambda: one(lambda Z, dA: 2.0 * Z**2 * dA),
        "is not the derivative of its forward pass",
    ),
    "derivative without the chain": (
        lambda: one(lambda Z, dA: 3.0 * Z**2),
        "multiply the derivative by dA",
    ),
    "sign": (
        lambda: one(lambda Z, dA: -3.0 * Z**2 * dA),
        "is not the derivative of its forward pass",
    ),
    "misspelt keeps": (
        lambda: one(keeps="inptu"),
        "keeps must be 'input' or 'output', got 'inptu'. Did you mean 'input'?",
    ),
    "keeps the wrong one": (lambda: one(keeps="output"), "with keeps='input' it is right"),
    "forgets to return": (
        lambda: one(forward=lambda Z: None),
        "must return an array of the shape and dtype of Z",
    ),
    "wrong shape": (
        lambda: one(forward=lambda Z: Z.sum(axis=1)),
        "must return an array of the shape and dtype of Z",
    ),
    "wrong dtype": (
        lambda: one(forward=lambda Z: np.asarray(Z**3, np.float64)),
        "must return an array of the shape and dtype of Z",
    ),
    "wrong shape backward": (
        lambda: one(lambda Z, dA: (3.0 * Z**2 * dA).sum(axis=0)),
        "must return an array of the shape and dtype of Z",
    ),
    "not finite": (lambda: one(forward=np.log), "must be finite for every finite Z"),
    "changes its input": (
        lambda: ActivationFunction("mine", spoiled, lambda A, dA: dA * (A > 0), "output"),
        "changes Z in place",
    ),
    "one argument backward": (
        lambda: one(lambda Z: 3.0 * Z**2),
        "backward of activation 'mine' must take 2 arguments, (kept, dA)",
    ),
    "no function": (lambda: one(forward="cube"), "forward of activation 'mine' must be a function"),
    "a function without its derivative": (
        lambda: np.tanh,
        "must return two arrays, A and its derivative",
    ),
    "a function with a wrong derivative": (
        lambda: lambda Z: (np.tanh(Z), 1.0 - Z**2),
        "is not the derivative of its value",
    ),
    "a function of two": (lambda: lambda Z, dA: (Z, dA), "must take 1 argument, (Z)"),
    "a class": (lambda: HalfAnActivation, "HalfAnActivation()"),
    "half an object": (
        HalfAnActivation,
        "an activation must be a name, an ActivationFunction or a function Z -> (A, slope)",
    ),
}


# Layers


@dataclass(frozen=True)
class Gain:
    """Y = X * a, right in every way."""

    layers: ClassVar[tuple[Layer, ...]] = ()
    repeatable: ClassVar[bool] = True

    def output_width(self, n_in: int) -> int:
        return n_in

    def specs(self, n_in: int) -> dict[str, Any]:
        return {"a": Spec((n_in,))}

    def initialize(self, p: Any, rng: np.random.Generator) -> None:
        p.a[...] = 1.0

    def forward(self, p: Any, X: Array, run: Any) -> tuple[Array, Any]:
        return X * p.a, X

    def backward(self, p: Any, g: Any, X: Any, dY: Array, needs_dX: bool = True) -> Array | None:
        g.a[...] = (dY * X).sum(axis=0)
        return dY * p.a if needs_dX else None


class Reassigned(Gain):
    def backward(self, p: Any, g: Any, X: Any, dY: Array, needs_dX: bool = True) -> Array | None:
        g.a = (dY * X).sum(axis=0)
        return dY * p.a


class ReassignedFirstValues(Gain):
    def initialize(self, p: Any, rng: np.random.Generator) -> None:
        p.a = np.ones_like(p.a)


class Misnamed(Gain):
    def backward(self, p: Any, g: Any, X: Any, dY: Array, needs_dX: bool = True) -> Array | None:
        g.A = (dY * X).sum(axis=0)
        return dY * p.a


class Forgotten(Gain):
    def backward(self, p: Any, g: Any, X: Any, dY: Array, needs_dX: bool = True) -> Array | None:
        return dY * p.a


class Accumulated(Gain):
    def backward(self, p: Any, g: Any, X: Any, dY: Array, needs_dX: bool = True) -> Array | None:
        g.a += (dY * X).sum(axis=0)
        return dY * p.a


class WrongOfParameter(Gain):
    def backward(self, p: Any, g: Any, X: Any, dY: Array, needs_dX: bool = True) -> Array | None:
        g.a[...] = dY.sum(axis=0)
        return dY * p.a


class WrongOfInput(Gain):
    def backward(self, p: Any, g: Any, X: Any, dY: Array, needs_dX: bool = True) -> Array | None:
        g.a[...] = (dY * X).sum(axis=0)
        return dY


class WrongShapeOfParameter(Gain):
    def backward(self, p: Any, g: Any, X: Any, dY: Array, needs_dX: bool = True) -> Array | None:
        g.a[...] = dY * X
        return dY * p.a


class ForgottenSum(Gain):
    def backward(self, p: Any, g: Any, X: Any, dY: Array, needs_dX: bool = True) -> Array | None:
        g.a[...] = (dY * X).sum()
        return dY * p.a


class WrongShapeOfInput(Gain):
    def backward(self, p: Any, g: Any, X: Any, dY: Array, needs_dX: bool = True) -> Array | None:
        g.a[...] = (dY * X).sum(axis=0)
        return (dY * p.a).sum(axis=0)


class NoInputGradient(Gain):
    def backward(self, p: Any, g: Any, X: Any, dY: Array, needs_dX: bool = True) -> Array | None:
        g.a[...] = (dY * X).sum(axis=0)
        return None


class GradientsOnlyWithInput(Gain):
    def backward(self, p: Any, g: Any, X: Any, dY: Array, needs_dX: bool = True) -> Array | None:
        if not needs_dX:
            return None
        g.a[...] = (dY * X).sum(axis=0)
        return dY * p.a


class FourArguments(Gain):
    def backward(self, p: Any, g: Any, X: Any, dY: Array) -> Array:  # type: ignore[override]
        g.a[...] = (dY * X).sum(axis=0)
        return np.asarray(dY * p.a)


class NoCache(Gain):
    def forward(self, p: Any, X: Array, run: Any) -> Any:
        return X * p.a


class WrongWidth(Gain):
    def output_width(self, n_in: int) -> int:
        return n_in + 1


class NoWidth(Gain):
    def output_width(self, n_in: int) -> Any:
        return None


class WrongDtype(Gain):
    def forward(self, p: Any, X: Array, run: Any) -> tuple[Array, Any]:
        return (X * p.a).astype(np.float64), X


class ChangesItsInput(Gain):
    def forward(self, p: Any, X: Array, run: Any) -> tuple[Array, Any]:
        kept = X.copy()
        X *= p.a
        return X, kept


class ChangesItsGradient(Gain):
    def backward(self, p: Any, g: Any, X: Any, dY: Array, needs_dX: bool = True) -> Array | None:
        g.a[...] = (dY * X).sum(axis=0)
        dY *= p.a
        return dY


class ChangesItsParameters(Gain):
    def forward(self, p: Any, X: Array, run: Any) -> tuple[Array, Any]:
        p.a *= 0.9
        return X * p.a, X


class KeepsOnItself(Gain):
    def forward(self, p: Any, X: Array, run: Any) -> tuple[Array, Any]:
        object.__setattr__(self, "kept", X)
        return X * p.a, None

    def backward(
        self, p: Any, g: Any, cache: Any, dY: Array, needs_dX: bool = True
    ) -> Array | None:
        g.a[...] = (dY * self.kept).sum(axis=0)  # type: ignore[attr-defined]
        return dY * p.a


class DrawsAnew(Gain):
    rng: ClassVar[np.random.Generator] = np.random.default_rng(0)

    def forward(self, p: Any, X: Array, run: Any) -> tuple[Array, Any]:
        M = X * self.rng.random(X.shape).astype(X.dtype)
        return M * p.a, M


class NotFinite(Gain):
    def forward(self, p: Any, X: Array, run: Any) -> tuple[Array, Any]:
        return X * p.a * np.asarray(math.nan, X.dtype), X


class Fails(Gain):
    def forward(self, p: Any, X: Array, run: Any) -> tuple[Array, Any]:
        return X @ np.ones((1000, 3), X.dtype), X


class ShapeForSpec(Gain):
    def specs(self, n_in: int) -> dict[str, Any]:
        return {"a": (n_in,)}


class ReservedName(Gain):
    def specs(self, n_in: int) -> dict[str, Any]:
        return {"a": Spec((n_in,)), "layers": Spec((n_in,))}


class NoSpecs(Gain):
    def specs(self, n_in: int) -> Any:
        return None


class LearnsInPrediction(Gain):
    def specs(self, n_in: int) -> dict[str, Any]:
        return {"a": Spec((n_in,)), "seen": Spec((1,), trained=False)}

    def forward(self, p: Any, X: Array, run: Any) -> tuple[Array, Any]:
        p.seen += 1.0
        return X * p.a, X


class Bare:
    """Nothing but a forward pass."""

    def forward(self, p: Any, X: Array, run: Any) -> tuple[Array, Any]:
        return X, None


class MisspeltBackward(Gain):
    backward = None  # type: ignore[assignment]

    def bakward(self, p: Any, g: Any, X: Any, dY: Array, needs_dX: bool = True) -> Array | None:
        return dY


LAYERS: dict[str, tuple[Callable[[], Any], str]] = {
    "reassigned gradient": (
        Reassigned,
        "a is a view of the network's own memory: write into it (a[...] = value)",
    ),
    "reassigned first values": (
        ReassignedFirstValues,
        "a is a view of the network's own memory: write into it (a[...] = value)",
    ),
    "gradient of another name": (
        Misnamed,
        "this layer has no tensor 'A': expected one of a. Did you mean 'a'?",
    ),
    "forgotten gradient": (
        Forgotten,
        "its backward pass leaves the gradient of 'a' unwritten: write it (g.a[...] = value)",
    ),
    "accumulated gradient": (
        Accumulated,
        "its backward pass adds to g.a, which still holds the gradient of the step before",
    ),
    "wrong gradient of a parameter": (
        WrongOfParameter,
        "the gradient of 'a' is not the derivative of its forward pass",
    ),
    "wrong gradient of the input": (
        WrongOfInput,
        "the gradient of its input, dX, is not the derivative of its forward pass",
    ),
    "forgotten sum": (
        ForgottenSum,
        "the gradient of 'a' is not the derivative of its forward pass",
    ),
    "gradient of a wrong shape": (WrongShapeOfParameter, "its backward pass failed: ValueError"),
    "input gradient of a wrong shape": (
        WrongShapeOfInput,
        "its backward pass must return dX, an array of the shape and dtype of X",
    ),
    "no input gradient": (
        NoInputGradient,
        "its backward pass must return dX, an array of the shape and dtype of X",
    ),
    "gradients only with dX": (GradientsOnlyWithInput, "with needs_dX=False"),
    "backward of four arguments": (
        FourArguments,
        "backward of the layer FourArguments must take 5 arguments, (p, g, cache, dY, needs_dX)",
    ),
    "no cache": (NoCache, "its forward pass must return (Y, cache)"),
    "output of another width": (WrongWidth, "its forward pass must return Y of shape (8, 4)"),
    "no width": (
        NoWidth,
        "output_width of the layer NoWidth must return a whole number of at least 1, got None",
    ),
    "wrong dtype": (WrongDtype, "of dtype float32"),
    "changes its input": (ChangesItsInput, "its forward pass changes its input in place"),
    "changes the gradient it is given": (
        ChangesItsGradient,
        "its backward pass changes dY in place",
    ),
    "changes its parameters": (ChangesItsParameters, "its forward pass changes its parameters"),
    "keeps the cache on itself": (KeepsOnItself, "return it as the cache"),
    "draws anew each time": (DrawsAnew, "another output each time"),
    "not finite": (NotFinite, "values that are not finite for finite inputs"),
    "fails": (Fails, "its forward pass failed: ValueError"),
    "shape instead of Spec": (
        ShapeForSpec,
        "specs of the layer ShapeForSpec must return a dict of Spec by name",
    ),
    "no specs": (NoSpecs, "specs of the layer NoSpecs must return a dict of Spec by name"),
    "reserved name": (ReservedName, "a tensor must not be named 'layers'"),
    "learns in prediction": (LearnsInPrediction, "changes its statistics in prediction"),
    "bare": (
        Bare,
        (
            "a layer must have output_width, specs, initialize, forward, backward, layers, "
            "repeatable, but the layer Bare lacks"
        ),
    ),
    "misspelt method": (
        MisspeltBackward,
        (
            "the layer MisspeltBackward lacks backward(p, g, cache, dY, needs_dX). Did you mean "
            "'bakward'?"
        ),
    ),
    "a class": (lambda: Gain, "Gain()"),
}


# Losses


class Half:
    """A loss without the rest."""

    name = "half"

    def value_and_gradient(
        self, Z: Array, y: Array, weight: Array | None = None
    ) -> tuple[float, Array]:
        return 0.0, Z


class Misspelt(Squared):
    value_and_gradient = None  # type: ignore[assignment]

    def value_and_gradients(
        self, Z: Array, y: Array, weight: Array | None = None
    ) -> tuple[float, Array]:
        return 0.0, Z


class WrongObject(Squared):
    def value_and_gradient(
        self, Z: Array, y: Array, weight: Array | None = None
    ) -> tuple[float, Array]:
        value, dZ = super().value_and_gradient(Z, y, weight)
        return value, 2.0 * dZ


class Unweighted(Squared):
    def value_and_gradient(
        self, Z: Array, y: Array, weight: Array | None = None
    ) -> tuple[float, Array]:
        return super().value_and_gradient(Z, y, None)


class InPlace(Squared):
    def value_and_gradient(
        self, Z: Array, y: Array, weight: Array | None = None
    ) -> tuple[float, Array]:
        value, dZ = super().value_and_gradient(Z.copy(), y, weight)
        Z[...] = dZ
        return value, Z


def y_first(y_true: Array, y_pred: Array) -> tuple[Array, Array]:
    return 0.5 * (y_pred - y_true) ** 2, y_pred - y_true


def changing(Z: Array, y: Array) -> tuple[Array, Array]:
    Z -= y
    return 0.5 * Z**2, Z


LOSSES: dict[str, tuple[Callable[[], Any], str]] = {
    "wrong gradient": (
        lambda: CustomLoss(lambda Z, y: (0.5 * (Z - y) ** 2, 2.0 * (Z - y)), name="mine"),
        "is not the derivative of its value",
    ),
    "a function with a wrong gradient": (
        lambda: lambda Z, y: (0.5 * (Z - y) ** 2, y - Z),
        "is not the derivative of its value",
    ),
    "(y_true, y_pred)": (
        lambda: y_first,
        "takes the raw scores first, (Z, y), got y_first(y_true, y_pred)",
    ),
    "one argument": (lambda: lambda Z: (Z, Z), "must take 2 arguments, (Z, y)"),
    "the value alone": (
        lambda: lambda Z, y: (Z - y) ** 2,
        "must return two arrays, losses and derivatives",
    ),
    "the mean": (lambda: lambda Z, y: (np.mean((Z - y) ** 2), Z - y), "must return losses"),
    "changes Z": (lambda: changing, "changes Z in place"),
    "not finite": (
        lambda: lambda Z, y: (np.log(Z - y), 1.0 / (Z - y)),
        "must be finite for every finite Z",
    ),
    "a class": (lambda: Squared, "write Squared()"),
    "half an object": (
        Half,
        (
            "a loss must have prepare, value_and_gradient, predict, baseline, name, but the loss "
            "Half lacks"
        ),
    ),
    "misspelt method": (Misspelt, "Did you mean 'value_and_gradients'?"),
    "an object with a wrong gradient": (WrongObject, "is not the derivative of its value"),
    "an object without weights": (Unweighted, "a row of weight 0 must count for nothing"),
    "an object that changes Z": (InPlace, "changes Z in place"),
}


# Schedules


def one_argument(epoch: Any) -> Any:
    return 0.9**epoch


SCHEDULES: dict[str, tuple[Callable[[], Any], str]] = {
    "one argument": (
        lambda: one_argument,
        "a schedule must take 2 arguments, (steps, n_steps), got one_argument(epoch)",
    ),
    "not a number": (
        lambda: lambda steps, n_steps: np.full(len(steps), np.nan),
        "one multiplier for each of the",
    ),
    "negative": (
        lambda: lambda steps, n_steps: -np.ones(len(steps)),
        "one multiplier for each of the",
    ),
    "a number": (lambda: lambda steps, n_steps: 0.5, "one multiplier for each of the"),
    "a wrong shape": (
        lambda: lambda steps, n_steps: np.ones((len(steps), 1)),
        "one multiplier for each of the",
    ),
    "text": (lambda: lambda steps, n_steps: ["slow"] * len(steps), "return as many multipliers"),
    "nothing": (lambda: lambda steps, n_steps: None, "one multiplier for each of the"),
    "written for one step": (
        lambda: lambda steps, n_steps: 1.0 if steps < 10 else 0.1,
        "must take an array of steps and return as many multipliers",
    ),
    "a class": (lambda: Cosine, "write Cosine()"),
    "a number for a schedule": (
        lambda: 0.5,
        "a schedule must be a function (steps, n_steps), got 0.5",
    ),
}


# Metrics


def my_metric(y_true: Any, y_pred: Any) -> float:
    return 0.0


def with_weights(y_true: Any, y_pred: Any, sample_weight: Any = None) -> float:
    return 0.0


METRICS: dict[str, tuple[Callable[[], Any], str]] = {
    "(y_true, y_pred)": (lambda: my_metric, "make_scorer(my_metric)"),
    "(y_true, y_pred, weights)": (lambda: with_weights, "make_scorer(with_weights)"),
    "of scikit-learn": (lambda: accuracy_score, "make_scorer(accuracy_score)"),
    "one argument": (
        lambda: lambda estimator: 0.0,
        "a scorer must take 3 arguments, (estimator, X, y)",
    ),
    "returns nothing": (
        lambda: lambda estimator, X, y: None,
        "a scorer must return one number, got None",
    ),
    "returns an array": (
        lambda: lambda estimator, X, y: np.zeros(3),
        "a scorer must return one number, got",
    ),
    "a class": (lambda: HalfAnActivation, "HalfAnActivation()"),
}


# Initializers


INITIALIZERS: dict[str, tuple[Callable[[], Any], str]] = {
    "one argument": (
        lambda: lambda shape: np.zeros(shape) + 1.0,
        "an initializer must take 3 arguments, (fan_in, fan_out, rng)",
    ),
    "a wrong shape": (
        lambda: lambda fan_in, fan_out, rng: np.zeros((fan_out, fan_in)),
        "(fan_in, fan_out)",
    ),
    "not finite": (
        lambda: lambda fan_in, fan_out, rng: np.full((fan_in, fan_out), np.nan),
        "must return finite numbers",
    ),
    "text": (
        lambda: lambda fan_in, fan_out, rng: np.full((fan_in, fan_out), "x"),
        "must return finite numbers",
    ),
    "a class": (lambda: He, "write He()"),
}


# Callbacks


class Listener:
    def __call__(self, epoch: Any) -> None:
        pass


CALLBACKS: dict[str, tuple[Callable[[], Any], str]] = {
    "no argument": (lambda: lambda: None, "must take 1 argument, (epoch)"),
    "two arguments": (lambda: lambda epoch, loss: None, "must take 1 argument, (epoch)"),
    "a class": (lambda: Listener, "write Listener()"),
    "no function": (lambda: "print", "got 'print'"),
}


# Optimizers


@dataclass
class Descent:
    """Plain descent, right in every way."""

    lr: float = 0.1

    def start(self, theta: Array) -> OptimizerState:
        return OptimizerState({})

    def step(
        self,
        state: OptimizerState,
        theta: Array,
        gradient: Array,
        segments: Sequence[Any],
        lr: float,
    ) -> Any:
        theta -= lr * gradient


class ReturnsTheta(Descent):
    def step(
        self,
        state: OptimizerState,
        theta: Array,
        gradient: Array,
        segments: Sequence[Any],
        lr: float,
    ) -> Any:
        return theta - lr * gradient


class NoStart(Descent):
    start = None  # type: ignore[assignment]


class FewArguments(Descent):
    def step(self, theta: Array, gradient: Array) -> Any:  # type: ignore[override]
        theta -= self.lr * gradient


class NoState(Descent):
    def start(self, theta: Array) -> Any:
        return None


OPTIMIZERS: dict[str, tuple[Callable[[], Any], str]] = {
    "returns theta": (ReturnsTheta, "leaves theta as it is"),
    "no start": (NoStart, "the optimizer NoStart lacks start(theta)"),
    "few arguments": (
        FewArguments,
        (
            "step of the optimizer FewArguments must take 5 arguments, (state, theta, gradient, "
            "segments, lr)"
        ),
    ),
    "no state": (NoState, "start of the optimizer NoState must return an OptimizerState, got None"),
    "no rate": (
        lambda: Descent(lr=None),
        "lr of the optimizer Descent must be a positive number, got None",
    ),  # type: ignore[arg-type]
    "a class": (lambda: SGD, "write SGD()"),
}
