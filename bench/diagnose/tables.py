"""The tables of the bench: one list to set thresholds on, other tables to report on.

They are scikit-learn's bundled sets, the table of penguins in examples/, and generated ones. Each
is a frame of features with its target, in an order drawn from the seed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn import datasets

ROOT = Path(__file__).parents[2]
Made = tuple[pd.DataFrame, pd.Series]
#: name -> (function, whether its target is one of classes)
Tables = dict[str, tuple[Callable[[int], Made], bool]]


#: The share of the rows with one value from which a column counts as constant.
NEARLY_CONSTANT = 0.98


@dataclass(frozen=True)
class Data:
    """A table with its target "target"; `classes` says whether it is one of classes."""

    name: str
    frame: pd.DataFrame
    classes: bool

    @property
    def features(self) -> list[str]:
        """The names of the features."""
        return [name for name in self.frame.columns if name != "target"]

    @property
    def numbers(self) -> list[str]:
        """The names of the features that are numbers."""
        return [n for n in self.features if pd.api.types.is_float_dtype(self.frame[n])]

    def with_frame(self, frame: pd.DataFrame) -> Data:
        """Return the same with another frame."""
        return Data(self.name, frame, self.classes)

    def split(self, n_train: int) -> tuple[Data, pd.DataFrame]:
        """Return the first rows for training, and the rest to test on."""
        return self.with_frame(self.frame.iloc[:n_train]), self.frame.iloc[n_train:]


def _numbered(X: np.ndarray, y: np.ndarray) -> Made:
    frame = pd.DataFrame(np.asarray(X, float), columns=[f"c{i}" for i in range(X.shape[1])])
    return frame, pd.Series(y)


def _labels(y: np.ndarray) -> np.ndarray:
    return np.array([f"class {int(v)}" for v in y], object)


def _bundled(load: Callable[..., object], *, classes: bool) -> Callable[[int], Made]:
    def make(seed: int) -> Made:
        X, y = load(return_X_y=True)  # type: ignore[misc]
        return _numbered(X, _labels(y) if classes else np.asarray(y, float))

    return make


def blobs(seed: int) -> Made:
    X, y = datasets.make_blobs(1400, 6, centers=4, cluster_std=3.0, random_state=seed)
    return _numbered(X, _labels(y))


def moons(seed: int) -> Made:
    X, y = datasets.make_moons(1400, noise=0.15, random_state=seed)
    noise = np.random.default_rng(seed).normal(size=(1400, 3))
    return _numbered(np.hstack([X, noise]), _labels(y))


def plane(seed: int) -> Made:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(1200, 8))
    return _numbered(X, X @ rng.normal(size=8) + 0.5 * rng.normal(size=1200))


def waves(seed: int) -> Made:
    rng = np.random.default_rng(seed)
    X = rng.uniform(-1, 1, size=(1400, 5))
    y = np.sin(3 * X[:, 0]) + X[:, 1] * X[:, 2] + 0.5 * X[:, 3] + 0.1 * rng.normal(size=1400)
    return _numbered(X, y)


def coin(seed: int) -> Made:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(1400, 10))
    p = 1 / (1 + np.exp(-1.5 * (X[:, 0] + X[:, 1] - X[:, 2] * X[:, 3])))
    return _numbered(X, _labels(rng.uniform(size=1400) < p))


def shop(seed: int) -> Made:
    rng = np.random.default_rng(seed)
    n = 1400
    frame = pd.DataFrame(
        {
            "age": rng.normal(45, 15, n),
            "visits": rng.poisson(4, n).astype(float),
            "income": rng.lognormal(10, 0.4, n),
            "city": rng.choice(["A", "B", "C", "D"], n),
            "member": rng.choice(["yes", "no"], n),
        }
    )
    frame.loc[rng.uniform(size=n) < 0.1, "age"] = np.nan
    z = 0.1 * (frame.age.fillna(45) - 45) + 0.5 * frame.visits - 2 + (frame.city == "A") * 2
    z += np.where(frame.member == "yes", 1.0, -1.0)
    return frame, pd.Series(_labels(rng.uniform(size=n) < 1 / (1 + np.exp(-1.5 * z))))


def friedman1(seed: int) -> Made:
    return _numbered(*datasets.make_friedman1(1300, 8, noise=0.7, random_state=seed))


def friedman3(seed: int) -> Made:
    X, y = datasets.make_friedman3(1300, noise=0.05, random_state=seed)
    return _numbered(X, y)


def rings(seed: int) -> Made:
    X, y = datasets.make_gaussian_quantiles(
        n_samples=1500, n_features=4, n_classes=3, random_state=seed
    )
    return _numbered(X, _labels(y))


def cube(seed: int) -> Made:
    X, y = datasets.make_classification(
        1400, 12, n_informative=6, n_redundant=0, n_classes=3, class_sep=1.2, flip_y=0.0,
        random_state=seed,
    )  # fmt: skip
    return _numbered(X, _labels(y))


def circles(seed: int) -> Made:
    X, y = datasets.make_circles(1400, noise=0.08, factor=0.5, random_state=seed)
    noise = np.random.default_rng(seed).uniform(-1, 1, size=(1400, 2))
    return _numbered(np.hstack([X, noise]), _labels(y))


def bends(seed: int) -> Made:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(1300, 6))
    y = np.abs(X[:, 0]) + np.maximum(X[:, 1], X[:, 2]) - 0.3 * X[:, 3] ** 2
    return _numbered(X, 50 + 7 * y + 1.5 * rng.normal(size=1300))


def rents(seed: int) -> Made:
    rng = np.random.default_rng(seed)
    n = 1300
    frame = pd.DataFrame(
        {
            "area": rng.gamma(6, 12, n),
            "year": rng.integers(1900, 2024, n).astype(float),
            "floor": rng.integers(0, 9, n).astype(float),
            "district": rng.choice(list("KLMNOP"), n),
            "heating": rng.choice(["gas", "oil", "heat pump"], n),
        }
    )
    frame.loc[rng.uniform(size=n) < 0.08, "year"] = np.nan
    by = frame.district.map(dict(zip("KLMNOP", (3.0, 5.0, 2.0, 6.0, 4.0, 3.5), strict=True)))
    rent = frame.area * (6 + by) + 2.0 * (frame.year.fillna(1960) - 1960) + 20 * frame.floor
    return frame, pd.Series(rent + 60 * rng.normal(size=n))


def penguins(seed: int) -> Made:
    frame = pd.read_csv(ROOT / "examples" / "penguins.csv")
    frame[["flipper_length_mm", "body_mass_g", "year"]] = frame[
        ["flipper_length_mm", "body_mass_g", "year"]
    ].astype(float)
    return frame.drop(columns=["species", "island"]), frame["species"]


SETTING: Tables = {
    "iris": (_bundled(datasets.load_iris, classes=True), True),
    "breast_cancer": (_bundled(datasets.load_breast_cancer, classes=True), True),
    "diabetes": (_bundled(datasets.load_diabetes, classes=False), False),
    "blobs": (blobs, True),
    "moons": (moons, True),
    "plane": (plane, False),
    "waves": (waves, False),
    "coin": (coin, True),
    "shop": (shop, True),
}
REPORTING: Tables = {
    "wine": (_bundled(datasets.load_wine, classes=True), True),
    "digits": (_bundled(datasets.load_digits, classes=True), True),
    "penguins": (penguins, True),
    "friedman1": (friedman1, False),
    "friedman3": (friedman3, False),
    "rings": (rings, True),
    "cube": (cube, True),
    "circles": (circles, True),
    "bends": (bends, False),
    "rents": (rents, False),
}


def table_named(name: str, seed: int) -> Data:
    """Return a table by its name; its rows are shuffled by the seed.

    Columns that are (nearly) constant are left out, such as the pixels in the corners of digits:
    they would be faults that nobody planted.
    """
    make, classes = (SETTING | REPORTING)[name]
    frame, target = make(seed)
    varied = [c for c in frame if frame[c].value_counts(normalize=True).iloc[0] < NEARLY_CONSTANT]
    frame = frame[varied]
    frame = frame.assign(target=np.asarray(target))
    return Data(name, frame.sample(frac=1.0, random_state=seed, ignore_index=True), classes)
