"""The page: complete, offline, safe for any name, small, and readable without color vision."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import glassnet
from glassnet import report
from glassnet.data.rows import Rows
from glassnet.data.tables.assembly import table_of
from glassnet.errors import DataError
from glassnet.report import (
    evaluate,
    evaluate_with_baselines,
    permutation_importances,
    report_page,
    write_report,
)
from tests.report.drawn import parts, trained

EVIL = '<script>alert("1")</script>\'&"><img src=x onerror=alert(2)>'
VOID = {"meta", "br"}


class Page(HTMLParser):
    """The elements of a page, its text, and what is wrong with its tags."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.faults, self.elements, self.text, self.paths = [], [], [], [], []
        self.feed(text)
        self.close()
        self.faults += [f"<{tag}> is never closed" for tag in self.open]

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self.paths.append((tag, tuple(self.open)))
        if len(dict(attrs)) != len(attrs):
            self.faults.append(f"<{tag}> has an attribute twice")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self.paths.append((tag, tuple(self.open)))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> closes nothing")

    def handle_data(self, data):
        self.text.append(data)

    def named(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def words(self):
        return " ".join(self.text)


def page_of(found, model, **options):
    text = report_page(found, model, **options)
    page = Page(text)
    assert not page.faults, page.faults
    return text, page


@pytest.fixture(scope="module", params=["classes", "numbers", "several", "scored"])
def made(request):
    """(page as text, parsed, evaluation, model) of each kind of report."""
    if request.param == "several":
        rng = np.random.default_rng(0)
        X = rng.normal(size=(120, 3))
        Y = X @ rng.normal(size=(3, 6))
        table = table_of(X)
        training, held_out = (
            Rows(table.take(rows), Y[rows]) for rows in (np.arange(80), np.arange(80, 120))
        )
    else:
        training, held_out = parts("steps", classes=request.param != "numbers")
    model = trained(
        training, max_epochs=6, scoring="accuracy" if request.param == "scored" else None
    )
    found = evaluate_with_baselines(model, training, held_out, name="drawn.csv")
    importances = permutation_importances(model, held_out)
    text, page = page_of(
        found,
        model,
        importances=importances,
        rows={"split": "at random"},
        command="glassnet train drawn.csv --target y",
    )
    return text, page, found, model


def test_page_asks_for_nothing_and_runs_nothing(made):
    text, page, _, _ = made
    assert not re.findall(r"https?://|//\w", text.replace("http://www.w3.org/2000/svg", "")), (
        "a reference to another host"
    )
    assert not re.findall(r"@import|url\(|javascript:", text)
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "link", "iframe", "object", "embed", "img", "form", "base"}
    attributes = {name for _, found in page.elements for name in found}
    assert not [
        name
        for name in attributes
        if name.startswith("on") or name in ("src", "href", "xlink:href", "srcset", "action")
    ]
    (policy,) = [
        found["content"]
        for found in page.named("meta")
        if found.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy.startswith("default-src 'none'")


def test_page_can_be_listened_to(made):
    _, page, _, _ = made
    assert page.named("html")[0]["lang"] == "en"
    headings = [tag for tag, _ in page.elements if re.fullmatch(r"h\d", tag)]
    assert headings[0] == "h1"
    assert headings.count("h1") == 1
    assert all(int(b[1]) <= int(a[1]) + 1 for a, b in pairwise(headings))
    assert all(svg["role"] == "img" and len(svg["aria-label"]) > 10 for svg in page.named("svg"))
    assert all("scope" in th for th in page.named("th"))
    tags = [tag for tag, _ in page.elements]
    assert tags.count("table") == tags.count("caption")
    assert tags.count("figure") == tags.count("figcaption") == tags.count("svg")


def test_each_section_with_a_chart_has_a_table(made):
    text, _, _, _ = made
    sections = re.findall(r"<section>.*?</section>", text, re.DOTALL)
    assert len(sections) >= 8
    assert all("<table>" in section for section in sections if "<svg" in section)


def test_page_says_what_was_found(made):
    _, page, found, model = made
    words = page.words
    assert found.judgement in words
    for said in (
        "drawn.csv",
        "at random",
        "glassnet train drawn.csv --target y",
        glassnet.__version__,
        *model.encoder.schema.names,
    ):
        assert said in words, said
    for rival in found.rivals:
        assert rival.name in words
    titles = [
        "Verdict",
        "Beside simpler models",
        "Learning",
        "Network",
        "Columns",
        "Rows",
        "Settings",
        "How to reproduce",
    ]
    titles += ["Classes", "Calibration"] if found.classes else ["Errors"]
    headings = re.findall(r"<h2>(.*?)</h2>", made[0])
    assert sorted(headings) == sorted(titles)
    assert "hidden_layer_sizes" in words


def test_best_epoch_is_marked(made):
    _, page, _, model = made
    best = model.training["best_epoch"]  # None where no rows were held out to stop by
    assert page.words.count("best: epoch") == (best is not None) * (
        1 + (model.training["plan"]["scoring"] is not None)
    )
    assert best is None or f"best: epoch {best + 1}" in page.words


def test_epochs_are_counted_from_one(made):
    text, _, _, model = made
    body = re.search(r"Some of the epochs</caption>.*?<tbody>(.*?)</tbody>", text, re.DOTALL).group(
        1
    )
    assert re.findall(r'<th scope="row">(\d+)</th>', body) == [
        str(i + 1) for i in range(model.training["epochs"])
    ]


def test_file_is_the_page(made, tmp_path):
    text, _, found, model = made
    write_report(tmp_path / "r.html", found, model)
    assert (tmp_path / "r.html").read_text(encoding="utf-8") == report_page(found, model)
    assert report_page(found, model) != text
    with pytest.raises(DataError, match="cannot be written"):
        write_report(tmp_path, found, model)


@pytest.mark.parametrize("classes", [True, False])
def test_names_of_strangers_are_text(classes):
    rng = np.random.default_rng(0)
    names = [f"{EVIL}{i}" for i in range(3)]
    columns = {
        names[0]: rng.normal(size=60),
        names[1]: rng.normal(size=60),
        names[2]: np.array([EVIL, "b\u202e", EVIL] * 20, dtype=object),
    }
    y = np.array([EVIL, f"{EVIL}!"] * 30, dtype=object) if classes else rng.normal(size=60)
    model = glassnet.fit(
        {**columns, f"{EVIL} y": y},
        f"{EVIL} y",
        glassnet.Plan(hidden_layer_sizes=(3,), max_epochs=2),
    )
    model = replace(
        model,
        training={
            **model.training,
            "ended": EVIL,
            "engine": EVIL,
            "plan": {EVIL: EVIL, "seed": EVIL},
        },
    )
    found = evaluate(model, {**columns, f"{EVIL} y": y}, name=EVIL)
    found = replace(found, rivals=(*found.rivals, replace(found.rivals[0], name=EVIL, note=EVIL)))
    importances = permutation_importances(model, Rows(table_of(columns), y))
    text, page = page_of(found, model, importances=importances, rows={EVIL: EVIL}, command=EVIL)
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "img"}
    assert "<script" not in text
    assert "onerror" not in {name for _, attributes in page.elements for name in attributes}
    assert page.words.count(EVIL) > 15
    assert "\u202e" not in text


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"history": 3, "plan": [], "best_epoch": "x", "ended": 1, "engine": None},
        {
            "history": {"index": [0, 1], "training_loss": [None, "x"], "validation_loss": 5},
            "best_epoch": 10**30,
            "rows": "many",
            "seconds": None,
        },
        {
            "history": {"index": [0, 1, 2], "training_loss": [1.0, float("inf"), 0.5]},
            "best_epoch": 1,
            "seconds": float("nan"),
        },
        {"history": {"index": [0], "training_loss": [1.0]}, "best_epoch": True},
    ],
)
def test_record_of_a_stranger_is_no_trouble(record):
    table = {"a": np.arange(20.0), "y": ["p", "q"] * 10}
    model = replace(
        glassnet.fit(table, "y", glassnet.Plan(hidden_layer_sizes=(2,), max_epochs=1)),
        training=record,
    )
    page_of(evaluate(model, table), model)


@pytest.mark.parametrize(("n_features", "n_classes"), [(50, 3), (2_000, 40)])
def test_page_stays_small(n_features, n_classes):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, n_features))
    table, y = (
        table_of(
            X, names=[f"a column of a rather long name, number {i}" for i in range(n_features)]
        ),
        np.arange(400) % n_classes,
    )
    model = glassnet.fit(
        table,
        y,
        glassnet.Plan(hidden_layer_sizes=(8,), max_epochs=250, early_stopping=False, engine="auto"),
    )
    part = Rows(table, y)
    importances = permutation_importances(model, part, seconds=3.0) if n_features == 50 else None
    text, _ = page_of(evaluate(model, table, y), model, importances=importances)
    assert len(text.encode()) <= 500_000


def test_what_is_left_out_is_counted(monkeypatch):
    from glassnet.report import detail_sections, model_sections

    monkeypatch.setattr(detail_sections, "MAX_CLASSES", 3)
    monkeypatch.setattr(model_sections, "MAX_COLUMNS", 2)
    X = np.random.default_rng(0).normal(size=(60, 7))
    y = np.array([f"class {i % 8}" for i in range(60)], dtype=object)
    model = glassnet.fit(X, y, glassnet.Plan(hidden_layer_sizes=(2,), max_epochs=1))
    _, found = page_of(evaluate(model, X, y), model)
    assert "5 further classes are not shown." in found.words
    assert "5 further columns are not shown." in found.words


# Colors: WCAG 2.2 for contrast; Machado, Oliveira and Fernandes 2009 (severity 1) for how those
# without one kind of cone see.

STYLE = (Path(report.__file__).parent / "page.css").read_text(encoding="utf-8")
BLINDNESS = {
    "all cones": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def palettes():
    """The colors by name, light, dark and printed."""
    blocks = re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)
    return [dict(re.findall(r"--(\w[\w-]*): (#\w{6})", block)) for block in blocks]


def linear(color):
    rgb = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255.0
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def contrast(a, b):
    light, dark = sorted(
        (float(linear(c) @ [0.2126, 0.7152, 0.0722]) for c in (a, b)), reverse=True
    )
    return (light + 0.05) / (dark + 0.05)


def lab(rgb):
    xyz = (
        np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
        @ rgb
        / [0.9505, 1.0, 1.089]
    )
    f = np.where(
        xyz > (6 / 29) ** 3, np.cbrt(np.maximum(xyz, 0.0)), xyz / (3 * (6 / 29) ** 2) + 4 / 29
    )
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("colors", palettes(), ids=["light", "dark", "print"])
def test_colors_can_be_read(colors):
    for ground in ("ground", "panel"):
        assert contrast(colors["ink"], colors[ground]) >= 7.0
        assert contrast(colors["faint"], colors[ground]) >= 4.5
    for line in ("first", "second"):
        assert contrast(colors[line], colors["ground"]) >= 4.5
    assert contrast(colors["on-first"], colors["first"]) >= 4.5


@pytest.mark.parametrize("colors", palettes(), ids=["light", "dark", "print"])
@pytest.mark.parametrize("sight", BLINDNESS)
def test_lines_differ_for_those_who_see_fewer_colors(colors, sight):
    first, second = (
        lab(np.clip(np.array(BLINDNESS[sight]) @ linear(colors[name]), 0.0, 1.0))
        for name in ("first", "second")
    )
    assert np.linalg.norm(first - second) > 25.0  # CIE76; about 2 can just be told apart


def test_lines_differ_without_any_color():
    assert "stroke-dasharray" in re.search(r"\.second \{(.*?)\}", STYLE).group(1)
    assert "stroke-dasharray" not in re.search(r"\.first \{(.*?)\}", STYLE).group(1)
    assert "@media print" in STYLE
