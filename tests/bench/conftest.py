"""The benchmarks are folders of scripts; those of tables are tested by importing them as they
import each other."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / "bench" / "tables"))
