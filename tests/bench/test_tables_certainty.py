"""The benchmark of intervals and temperatures: its arithmetic, and one run over two small sets."""

from __future__ import annotations

import sys

import certainty
import journal
import numpy as np
import pytest
from scipy.special import softmax


def test_shares_and_widths_of_intervals():
    y = np.array([0.0, 1.0, 2.0, 3.0])
    bounds = np.array([[-1.0, 1.0], [1.0, 1.0], [3.0, 4.0], [0.0, 3.0]])
    found = certainty.of_intervals(bounds, y)
    assert found == {"within": 0.75, "width": pytest.approx(1.5 / y.std())}
    two = certainty.of_intervals(
        np.stack([bounds, bounds + 100.0], axis=1), np.stack([y, y], axis=1)
    )
    assert two == {"within": 0.375, "width": pytest.approx(found["width"])}


def test_a_temperature_divides_the_raw_scores_and_its_inverse_takes_it_back():
    Z = np.random.default_rng(0).normal(0.0, 3.0, (50, 4))
    P = softmax(Z / 1.7, axis=1)
    np.testing.assert_allclose(certainty.warmer(P, 1.0 / 1.7), softmax(Z, axis=1))
    np.testing.assert_allclose(certainty.warmer(certainty.warmer(P, 2.0), 0.5), P)
    assert (certainty.warmer(np.array([[1.0, 0.0]]), 3.0) == [[1.0, 0.0]]).all()


def test_scores_of_probabilities():
    P = np.array([[0.9, 0.1], [0.9, 0.1], [0.4, 0.6]])
    found = certainty.of_probabilities(P, np.array([0, 1, 1]))
    assert found["brier_score"] == pytest.approx((2 * 0.1**2 + 2 * 0.9**2 + 2 * 0.4**2) / 3)
    assert found["calibration_error"] == pytest.approx(
        2 / 3 * abs(0.5 - 0.9) + 1 / 3 * abs(1.0 - 0.6)
    )


def test_a_run_and_its_page(tmp_path, monkeypatch):
    results = tmp_path / "certainty.jsonl"
    order = [
        "certainty.py",
        "--results",
        str(results),
        "--sets",
        "iris,diabetes",
        "--seeds",
        "0",
        "--out",
        str(tmp_path),
    ]
    monkeypatch.delenv("GLASSNET_TABLES", raising=False)
    monkeypatch.setattr(sys, "argv", order)
    certainty.main()
    before = results.read_bytes()
    certainty.main()  # nothing is run again
    assert results.read_bytes() == before
    iris, diabetes = (journal.read([results])[name, 0, "glassnet"] for name in ("iris", "diabetes"))
    shares = [diabetes[f"{coverage:g}"]["within"] for coverage in certainty.COVERAGES]
    assert shares == sorted(shares)
    assert 0.6 < shares[0] <= shares[-1]
    assert iris["with"]["log_loss"] < 0.4
    page = (tmp_path / "CERTAINTY.md").read_text()
    told = {
        row.split("|")[1].strip(): [cell.strip() for cell in row.split("|")[2:-1]]
        for row in page.splitlines()
        if row.startswith("| ")
    }
    n_test, n_scores = diabetes["n_test"], diabetes["n_scores"]
    assert told["diabetes (1)"][:3] == [str(n_test), str(n_scores), f"{100.0 * shares[0]:.1f}"]
    off = max(
        (
            (share - c) / np.sqrt(c * (1.0 - c))
            for share, c in zip(shares, certainty.COVERAGES, strict=True)
        ),
        key=abs,
    )
    assert told["diabetes (1)"][5:7] == [
        f"{off * n_test**0.5:+.1f}",
        f"{off / (1 / n_test + 1 / n_scores) ** 0.5:+.1f}",
    ]
    assert told["iris * (1)"][:2] == [str(iris["n_test"]), f"{iris['without']['log_loss']:.4f}"]
