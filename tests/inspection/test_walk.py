"""A walk shows the numbers of the engine, to the bit, and its printed sums add up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import glassnet
from glassnet import SGD, Adam, Dense, Network, Plan
from glassnet.activations import ActivationFunction
from glassnet.engines import make_engine, native
from glassnet.errors import DataError, SettingError, UnsupportedError
from glassnet.inspection.walk import Walk
from glassnet.inspection.walk.by_hand import model_by_hand
from glassnet.inspection.walk.formulas import FORMULAS
from glassnet.inspection.walk.sums import make_sum, number
from glassnet.layers import LAYERS, BatchNorm, Dropout, Members, Residual, Run, Stack
from glassnet.layers.stack import all_layers
from glassnet.losses import Squared
from glassnet.model import Model
from tests.cli.invoked import run
from tests.graph.models import MADE, made, numbers, rows_of, score
from tests.inspection.printed import sums

pytestmark = pytest.mark.filterwarnings("ignore::glassnet.errors.DataNotice")

TABLE = "src/glassnet/inspection/walk/formulas.py"
#: A row as training had them, one with gaps, and one with extreme numbers and new levels.
ROWS = {"usual": 1, "gaps": 6, "odd": 7}


def row_of(name: str, which: str) -> dict[str, Any]:
    i = ROWS[which]
    return {column: values[i : i + 1] for column, values in rows_of(name).items()}


def target_of(model: Model) -> Any:
    if model.task == "regression":
        return 3.5 if len(model.target.names) == 1 else [3.5, 50.0]
    return [1, 0] if model.task == "multilabel" else model.classes[0]


def walked(name: str, which: str = "usual", **settings: Any) -> Walk:
    model = made(name)[0]
    return model.walk(row_of(name, which), target_of(model), **settings)


@pytest.fixture(params=["native", "reference"])
def on_engine(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Model]:
    """Return a model of these tests on one of the engines."""
    if request.param == "reference":
        monkeypatch.setattr(native, "compiled", lambda: None)
    elif native.compiled() is None:
        pytest.skip("the native engine is not built")
    return lambda name: replace(made(name)[0])  # whose engine is chosen anew


@pytest.mark.parametrize("which", ROWS)
@pytest.mark.parametrize("name", MADE)
def test_the_answer_has_the_bits_of_predict(
    on_engine: Callable[..., Model], name: str, which: str
) -> None:
    model, row = on_engine(name), row_of(name, which)
    answer = model.walk(row).answer
    assert np.array_equal(answer.scores, model.raw_scores(row)[0])
    assert answer.scores.dtype == model.dtype
    if model.task == "regression":
        assert np.array_equal(answer.numbers, np.ravel(model.predict(row)))
    else:
        predicted = model.predict(row)[0]
        assert answer.predicted == getattr(predicted, "tolist", lambda: predicted)()
        assert [*answer.probabilities.values()] == model.predict_proba(row)[0].tolist()
    if model.intervals is not None:
        bounds = model.predict_interval(row).reshape(-1, 2)
        assert np.array_equal([*answer.intervals.values()], bounds)


@pytest.mark.parametrize("name", [name for name in MADE if name.startswith(("stand", "best"))])
def test_members_have_the_bits_of_their_predictions(name: str) -> None:
    model, row = made(name)[0], row_of(name, "usual")
    walk = model.walk(row)
    assert walk.members is not None
    assert np.array_equal(walk.members.scores, model.member_scores(row)[:, 0])
    alone = model.walk(row, member=2)
    assert np.array_equal(alone.answer.scores, model.member_scores(row)[2, 0])
    assert alone.answer.predicted == model.predict(row, members=True)[2, 0]
    assert alone.members is None


@pytest.mark.parametrize("which", ROWS)
@pytest.mark.parametrize("name", MADE)
def test_gradients_have_the_bits_of_the_engine(
    on_engine: Callable[..., Model], name: str, which: str
) -> None:
    model, row, target = on_engine(name), row_of(name, which), target_of(made(name)[0])
    walk = model.walk(row, target)
    network = model.network.astype(model.dtype)
    X = model.encoder.encode(model.input.aligned(row), model.dtype)
    values = [target] if not isinstance(target, list) else np.array([target])
    y = model.loss.prepare(model.target.encode(values), network.n_outputs, model.dtype)
    assert walk.backward is not None
    if any(isinstance(one, BatchNorm | Dropout) for one in all_layers(network.layers)):
        Z, caches = network.forward(X, Run())
        loss, dZ = model.loss.value_and_gradient(Z, y)
        network.backward(caches, dZ)
        close = 1e-5 if model.dtype == "float32" else 1e-12
        assert walk.backward.loss == pytest.approx(loss, rel=close)
    else:
        assert walk.backward.loss == type(model.engine)(network, model.loss).loss_and_gradient(X, y)
        close = 0.0
    compared = 0
    for layer in walk.layers:
        assert layer.backward is not None
        for tensor, gradient in layer.backward.tensors.items():
            own = network.parameters.gradient_of(f"{layer.place}.{tensor}")
            assert np.abs(gradient - own).max() <= close * np.abs(own).max()
            compared += 1
    assert compared > 2


@pytest.mark.parametrize("which", ROWS)
@pytest.mark.parametrize("name", MADE)
def test_printed_sums_add_up_within_80_columns(name: str, which: str) -> None:
    walk = walked(name, which)
    text = str(walk)
    found = [*sums(text)]
    wrong = [one.text for one in found if not one.adds_up()]
    assert not wrong, "\n".join(wrong)
    assert len(found) >= sum(layer.operations[0].kind == "Dense" for layer in walk.layers)
    assert max(map(len, text.splitlines())) <= 80
    for layer in range(len(walk.layers)):
        lines = walk.unit(layer, 0).text().splitlines()
        assert max(map(len, lines)) <= 80
        printed = [line.rpartition(" ")[2].replace(",", "") for line in lines]
        if any(line.strip().startswith("sum ") for line in lines):
            total = [i for i, line in enumerate(lines) if line.strip().startswith("sum ")][-1]
            first = max(i for i in range(total) if lines[i].startswith("  ") and lines[i][2] != " ")
            assert sum(map(Decimal, printed[first + 1 : total])) == Decimal(printed[total])


def test_the_parser_of_these_tests_notices_a_wrong_digit() -> None:
    text = str(walked("plain, two classes"))
    found = next(iter(sums(text)))
    digits = f"{found.total}"
    other = digits[:-1] + str((int(digits[-1]) + 1) % 10)
    changed = [*sums(text.replace(f"= {digits}", f"= {other}"))]
    assert not all(one.adds_up() for one in changed)


def test_the_whole_has_every_unit_and_term() -> None:
    network = Network([Dense(7, "tanh"), Dense(1)], n_features=6)
    walk = network.walk([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], 1.0)
    whole = walk.text(whole=True)
    assert "and 4 units nearer to 0" in walk.text()
    assert "(4 more)" in walk.text()
    assert "more)" not in whole.partition("Back")[0]
    assert all(f"unit {j}: " in whole for j in range(7))
    assert all(one.adds_up() for one in sums(whole))


NUMBERS = st.floats(-1e12, 1e12, allow_subnormal=False)


@given(st.lists(NUMBERS, min_size=1, max_size=12), NUMBERS, st.integers(1, 5))
def test_sums_add_up_whatever_the_numbers(values: list[float], off: float, keep: int) -> None:
    names = [f"x{i}" for i in range(len(values))]
    total = sum(values) + off
    made_sum = make_sum(names, values, total, keep=keep)
    shown = sum((term.number.rounded for term in made_sum.terms), Decimal(0))
    assert shown + made_sum.rounding == made_sum.total.rounded
    assert made_sum.more in (0, len(values) - keep)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3700.0, "3,700"),
        (-0.28934, "-0.2893"),
        (1234567.0, "1,234,567"),
        (0.0, "0.000"),
        (-0.0, "0.000"),
        (1.25e-12, "1.250e-12"),
        (-2.5e13, "-2.500e+13"),
    ],
)
def test_numbers_have_four_digits(value: float, text: str) -> None:
    assert str(number(value)) == text


def test_a_raw_cell_is_followed_to_its_features() -> None:
    model = made("fast, three classes")[0]
    row = row_of("fast, three classes", "gaps")
    states = {cell.column: cell.state for cell in model.walk(row).cells}
    assert states["b"] == states["level"] == states["day"] == "missing"
    assert states["a"] == "known"
    assert not {"fixed", "empty"} & states.keys()  # a fit leaves them out
    walk = model.walk(row_of("fast, three classes", "odd"))
    cell = {cell.column: cell for cell in walk.cells}
    assert cell["level"].state == cell["many"].state == "new"
    assert cell["many"].features == {"many": 25.0}
    (scaling,) = cell["a"].scalings
    assert scaling.z == (scaling.x - scaling.mean) / scaling.scale
    assert scaling.clipped == pytest.approx(-3.0, abs=1e-3)  # the limit of the recipe
    table = model.input.aligned(row_of("fast, three classes", "odd"))
    X = model.encoder.encode(table, model.dtype)[0]
    features = {name: x for one in walk.cells for name, x in one.features.items()}
    assert [features[name] for name in model.encoder.feature_names] == X.tolist()


def test_layers_before_members_are_walked_and_shared_signals_have_no_single_gradient() -> None:
    stack = Stack([Dense(4, "relu"), Dense(1)])
    network = Network([Dense(3, "tanh"), Residual([Dense(3)]), Members([stack] * 2)], n_features=2)
    walk = network.walk([0.1, 0.2], 1.0)
    places = ["layers.0", "layers.1.layers.0", "layers.1"]
    places += ["layers.2.layers.0.layers.0", "layers.2.layers.0.layers.1"]
    assert [layer.place for layer in walk.layers] == places
    shared = [layer.backward is None or layer.backward.by_input is None for layer in walk.layers]
    assert shared == [False, True, True, True, False]


def test_the_target_is_taken_from_the_row() -> None:
    model, table = made("standard, two classes")
    row = row_of("standard, two classes", "usual")
    (name,) = model.target.names
    assert model.walk(row).backward is None
    with_target = model.walk({**row, name: [True]}).backward
    assert with_target is not None
    assert with_target.target == "True"
    other = model.walk({**row, name: [True]}, False).backward
    assert other is not None
    assert other.target == "False"
    assert model.walk({**row, name: [None]}).backward is None
    assert len(table) == 8


@pytest.mark.parametrize("name", ["plain, two classes", "best, number with intervals"])
def test_the_step_is_that_of_plain_gradient_descent(name: str) -> None:
    model, row = made(name)[0], row_of(name, "usual")
    walk = model.walk(row, target_of(model), learning_rate=0.01)
    network = model.network.astype(model.dtype)
    X = model.encode(row)
    y = model.loss.prepare(model.target.encode([target_of(model)]), 1, model.dtype)
    engine = type(model.engine)(network, model.loss)
    engine.loss_and_gradient(X, y)
    network.parameters.theta -= 0.01 * network.parameters.gradient
    assert walk.backward is not None
    scores = walk.backward.step.answer.scores
    np.testing.assert_allclose(scores, engine.predict(X)[0], rtol=1e-5, atol=1e-6)
    assert walk.backward.step.loss < walk.backward.loss


@pytest.mark.parametrize("engine", ["auto", "reference"])
def test_a_live_fit_takes_the_step_of_its_optimizer(engine: str) -> None:
    network = Network([Dense(4, "tanh"), Dense(1)], n_features=2, dtype="float64")
    live = make_engine(engine, network, Squared(), Adam(0.05))
    X, y = np.array([[0.3, -0.2]]), np.array([[1.0]])
    for _ in range(3):
        live.loss_and_gradient(X, y)
        live.update(0.05)
    before = network.parameters.theta.copy()
    walk = network.walk(X[0], 1.0, live=live, learning_rate=0.05)
    assert np.array_equal(network.parameters.theta, before)
    assert live.state is not None
    assert live.state.t == 3
    live.loss_and_gradient(X, y)
    live.update(0.05)
    assert walk.backward is not None
    after = walk.backward.step.answer.scores
    np.testing.assert_allclose(after, live.predict(X)[0], rtol=1e-12)
    assert "Step of Adam at rate 0.05" in str(walk)
    with pytest.raises(SettingError, match=r"trains 17 parameters in float64, but .* has 3"):
        Network([Dense(1)], 2, dtype="float64").walk(X[0], 1.0, live=live)
    with pytest.raises(SettingError, match="the live engine has no optimizer"):
        network.walk(X[0], 1.0, live=make_engine(engine, network, Squared()))


def test_blanks_are_determined_by_the_rest() -> None:
    walk = walked("standard, three classes", blanks=5)
    assert len(walk.blanks) == 5
    text = str(walk)
    assert all(text.count(f"[?{i + 1}]") == 1 for i in range(5))
    right = [str(blank.number) for blank in walk.blanks]
    assert walk.check(right) == (True,) * 5
    whole = str(replace(walk, blanks=()))
    filled = text
    for i, answer in enumerate(right):
        filled = filled.replace(f"[?{i + 1}]", answer)
    assert [one.total for one in sums(" ".join(filled.split()) and filled)] == [
        one.total for one in sums(whole)
    ]
    assert all(one.adds_up() for one in sums(filled))


def test_answers_within_half_a_printed_digit_are_right() -> None:
    (blank,) = walked("plain, two classes", blanks=1).blanks
    walk = walked("plain, two classes", blanks=1)
    value, digit = blank.number.rounded, Decimal(1).scaleb(-blank.number.decimals)
    for off, right in [(Decimal("0.5"), True), (Decimal("-0.5"), True), (Decimal("0.51"), False)]:
        assert walk.check([value + off * digit]) == (right,)
    with pytest.raises(DataError, match="1 blanks, got 2 answers"):
        walk.check([1, 2])
    with pytest.raises(DataError, match="an answer is a number, got 'much'"):
        walk.check(["much"])


def test_many_features_have_gradients_without_a_matrix_of_their_square() -> None:
    network = Network([Dense(2, "tanh"), Dense(1)], n_features=3_001)
    gradients = network.walk(np.linspace(-1.0, 1.0, 3_001), 1.0).layers[0].backward
    assert gradients is not None
    assert gradients.by_input is not None
    assert gradients.by_sum is not None
    expected = network.parameters["layers.0.W"] @ gradients.by_sum
    np.testing.assert_allclose(gradients.by_input, expected, rtol=1e-3, atol=1e-6)


def test_more_blanks_than_sums_are_as_many_as_there_are_sums() -> None:
    walk = Network([Dense(1)], n_features=2).walk([1.0, 2.0], 1.0, blanks=99)
    assert 1 <= len(walk.blanks) < 99


def test_html_says_the_same_and_nothing_of_the_table_is_markup() -> None:
    table = {"<b>": [1.0, 2.0, 3.0, 4.0] * 5, "y": ["<i>", "j"] * 10}
    walk = glassnet.fit(table, "y", Plan(recipe="plain", max_epochs=1)).walk({"<b>": [1.0]}, "<i>")
    page = walk._repr_html_()
    assert "<b>" not in page
    assert "<i>" not in page
    assert "&lt;b&gt;" in page
    assert page.count("<h4>") == len([line for line in str(walk).splitlines() if line[0] != " "])


def xor() -> Network:
    """The network of the tutorial, as chapter 3 trains it."""
    X, y = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([[0.0], [1], [1], [0]])
    network = Network([Dense(3, "sigmoid"), Dense(1, "sigmoid")], n_features=2, dtype="float64")
    rng = np.random.default_rng(0)
    network.parameters["layers.0.W"] = rng.standard_normal((2, 3))
    network.parameters["layers.1.W"] = rng.standard_normal((3, 1))
    records = glassnet.train(
        network, X, y, loss="squared", optimizer=SGD(0.4), batch_size=4, epochs=10_000, every=2_000
    )
    assert [*records][-1].training_loss < 0.002
    return network


def test_the_tutorials_network_fits_one_screen(tmp_path: Path) -> None:
    model_by_hand(xor(), Squared(), ("a", "b")).save(tmp_path / "xor.glassnet")
    (tmp_path / "xor.csv").write_text("a,b,y\n0,0,0\n0,1,1\n1,0,1\n1,1,0\n")
    done = run("walk", tmp_path / "xor.glassnet", tmp_path / "xor.csv", "--row", "2")
    lines = done.stdout.splitlines()
    assert len(lines) < 24
    assert max(map(len, lines)) <= 80
    assert lines[0].endswith("a = 1, b = 0")
    assert "answer 0.9458 -> 0.9458" in lines[-1]
    assert len([*sums(done.stdout)]) == 6


def test_a_mistake_gets_one_clear_error() -> None:
    model, row = made("plain, two classes")[0], row_of("plain, two classes", "usual")
    two = {name: [*column, *column] for name, column in row.items()}
    with pytest.raises(DataError, match="a walk takes one row, got 2"):
        model.walk(two)
    with pytest.raises(SettingError, match="member must be a whole number from 0 to 0"):
        model.walk(row, member=1)
    with pytest.raises(DataError, match="which training did not have"):
        model.walk(row, "maybe")
    walk = model.walk(row)
    with pytest.raises(SettingError, match=r"a number from 0 to 2 or a place, one of layers\.0"):
        walk.unit(3, 0)
    with pytest.raises(SettingError, match="a unit of layer 2 is a number from 0 to 0, got 1"):
        walk.unit("layers.2", 1)
    with pytest.raises(DataError, match="a row of this network has 2 numbers, got 3"):
        Network([Dense(1)], 2).walk([1.0, 2.0, 3.0])
    with pytest.raises(SettingError, match="names must name 2 inputs, got 1"):
        Network([Dense(1)], 2).walk([1.0, 2.0], names=["a"])
    cube = ActivationFunction("cube", lambda Z: Z**3, lambda Z, dA: 3 * Z * Z * dA, "input")
    table = numbers(np.random.default_rng(0))
    plan = Plan(recipe="plain", max_epochs=1, engine="reference", activation=cube)
    with pytest.raises(UnsupportedError, match="user-defined activation 'cube'"):
        glassnet.fit(table, score(table), plan).walk({"a": [1.0], "b": [1.0]})


@pytest.mark.parametrize("kind", LAYERS)
def test_formulas_are_those_of_the_docstring_of_the_layer(kind: str) -> None:
    layer = LAYERS[kind]
    parts = (layer.__doc__, layer.forward.__doc__, layer.backward.__doc__)
    described = " ".join(" ".join(part or "" for part in parts).split())
    for formula in FORMULAS[kind]:
        assert formula in described, f"{TABLE}: {kind}: {formula}"
