"""Charts and the network picture: everything is inside, and a label describes what is shown."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glassnet.layers import BatchNorm, Dense, Dropout, Residual
from glassnet.messages import printable_lines
from glassnet.network import Network
from glassnet.report import charts
from glassnet.report.charts import (
    Line,
    Scale,
    bars,
    histogram,
    line_chart,
    reliability,
    scatter,
    ticks,
)
from glassnet.report.classes import CalibrationBin
from glassnet.report.markup import Markup, element, format_coordinate, joined, name, table
from glassnet.report.network_picture import MAX_UNITS, network_picture

SVG = "{http://www.w3.org/2000/svg}"
numbers = st.floats(-1e12, 1e12, allow_nan=False)


def parsed(markup):
    return ET.fromstring(markup.text)  # noqa: S314  we wrote it


def inside(svg):
    """Whether every coordinate lies in the picture."""
    _, _, width, height = map(float, svg.get("viewBox").split())
    for node in svg.iter():
        xs = [float(node.get(key)) for key in ("x", "x1", "x2", "cx") if node.get(key)]
        ys = [float(node.get(key)) for key in ("y", "y1", "y2", "cy") if node.get(key)]
        if node.get("points"):
            pairs = [tuple(map(float, pair.split(","))) for pair in node.get("points").split()]
            xs, ys = [p[0] for p in pairs], [p[1] for p in pairs]
        if node.get("width"):
            xs.append(xs[0] + float(node.get("width")))
            ys.append(ys[0] + float(node.get("height")))
            assert float(node.get("width")) >= 0.0
            assert float(node.get("height")) >= 0.0
        assert all(-0.01 <= x <= width + 0.01 for x in xs), (node.tag, xs)
        assert all(-0.01 <= y <= height + 0.01 for y in ys), (node.tag, ys)
    assert svg.get("role") == "img"
    assert svg.get("aria-label")
    return svg


@given(st.lists(st.tuples(st.floats(1, 1e4), numbers), min_size=1, max_size=30))
@settings(max_examples=60, deadline=None)
def test_lines_and_points_lie_inside(points):
    points = sorted(points)
    chart = line_chart(
        [Line("a", points, "first"), Line("b", points[:1], "second")],
        x_label="x",
        y_label="y",
        alt_text="s",
        mark=(points[0][0], "m"),
    )
    assert len(inside(parsed(chart)).findall(f"{SVG}polyline")) == 2
    assert len(
        inside(parsed(scatter(points, x_label="x", y_label="y", alt_text="s"))).findall(
            f"{SVG}circle"
        )
    ) == len(points)


@given(st.lists(st.tuples(numbers, numbers, numbers), min_size=1, max_size=8))
@settings(max_examples=60, deadline=None)
def test_bars_lie_inside(values):
    rows = [(f"c{i}", sorted(three)[1], min(three), max(three)) for i, three in enumerate(values)]
    assert len(inside(parsed(bars(rows, x_label="x", alt_text="s"))).findall(f"{SVG}rect")) == len(
        rows
    )


@given(numbers, st.floats(1e-3, 1e6), st.lists(st.integers(0, 10**9), min_size=1, max_size=30))
@settings(max_examples=60, deadline=None)
def test_histogram_lies_inside(low, step, counts):
    edges = [low + i * max(step, abs(low) * 1e-9) for i in range(len(counts) + 1)]
    svg = inside(parsed(histogram(edges, counts, x_label="x", alt_text="s")))
    drawn = [float(bar.get("height")) for bar in svg.findall(f"{SVG}rect")]
    assert len(drawn) == sum(n > 0 for n in counts)
    tallest = charts.HEIGHT - charts.BOTTOM - charts.TOP
    expected = [tallest * n / (1.05 * max(*counts, 1)) for n in counts if n]
    assert drawn == pytest.approx(expected, abs=0.011)


def test_reliability_draws_the_bins_that_hold_rows():
    bins = [
        CalibrationBin(0.5, 0.6, 3, 0.55, 1.0),
        CalibrationBin(0.6, 0.7, 0, None, None),
        CalibrationBin(0.9, 1.0, 30, 0.97, 0.5),
    ]
    svg = inside(parsed(reliability(bins, alt_text="s")))
    dots = svg.findall(f"{SVG}circle")
    assert len(dots) == 2
    assert float(dots[1].get("r")) > float(dots[0].get("r"))
    assert float(dots[0].get("cy")) == charts.TOP


@given(numbers, st.floats(1e-9, 1e12))
@settings(max_examples=300, deadline=None)
def test_ticks_are_few_round_and_inside(low, span):
    high = low + max(span, abs(low) * 1e-6)
    found = ticks(low, high)
    assert 1 <= len(found) <= 6
    assert found == sorted(set(found))
    room = 1e-6 * (high - low)
    assert all(low - room <= value <= high + room for value in found)
    steps = np.diff(found)
    if len(steps):
        assert steps == pytest.approx(np.full(len(steps), steps[0]), rel=1e-4)
        assert re.fullmatch(
            r"[125]0*e[+-]\d+|[125]e[+-]\d+", f"{float(f'{steps[0]:.3g}'):e}".replace(".000000", "")
        )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.2, "0.2"),
        (5000.0, "5000"),
        (6e5, "600k"),
        (-1.5e6, "-1.5M"),
        (2e9, "2e+09"),
        (1e-5, "1e-05"),
    ],
)
def test_labels_of_ticks_are_short(value, text):
    assert charts._tick_label(value) == text


def test_ticks_by_hand():
    assert ticks(0.0, 1.0) == [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    assert ticks(-3.0, 12.0) == [0.0, 5.0, 10.0]
    assert ticks(2.0, 2.0) == [2.0]


def test_scale_goes_from_start_to_stop():
    scale = Scale(-1.0, 3.0, 50.0, 10.0)
    assert (scale(-1.0), scale(1.0), scale(3.0)) == (50.0, 30.0, 10.0)


def test_long_line_is_thinned_and_keeps_its_ends():
    points = [(float(i), float(i % 7)) for i in range(5_000)]
    (line,) = parsed(
        line_chart([Line("a", points, "first")], x_label="x", y_label="y", alt_text="s")
    ).findall(f"{SVG}polyline")
    drawn = line.get("points").split()
    assert len(drawn) <= charts.MAX_POINTS
    assert drawn[0].startswith(f"{charts.LEFT:.1f},")
    assert drawn[-1].startswith(f"{charts.WIDTH - charts.RIGHT:.1f},")


# The network


def texts(svg):
    return [node.text for node in svg.iter(f"{SVG}text")]


def test_every_unit_of_a_small_network_is_drawn():
    svg = inside(parsed(network_picture(Network([Dense(3, "tanh"), Dense(1)], n_features=2))))
    assert len(svg.findall(f"{SVG}circle")) == 6
    assert {"Dense 3, tanh", "3 wide, 9 parameters", "1 wide, 4 parameters", "2 wide"} <= set(
        texts(svg)
    )
    assert "13 parameters in all" in svg.get("aria-label")


def test_of_a_wide_layer_the_rest_is_counted():
    svg = inside(
        parsed(
            network_picture(Network([Dense(256, "relu"), Dropout(0.1), Dense(10)], n_features=784))
        )
    )
    drawn = MAX_UNITS - 2
    assert len(svg.findall(f"{SVG}circle")) == 4 * drawn
    assert {f"+{784 - drawn}", f"+{256 - drawn}", f"+{10 - drawn}"} <= set(texts(svg))


def test_links_join_all_units_of_dense_layers_and_each_to_its_own_elsewhere():
    svg = parsed(network_picture(Network([Dense(3), BatchNorm(), Dense(2)], n_features=4)))
    assert [path.get("d").count("M") for path in svg.findall(f"{SVG}path")] == [12, 3, 6]


def test_of_a_deep_network_layers_are_left_out_and_counted():
    svg = inside(
        parsed(
            network_picture(
                Network([Residual([Dense(4, "relu"), Dense(4)]) for _ in range(40)], n_features=4)
            )
        )
    )
    assert len(svg.findall(f"{SVG}path")) < 12
    assert "31 more layers" in texts(svg)
    assert sum("Residual" in text for text in texts(svg)) + 31 == 40


# The markup


@given(st.text(max_size=40))
@settings(max_examples=200, deadline=None)
def test_text_is_escaped_and_reads_back(text):
    found = parsed(element("text", text, aria_label=text))
    assert (found.text or "") == printable_lines(text)
    assert found.get("aria-label") == printable_lines(text).replace("\n", " ")
    assert not [c for c in printable_lines(text) if not c.isprintable() and c != "\n"]


def test_markup_is_not_escaped_twice():
    assert (
        joined("a<", element("b", "<&>\"'"), None, 3).text
        == "a&lt;<b>&lt;&amp;&gt;&quot;&#x27;</b>3"
    )
    assert element("br", class_="x", hidden=None) == Markup('<br class="x"/>')


def test_marks_that_turn_the_reading_direction_are_written_out():
    assert printable_lines("a\u202eb\x1b[31m\ud800") == "a\\u202eb\\x1b[31m\\ud800"


def test_names_are_cut():
    assert (name("x" * 120), name("x" * 121)) == ("x" * 120, "x" * 117 + "...")


@pytest.mark.parametrize(
    ("value", "text"), [(1.0, "1"), (1.234, "1.23"), (-0.5, "-0.5"), (10, "10"), (100.0, "100")]
)
def test_number(value, text):
    assert format_coordinate(value) == text


def test_table_has_headers_for_rows_and_columns():
    found = parsed(table("c", ("a", "b"), [("r", "1")], right=(1,)))
    assert [th.get("scope") for th in found.iter("th")] == ["col", "col", "row"]
    assert [node.get("class") for node in found.iter("td")] == ["number"]
