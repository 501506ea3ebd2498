"""The C++ for other compilers and processors: no warnings, and on ARM the results of x86.

`make test-processors` runs these tests; the packages of Debian that they need are g++-11, clang,
g++-aarch64-linux-gnu, qemu-user and g++-mingw-w64-x86-64.
"""

import math
import platform
import shutil
import subprocess
from pathlib import Path

import pytest

DRIVER = Path(__file__).with_name("sanitize.cpp")
OPTIONS = [
    "-std=c++17",
    "-O2",
    "-ffp-contract=fast",
    "-fno-math-errno",
    "-fno-trapping-math",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-pthread",
]
ARM = "aarch64-linux-gnu-g++"
PLAIN = ["g++", "-march=x86-64"]
#: Every 23rd engine: all losses, optimizers and activations, and both dtypes.
EVERY = "23"
#: The largest relative difference of what engines compute: before training, and the losses of
#: three steps. Sums are rounded in another order, which each step of an optimizer makes larger.
TOLERANCES = {"float32": (1e-4, 2e-2), "float64": (1e-11, 1e-9)}

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]


def needs(*programs: str) -> None:
    if missing := [program for program in programs if shutil.which(program) is None]:
        pytest.skip(f"not installed: {', '.join(missing)}")


def compiled(compiler: list[str], target: Path, *options: str) -> Path:
    command = [*compiler, *OPTIONS, *options, DRIVER, "-o", target]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    return target


@pytest.mark.parametrize(
    "compiler",
    [
        "g++-11 -march=x86-64-v3",
        "g++ -march=x86-64-v4",
        "clang++ -march=x86-64-v4 -Wno-pass-failed",
        "clang++ -march=x86-64 -Wno-pass-failed",
        "x86_64-w64-mingw32-g++",
    ],
)
def test_compiles_without_warnings(compiler: str, tmp_path: Path) -> None:
    words = compiler.split()
    needs(words[0])
    compiled(words, tmp_path / "driver.o", "-c")


def results(output: str) -> tuple[dict[str, str], dict[str, list[float]]]:
    """Return the digests and the numbers of the runs that the driver printed, by their names."""
    lines = output.splitlines()
    runs = (line.split(":") for line in lines if line.startswith("run "))
    return (
        dict(line.rsplit(" ", 1) for line in lines if line.startswith("digest ")),
        {name: [float(number) for number in numbers.split()] for name, numbers in runs},
    )


def test_arm_computes_what_x86_computes(tmp_path: Path) -> None:
    needs(ARM, "qemu-aarch64", PLAIN[0])
    if platform.machine() != "x86_64":
        pytest.skip("this machine is no x86-64")
    emulator = ["qemu-aarch64", "-L", "/usr/aarch64-linux-gnu"]
    arm_driver = compiled([ARM], tmp_path / "arm")
    x86_driver = compiled(PLAIN, tmp_path / "x86")
    (arm_digests, arm_runs), (digests, runs) = (
        results(subprocess.check_output([*command, EVERY], text=True))
        for command in ([*emulator, arm_driver], [x86_driver])
    )
    assert arm_digests == digests
    assert len(digests) == 6
    assert arm_runs.keys() == runs.keys()
    assert len(runs) > 30
    for name, numbers in runs.items():
        early, late = TOLERANCES["float32" if "float32" in name else "float64"]
        for i, (ours, theirs) in enumerate(zip(numbers, arm_runs[name], strict=True)):
            bound = early if i < 3 else late
            assert math.isclose(ours, theirs, rel_tol=bound, abs_tol=bound / 10) or (
                math.isnan(ours) and math.isnan(theirs)
            ), (name, i, ours, theirs)
