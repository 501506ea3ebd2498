"""Recipes: the values of all settings that a plan leaves open.

A `Plan` names a recipe; the settings of the plan override those of the recipe. "standard" follows
RealMLP (Holzmueller, Grinsztajn and Steinwart 2024, "Better by Default: Strong Pre-Tuned MLPs and
Boosted Trees on Tabular Data", table A.1), except where measurements on our development tables (see
`bench/tables/sets.py`) suggested otherwise:

- Half the width, a quarter of the epochs, and smaller batches for few rows. The time saved is used
  for eight such networks, each with its own held-out rows, whose mean is the prediction. The best
  epoch is the one with the lowest log loss.
- Numbers have a piecewise-linear embedding with bins at quantiles (Gorishniy, Rubachev and Babenko
  2022) instead of a periodic one: 3 +- 3 % less error and 4 +- 2 % less RMSE in the same time. For
  few rows there are few bins: with 283 rows, 8 to 16 bins had 3 % less RMSE than 32.
- For classification, the more numeric columns there are, the larger is the initial factor of the
  columns themselves relative to their embedding. On MNIST with 8 x 8 pixels, eight networks then
  have 18 % less error. On tables with few columns it does not help, and on glass (9 columns, 43
  test rows) the error was a tenth higher.
- For few rows, a fifth is held out instead of a tenth: ten rows are too few to choose the best
  epoch. On iris, glass, Pima and Auto MPG, eight networks then had 13 % less error or equal RMSE.
- No dropout, which an ensemble does not need. Without it eight networks had 1 % less error and log
  loss and 2 % less RMSE (12 % less for the flow of a river, which has little noise; equal
  elsewhere; 4 % more for the 314 rows of Auto MPG), in 13 % less time.
- For many rows, the widths are those of RealMLP, and tables with very many numeric columns have no
  embedding: eight networks on MNIST then have an accuracy of 0.987, and 0.986 with half the width;
  one network has 0.981 with the embedding and 0.983 without, in a third of the time.

`bench/tables/ABLATION.md` shows the effect of each part. Some parts have no measurable effect there
and are kept for tables of other kinds: robust scaling for columns with outliers, embeddings for
categorical columns with thousands of levels, few bins for few rows, a cyclic schedule for fits with
a time limit. SELU, the schedule of weight decay and, for regression, the scaling layer are those of
RealMLP; they made no difference.
"""

from dataclasses import dataclass, replace
from typing import Any

from glassnet.data.coding.settings import LIMIT, MAX_LEVELS, CodingSettings
from glassnet.errors import SettingError, look_up


@dataclass(frozen=True)
class Recipe:
    """All settings of a recipe; the defaults are those of "plain".

    Columns
    -------
    scaling : "standard" or "robust", see `glassnet.data.coding.settings.CodingSettings`
    clip : limit of the smooth clip of scaled numbers
    max_one_hot : categorical columns with more levels (categories) are embedded

    Input layers
    ------------
    n_frequencies, n_periodic, sigma : frequencies, outputs per column and standard deviation of the
        periodic embedding of numbers; no embedding if n_frequencies is 0
    n_bins, n_lines : maximum number of bins per column, and outputs per column, of the
        piecewise-linear embedding; it replaces the periodic one if n_bins is above 0
    rows_per_bin : minimum number of rows per bin; few rows have fewer bins, but at least two
    max_embedded : tables with more numeric columns have no embedding, which would be slow
    embedding_dim : outputs of an embedded categorical column
    scale_layer : whether there is a learned factor for each input
    number_gain : the initial factor of an embedded column itself, relative to its embedding, is
        number_gain times the square root of the number of such columns, at least 1

    Network
    -------
    hidden_layer_sizes, activation : of the hidden layers
    twice_as_wide_from : minimum number of rows for twice as many hidden units; 0 for never
    parametric : whether each unit learns a mixture of its activation and the identity
    parametrization : of the dense layers, "standard" or "ntk"
    dropout, dropout_schedule : after each hidden layer
    members : number of networks that are trained in parallel and whose mean is the prediction

    Steps
    -----
    learning_rate, schedule, beta2 : of AdamW
    weight_decay, decay_schedule : decoupled decay of the weights
    label_smoothing : for classes
    clip_predictions : clip predicted numbers to their range in training (squared, absolute, Huber)
    batch_sizes : (number of rows, batch size) pairs in ascending order; a batch size is used for
        fewer rows than the number beside it, the last one for all others
    min_updates, max_epochs_few_rows : few rows have up to max_epochs_few_rows epochs to reach
        min_updates
    max_updates, min_epochs, max_epochs : there are max_epochs epochs, but fewer if they exceed
        max_updates, down to min_epochs
    patience : epochs without improvement before training stops, as a share of all epochs
    validation_fraction, min_validation_rows : share of the rows held out; up to twice this share to
        reach min_validation_rows
    calibrate : use half of the held-out rows for calibration, see `glassnet.fitting.temperature`
    """

    scaling: str = "standard"
    clip: float = LIMIT
    max_one_hot: int = MAX_LEVELS**2

    n_frequencies: int = 0
    n_periodic: int = 3
    sigma: float = 0.1
    n_bins: int = 0
    n_lines: int = 3
    rows_per_bin: int = 16
    max_embedded: int = 256
    embedding_dim: int = 8
    scale_layer: bool = False
    number_gain: float = 0.0

    hidden_layer_sizes: tuple[int, ...] = (256, 256)
    twice_as_wide_from: int = 0
    activation: str = "relu"
    parametric: bool = False
    parametrization: str = "standard"
    dropout: float = 0.0
    dropout_schedule: str = "constant"
    members: int = 1

    learning_rate: float = 5e-3
    schedule: str = "one_cycle"
    beta2: float = 0.999
    weight_decay: float = 0.1
    decay_schedule: str = "constant"
    label_smoothing: float = 0.0
    clip_predictions: bool = False
    batch_sizes: tuple[tuple[int, int], ...] = ((2_000, 32), (10_000, 64), (50_000, 128), (0, 256))
    min_updates: int = 2_000
    max_epochs_few_rows: int = 250
    max_updates: int = 20_000
    min_epochs: int = 10
    max_epochs: int = 50
    patience: float = 0.5
    validation_fraction: float = 0.1
    min_validation_rows: int = 0
    calibrate: bool = False

    @property
    def coding(self) -> CodingSettings:
        """The settings of the encoding of columns."""
        return CodingSettings(self.scaling, self.clip, self.max_one_hot)

    def batch_size(self, n_rows: int) -> int:
        """Return the batch size for a number of rows.

        The noise of small batches helps if there are few rows; large batches compute faster.
        """
        return next(
            (size for limit, size in self.batch_sizes if n_rows < limit), self.batch_sizes[-1][1]
        )

    def validation_share(self, n_rows: int) -> float:
        """Return the share of the rows to hold out."""
        return min(
            max(self.validation_fraction, self.min_validation_rows / n_rows),
            2.0 * self.validation_fraction,
        )

    def widths(self, n_rows: int) -> tuple[int, ...]:
        """Return the number of units of each hidden layer."""
        wide = 0 < self.twice_as_wide_from <= n_rows
        return (
            tuple(2 * size for size in self.hidden_layer_sizes) if wide else self.hidden_layer_sizes
        )

    def epochs(self, steps_per_epoch: int) -> int:
        """Return the number of epochs, given the number of steps of an epoch."""
        epochs = min(max(self.max_updates // steps_per_epoch, self.min_epochs), self.max_epochs)
        return max(epochs, min(-(-self.min_updates // steps_per_epoch), self.max_epochs_few_rows))


PLAIN = Recipe()

STANDARD = Recipe(
    scaling="robust",
    clip=3.0,
    max_one_hot=8,
    n_bins=32,
    scale_layer=True,
    number_gain=1.0,
    hidden_layer_sizes=(128, 128, 128),
    twice_as_wide_from=20_000,
    activation="selu",
    parametric=True,
    parametrization="ntk",
    members=8,
    learning_rate=0.04,
    schedule="coslog4",
    beta2=0.95,
    weight_decay=0.02,
    decay_schedule="flat_cosine",
    label_smoothing=0.1,
    batch_sizes=((1_024, 64), (8_192, 128), (0, 256)),
    min_updates=0,
    max_updates=20_000,
    min_epochs=16,
    max_epochs=64,
    patience=1.0,
    min_validation_rows=128,
    calibrate=True,
)

#: The standard recipe for regression.
STANDARD_FOR_NUMBERS = replace(
    STANDARD,
    activation="mish",
    number_gain=0.0,
    learning_rate=0.2,
    label_smoothing=0.0,
    clip_predictions=True,
)

#: Twice as many members, each trained twice as long.
BEST: dict[str, Any] = {"members": 16, "max_updates": 40_000, "min_epochs": 32, "max_epochs": 128}

#: Name -> (recipe for classification, recipe for regression).
RECIPES: dict[str, tuple[Recipe, Recipe]] = {
    "plain": (PLAIN, PLAIN),
    "fast": (replace(STANDARD, members=1), replace(STANDARD_FOR_NUMBERS, members=1)),
    "standard": (STANDARD, STANDARD_FOR_NUMBERS),
    "best": (replace(STANDARD, **BEST), replace(STANDARD_FOR_NUMBERS, **BEST)),
}


def recipe_for(recipe: str | Recipe, *, classes: bool) -> Recipe:
    """Return the recipe of a name, for classification or regression, or the given `Recipe`."""
    if isinstance(recipe, Recipe):
        return recipe
    if not isinstance(recipe, str):
        raise SettingError(f"a recipe must be a name or a glassnet.Recipe(...), got {recipe!r}.")
    return look_up("recipe", recipe, RECIPES)[0 if classes else 1]
