"""Validate the encoder, the reference statistics and the target in a model file."""

from typing import Any

from glassnet.data.coding.category_coding import CategoryCoding
from glassnet.data.coding.dates import DateCoding
from glassnet.data.coding.encoder import Encoder
from glassnet.data.coding.number_coding import NumberCoding
from glassnet.data.coding.settings import MIN_LIMIT
from glassnet.data.coding.target import Target
from glassnet.data.review.reference import Reference
from glassnet.data.serialization import stored_fields
from glassnet.storage.strict import check_record, require

for record in (Encoder, NumberCoding, CategoryCoding, DateCoding, Reference, Target):
    stored_fields(record)  # at import, not while a file is loaded


def parse_encoder(plain: Any) -> Encoder:
    """Parse the encoder in a description.

    Raises
    ------
    ValueError
        If no table can have this encoder.
    """
    check_record(Encoder, plain, "encoder")
    require(
        len({column[0] for column in plain["schema"]}) == len(plain["schema"]),
        "every column needs a name of its own, but one occurs more than once",
    )
    encoder = Encoder.from_plain(plain)
    schema = encoder.schema
    columns = (
        encoder.numbers.names,
        tuple(coding.name for coding in encoder.categories),
        tuple(coding.name for coding in encoder.dates),
    )
    require(
        bool(schema.columns) and columns == (schema.numbers, schema.categories, schema.dates),
        "the encoder codes other columns than the schema names",
    )
    _check_numbers(encoder.numbers)
    for date in encoder.dates:
        _check_numbers(date.continuous)
        _check_date(date)
    for coding in encoder.categories:
        require(
            len(set(coding.levels)) == len(coding.levels),
            f"a level of column {coding.name!r} occurs twice",
        )
        require(
            _constant_fits(coding, boolean=schema.kinds[coding.name] == "boolean"),
            f"column {coding.name!r} cannot have held {coding.constant!r} alone, with its levels "
            "and missing values",
        )
    return encoder


def _check_numbers(numbers: NumberCoding) -> None:
    columns = {
        "mean": numbers.mean,
        "scale": numbers.scale,
        "has_gaps": numbers.has_missing,
        "constant": numbers.constant or numbers.names,
    }
    for name, values in columns.items():
        require(
            len(values) == len(numbers.names),
            f"encoder.numbers.{name} must have one entry for each column",
        )
    require(
        all(scale > 0.0 for scale in numbers.scale)
        and (numbers.limit is None or numbers.limit >= MIN_LIMIT),
        f"scales must be above 0 and the limit at least {MIN_LIMIT:g}",
    )
    pairs = zip(numbers.empty.tolist(), numbers.has_missing, strict=True)
    require(
        all(missing or not empty for empty, missing in pairs)
        and (not numbers.constant or any(numbers.constant)),
        "encoder.numbers.constant must name columns that never varied, as 'gaps' only those with "
        "missing values",
    )


def _check_date(date: DateCoding) -> None:
    """Validate the encoding of a date-time column.

    A constant column has no further features. Of a cycle at most one of sine and cosine is
    constant.
    """
    n_numbers = len(date.continuous.names)
    require(
        1 <= n_numbers <= 2 and len(set(date.cycles)) == len(date.cycles),
        f"the parts of column {date.name!r} are not those of a date-time",
    )
    still = [value is not None for value in date.still]
    fits = not (date.continuous.constant and (date.cycles or n_numbers > 1))
    if still:
        both = any(sine and cosine for sine, cosine in zip(still[::2], still[1::2], strict=False))
        fits &= len(still) == 2 * len(date.cycles) and any(still) and not both
        fits &= all(abs(value) <= 1.0 for value in date.still if value is not None)
    require(fits, f"the constant parts of column {date.name!r} are not those of a date-time")


def _constant_fits(coding: CategoryCoding, *, boolean: bool) -> bool:
    """Return whether `constant` of an encoding is consistent with its other fields."""
    levels, missing, rare = coding.levels, coding.has_missing, coding.has_rare
    true = boolean and levels == ("true",)
    return {
        "": True,
        "level": len(levels) == 1 and not missing and not rare,
        "false": true and not rare and not coding.coded,
        "rare": not levels and rare and not missing,
        "gaps": (true or not (levels or boolean)) and missing and not rare and not coding.coded,
    }[coding.constant]


def parse_reference(plain: Any, encoder: Encoder) -> Reference:
    """Parse the reference statistics in a description; they must be possible for this encoder.

    Raises
    ------
    ValueError
        If no training rows can have these statistics.
    """
    check_record(Reference, plain, "reference")
    reference, schema = Reference.from_plain(plain), encoder.schema
    n_numbers, n_categories, n_dates = map(len, (schema.numbers, schema.categories, schema.dates))
    counts = {"missing": len(schema.columns), "rare": n_categories, "spread": n_categories}
    ends = {"low": n_numbers, "high": n_numbers, "first": n_dates, "last": n_dates}
    require(
        all(len(getattr(reference, name)) == n for name, n in (counts | ends).items()),
        "reference must have one entry for each column",
    )
    require(
        reference.rows >= 1
        and all(0 <= n <= reference.rows for n in (*reference.missing, *reference.rare))
        and min(reference.spread, default=0) >= 0,
        "reference must have rows, and counts from 0 to as many as there are",
    )
    lows, highs = (*reference.low, *reference.first), (*reference.high, *reference.last)
    for low, high in zip(lows, highs, strict=True):
        require(
            low is high is None or (low is not None and high is not None and low <= high),
            "reference must have both ends of a range or none, the smaller one first",
        )
    return reference


def parse_target(plain: Any) -> Target:
    """Parse the target in a description.

    Raises
    ------
    ValueError
        If no values can have this target.
    """
    check_record(Target, plain, "target")
    target = Target.from_plain(plain)
    names, classes, n_outputs = target.names, target.classes, target.n_outputs
    require(
        bool(names)
        and len(set(classes)) == len(classes)
        and len({type(label) for label in classes}) <= 1,
        "the target needs a name, and classes of one type that differ",
    )
    fits, expected = {
        "binary": (len(names) == 1 and 1 <= len(classes) <= 2, 1),
        "multiclass": (len(names) == 1 and len(classes) >= 1, len(classes)),
        "multilabel": (classes == names, len(names)),
        "regression": (not classes, len(names)),
    }[target.task]
    n_numbers = n_outputs if target.task == "regression" else 0
    lengths = (n_outputs, len(target.mean), len(target.scale))
    require(
        fits and lengths == (expected, n_numbers, n_numbers),
        f"names, classes and scales do not make a {target.task} target",
    )
    require(all(scale > 0.0 for scale in target.scale), "scales must be above 0")
    require(len(target.forms) in (0, n_numbers), "forms must have one entry for each number")
    require(
        len(target.low) == len(target.high)
        and len(target.low) in (0, n_numbers)
        and all(low <= high for low, high in zip(target.low, target.high, strict=True)),
        "low and high must have one entry for each number, the smaller one in low",
    )
    require(
        len(target.sign) in (0, n_numbers) and all(sign in (-1, 0, 1) for sign in target.sign),
        "sign must be -1, 0 or 1 for each number",
    )
    return target
