"""The methods of a model that look into it: each calls a room of its own when it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from glassnet.graph import Graph
    from glassnet.model import Model


class Inspected:
    """Base class of `Model`: how its answers come about."""

    def graph(self, coverage: float = 0.9) -> Graph:
        """Return inference from the cells of a table to the answers, as a list of operations.

        The arrays are copies, in the dtype in which the model computes.

        Parameters
        ----------
        coverage : of the prediction intervals, which the graph of a regression has if the model has
            them and enough rows were held out for this coverage

        Raises
        ------
        UnsupportedError
            For a user-defined layer, activation or loss, which is named.
        SettingError
            If the coverage is given and not possible.

        Examples
        --------
        >>> import numpy as np
        >>> import glassnet
        >>> x = np.linspace(-1.0, 1.0, 60)
        >>> model = glassnet.fit({"x": x, "y": x > 0}, "y", glassnet.Plan(recipe="plain"))
        >>> print(model.graph()["answer.probabilities"].formula)
        P = [1 - p, p]
        """
        from glassnet.graph import graph_of

        return graph_of(cast("Model", self), coverage)
