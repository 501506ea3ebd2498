"""What a prediction must not wait for is not imported before it is needed."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("scipy", "sklearn", "pandas", "polars", "narwhals", "pyarrow")


def loaded_by(code: str) -> set[str]:
    script = f"{code}\nimport sys\nprint(*[name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


ARRAYS = """
import numpy as np
from glassnet.data.tables import assembly, table
from glassnet.data import split, toys
from glassnet.data.coding import encoder, target
from glassnet.data.files import read
t = assembly.table_of({"a": [1.0, 2.0], "b": ["x", "y"]})
encoder.Encoder.fit(t).encode(t)
target.Target.fit(["a", "b"]).encode(["a"])
split.split_rows(10, 0.5, seed=0)
"""
FILES = """
import numpy as np, os, tempfile
from glassnet.data.files.read import read_table
from glassnet.data.files.write import write_chunks
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, {name!r})
    write_chunks(path, ["a", "b"], [[np.array([1.5, np.nan]), np.array(["x", None], object)]])
    table = read_table(path)
    read_table(path, schema=table.schema)
"""


@pytest.mark.parametrize(
    ("code", "allowed"),
    [
        (ARRAYS, set()),
        (FILES.format(name="out.csv"), {"pyarrow"}),
        (FILES.format(name="out.parquet"), {"pyarrow"}),
    ],
)
def test_import_cost(code, allowed):
    assert loaded_by(code) == allowed


def test_a_missing_pyarrow_is_answered_with_the_install_line(tmp_path):
    (tmp_path / "a.csv").write_text("a\n1\n")
    code = (
        "import sys\nsys.modules['pyarrow'] = None\n"
        "from glassnet.data.files.read import read_table\n"
        f"try:\n    read_table({str(tmp_path / 'a.csv')!r})\nexcept ImportError as e:\n    print(e)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'glassnet[cli]'" in done.stdout
