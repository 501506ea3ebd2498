"""The benchmarks are folders of scripts; they are tested by importing them as they import each
other."""

import sys
from pathlib import Path

BENCH = Path(__file__).parents[2] / "bench"
sys.path += [str(BENCH / "tables"), str(BENCH)]
