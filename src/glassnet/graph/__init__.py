"""Inference as one list of plain operations, made from a model, and its NumPy interpreter."""

from glassnet.graph import answers, cells, embeddings, interval_bounds, normalizations, signals
from glassnet.graph.from_model import graph_of
from glassnet.graph.graph import Graph, Input, Signals
from glassnet.graph.operation import Operation

__all__ = ["OPERATIONS", "Graph", "Input", "Operation", "Signals", "graph_of"]

#: All kinds of operations, by name. Whatever reads graphs (walk, export) goes by this table.
OPERATIONS: dict[str, type[Operation]] = {
    "Numbers": cells.Numbers,
    "Missing": cells.Missing,
    "Fill": cells.Fill,
    "Standardize": cells.Standardize,
    "SmoothClip": cells.SmoothClip,
    "OneHot": cells.OneHot,
    "Code": cells.Code,
    "Days": cells.Days,
    "Wave": cells.Wave,
    "Concatenate": cells.Concatenate,
    "Cast": cells.Cast,
    "Dense": signals.Dense,
    "Activation": signals.Activation,
    "Mix": signals.Mix,
    "Factor": signals.Factor,
    "Periodic": embeddings.Periodic,
    "Piecewise": embeddings.Piecewise,
    "Embed": embeddings.Embed,
    "Add": signals.Add,
    "Mean": signals.Mean,
    "BatchNorm": normalizations.BatchNorm,
    "LayerNorm": normalizations.LayerNorm,
    "RMSNorm": normalizations.RMSNorm,
    "FoldedTemperature": answers.FoldedTemperature,
    "Sigmoid": answers.Sigmoid,
    "Softmax": answers.Softmax,
    "Exp": answers.Exp,
    "Sort": answers.Sort,
    "BothClasses": answers.BothClasses,
    "OnlyClass": answers.OnlyClass,
    "Label": answers.Label,
    "Threshold": answers.Threshold,
    "InverseScale": answers.InverseScale,
    "Clip": answers.Clip,
    "Center": interval_bounds.Center,
    "AroundCenter": interval_bounds.AroundCenter,
    "Bounds": interval_bounds.Bounds,
}
