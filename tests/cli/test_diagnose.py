"""`glassnet diagnose`: verdicts in words and as JSON, and one change applied."""

from __future__ import annotations

import pytest

from tests.cli.invoked import made_up, report, run, targets


@pytest.fixture(scope="module")
def slow(tmp_path_factory):
    path = tmp_path_factory.mktemp("diagnose") / "m.glassnet"
    made_up().to_csv(path.with_name("t.csv"), index=False)
    settings = ("--recipe", "plain", "--learning-rate", "1e-6", "--epochs", "5", "-o", path)
    result = run("train", path.with_name("t.csv"), *targets("sort"), *settings)
    assert result.exit_code == 0, result.stderr
    return path, path.with_name("t.csv")


def test_verdict_is_printed_with_cause_change_and_cost(slow):
    result = run("diagnose", *slow)
    assert (result.exit_code, result.stderr) == (0, "")
    for words in ("GN202 learning rate too low", "cause", "  change    learning_rate=", "cost"):
        assert words in result.stdout
    assert all(len(line) <= 80 for line in result.stdout.splitlines())


def test_json_has_the_same(slow):
    plain = report("diagnose", *slow)
    assert [verdict["code"] for verdict in plain["verdicts"]] == ["GN202", "GN102"]
    assert plain["verdicts"][0]["change"]["setting"] == "learning_rate"


def test_change_is_applied(slow):
    result = run("diagnose", *slow, "--apply")
    assert "GN202 applied" in result.stdout
    assert "The change helps." in result.stdout


def test_wrong_code_is_one_clear_error(slow):
    result = run("diagnose", *slow, "--apply", "--code", "GN301")
    assert result.exit_code == 2
    assert "no change to apply for GN301: the diagnosis found GN202, GN102" in result.stderr
