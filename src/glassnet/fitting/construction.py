"""Build the layers of a network and set its initial parameters."""

import warnings
from collections.abc import Sequence
from typing import Any

from glassnet.data.coding.bins import bin_edges
from glassnet.data.coding.encoder import Encoder
from glassnet.data.coding.target import Target
from glassnet.data.rows import Array, Rows
from glassnet.errors import DataNotice, SettingError
from glassnet.layers import (
    Activation,
    BatchNorm,
    CategoryEmbedding,
    Dense,
    Dropout,
    Layer,
    LayerNorm,
    PeriodicEmbedding,
    PiecewiseLinearEmbedding,
    Scale,
)
from glassnet.losses import Loss, LossTraits, loss_function, loss_traits
from glassnet.network import Network
from glassnet.training.plan import Plan
from glassnet.training.recipes import Recipe, recipe_for
from glassnet.training.resolved_plan import ResolvedPlan


def make_target(
    plan: Plan, values: Any, task: str | None, names: tuple[str, ...], weight: Array | None
) -> Target:
    """Fit the target encoder to the target values.

    If no task is given, the loss (if one is named) decides between classification and regression.
    Numeric targets are standardized, except for user-defined losses and losses with an exponential
    link, which need the original values. If the recipe says so, predictions are clipped to the
    range of the target, except for losses whose predictions may lie outside of it.
    """
    loss = None if plan.loss is None else loss_function(plan.loss)
    traits = LossTraits(stays_in_range=True) if loss is None else loss_traits(loss)
    if task is None and loss is not None:
        task = traits.reads_target_as
    scale = traits.scales_target
    clip = traits.stays_in_range and recipe_for(plan.recipe, classes=False).clip_predictions
    target = Target.fit(values, names=names, task=task, weight=weight, scale=scale, clip=clip)
    for notice in target.notices if scale else ():
        warnings.warn(notice, DataNotice, stacklevel=4)
    return target


def make_layers(
    plan: ResolvedPlan, encoder: Encoder, n_outputs: int, numbers: Layer | None
) -> list[Layer]:
    """Return the layers of a plan: input layers, hidden layers, and a linear last layer."""
    recipe = plan.recipe
    layers = input_layers(recipe, encoder, numbers)
    for size, activation in plan.hidden_activations():
        if plan.normalization == "none" and not recipe.parametric:
            layers.append(Dense(size, activation, parametrization=recipe.parametrization))
        else:
            layers.append(Dense(size, parametrization=recipe.parametrization))
            if plan.normalization != "none":
                layers.append(BatchNorm() if plan.normalization == "batch" else LayerNorm())
            layers.append(Activation(activation, parametric=recipe.parametric))
        if plan.dropout:
            layers.append(Dropout(plan.dropout))
    return [*layers, Dense(n_outputs, parametrization=recipe.parametrization)]


def number_embedding(
    recipe: Recipe, encoder: Encoder, rows: Rows, learning: Array, earlier: Network | None = None
) -> Layer | None:
    """Return the embedding of the numeric columns, or None.

    Bins are learned from the rows with the indices `learning`, or are those of the earlier network.
    """
    n = len(encoder.numbers.names)
    if not 0 < n <= recipe.max_embedded or not encoder.numbers.centered:
        return None
    if not recipe.n_bins:
        if not recipe.n_frequencies:
            return None
        return PeriodicEmbedding(n, recipe.n_frequencies, recipe.n_periodic, recipe.sigma)
    if earlier and isinstance(earlier.layers[0], PiecewiseLinearEmbedding):
        return PiecewiseLinearEmbedding(earlier.layers[0].n_bins, recipe.n_lines)
    n_bins = min(recipe.n_bins, max(2, len(learning) // recipe.rows_per_bin))
    weight = None if rows.weight is None else rows.weight[learning]
    edges = bin_edges(rows.X[learning, :n], n_bins, weight=weight)
    return PiecewiseLinearEmbedding(edges=edges, n_out=recipe.n_lines)


def input_layers(recipe: Recipe, encoder: Encoder, numbers: Layer | None) -> list[Layer]:
    """Return the layers before the first dense layer; none for a sparse matrix."""
    layers: list[Layer] = []
    if not encoder.numbers.centered:
        return layers
    if numbers is not None:
        layers.append(numbers)
    if encoder.coded:
        layers.append(
            CategoryEmbedding([coding.n_codes for coding in encoder.coded], recipe.embedding_dim)
        )
    if recipe.scale_layer:
        layers.append(Scale())
    return layers


def make_network(
    layers: Sequence[Layer], plan: ResolvedPlan, n_features: int, earlier: Network | None
) -> Network:
    """Return a network of these layers with random initial parameters, or the earlier network.

    Raises
    ------
    SettingError
        If the earlier network has other layers or another dtype.
    """
    if earlier is None:
        return Network(layers, n_features, seed=plan.seed, dtype=plan.dtype)
    if earlier.layers != tuple(layers) or earlier.dtype != plan.dtype:
        raise SettingError(
            f"a warm start continues with the network of the last fit, {earlier!r}, but the "
            "settings now require another one: leave hidden_layer_sizes, activation, dropout, "
            "normalization, loss and dtype as they were, or fit without warm start."
        )
    return earlier


def set_initial_parameters(
    network: Network, loss: Loss, y: Array, weight: Array | None, recipe: Recipe
) -> None:
    """Set the gain of numeric columns, and the last bias to the best constant prediction.

    So training begins at the baseline instead of far from it.
    """
    if recipe.number_gain:
        _set_number_gain(network, recipe.number_gain)
    bias = loss.baseline(y, network.n_outputs, weight)
    network.parameters[f"layers.{len(network.layers) - 1}.b"] = bias


def _set_number_gain(network: Network, gain: float) -> None:
    """Set the initial factors of the n embedded columns themselves to gain sqrt(n), at least 1.

    The factors belong to the `Scale` layer after the embedding.
    """
    embedding = network.layers[0]
    scales = [i for i, layer in enumerate(network.layers) if isinstance(layer, Scale)]
    if not scales or not isinstance(embedding, PeriodicEmbedding | PiecewiseLinearEmbedding):
        return
    n = embedding.n_numeric if isinstance(embedding, PeriodicEmbedding) else len(embedding.n_bins)
    width = 1 + embedding.n_out  # a column is followed by its embedding
    network.parameters[f"layers.{scales[0]}.s"][: n * width : width] = max(1.0, gain * n**0.5)
