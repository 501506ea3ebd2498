"""Jobs of the estimators: fitted, fitted in pieces, asked, pickled and cloned; by threads at once,
and in forked children."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
from sklearn.base import clone, is_classifier

from glassnet import GlassNetClassifier, GlassNetRegressor, MLPClassifier, MLPRegressor
from tests.crash.at_once import at_once, in_forks
from tests.crash.running import same

RECIPES = ("plain", "fast", "standard")


def random_estimator(rng):
    """An estimator that trains quickly, with rows for it."""
    numbers = np.random.default_rng(rng.randrange(2**32))
    n = rng.choice([12, 60, 250, 900])
    X = numbers.normal(size=(n, 4))
    Y = X[:, :1] - X[:, 1:2] + 0.1 * numbers.normal(size=(n, 1))
    classes = rng.random() < 0.5
    y = np.digitize(Y[:, 0], [-0.5, 0.5][: rng.randint(1, 2)]) if classes else Y[:, 0]
    state = rng.randrange(1000)
    if rng.random() < 0.3:
        warnings.simplefilter("ignore", category=_convergence())
        made = (MLPClassifier if classes else MLPRegressor)(
            hidden_layer_sizes=(rng.randint(1, 30),),
            max_iter=rng.randint(1, 4),
            solver=rng.choice(["adam", "sgd", "lbfgs"]),
            random_state=state,
        )
    else:
        made = (GlassNetClassifier if classes else GlassNetRegressor)(
            recipe=rng.choice(RECIPES),
            hidden_layer_sizes=rng.choice([None, (), 5, (30, 30)]),
            max_epochs=rng.randint(1, 4),
            optimizer=rng.choice([None, None, "sgd", "adam", "rmsprop"]),
            dtype=rng.choice(["float32", "float64"]),
            engine=rng.choice(["auto", "auto", "reference"]),
            n_threads=rng.choice([None, 1, 2, 16, 64]),
            random_state=state,
        )
    return made, X, y


def _convergence():
    from sklearn.exceptions import ConvergenceWarning

    return ConvergenceWarning


def questions(estimator, X):
    """What a fitted estimator can be asked, by name."""
    asked = {
        "predict": lambda: estimator.predict(X),
        "pickle": lambda: pickle.loads(pickle.dumps(estimator)).predict(X[:5]),  # noqa: S301
    }
    if hasattr(estimator, "predict_proba"):
        asked["predict_proba"] = lambda: estimator.predict_proba(X)
    if (
        hasattr(estimator, "predict_interval")
        and getattr(estimator.model_, "intervals", None) is not None
    ):
        asked["predict_interval"] = lambda: estimator.predict_interval(X)
    asked["clone"] = lambda: clone(estimator)
    return asked


def some_more(estimator, X, y):
    """One more epoch, where the optimizer takes steps."""
    if not hasattr(estimator, "partial_fit"):
        return estimator.predict(X)
    return (
        estimator.partial_fit(X, y, classes=np.unique(y))
        if is_classifier(estimator)
        else estimator.partial_fit(X, y)
    )


def fitted(rng, place):
    estimator, X, y = random_estimator(rng)
    names = [
        rng.choice(["predict", "predict_proba", "predict_interval", "pickle", "clone"])
        for _ in range(3)
    ]

    def run():
        estimator.fit(X, y)
        asked = questions(estimator, X)
        for name in names:
            asked.get(name, lambda: None)()

    return run


def fitted_in_pieces(rng, place):
    estimator, X, y = random_estimator(rng)
    first = rng.random() < 0.5
    n = rng.randint(1, 4)
    if first:
        estimator.fit(X, y)
    return lambda: (
        [some_more(estimator, X, y) for _ in range(n)]
        if first or hasattr(estimator, "partial_fit")
        else estimator.fit(X, y)
    )


def asked_at_once(rng, place):
    estimator, X, y = random_estimator(rng)
    estimator.fit(X, y)
    expected = estimator.predict(X)
    asked = questions(estimator, X)

    def one():
        same(estimator.predict(X), expected)
        asked[name]()

    name = rng.choice(list(asked))
    return lambda: at_once([one] * rng.randint(2, 6))


def changed_at_once(rng, place):
    """Threads that train, ask, pickle and clone one estimator."""
    estimator, X, y = random_estimator(rng)
    estimator.fit(X, y)
    asked = questions(estimator, X)
    names = [rng.choice([*asked, "more", "more"]) for _ in range(rng.randint(2, 5))]
    asked["more"] = lambda: some_more(estimator, X, y)
    return lambda: at_once([lambda name=name: [asked[name]() for _ in range(3)] for name in names])


def fitted_at_once(rng, place):
    made = [random_estimator(rng) for _ in range(rng.randint(2, 4))]
    return lambda: at_once([lambda e=e, X=X, y=y: e.fit(X, y) for e, X, y in made])


def forked(rng, place):
    estimator, X, y = random_estimator(rng)
    estimator.fit(X, y)
    expected = estimator.predict(X)
    more = rng.random() < 0.3

    def child():
        same(estimator.predict(X), expected)
        some_more(estimator, X, y) if more else clone(estimator).fit(X, y)

    return lambda: in_forks(
        child, rng.randint(1, 2), meanwhile=lambda: estimator.predict(X), threads=rng.randint(0, 3)
    )


ESTIMATING = {
    "estimator, fitted": fitted,
    "estimator, fitted in pieces": fitted_in_pieces,
    "estimator, asked at once": asked_at_once,
    "estimator, changed at once": changed_at_once,
    "estimators, fitted at once": fitted_at_once,
    "estimator, after forks": forked,
}
