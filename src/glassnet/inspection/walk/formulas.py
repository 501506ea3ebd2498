"""Formulas of the backward pass: of layers, as their docstrings have them, and of losses."""

from __future__ import annotations

#: The backward pass of each layer of `glassnet.layers.LAYERS`, each a line of its docstring.
FORMULAS: dict[str, tuple[str, ...]] = {
    "dense": ("dZ = dA * f'(Z)", "dW = X^T dZ", "db = sum_i dZ_i", "dX = dZ W^T"),
    "activation": (
        "dZ = dA * f'(Z)",
        "da = sum_i dA_i (f(Z_i) - Z_i)",
        "dZ = dA * ((1 - a) + a f'(Z))",
    ),
    "dropout": ("Y = X in prediction",),
    "batch_norm": ("dgamma = sum dY N", "dbeta = sum dY", "dX = dY gamma / std"),
    "layer_norm": ("dX = (dN - mean(dN) - N mean(dN N)) / std", "dN = dY gamma"),
    "rms_norm": ("dX = (dN - N mean(dN N)) / rms", "dN = dY gamma"),
    "residual": ("dX = dY + (dY passed back through F)",),
    "stack": ("Y = F(X)",),
    "members": ("Each layer inside receives dY / M", "dX is the sum of their dX"),
    "scale": ("ds = sum_i dY_i * X_i", "dX = dY * s"),
    "periodic_embedding": (
        "dW2 = c^T dE, db2 = sum_i dE_i",
        "da = -sin(a) * (dE W2^T)",
        "dw1 = 2 pi sum_i x_i da_i, db1 = sum_i da_i",
        "dx = dY_0 + 2 pi sum_f da_f w1_f",
    ),
    "piecewise_linear_embedding": (
        "dW = e(x)^T dE, db = sum_i dE_i",
        "dx = dY_0 + sum_b (dE W^T)_b e_b'",
    ),
    "category_embedding": ("dT_j[l] is the sum of dY over the rows whose code is l",),
}

#: The loss of one output and its derivative, for each loss of `glassnet.losses.LOSSES`.
LOSS_FORMULAS: dict[str, tuple[str, str]] = {
    "squared": ("(z - y)^2 / 2", "z - y"),
    "absolute": ("|z - y|", "sign(z - y)"),
    "huber": ("e^2 / 2 with e = z - y, beyond delta linear", "e, clipped to +-delta"),
    "quantile": ("max(q e, (q - 1) e) with e = y - z", "-q if y > z, 1 - q if y < z"),
    "logistic": ("-y log p - (1 - y) log(1 - p)", "p - y"),
    "softmax": ("-sum_j y_j log p_j", "p - y"),
    "poisson": ("mu - y z + y log y - y with mu = exp(z)", "mu - y"),
    "gamma": ("log(mu / y) + y / mu - 1 with mu = exp(z)", "1 - y / mu"),
    "tweedie": ("half the deviance, with mu = exp(z)", "mu^(2-p) - y mu^(1-p)"),
}
