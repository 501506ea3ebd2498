"""The benchmarks of steps and products at work, with the least of time: what is asked here is that
they run, check and print, not what they measure."""

import subprocess
import sys
from pathlib import Path

import compiler
import pytest
from cells import CELLS
from contenders import COMPILED, OURS, Times
from grid_tables import AT_ONCE, grid_table

from glassnet.engines.native import compiled

BENCH = Path(__file__).parents[2] / "bench"


def printed(*command: str) -> str:
    done = subprocess.run(
        [sys.executable, str(BENCH / command[0]), *command[1:]],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.skipif(not compiler.compiler(), reason="needs a C++ compiler")
def test_products_are_right_and_timed() -> None:
    lines = printed("products.py", "--seconds", "0").splitlines()
    rows = [line for line in lines if " x " in line and line.startswith("| ")]
    assert len(rows) == 1 + 7 * 3
    assert "Aims missed: " in lines[-1] or "Aims missed: " in lines[-2]


@pytest.mark.slow
@pytest.mark.skipif(not compiled(), reason="needs the native engine")
def test_numbers_of_threads_are_timed() -> None:
    text = printed("cores.py", "--seconds", "0", "--peers", "--", "tiny", "narrow")
    assert "| tiny: 4-16-3 / 32 " in text
    assert "| 1 thread |" in text


@pytest.mark.parametrize("module", ["_native", "_native_avx2", "_native_avx512"])
def test_options_of_a_module_are_those_of_cmake(module: str) -> None:
    options = compiler.flags(module)
    assert "-O3" in options
    assert any(option.startswith("-march") for option in options) == (module != "_native")


def test_what_failed_to_compile_stands_in_the_table_and_peers_ahead_are_named() -> None:
    cell = next(cell for cell in CELLS if cell.name == "small")
    times = Times([(OURS, None), (OURS, 1), ("PyTorch", 1), ("PyTorch", None), (AT_ONCE, 1)])
    for contender, value in zip(times.steps, (30.0, 40.0, 90.0, 25.0, 27.0), strict=True):
        times.steps[contender] = [value, value + 1.0, value + 2.0]
    text = grid_table([cell], {"small": times}, ["PyTorch", COMPILED], ["torch.compile failed"])
    assert "26.0 (all) |        failed |" in text
    assert "Peers ahead: PyTorch at small; JAX, all epochs in one program, at small." in text
    assert "\n\ntorch.compile failed\n\n" in text
    assert "Aims missed: small: PyTorch 0.839 of" in text
