"""The values of a table that the training rows did not have, and how many are due to chance.

They are unseen levels, missing values and values out of range. New rows of the same source have
such values too, now and then. The training rows bound how often: of n of them, k missed a value (or
had a level that the model does not list), so a new row does with a chance below p, the upper limit
for k of n; the share of new values beyond the smallest and the largest of n has the law
Beta(2, n - 1), whatever their distribution (Wilks 1941). A count among m new rows is above chance
where a binomial of m and p reaches it with a chance of at most LEVEL, divided by the number of
counts (Bonferroni). And where training had none at all, one is above chance in a table of at most a
hundredth of its rows.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MAX_NAMED = 3
MAX_SHOWN = 80  # characters


@dataclass(frozen=True)
class Count:
    """A number of values of a column, the number due to chance at most, and an example or None."""

    count: int
    chance: int
    example: str | float | None = None

    @property
    def told(self) -> bool:
        """Whether it is above chance."""
        return self.count > self.chance


@dataclass(frozen=True)
class ColumnDrift:
    """The values of one column of a table that it did not have in training.

    name : of the column
    rows : of the table
    missing : values that are missing
    unseen : values whose level the model does not list; None for a column without levels
    outside : values below the smallest or above the largest of training; None for a column without
        a range
    range : that smallest and that largest value
    """

    name: str
    rows: int
    missing: Count
    unseen: Count | None
    outside: Count | None
    range: tuple[str | float, str | float] | None

    def phrases(self) -> Iterator[tuple[float, str]]:
        """Yield each count above chance in words, with its share of the values that it is of."""
        of, known = f"of {self.name[:MAX_SHOWN]!r}", self.rows - self.missing.count
        low, high = map(_shown, self.range or ("", ""))
        counts = (
            (self.missing, self.rows, "are missing"),
            (self.unseen, known, "have a level that the model does not know, such as {!r}"),
            (self.outside, known, f"lie outside {low} to {high}, such as {{}}"),
        )
        for count, n, what in counts:
            if count and count.told:
                example = count.example if count is self.unseen else _shown(count.example)
                by_chance = f"(by chance at most {count.chance:,})"
                values = f"{count.count:,} of {n:,} values {of}"
                yield count.count / n, f"{values} {what.format(example)} {by_chance}"


@dataclass(frozen=True)
class Drift:
    """The values of a table that training did not have, in the order of its columns."""

    columns: tuple[ColumnDrift, ...]

    def notice(self) -> str:
        """Return one sentence about the columns above chance, the worst first; "" without such."""
        phrases = [found for found in (list(column.phrases()) for column in self.columns) if found]
        phrases.sort(key=lambda found: -max(share for share, _ in found))
        named = ["; ".join(words for _, words in found) for found in phrases[:MAX_NAMED]]
        if more := len(phrases) - len(named):
            named.append(f"and {more} more column{'' if more == 1 else 's'}")
        return f"the table is not like the training rows: {'; '.join(named)}." if named else ""


def drift_schema() -> dict[str, Any]:
    """Return the published JSON schema of `Drift.columns`."""
    text = Path(__file__).with_name("drift.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def _shown(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float | int) else str(value)
