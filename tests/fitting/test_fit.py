"""`fit`: any table, any target, one model that speaks in the target's own terms."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import sparse

import glassnet
from glassnet.engines.native import compiled
from glassnet.errors import DataError, DataNotice, SettingError
from glassnet.fitting import fit
from glassnet.losses import Logistic, Quantile, Softmax
from tests.conftest import oracle
from tests.fitting.helpers import Array, columns, quick, score

TABLE = columns()
YES = np.where(score(TABLE) > 0.0, "yes", "no")


def bits(model: Any, table: Any = TABLE) -> bytes:
    return bytes(np.ascontiguousarray(model.raw_scores(table)).tobytes())


def cell(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return repr(value) if isinstance(value, float) else str(value)


def write_csv(folder: Path, table: dict[str, Any], name: str = "table.csv") -> Path:
    path = folder / name
    rows = zip(*([cell(value) for value in column] for column in table.values()), strict=True)
    path.write_text("\n".join([",".join(table), *(",".join(row) for row in rows)]) + "\n")
    return path


# The same table by every road gives the same bits


def test_mappings_frames_and_files_give_the_same_bits(tmp_path: Path) -> None:
    pandas, polars = oracle("pandas"), oracle("polars")
    whole = {**TABLE, "species": YES.tolist()}
    by_dict = fit(whole, "species", quick())
    for table in (
        pandas.DataFrame(whole),
        polars.DataFrame(whole),
        write_csv(tmp_path, whole),
        str(write_csv(tmp_path, whole)),
    ):
        model = fit(table, "species", quick())
        assert model.encoder == by_dict.encoder
        assert model.target == by_dict.target
        assert bits(model) == bits(by_dict)
    for table in (pandas.DataFrame(TABLE), polars.DataFrame(TABLE)):
        assert bits(by_dict, table) == bits(by_dict)
    assert (by_dict.predict(TABLE) == YES).mean() > 0.9


def test_the_target_is_named_or_given() -> None:
    whole = {"species": YES.tolist(), **TABLE}
    named = fit(whole, "species", quick())
    assert named.encoder.schema.names == ("size", "island", "age")
    assert named.target.names == ("species",)
    for given in (YES, YES.tolist(), tuple(YES), YES.astype(object), YES[:, None]):
        assert bits(fit(TABLE, given, quick())) == bits(named)
    assert bits(fit(whole, ["species"], quick())) == bits(named)


def test_labels_that_are_also_names_of_columns_are_a_target_where_they_are_one_a_row() -> None:
    table = {"a": [0.0, 1.0, 0.0, 1.0], "b": [1.0, 1.0, 0.0, 0.0]}
    assert fit(table, ["p", "q", "p", "q"], quick()).classes == ("p", "q")
    assert fit(table, ["a"], quick()).target.names == ("a",)


def test_arrays_have_columns_by_number() -> None:
    X = np.random.default_rng(0).normal(size=(60, 3))
    y = (X[:, 0] > X[:, 1]).astype(int)
    by_value = fit(X, y, quick())
    assert by_value.encoder.schema.names == ("x0", "x1", "x2")
    assert bits(fit(np.column_stack([X, y]), "x3", quick()), X) == bits(by_value, X)
    assert bits(by_value, X.tolist()) == bits(by_value, X)
    assert by_value.classes == (0, 1)


@pytest.mark.parametrize("kind", [sparse.csr_array, sparse.csr_matrix, sparse.csc_array])
def test_sparse_matrices_are_learned_from_and_predicted_for(kind: Any) -> None:
    X = np.random.default_rng(0).normal(size=(80, 5)) * (
        np.random.default_rng(1).random((80, 5)) < 0.4
    )
    y = X[:, 0] + X[:, 1] > 0.0
    model = fit(kind(X), y, quick(max_epochs=40))
    assert (model.predict(kind(X)) == y).mean() > 0.95
    np.testing.assert_allclose(model.predict_proba(X), model.predict_proba(kind(X)), atol=1e-6)


def test_fit_is_the_packages_and_twice_the_same_bits() -> None:
    assert glassnet.fit is fit
    one, two, other = (fit(TABLE, YES, quick(dropout=0.2, seed=seed)) for seed in (0, 0, 1))
    assert bits(one) == bits(two) != bits(other)


# Tasks


@pytest.mark.parametrize(
    ("values", "task"),
    [
        (YES, "binary"),
        (score(TABLE) > 0.0, "binary"),
        (np.arange(120) % 3, "multiclass"),
        (np.arange(120) % 3 * 1.0, "multiclass"),
        (np.arange(120), "regression"),
        (score(TABLE), "regression"),
        (np.column_stack([YES == "yes", YES == "no"]), "multilabel"),
        (np.column_stack([score(TABLE), score(TABLE)]), "regression"),
        (np.array(["a", "b", "c"])[np.arange(120) % 3], "multiclass"),
        (["same"] * 120, "binary"),
    ],
    ids=range(10),
)
def test_the_task_is_guessed_by_the_rule(values: Any, task: str) -> None:
    model = fit(TABLE, values, quick(max_epochs=1))
    assert model.task == task
    assert type(model.loss).__name__ == {
        "binary": "Logistic",
        "multilabel": "Logistic",
        "multiclass": "Softmax",
    }.get(task, "Squared")


def test_the_task_may_be_said_and_a_loss_says_it_too() -> None:
    whole = np.arange(120) % 3
    assert fit(TABLE, whole, quick(max_epochs=1), task="regression").task == "regression"
    assert fit(TABLE, whole, quick(max_epochs=1, loss="huber")).task == "regression"
    assert fit(TABLE, np.arange(120) % 40, quick(max_epochs=1, loss="softmax")).task == "multiclass"
    assert fit(TABLE, whole * 0.5, quick(max_epochs=1), task="classification").classes == (
        0.0,
        0.5,
        1.0,
    )
    assert fit(TABLE, YES, quick(max_epochs=1, loss="softmax")).network.n_outputs == 2


@pytest.mark.parametrize(
    "labels",
    [
        ("no", "yes"),
        (False, True),
        (0, 1),
        (-1, 1),
        (3, 7, 11),
        (0.5, 1.5, 2.5),
        ("1", "2", "10"),
        (" padded ", "x"),
        ("True", "False", "Maybe"),
        ("only",),
        (7,),
        (True,),
    ],
    ids=str,
)
def test_classes_come_back_as_they_came(labels: tuple[Any, ...]) -> None:
    rng = np.random.default_rng(0)
    which = rng.integers(0, len(labels), 90)
    X = which[:, None] + 0.1 * rng.normal(size=(90, 2))
    values = [labels[i] for i in which]
    for given in (values, np.array(values), np.array(values, dtype=object)):
        model = fit(X, given, quick(max_epochs=60), task="classification")
        assert model.classes == tuple(sorted(labels))
        assert [type(c) for c in model.classes] == [type(labels[0])] * len(labels)
        predicted = model.predict(X).tolist()
        assert predicted == values
        assert [type(p) for p in predicted] == [type(labels[0])] * 90
        assert model.predict_proba(X).shape == (90, len(labels))


def test_whole_floats_are_whole_numbers() -> None:
    model = fit(TABLE, np.where(YES == "yes", 2.0, 1.0), quick(max_epochs=1))
    assert model.classes == (1, 2)
    assert model.predict(TABLE).dtype.kind == "i"


def test_one_class_is_predicted_with_certainty() -> None:
    for loss in (None, "logistic", "softmax"):
        model = fit(TABLE, ["same"] * 120, quick(max_epochs=2, loss=loss))
        assert set(model.predict(TABLE)) == {"same"}
        np.testing.assert_array_equal(model.predict_proba(TABLE), np.ones((120, 1)))


def test_two_columns_of_zeros_and_ones_are_labels_that_may_go_together() -> None:
    whole = {
        **TABLE,
        "big": (score(TABLE) > 0.5).astype(int).tolist(),
        "small": (score(TABLE) < -0.5).astype(int).tolist(),
    }
    model = fit(whole, ["big", "small"], quick(max_epochs=60))
    truth = np.column_stack([whole["big"], whole["small"]])
    assert (model.task, model.classes) == ("multilabel", ("big", "small"))
    assert (model.predict(TABLE) == truth).mean() > 0.9
    assert model.predict(TABLE).shape == model.predict_proba(TABLE).shape == (120, 2)
    assert bits(fit(TABLE, truth, quick(max_epochs=60))) == bits(model)


# Regressions come back on their own scale


def test_several_numbers_are_predicted_in_their_own_units() -> None:
    s = score(TABLE)
    Y = np.column_stack([1e6 + 1e4 * s, -1e-3 * s])
    model = fit(TABLE, Y, quick(max_epochs=150))
    predicted = model.predict(TABLE)
    assert predicted.shape == (120, 2)
    residual = ((predicted - Y) ** 2).sum(axis=0) / ((Y - Y.mean(axis=0)) ** 2).sum(axis=0)
    assert (residual < 0.1).all()
    assert fit(TABLE, Y[:, 0], quick()).predict(TABLE).shape == (120,)


def heteroscedastic(n: int = 1200) -> tuple[Array, Array]:
    rng = np.random.default_rng(0)
    X = rng.uniform(0.0, 1.0, (n, 1))
    return X, 1000.0 + 100.0 * X[:, 0] * rng.normal(size=n)


def test_quantiles_are_in_order_and_cover_their_share() -> None:
    X, y = heteroscedastic()
    q = (0.1, 0.5, 0.9)
    model = fit(
        X, y, quick(loss=Quantile(q), max_epochs=40, batch_size=64, hidden_layer_sizes=(16,))
    )
    Q = model.predict(X)
    assert Q.shape == (1200, 3)
    assert (np.diff(Q, axis=1) >= 0.0).all()
    np.testing.assert_allclose((y[:, None] <= Q).mean(axis=0), q, atol=0.04)
    spread = Q[:, 2] - Q[:, 0]
    assert spread[X[:, 0] > 0.8].mean() > 3.0 * spread[X[:, 0] < 0.2].mean()


def test_quantiles_of_two_targets_stand_target_by_target_each_in_its_units() -> None:
    X, y = heteroscedastic(600)
    Q = fit(
        X, np.column_stack([y, -1e-3 * y]), quick(loss=Quantile((0.25, 0.75)), max_epochs=30)
    ).predict(X)
    assert Q.shape == (600, 4)
    assert (Q[:, :2] > 500.0).all()
    assert (Q[:, 2:] < -0.5).all()
    assert (Q[:, 1] >= Q[:, 0]).all()
    assert (Q[:, 3] >= Q[:, 2]).all()


@pytest.mark.parametrize("loss", ["poisson", "gamma"])
def test_counts_and_amounts_are_predicted_on_their_own_scale(loss: str) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(800, 2))
    mu = np.exp(3.0 + 0.7 * X[:, 0])
    y = rng.poisson(mu) if loss == "poisson" else rng.gamma(5.0, mu / 5.0)
    model = fit(X, y, quick(loss=loss, max_epochs=40, batch_size=64))
    predicted = model.predict(X)
    assert (model.target.mean, model.target.scale) == ((0.0,), (1.0,))
    assert (predicted > 0.0).all()
    assert predicted.mean() == pytest.approx(y.mean(), rel=0.05)
    assert np.corrcoef(np.log(predicted), np.log(mu))[0, 1] > 0.97


# Predicting for other tables


def test_columns_in_another_order_and_spare_ones_give_the_same_bits() -> None:
    model = fit(TABLE, YES, quick())
    turned = {"id": list(range(120)), **{name: TABLE[name] for name in ("age", "size", "island")}}
    with pytest.warns(DataNotice, match="column 'id' is not known to the model and ignored"):
        assert bits(model, turned) == bits(model)


def test_a_category_that_training_did_not_see_and_gaps_are_predicted_for() -> None:
    model = fit(TABLE, YES, quick())
    odd = {
        "size": [None, 50.0, 1e9],
        "island": ["Atlantis", None, "Dream"],
        "age": [0.0, None, -1e9],
    }
    P = model.predict_proba(odd)
    assert np.isfinite(P).all()
    unseen = {"size": [50.0] * 2, "island": ["Atlantis", "Ys"], "age": [0.0] * 2}
    assert model.predict_proba(unseen)[0].tolist() == model.predict_proba(unseen)[1].tolist()


def test_gaps_only_at_prediction_are_the_mean() -> None:
    full = {name: TABLE[name] for name in ("age",)}
    model = fit(full, YES, quick())
    mean = float(np.mean(full["age"]))
    with pytest.warns(DataNotice, match="1 of 1 values of 'age' are missing"):
        filled = model.raw_scores({"age": [None]})
    np.testing.assert_allclose(filled, model.raw_scores({"age": [mean]}), rtol=1e-5)


def test_missing_columns_are_named() -> None:
    model = fit(TABLE, YES, quick(max_epochs=1))
    with pytest.raises(DataError, match=r"missing 'island'.*Did you mean 'Island'"):
        model.predict({"size": [1.0], "Island": ["Dream"], "age": [0.0]})


# Class weights and smoothing


def rare() -> tuple[Array, Array]:
    rng = np.random.default_rng(0)
    y = (rng.random(300) < 0.1).astype(int)
    return (rng.normal(size=(300, 2)) + y[:, None]), y


def test_balanced_classes_weigh_the_same_as_their_weights_by_hand() -> None:
    X, y = rare()
    counts = np.bincount(y)
    by_hand = {0: 300 / (2 * counts[0]), 1: 300 / (2 * counts[1])}
    plain, balanced, mapped, weighted = (
        fit(X, y, quick(class_weight=weight), sample_weight=rows)
        for weight, rows in (
            (None, None),
            ("balanced", None),
            (by_hand, None),
            (None, np.array([by_hand[0], by_hand[1]])[y]),
        )
    )
    assert bits(balanced, X) == bits(mapped, X) == bits(weighted, X)
    recall = [(model.predict(X)[y == 1] == 1).mean() for model in (plain, balanced)]
    assert recall[1] > recall[0] + 0.2


@pytest.mark.parametrize(
    ("labels", "keys"),
    [
        (("a", "b"), ("a", "b")),
        ((0, 1), ("0", "1")),
        ((0, 1), (0.0, 1.0)),
        ((False, True), (False, True)),
    ],
)
def test_class_weights_find_their_class_by_value_or_text(labels: Any, keys: Any) -> None:
    X, y = rare()
    values = [labels[i] for i in y]
    reference = fit(X, y, quick(max_epochs=3, class_weight={0: 1.0, 1: 7.0}))
    assert bits(
        fit(X, values, quick(max_epochs=3, class_weight={keys[0]: 1.0, keys[1]: 7.0})), X
    ) == bits(reference, X)


def test_a_class_without_a_weight_counts_once() -> None:
    X, y = rare()
    one, two = (
        fit(X, y, quick(max_epochs=3, class_weight=weight))
        for weight in ({1: 3.0}, {0: 1.0, 1: 3.0})
    )
    assert bits(one, X) == bits(two, X)


@pytest.mark.parametrize(
    ("values", "class_weight", "match"),
    [
        (
            YES,
            {"yess": 2.0},
            "class_weight names 'yess', which is not a class of the target.*Did you mean 'yes'",
        ),
        (YES, {"yes": -1.0}, "the weight of class 'yes' must be a number >= 0, got -1.0"),
        (
            YES,
            "even",
            "class_weight must be None, 'balanced' or a mapping from labels to weights, got 'even'",
        ),
        (
            score(TABLE),
            "balanced",
            "class_weight is for a target with one class a row, but this one is regression",
        ),
        (np.column_stack([YES == "yes", YES == "no"]), "balanced", "but this one is multilabel"),
    ],
    ids=range(5),
)
def test_class_weights_that_do_not_fit_are_refused(
    values: Any, class_weight: Any, match: str
) -> None:
    with pytest.raises(SettingError, match=match):
        fit(TABLE, values, quick(class_weight=class_weight))


@pytest.mark.parametrize(
    ("values", "loss"),
    [(YES, Logistic(0.2)), (np.arange(120) % 3, Softmax(0.2))],
    ids=["binary", "multiclass"],
)
def test_label_smoothing_is_the_losss_own_and_keeps_probabilities_from_the_ends(
    values: Any, loss: Any
) -> None:
    smooth = fit(TABLE, values, quick(label_smoothing=0.2, max_epochs=60))
    given = fit(TABLE, values, quick(loss=loss, max_epochs=60))
    sharp = fit(TABLE, values, quick(max_epochs=60))
    assert smooth.loss == given.loss == loss
    assert bits(smooth) == bits(given)
    assert smooth.predict_proba(TABLE).max() < sharp.predict_proba(TABLE).max()


# The record


def test_the_record_says_what_was_chosen_and_can_be_written_as_json() -> None:
    record = fit(TABLE, YES, quick(max_epochs=3)).training
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    assert record["plan"]["optimizer"] == "adamw"
    assert record["plan"]["schedule"] == "one_cycle"
    assert record["plan"]["hidden_layer_sizes"] == [8]
    assert (
        record["engine"],
        record["rows"],
        record["ended"],
        record["epochs"],
        record["updates"],
    ) == (
        "reference" if compiled() is None else "native",
        120,
        "all epochs done",
        3,
        24,
    )
    assert record["best_epoch"] is None
    assert record["history"]["index"] == [0, 1, 2]
    assert record["history"]["validation_loss"] == [None] * 3
    assert record["seconds"] > 0.0


@pytest.mark.parametrize(
    "values",
    [
        YES,
        np.arange(120) % 3,
        score(TABLE),
        np.column_stack([YES == "yes", YES == "no"]),
        ["one"] * 120,
    ],
    ids=range(5),
)
@pytest.mark.parametrize("optimizer", ["adamw", "lbfgs"])
def test_every_task_has_a_record_that_json_takes(values: Any, optimizer: str) -> None:
    plan = quick(
        max_epochs=3, optimizer=optimizer, learning_rate=None, early_stopping=True, loss=None
    )
    record = fit(TABLE, values, plan).training
    json.dumps(record, allow_nan=False)


@pytest.mark.filterwarnings("ignore:Only one class is present")
def test_a_score_that_is_not_defined_is_none_in_the_record() -> None:
    held = ({name: column[:3] for name, column in TABLE.items()}, ["yes"] * 3)
    record = fit(
        TABLE,
        YES,
        quick(max_epochs=3, early_stopping=True, patience=9, scoring="roc_auc"),
        validation=held,
    ).training
    assert record["history"]["validation_score"] == [None] * 3
    json.dumps(record, allow_nan=False)


# Refusals


@pytest.mark.parametrize(
    ("table", "target", "match"),
    [
        (
            {**TABLE, "species": YES.tolist()},
            "specis",
            "the table has no column 'specis': it has .*Did you mean 'species'",
        ),
        (
            {**TABLE, "species": YES.tolist()},
            ["species", "agee"],
            "the table has no column 'agee'.*Did you mean 'age'",
        ),
        (
            {"y": YES.tolist()},
            "y",
            "the table has no column beside its target: nothing to predict from",
        ),
        (TABLE, YES[:5], "the table has 120 rows and the target 5: they must be as many"),
        (TABLE, np.where(np.arange(120) == 3, np.nan, score(TABLE)), "row 3"),
        (TABLE, np.full(120, np.nan), "missing"),
        ([], YES, "Expected a 2-D table but got 1-D data"),
    ],
    ids=range(7),
)
def test_a_table_or_a_target_that_cannot_be_used_is_refused(
    table: Any, target: Any, match: str
) -> None:
    with pytest.raises(DataError, match=match):
        fit(table, target, quick(max_epochs=1))


def test_a_file_needs_its_target_by_name(tmp_path: Path) -> None:
    path = write_csv(tmp_path, TABLE)
    with pytest.raises(
        DataError, match="the target of a table in a file must be the name of one of its columns"
    ):
        fit(path, YES)
    with pytest.raises(DataError, match=r"the table has no column 'agee'.*Did you mean 'age'"):
        fit(path, "agee")


@pytest.mark.parametrize(
    ("values", "settings", "match"),
    [
        (YES, {"loss": "squared"}, "a regression target must hold numbers"),
        (
            score(TABLE),
            {"loss": "softmax", "task": "regression"},
            "loss 'softmax' is for classes, but the target is a regression",
        ),
        (
            YES,
            {"loss": "huber", "task": "binary"},
            "loss 'huber' does not fit a binary target: use 'logistic' or 'softmax'",
        ),
        (
            np.arange(120) % 3,
            {"loss": "logistic"},
            "loss 'logistic' does not fit a multiclass target: use 'softmax'",
        ),
        (
            score(TABLE),
            {"label_smoothing": 0.1},
            "label_smoothing is for classes, but the target is a regression with loss 'squared'",
        ),
        (YES, {"label_smoothing": 1.0}, "label_smoothing must be in"),
        (
            YES,
            {"task": "clasification"},
            "unknown task 'clasification'.*Did you mean 'classification'",
        ),
        (
            YES,
            {"optimizer": "lbfgs", "learning_rate": None, "clip_norm": 1.0},
            "leave schedules and clip_norm out",
        ),
        (
            YES,
            {"optimizer": "lbfgs", "learning_rate": None, "schedule": "cosine"},
            "'lbfgs' chooses its own steps",
        ),
        (
            YES,
            {"optimizer": "lbfgs", "learning_rate": None, "dropout": 0.1},
            "but Dropout changes it",
        ),
        (YES, {"schedule": "cosin"}, "Did you mean 'cosine'"),
        (YES, {"batch_size": 0}, "batch_size must be a whole number of at least 1, got 0"),
        (YES, {"max_epochs": 0}, "max_epochs must be a whole number of at least 1, got 0"),
        (
            YES,
            {"early_stopping": True, "validation_fraction": 1.0},
            "the fraction of rows to hold out must lie between 0 and 1",
        ),
        (
            YES,
            {"early_stopping": True, "patience": 0},
            "patience must be a number of epochs, at least 1",
        ),
        (YES, {"early_stopping": True, "scoring": "acuracy"}, "Did you mean 'accuracy'"),
    ],
    ids=range(16),
)
def test_settings_that_do_not_fit_the_task_are_refused(
    values: Any, settings: dict[str, Any], match: str
) -> None:
    task = settings.pop("task", None) if "task" in settings else None
    with pytest.raises((SettingError, DataError), match=match):
        fit(TABLE, values, quick(**settings), task=task)


@pytest.mark.parametrize("target", [None, True, 0.5], ids=str)
def test_what_is_no_target_is_refused(target: Any) -> None:
    with pytest.raises(
        DataError,
        match=f"target must be the name of a column, .* target values themselves, got {target}",
    ):
        fit(TABLE, target)


def test_what_is_no_plan_is_refused() -> None:
    with pytest.raises(
        SettingError, match=r"plan must be a glassnet.Plan\(...\) or None, got \{'max_epochs': 3\}"
    ):
        fit(TABLE, YES, {"max_epochs": 3})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("held", "kind", "match"),
    [
        (
            0.2,
            SettingError,
            (
                r"validation must be \(table, target values\) or \(table, target values, "
                r"weights\), got a value of type float"
            ),
        ),
        ((TABLE,), SettingError, "validation must be"),
        (
            (TABLE, YES[:1]),
            DataError,
            (
                "the validation set does not fit: X and y must have as many rows, but X has 120 "
                "and y has 1"
            ),
        ),
        ((TABLE, ["maybe"] * 120), DataError, "the label 'maybe' in row 0"),
        (({"size": [1.0]}, ["yes"]), DataError, "missing 'island', 'age'"),
        ((TABLE, YES, [1.0]), DataError, r"sample_weight must have shape \(120,\)"),
        ((TABLE, YES, [0.0] * 120), DataError, "zero in every row"),
    ],
    ids=range(7),
)
def test_a_validation_set_that_does_not_fit_is_refused(
    held: Any, kind: type[Exception], match: str
) -> None:
    with pytest.raises(kind, match=match):
        fit(TABLE, YES, quick(max_epochs=1), validation=held)
