"""Words such as "NA" are missing values by every door, and levels of a declared category."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from pyarrow import feather, parquet

import glassnet
from glassnet.data.tables.cells import MISSING
from glassnet.data.tables.dialect import Dialect
from tests.kinds.doors import DOORS, FILES, OPTIONS, command, fit, named, pairs, plain, read, scores

N = 60
WORDS = sorted(MISSING)
#: Words that are ordinary ones, unless they are said to be missing values.
OTHERS = ("none", "-", "n.a.", "missing", "unknown", ".", "nil", "Na", "void")
SAID = ("None",)  # of a survey or a diagnosis: a class


def columns_of(word):
    return named(
        [i / 4 for i in range(N)],
        [(word, "Insomnia", "Apnea")[i % 3] for i in range(N)],
        [i * 7 % 5 > 2 for i in range(N)],
    )


both = pytest.mark.parametrize("door", DOORS)


@both
@pytest.mark.parametrize("word", WORDS)
def test_a_feature_has_gaps_where_the_words_are(word, door, tmp_path):
    column = read(DOORS[door](columns_of(word), tmp_path)).column("x1").tolist()
    assert column == [None, "Insomnia", "Apnea"] * 20


@both
@pytest.mark.parametrize("word", OTHERS)
def test_other_words_are_levels(word, door, tmp_path):
    given = DOORS[door](columns_of(word), tmp_path)
    assert read(given).column("x1").tolist() == [word, "Insomnia", "Apnea"] * 20
    assert (
        read(given, dialect=Dialect(missing=[word])).column("x1").tolist()
        == [None, "Insomnia", "Apnea"] * 20
    )


#: Ways to say that a word is a value.
KEPT = {
    "types": {"types": {"x1": "category"}},
    "no word": {"dialect": Dialect(missing=[])},
    "other words": {"dialect": Dialect(missing=["-"])},
}


@both
@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("how", KEPT)
def test_words_are_kept_where_that_is_said(word, how, door, tmp_path):
    table = read(DOORS[door](columns_of(word), tmp_path), **KEPT[how])
    assert table.column("x1").tolist() == columns_of(word)["x1"]


@pytest.mark.parametrize(("word", "door"), pairs([*WORDS, *OTHERS], 1))
@pytest.mark.parametrize("how", KEPT)
def test_words_that_are_kept_are_classes(word, how, door, tmp_path):
    given = DOORS[door](columns_of(word), tmp_path)
    if (how, word) == ("other words", "-"):
        return
    model, said = fit(given, "x1", **KEPT[how])
    assert model.classes == tuple(sorted({word, "Insomnia", "Apnea"}))
    assert not any("word" in one for one in said)
    report = glassnet.inspect_table(given, target="x1", **KEPT[how])
    assert dict(report.classes) == {word: 20, "Insomnia": 20, "Apnea": 20}


@pytest.mark.parametrize(("word", "door"), pairs([*WORDS, *OTHERS][::2], 1))
@pytest.mark.parametrize("how", KEPT)
def test_words_that_are_kept_are_levels_at_every_later_door(word, how, door, tmp_path):
    if (how, word) == ("other words", "-"):
        return
    columns = columns_of(word)
    model, _ = fit(DOORS[door](columns, tmp_path), "x2", **KEPT[how])
    (coding,) = model.encoder.categories
    assert (coding.levels, coding.has_missing) == (
        tuple(sorted({word, "Insomnia", "Apnea"})),
        False,
    )
    expected, _ = scores(model, DOORS[door](columns, tmp_path))
    for other in DOORS:
        np.testing.assert_array_equal(
            scores(model, DOORS[other](columns, tmp_path))[0], expected, err_msg=other
        )
    np.testing.assert_allclose(scores(model, {"x0": 0.0, "x1": word})[0], expected[:1], atol=1e-6)


@both
@pytest.mark.parametrize("word", WORDS)
def test_a_target_says_what_its_words_mean(word, door, tmp_path):
    given = DOORS[door](columns_of(word), tmp_path)
    report = glassnet.inspect_table(given, target="x1")
    (said,) = [one for one in report.notices if "holds the word" in one]
    assert f"the target 'x1' holds the word {word!r} in 20 of 60 rows" in said
    if word in SAID:
        assert dict(report.classes) == {word: 20, "Insomnia": 20, "Apnea": 20}
        assert f"--missing {word}" in said
        return
    assert dict(report.classes) == {"Insomnia": 20, "Apnea": 20}
    assert "--types x1=category" in said


@both
def test_the_label_none_is_predicted(door, tmp_path):
    columns = named(
        [i % 3 + i / 1000 for i in range(N)],
        [("None", "Insomnia", "Apnea")[i % 3] for i in range(N)],
        [i % 7 for i in range(N)],
    )
    given = DOORS[door](columns, tmp_path)
    plan = glassnet.Plan(
        recipe=glassnet.Recipe(hidden_layer_sizes=(8,)), max_epochs=80, learning_rate=0.05
    )
    with pytest.warns(
        glassnet.DataNotice, match="the word 'None' in 20 of 60 rows, taken for a class"
    ):
        model = glassnet.fit(given, "x1", plan)
    assert model.predict(given).tolist() == columns["x1"]
    assert model.predict({"x0": 0.0, "x2": 3}).tolist() == ["None"]


@pytest.mark.parametrize(("word", "door"), [*zip(["None", "NA", "?", "nan"], FILES, strict=True)])
def test_the_command_line_scores_all_rows(word, door, tmp_path):
    columns = columns_of(word)
    path, model = FILES[door](columns, tmp_path), tmp_path / "m.glassnet"
    for said in (("--types", "x1=category"), ("--missing", "")):
        _, notes = command("train", path, "--target", "x1", *said, *OPTIONS, "-o", model)
        assert "left out" not in notes
        report = json.loads(command("evaluate", model, path, "--json")[0])
        assert report["n_rows"] == N
        command("predict", model, path, "-o", tmp_path / "p.csv")
        labels = pd.read_csv(tmp_path / "p.csv", keep_default_na=False).iloc[:, 0]
        assert set(labels) <= {word, "Insomnia", "Apnea"}


@pytest.mark.parametrize("word", ["NA", "?", "null"])
def test_the_command_line_names_the_word(word, tmp_path):
    path = FILES["CSV"](columns_of(word), tmp_path)
    _, notes = command("train", path, "--target", "x1", *OPTIONS, "-o", tmp_path / "m.glassnet")
    assert "20 rows without 'x1' left out." in notes
    assert f"the target 'x1' holds the word {word!r} in 20 of 60 rows, read as missing" in notes


FLAGS = [i * 7 % 5 > 2 for i in range(N)]
#: Types that declare a category.
DECLARED = {
    "pandas": lambda cells: pd.DataFrame({"x0": FLAGS, "x1": pd.Categorical(cells)}),
    "pandas, ordered": lambda cells: pd.DataFrame(
        {"x0": FLAGS, "x1": pd.Categorical(cells, ordered=True)}
    ),
    "polars": lambda cells: pl.DataFrame(
        {"x0": FLAGS, "x1": pl.Series(cells, dtype=pl.Categorical)}
    ),
    "polars enum": lambda cells: pl.DataFrame(
        {"x0": FLAGS, "x1": pl.Series(cells, dtype=pl.Enum(sorted(set(cells))))}
    ),
    "pyarrow": lambda cells: pa.table(
        {"x0": pa.array(FLAGS), "x1": pa.array(cells).dictionary_encode()}
    ),
}
DECLARED_FILES = {"Parquet": parquet.write_table, "Arrow": feather.write_feather}


@pytest.mark.parametrize("declared", DECLARED)
@pytest.mark.parametrize("word", ["NA", "None", "nan", "?", "null", "N/A"])
def test_a_declared_category_keeps_its_words(word, declared, tmp_path):
    cells = columns_of(word)["x1"]
    given = [DECLARED[declared](cells)]
    if declared == "pyarrow":
        for suffix, write in DECLARED_FILES.items():
            given.append(tmp_path / f"t.{suffix.lower()}")
            write(given[0], given[-1])
    for one in given:
        assert plain(read(one).column("x1")) == cells
        model, said = fit(one, "x1")
        assert model.classes == tuple(sorted(set(cells)))
        assert not any("word" in text for text in said)
        model, _ = fit(one, "x0")
        assert model.encoder.categories[0].levels == tuple(sorted(set(cells)))
        expected, _ = scores(model, one)
        for other in ("CSV", "Parquet", "pandas", "polars", "records", "array of text"):
            again = DOORS[other](named(FLAGS, cells), tmp_path)
            np.testing.assert_array_equal(scores(model, again)[0], expected, err_msg=other)


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize(
    "make", [list, np.array, pd.Series, pd.Categorical, lambda cells: np.array(cells, dtype=object)]
)
def test_estimators_keep_the_labels_that_they_are_given(word, make):
    cells = columns_of(word)["x1"]
    model = glassnet.GlassNetClassifier(
        recipe="plain", hidden_layer_sizes=(), max_epochs=1, random_state=0
    )
    model.fit(np.array([columns_of(word)["x0"]]).T, make(cells))
    assert model.classes_.tolist() == sorted(set(cells))


@pytest.mark.parametrize(
    "door", [door for door in DOORS if door not in FILES and "dict" not in door]
)
def test_the_estimators_read_features_as_a_fit_does(door, tmp_path):
    given = DOORS[door](columns_of("NA"), tmp_path)
    model = glassnet.GlassNetClassifier(
        recipe="plain", hidden_layer_sizes=(), max_epochs=1, random_state=0
    )
    model.fit(given, FLAGS)
    (coding,) = [coding for coding in model.model_.encoder.categories if coding.name == "x1"]
    assert (coding.levels, coding.has_missing) == (("Apnea", "Insomnia"), True)


@both
def test_the_code_of_namibia_is_kept_where_that_is_said(door, tmp_path):
    columns = named(
        [("NA", "ZA", "BW", None)[i % 4] for i in range(N)], [i * 7 % 5 > 2 for i in range(N)]
    )
    model, _ = fit(DOORS[door](columns, tmp_path), "x1", types={"x0": "category"})
    (coding,) = model.encoder.categories
    assert (coding.levels, coding.has_missing) == (("BW", "NA", "ZA"), True)
    assert len(model.encode({"x0": ["NA", None]})) == 2
    assert not np.array_equal(*model.encode({"x0": ["NA", None]}))
