"""Tables, figures and the machine in words, as the other benchmarks write them: bench/report.py,
which lies one folder up."""

import sys
from importlib import import_module
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))
report = import_module("report")

cores, figure, processor, table = report.cores, report.figure, report.processor, report.table
