"""One layer a file, forward and backward side by side; what exists stands at the foot."""

from __future__ import annotations

from typing import Any

from glassnet.layers.activation import Activation
from glassnet.layers.dense import Dense
from glassnet.layers.dropout import Dropout
from glassnet.layers.layer import PREDICT, Layer, Run
from glassnet.layers.normalization import BatchNorm, LayerNorm
from glassnet.layers.residual import Residual

__all__ = ["LAYERS", "PREDICT", "Activation", "BatchNorm", "Dense", "Dropout", "Layer", "LayerNorm", "Residual", "Run"]

LAYERS: dict[str, Any] = {
    "dense": Dense,
    "activation": Activation,
    "dropout": Dropout,
    "batch_norm": BatchNorm,
    "layer_norm": LayerNorm,
    "residual": Residual,
}
