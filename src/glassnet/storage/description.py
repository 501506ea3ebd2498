"""The description in a model file: all of a model except its tensors, as JSON values."""

from dataclasses import dataclass
from typing import Any

from glassnet import __version__
from glassnet.data.coding.encoder import Encoder
from glassnet.data.coding.target import Target
from glassnet.data.review.reference import Reference
from glassnet.data.tables.dialect import Dialect
from glassnet.errors import SettingError, UnsupportedError
from glassnet.intervals import QUANTILES, Intervals
from glassnet.json_values import json_value
from glassnet.layers import Layer
from glassnet.layers.plain import layer_to_plain
from glassnet.layers.stack import stack_widths
from glassnet.losses import Loss, loss_traits
from glassnet.losses.plain import loss_from_plain, loss_to_plain
from glassnet.model import Model
from glassnet.parameters import DTYPES
from glassnet.storage.data_checks import parse_encoder, parse_reference, parse_target
from glassnet.storage.history import PREFIX, Column, parse_history, split_history
from glassnet.storage.migrations import FORMAT
from glassnet.storage.record import check_training
from glassnet.storage.strict import require
from glassnet.storage.structure import built_layers, tensor_shapes

FIELDS = (
    "format",
    "glassnet",
    "encoder",
    "target",
    "layers",
    "n_features",
    "dtype",
    "loss",
    "training",
)
OPTIONAL = {"intervals", "dialect", "reference", "history"}


@dataclass(frozen=True)
class Parts:
    """The parts of a model without its tensors, checked for consistency, and the tensors' shapes.

    `residual_layers` are the layers of the network that predicts the sizes of residuals for the
    intervals: empty without such a network, None without intervals.
    """

    encoder: Encoder
    target: Target
    layers: tuple[Layer, ...]
    n_features: int
    dtype: str
    loss: Loss
    training: dict[str, Any]
    shapes: dict[str, tuple[int, ...]]
    residual_layers: tuple[Layer, ...] | None
    dialect: Dialect | None
    reference: Reference | None
    history: dict[str, Column]


def describe(model: Model) -> dict[str, Any]:
    """Return the description of a model as JSON values, without the checksums.

    Raises
    ------
    UnsupportedError
        If the model has user-defined layers, activations or losses.
    """
    training, columns, _ = split_history(model.training)
    try:
        training = json_value(training, "training")
    except TypeError as error:
        raise UnsupportedError(
            f"a model file cannot hold {error}: it holds numbers, text, lists and mappings."
        ) from None
    plain: dict[str, Any] = {
        "format": FORMAT,
        "glassnet": __version__,
        "encoder": model.encoder.to_plain(),
        "target": model.target.to_plain(),
        "layers": [layer_to_plain(layer) for layer in model.network.layers],
        "n_features": model.network.n_features,
        "dtype": str(model.network.dtype),
        "loss": loss_to_plain(model.loss),
        "training": training,
    }
    if model.intervals:
        plain["intervals"] = _describe_intervals(model.intervals)
    if model.dialect:
        plain["dialect"] = model.dialect.to_plain()
    if model.reference:
        plain["reference"] = model.reference.to_plain()
    if columns:
        plain["history"] = {name: column.to_plain() for name, column in columns.items()}
    return plain


def _describe_intervals(intervals: Intervals) -> dict[str, Any]:
    network = intervals.network
    layers = network and [layer_to_plain(layer) for layer in network.layers]
    return {"layers": layers, "n_scores": len(intervals.scores)}


def parse_description(plain: dict[str, Any]) -> Parts:
    """Parse a description of the current format.

    Raises
    ------
    ValueError
        If anything differs from what `describe` writes, or is inconsistent; nothing large has been
        allocated.
    """
    require(plain.keys() - OPTIONAL == set(FIELDS), f"it must have the fields {list(FIELDS)}")
    dtype, n_features, training = (plain[name] for name in ("dtype", "n_features", "training"))
    require(
        dtype in DTYPES
        and type(n_features) is int
        and isinstance(plain["glassnet"], str)
        and isinstance(training, dict),
        "glassnet, dtype, n_features or training is of another type",
    )
    check_training(training)
    encoder, target = parse_encoder(plain["encoder"]), parse_target(plain["target"])
    loss = loss_from_plain(plain["loss"])
    layers = built_layers(plain["layers"])
    require(
        n_features == encoder.n_features,
        f"the network takes {n_features} features but the encoder makes {encoder.n_features}",
    )
    n_outputs, traits = stack_widths(layers, n_features)[-1], loss_traits(loss)
    expected = traits.n_raw_scores(target.n_outputs, len(target.classes))
    require(
        target.task in traits.tasks and n_outputs == expected,
        f"the network has {n_outputs} outputs, which does not fit its loss and target",
    )
    require(
        not target.low or traits.stays_in_range,
        "the target has a range, which its loss does not stay within",
    )
    shapes = tensor_shapes(layers, n_features)
    reference = parse_reference(plain["reference"], encoder) if "reference" in plain else None
    dialect = _dialect(plain["dialect"]) if "dialect" in plain else None
    history = parse_history(plain["history"], training) if "history" in plain else {}
    shapes |= {f"{PREFIX}{name}": (column.n,) for name, column in history.items()}
    residual_layers = None
    if "intervals" in plain:
        residual_layers = _residual_layers(plain["intervals"], target, n_features)
        inner = tensor_shapes(residual_layers, n_features)
        shapes |= {f"intervals.{name}": shape for name, shape in inner.items()}
        shapes["intervals.scores"] = (plain["intervals"]["n_scores"], target.n_outputs)
        shapes["intervals.least"] = (target.n_outputs,)
    return Parts(
        encoder,
        target,
        layers,
        n_features,
        dtype,
        loss,
        training,
        shapes,
        residual_layers,
        dialect,
        reference,
        history,
    )


def _dialect(plain: Any) -> Dialect:
    """Parse the dialect of the training table."""
    try:
        dialect = Dialect.from_plain(plain)
    except (SettingError, TypeError, AttributeError):
        raise ValueError("dialect is none") from None
    require(dialect.to_plain() == plain, "dialect is not as it is written")
    return dialect


def _residual_layers(plain: Any, target: Target, n_features: int) -> tuple[Layer, ...]:
    """Parse the layers of the network of residuals, empty if there is none."""
    require(
        isinstance(plain, dict)
        and plain.keys() == {"layers", "n_scores"}
        and type(plain["n_scores"]) is int
        and plain["n_scores"] >= 1,
        "intervals must have layers, and at least one score",
    )
    require(target.task == "regression", "only a regression has intervals")
    if plain["layers"] is None:
        return ()
    layers = built_layers(plain["layers"])
    require(
        stack_widths(layers, n_features)[-1] == target.n_outputs * len(QUANTILES),
        "the network of the intervals does not fit the target",
    )
    return layers
