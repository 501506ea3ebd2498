"""Tables, figures and the machine in words, as the other benchmarks write them: bench/report.py and
bench/processor.py, which lie one folder up."""

import sys
from importlib import import_module
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))
report, machine = import_module("report"), import_module("processor")

figure, table = report.figure, report.table
cores, processor = machine.cores, machine.name
