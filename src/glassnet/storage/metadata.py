"""What a model file says in words: everything of a model but its tensors, as JSON values, and back."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Any

from glassnet import __version__
from glassnet.data.coding.category_coding import CategoryCoding
from glassnet.data.coding.columns import LEAST_LIMIT
from glassnet.data.coding.dates import DateCoding
from glassnet.data.coding.encoder import Encoder
from glassnet.data.coding.number_coding import NumberCoding
from glassnet.data.coding.target import Target
from glassnet.data.review.reference import Reference
from glassnet.data.tables.dialect import Dialect
from glassnet.errors import SettingError
from glassnet.intervals import QUANTILES, Intervals
from glassnet.layers import Layer
from glassnet.layers.plain import layer_to_plain
from glassnet.layers.stack import stack_widths
from glassnet.losses import Loss, loss_traits
from glassnet.losses.plain import loss_from_plain, loss_to_plain
from glassnet.model import Model
from glassnet.parameters import DTYPES
from glassnet.storage.history import PREFIX, Column, parted, understand_history
from glassnet.storage.migrations import FORMAT
from glassnet.storage.record import check_training
from glassnet.storage.strict import check_record, field_types, json_able
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

for record in (Encoder, NumberCoding, CategoryCoding, DateCoding, Target, Reference):
    field_types(record)  # now, not while a file is loaded


@dataclass(frozen=True)
class Parts:
    """All parts of a model but its numbers, checked to fit each other, and the shapes of the tensors that they imply."""

    encoder: Encoder
    target: Target
    layers: tuple[Layer, ...]
    n_features: int
    dtype: str
    loss: Loss
    training: dict[str, Any]
    shapes: dict[str, tuple[int, ...]]
    has_intervals: bool = False
    layers_of_misses: tuple[Layer, ...] | None = None
    dialect: Dialect | None = None
    reference: Reference | None = None
    history: dict[str, Column] = field(default_factory=dict)


def describe(model: Model) -> dict[str, Any]:
    """Return the metadata of a model: JSON-able values, without the seals.

    Raises
    ------
    UnsupportedError
        For layers, activations and losses of the user's own.
    """
    training, columns, _ = parted(model.training)
    return {
        "format": FORMAT,
        "glassnet": __version__,
        "encoder": model.encoder.to_plain(),
        "target": model.target.to_plain(),
        "layers": [layer_to_plain(layer) for layer in model.network.layers],
        "n_features": model.network.n_features,
        "dtype": str(model.network.dtype),
        "loss": loss_to_plain(model.loss),
        "training": json_able(training),
        **({} if model.intervals is None else {"intervals": _describe_intervals(model.intervals)}),
        **({} if model.dialect is None else {"dialect": model.dialect.to_plain()}),
        **({} if model.reference is None else {"reference": model.reference.to_plain()}),
        **(
            {"history": {name: column.to_plain() for name, column in columns.items()}}
            if columns
            else {}
        ),
    }


def _describe_intervals(intervals: Intervals) -> dict[str, Any]:
    layers = (
        None
        if intervals.network is None
        else [layer_to_plain(layer) for layer in intervals.network.layers]
    )
    return {"layers": layers, "n_scores": len(intervals.scores)}


def understand(metadata: dict[str, Any]) -> Parts:
    """Return the parts that metadata of this format describe.

    Raises
    ------
    ValueError
        What in it is not as `describe` writes it, or does not fit the rest; nothing large has been
        allocated.
    """
    if metadata.keys() - OPTIONAL != set(FIELDS):
        raise ValueError(f"it must have the fields {list(FIELDS)}")
    version, dtype, n_features, layers = (
        metadata[name] for name in ("glassnet", "dtype", "n_features", "layers")
    )
    if (
        not isinstance(version, str)
        or dtype not in DTYPES
        or type(n_features) is not int
        or not isinstance(metadata["training"], dict)
    ):
        raise ValueError("glassnet, dtype, n_features or training is of another type")
    check_training(metadata["training"])
    check_record(Encoder, _completed(metadata["encoder"]), "encoder")
    check_record(Target, _with_range(metadata["target"]), "target")
    names = [column[0] for column in metadata["encoder"]["schema"]]
    if len(set(names)) != len(names):
        raise ValueError("every column needs a name of its own, but one occurs more than once")
    encoder, target = Encoder.from_plain(metadata["encoder"]), Target.from_plain(metadata["target"])
    loss = loss_from_plain(metadata["loss"])
    _check_encoder(encoder)
    _check_target(target)
    built = built_layers(layers)
    if n_features != encoder.n_features:
        raise ValueError(
            f"the network takes {n_features} features but the encoder makes {encoder.n_features}"
        )
    n_outputs, traits = stack_widths(built, n_features)[-1], loss_traits(loss)
    if target.task not in traits.tasks or n_outputs != traits.n_raw_scores(
        target.n_outputs, len(target.classes)
    ):
        raise ValueError(
            f"the network has {n_outputs} outputs, which does not fit its loss and target"
        )
    if target.low and not traits.stays_in_range:
        raise ValueError("the target has a range, which its loss does not stay within")
    shapes = tensor_shapes(built, n_features)
    reference = (
        _understand_reference(metadata["reference"], encoder) if "reference" in metadata else None
    )
    dialect = _dialect(metadata)
    history = (
        understand_history(metadata["history"], metadata["training"])
        if "history" in metadata
        else {}
    )
    shapes |= {f"{PREFIX}{name}": (column.n,) for name, column in history.items()}
    parts = Parts(
        encoder,
        target,
        built,
        n_features,
        dtype,
        loss,
        metadata["training"],
        shapes,
        False,
        None,
        dialect,
        reference,
        history,
    )
    if "intervals" not in metadata:
        return parts
    of_misses = _understand_intervals(metadata["intervals"], target, n_features)
    shapes |= {
        f"intervals.{name}": shape
        for name, shape in tensor_shapes(of_misses or (), n_features).items()
    }
    shapes |= {
        "intervals.scores": (metadata["intervals"]["n_scores"], target.n_outputs),
        "intervals.least": (target.n_outputs,),
    }
    return replace(parts, shapes=shapes, has_intervals=True, layers_of_misses=of_misses)


def _dialect(metadata: dict[str, Any]) -> Dialect | None:
    """Return how the training table was written, None where that is not known."""
    if "dialect" not in metadata:
        return None
    said = metadata["dialect"]
    try:
        dialect = Dialect.from_plain(said)
    except (SettingError, TypeError, AttributeError):
        raise ValueError("dialect is none") from None
    if dialect.to_plain() != said:
        raise ValueError("dialect is not as it is written")
    return dialect


def _understand_intervals(said: Any, target: Target, n_features: int) -> tuple[Layer, ...] | None:
    """Return the layers of the network of the misses, or None where there is none."""
    if (
        not isinstance(said, dict)
        or said.keys() != {"layers", "n_scores"}
        or type(said["n_scores"]) is not int
        or said["n_scores"] < 1
    ):
        raise ValueError("intervals must have layers, and at least one score")
    if target.task != "regression":
        raise ValueError("only a regression has intervals")
    if said["layers"] is None:
        return None
    layers = built_layers(said["layers"])
    if stack_widths(layers, n_features)[-1] != target.n_outputs * len(QUANTILES):
        raise ValueError("the network of the intervals does not fit the target")
    return layers


def _understand_reference(said: Any, encoder: Encoder) -> Reference:
    """Return what the training rows were like, where it can be that of an encoder."""
    check_record(Reference, said, "reference")
    reference, schema = Reference.from_plain(said), encoder.schema
    n_numbers, n_categories, n_dates = (
        len(schema.numbers),
        len(schema.categories),
        len(schema.dates),
    )
    counts = {"gaps": len(schema.columns), "rare": n_categories, "spread": n_categories}
    ends = {"low": n_numbers, "high": n_numbers, "first": n_dates, "last": n_dates}
    if any(len(getattr(reference, name)) != n for name, n in (counts | ends).items()):
        raise ValueError("reference must have one entry for each column")
    if (
        reference.rows < 1
        or not all(0 <= n <= reference.rows for n in (*reference.gaps, *reference.rare))
        or min(reference.spread, default=0) < 0
    ):
        raise ValueError("reference must have rows, and counts from 0 to as many as there are")
    for low, high in (
        *zip(reference.low, reference.high, strict=True),
        *zip(reference.first, reference.last, strict=True),
    ):
        if (low is None) != (high is None) or (low is not None and high is not None and low > high):
            raise ValueError(
                "reference must have both ends of a range or none, the smaller one first"
            )
    return reference


def _completed(encoder: Any) -> Any:
    """Return the encoder with the fields that are written only where they say something, which older files never have."""
    if (
        not isinstance(encoder, dict)
        or not isinstance(encoder.get("categories"), list)
        or not isinstance(encoder.get("dates", []), list)
    ):
        return encoder
    categories = [
        _filled(coding, has_rare=False, coded=False, constant="")
        for coding in encoder["categories"]
    ]
    dates = [_filled(coding, still=[]) for coding in encoder.get("dates", [])]
    dates = [
        coding | {"line": _filled(coding.get("line"), constant=[])}
        if isinstance(coding, dict)
        else coding
        for coding in dates
    ]
    return {
        **encoder,
        "numbers": _filled(encoder.get("numbers"), constant=[]),
        "categories": categories,
        "dates": dates,
    }


def _filled(record: Any, **defaults: Any) -> Any:
    return {**defaults, **record} if isinstance(record, dict) else record


def _with_range(target: Any) -> Any:
    """Return the target with what is written only where it says something: range, sign and form of its numbers."""
    return (
        {"low": [], "high": [], "sign": [], "forms": [], **target}
        if isinstance(target, dict)
        else target
    )


def _check_encoder(encoder: Encoder) -> None:
    schema = encoder.schema
    coded = [
        tuple(coding.name for coding in codings) for codings in (encoder.categories, encoder.dates)
    ]
    if (
        not schema.columns
        or encoder.numbers.names != schema.numbers
        or coded != [schema.categories, schema.dates]
    ):
        raise ValueError("the encoder codes other columns than the schema names")
    for numbers in (encoder.numbers, *(coding.line for coding in encoder.dates)):
        for entry in fields(numbers):
            values = getattr(numbers, entry.name)
            if (
                isinstance(values, tuple)
                and len(values) != len(numbers.names)
                and not (entry.name == "constant" and not values)
            ):
                raise ValueError(
                    f"encoder.numbers.{entry.name} must have one entry for each column"
                )
        if not all(scale > 0.0 for scale in numbers.scale) or (
            numbers.limit is not None and not numbers.limit >= LEAST_LIMIT
        ):
            raise ValueError(f"scales must be above 0 and the limit at least {LEAST_LIMIT:g}")
        odd = [
            name
            for name, empty, gaps in zip(
                numbers.names, numbers.empty, numbers.has_gaps, strict=True
            )
            if empty and not gaps
        ]
        if odd or (numbers.constant and not any(numbers.constant)):
            raise ValueError(
                "encoder.numbers.constant must name columns that never varied, as gaps alone only "
                "those that had gaps"
            )
    for date in encoder.dates:
        if not 1 <= len(date.line.names) <= 2 or len(set(date.cycles)) != len(date.cycles):
            raise ValueError(f"the parts of column {date.name!r} are not those of a date-time")
        if not _possible_waves(date):
            raise ValueError(
                f"what never varied of column {date.name!r} is not what can be of a date-time"
            )
    for coding in encoder.categories:
        if len(set(coding.levels)) != len(coding.levels):
            raise ValueError(f"a level of column {coding.name!r} occurs twice")
        if coding.constant and not _possible_constant(
            coding, boolean=schema.kinds[coding.name] == "boolean"
        ):
            raise ValueError(
                f"column {coding.name!r} cannot have held {coding.constant!r} alone, with its "
                "levels and gaps"
            )


def _possible_waves(date: DateCoding) -> bool:
    """Whether a time that never varied has no parts, and of a cycle, which varies, at most one of sine and cosine does not."""
    if date.line.constant and (date.cycles or len(date.line.names) > 1):
        return False
    waves = [value is not None for value in date.still]
    if any(value is not None and abs(value) > 1.0 for value in date.still):
        return False
    pairs = list(zip(waves[::2], waves[1::2], strict=False))
    return not waves or (
        len(waves) == 2 * len(date.cycles)
        and any(waves)
        and not any(sine and cosine for sine, cosine in pairs)
    )


def _possible_constant(coding: CategoryCoding, *, boolean: bool) -> bool:
    """Whether all rows of training can have held the same, as far as levels and gaps tell."""
    true = boolean and coding.levels == ("true",)
    return {
        "level": len(coding.levels) == 1 and not coding.has_gaps and not coding.has_rare,
        "false": true and not coding.has_rare and not coding.coded,
        "rare": not coding.levels and coding.has_rare and not coding.has_gaps,
        "gaps": (true or not (coding.levels or boolean))
        and coding.has_gaps
        and not coding.has_rare
        and not coding.coded,
    }[coding.constant]


def _check_target(target: Target) -> None:
    names, classes, n_outputs = target.names, target.classes, target.n_outputs
    if (
        not names
        or len(set(classes)) != len(classes)
        or len({type(label) for label in classes}) > 1
    ):
        raise ValueError("the target needs a name, and classes of one type that differ")
    regression = target.task == "regression"
    counts = {
        "binary": (len(names) == 1 and 1 <= len(classes) <= 2, 1),
        "multiclass": (len(names) == 1 and len(classes) >= 1, len(classes)),
        "multilabel": (classes == names, len(names)),
        "regression": (not classes, len(names)),
    }
    fits, expected = counts[target.task]
    n_scales = n_outputs if regression else 0
    if (
        not fits
        or n_outputs != expected
        or len(target.mean) != n_scales
        or len(target.scale) != n_scales
    ):
        raise ValueError(f"names, classes and scales do not make a {target.task} target")
    if not all(scale > 0.0 for scale in target.scale):
        raise ValueError("scales must be above 0")
    if target.forms and (not regression or len(target.forms) != len(names)):
        raise ValueError("forms must have one entry for each number")
    ends = len(target.low), len(target.high)
    if ends not in ((0, 0), (n_scales, n_scales)) or any(
        low > high for low, high in zip(target.low, target.high, strict=True)
    ):
        raise ValueError("low and high must have one entry for each number, the smaller one in low")
    if len(target.sign) not in (0, n_scales) or any(sign not in (-1, 0, 1) for sign in target.sign):
        raise ValueError("sign must be -1, 0 or 1 for each number")
