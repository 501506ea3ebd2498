"""The record of an explanation: what each column contributed to each answer."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from glassnet.errors import MissingDependencyError, SettingError
from glassnet.inspection.shapley import Array, Float64


@dataclass(frozen=True, eq=False)
class Explanation:
    """Contributions of the columns to the answers for some rows.

        base + contributions.sum(axis=1) == answers     (to rounding)

    The arrays have a last axis of k numbers if there are several classes, labels, targets or
    quantiles. For two classes there is one number, that of the second class.

    Attributes
    ----------
    columns : the names of the columns, or groups of columns
    contributions : (n, columns) or (n, columns, k), Shapley values
    base : number or (k,), the mean answer of the background rows
    answers : (n,) or (n, k), the answers for the rows, those of `predict` or `predict_proba`
    standard_errors : as `contributions`; 0 if these are exact
    unit : "probability", "logit", or "target" for numbers in the unit of the target
    outputs : the classes, labels or targets that the k numbers are about
    cells : (n, columns), the values in the table; of a group a tuple
    background : the row numbers of the background rows in their table
    exact : whether all sets of columns were evaluated
    n_evaluations : the largest number of predictions for one row
    members : (M, n, columns) or (M, n, columns, k), contributions to the answer of each member of
        the network; None unless they were asked for
    """

    columns: tuple[str, ...]
    contributions: Float64
    base: Float64
    answers: Float64
    standard_errors: Float64
    unit: str
    outputs: tuple[Any, ...]
    cells: Array = field(repr=False)
    background: Array = field(repr=False)
    exact: bool
    n_evaluations: int
    members: Float64 | None = field(default=None, repr=False)

    @property
    def spread(self) -> Float64:
        """The standard deviation of the members' contributions, of the shape of `contributions`.

        Raises
        ------
        SettingError
            If the members were not asked for.
        """
        if self.members is None:
            raise SettingError("the members were not explained: call explain(..., members=True).")
        return np.asarray(self.members.std(axis=0))

    def to_shap(self) -> Any:
        """Return the explanation as a `shap.Explanation`, for the plots of the package shap.

        Raises
        ------
        MissingDependencyError
            If shap is not installed.
        """
        try:
            import shap
        except ModuleNotFoundError as error:
            if error.name != "shap":
                raise
            raise MissingDependencyError("shap", "Explanation.to_shap", "shap") from None
        n = len(self.contributions)
        return shap.Explanation(
            values=self.contributions,
            base_values=np.broadcast_to(self.base, (n, *self.base.shape)).copy(),
            # Its plots take a missing value as NaN.
            data=np.where(self.cells == None, np.nan, self.cells),  # noqa: E711 - of each cell
            feature_names=list(self.columns),
            output_names=list(map(str, self.outputs)) if self.contributions.ndim == 3 else None,
            error_std=self.standard_errors,
        )
