"""What follows from a plan and a target before anything is trained: the loss, the layers, the weights of the rows."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from glassnet.data.coding.bins import bin_edges
from glassnet.data.coding.encoder import Encoder
from glassnet.data.coding.target import Target
from glassnet.data.coding.weights import relative_weight
from glassnet.data.tables.table import Table
from glassnet.errors import DataNotice, SettingError, did_you_mean
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
from glassnet.losses import Loss, LossTraits, loss_for_task, loss_function, loss_traits
from glassnet.network import Network
from glassnet.training.checks import Rows
from glassnet.training.plan import Plan
from glassnet.training.recipes import Recipe, recipe_for

Array = np.ndarray[Any, np.dtype[Any]]


def make_target(
    plan: Plan, values: Any, task: str | None, names: tuple[str, ...], weight: Array | None
) -> Target:
    """Learn the target from its values; a loss that is named tells classes from numbers where the task is not given.

    Numbers are scaled, but for losses with an exponential link and a user's own, which mean the
    target as it is. Where the recipe says so, the range of numbers is kept for predictions of them,
    not of quantiles and means that may well lie beyond.
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


def make_encoder(
    table: Table, weight: Array | None, plan: Plan, earlier: Encoder | None
) -> Encoder:
    """Learn the encoder of a resolved plan from the rows of a fit, or take the earlier one with what varies in them for the first time."""
    return (
        Encoder.fit(table, weight, plan.resolved_recipe.coding)
        if earlier is None
        else earlier.updated(table)
    )


def make_loss(plan: Plan, target: Target) -> Loss:
    """Return the plan's loss, or the task's own, and refuse one that does not fit the task."""
    return loss_for_task(plan.loss, target.task, plan.label_smoothing or 0.0)


def n_raw_scores(loss: Loss, target: Target) -> int:
    """Return how many outputs the network needs."""
    return loss_traits(loss).n_raw_scores(target.n_outputs, len(target.classes))


def make_layers(plan: Plan, encoder: Encoder, n_outputs: int, numbers: Layer | None) -> list[Layer]:
    """Return the layers of a resolved plan: those of the input, hidden layers with what stands behind their weights, a linear last one."""
    recipe = plan.resolved_recipe
    layers = input_layers(recipe, encoder, numbers)
    for size, activation in plan.hidden_activations():
        if plan.normalization == "none" and not recipe.mix:
            layers.append(Dense(size, activation, parametrization=recipe.parametrization))
        else:
            layers.append(Dense(size, parametrization=recipe.parametrization))
            if plan.normalization != "none":
                layers.append(BatchNorm() if plan.normalization == "batch" else LayerNorm())
            layers.append(Activation(activation, mix=recipe.mix))
        if plan.dropout:
            layers.append(Dropout(plan.dropout))
    return [*layers, Dense(n_outputs, parametrization=recipe.parametrization)]


def embedding_of_numbers(
    recipe: Recipe,
    encoder: Encoder,
    X: Any,
    weight: Array | None,
    earlier: Network | None = None,
) -> Layer | None:
    """Return the embedding of the numeric columns, or None; bins are learned from the encoded rows, or are those of the earlier network."""
    n = len(encoder.numbers.names)
    if not 0 < n <= recipe.most_embedded or not encoder.numbers.centered:
        return None
    if not recipe.n_bins:
        return (
            PeriodicEmbedding(n, recipe.n_frequencies, recipe.n_periodic, recipe.sigma)
            if recipe.n_frequencies
            else None
        )
    if earlier and isinstance(earlier.layers[0], PiecewiseLinearEmbedding):
        return PiecewiseLinearEmbedding(earlier.layers[0].n_bins, recipe.n_lines)
    n_bins = min(recipe.n_bins, max(2, len(X) // recipe.rows_a_bin))
    return PiecewiseLinearEmbedding(
        edges=bin_edges(X[:, :n], n_bins, weight=weight), n_out=recipe.n_lines
    )


def input_layers(recipe: Recipe, encoder: Encoder, numbers: Layer | None) -> list[Layer]:
    """Return what stands before the first dense layer; nothing for a sparse matrix, which only dense layers take."""
    layers: list[Layer] = []
    if not encoder.numbers.centered:
        return layers
    if numbers is not None:
        layers.append(numbers)
    if encoder.coded:
        layers.append(
            CategoryEmbedding([coding.n_codes for coding in encoder.coded], recipe.n_category)
        )
    if recipe.scale_layer:
        layers.append(Scale())
    return layers


def make_network(
    layers: Sequence[Layer], plan: Plan, n_features: int, earlier: Network | None
) -> Network:
    """Return a network of these layers with random first values, or the earlier one, of which they must be the layers."""
    if earlier is None:
        return Network(layers, n_features, seed=plan.seed, dtype=plan.dtype)
    if earlier.layers != tuple(layers) or earlier.dtype != plan.dtype:
        raise SettingError(
            f"a warm start goes on with the network that is there, {earlier!r}, but the settings "
            "now ask for another one: leave hidden_layer_sizes, activation, dropout, "
            "normalization, loss and dtype as they were, or fit without warm start."
        )
    return earlier


def set_first_values(network: Network, loss: Loss, rows: Rows, plan: Plan) -> None:
    """Set the gain of the embedded numbers, and the last bias to the best constant prediction.

    So training begins at the baseline and not far below it.
    """
    if plan.resolved_recipe.number_gain:
        _weigh_numbers(network, plan.resolved_recipe.number_gain)
    network.parameters[f"layers.{len(network.layers) - 1}.b"] = loss.baseline(
        rows.y, network.n_outputs, rows.weight
    )


def _weigh_numbers(network: Network, gain: float) -> None:
    """Set the factors of embedded columns themselves, in the scaling layer behind their embedding, to gain sqrt(their number), or to 1."""
    embedding = network.layers[0]
    scales = [i for i, layer in enumerate(network.layers) if isinstance(layer, Scale)]
    if not scales or not isinstance(embedding, PeriodicEmbedding | PiecewiseLinearEmbedding):
        return
    n = embedding.n_numeric if isinstance(embedding, PeriodicEmbedding) else len(embedding.n_bins)
    width = 1 + embedding.n_out  # a column and what is made of it stand side by side
    network.parameters[f"layers.{scales[0]}.s"][: n * width : width] = max(1.0, gain * n**0.5)


def class_weighted(
    weight: Array | None, y: Array, target: Target, class_weight: str | Mapping[Any, float] | None
) -> Array | None:
    """Return the weights of the rows multiplied by those of their classes.

    "balanced" gives every class the same total: W / (k W_c), W the total weight, W_c that of class
    c, k the number of classes.
    """
    if class_weight is None:
        return weight
    if target.task not in ("binary", "multiclass"):
        raise SettingError(
            f"class_weight is for a target with one class a row, but this one is {target.task}: "
            "use sample_weight."
        )
    rows = np.ones(len(y)) if weight is None else weight
    if not isinstance(class_weight, Mapping):
        if class_weight != "balanced":
            raise SettingError(
                "class_weight is None, 'balanced' or a mapping from labels to weights, but "
                f"{class_weight!r} came."
            )
        totals = np.bincount(y, weights=rows, minlength=len(target.classes))
        factors = np.divide(
            totals.sum(),
            np.count_nonzero(totals) * totals,
            out=np.ones_like(totals),
            where=totals > 0,
        )
    else:
        factors = np.full(len(target.classes), np.nan)
        odd = []
        for label, factor in class_weight.items():
            if not 0.0 <= factor < np.inf:
                raise SettingError(
                    f"the weight of class {label!r} must be a number >= 0, but {factor!r} came."
                )
            # 1.0 is the class 1; a mapping read from JSON has text for every key.
            places = [
                i
                for i, known in enumerate(target.classes)
                if known == label or str(known) == str(label)
            ]
            factors[places] = factor
            odd += [] if places else [label]
        # A part of the rows may lack a class, so a label too many is no fault where every class has
        # its weight.
        if odd and np.isnan(factors).any():
            hint = did_you_mean(str(odd[0]), [str(label) for label in target.classes])
            raise SettingError(
                f"class_weight names {odd[0]!r}, which is no class of the target.{hint}"
            )
        factors = relative_weight(np.where(np.isnan(factors), 1.0, factors))
    return np.asarray(rows * factors[y])
