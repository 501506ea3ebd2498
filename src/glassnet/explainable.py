"""The methods of a model that explain its answers; `glassnet.inspection` does the work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, cast

if TYPE_CHECKING:
    from glassnet.inspection.counterfactual import Counterfactual
    from glassnet.inspection.dependence import Dependence
    from glassnet.inspection.explanation import Explanation
    from glassnet.inspection.what_if import WhatIf
    from glassnet.model import Model


class Explainable:
    """Base class of `Model`: why a row has its answer, and what would change it."""

    def explain(
        self,
        rows: Any,
        background: Any = None,
        *,
        groups: Mapping[str, Sequence[str]] | None = None,
        unit: Literal["probability", "logit", "target"] | None = None,
        max_error: float | None = None,
        pairs: int | None = None,
        n_background: int = 64,
        members: bool = False,
        seed: int = 0,
    ) -> Explanation:
        """Return how much each column of the table contributed to the answers for some rows.

        The contributions of a row add up to its answer minus the mean answer of the background
        rows. They are Shapley values, see `glassnet.inspection.shapley`: the mean change of the
        answer when the cell of a background row is replaced by that of the row, over all orders in
        which the columns can be replaced. Up to ten columns they are exact. With more columns they
        are estimated, with a standard error each, from random orders of the columns.

        Parameters
        ----------
        rows : table
            The rows to explain: anything that `predict` accepts.
        background : table, optional
            The rows to compare with, such as the training table. By default `rows` themselves, if
            there are at least 20: a model holds none of its training rows.
        groups : mapping of names to lists of columns, optional
            Columns that contribute together, such as correlated ones.
        unit : {"probability", "logit", "target"}, optional
            What is explained: for classes the probability (the default) or the logit (the raw
            score before sigmoid or softmax), for numbers the prediction in the target's unit.
        max_error : float, optional
            The largest standard error, in the unit of the answers; walks are added until it is
            reached. 0 evaluates all sets of columns, of 16 columns at most.
        pairs : int, optional
            Estimate, also for few columns, from so many pairs of orders for each background row.
        n_background : int
            If the background has more rows, so many are drawn at random.
        members : bool
            Whether to explain the answer of each member of the network, too.
        seed : int
            The seed of the background rows and the orders. The orders do not depend on the row.

        Raises
        ------
        SettingError
            For invalid settings, with what is expected.
        DataError
            If rows or background cannot be used, or there is no background.

        Examples
        --------
        >>> import numpy as np
        >>> import glassnet
        >>> rng = np.random.default_rng(0)
        >>> table = {"a": rng.normal(size=90), "b": rng.normal(size=90)}
        >>> table["y"] = 3.0 * table["a"] - table["b"]
        >>> plan = glassnet.Plan(recipe="plain", max_epochs=20)
        >>> model = glassnet.fit(table, "y", plan)
        >>> found = model.explain({"a": [1.0], "b": [0.0]}, table)
        >>> found.columns
        ('a', 'b')
        >>> total = found.base + found.contributions.sum(axis=1)
        >>> bool(np.allclose(total, found.answers, rtol=1e-9))
        True
        """
        from glassnet.inspection.explain import explain

        return explain(
            cast("Model", self),
            rows,
            background,
            groups=groups,
            unit=unit,
            max_error=max_error,
            pairs=pairs,
            n_background=n_background,
            members=members,
            seed=seed,
        )

    def what_if(self, row: Any, changes: Mapping[str, Any], *, coverage: float = 0.9) -> WhatIf:
        """Return the answer for a row before and after some of its cells are changed.

        Parameters
        ----------
        row : table of one row
            The row: a record (a dict of values), or any table that `predict` accepts.
        changes : mapping of columns to values
            The new cells; None is a missing value.
        coverage : float
            Of the prediction intervals, if the model has them.

        Raises
        ------
        SettingError
            If no column is changed, or the model does not use it.
        DataError
            If there is not one row, or a value does not fit its column.

        Examples
        --------
        >>> import numpy as np
        >>> import glassnet
        >>> x = np.arange(400.0)
        >>> plan = glassnet.Plan(recipe="plain", max_epochs=5)
        >>> model = glassnet.fit({"x": x, "y": x > 199.5}, "y", plan)
        >>> found = model.what_if({"x": 10.0}, {"x": 500.0})
        >>> found.before.prediction, found.after.prediction, found.after.unusual
        (False, True, ('x',))
        """
        from glassnet.inspection.what_if import what_if

        return what_if(cast("Model", self), row, changes, coverage=coverage)

    def counterfactual(
        self,
        row: Any,
        background: Any,
        *,
        columns: Sequence[str] | None = None,
        to: Any = None,
        max_columns: int = 3,
    ) -> Counterfactual | None:
        """Return the smallest change of a row that changes the predicted class, or None.

        See `glassnet.inspection.counterfactual` for what "smallest" means. All new cells are those
        of background rows.

        Parameters
        ----------
        row : table of one row
            The row: a record (a dict of values), or any table that `predict` accepts.
        background : table
            Rows whose cells may be used, such as the training table.
        columns : list of str, optional
            The columns that may change; all by default.
        to : label, optional
            The class that is wanted; any other one by default.
        max_columns : int
            So many columns may change at the same time.

        Raises
        ------
        SettingError
            If the model does not predict classes, for an unknown column or class, and for a row
            that is predicted as the wanted class already.
        DataError
            If there is not one row, or the background has no rows.

        Examples
        --------
        >>> import numpy as np
        >>> import glassnet
        >>> x = np.arange(400.0)
        >>> plan = glassnet.Plan(recipe="plain", max_epochs=5)
        >>> table = {"x": x, "y": x > 199.5}
        >>> model = glassnet.fit(table, "y", plan)
        >>> found = model.counterfactual({"x": 180.0}, table)
        >>> bool(found.changes["x"] > 180.0), found.after.prediction
        (True, True)
        """
        from glassnet.inspection.counterfactual import counterfactual

        return counterfactual(
            cast("Model", self), row, background, columns=columns, to=to, max_columns=max_columns
        )

    def dependence(
        self,
        columns: str | Sequence[str],
        rows: Any,
        *,
        unit: Literal["probability", "logit", "target"] | None = None,
        n_values: int = 30,
        n_rows: int = 200,
        seed: int = 0,
    ) -> Dependence:
        """Return how the answers depend on one column, or on a pair of columns.

        Each row is answered with every value of the column in its place: a curve for each row
        (individual conditional expectation; Goldstein, Kapelner, Bleich and Pitkin 2015), and
        their mean (partial dependence; Friedman 2001, section 8.2).

        Parameters
        ----------
        columns : str or pair of str
            The column, or two columns.
        rows : table
            The rows, such as the training table. The values of the column are those that occur in
            them.
        unit : as for `explain`
        n_values : int
            The largest number of values of each column; of more, quantiles are taken (of
            categories the most frequent ones).
        n_rows : int
            If there are more rows, so many are drawn at random.
        seed : int
            The seed of the rows.

        Raises
        ------
        SettingError
            For an unknown column or unit, and for more than two columns.
        DataError
            If there are no rows.

        Examples
        --------
        >>> import numpy as np
        >>> import glassnet
        >>> x = np.arange(400.0)
        >>> plan = glassnet.Plan(recipe="plain", max_epochs=5)
        >>> table = {"x": x, "y": x > 199.5}
        >>> model = glassnet.fit(table, "y", plan)
        >>> found = model.dependence("x", table, n_values=5)
        >>> found.values[0], bool(found.mean[0] < found.mean[-1]), found.curves.shape
        ([0.0, 100.0, 200.0, 299.0, 399.0], True, (200, 5))
        """
        from glassnet.inspection.dependence import dependence

        return dependence(
            cast("Model", self),
            columns,
            rows,
            unit=unit,
            n_values=n_values,
            n_rows=n_rows,
            seed=seed,
        )
