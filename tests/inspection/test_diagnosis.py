"""Verdicts: each fault is named, a good fit is not, and nothing about the model changes."""

from __future__ import annotations

import json
import re
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import glassnet
from glassnet import Adam, Dense, Network, Plan
from glassnet.data.rows import Rows
from glassnet.errors import SettingError, UnsupportedError
from glassnet.fitting import Roles, begin, prepare
from glassnet.inspection.diagnosis import RULES, apply_change, diagnose, diagnose_fit
from glassnet.inspection.diagnosis.parts import known_rows, parts_of
from glassnet.inspection.diagnosis.trials import trials
from glassnet.inspection.diagnosis.verdict import SEVERITIES
from glassnet.losses import Squared
from tests.inspection.broken import BROKEN, N, plan, table

ROOT = Path(__file__).parents[2]
CODES = [rule.code for rule in RULES]


def fitted(columns, settings):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return glassnet.fit(columns, "y", settings)


@pytest.mark.parametrize("case", BROKEN, ids=lambda case: case.code)
def test_fault_is_named_with_one_setting_to_change(case):
    columns = case.make()
    found = fitted(columns, case.plan).diagnose(columns)
    named = {verdict.code: verdict for verdict in found.verdicts}
    assert case.code in named, found
    assert named[case.code].severity == case.severity
    assert named[case.code].change.setting == case.setting
    assert set(named) == {case.code}, found


@pytest.mark.parametrize("recipe", ["plain", "fast"])
@pytest.mark.parametrize("classes", [False, True])
def test_nothing_is_wrong_with_a_good_fit(recipe, classes):
    columns = table(600)
    if classes:
        columns["y"] = np.where(columns["y"] > 0.2, "high", "low")
    settings = Plan(recipe=recipe, hidden_layer_sizes=(32, 32))
    found = fitted(columns, settings).diagnose(columns, test=table(300, seed=1) | (
        {"y": np.where(table(300, seed=1)["y"] > 0.2, "high", "low")} if classes else {}
    ))  # fmt: skip
    assert found.codes == (), found
    assert found.checked == tuple(CODES)


def test_codes_are_stable_and_ordered():
    assert sorted(set(CODES)) == CODES
    assert all(re.fullmatch(r"GN[123]\d\d", code) for code in CODES)
    assert all(rule.severity in SEVERITIES for rule in RULES)
    assert all(set(rule.after) <= set(CODES) - {rule.code} for rule in RULES)


def test_every_code_has_its_line_in_the_docs():
    page = (ROOT / "docs" / "diagnose.md").read_text(encoding="utf-8")
    for rule in RULES:
        assert f"| {rule.code} | {rule.name} |" in page, f"docs/diagnose.md lacks {rule.code}"


def test_no_fault_explains_itself_in_a_circle():
    after = {rule.code: set(rule.after) for rule in RULES}
    for code, explained_by in after.items():
        assert not [other for other in explained_by if code in after[other]], code


def test_members_rows_are_found_again():
    columns = table()
    recipe = glassnet.Recipe(members=3, hidden_layer_sizes=(8,), calibrate=True)
    data = prepare(columns, Roles("y"))
    session = begin(data, Plan(recipe=recipe, max_epochs=2))
    held = [fit.splits.held_out for fit in session.ensemble.fits]
    model = data.remembered(session.finish())
    parts = parts_of(model, known_rows(model, columns))
    for member, rows in enumerate(held):
        assert np.flatnonzero(parts.unseen[member]).tolist() == sorted(rows.tolist())


def test_rows_of_another_table_are_not_taken_for_held_out_rows():
    columns = table()
    model = fitted(columns, plan(max_epochs=2))
    fewer = {name: values[:-1] for name, values in columns.items()}
    found = model.diagnose(fewer)
    reasons = dict(found.unchecked)
    assert "not that of the training" in reasons["GN106"]
    labels = np.where(columns["y"] > 0.0, "a", "b")
    model = fitted(columns | {"y": labels}, plan(max_epochs=2))
    mixed = columns | {"y": labels[::-1]}
    assert "in another order" in dict(model.diagnose(mixed).unchecked)["GN106"]


def test_model_stays_as_it_is():
    columns = table()
    model = fitted(columns, plan())
    before = model.network.parameters.theta.tobytes(), model.predict(columns).tobytes()
    model.diagnose(columns)
    assert (model.network.parameters.theta.tobytes(), model.predict(columns).tobytes()) == before


def test_same_diagnosis_again_and_from_the_file(tmp_path):
    columns = table()
    model = fitted(columns, plan(learning_rate=1e-6))
    model.save(tmp_path / "m.glassnet")
    found = model.diagnose(columns)
    assert found == model.diagnose(columns)
    assert glassnet.load(tmp_path / "m.glassnet").diagnose(columns).codes == found.codes


def test_record_alone_is_judged_without_a_table():
    found = fitted(table(), plan()).diagnose()
    assert found.codes == ()
    assert dict(found.unchecked)["GN101"] == "no table was given"


def test_json_has_plain_values():
    found = fitted(table(), plan(learning_rate=1e-6)).diagnose(table())
    plain = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert [verdict["code"] for verdict in plain["verdicts"]] == list(found.codes)


def test_at_fit_time_the_model_has_the_same_bits():
    columns, settings = table(), plan(recipe="fast", max_epochs=3)
    found = diagnose_fit(columns, "y", settings)
    model = fitted(columns, settings)
    assert (
        found.model.network.parameters.theta.tobytes() == model.network.parameters.theta.tobytes()
    )
    assert found.error is None


def test_what_is_not_finite_is_found_with_row_and_column():
    columns = table()
    columns["x2"] = np.where(np.arange(N) == 123, 1e9, columns["x2"])
    settings = plan(optimizer="sgd", learning_rate=1e25, batch_size=N, early_stopping=False)
    found = diagnose_fit(columns, "y", replace(settings, recipe=glassnet.Recipe(clip=1e12)))
    verdict = found.diagnosis.verdicts[0]
    evidence = dict(verdict.evidence)
    assert (verdict.code, verdict.severity) == ("GN305", "error")
    assert (evidence["row"], evidence["column"]) == (123, "x2")


def test_dead_units_are_counted_per_layer():
    data = prepare(table(), Roles("y"))
    session = begin(data, plan(activation="relu"))
    session.network.parameters["layers.0.b"][...] = -50.0
    model = data.remembered(session.finish())
    found = {verdict.code: verdict for verdict in diagnose(model, table()).verdicts}
    assert dict(found["GN301"].evidence)["layer"] == "layers.0"
    assert found["GN301"].severity == "error"


def test_saturated_units_are_told_from_usual_ones():
    data = prepare(table(), Roles("y"))
    session = begin(data, plan(activation="tanh", learning_rate=1e-3))
    session.network.parameters["layers.0.W"][...] *= 100.0
    model = data.remembered(session.finish())
    assert "GN302" in diagnose(model, table()).codes


def test_change_is_applied_and_compared_on_rows_that_neither_fit_has_seen():
    columns = table()
    model = fitted(columns, plan(learning_rate=1e-6))
    applied = apply_change(model, columns)
    assert applied.verdict.code == "GN202"
    assert applied.n_learned + applied.n_held_out == N
    assert applied.outcome == "better"
    assert applied.scores[0].after < 0.5 * applied.scores[0].before
    assert applied.model.training["plan"]["learning_rate"] == applied.verdict.change.value


def test_change_of_the_data_cannot_be_applied():
    columns = next(case for case in BROKEN if case.code == "GN106").make()
    model = fitted(columns, plan(max_epochs=3))
    with pytest.raises(UnsupportedError, match="no fit can make"):
        apply_change(model, columns, code="GN106")
    with pytest.raises(SettingError, match="no change to apply for GN201"):
        apply_change(model, columns, code="GN201")


def test_trials_all_begin_at_the_given_weights():
    columns = table()
    X = np.stack([columns[f"x{i}"] for i in range(5)], axis=1).astype("float32")
    loss = Squared()
    rows = Rows(X, loss.prepare(columns["y"], 1, np.dtype("float32")))
    network, fresh = (Network([Dense(8, "tanh"), Dense(1)], 5, seed=seed) for seed in (0, 1))
    before = [one.parameters.theta.copy() for one in (network, fresh)]
    found = trials(network, fresh, loss, Adam(1e-2), None, rows, rows, 32, 100)
    assert all(
        (one.parameters.theta == theta).all()
        for one, theta in zip((network, fresh), before, strict=True)
    )
    assert found.steps == 100
    assert found.gain(found.onward, 1.0) > found.gain(found.onward, 0.1) > 0.0
