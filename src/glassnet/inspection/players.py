"""Map columns, or groups of columns, to the features of a network that encode them.

Every feature of an encoded row depends on the cell of one column. So a row in which some columns
come from one row and the others from another row need not be encoded again: it is assembled from
the features of the two encoded rows.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassnet.data.coding.encoder import Encoder
from glassnet.errors import SettingError, did_you_mean
from glassnet.messages import listed


@dataclass(frozen=True, eq=False)
class Players:
    """The columns and groups among which an answer is shared out.

    The word is that of game theory, from which Shapley values come.

    Attributes
    ----------
    names : the name of each column or group
    members : the columns of each player, one unless it is a group
    owner : (n_features,), the player to which each feature belongs
    """

    names: tuple[str, ...]
    members: tuple[tuple[str, ...], ...]
    owner: NDArray[np.intp]

    def __len__(self) -> int:
        """Return the number of players."""
        return len(self.names)


def players_of(encoder: Encoder, groups: Mapping[str, Sequence[str]] | None = None) -> Players:
    """Return the columns of an encoder in table order, those of a group as one player.

    A group stands where its first column stands.

    Raises
    ------
    SettingError
        If a group is empty, names an unknown column, shares a column with another group, or has
        the name of a column that is not in it.
    """
    columns = encoder.schema.names
    group_of = _checked(groups or {}, columns)
    players = [group_of.get(column, column) for column in columns]
    names = tuple(dict.fromkeys(players))
    members = tuple(
        tuple(c for c, player in zip(columns, players, strict=True) if player == name)
        for name in names
    )
    index = {name: i for i, name in enumerate(names)}
    player_of = {c: index[player] for c, player in zip(columns, players, strict=True)}
    return Players(
        names, members, np.array([player_of[c] for c in encoder.feature_columns], np.intp)
    )


def _checked(groups: Mapping[str, Sequence[str]], columns: Sequence[str]) -> dict[str, str]:
    """Return the group of each column that is in one."""
    for name, members in groups.items():
        if isinstance(members, str) or not members:
            raise SettingError(
                f"group {name!r} must be a list of at least one column, got {members!r}."
            )
        for column in members:
            if column not in columns:
                raise SettingError(
                    f"group {name!r} names the column {column!r}, which the model does not use: it "
                    f"uses {listed(columns, 20)}.{did_you_mean(str(column), columns)}"
                )
        if name in columns and name not in members:
            raise SettingError(f"group {name!r} has the name of a column that is not in it.")
    counts: Counter[Any] = Counter(column for members in groups.values() for column in members)
    if twice := [column for column, count in counts.items() if count > 1]:
        raise SettingError(f"a column can be in one group only, but {listed(twice)} is in several.")
    return {column: name for name, members in groups.items() for column in members}
