"""PyTorch agrees, in float64 and with the same weights: activations, losses, networks, and a
hundred steps of each optimizer.

Torch stores the weights of a linear layer transposed, (n_out, n_in), where ours are (n_in, n_out):
`forward` is the door.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from glassnet.activations import ACTIVATIONS
from glassnet.engines import ReferenceEngine
from glassnet.layers import (
    Activation,
    BatchNorm,
    CategoryEmbedding,
    Dense,
    Dropout,
    LayerNorm,
    Members,
    PeriodicEmbedding,
    PiecewiseLinearEmbedding,
    Residual,
    RMSNorm,
    Run,
    Scale,
    Stack,
)
from glassnet.losses import (
    Absolute,
    CustomLoss,
    Gamma,
    Huber,
    Logistic,
    Poisson,
    Quantile,
    Softmax,
    Squared,
    Tweedie,
)
from glassnet.network import Network
from glassnet.optimizers import SGD, Adam, AdamW, RMSprop
from glassnet.parameters import Parameters
from glassnet.rng import keep_mask
from glassnet.schedules import Cosine, OneCycle
from tests.conftest import oracle
from tests.laws.gradients import Problem, draw_problem
from tests.laws.random_networks import random_problem
from tests.laws.tables import LAYER_CASES, LOSS_CASES, STEPPERS, STEPWISE, WIDTH, Array, all_layers

torch = oracle("torch")
torch.set_num_threads(1)  # under matrices this small, more threads only wait for one another
F = torch.nn.functional
Tensor = Any


def tensor(A: Array) -> Tensor:
    return torch.tensor(np.asarray(A), requires_grad=np.asarray(A).dtype.kind == "f")


def difference(ours: Array, theirs: Array, floor: float = 0.0) -> float:
    """norm(ours - theirs) / norm(theirs), and 0 where both are 0."""
    return float(np.linalg.norm(ours - theirs)) / max(float(np.linalg.norm(theirs)), floor, 1e-300)


# Activations

THEIR_ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "identity": lambda Z: Z * 1.0,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "leaky_relu": F.leaky_relu,
    "elu": F.elu,
    "selu": F.selu,
    "gelu": F.gelu,
    "silu": F.silu,
    "mish": F.mish,
    "softplus": lambda Z: F.softplus(
        Z, threshold=40.0
    ),  # theirs is the identity above 20 by default, off by 2e-9
}
POINTS = np.concatenate(
    [
        [0.0, -0.0, 1e4, -1e4, 30.0, -30.0],
        np.random.default_rng(0).normal(0.0, 3.0, 500),
        np.linspace(-45, 45, 300),
    ]
)


def test_every_activation_has_its_oracle() -> None:
    assert set(THEIR_ACTIVATIONS) == set(ACTIVATIONS)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activation_and_its_slope(
    name: str, record_property: Callable[[str, object], None]
) -> None:
    f = ACTIVATIONS[name]
    Z, theirs = POINTS, tensor(POINTS)
    A = f.forward(Z)
    dZ = f.backward(A if f.keeps == "output" else Z, np.ones_like(Z))
    their_A = THEIR_ACTIVATIONS[name](theirs)
    their_A.sum().backward()
    for ours, other in ((A, their_A.detach().numpy()), (dZ, theirs.grad.numpy())):
        worst = float(np.max(np.abs(ours - other) / np.maximum(np.abs(other), 1.0)))
        record_property("worst", worst)
        assert worst <= 1e-14


# Losses: (Z, y, loss) -> the loss of each row and output, or of each row


def their_quantile(Z: Tensor, y: Tensor, loss: Quantile) -> Tensor:
    q = torch.tensor(loss.quantiles, dtype=Z.dtype).repeat(y.shape[1])
    E = y.repeat_interleave(len(loss.quantiles), dim=1) - Z
    return torch.where(E > 0.0, q * E, (q - 1.0) * E)


def their_softmax(Z: Tensor, y: Tensor, loss: Softmax) -> Tensor:
    return F.cross_entropy(Z, y, label_smoothing=loss.label_smoothing, reduction="none")


def their_logistic(Z: Tensor, y: Tensor, loss: Logistic) -> Tensor:
    s = loss.label_smoothing
    return F.binary_cross_entropy_with_logits(Z, y * (1.0 - s) + s / 2.0, reduction="none")


def their_gamma(Z: Tensor, y: Tensor, loss: Gamma) -> Tensor:
    """Half the deviance as a difference of log-likelihoods of gamma distributions of shape 1."""

    def log_likelihood(mean: Tensor) -> Tensor:
        return torch.distributions.Gamma(torch.ones_like(mean), 1.0 / mean).log_prob(y)

    return log_likelihood(y) - log_likelihood(torch.exp(Z))


def their_tweedie(Z: Tensor, y: Tensor, loss: Tweedie) -> Tensor:
    """Half the unit deviance: the integral of (mu - y) mu^-p from y to mu, by its
    antiderivative."""
    p = loss.power

    def antiderivative(mu: Tensor) -> Tensor:
        return mu ** (2.0 - p) / (2.0 - p) - y * mu ** (1.0 - p) / (1.0 - p)

    at_y = y ** (2.0 - p) / (2.0 - p) - y ** (2.0 - p) / (1.0 - p)
    return antiderivative(torch.exp(Z)) - at_y


def their_poisson(Z: Tensor, y: Tensor, loss: Poisson) -> Tensor:
    return F.poisson_nll_loss(Z, y, log_input=True, reduction="none") + torch.xlogy(y, y) - y


def their_custom(Z: Tensor, y: Tensor, loss: CustomLoss) -> Tensor:
    return {
        "log_cosh": torch.log(torch.cosh(Z - y)),
        "half_distance": 0.5 * ((Z - y) ** 2).sum(dim=1),
    }[loss.name]


THEIR_LOSSES: dict[type, Callable[[Tensor, Tensor, Any], Tensor]] = {
    Squared: lambda Z, y, loss: 0.5 * F.mse_loss(Z, y, reduction="none"),
    Absolute: lambda Z, y, loss: F.l1_loss(Z, y, reduction="none"),
    Huber: lambda Z, y, loss: F.huber_loss(Z, y, delta=loss.delta, reduction="none"),
    Quantile: their_quantile,
    Logistic: their_logistic,
    Softmax: their_softmax,
    Poisson: their_poisson,
    Gamma: their_gamma,
    Tweedie: their_tweedie,
    CustomLoss: their_custom,
}


def their_clipped(Z: Tensor, y: Tensor, loss: Logistic | Softmax) -> Tensor:
    """From clipped probabilities, as written."""
    s, k = loss.label_smoothing, Z.shape[1]
    if isinstance(loss, Logistic):
        P, y = torch.sigmoid(Z).clamp(loss.clip_eps, 1.0 - loss.clip_eps), y * (1.0 - s) + s / 2.0
        return F.binary_cross_entropy(P, y, reduction="none")
    Y = F.one_hot(y, k).to(Z.dtype) if y.ndim == 1 else y
    return -(
        (Y * (1.0 - s) + s / k)
        * torch.log(torch.softmax(Z, dim=1).clamp(loss.clip_eps, 1.0 - loss.clip_eps))
    ).sum(dim=1)


def with_gradient_of(value: Tensor, other: Tensor) -> Tensor:
    """The one in value, the other in gradient."""
    return other + (value - other).detach()


def their_loss(Z: Tensor, y: Array, loss: Any, weight: Array | None) -> Tensor:
    L = THEIR_LOSSES[type(loss)](Z, torch.tensor(y), loss)
    if getattr(loss, "clip_eps", 0.0):
        L = with_gradient_of(their_clipped(Z, torch.tensor(y), loss), L)
    w = torch.ones(len(L), dtype=L.dtype) if weight is None else torch.tensor(weight)
    if L.ndim == 2:
        match getattr(loss, "reduction", "mean"):
            case "mean":
                L = L.mean(dim=1)
            case "sum":
                L = L.sum(dim=1)
            case "mean_of_sum":
                L = with_gradient_of(L.mean(dim=1), L.sum(dim=1))
    return (w * L).sum() / w.sum()


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", LOSS_CASES)
def test_loss_and_its_gradient(
    name: str, weighted: bool, record_property: Callable[[str, object], None]
) -> None:
    case = LOSS_CASES[name]
    rng = np.random.default_rng(3)
    y = case.draw(rng, 40)
    Z = rng.normal(0.0, 3.0, (40, case.n_outputs))
    weight = rng.integers(0, 3, 40) * 0.7 if weighted else None
    value, dZ = case.loss.value_and_gradient(Z, y, weight)
    theirs = tensor(Z)
    their_value = their_loss(theirs, y, case.loss, weight)
    their_value.backward()
    worst = max(
        abs(value - their_value.item()) / abs(their_value.item()),
        difference(dZ, theirs.grad.numpy()),
    )
    record_property("worst", worst)
    assert worst <= 1e-13


# Networks


def their_forward(
    layers: Any,
    theta: Mapping[str, Tensor],
    views: Any,
    X: Tensor,
    run: Run,
    path: str = "",
    first: int = 0,
) -> Tensor:
    """The forward pass of our layers in torch's functions, on tensors by our names; running
    statistics are updated in place."""

    def activation(f: Any, Z: Tensor) -> Tensor:
        return THEIR_ACTIVATIONS[f if isinstance(f, str) else f.name](Z)

    for i, (layer, p) in enumerate(zip(layers, views, strict=True), first):
        name = f"{path}layers.{i}."
        match layer:
            case Dense():
                X = activation(
                    layer.activation, F.linear(X, theta[name + "W"].T, theta[name + "b"])
                )
            case Activation():
                A = activation(layer.activation, X)
                X = torch.lerp(X, A, theta[name + "a"]) if layer.parametric else A
            case Scale():
                X = X @ torch.diag(theta[name + "s"])
            case PeriodicEmbedding():
                x, rest = X[:, : layer.n_numeric], X[:, layer.n_numeric :]
                w1, b1, W2, b2 = (theta[name + key] for key in ("w1", "b1", "W2", "b2"))
                waves = torch.cos(2.0 * torch.pi * torch.einsum("np,pm->npm", x, w1) + b1)
                mixtures = torch.einsum("npm,pmk->npk", waves, W2) + b2
                X = torch.cat([torch.cat([x[:, :, None], mixtures], dim=2).flatten(1), rest], dim=1)
            case PiecewiseLinearEmbedding():
                made, row = [], 0
                for j, n_bins in enumerate(layer.n_bins):
                    x, t = X[:, j : j + 1], theta[name + "edges"][row + j : row + j + n_bins + 1]
                    low, high = t[:-1], t[1:]
                    first, last = torch.arange(n_bins) == 0, torch.arange(n_bins) == n_bins - 1
                    places = (x - low) / (high - low)
                    places = torch.where(first, places, places.clamp(min=0.0))
                    places = torch.where(last, places, places.clamp(max=1.0))
                    made += [
                        x,
                        places @ theta[name + "W"][row : row + n_bins] + theta[name + "b"][j],
                    ]
                    row += n_bins
                X = torch.cat([*made, X[:, len(layer.n_bins) :]], dim=1)
            case CategoryEmbedding():
                first = X.shape[1] - len(layer.levels)
                codes = [
                    X[:, first + j]
                    .long()
                    .where((X[:, first + j] >= 0) & (X[:, first + j] < n), n - 1)
                    for j, n in enumerate(layer.levels)
                ]
                X = torch.cat(
                    [
                        X[:, :first],
                        *(F.embedding(code, theta[f"{name}T{j}"]) for j, code in enumerate(codes)),
                    ],
                    dim=1,
                )
            case Dropout():
                if run.training and layer.rate:
                    X = (
                        X
                        * torch.tensor(
                            keep_mask(run.seed, run.step, p.number, tuple(X.shape), layer.rate)
                        )
                        / (1.0 - layer.rate)
                    )
            case BatchNorm():
                gamma, beta, mean, var = (
                    theta[name + key] for key in ("gamma", "beta", "running_mean", "running_var")
                )
                X = F.batch_norm(X, mean, var, gamma, beta, run.training, layer.momentum, layer.eps)
            case LayerNorm():
                X = F.layer_norm(
                    X, X.shape[1:], theta[name + "gamma"], theta[name + "beta"], layer.eps
                )
            case RMSNorm():
                X = F.rms_norm(X, X.shape[1:], theta[name + "gamma"], layer.eps)
            case Residual():
                X = X + their_forward(layer.layers, theta, p.layers, X, run, name)
            case Stack():
                X = their_forward(layer.layers, theta, p.layers, X, run, name)
            case Members():
                apart = [
                    their_layer(m, layer, theta, p, X, run, name) for m in range(len(layer.layers))
                ]
                X = torch.stack(apart).mean(dim=0)
            case _:
                raise AssertionError(layer)
    return X


def their_layer(
    m: int, layer: Any, theta: Mapping[str, Tensor], views: Any, X: Tensor, run: Run, name: str
) -> Tensor:
    """The forward pass of one of the layers inside another; what comes before its number m is
    passed over."""
    return their_forward(
        layer.layers[m : m + 1], theta, views.layers[m : m + 1], X, run, name, first=m
    )


def their_tensors(parameters: Parameters) -> dict[str, Tensor]:
    return {
        name: torch.tensor(view, requires_grad=parameters.spec(name).trained)
        for name, view in parameters.items()
    }


def compare_with_torch(problem: Problem) -> tuple[float, float, float]:
    """The relative differences of outputs, gradients (the worst tensor, X included) and running
    statistics.

    A gradient that is zero but for rounding, as that of a bias before batch normalization, is
    measured against all of them.
    """
    network, loss, run = problem.network, problem.loss.loss, problem.run
    parameters = network.parameters
    theta, X = their_tensors(parameters), tensor(problem.X)
    their_Z = their_forward(network.layers, theta, parameters.p.layers, X, run)
    their_loss(their_Z, problem.y, loss, problem.weight).backward()

    Z, caches = network.forward(problem.X, run)
    dX = network.backward(
        caches, loss.value_and_gradient(Z, problem.y, problem.weight)[1], needs_dX=True
    )

    floor = 1e-5 * float(np.linalg.norm(parameters.gradient))
    trained = [name for name in parameters if parameters.spec(name).trained]
    pairs = [
        (parameters.gradient_of(name), theta[name].grad)
        for name in trained
        if theta[name].grad is not None
    ]
    their_dX = torch.zeros_like(X) if X.grad is None else X.grad  # where all columns are codes
    gradients = [
        difference(ours, theirs.numpy(), floor) for ours, theirs in [*pairs, (dX, their_dX)]
    ]
    statistics = [
        difference(parameters[name], theta[name].detach().numpy())
        for name in parameters
        if name not in trained
    ]
    return difference(Z, their_Z.detach().numpy()), max(gradients), max(statistics, default=0.0)


def test_outputs_and_gradients_of_random_networks(
    record_property: Callable[[str, object], None],
) -> None:
    worst = np.zeros(3)
    for seed in range(100):
        rng = np.random.default_rng([5, seed])
        found = compare_with_torch(
            random_problem(rng, n=2 + seed % 9, n_features=1 + seed % 12)
        )  # torch refuses batch norm of one row
        worst = np.maximum(worst, found)
        assert found[0] <= 1e-12, seed
        assert found[1] <= 1e-10, seed
        assert found[2] <= 1e-12, seed
    for what, value in zip(("outputs", "gradients", "statistics"), worst, strict=True):
        record_property(what, float(value))


@pytest.mark.parametrize(
    "name",
    [
        name
        for name in LAYER_CASES
        if name.startswith(
            (
                "mixed",
                "scale",
                "periodic",
                "piecewise",
                "categories",
                "stack",
                "members",
                "shared",
                "heads",
                "mean",
            )
        )
    ],
)
def test_input_layers_mixes_and_members(
    name: str, record_property: Callable[[str, object], None]
) -> None:
    layers = [LAYER_CASES[name], Dense(WIDTH, "tanh"), LAYER_CASES[name], Dense(1)]
    normalized = any(
        isinstance(layer, BatchNorm) for layer in all_layers(layers)
    )  # torch refuses batch norm of one row
    for seed in range(int(normalized), 5):
        rng = np.random.default_rng([6, seed])
        found = compare_with_torch(
            draw_problem(layers, LOSS_CASES["squared"], rng, n=1 + 9 * seed, n_features=WIDTH)
        )
        record_property("worst", max(found))
        assert found[0] <= 1e-12
        assert found[1] <= 1e-10


@pytest.mark.parametrize("momentum", [0.1, 0.5, 1.0])
def test_running_statistics_of_batch_normalization(momentum: float) -> None:
    network = Network([BatchNorm(momentum)], n_features=5, dtype="float64")
    theirs = torch.nn.BatchNorm1d(5, momentum=momentum, dtype=torch.float64)
    rng = np.random.default_rng(0)
    for n in (2, 3, 50, 8):
        X = rng.normal(3.0, 2.0, (n, 5))
        assert (
            difference(
                network.forward(X, Run(training=True))[0], theirs(torch.tensor(X)).detach().numpy()
            )
            <= 1e-13
        )
        assert (
            difference(network.parameters["layers.0.running_mean"], theirs.running_mean.numpy())
            <= 1e-13
        )
        assert (
            difference(network.parameters["layers.0.running_var"], theirs.running_var.numpy())
            <= 1e-13
        )
    theirs.eval()
    X = rng.normal(3.0, 2.0, (7, 5))
    assert difference(network.predict(X), theirs(torch.tensor(X)).detach().numpy()) <= 1e-13


@pytest.mark.parametrize("n", [1, 6])
def test_layer_normalization(n: int) -> None:
    network = Network([LayerNorm(eps=1e-3)], n_features=5, dtype="float64")
    theirs = torch.nn.LayerNorm(5, eps=1e-3, dtype=torch.float64)
    X = np.random.default_rng(n).normal(3.0, 2.0, (n, 5))
    assert difference(network.predict(X), theirs(torch.tensor(X)).detach().numpy()) <= 1e-13


# Optimizers


def their_optimizer(settings: Any, parameters: Parameters, theta: Mapping[str, Tensor]) -> Any:
    groups: list[list[Tensor]] = [[], []]
    for name, value in theta.items():
        if parameters.spec(name).trained:
            groups[parameters.spec(name).decay_factor == 0.0].append(value)
    decayed, rest = groups
    match settings:
        case SGD():
            return torch.optim.SGD(
                [*decayed, *rest], settings.lr, settings.momentum, nesterov=settings.nesterov
            )
        case RMSprop():
            return torch.optim.RMSprop(
                [*decayed, *rest], settings.lr, alpha=settings.rho, eps=settings.eps
            )
        case Adam():
            return torch.optim.Adam(
                [*decayed, *rest], settings.lr, (settings.beta1, settings.beta2), settings.eps
            )
        case AdamW():
            split = [
                {"params": decayed, "weight_decay": settings.weight_decay},
                {"params": rest, "weight_decay": 0.0},
            ]
            return torch.optim.AdamW(
                split, settings.lr, (settings.beta1, settings.beta2), settings.eps
            )
    raise AssertionError(settings)


def set_rate(theirs: Any, settings: Any, lr: float, t: int) -> None:
    """The rate of step t; an eps beside the uncorrected root is, beside the corrected one, eps /
    sqrt(1 - beta2^t)."""
    for group in theirs.param_groups:
        group["lr"] = 1.0 if isinstance(settings, SGD) and settings.lr_in_velocity else lr
        if isinstance(settings, Adam) and settings.uncorrected_eps:
            group["eps"] = settings.eps * (1.0 - settings.beta2**t) ** -0.5


@pytest.mark.parametrize("schedule", ["constant", "cosine to 0.1", "one_cycle"])
@pytest.mark.parametrize("name", STEPPERS)
def test_a_hundred_steps_of_every_optimizer(
    name: str, schedule: str, record_property: Callable[[str, object], None]
) -> None:
    settings, case, n_steps = STEPPERS[name], LOSS_CASES["softmax"], 100
    network = Network(
        [Dense(8, "tanh"), BatchNorm(), Dense(6, "silu"), Dense(case.n_outputs)],
        n_features=5,
        seed=1,
        dtype="float64",
    )
    theta = their_tensors(network.parameters)
    theirs = their_optimizer(settings, network.parameters, theta)
    engine = ReferenceEngine(network, case.loss, settings)
    rng = np.random.default_rng(2)
    rates = settings.lr * STEPWISE[schedule](np.arange(n_steps), n_steps)
    for step, lr in enumerate(rates):
        X, y = rng.standard_normal((16, 5)), case.draw(rng, 16)
        engine.loss_and_gradient(X, y, step=step)
        engine.update(float(lr))

        set_rate(theirs, settings, float(lr), step + 1)
        theirs.zero_grad()
        Z = their_forward(
            network.layers, theta, network.parameters.p.layers, torch.tensor(X), Run(training=True)
        )
        # Torch's rate multiplies the velocity: where ours is inside, it multiplies the gradient on
        # its way into torch's.
        inside = float(lr) if isinstance(settings, SGD) and settings.lr_in_velocity else 1.0
        (inside * their_loss(Z, y, case.loss, None)).backward()
        theirs.step()
    start = Network(network.layers, n_features=5, seed=1, dtype="float64").parameters
    differences = {
        key: difference(view, theta[key].detach().numpy())
        for key, view in network.parameters.items()
    }
    assert all(
        difference(view, start[key]) > 1e-4
        for key, view in network.parameters.items()
        if key.endswith("W")
    )  # it did move
    record_property("worst", max(differences.values()))
    assert max(differences.values()) <= 1e-10, differences


def test_adamw_steps_of_the_neural_tangent_parametrization() -> None:
    """Torch divides each product by sqrt(n_in) and learns the whole matrix; eps weighs there by
    sqrt(n_in) more, so it is tiny."""
    layers = [Dense(8, "tanh", parametrization="ntk"), Dense(3, parametrization="ntk")]
    network = Network(layers, n_features=5, seed=1, dtype="float64")
    lr, decay, eps = 0.05, 0.3, 1e-30
    engine = ReferenceEngine(network, Softmax(), AdamW(lr, eps=eps, weight_decay=decay))
    theta = their_tensors(network.parameters)
    roots = {
        name: view.shape[0] ** 0.5
        for name, view in network.parameters.items()
        if name.endswith("W")
    }
    with torch.no_grad():
        for name, root in roots.items():
            theta[name] *= root
    groups = [
        {"params": [theta[name] for name in roots], "lr": lr, "weight_decay": decay},
        {
            "params": [theta[name] for name in theta if name not in roots],
            "lr": 0.1 * lr,
            "weight_decay": 0.0,
        },
    ]
    theirs = torch.optim.AdamW(groups, eps=eps)
    rng = np.random.default_rng(2)
    for _ in range(50):
        X, y = rng.standard_normal((16, 5)), rng.integers(0, 3, 16)
        engine.loss_and_gradient(X, y)
        engine.update(lr)
        theirs.zero_grad()
        divided = {name: value / roots.get(name, 1.0) for name, value in theta.items()}
        F.cross_entropy(
            their_forward(layers, divided, network.parameters.p.layers, torch.tensor(X), Run()),
            torch.tensor(y),
        ).backward()
        theirs.step()
    for name, view in network.parameters.items():
        assert difference(view * roots.get(name, 1.0), theta[name].detach().numpy()) <= 1e-10, name


# Schedules


def their_rates(make: Callable[[Any], Any], n_steps: int) -> list[float]:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler, rates = make(optimizer), []
    for _ in range(n_steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


@pytest.mark.parametrize("final", [0.0, 0.1])
def test_cosine_schedule(final: float) -> None:
    theirs = their_rates(
        lambda optimizer: torch.optim.lr_scheduler.CosineAnnealingLR(
            optimizer, T_max=50, eta_min=final
        ),
        50,
    )
    np.testing.assert_allclose(Cosine(final)(np.arange(50), 50), theirs, rtol=1e-12, atol=1e-14)


def test_one_cycle_schedule() -> None:
    """Torch counts in steps less one: its peak is step pct_start * T - 1 and its end step T - 1,
    where ours are fractions of T."""
    n, pct = 80, 0.3
    theirs = their_rates(
        lambda optimizer: torch.optim.lr_scheduler.OneCycleLR(
            optimizer,
            max_lr=1.0,
            total_steps=n,
            pct_start=pct,
            div_factor=25.0,
            final_div_factor=1e4,
            cycle_momentum=False,
        ),
        n - 1,
    )
    ours = OneCycle(rise=(pct * n - 1) / (n - 1), start=1 / 25, final=1 / 25e4)(
        np.arange(n - 1), n - 1
    )
    np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-14)
