"""Settings of the encoding of columns, such as the scaling of numbers, and its constants."""

from dataclasses import dataclass

from glassnet.checks import check_name

#: The maximum number of levels (distinct values) of a category: one-hot, and in an embedding.
MAX_LEVELS = 256
MAX_CODES = 2**16
#: Levels with a smaller share of the weight are rare: they share one column.
RARE = 1 / 2000
#: The limit of the smooth clip, in units of the scale.
LIMIT = 4.0
#: The smallest limit: (FAR / limit)^2 must be a finite number.
MIN_LIMIT = 1e-100

SCALINGS = ("standard", "robust")


@dataclass(frozen=True)
class CodingSettings:
    """How columns are encoded as features.

    Parameters
    ----------
    scaling : of the numbers, "standard" (mean and standard deviation) or "robust" (median and
        quartiles)
    limit : of the smooth clip, in units of the scale; None clips nothing
    max_one_hot : categories with more levels become codes for an embedding
    """

    scaling: str = "standard"
    limit: float | None = LIMIT
    max_one_hot: int = MAX_LEVELS**2

    def __post_init__(self) -> None:
        """Refuse an unknown scaling."""
        check_name("scaling", self.scaling, SCALINGS)


DEFAULT = CodingSettings()
