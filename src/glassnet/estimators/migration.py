"""Convert a fitted scikit-learn network to a Model with the same weights."""

import math
from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import sklearn
from sklearn.compose import TransformedTargetRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from glassnet.data.coding.encoder import Encoder
from glassnet.data.coding.number_coding import NumberCoding
from glassnet.data.coding.target import Target
from glassnet.data.coding.target_encoding import Label
from glassnet.data.tables.schema import Column, Schema
from glassnet.errors import DataError, SettingError
from glassnet.layers import Dense
from glassnet.losses import Logistic, Loss, Softmax, loss_function, loss_traits
from glassnet.model import Model
from glassnet.network import Network
from glassnet.training.resolved_plan import one_for_each
from glassnet.training.stopping import history_columns

FITTED = ("activation", "coefs_", "intercepts_", "n_outputs_", "out_activation_")
WHAT_CAN_BE = (
    "a fitted MLPClassifier or MLPRegressor, alone or as the last step of a Pipeline behind one "
    "StandardScaler, also inside TransformedTargetRegressor(transformer=StandardScaler())"
)
# Names that differ: scikit-learn -> glassnet.
ACTIVATION_NAMES = {"logistic": "sigmoid"}
LOSS_NAMES = {"squared_error": "squared"}


def from_sklearn(fitted: Any) -> Model:
    """Return a Model that makes the predictions of a fitted scikit-learn network.

    It keeps the weights and their dtype, the scaling of the columns and of the target, the labels
    and the names of the columns. The target is called "y" (several targets: "y0", "y1", ...),
    because scikit-learn does not keep its name. Numbers are not clipped, and a missing value (NaN)
    raises an error, as in scikit-learn. Predictions are the same to rounding: `glassnet.compare`
    shows by how much they differ.

    Parameters
    ----------
    fitted : MLPClassifier or MLPRegressor, or an object with their fitted attributes; alone, or as
        the last step of a Pipeline after one StandardScaler (steps that are "passthrough" or None
        are ignored); also the regressor of a TransformedTargetRegressor whose transformer is a
        StandardScaler

    Returns
    -------
    Model
        It can be saved, evaluated and used row by row (`predictor`) like any other.
        `training["source"]` records what it was converted from.

    Raises
    ------
    SettingError
        For an estimator that is not fitted, and for any other estimator or scaling.
    DataError
        For class labels that are not text, numbers or booleans.

    Examples
    --------
    >>> import glassnet
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.neural_network import MLPClassifier
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> X, y = load_iris(return_X_y=True)
    >>> mlp = MLPClassifier((8,), solver="lbfgs", max_iter=1000, random_state=0)
    >>> old = make_pipeline(StandardScaler(), mlp).fit(X, y)
    >>> new = glassnet.from_sklearn(old)
    >>> bool(abs(new.predict_proba(X) - old.predict_proba(X)).max() < 1e-12)
    True
    """
    mlp, scaler, target_scaler = _unwrapped(fitted)
    loss = _loss(mlp)
    network = _network(mlp)
    return Model(
        _encoder(scaler, mlp, network.n_features),
        _target(mlp, loss, target_scaler),
        network,
        loss,
        _record(mlp),
    )


def _unwrapped(fitted: Any) -> tuple[Any, StandardScaler | None, StandardScaler | None]:
    """Return the network, the scaler of its columns and the scaler of its target."""
    if isinstance(fitted, Pipeline):
        *before, last = (step for _, step in fitted.steps)
        scalers = [_scaler(step) for step in before if step is not None and step != "passthrough"]
        mlp, inner, target_scaler = _unwrapped(last)
        scalers += [] if inner is None else [inner]
        if len(scalers) > 1:
            raise SettingError(
                f"only one scaler before the network can be converted, got {len(scalers)}: "
                f"convert {WHAT_CAN_BE}."
            )
        return mlp, scalers[0] if scalers else None, target_scaler
    if isinstance(fitted, TransformedTargetRegressor):
        if not hasattr(fitted, "regressor_"):
            raise _not_fitted(fitted)
        mlp, scaler, inner = _unwrapped(fitted.regressor_)
        if inner is not None:
            raise _refusal(fitted.regressor_)
        return mlp, scaler, _scaler(fitted.transformer_)
    if all(hasattr(fitted, name) for name in FITTED):
        return fitted, None, None
    if hasattr(fitted, "hidden_layer_sizes") and not hasattr(fitted, "model_"):
        raise _not_fitted(fitted)
    raise _refusal(fitted)


def _scaler(step: Any) -> StandardScaler:
    if type(step) is not StandardScaler:  # a subclass may do something else
        raise _refusal(step)
    if not hasattr(step, "n_features_in_"):
        raise _not_fitted(step)
    return step


def _not_fitted(estimator: Any) -> SettingError:
    return SettingError(
        f"This {type(estimator).__name__} instance is not fitted yet. Call 'fit' first, then "
        "convert it."
    )


def _refusal(estimator: Any) -> SettingError:
    described = (
        f"a {type(estimator).__name__}"
        if not isinstance(estimator, type | str)
        else repr(estimator)
    )
    held = next((name for name in ("best_estimator_", "model_") if hasattr(estimator, name)), None)
    hint = {
        None: "",
        "best_estimator_": " Convert its best_estimator_.",
        "model_": " It holds a Model already: its model_.",
    }[held]
    return SettingError(f"{described} cannot be converted: expected {WHAT_CAN_BE}.{hint}")


def _network(mlp: Any) -> Network:
    *hidden, last = (W.shape[1] for W in mlp.coefs_)
    each = one_for_each(mlp.activation, len(hidden))
    names = [ACTIVATION_NAMES.get(name, name) if isinstance(name, str) else name for name in each]
    layers = [*(Dense(n, name) for n, name in zip(hidden, names, strict=True)), Dense(last)]
    network = Network(
        layers,
        mlp.coefs_[0].shape[0],
        seed=None,
        dtype=str(np.result_type(*mlp.coefs_, *mlp.intercepts_)),
    )
    for i, (W, b) in enumerate(zip(mlp.coefs_, mlp.intercepts_, strict=True)):
        network.parameters[f"layers.{i}.W"], network.parameters[f"layers.{i}.b"] = W, b
    return network


def _loss(mlp: Any) -> Loss:
    if hasattr(mlp, "classes_"):
        return Softmax() if mlp.out_activation_ == "softmax" else Logistic()
    loss = getattr(mlp, "loss", "squared_error")
    return loss_function(LOSS_NAMES.get(loss, loss) if isinstance(loss, str) else loss)


def _encoder(scaler: StandardScaler | None, mlp: Any, n_features: int) -> Encoder:
    given = getattr(mlp if scaler is None else scaler, "feature_names_in_", None)
    names = tuple(f"x{i}" for i in range(n_features)) if given is None else tuple(map(str, given))
    mean, scale = _mean_and_scale(scaler, n_features)
    schema = Schema(tuple(Column(name, "number") for name in names))
    return Encoder(schema, NumberCoding(names, mean, scale, (False,) * n_features, limit=None), ())


def _mean_and_scale(
    scaler: StandardScaler | None, n: int
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the mean and the scale of each of n columns."""
    mean = scaler.mean_ if scaler is not None and scaler.with_mean else np.zeros(n)
    scale = scaler.scale_ if scaler is not None and scaler.with_std else np.ones(n)
    return tuple(map(float, mean)), tuple(map(float, scale))


def _target(mlp: Any, loss: Loss, scaler: StandardScaler | None) -> Target:
    if not hasattr(mlp, "classes_"):
        n = mlp.n_outputs_ // loss_traits(loss).n_per_target
        mean, scale = _mean_and_scale(scaler, n)
        return Target("regression", _target_names(n), (), mean, scale, n)
    if mlp.out_activation_ != "softmax" and mlp.n_outputs_ > 1:
        names = _target_names(mlp.n_outputs_)
        return Target("multilabel", names, names, (), (), len(names))
    classes = tuple(
        label.item() if isinstance(label, np.generic) else label for label in mlp.classes_
    )
    unsupported = next(
        (label for label in classes if not isinstance(label, str | int | float)), None
    )
    if unsupported is not None:
        raise DataError(
            f"a {type(unsupported).__name__} cannot be a class label of a Model: expected text, "
            "numbers or booleans."
        )
    return Target(
        "binary" if mlp.n_outputs_ == 1 else "multiclass",
        ("y",),
        cast(tuple[Label, ...], classes),
        (),
        (),
        mlp.n_outputs_,
    )


def _target_names(n: int) -> tuple[str, ...]:
    return ("y",) if n == 1 else tuple(f"y{i}" for i in range(n))


def _record(mlp: Any) -> dict[str, Any]:
    """Return what is known of the training, in the form of `Model.training`."""
    kind = type(mlp)
    package = kind.__module__.partition(".")[0]
    version = sklearn.__version__ if package == "sklearn" else None
    losses, scores, checked = (
        list(getattr(mlp, name, None) or ())
        for name in ("loss_curve_", "validation_scores_", "validation_loss_curve_")
    )
    history = history_columns(()) | {
        "index": list(range(len(losses))),
        "training_loss": _finite(losses),
        "validation_loss": _finite(checked),
        "validation_score": _finite(scores),
    }
    epochs = getattr(mlp, "n_iter_", None)
    stopped = (
        bool(getattr(mlp, "early_stopping", False)) and len(scores) > 0
    )  # then the weights of the best epoch were kept
    return {
        "source": {"class": kind.__name__, "package": package, "version": version},
        "ended": f"converted from {kind.__name__}"
        + (f" of scikit-learn {version}" if version else ""),
        "epochs": None if epochs is None else int(epochs),
        "best_epoch": int(np.argmax(np.nan_to_num(scores, nan=-np.inf))) if stopped else None,
        "history": {name: values for name, values in history.items() if values},
    }


def _finite(values: Sequence[Any]) -> list[float | None]:
    """Return numbers for a record in JSON, where None stands for NaN."""
    return [float(value) if math.isfinite(value) else None for value in values]
