"""All layers, each with a forward and a backward pass, and the table of their names."""

from typing import Any

from glassnet.layers.categories import CategoryEmbedding
from glassnet.layers.containers import Members, Residual, Stack
from glassnet.layers.dense import Dense
from glassnet.layers.elementwise import Activation, Dropout, Scale
from glassnet.layers.layer import PREDICT, Layer, Run
from glassnet.layers.normalization import BatchNorm, LayerNorm, RMSNorm
from glassnet.layers.periodic import PeriodicEmbedding
from glassnet.layers.piecewise import PiecewiseLinearEmbedding

__all__ = [
    "LAYERS",
    "PREDICT",
    "Activation",
    "BatchNorm",
    "CategoryEmbedding",
    "Dense",
    "Dropout",
    "Layer",
    "LayerNorm",
    "Members",
    "PeriodicEmbedding",
    "PiecewiseLinearEmbedding",
    "RMSNorm",
    "Residual",
    "Run",
    "Scale",
    "Stack",
]

LAYERS: dict[str, Any] = {
    "dense": Dense,
    "activation": Activation,
    "dropout": Dropout,
    "batch_norm": BatchNorm,
    "layer_norm": LayerNorm,
    "rms_norm": RMSNorm,
    "residual": Residual,
    "stack": Stack,
    "members": Members,
    "scale": Scale,
    "periodic_embedding": PeriodicEmbedding,
    "piecewise_linear_embedding": PiecewiseLinearEmbedding,
    "category_embedding": CategoryEmbedding,
}
