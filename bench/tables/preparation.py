"""What is done to a table for the learners that do not take it as it is."""

from __future__ import annotations

from typing import Any

import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler


def categories(X: pd.DataFrame) -> list[str]:
    """The columns of categories."""
    return [column for column in X.columns if X[column].dtype == "category"]


def one_hot(X: pd.DataFrame, *, scaled: bool) -> Any:
    """A transformer: gaps of numbers get the median, then they are scaled if asked; categories
    one-hot, a gap being a level of its own."""
    named = categories(X)
    imputer = SimpleImputer(strategy="median", keep_empty_features=True)
    return ColumnTransformer(
        [
            (
                "numbers",
                make_pipeline(imputer, StandardScaler()) if scaled else imputer,
                [c for c in X.columns if c not in named],
            ),
            ("categories", OneHotEncoder(handle_unknown="ignore", sparse_output=False), named),
        ]
    )


class Filled:
    """Gaps of numbers get the median of the training rows; categories stay."""

    def __init__(self, X: pd.DataFrame) -> None:
        self._medians = X.select_dtypes("number").median().fillna(0.0)

    def __call__(self, X: pd.DataFrame) -> pd.DataFrame:
        """Return a table without gaps among its numbers."""
        return X.fillna(dict(self._medians))


def texts(X: pd.DataFrame) -> pd.DataFrame:
    """Categories as text, a gap as the text "nan"."""
    return X.assign(
        **{
            column: X[column].astype(object).where(X[column].notna(), "nan").astype(str)
            for column in categories(X)
        }
    )
