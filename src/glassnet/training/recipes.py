"""Recipes: the values of all settings that a plan leaves open.

A `Plan` names one, and what the plan itself sets goes before the recipe. "standard" follows RealMLP
(Holzmueller, Grinsztajn and Steinwart 2024, "Better by Default: Strong Pre-Tuned MLPs and Boosted
Trees on Tabular Data", table A.1), as far as our own measurements, on the sets that
`bench/tables/sets.py` counts as developed on, do not differ:

- Half the width, a quarter of the epochs and smaller batches for few rows; for the time so won
  eight such networks, each with held-out rows of its own, that answer as their mean. The best epoch
  is that of the least log loss.
- Numbers are embedded by broken lines that bend at quantiles (Gorishniy, Rubachev and Babenko
  2022), not by waves: 3 +- 3 % less error and 4 +- 2 % less RMSE in the same time. Few rows make
  few bins: with 283 rows 8 to 16 bins had 3 % less RMSE than 32.
- For classes, the numbers themselves weigh more beside their broken lines the more of them there
  are: on MNIST in 8 x 8 pixels eight networks have 18 % less error so; on tables of few columns
  nothing is won, and on glass (9 columns, 43 test rows) a tenth lost.
- Of few rows a fifth is held out, not a tenth: an epoch chosen by ten rows may be a poor one. On
  iris, glass, Pima and Auto MPG eight networks had 13 % less error or as much RMSE so.
- No dropout: the mean of members needs none. Without it eight networks had 1 % less error and log
  loss and 2 % less RMSE (12 % of a river's flow, which has little noise, elsewhere as much; of Auto
  MPG's 314 rows 4 % more), in 13 % less time.
- With many rows the layers are RealMLP's, and tables of very many numbers are not embedded: eight
  networks on MNIST have an accuracy of 0.987 so, 0.986 with half the width; one has 0.981 with the
  embedding and 0.983 without, in a third of the time.

What each part is worth, `bench/tables/ABLATION.md` tells. Some are worth too little there to tell,
and are kept for what those sets lack: robust scaling for columns with odd values, embedded
categories for columns of thousands of levels, few bins for few rows, cycles for fits that a time
limit ends. SELU, weight decay's schedule and, for numbers, the scaling layer are RealMLP's, no
better there and no worse.
"""

from dataclasses import dataclass, replace
from typing import Any

from glassnet.data.coding.settings import LIMIT, MAX_LEVELS, CodingSettings
from glassnet.errors import SettingError, look_up


@dataclass(frozen=True)
class Recipe:
    """Every number of a recipe; the defaults are those of "plain".

    Columns
    -------
    scaling : "standard" or "robust", see `glassnet.data.coding.settings.CodingSettings`
    clip : limit of the smooth clip of scaled numbers
    max_one_hot : categories with more levels are embedded

    Input layers
    ------------
    n_frequencies, n_periodic, sigma : of the periodic embedding of numbers; 0 frequencies for none
    n_bins, n_lines : bins of a column at most, and broken lines of a column, of the
        piecewise-linear embedding; it replaces the periodic one where n_bins is above 0
    rows_per_bin : at least; few rows make fewer bins, but two
    max_embedded : tables with more numeric columns do not embed them, which would take long
    embedding_dim : outputs of an embedded category
    scale_layer : a learned factor for each input
    number_gain : an embedded column itself, beside its lines or waves, starts with the factor
        number_gain times the square root of the number of such columns, at least 1

    Network
    -------
    hidden_layer_sizes, activation : of the hidden layers
    twice_as_wide_from : rows from which on hidden layers have twice as many units; 0 for never
    parametric : each unit learns a mixture of its activation and the identity
    parametrization : of the dense layers, "standard" or "ntk"
    dropout, dropout_schedule : behind each hidden layer
    members : networks that are trained side by side and whose mean is the prediction

    Steps
    -----
    learning_rate, schedule, beta2 : of AdamW
    weight_decay, decay_schedule : decoupled decay of the weights
    label_smoothing : for classes
    clip_predictions : clip predicted numbers to their range in training (squared, absolute, Huber)
    batch_sizes : (rows at most, batch size), in rising order; the last entry is for more rows
    min_updates, max_epochs_few_rows : few rows have more epochs, up to this number, to reach
        min_updates
    max_updates, min_epochs, max_epochs : max_epochs, but fewer where they exceed max_updates, down
        to min_epochs
    patience : epochs without gain before stopping, as a share of all
    validation_fraction, min_validation_rows : share of the rows held out; up to twice the share to
        reach min_validation_rows
    calibrate : half of the held-out rows calibrate, see `glassnet.fitting.temperature`
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
        """How the columns are coded."""
        return CodingSettings(self.scaling, self.clip, self.max_one_hot)

    def batch_size(self, n_rows: int) -> int:
        """Return the batch size.

        The noise of small batches helps where rows are few; the arithmetic of large ones is faster.
        """
        return next(
            (size for most, size in self.batch_sizes if n_rows < most), self.batch_sizes[-1][1]
        )

    def validation_share(self, n_rows: int) -> float:
        """Return the share of the rows to hold out."""
        return min(
            max(self.validation_fraction, self.min_validation_rows / n_rows),
            2.0 * self.validation_fraction,
        )

    def widths(self, n_rows: int) -> tuple[int, ...]:
        """Return the units of the hidden layers."""
        wide = 0 < self.twice_as_wide_from <= n_rows
        return (
            tuple(2 * size for size in self.hidden_layer_sizes) if wide else self.hidden_layer_sizes
        )

    def epochs(self, steps_per_epoch: int) -> int:
        """Return the passes over the rows, given the steps of one."""
        most = min(max(self.max_updates // steps_per_epoch, self.min_epochs), self.max_epochs)
        return max(most, min(-(-self.min_updates // steps_per_epoch), self.max_epochs_few_rows))


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

#: What differs where numbers are predicted.
STANDARD_FOR_NUMBERS = replace(
    STANDARD,
    activation="mish",
    number_gain=0.0,
    learning_rate=0.2,
    label_smoothing=0.0,
    clip_predictions=True,
)

#: Twice the members for twice the time each.
BEST: dict[str, Any] = {"members": 16, "max_updates": 40_000, "min_epochs": 32, "max_epochs": 128}

#: Of each name the recipe for classes and the recipe for numbers.
RECIPES: dict[str, tuple[Recipe, Recipe]] = {
    "plain": (PLAIN, PLAIN),
    "fast": (replace(STANDARD, members=1), replace(STANDARD_FOR_NUMBERS, members=1)),
    "standard": (STANDARD, STANDARD_FOR_NUMBERS),
    "best": (replace(STANDARD, **BEST), replace(STANDARD_FOR_NUMBERS, **BEST)),
}


def recipe_for(recipe: str | Recipe, *, classes: bool) -> Recipe:
    """Return the recipe of that name for classes or for numbers; an object is returned as it is."""
    if isinstance(recipe, Recipe):
        return recipe
    if not isinstance(recipe, str):
        raise SettingError(f"a recipe must be a name or a glassnet.Recipe(...), got {recipe!r}.")
    return look_up("recipe", recipe, RECIPES)[0 if classes else 1]
