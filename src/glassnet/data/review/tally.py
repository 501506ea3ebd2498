"""Detect drift: count values that did not occur in training and test whether they are too many.

The values are unseen levels, missing values and values out of range. New rows of the same source
have a few of them too. The training rows bound the rate: if k of n rows had a missing value (or a
level that the model does not list), a new row has one with a probability below p, the upper
confidence limit for k of n. The share of new values outside the range of n values has the
distribution Beta(2, n - 1), whatever the distribution of the values (Wilks 1941). A count among m
new rows is significant if a binomial variable of m and p reaches it with a probability of at most
LEVEL, divided by the number of counts (Bonferroni). If training had no such value, a single one is
significant in a table of at most a hundredth of its rows.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassnet.cached import cached_property
from glassnet.data.coding.encoder import Encoder
from glassnet.data.coding.moments import Float64, power_of_two
from glassnet.data.review.reference import MAX_SHOWN, ColumnDrift, Count, Drift, Reference
from glassnet.data.tables.column_data import Categories
from glassnet.data.tables.table import Table
from glassnet.data.tables.values import row_chunks

Counts = NDArray[np.int64]

#: The probability of a false alarm for a table.
LEVEL = 1e-4
#: If training had no such value, a single one is reported in a table with this many times fewer
#: rows.
FEW = 100


def rate_limit(k: Float64, n: Float64, spread: Float64, level: float) -> Float64:
    """Return the upper confidence limits of rates, given k of n (Clopper and Pearson 1934).

    With a higher rate, at most k of n occur with a probability below `level`. The limit is 1 if k
    is n or more. `spread` is additional variance, in units of 1 / n^2; it adds as many standard
    deviations as a normal variable exceeds with a probability of `level`.
    """
    from scipy.special import betainccinv, ndtri

    limits = np.where(
        k < n, np.asarray(betainccinv(k + 1.0, np.maximum(n - k, 1.0), level), np.float64), 1.0
    )
    return np.minimum(limits - float(ndtri(level)) * np.sqrt(spread) / np.maximum(n, 1.0), 1.0)


def binomial_tail(counts: Counts, n: Counts, p: Float64) -> Float64:
    """Return the probability that a binomial of n and p is at least `counts`, from 1 to n."""
    from scipy.special import betainc

    return np.asarray(betainc(counts, n - counts + 1.0, p), np.float64)


def binomial_limit(n: Counts, p: Float64, level: float) -> Counts:
    """Return the smallest numbers that a binomial exceeds with a probability of at most `level`."""
    low, high = np.zeros_like(n), n.copy()
    while (open_ := low < high).any():  # bisection
        middle = (low + high) // 2
        rare = binomial_tail(middle + 1, np.maximum(n, middle + 1), p) <= level
        low = np.where(open_ & ~rare, middle + 1, low)
        high = np.where(open_ & rare, middle, high)
    return low


def quick_rate_limit(k: Float64, n: Float64, level: float) -> Float64:
    """Return the rates for which k of n is two standard deviations below the mean (Wilson 1927).

    They are fast lower bounds of `rate_limit`, except if k = n. For k = 0 the rate is the exact
    limit, 1 - level^(1 / n), which is below that of any other k.
    """
    n = np.maximum(n, 1.0)
    share = np.minimum(k / n, 1.0)
    rates = (share + 2.0 / n + 2.0 * np.sqrt((share * (1.0 - share) + 1.0 / n) / n)) / (
        1.0 + 4.0 / n
    )
    return np.asarray(np.minimum(np.maximum(rates, -np.expm1(np.log(level) / n)), 1.0))


def quick_binomial_limit(n: Counts, p: Float64) -> Float64:
    """Return two standard deviations above the mean, a fast lower bound of `binomial_limit`."""
    return np.asarray(n * p + 2.0 * np.sqrt(n * p * (1.0 - p)))


class Expected:
    """The ranges and levels that a model expects in a table, and the rates of other values.

    Columns are in the order of their storage: the numbers, the categories and booleans, the
    date-times.
    """

    def __init__(self, encoder: Encoder, reference: Reference) -> None:
        self.schema = schema = encoder.schema
        self.names = (*schema.numbers, *schema.categories, *schema.dates)
        index = {name: i for i, name in enumerate(self.names)}
        self.order = [index[name] for name in schema.names]
        self.reference = reference
        # In float32, so that a number that was once stored as float32 still equals the end.
        low, high = (
            np.array([other if value is None else value for value in ends], np.float64)
            for ends, other in ((reference.low, -np.inf), (reference.high, np.inf))
        )
        size = np.where(np.isfinite(low), np.maximum(np.abs(low), np.abs(high)), 1.0)
        far = (size < 1e-30) | (size > 1e30)  # which float32 cannot represent exactly
        self.factor = np.where(far, power_of_two(size), 1.0) if far.any() else None
        with np.errstate(over="ignore"):
            self.low, self.high = self.in_float32(low), self.in_float32(high)
        self.levels = tuple(
            None if schema.kinds[coding.name] == "boolean" else frozenset(coding.levels)
            for coding in encoder.categories
        )
        bounds = (*reference.low, *self.levels, *reference.first)
        self.bounded = [bound is not None for bound in bounds]

    def in_float32(self, values: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """Return numbers (..., n_numbers) in float32, scaled by a power of two if needed."""
        scaled = values if self.factor is None else values * self.factor
        return scaled.astype(np.float32, order="C")

    @cached_property
    def level(self) -> float:
        """The maximum probability of a false alarm for each count."""
        return LEVEL / (2 * len(self.names))

    @cached_property
    def seen(self) -> tuple[Float64, Float64, Float64]:
        """Counts in training (2, n_columns), the numbers of values, and additional variances.

        The first row is about missing values, the second about new levels or values out of range.
        """
        reference, k = self.reference, len(self.low)
        missing = np.array(reference.missing, float)
        # The limit of Beta(2, n - 1), the share outside the range, is that of 1 of n.
        beyond, spread = np.ones(len(missing)), np.zeros(len(missing))
        categories = slice(k, k + len(reference.rare))
        beyond[categories], spread[categories] = reference.rare, reference.spread
        n = np.array([np.full(len(missing), reference.rows), reference.rows - missing])
        return np.array([missing, beyond]), n, np.array([0.0 * missing, spread])

    @cached_property
    def rates(self) -> Float64:
        """The upper limits of the rates (2, n_columns) of missing and of new values."""
        return rate_limit(*self.seen, self.level)

    @cached_property
    def never(self) -> NDArray[np.bool_]:
        """Whether training had no such value (2, n_columns) and no rare level."""
        count, n, _ = self.seen
        return np.asarray((count == 0.0) & (n > 0.0))


class Tally:
    """Counts the values that did not occur in training, over the chunks of a table."""

    def __init__(self, expected: Expected) -> None:
        self._expected = expected
        self._rows = 0
        # Missing; unseen or outside.
        self._counts = np.zeros((2, len(expected.names)), np.int64)
        self._examples: dict[int, Any] = {}

    def add(self, table: Table) -> None:
        """Count the values of a table, unless it is sparse: its zeros may be missing or not."""
        if not isinstance(table.numbers, np.ndarray):
            return
        expected = self._expected
        table = table.select(expected.schema)
        self._rows += table.n_rows
        self._add_numbers(np.asarray(table.numbers))
        categories = zip(table.schema.categories, expected.levels, strict=True)
        for i, (name, levels) in enumerate(categories, start=len(expected.low)):
            self._add_levels(i, levels, table.others[name])
        ends = zip(
            table.schema.dates, expected.reference.first, expected.reference.last, strict=True
        )
        n_before = len(expected.low) + len(expected.levels)
        for i, (name, first, last) in enumerate(ends, start=n_before):
            dates, missing = table.others[name], table.missing(name)
            times, outside = dates.astype(np.int64), np.zeros(len(dates), bool)
            if first is not None and last is not None:
                outside = ~missing & ((times < first) | (times > last))
            self._counts[:, i] += np.count_nonzero(missing), np.count_nonzero(outside)
            if outside.any():
                self._examples.setdefault(i, _time_text(dates[outside.argmax()]))

    def _add_numbers(self, block: NDArray[np.floating[Any]]) -> None:
        low, high = self._expected.low, self._expected.high
        k = len(low)
        for start, stop in row_chunks(block.shape) if k else ():
            with np.errstate(over="ignore"):
                cells = self._expected.in_float32(block[start:stop])
            unusual = np.flatnonzero(~((cells >= low) & (cells <= high)))  # usually few
            if not len(unusual):
                continue
            missing = np.isnan(cells.ravel()[unusual])
            self._counts[0, :k] += np.bincount(unusual[missing] % k, minlength=k)
            outside = unusual[~missing]
            found, firsts, counts = np.unique(outside % k, return_index=True, return_counts=True)
            self._counts[1, found] += counts
            rows = start + outside[firsts] // k
            for i, value in zip(found.tolist(), block[rows, found].tolist(), strict=True):
                self._examples.setdefault(i, value)

    def _add_levels(self, i: int, known: frozenset[str] | None, column: Categories) -> None:
        counts = np.bincount(column.codes + 1, minlength=len(column.levels) + 1)
        self._counts[0, i] += counts[0]
        if known is None or known.issuperset(column.levels):
            return
        for level, count in zip(column.levels, counts[1:].tolist(), strict=True):
            if count and level not in known:
                self._counts[1, i] += count
                self._examples.setdefault(i, level[:MAX_SHOWN])

    @property
    def _trials(self) -> Counts:
        rows = np.full(self._counts.shape[1], self._rows)
        return np.array([rows, rows - self._counts[0]])

    @property
    def _few(self) -> NDArray[np.bool_]:
        """Whether a single value is significant: training had none, and far more rows."""
        return self._expected.never & (self._rows * FEW <= self._expected.reference.rows)

    def notice(self) -> str:
        """Return the sentence of `Drift.notice`."""
        expected, trials, counts, few = self._expected, self._trials, self._counts, self._few
        # The exact limits need SciPy, which is slow to load.
        rates = quick_rate_limit(*expected.seen[:2], expected.level)
        unusual = (counts > 0) & (few | (counts > quick_binomial_limit(trials, rates)))
        if not unusual.any():
            return ""
        tail = binomial_tail(counts[unusual], trials[unusual], expected.rates[unusual])
        drift = self.drift() if (few[unusual] | (tail <= expected.level)).any() else None
        return drift.notice() if drift else ""

    def drift(self) -> Drift | None:
        """Return the counts and the maximum expected at random, or None if nothing was counted."""
        if not self._rows:
            return None
        expected = self._expected
        limits = binomial_limit(self._trials, expected.rates, expected.level)
        limits = np.where(self._few, 0, limits)
        counts = np.stack([self._counts, limits]).transpose(2, 1, 0).tolist()
        return Drift(tuple(self._column(i, *counts[i]) for i in expected.order))

    def _column(self, i: int, missing: list[int], beyond: list[int]) -> ColumnDrift:
        """Return the drift of a column, given its counts and the maximum expected at random."""
        expected = self._expected
        of, k, n_levels = expected.reference, len(expected.low), len(expected.levels)
        example = self._examples.get(i)
        count = Count(beyond[0], beyond[1], example) if expected.bounded[i] else None
        has_levels = k <= i < k + n_levels
        ends: Any = None
        if count and i < k:
            ends = (of.low[i], of.high[i])
        elif count and not has_levels:
            j = i - k - n_levels
            ends = (_time_text(of.first[j]), _time_text(of.last[j]))
        return ColumnDrift(
            expected.names[i],
            self._rows,
            Count(*missing),
            count if has_levels else None,
            None if has_levels else count,
            ends,
        )


def _time_text(time: Any) -> str:
    """Return a date-time, or microseconds since 1970, as text: only the day at midnight."""
    text = str(np.datetime64(time, "us")).removesuffix(".000000").removesuffix("T00:00:00")
    return text.replace("T", " ")
