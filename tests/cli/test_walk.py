"""`glassnet walk`: its options, and its answers to mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

import glassnet
from glassnet import Plan, Recipe
from tests.cli.invoked import PENGUINS, run
from tests.inspection.printed import sums


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("walk") / "penguins.glassnet"
    recipe = Recipe(members=2, hidden_layer_sizes=(8,), scale_layer=True)
    plan = Plan(recipe=recipe, max_epochs=3)
    glassnet.fit(str(PENGUINS), "species", plan).save(path)
    return path


def test_it_prints_what_the_library_prints(model: Path) -> None:
    done = run("walk", model, PENGUINS, "--row", 5)
    loaded = glassnet.load(model)
    table = loaded.input.read(str(PENGUINS))
    assert done.stdout == f"{loaded.walk(table.take(slice(5, 6))).text(80)}\n"
    assert "Back: target Adelie" in done.stdout
    assert all(one.adds_up() for one in sums(done.stdout))


def test_another_truth_another_rate_another_member(model: Path) -> None:
    done = run("walk", model, PENGUINS, "--target", "Gentoo", "--learning-rate", "0.5")
    assert "Back: target Gentoo" in done.stdout
    assert "Step at rate 0.5" in done.stdout
    assert "The mean of 2 members" in done.stdout
    alone = run("walk", model, PENGUINS, "--member", 1).stdout
    assert "The mean of" not in alone


def test_a_table_without_the_target_is_walked_forward_only(model: Path, tmp_path: Path) -> None:
    lines = PENGUINS.read_text().splitlines()
    place = lines[0].split(",").index("species")
    rest = [",".join(c for i, c in enumerate(x.split(",")) if i != place) for x in lines[:3]]
    (tmp_path / "new.csv").write_text("\n".join(rest) + "\n")
    done = run("walk", model, tmp_path / "new.csv")
    assert done.exit_code == 0, done.output
    assert "The answer: species = " in done.stdout
    assert "Back" not in done.stdout


def test_one_unit_and_the_whole(model: Path) -> None:
    unit = run("walk", model, PENGUINS, "--unit", 1, 3).stdout
    assert unit.startswith("unit 3\n  z_j = sum_i x_i W_ij + b_j\n")
    whole = run("walk", model, PENGUINS, "--whole").stdout
    assert all(f"unit {j}: " in whole for j in range(8))


def test_blanks_are_left_out_and_nothing_is_asked_without_a_terminal(model: Path) -> None:
    done = run("walk", model, PENGUINS, "--blanks", 3)
    assert done.exit_code == 0
    assert all(f"[?{i}]" in done.stdout for i in (1, 2, 3))
    assert "right" not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--row", 344), "has 344 rows, counted from 0: there is no row 344."),
        (("--unit", 0, 0, "--whole"), "--unit shows one unit and --whole all of them"),
        (("--blanks", 2, "--whole"), "--blanks leaves numbers out of the story"),
        (("--unit", 9, 0), "a layer of this walk is a number from 0 to"),
        (("--target", "Emperor"), "which training did not have"),
        (("--member", 2), "member must be a whole number from 0 to 1"),
    ],
)
def test_a_mistake_gets_one_clear_message(model: Path, arguments: object, said: str) -> None:
    done = run("walk", model, PENGUINS, *arguments)
    assert done.exit_code == 2
    assert said in " ".join(done.stderr.split())
