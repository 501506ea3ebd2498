"""What exists, as tables.

One row or more for every activation, loss, layer, optimizer, schedule, initializer and penalty.

Every law runs over a whole table; `without_a_row` names what stands in the package but in no table
here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.activations import ACTIVATIONS, ActivationFunction
from glassnet.initializers import (
    INITIALIZERS,
    Constant,
    Glorot,
    He,
    Initializer,
    LeCun,
    StandardNormal,
)
from glassnet.layers import (
    LAYERS,
    Activation,
    BatchNorm,
    CategoryEmbedding,
    Dense,
    Dropout,
    Layer,
    LayerNorm,
    Members,
    PeriodicEmbedding,
    PiecewiseLinearEmbedding,
    Residual,
    RMSNorm,
    Scale,
    Stack,
)
from glassnet.losses import (
    LOSSES,
    Absolute,
    CustomLoss,
    Gamma,
    Huber,
    Logistic,
    Loss,
    Poisson,
    Quantile,
    Softmax,
    Squared,
    Tweedie,
)
from glassnet.optimizers import LBFGS, OPTIMIZERS, SGD, Adam, AdamW, Optimizer, RMSprop
from glassnet.penalties import Penalty
from glassnet.schedules import (
    SCHEDULES,
    Cosine,
    CosLog,
    Exponential,
    FlatCosine,
    InverseScaling,
    InverseScalingByRows,
    OneCycle,
    ReduceOnPlateau,
    Schedule,
    StepDecay,
    Warmup,
)
from glassnet.schedules import Constant as ConstantRate

Array = np.ndarray[Any, np.dtype[Any]]
Target = Callable[[np.random.Generator, int], Array]


# Activations: where the slope, or the slope of the slope, jumps. Central differences must not reach
# across.

KINKS: dict[str, tuple[float, ...]] = {
    "identity": (),
    "sigmoid": (),
    "tanh": (),
    "relu": (0.0,),
    "leaky_relu": (0.0,),
    "elu": (0.0,),
    "selu": (0.0,),
    "gelu": (),
    "silu": (),
    "mish": (),
    "softplus": (),
}
CUBE = ActivationFunction("cube", lambda Z: Z**3, lambda Z, dA: 3.0 * Z * Z * dA, keeps="input")


# Losses


@dataclass(frozen=True)
class LossCase:
    """A loss, how many raw scores it takes here, and how a target for it is drawn.

    kinks : (Z, y) -> an array that changes its signs where the loss has a kink
    descends : the loss whose value the gradient descends, where that is another by definition
    """

    loss: Any
    n_outputs: int
    target: Target
    kinks: Callable[[Array, Array], Array] = lambda Z, y: np.zeros(0)
    descends: Any = None

    def draw(self, rng: np.random.Generator, n: int, dtype: str = "float64") -> Array:
        """A prepared target of n rows."""
        return self.loss.prepare(self.target(rng, n), self.n_outputs, dtype)


def real(n_columns: int) -> Target:
    return lambda rng, n: rng.normal(0.0, 2.0, (n, n_columns))


def yes_or_no(n_columns: int) -> Target:
    return lambda rng, n: rng.integers(0, 2, (n, n_columns))


def labels(k: int) -> Target:
    return lambda rng, n: rng.integers(0, k, n)


def probabilities(k: int) -> Target:
    return lambda rng, n: rng.dirichlet(np.ones(k), n)


def shares(rng: np.random.Generator, n: int) -> Array:
    return rng.random((n, 1))


def counts(rng: np.random.Generator, n: int) -> Array:
    return rng.poisson(1.5, (n, 1))


def two_counts(rng: np.random.Generator, n: int) -> Array:
    return rng.poisson(1.5, (n, 2))


def amounts(rng: np.random.Generator, n: int) -> Array:
    return rng.gamma(2.0, 1.0, (n, 2))


def error(Z: Array, y: Array) -> Array:
    return Z - np.repeat(y, Z.shape[1] // y.shape[1], axis=1)


def at_delta(delta: float) -> Callable[[Array, Array], Array]:
    return lambda Z, y: np.abs(Z - y) - delta


def log_cosh(Z: Array, y: Array) -> tuple[Array, Array]:
    return np.log(np.cosh(Z - y)), np.tanh(Z - y)


def half_distance(Z: Array, y: Array) -> tuple[Array, Array]:
    return 0.5 * ((Z - y) ** 2).sum(axis=1), Z - y


LOSS_CASES: dict[str, LossCase] = {
    "squared": LossCase(Squared(), 1, real(1)),
    "squared, three outputs": LossCase(Squared(), 3, real(3)),
    "squared, three outputs summed": LossCase(Squared("sum"), 3, real(3)),
    "squared, mean of sum": LossCase(Squared("mean_of_sum"), 3, real(3), descends=Squared("sum")),
    "absolute": LossCase(Absolute(), 1, real(1), error),
    "absolute, two outputs": LossCase(Absolute(), 2, real(2), error),
    "huber": LossCase(Huber(), 1, real(1), at_delta(1.0)),
    "huber, delta 0.3, two outputs": LossCase(Huber(0.3), 2, real(2), at_delta(0.3)),
    "quantile": LossCase(Quantile(), 1, real(1), error),
    "quantile 0.9": LossCase(Quantile((0.9,)), 1, real(1), error),
    "three quantiles": LossCase(Quantile((0.1, 0.5, 0.8)), 3, real(1), error),
    "three quantiles of two targets": LossCase(Quantile((0.1, 0.5, 0.8)), 6, real(2), error),
    "logistic": LossCase(Logistic(), 1, yes_or_no(1)),
    "logistic, three outputs": LossCase(Logistic(), 3, yes_or_no(3)),
    "logistic, smoothed": LossCase(Logistic(0.2), 1, yes_or_no(1)),
    "logistic, probabilities": LossCase(Logistic(), 1, shares),
    "logistic, three outputs summed": LossCase(Logistic(reduction="sum"), 3, yes_or_no(3)),
    "logistic, mean of sum": LossCase(
        Logistic(reduction="mean_of_sum"), 3, yes_or_no(3), descends=Logistic(reduction="sum")
    ),
    "logistic, floored": LossCase(Logistic(clip_eps=0.3), 2, yes_or_no(2), descends=Logistic()),
    "logistic, floored, smoothed and summed": LossCase(
        Logistic(0.2, "sum", 0.2), 2, yes_or_no(2), descends=Logistic(0.2, "sum")
    ),
    "logistic, floored, probabilities": LossCase(
        Logistic(clip_eps=0.3), 1, shares, descends=Logistic()
    ),
    "softmax": LossCase(Softmax(), 4, labels(4)),
    "softmax, two classes": LossCase(Softmax(), 2, labels(2)),
    "softmax, smoothed": LossCase(Softmax(0.1), 4, labels(4)),
    "softmax, probabilities": LossCase(Softmax(), 3, probabilities(3)),
    "softmax, probabilities, smoothed": LossCase(Softmax(0.3), 3, probabilities(3)),
    "softmax, floored": LossCase(Softmax(clip_eps=0.2), 4, labels(4), descends=Softmax()),
    "softmax, floored and smoothed": LossCase(
        Softmax(0.1, 0.2), 4, labels(4), descends=Softmax(0.1)
    ),
    "softmax, floored, probabilities": LossCase(
        Softmax(clip_eps=0.2), 3, probabilities(3), descends=Softmax()
    ),
    "softmax, floored, probabilities, smoothed": LossCase(
        Softmax(0.3, 0.2), 3, probabilities(3), descends=Softmax(0.3)
    ),
    "poisson": LossCase(Poisson(), 1, counts),
    "poisson, two outputs summed": LossCase(Poisson("sum"), 2, two_counts),
    "poisson, mean of sum": LossCase(
        Poisson("mean_of_sum"), 2, two_counts, descends=Poisson("sum")
    ),
    "gamma, two outputs": LossCase(Gamma(), 2, amounts),
    "tweedie": LossCase(Tweedie(), 1, counts),
    "tweedie, power 1.2, two outputs": LossCase(Tweedie(1.2), 2, amounts),
    "custom": LossCase(CustomLoss(log_cosh, name="log_cosh"), 2, real(2)),
    "custom, one loss a row": LossCase(CustomLoss(half_distance, name="half_distance"), 2, real(2)),
}


# Layers: each takes signals of any width, WIDTH where it has a width of its own. A wide eps keeps
# normalization within the reach of differences; the default one has its row too.

WIDTH = 4
LAYER_CASES: dict[str, Layer] = {
    "dense": Dense(3),
    "dense, one unit": Dense(1, "tanh"),
    "dense, own activation": Dense(2, CUBE),
    "dense, ntk": Dense(3, "silu", parametrization="ntk"),
    **{f"activation {name}": Activation(name) for name in KINKS},
    **{f"mixed activation {name}": Activation(name, parametric=True) for name in KINKS},
    "scale": Scale(),
    "periodic": PeriodicEmbedding(WIDTH),
    "periodic, two of four columns": PeriodicEmbedding(2, n_frequencies=5, n_out=2, sigma=0.5),
    "periodic, one wave": PeriodicEmbedding(1, n_frequencies=1, n_out=1),
    "piecewise": PiecewiseLinearEmbedding(
        edges=[(-1.0, -0.2, 0.9), (0.0, 0.5), (-2.0, -0.5, 0.1, 0.4, 3.0), (-0.7, 0.0, 1.0)]
    ),
    "piecewise, two of four columns": PiecewiseLinearEmbedding(
        edges=[(-0.5, -0.1, 0.3, 1.0), (0.2, 0.4, 0.8)], n_out=2
    ),
    "piecewise, one bin": PiecewiseLinearEmbedding(edges=[(-1.0, 1.0)], n_out=1),
    "categories": CategoryEmbedding([3, 2]),
    "categories alone": CategoryEmbedding([2] * WIDTH, n_out=3),
    "categories, one level": CategoryEmbedding([1], n_out=1),
    "dropout": Dropout(0.4),
    "dropout of nothing": Dropout(0.0),
    "batch_norm": BatchNorm(),
    "batch_norm, wide": BatchNorm(momentum=0.5, eps=0.1),
    "layer_norm": LayerNorm(),
    "layer_norm, wide": LayerNorm(eps=0.1),
    "rms_norm": RMSNorm(),
    "rms_norm, wide": RMSNorm(eps=0.1),
    "residual, ntk": Residual(
        [Dense(5, "tanh", parametrization="ntk"), Dense(WIDTH, parametrization="ntk")]
    ),
    "residual": Residual([Dense(5, "tanh"), Dense(WIDTH)]),
    "nested residual": Residual(
        [
            Dense(3, "silu"),
            Residual([BatchNorm(eps=0.1), Dropout(0.3), Residual([Dense(3, "tanh")])]),
            Dense(WIDTH, "softplus"),
        ]
    ),
    "embeddings and scales inside a residual": Residual(
        [
            PeriodicEmbedding(2, 3),
            CategoryEmbedding([4], 2),
            Scale(),
            Dropout(0.2),
            Dense(WIDTH),
            Activation("elu", parametric=True),
            Scale(),
        ]
    ),
    "piecewise inside a residual": Residual(
        [Dense(3), PiecewiseLinearEmbedding(edges=[(-1.0, 0.0, 1.0)] * 2, n_out=1), Dense(WIDTH)]
    ),
    "stack": Stack([Dense(5, "tanh"), Dropout(0.2), Dense(3)]),
    "members": Members(
        [
            Stack([Dense(5, "tanh"), Dense(2)]),
            Stack([Dense(3, "silu"), Dropout(0.3), Dense(2)]),
            Dense(2, "relu"),
        ]
    ),
    "members, one": Members([Dense(3, "tanh")]),
    "members alike": Members(
        [Stack([Scale(), Dense(3, "mish"), Activation("tanh", parametric=True)])] * 3
    ),
    "members without products": Members(
        [Dropout(0.3), Stack([Activation("tanh"), Scale()]), Activation("silu"), BatchNorm(eps=0.1)]
    ),
    "members inside members": Members(
        [
            Stack(
                [
                    Dense(3, "elu"),
                    Members([LayerNorm(eps=0.1), Residual([Dense(3, "tanh")])]),
                    Dense(WIDTH, "softplus"),
                ]
            ),
            Residual(
                [
                    Members(
                        [
                            Stack(
                                [PeriodicEmbedding(2, 3), CategoryEmbedding([4], 2), Dense(WIDTH)]
                            ),
                            Scale(),
                        ]
                    ),
                    Dropout(0.2),
                ]
            ),
        ]
    ),
}


# Optimizers: SciPy runs the last one whole, so the laws of single steps pass it by.

STEPPERS: dict[str, Optimizer] = {
    "sgd": SGD(0.1),
    "sgd, momentum": SGD(0.1, momentum=0.9),
    "sgd, nesterov": SGD(0.01, momentum=0.9, nesterov=True),
    "sgd, rate inside": SGD(0.1, momentum=0.9, lr_in_velocity=True),
    "sgd, rate inside, nesterov": SGD(0.01, momentum=0.9, nesterov=True, lr_in_velocity=True),
    "sgd, rate inside, no momentum": SGD(0.1, lr_in_velocity=True),
    "rmsprop": RMSprop(),
    "rmsprop, other settings": RMSprop(0.02, rho=0.7, eps=1e-3),
    "adam": Adam(),
    "adam, other settings": Adam(0.02, beta1=0.7, beta2=0.95, eps=1e-4),
    "adam, no momentum": Adam(0.02, beta1=0.0),
    "adam, uncorrected eps": Adam(0.02, beta2=0.95, eps=1e-3, uncorrected_eps=True),
    "adamw": AdamW(),
    "adamw, strong decay": AdamW(0.02, weight_decay=0.5),
}
OPTIMIZER_CASES: dict[str, Optimizer | LBFGS] = {**STEPPERS, "lbfgs": LBFGS()}


# Schedules: the last one follows losses and is no function of the step.

STEPWISE: dict[str, Schedule] = {
    "constant": ConstantRate(),
    "step": StepDecay(),
    "step, half at each tenth": StepDecay(0.5, every=0.1),
    "exponential": Exponential(),
    "cosine": Cosine(),
    "cosine to 0.1": Cosine(0.1),
    "coslog4": CosLog(),
    "coslog, two cycles": CosLog(2),
    "flat_cosine": FlatCosine(),
    "flat_cosine, short": FlatCosine(0.1),
    "one_cycle": OneCycle(),
    "one_cycle, early": OneCycle(rise=0.1, start=0.0, final=0.0),
    "inverse_scaling": InverseScaling(),
    "inverse_scaling_by_rows": InverseScalingByRows(0.5, rows_per_epoch=50, steps_per_epoch=4),
    "inverse_scaling_by_rows, later": InverseScalingByRows(
        0.5, rows_per_epoch=50, steps_per_epoch=4, rows_before=70, fresh=False
    ),
    "warmup": Warmup(ConstantRate()),
    "warmup_cosine": Warmup(Cosine()),
    "warmup before steps": Warmup(StepDecay(), fraction=0.25),
}
SCHEDULE_CASES: dict[str, Schedule | ReduceOnPlateau] = {
    **STEPWISE,
    "reduce_on_plateau": ReduceOnPlateau(),
}


# Initializers: with the variance of a weight for (fan_in, fan_out), and the limit in standard
# deviations, None for none.


@dataclass(frozen=True)
class InitializerCase:
    initializer: Initializer
    variance: Callable[[int, int], float]
    limit: float | None = None


UNIFORM = 3.0**0.5
INITIALIZER_CASES: dict[str, InitializerCase] = {
    "glorot_uniform": InitializerCase(Glorot("uniform"), lambda m, n: 2.0 / (m + n), UNIFORM),
    "glorot_normal": InitializerCase(Glorot("normal"), lambda m, n: 2.0 / (m + n)),
    "he_uniform": InitializerCase(He("uniform"), lambda m, n: 2.0 / m, UNIFORM),
    "he_normal": InitializerCase(He("normal"), lambda m, n: 2.0 / m),
    "lecun_uniform": InitializerCase(LeCun("uniform"), lambda m, n: 1.0 / m, UNIFORM),
    "lecun_normal": InitializerCase(LeCun("normal"), lambda m, n: 1.0 / m),
    "standard_normal": InitializerCase(StandardNormal(), lambda m, n: 1.0),
    "zeros": InitializerCase(Constant(0.0), lambda m, n: 0.0, 0.0),
    "constant": InitializerCase(Constant(), lambda m, n: 0.0, 0.0),
}


PENALTIES: dict[str, Penalty | None] = {
    "no penalty": None,
    "l2": Penalty(l2=0.3),
    "l1": Penalty(l1=0.2),
    "l1 and l2": Penalty(l1=0.1, l2=0.5),
    "l1 and l2 per batch": Penalty(l1=0.4, l2=2.0, per_batch=True),
}


def all_layers(layers: Any) -> list[Layer]:
    """The layers and those inside them."""
    return [inner for layer in layers for inner in (layer, *all_layers(layer.layers))]


def without_a_row() -> list[str]:
    """Everything that the package's own tables name and the tables here do not cover."""
    layers = {type(layer) for layer in all_layers(LAYER_CASES.values())}
    losses: set[type[Loss]] = {type(case.loss) for case in LOSS_CASES.values()}
    covered: list[tuple[str, Mapping[str, Any], Callable[[str, Any], bool]]] = [
        ("activation", ACTIVATIONS, lambda name, _: name in KINKS),
        ("loss", LOSSES, lambda _, loss: loss in losses),
        ("layer", LAYERS, lambda _, layer: layer in layers),
        ("optimizer", OPTIMIZERS, lambda _, optimizer: optimizer in OPTIMIZER_CASES.values()),
        ("schedule", SCHEDULES, lambda _, schedule: schedule in SCHEDULE_CASES.values()),
        (
            "initializer",
            INITIALIZERS,
            lambda name, made: (
                name in INITIALIZER_CASES and INITIALIZER_CASES[name].initializer == made
            ),
        ),
    ]
    return [
        f"{kind} {name}"
        for kind, existing, has_row in covered
        for name, made in existing.items()
        if not has_row(name, made)
    ]
