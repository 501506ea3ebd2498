"""The methods of a model that look into it: each calls a room of its own when it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from glassnet.explainable import Explainable

if TYPE_CHECKING:
    from glassnet.data.tables.dialect import Dialect
    from glassnet.engines import Engine
    from glassnet.graph import Graph
    from glassnet.inspection.diagnosis import Diagnosis
    from glassnet.inspection.walk import Walk
    from glassnet.model import Model


class Inspectable(Explainable):
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

    def walk(
        self,
        row: Any,
        target: Any = None,
        member: int | None = None,
        *,
        learning_rate: float = 0.1,
        blanks: int = 0,
        live: Engine | None = None,
        dialect: Dialect | None = None,
    ) -> Walk:
        """Return one row's way through the model, from its cells to the answer and back.

        Printed it is a story; `walk.unit(layer, unit)` is any unit in full. All numbers are those
        of the engine: the answer has the bits of `predict`, and the gradients those of training,
        but without dropout and with the running statistics of batch normalization.

        Parameters
        ----------
        row : a table of one row, such as a dict of lists
        target : the truth; None takes it from the row if it has the columns of the target. Without
            it there is no way back.
        member : the number of a member to walk through alone; None is the whole model, and the
            layers are those of its first member
        learning_rate : of the step at the end
        blanks : how many numbers the print leaves out, each determined by the rest, for teaching;
            `walk.check(answers)` tells which answers are right
        live : the engine of a running fit of this network; the step is then that of its optimizer,
            from the momentum that it has, and the engine stays as it is. None is plain gradient
            descent.
        dialect : as for `predict`

        Raises
        ------
        DataError
            For more or fewer rows than one, and as `predict`.
        UnsupportedError
            For a user-defined layer, activation or loss, which is named.

        Examples
        --------
        >>> import numpy as np
        >>> import glassnet
        >>> x = np.linspace(-1.0, 1.0, 60)
        >>> model = glassnet.fit({"x": x, "y": x > 0}, "y", glassnet.Plan(recipe="plain"))
        >>> walk = model.walk({"x": [0.5]}, target=True)
        >>> walk.answer.predicted
        True
        >>> walk.backward.target
        'True'
        """
        from glassnet.inspection.walk import walk_of

        return walk_of(
            cast("Model", self),
            row,
            target,
            member,
            learning_rate=learning_rate,
            blanks=blanks,
            live=live,
            dialect=dialect,
        )

    def diagnose(self, table: Any = None, *, target: Any = None, test: Any = None) -> Diagnosis:
        """Return what is wrong with the model: verdicts, each with one setting to change.

        Parameters
        ----------
        table : the table it was trained on, with its target; None judges the record of training
            alone
        target : the target values, if they are not columns of the table
        test : a table of rows that were not used in training; without it the rows that training
            held out are used

        Raises
        ------
        DataError
            If columns are missing, or no row has a target.
        """
        from glassnet.inspection.diagnosis import diagnose

        return diagnose(cast("Model", self), table, target=target, test=test)
